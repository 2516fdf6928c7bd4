#!/usr/bin/env python3
"""Opens phi-seal envelopes, suite 0x01. Written from envelope.md alone.

    python open_envelope.py vectors.json

opens every vector of the file as the page's section "Vectors" describes. Each function names the
section of the page that it implements. Needs Python 3.11 and the package `cryptography`, which
gives AES on one block and AES-256-GCM; the rest is the standard library.
"""

import base64
import hashlib
import hmac
import json
import re
import struct
import sys
import uuid
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SUITE = 0x01
PADDED = 0x80
HEADER_LEN, NONCE_LEN, TAG_LEN = 34, 24, 16
MIN_LEN = HEADER_LEN + NONCE_LEN + TAG_LEN  # 74

NULL, BYTES, TEXT, INTEGER, BOOLEAN, DATE, TIMESTAMP, UUID, STRUCTURED, LIST = range(10)


class EnvelopeError(Exception):
    """A refused envelope. `kind`: malformed, missing_key, integrity or undecodable.

    The reason never contains plaintext or context ("Reading").
    """

    def __init__(self, kind, reason):
        super().__init__(f"{kind}: {reason}")
        self.kind = kind


# --- Conventions -------------------------------------------------------------------------------


def hkdf_expand(prk, info, length):
    """"Conventions": HKDF-Expand-SHA-256, RFC 5869, section 2.3."""
    out, block, i = b"", b"", 0
    while len(out) < length:
        i += 1
        block = hmac.new(prk, block + info + bytes([i]), hashlib.sha256).digest()
        out += block
    return out[:length]


def pae(*pieces):
    """"Conventions": pre-authentication encoding."""
    out = struct.pack("<Q", len(pieces))
    for piece in pieces:
        out += struct.pack("<Q", len(piece)) + piece
    return out


# --- Keys --------------------------------------------------------------------------------------


def key_id(data_key):
    """"Keys": the public fingerprint of a data key."""
    return hkdf_expand(data_key, b"phi-seal/v1 key-id", 32)


def sealing_key(data_key):
    """"Keys": the key of XAES-256-GCM."""
    return hkdf_expand(data_key, b"phi-seal/v1 suite" + bytes([SUITE]), 32)


# --- Inputs, Associated data -------------------------------------------------------------------


class Context(NamedTuple):
    tenant: str
    subject: str  # "" for record types declared subjectless
    record_type: str
    record_id: str
    field: str
    binding: bytes = b""


NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")


def associated_data(header, context):
    """"Associated data", with the limits of "Inputs".

    The page has no error kind for a context outside the limits: that is the caller's mistake, not
    the envelope's, hence ValueError.
    """
    tenant, subject, record_type, record_id, field, binding = (
        p.encode("utf-8") if isinstance(p, str) else p for p in context
    )
    if not (1 <= len(tenant) <= 1024 and len(subject) <= 1024 and 1 <= len(record_id) <= 1024):
        raise ValueError("tenant, subject or record id of a length that is not allowed")
    if not (NAME.fullmatch(context.record_type) and NAME.fullmatch(context.field)):
        raise ValueError("record type or field of a form that is not allowed")
    return pae(
        b"phi-seal/v1 value", header, tenant, subject, record_type, record_id, field, binding
    )


# --- Layout: text form -------------------------------------------------------------------------

TEXT_PREFIX = "phi1."
BASE64URL = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def to_text(envelope):
    """"Text form": the one spelling."""
    return TEXT_PREFIX + base64.urlsafe_b64encode(envelope).decode("ascii").rstrip("=")


def from_text(text):
    """"Text form", strictly. The length of 1 modulo 4 is that of the part after the prefix."""
    if not text.startswith(TEXT_PREFIX):
        raise EnvelopeError("malformed", "prefix")
    body = text[len(TEXT_PREFIX) :]
    if not BASE64URL.issuperset(body):
        raise EnvelopeError("malformed", "a character outside the alphabet")
    if len(body) % 4 == 1:
        raise EnvelopeError("malformed", "length of 1 modulo 4")
    envelope = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    if to_text(envelope) != text:  # what is left: unused bits of the last character
        raise EnvelopeError("malformed", "unused bits are not zero")
    return envelope


# --- Encryption --------------------------------------------------------------------------------


def xaes_subkey(key, nonce):
    """"Encryption", steps 1 to 3: `Kx` of a 24-byte nonce."""
    aes = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # whole blocks: stateless
    l = int.from_bytes(aes.update(bytes(16)), "big")
    k1 = (l << 1) & ((1 << 128) - 1)
    if l >> 127:
        k1 ^= 0x87
    kx = b""
    for i in (1, 2):
        m = b"\x00" + bytes([i]) + b"X\x00" + nonce[0:12]
        kx += aes.update((int.from_bytes(m, "big") ^ k1).to_bytes(16, "big"))
    return kx


