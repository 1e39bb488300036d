# SPDX-License-Identifier: Apache-2.0
"""What becomes of a mail at real servers; called by smtp.sh: smtp.py SMTP-SEND FOLDER."""
import glob, json, os, socket, ssl, subprocess, sys, time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, SMTP

send, work = sys.argv[1], sys.argv[2]
passed = failed = 0
MESSAGE = b"Subject: hi\r\nFrom: <f@us.example>\r\n\r\n.dot\r\n..two\r\n.\r\nlast\r\n"


def check(name, ok, said=""):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print(f"FAIL  {name}: {said}")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def results(port, *options, host="127.0.0.1", message=MESSAGE, rcpt="lead@x.example"):
    run = subprocess.run(
        [send, host, str(port), "--timeout-ms", "20000", "--rcpt", rcpt, *options],
        input=message, capture_output=True, timeout=120)
    if run.returncode not in (0, 1):
        return [{"outcome": "smtp-send " + run.stderr.decode()[-2000:]}]
    return [json.loads(line) for line in run.stdout.decode().splitlines()]


def brief(rs):
    """Outcome, phase and code of each, repeated ones once."""
    seen = []
    for r in rs:
        text = f"{r['outcome']} {r.get('phase')} {r.get('code')}"
        if text not in seen:
            seen.append(text)
    return "; ".join(seen)


class Sink:
    """Postfix's smtp-sink with the options given; as root it wants to know whom to be."""

    def __init__(self, *options):
        self.port = free_port()
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        self.process = subprocess.Popen(
            ["/usr/sbin/smtp-sink", *user, *options, f"127.0.0.1:{self.port}", "100"], cwd=work)
        for _ in range(200):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def sink_outcomes():
    rows = (
        ("sent", (), "sent dot 250"),
        ("no pipelining", ("-p",), "sent dot 250"),
        ("no ESMTP", ("-e",), "sent dot 250"),
        ("no enhanced codes, no 8BITMIME", ("-E", "-8"), "sent dot 250"),
        ("MAIL refused", ("-f", "MAIL"), "failed mail 500"),
        ("RCPT refused", ("-f", "RCPT"), "failed rcpt 500"),
        ("RCPT deferred", ("-r", "RCPT"), "deferred rcpt 450"),
        ("DATA refused", ("-f", "DATA"), "failed data 500"),
        ("DATA deferred", ("-r", "DATA"), "deferred data 450"),
        ("message refused", ("-f", "."), "failed dot 500"),
        ("message deferred", ("-r", "."), "deferred dot 450"),
        ("greeting refused", ("-f", "CONNECT"), "deferred greeting 500"),
        ("hangs up on connect", ("-q", "CONNECT"), "deferred greeting 0"),
        ("hangs up on EHLO", ("-q", "EHLO"), "deferred hello 0"),
        ("hangs up on MAIL", ("-q", "MAIL"), "deferred mail 0"),
        ("hangs up on RCPT", ("-p", "-q", "RCPT"), "deferred rcpt 0"),
        ("hangs up on DATA", ("-p", "-q", "DATA"), "deferred data 0"),
        ("hangs up on the dot", ("-q", "."), "uncertain dot 0"),
        ("421 to MAIL", ("-Q", "MAIL"), "deferred mail 421"),
        ("421 to DATA", ("-Q", "DATA"), "deferred data 421"),
        ("421 to the dot", ("-Q", "."), "deferred dot 421"),
        ("greeting of a PIX", ("-P",), "sent dot 250"),
    )
    for name, options, want in rows:
        with Sink(*options) as sink:
            got = brief(results(sink.port))
            check(name, got == want, f"{got}, want {want}")
    with Sink("-A", "0") as sink:  # a refusal while the message is still on its way
        large = MESSAGE + b"x" * 70 + b"\r\n"
        got = brief(results(sink.port, message=large * 200000))
        check("refused in the middle", got in ("failed body 550", "failed dot 550"), got)


def sink_arrival():
    """What the server kept is what was sent, with and without pipelining, in large numbers."""
    for options in ((), ("-p",)):
        folder = os.path.join(work, "dump" + "".join(options))
        os.mkdir(folder, 0o777)
        os.chmod(folder, 0o777)
        os.chmod(work, 0o755)
        with Sink("-d", folder + "/mail.", *options) as sink:
            rs = results(sink.port, "--count", "40", "--connections", "5")
            check("forty sent", len(rs) == 40 and brief(rs) == "sent dot 250", brief(rs))
        files = glob.glob(folder + "/mail.*")
        check("forty kept", len(files) == 40, len(files))
        body = MESSAGE.decode().replace("\r\n", "\n")
        good = sum(1 for f in files if open(f).read().endswith(body + "\n"))
        check("byte for byte", good == 40, f"{good} of 40")
        check("the envelope", all("X-Rcpt-Args: <lead@x.example>" in open(f).read()
                                  for f in files))


def sink_slow():
    """A server that takes a second for each dot: the mails wait side by side."""
    with Sink("-w", "1") as sink:
        start = time.monotonic()
        rs = results(sink.port, "--count", "20", "--connections", "20")
        spent = time.monotonic() - start
        check("slow dots, all sent", len(rs) == 20 and brief(rs) == "sent dot 250", brief(rs))
        # One after the other they would need 20 s by the server's own clock.
        check("side by side", spent < 19, f"{spent:.1f} s")


