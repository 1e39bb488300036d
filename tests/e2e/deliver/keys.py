# SPDX-License-Identifier: Apache-2.0
"""DKIM keys of a test, and the DNS that holds them."""
import base64
import os
import subprocess


def make_keys(folder):
    """DKIM keys made by openssl, and the records that belong into the DNS."""
    records = {}
    for name, args in (("rsa", ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]), ("ed25519", ["ED25519"])):
        key = os.path.join(folder, name + ".pem")
        subprocess.run(["openssl", "genpkey", "-algorithm", *args, "-out", key],
                       check=True, capture_output=True)
        der = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"],
                             check=True, capture_output=True).stdout
        public = base64.b64encode(der if name == "rsa" else der[-32:]).decode()
        records[f"{name}._domainkey.larkspur.example."] = f"v=DKIM1; k={name}; p={public}".encode()
    return records


def dkim_keys(folder):
    return [{"domain": "larkspur.example", "selector": s, "algorithm": s,
             "key_file": os.path.join(folder, s + ".pem")} for s in ("rsa", "ed25519")]


def lookup(records):
    """The DNS, as dkimpy asks it."""
    return lambda name, timeout=5: records.get(name.decode() if isinstance(name, bytes) else name)
