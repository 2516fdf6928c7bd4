"""Writes tests/vectors/key-store-1.json: the file store of docs/keys.md a second time.

A store interprets nothing, so wrapped keys and MACs are only bytes here: SHA-256 of a label, so
that the output never changes.
"""

import base64
import hashlib
import json
import sys


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def label(name):
    return hashlib.sha256(name.encode()).digest()


def row(name, use, tenant, subject, version, state, minimum, reference, created, changed):
    members = {"id": label("id " + name).hex(), "use": use, "tenant": tenant}
    if subject:
        members["subject"] = subject
    members |= {
        "version": version,
        "state": state,
        "minimum_version": minimum,
        "reference": reference,
    }
    if state != "destroyed":
        members["wrapped"] = text(label("wrapped " + name) * 3)
    return members | {"created": created, "changed": changed, "mac": text(label("mac " + name))}


ROOT = "root:" + label("id root").hex()
CLINIC = 'Klinik "Süd" \\ 1'
ROWS = [
    row("root", "root", CLINIC, "", 1, "active", 1, "local:0123456789abcdef", 1790000000, 1790000000),
    row("one", "seal", CLINIC, "", 1, "destroyed", 1, ROOT, 1790000001, 1790000009),
    row("two", "seal", CLINIC, "", 2, "disabled", 1, ROOT, 1790000002, 1790000008),
    row("three", "seal", CLINIC, "", 3, "decrypt-only", 1, ROOT, 1790000003, 1790000007),
    row("four", "seal", CLINIC, "", 4294967295, "active", 2, ROOT, 1790000004, 1790000004),
    row("index", "index", CLINIC, "", 1, "active", 1, ROOT, 1790000005, 1790000005),
    row("patient", "seal", CLINIC, "p-\u0000\n\u007f", 1, "active", 1, ROOT, 0, 18446744073709551615),
    row("gone", "seal", CLINIC, "p-2", 1, "destroyed", 1, ROOT, 1790000006, 1790000006),
    row("other", "seal", "t", "", 1, "active", 1, ROOT, 1790000006, 1790000006),
]

ROWS.sort(key=lambda members: members["id"])
lines = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in ROWS]
head = '{"format":"phi-seal-keys","version":1,"generation":2,"keys":[\n'
rest = (head + ",\n".join(lines) + "\n],").encode()
digest = hashlib.sha256(rest).hexdigest()
sys.stdout.buffer.write(rest + f'"sha256":"{digest}"}}\n'.encode())