class Keep:
    def __init__(self):
        self.mails = []

    async def handle_DATA(self, server, session, envelope):
        self.mails.append((session.ssl is not None, envelope.mail_from, envelope.rcpt_tos,
                           envelope.original_content))
        return "250 2.6.0 kept"


class Server(Controller):
    """aiosmtpd on a thread; options go to its SMTP class. `implicit`: TLS from the first byte."""

    def __init__(self, implicit=None, **options):
        self.options = options
        self.keep = Keep()
        super().__init__(self.keep, hostname="127.0.0.1", port=free_port(), ssl_context=implicit)

    def factory(self):
        return SMTP(self.handler, enable_SMTPUTF8=True, **self.options)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=work)


def certificate(name, ca, subject):
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out",
            f"{name}.csr", "-subj", f"/CN={subject}")
    with open(os.path.join(work, f"{name}.ext"), "w") as f:
        f.write(f"subjectAltName=DNS:{subject}\n")
    openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.pem", "-CAkey", f"{ca}.key",
            "-CAcreateserial", "-days", "2", "-extfile", f"{name}.ext", "-out", f"{name}.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{work}/{name}.pem", f"{work}/{name}.key")
    return context


def tls():
    for ca in ("ca", "other"):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout",
                f"{ca}.key", "-out", f"{ca}.pem", "-subj", f"/CN={ca}")
    mx = certificate("mx", "ca", "mx.example")
    ca, other = f"{work}/ca.pem", f"{work}/other.pem"
    named = ("--name", "mx.example")
    rows = (
        ("required and verified", ("starttls", "--ca", ca, *named), "sent dot 250"),
        ("signed by another", ("starttls", "--ca", other, *named), "deferred tls 0"),
        ("of another name", ("starttls", "--ca", ca), "deferred tls 0"),
        ("welcome, not verified", ("if-offered",), "sent dot 250"),
    )
    for name, options, want in rows:
        with Server(tls_context=mx, require_starttls=True) as s:
            got = brief(results(s.port, "--tls", *options))
            check("STARTTLS: " + name, got == want, f"{got}, want {want}")
            if want.startswith("sent"):
                check("inside TLS: " + name, s.keep.mails and s.keep.mails[0][0])
    with Server(implicit=mx) as s:
        got = brief(results(s.port, "--tls", "always", "--ca", ca, *named))
        check("TLS from the first byte", got == "sent dot 250", got)
        large = MESSAGE + (b"y" * 76 + b"\r\n") * 100000
        rs = results(s.port, "--tls", "always", "--ca", ca, *named, "--count", "3",
                     message=large[:30000000])
        check("megabytes inside TLS", brief(rs) in ("sent dot 250", "failed mail 0"), brief(rs))
        got = brief(results(s.port, "--tls", "always", "--ca", other, *named))
        check("TLS, signed by another", got == "deferred tls 0", got)
    with Server(implicit=mx, data_size_limit=None) as s:
        rs = results(s.port, "--tls", "always", "--ca", ca, *named, "--count", "2",
                     message=large)
        check("megabytes arrive", brief(rs) == "sent dot 250" and
              all(m[3] == large for m in s.keep.mails), brief(rs))
    passwords(mx, ca, named)


def passwords(mx, ca, named):
    def ask(server, session, envelope, mechanism, data):
        ok = data.login == b"us" and data.password == "p\u00e4ss".encode()
        return AuthResult(success=ok, handled=False)

    given = ("--user", "us", "--password", "p\u00e4ss")
    inside = ("--tls", "starttls", "--ca", ca, *named)
    for mechanism in ("PLAIN", "LOGIN"):
        drop = ["LOGIN"] if mechanism == "PLAIN" else ["PLAIN"]
        with Server(tls_context=mx, authenticator=ask, auth_required=True,
                    auth_exclude_mechanism=drop) as s:
            got = brief(results(s.port, *inside, *given))
            check(f"AUTH {mechanism}", got == "sent dot 250", got)
            rs = results(s.port, *inside, "--user", "us", "--password", "wrong", "--count", "3")
            check(f"AUTH {mechanism}, wrong", brief(rs) == "deferred auth 535", brief(rs))
            check("it is ours to mend", all(r["class"] == "relay" for r in rs), rs)
            got = brief(results(s.port, *inside))
            check(f"AUTH {mechanism}, none given", got == "deferred mail 530", got)
            got = results(s.port, *given)[0]["outcome"]
            check("no password without TLS", "without TLS" in got, got)
    with Server(authenticator=ask, auth_required=True, auth_require_tls=False) as s:
        got = brief(results(s.port, "--in-clear", *given))
        check("in the clear when told so", got == "sent dot 250", got)


def addresses():
    with Server() as s:
        got = brief(results(s.port, rcpt="jos\u00e9@x.example"))
        check("international", got == "sent dot 250", got)
        check("as it is", s.keep.mails[0][2] == ["jos\u00e9@x.example"], s.keep.mails)
        got = brief(results(s.port, host="localhost"))
        check("by name", got == "sent dot 250", got)
    with Server(data_size_limit=100) as s:
        rs = results(s.port, message=MESSAGE * 10)
        check("too large, known before", brief(rs) == "failed mail 0" and
              rs[0]["enhanced"] == "5.3.4", rs)
    got = brief(results(free_port()))
    check("nobody there", got == "deferred connect 0", got)


sink_outcomes()
sink_arrival()
sink_slow()
tls()
addresses()
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
