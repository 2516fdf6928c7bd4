"""Writes tests/vectors/keyset-1.json: docs/keys.md a second time, with pyca/cryptography.

The root key is the bytes 0, 1, ... 31. Every other key and nonce is SHA-256 of a label, so that
the output never changes.
"""

import base64
import hashlib
import hmac
import json
import struct
import sys

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def pae(*pieces):
    out = struct.pack("<Q", len(pieces))
    for piece in pieces:
        out += struct.pack("<Q", len(piece)) + piece
    return out


def expand(key, info, length):
    return hmac.new(key, info + b"\x01", hashlib.sha256).digest()[:length]


def xaes_seal(key, nonce, plaintext, associated_data):
    def block(data):
        return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(data)

    doubled = int.from_bytes(block(bytes(16)), "big") << 1
    k1 = (doubled & ((1 << 128) - 1)) ^ (0x87 if doubled >> 128 else 0)
    derived = b""
    for counter in (1, 2):
        message = bytes([0, counter]) + b"X\x00" + nonce[:12]
        derived += block((int.from_bytes(message, "big") ^ k1).to_bytes(16, "big"))
    return AESGCM(derived).encrypt(nonce[12:], plaintext, associated_data)


def text(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def label(name):
    return hashlib.sha256(name.encode()).digest()


ROOT = bytes(range(32))
REFERENCE = "local:" + expand(ROOT, b"phi-seal/v1 local-kms-id", 16).hex()
WRAPPING = expand(ROOT, b"phi-seal/v1 local-kms", 32)


def wrap(name, secret, use, tenant, subject, key_id, version):
    context = pae(
        b"phi-seal/v1 wrap", use, b"\x01", tenant, subject, key_id, struct.pack(">I", version)
    )
    nonce = label("nonce " + name)[:24]
    payload = secret + hashlib.sha256(context).digest()
    return nonce + xaes_seal(WRAPPING, nonce, payload, context)


def main():
    keyset_id = label("keyset")[:16]
    mac_key = label("mac key")
    wrapped_mac_key = wrap("mac key", mac_key, b"keyset", b"", b"", keyset_id, 0)
    generation, minimum = 7, 2
    rows = [
        (1, b"seal", b"", b"", b"destroyed", 1750000000),
        (2, b"seal", b"", b"", b"decrypt-only", 1750000001),
        (3, b"seal", b"", b"", b"disabled", 1750000002),
        (4, b"seal", b"", b"", b"active", 1750000003),
        (5, b"index", "Klinik Süd".encode(), b"", b"active", 1750000004),
        (6, b"seal", "Klinik Süd".encode(), b"p-1", b"active", 1750000005),
    ]
    keys, covered = [], b""
    for version, use, tenant, subject, state, created in rows:
        secret = label(f"data key {version}")
        key_id = expand(secret, b"phi-seal/v1 key-id", 32)
        key = {"version": version, "id": key_id.hex(), "use": use.decode()}
        if tenant:
            key["tenant"] = tenant.decode()
        if subject:
            key["subject"] = subject.decode()
        key |= {"state": state.decode(), "created": created}
        reference, wrapped = b"", b""
        if state != b"destroyed":
            reference = REFERENCE.encode()
            wrapped = wrap(f"data key {version}", secret, use, tenant, subject, key_id, version)
            key |= {"kms": REFERENCE, "wrapped": text(wrapped)}
        keys.append(key)
        covered += pae(
            struct.pack(">I", version), key_id, use, tenant, subject, state,
            struct.pack(">Q", created), reference, wrapped,
        )
    mac = hmac.new(
        mac_key,
        pae(
            b"phi-seal/v1 keyset", struct.pack(">I", 1), keyset_id,
            struct.pack(">Q", generation), struct.pack(">I", minimum), REFERENCE.encode(),
            wrapped_mac_key, struct.pack(">Q", len(keys)), covered,
        ),
        hashlib.sha256,
    ).digest()
    document = {
        "format": 1,
        "keyset": keyset_id.hex(),
        "generation": generation,
        "minimum_version": minimum,
        "mac_key": {"kms": REFERENCE, "wrapped": text(wrapped_mac_key)},
        "keys": keys,
        "mac": text(mac),
    }
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False))


main()
