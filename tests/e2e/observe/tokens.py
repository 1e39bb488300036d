# SPDX-License-Identifier: Apache-2.0
# tokens.py: signed links and addresses, made from DIR/links.json by the words of src/observe/link.c
# and link.def, not by their code. As a program: tokens.py DIR address|KIND ID [N [TARGET]]
import base64, hashlib, hmac, json, sys

CLICK, OPEN, TRAP, STOP, CHOICES, CONFIRM, REP, ADDRESS = 1, 2, 3, 4, 5, 6, 8, 9


def key(folder):
    return json.load(open(folder + "/links.json"))["keys"][0]


def number(n):
    out = b""
    while n >= 0x80:
        out, n = out + bytes([n & 0x7F | 0x80]), n >> 7
    return out + bytes([n])


def signed(k, kind, ident, n, day, target):
    head = bytes([kind, k["id"]]) + number(ident) + number(n) + number(day)
    mac = hmac.new(bytes.fromhex(k["secret"]), b"nurtured link 1\0" + head + target.encode(), hashlib.sha256)
    return head + mac.digest()[:12]


def token(k, kind, ident, n=0, day=0, target=""):
    return base64.urlsafe_b64encode(signed(k, kind, ident, n, day, target)).decode().rstrip("=")


def address(k, ident):
    return base64.b32encode(signed(k, ADDRESS, ident, 0, 0, "")).decode().rstrip("=").lower()


if __name__ == "__main__":
    k, ident = key(sys.argv[1]), int(sys.argv[3])
    if sys.argv[2] == "address":
        print(address(k, ident))
    else:
        print(token(k, int(sys.argv[2]), ident, *map(int, sys.argv[4:5]), **({"target": sys.argv[5]} if len(sys.argv) > 5 else {})))