def xaes_open(key, nonce, ciphertext_and_tag, aad):
    """"Encryption", step 4, for reading."""
    try:
        return AESGCM(xaes_subkey(key, nonce)).decrypt(nonce[12:24], ciphertext_and_tag, aad)
    except InvalidTag:
        raise EnvelopeError("integrity", "not authentic") from None


# --- Content -----------------------------------------------------------------------------------


def undecodable(reason):
    return EnvelopeError("undecodable", reason)


def unpad(plaintext):
    """"Padding": strip all 0x00, then exactly one 0x80."""
    stripped = plaintext.rstrip(b"\x00")
    if not stripped.endswith(b"\x80"):
        raise undecodable("padding")
    return stripped[:-1]


def exactly(content, length):
    if len(content) != length:
        raise undecodable("length")
    return content


MAX_LEVELS = 64


def check_messagepack(data):
    """"Content", code 8: one well-formed MessagePack value, nothing after it.

    A level is an array or map, also an empty one: 64 within each other pass, 65 do not. The page
    does not speak of the inside of strings, of extension types and of equal keys, so all pass.
    No recursion, and no allocation by a length that is only claimed.
    """
    at = 0

    def take(n):
        nonlocal at
        if len(data) - at < n:
            raise undecodable("MessagePack is cut short")
        at += n
        return data[at - n : at]

    def number(n):
        return int.from_bytes(take(n), "big")

    open_values = [1]  # how many values are missing, for the top and each open array or map
    while open_values:
        if open_values[-1] == 0:
            open_values.pop()
            continue
        open_values[-1] -= 1
        b = number(1)
        children = None
        if b <= 0x7F or b >= 0xE0:  # fixint
            pass
        elif b <= 0x8F:  # fixmap
            children = 2 * (b & 0x0F)
        elif b <= 0x9F:  # fixarray
            children = b & 0x0F
        elif b <= 0xBF:  # fixstr
            take(b & 0x1F)
        elif b in (0xC0, 0xC2, 0xC3):  # nil, false, true
            pass
        elif b == 0xC1:
            raise undecodable("MessagePack byte that is never used")
        elif b <= 0xC6:  # bin 8, 16, 32
            take(number(1 << (b - 0xC4)))
        elif b <= 0xC9:  # ext 8, 16, 32: length, type, data
            take(number(1 << (b - 0xC7)) + 1)
        elif b <= 0xCB:  # float 32, 64
            take(4 << (b - 0xCA))
        elif b <= 0xCF:  # uint 8 to 64
            take(1 << (b - 0xCC))
        elif b <= 0xD3:  # int 8 to 64
            take(1 << (b - 0xD0))
        elif b <= 0xD8:  # fixext 1 to 16: type, data
            take(1 + (1 << (b - 0xD4)))
        elif b <= 0xDB:  # str 8, 16, 32
            take(number(1 << (b - 0xD9)))
        elif b <= 0xDD:  # array 16, 32
            children = number(2 << (b - 0xDC))
        else:  # map 16, 32
            children = 2 * number(2 << (b - 0xDE))
        if children is not None:
            if len(open_values) > MAX_LEVELS:  # one entry is the top, which is no level
                raise undecodable("MessagePack is nested too deep")
            open_values.append(children)
    if at != len(data):
        raise undecodable("bytes after the MessagePack value")


def split_list(content):
    """"Content", code 9: the element code and the elements' content bytes."""
    if not content:
        raise undecodable("list without element code")
    code, at, elements = content[0], 1, []
    if not 1 <= code <= 9:
        raise undecodable("element code")
    while at < len(content):
        if len(content) - at < 4:
            raise undecodable("length is cut short")
        length = int.from_bytes(content[at : at + 4], "big")
        at += 4
        if len(content) - at < length:
            raise undecodable("element is cut short")
        elements.append(content[at : at + length])
        at += length
    return code, elements


# The page bounds the nesting of lists nowhere, but Python's recursion is bounded.
MAX_LIST_LEVELS = 64


def decode(code, content, element_code=None, level=0):
    """"Content": the value of canonical content bytes; of `structured`, the checked bytes."""
    match code:
        case 0:
            exactly(content, 0)
            return None
        case 1:
            return content
        case 2:
            try:
                return content.decode("utf-8")  # strict: no surrogates, no overlong forms
            except UnicodeDecodeError:
                raise undecodable("UTF-8") from None
        case 3:
            return int.from_bytes(exactly(content, 16), "big", signed=True)
        case 4:
            if exactly(content, 1)[0] > 1:
                raise undecodable("boolean")
            return content == b"\x01"
        case 5:
            (days,) = struct.unpack(">i", exactly(content, 4))
            if not -4371587 <= days <= 2932896:
                raise undecodable("date out of range")
            return days
        case 6:
            seconds, nanoseconds = struct.unpack(">qI", exactly(content, 12))
            if not (-377705023201 <= seconds <= 253402207200 and nanoseconds <= 999999999):
                raise undecodable("timestamp out of range")
            return seconds, nanoseconds
        case 7:
            return uuid.UUID(bytes=exactly(content, 16))
        case 8:
            check_messagepack(content)
            return content
        case 9:
            if level >= MAX_LIST_LEVELS:
                raise undecodable("lists are nested too deep")
            stated, elements = split_list(content)
            if element_code is not None and stated != element_code:
                raise undecodable("elements of another type than the field's")
            return [decode(stated, e, None, level + 1) for e in elements]
    raise ValueError("content code")


