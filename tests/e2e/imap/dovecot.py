# SPDX-License-Identifier: Apache-2.0
"""A Dovecot of a test's own, in the foreground, on loopback, by settings that name nothing outside
its folder: 2.3 (Debian 12, Ubuntu 24.04) or 2.4 (Debian 13), whichever is installed. Every user's
password is `secret`."""
import grp
import imaplib
import os
import pwd
import socket
import subprocess
import sys
import time

# What 2.4 writes otherwise than 2.3; all else is one text for both.
DIFFERENT = {
    "2.3": {
        "version": "",
        "mail": "mail_location=maildir:{mail}/%u",
        "cleartext": "disable_plaintext_auth=no",
        "passwords": "passdb {{\n driver=static\n args=password=secret\n}}",
        "users": "userdb {{\n driver=static\n args=uid={uid} gid={gid} home={mail}/%u\n}}",
        "certificate": "ssl_cert=<{tls}.pem\nssl_key=<{tls}.key",
    },
    "2.4": {
        "version": "dovecot_config_version=2.4.0\ndovecot_storage_version=2.4.0",
        "mail": "mail_driver=maildir\nmail_path={mail}/%{{user}}",
        "cleartext": "auth_allow_cleartext=yes",
        "passwords": "passdb static {{\n password=secret\n}}",
        "users": "userdb static {{\n fields {{\n  uid={uid}\n  gid={gid}\n  home={mail}/%{{user}}\n }}\n}}",
        "certificate": "ssl_server_cert_file={tls}.pem\nssl_server_key_file={tls}.key",
    },
}
COMMON = """base_dir={work}/run
state_dir={work}/state
log_path={work}/dovecot.log
protocols=imap
listen=127.0.0.1
first_valid_uid=1
first_valid_gid=1
auth_mechanisms=plain
ssl={ssl}
service imap-login {{
 inet_listener imap {{
  port={port}
 }}
 inet_listener imaps {{
  port={tls_port}
  ssl=yes
 }}
}}"""
# Who is not root changes into nobody else, and cannot chroot.
NOT_ROOT = """default_internal_user={name}
default_internal_group={group}
default_login_user={name}
service anvil {{
 chroot=
}}
service imap-login {{
 chroot=
}}"""


def until(holds, patience_s=60):
    """What `holds` found once it found something, or its last answer."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        found = holds()
        if found:
            return found
        time.sleep(0.05)
    return holds()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Dovecot:
    """`work` is its folder; `tls`, a path, has a certificate at tls.pem and its key at tls.key."""

    def __init__(self, work, tls=None):
        os.chmod(work, 0o755)
        root = os.geteuid() == 0
        self.work, self.mail, self.process = work, work / "mail", None
        self.owner = pwd.getpwnam("nobody") if root else pwd.getpwuid(os.geteuid())
        self.port, self.tls_port = free_port(), free_port() if tls else 0
        self.mail.mkdir()
        if root:
            os.chown(self.mail, self.owner.pw_uid, self.owner.pw_gid)
        version = subprocess.run(["dovecot", "--version"], check=True, capture_output=True, text=True).stdout
        rows = dict(DIFFERENT[version[:3]])
        if not tls:
            del rows["certificate"]
        parts = [rows.pop("version"), *rows.values(), COMMON] + ([] if root else [NOT_ROOT])
        (work / "dovecot.conf").write_text("\n".join(parts).format(
            work=work, mail=self.mail, tls=tls, ssl="yes" if tls else "no", port=self.port, tls_port=self.tls_port,
            uid=self.owner.pw_uid, gid=self.owner.pw_gid, name=self.owner.pw_name,
            group=grp.getgrgid(self.owner.pw_gid).gr_name) + "\n")

    def start(self):
        said = open(self.work / "dovecot.said", "w")  # it speaks here until it has read its settings
        self.process = subprocess.Popen(["dovecot", "-F", "-c", self.work / "dovecot.conf"], stdout=said, stderr=said)
        if not until(self.answers):
            sys.exit("dovecot does not answer: " + "".join(
                p.read_text() for p in (self.work / "dovecot.said", self.work / "dovecot.log") if p.exists()))

    def answers(self):
        try:
            imaplib.IMAP4("127.0.0.1", self.port).logout()
            return True
        except OSError:
            return False

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)

    def client(self, user, folder="INBOX", readonly=False):
        c = imaplib.IMAP4("127.0.0.1", self.port)
        c.login(user, "secret")
        c.select(folder, readonly)
        return c

    def count(self, user, criteria="ALL", folder="INBOX"):
        c = self.client(user, folder, readonly=True)
        n = len(c.search(None, criteria)[1][0].split())
        c.logout()
        return n
