# SPDX-License-Identifier: Apache-2.0
"""check.py TOOL: mails through mime-tool, read back and verified by code that is not ours."""
import base64
import email
import email.policy
import html.parser
import json
import random
import re
import subprocess
import sys

passed = failed = 0


def check(name, good, detail=""):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good and failed <= 20:
        print("FAIL ", name, str(detail)[:600])


class Tool:
    def __init__(self, path):
        self.process = subprocess.Popen([path, "serve"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def call(self, verb, **fields):
        self.process.stdin.write(json.dumps({"verb": verb, **fields}).encode() + b"\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def bytes(self, verb, key, **fields):
        answer = self.call(verb, **fields)
        if answer.get("status") != "ok":
            raise ValueError(f"{verb}: {answer}")
        return base64.b64decode(answer[key])

    def write(self, **fields):
        return self.bytes("write", "message", **fields)


def mail(**fields):
    base = {
        "from": {"name": "Larkspur", "email": "hello@mail.larkspur.example"},
        "to": [{"name": "Ana Lima", "email": "ana@firm.example"}],
        "subject": "Three ways",
        "date_us": 1795269900000000,
        "zone_us": 3600000000,
        "message_id": "tok1@mail.larkspur.example",
        "text": "Hello\n",
    }
    base.update(fields)
    return base


HOSTILE = [
    "Ana Lima", "Lima, Ana", 'Ana "the books" Lima', "Ana \\ Lima", "a@b.example", "(comment)",
    "x> <evil@x.example", "a;b:c", "Jörg Müller", "Łukasz Żółć", "Nguyễn Thị Ánh", "山田 太郎",
    "محمد عبد الله", "שלום עולם", "🎉", "👩‍👩‍👧‍👦 family", "🏳️‍🌈" * 9, "é" * 200, "日本語" * 60,
    "=?UTF-8?Q?lookalike?=", "a =?UTF-8?B?eA==?= b", "=?", "?=", "=3D", "_underscores_",
    "  two  spaces  ", " lead", "trail ", "x" * 300, "word " * 60 + "end", "'single'", "a,b,c",
    "Dr. A. B. Lima", "a.b", "!#$%&'*+-/=?^_`{|}~", "i̇stanbul ı", "\u202eoverride\u202c",
    "tab-less", "0", "-", "a" * 61, "ä" + "x" * 70, "Undisclosed recipients:;", "<>", '"', '""',
]


def headers_come_back(tool):
    for value in HOSTILE:
        raw = tool.write(**mail(subject=value, to=[{"name": value, "email": "ana@firm.example"},
                                                   {"name": "", "email": "bo@firm.example"}],
                                extra=[{"name": "X-Note", "value": value}]))
        got = email.message_from_bytes(raw, policy=email.policy.default)
        check(f"subject {value!r}", got["subject"] == value.rstrip() or got["subject"] == value,
              got["subject"])
        check(f"no defect {value!r}", not got.defects, got.defects)
        people = got["to"].addresses
        check(f"people {value!r}", [a.addr_spec for a in people] ==
              ["ana@firm.example", "bo@firm.example"], people)
        check(f"name {value!r}", names_of(raw)[0] == value, names_of(raw))
        check(f"extra {value!r}", text_of(raw, "X-Note") == value, text_of(raw, "X-Note"))


def text_of(raw, name):
    """The older reader of the standard library: RFC 2047 to the letter."""
    from email.header import decode_header, make_header
    value = email.message_from_bytes(raw)[name].replace("\r\n", "")
    return str(make_header(decode_header(value)))


def names_of(raw):
    from email.header import decode_header, make_header
    from email.utils import getaddresses
    value = email.message_from_bytes(raw)["To"].replace("\r\n", "")
    return [name if "=?" not in name else str(make_header(decode_header(name)))
            for name, _ in getaddresses([value])]


def lines_are_short(tool, raw, name):
    lines = raw.split(b"\r\n")
    check(f"lines {name}", all(len(x) <= 998 and b"\n" not in x and b"\r" not in x and
                               b"\0" not in x for x in lines), max(map(len, lines)))


BODIES = [
    "a\n", "a", "x" * 10240 + "\n", "ü" * 5000, "line \n trailing\t\n", ".\n..\n.a\n", "From me\n",
    "=\n==\n=3D\n", "\n\n\na\n\n\n", "🎉" * 100, "a\r\nb\r\n", "--=_a0123456789abcdef\n",
    "--=_m0123456789abcdef--\n", "سلام\n", "\tx\n", ("y" * 75 + " ") * 9, "é=" * 40, "a\x07b\x1b\x7f\n",
]


def crlf(text):
    return text.replace("\r\n", "\n").replace("\n", "\r\n").encode()


def bodies_come_back(tool):
    for text in BODIES:
        raw = tool.write(**mail(text=text))
        lines_are_short(tool, raw, repr(text[:20]))
        got = email.message_from_bytes(raw, policy=email.policy.default)
        want = crlf(text)
        want += b"" if want.endswith(b"\r\n") else b"\r\n"
        check(f"text {text[:20]!r}", got.get_payload(decode=True) == want)
        raw = tool.write(**mail(text=text, html=text))
        got = email.message_from_bytes(raw, policy=email.policy.default)
        check(f"kind {text[:20]!r}", got.get_content_type() == "multipart/alternative")
        check(f"parts {text[:20]!r}",
              [p.get_payload(decode=True) for p in got.iter_parts()] == [crlf(text)] * 2)
        check(f"no defect {text[:20]!r}", not got.defects, got.defects)


def files_come_back(tool):
    for name in ["a.txt", "Angebot für Müller.pdf", "日本語" * 30 + ".pdf", 'q"uo\\te.txt', "a;b=c.txt",
                 "x" * 200 + ".csv", "=?UTF-8?Q?x?=.txt", "🎉.ics", "two  spaces.txt"]:
        data = bytes(range(256)) * 5
        raw = tool.write(**mail(html="<p>x</p>", files=[
            {"name": name, "type": "application/octet-stream", "data": base64.b64encode(data).decode()},
            {"name": "b.csv", "type": "text/csv", "data": ""}]))
        lines_are_short(tool, raw, name)
        got = email.message_from_bytes(raw, policy=email.policy.default)
        files = list(got.iter_attachments())
        check(f"file {name!r}", [f.get_filename() for f in files] == [name, "b.csv"],
              [f.get_filename() for f in files])
        check(f"data {name!r}", files[0].get_payload(decode=True) == data)
        check(f"inside {name!r}", got.get_body(("html",)).get_payload(decode=True) == b"<p>x</p>")


def dates_come_back(tool):
    for seconds, zone in [(0, 0), (1795269900, 19800), (951782399, -12600), (4107542399, 50400),
                          (1709164800, -43200)]:
        raw = tool.write(**mail(date_us=seconds * 1000000 + 999999, zone_us=zone * 1000000))
        got = email.message_from_bytes(raw, policy=email.policy.default)["date"].datetime
        check(f"date {seconds}", got.timestamp() == seconds and
              got.utcoffset().total_seconds() == zone, got)


def threads_come_back(tool):
    refs = [f"{'x' * 30}{i}@mail.larkspur.example" for i in range(20)]
    raw = tool.write(**mail(references=refs, in_reply_to=refs[-1]))
    got = email.message_from_bytes(raw, policy=email.policy.default)
    check("references", re.findall("<(.*?)>", got["references"]) == refs)
    check("in-reply-to", got["in-reply-to"] == f"<{refs[-1]}>")
    lines_are_short(tool, raw, "references")
    check("folded", all(len(x) <= 76 for x in raw.split(b"\r\n")))


def injections_are_refused(tool):
    for bad in ["a\r\nBcc: x@y", "a\nb", "a\rb", "a\0b", "a\x0bb", "a\x1bb"]:
        for field in ["subject", "message_id", "in_reply_to", "unsubscribe_url", "list_id",
                      "list_name", "feedback_id", "unsubscribe_email"]:
            if "\0" in bad:  # not even JSON lets it in
                continue
            check(f"{field} {bad!r}", tool.call("write", **mail(**{field: bad}))["status"] == "invalid")
        for field in ["from", "reply_to"]:
            for part in ["name", "email"]:
                who = {"name": "a", "email": "a@b.example", part: bad}
                if "\0" not in bad:
                    check(f"{field} {part} {bad!r}",
                          tool.call("write", **mail(**{field: who}))["status"] == "invalid")


def anything_comes_back(tool):
    rng = random.Random(7)
    alphabet = ("abc XYZ 019 ,;:.@<>()[]\"\\'=?_!#%&*+-/^`{|}~"
                "äöüßéłżñçø日本語中文한국어عربيעברית🎉👩‍👧🇺🇸\u200b\u00a0\u202e")
    for i in range(400):
        def some(n):
            return "".join(rng.choice(alphabet) for _ in range(rng.randrange(1, n))).strip() or "x"
        subject, name, body = some(200), some(80), some(4000)
        raw = tool.write(**mail(subject=subject, to=[{"name": name, "email": "a@b.example"}],
                                text=body, html=body))
        got = email.message_from_bytes(raw, policy=email.policy.default)
        check(f"random {i} subject", text_of(raw, "Subject") == subject, (subject, got["subject"]))
        check(f"random {i} name", names_of(raw) == [name], (name, names_of(raw)))
        check(f"random {i} parts",
              [p.get_payload(decode=True) for p in got.iter_parts()] == [crlf(body)] * 2)
        head = raw.split(b"\r\n\r\n")[0].split(b"\r\n")
        check(f"random {i} folded", all(len(x) <= 78 for x in head), head)


# ---- signatures ----

def signed(tool, keys, raw):
    answer = tool.call("sign", keys=keys, message=base64.b64encode(raw).decode(),
                       at_us=1795269900000000)
    if answer["status"] != "ok":
        raise ValueError(answer)
    return base64.b64decode(answer["headers"]) + raw, answer["records"]


def signatures_verify(tool):
    try:
        import dkim
    except ImportError:
        print("mime: skipped, no python3-dkim here")
        return
    kinds = ["rsa"]
    try:
        import nacl.signing  # noqa: F401
        kinds.append("ed25519")
    except ImportError:
        print("mime: skipped, no python3-nacl, so no Ed25519")
    keys = [{"pem": tool.bytes("key", "pem", kind=k, bits=2048).decode(), "selector": f"s-{k}",
             "domain": "mail.larkspur.example"} for k in kinds]
    raw = tool.write(**mail(
        subject="Zwölf Wege – and a subject that is folded because it is longer than a line",
        text="Hello\n.\nFrom here  \n\n\n", html="<p>ü  x</p>\n" * 60,
        unsubscribe_url="https://l.example/u/tok", feedback_id="a:b:c:d",
        unsubscribe_email="unsub+tok@mail.larkspur.example"))
    message, records = signed(tool, keys, raw)
    asked = []

    def dns(name, timeout=5):
        asked.append(name)
        return records.get(name.decode().rstrip("."), "").encode()

    def verifies(data, index):
        try:
            return dkim.DKIM(data).verify(idx=index, dnsfunc=dns)
        except dkim.DKIMException:
            return False

    changes = {
        "body": message.replace(b"Hello", b"Hallo"),
        "body end": message + b"more\r\n",
        "subject": message.replace(b"Subject: ", b"Subject: x"),
        "second subject": b"Subject: other\r\n" + message,
        "second from": b"From: evil@x.example\r\n" + message,
        "reply-to": b"Reply-To: evil@x.example\r\n" + message,
        "content type": b"Content-Type: text/html\r\n" + message,
        "unsubscribe": message.replace(b"https://l.example/u/tok", b"https://l.example/u/tik"),
        "post gone": message.replace(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", b""),
        "date": message.replace(b"Date: Sat", b"Date: Sun"),
        "id": message.replace(b"<tok1@", b"<tok2@"),
        "selector": message.replace(b"s=s-", b"s=t-"),
    }
    harmless = {
        "as sent": message,
        "refolded": message.replace(b"To: Ana Lima", b"To:\r\n\tAna   Lima"),
        "received": b"Received: from a by b\r\n" + message,
        "empty lines": message + b"\r\n\r\n",
    }
    for index, kind in enumerate(kinds):
        for name, data in harmless.items():
            check(f"{kind} {name} verifies", verifies(data, index))
        for name, data in changes.items():
            check(f"{kind} {name} changed is seen", data != message and not verifies(data, index))
    check("records asked for", {a.decode().rstrip(".") for a in asked} >= set(records), asked)
    for body in BODIES:
        message, records = signed(tool, keys, tool.write(**mail(text=body, html=body)))
        for index, kind in enumerate(kinds):
            check(f"{kind} verifies over {body[:20]!r}", verifies(message, index))


# ---- HTML and text ----

class Words(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.words, self.open = [], []

    def handle_data(self, data):
        self.words += data.split()

    def handle_starttag(self, tag, attrs):
        if tag not in ("br", "hr", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            raise ValueError(f"</{tag}> closes nothing")


def markdown_reads_the_same(tool):
    rng = random.Random(11)
    inline = ["plain words", "*some*", "**strong**", "`code <x>`", "Müller & Söhne", "\\*not\\*", "a < b",
              "~~gone~~", "\"quoted\"", "5 * 3 * 2", "snake_case_name", "&copy; 2026", "🎉"]
    blocks = ["# {}", "{}", "- {}\n- x\n  - y", "1. {}\n2. z", "> {}", "## {}\n\n---"]
    for i in range(200):
        text = "\n\n".join(rng.choice(blocks).format(" ".join(rng.choice(inline) for _ in range(6)))
                           for _ in range(5))
        out = tool.bytes("html", "html", markdown=text).decode()
        parser = Words()
        parser.feed(out)
        parser.close()
        check(f"markdown {i} is closed", not parser.open, parser.open)
        plain = tool.bytes("text", "text", html=out, width=60).decode()
        words = [w for line in plain.split("\n") if not re.fullmatch(r"[ >-]*(=+|-+)", line)
                 for w in re.sub(r"^(> |- |\d+\. | )+", "", line).split()]
        check(f"text {i} has the words", words == parser.words, (words, parser.words))
        check(f"text {i} is wrapped", all(len(x) <= 60 for x in plain.split("\n")), plain)


def main():
    tool = Tool(sys.argv[1])
    for test in [headers_come_back, bodies_come_back, files_come_back, dates_come_back,
                 threads_come_back, injections_are_refused, anything_comes_back,
                 signatures_verify, markdown_reads_the_same]:
        try:
            test(tool)
        except Exception as e:  # one table that breaks must not hide the next
            check(test.__name__, False, repr(e))
    tool.process.stdin.close()
    check("the tool ends well", tool.process.wait() == 0)
    print(f"{passed} passed, {failed} failed")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