# --- Reading -----------------------------------------------------------------------------------


class Opened(NamedTuple):
    code: int  # 0 for a sealed absence
    content: bytes  # without padding
    value: object


def open_bytes(data_keys, context, code, envelope, element_code=None):
    """"Reading", in the page's order. `code` is the content code of the field's type.

    `data_keys` are the keys at hand for the context's tenant and subject.
    """
    # 1. form
    if len(envelope) < MIN_LEN:
        raise EnvelopeError("malformed", "too short")
    if envelope[0] != SUITE:
        raise EnvelopeError("malformed", "suite")
    actual, padded = envelope[1] & 0x7F, bool(envelope[1] & PADDED)
    if actual > 9:
        raise EnvelopeError("malformed", "reserved content code")
    # 2. type
    if actual not in (code, NULL):
        raise EnvelopeError("malformed", "content code of another type")
    # 3. key: by the fingerprint that we compute, and no other
    by_id = {key_id(k): k for k in data_keys}
    if envelope[2:34] not in by_id:
        raise EnvelopeError("missing_key", "no key of this id")
    # 4. authentication
    key = sealing_key(by_id[envelope[2:34]])
    aad = associated_data(envelope[0:34], context)
    plaintext = xaes_open(key, envelope[34:58], envelope[58:], aad)
    # 5. padding and content
    content = unpad(plaintext) if padded else plaintext
    return Opened(actual, content, decode(actual, content, element_code))


def open_text(data_keys, context, code, text, element_code=None):
    return open_bytes(data_keys, context, code, from_text(text), element_code)


# --- Vectors -----------------------------------------------------------------------------------

MEMBERS = (
    "name data_key tenant subject record_type record_id field binding content padded nonce "
    "plaintext associated_data key_id envelope text expect"
).split()


def check_vector(v):
    """"Vectors": returns what is wrong with one vector, as a list of texts."""
    wrong = []
    if list(v) != MEMBERS:
        return ["members are not those of the page"]
    h = {m: bytes.fromhex(v[m]) for m in (
        "data_key", "binding", "nonce", "plaintext", "associated_data", "key_id", "envelope")}
    context = Context(*(v[m] for m in MEMBERS[2:7]), h["binding"])
    envelope, plaintext = h["envelope"], h["plaintext"]
    # "lists as lists of the element code they state"
    element_code = plaintext[0] if v["content"] == LIST and plaintext else None
    field_type = ([h["data_key"]], context, v["content"])

    if key_id(h["data_key"]) != h["key_id"]:
        wrong.append("key_id differs")
    if len(envelope) >= HEADER_LEN:
        if associated_data(envelope[:HEADER_LEN], context) != h["associated_data"]:
            wrong.append("associated_data differs")
    if envelope and to_text(envelope) != v["text"]:
        wrong.append("text is not the text form of envelope")
    if v["expect"] == "ok":
        if envelope[1:2] not in (bytes([c | PADDED * v["padded"]]) for c in (NULL, v["content"])):
            wrong.append("content or padded differ from the envelope")
        if envelope[2:34] != h["key_id"] or envelope[34:58] != h["nonce"]:
            wrong.append("key_id or nonce differ from the envelope")

    forms = [("text", open_text, v["text"])]
    if envelope:
        forms.append(("bytes", open_bytes, envelope))
    for form, opener, sealed in forms:
        try:
            opened = opener(*field_type, sealed, element_code)
            outcome = "ok"
        except EnvelopeError as e:
            opened, outcome = None, e.kind
        if outcome != v["expect"]:
            wrong.append(f"{form}: {outcome} instead of {v['expect']}")
        elif opened and opened.content != plaintext:
            wrong.append(f"{form}: another plaintext")
    return wrong


def main(argv):
    if len(argv) != 2:
        print("usage: open_envelope.py vectors.json", file=sys.stderr)
        return 2
    with open(argv[1], encoding="utf-8") as f:
        vectors = json.load(f)
    failed = 0
    for v in vectors:
        try:
            wrong = check_vector(v)
        except Exception as e:  # a vector that cannot even be tried is a failure, not a crash
            wrong = [f"{type(e).__name__}: {e}"]
        if wrong:
            failed += 1
            print(f"FAILED {v.get('name')}: {'; '.join(wrong)}")
    print(f"{len(vectors) - failed} passed, {failed} failed")
    return 1 if failed or not vectors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
