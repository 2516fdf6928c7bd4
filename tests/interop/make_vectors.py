#!/usr/bin/env python3
"""Writes tests/vectors/envelope.json, the test vectors of the phi-seal envelope, suite 0x01.

    python make_vectors.py            writes the file
    python make_vectors.py --check    writes nothing; fails unless the file is what would be written

Deterministic: keys and nonces are SHA-256 of the vector's name. The sealing code below is written
from envelope.md and shares nothing with open_envelope.py; where it could, it takes another road
(HKDF of `cryptography`; the subkey as CMAC, of which "Encryption", steps 1 to 3, are the spelled-out
case of one full block), so that one slip cannot hide in both.
"""

import base64
import hashlib
import json
import pathlib
import struct
import sys
import unicodedata

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

# --- sealing -----------------------------------------------------------------------------------


def expand(key, info):
    return HKDFExpand(hashes.SHA256(), 32, info).derive(key)


def fingerprint(key):  # "Keys"
    return expand(key, b"phi-seal/v1 key-id")


def seal_key(key):  # "Keys"
    return expand(key, b"phi-seal/v1 suite\x01")


def cmac(key, block):
    c = CMAC(algorithms.AES(key))
    c.update(block)
    return c.finalize()


def subkey(s, nonce):  # "Encryption", steps 1 to 3
    return b"".join(cmac(s, bytes([0, i, 0x58, 0]) + nonce[:12]) for i in (1, 2))


def xaes_seal(s, nonce, plaintext, aad):  # "Encryption", step 4
    return AESGCM(subkey(s, nonce)).encrypt(nonce[12:], plaintext, aad)


# The two test vectors of C2SP's page, so that CMAC is known to be the right road.
assert xaes_seal(b"\x01" * 32, b"ABCDEFGHIJKLMNOPQRSTUVWX", b"XAES-256-GCM", b"").hex() == (
    "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271")
assert xaes_seal(b"\x03" * 32, b"ABCDEFGHIJKLMNOPQRSTUVWX", b"XAES-256-GCM",
                 b"c2sp.org/XAES-256-GCM").hex() == (
    "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d")


def pieces(ctx):
    return [p if isinstance(p, bytes) else p.encode("utf-8") for p in ctx.values()]


def aad_of(header, ctx, label=b"phi-seal/v1 value"):  # "Associated data"
    parts = [label, header, *pieces(ctx)]
    return b"".join([struct.pack("<Q", len(parts))]
                    + [struct.pack("<Q", len(p)) + p for p in parts])


def pad(content, bucket):  # "Padding", to the smallest multiple that has room for the marker
    n = (len(content) // bucket + 1) * bucket
    return (content + b"\x80").ljust(n, b"\x00")


def b64url(data):  # "Text form"
    return base64.b64encode(data, b"-_").decode().replace("=", "")


# --- one vector --------------------------------------------------------------------------------

NULL, BYTES, TEXT, INTEGER, BOOLEAN, DATE, TIMESTAMP, UUID, STRUCTURED, LIST = range(10)

BASE = {
    "tenant": "clinic-7", "subject": "patient-1042", "record_type": "Encounter",
    "record_id": "e-2041", "field": "note", "binding": b"",
}
NOTE = "Knee pain for two weeks.".encode()
OUT = []


def h(*parts):
    return hashlib.sha256("/".join(parts).encode()).digest()


def default_key(name):
    return h("data key", name)


def vector(
    name, expect="ok", *, code=TEXT, content=NOTE, bucket=None, null=False,
    ctx=None,            # differences of the writer's context from BASE
    reads=None,          # differences of the reader's context from the writer's
    reads_code=None,     # the content code of the reader's field type, if not `code`
    key=None, reader_key=None, nonce=None,
    sealed=None,         # the plaintext given to the AEAD, if not content with correct padding
    byte1=None, suite=1, header_key=None, s=None, aad=None,  # a writer that errs
    bend=None,           # changes the envelope's bytes
    spell=None,          # changes the text form only
):
    writer = {**BASE, **(ctx or {})}
    reader = {**writer, **(reads or {})}
    key = key or default_key(name)
    reader_key = reader_key or key
    nonce = nonce or h("nonce", name)[:24]
    padded = bucket is not None
    own = NULL if null else code
    if sealed is None:
        sealed = pad(content, bucket) if padded else content
    header = bytes([suite, (own | 0x80 * padded) if byte1 is None else byte1])
    header += fingerprint(header_key or key)
    box = xaes_seal(s or seal_key(key), nonce, sealed,
                    aad(header, writer) if aad else aad_of(header, writer))
    envelope = header + nonce + box
    if bend:
        good, envelope = envelope, bend(envelope)
        assert envelope != good, name
    text = "phi1." + b64url(envelope)
    if spell:
        good, text = text, spell(text)
        assert text != good, name
        envelope = b""
    # A reader that refuses fewer than 34 bytes, or the spelling, has no header: no associated data.
    ad = aad_of(envelope[:34], reader) if len(envelope) >= 34 else b""
    assert name not in {v["name"] for v in OUT}, name
    OUT.append({
        "name": name,
        "data_key": reader_key.hex(),
        "tenant": reader["tenant"], "subject": reader["subject"],
        "record_type": reader["record_type"], "record_id": reader["record_id"],
        "field": reader["field"], "binding": reader["binding"].hex(),
        "content": code if reads_code is None else reads_code,
        "padded": padded,
        "nonce": nonce.hex(),
        "plaintext": content.hex(),
        "associated_data": ad.hex(),
        "key_id": fingerprint(reader_key).hex(),
        "envelope": envelope.hex(),
        "text": text,
        "expect": expect,
    })
    return envelope


def i128(n):
    return n.to_bytes(16, "big", signed=True)


def date(days):
    return struct.pack(">i", days)


def stamp(seconds, nanos):
    return struct.pack(">qI", seconds, nanos)


def lst(code, *elements):
    return bytes([code]) + b"".join(struct.pack(">I", len(e)) + e for e in elements)


# --- good vectors: content ---------------------------------------------------------------------


def good_content():
    v = vector
    v("text")
    v("text, empty", content=b"")
    v("text, one byte", content=b"A")
    v("text, many scripts", content=(
        "Größe 1,80 m; žena; Ελληνικά; русский; עברית; العربية; हिन्दी; ไทย; 中文; 日本語; 한국어; 🩺👩🏽‍⚕️"
    ).encode())
    v("text, composed", content=b"Zo\xc3\xab")
    v("text, decomposed: not normalised", content=b"Zoe\xcc\x88")
    v("text, with NUL, BOM, line ends and white space at its ends",
      content="\ufeff\0 a\r\nb\t \n".encode())
    v("text, bounds of the UTF-8 lengths",
      content="\x7f\u0080\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff".encode())
    v("bytes", code=BYTES, content=bytes(range(256)))
    v("bytes, empty", code=BYTES, content=b"")
    v("bytes, ends in 80 00 and is not padded", code=BYTES, content=b"\x01\x80\x00")
    for n, what in ((0, "zero"), (1, "one"), (-1, "minus one"), (-1234567890, "negative"),
                    (2**63, "beyond 64 bits"), (2**127 - 1, "largest"), (-2**127, "smallest")):
        v(f"integer, {what}", code=INTEGER, content=i128(n))
    v("boolean, false", code=BOOLEAN, content=b"\0")
    v("boolean, true", code=BOOLEAN, content=b"\1")
    for d, what in ((0, "1970-01-01"), (-1, "1969-12-31"), (19782, "2024-02-29"),
                    (-4371587, "-9999-01-01, the first"), (2932896, "9999-12-31, the last")):
        v(f"date, {what}", code=DATE, content=date(d))
    for s, n, what in ((0, 0, "the epoch"), (1709208000, 123456789, "with nanoseconds"),
                       (-1, 999999999, "one nanosecond before the epoch"),
                       (-377705023201, 0, "the first"),
                       (253402207200, 999999999, "the last")):
        v(f"timestamp, {what}", code=TIMESTAMP, content=stamp(s, n))
    v("uuid", code=UUID, content=bytes.fromhex("00112233445566778899aabbccddeeff"))
    v("uuid, nil", code=UUID, content=bytes(16))

    v("structured, a map", code=STRUCTURED, content=bytes.fromhex(
        "83" "a473797374" "7b" "a464696173" "51" "a56e6f746573" "92a0a2c3a4"))
    v("structured, an empty map", code=STRUCTURED, content=b"\x80")
    v("structured, nil: not a sealed absence", code=STRUCTURED, content=b"\xc0")
    v("structured, not the shortest spelling", code=STRUCTURED, content=bytes.fromhex(
        "df00000001" "db00000001" "61" "cf0000000000000001"))
    v("structured, every format of MessagePack", code=STRUCTURED, content=bytes.fromhex(
        "dc0027"                                            # array 16 of 39
        "00" "7f" "e0" "ff" "80" "8100a0" "90" "9101" "a0" "a161"
        "c0" "c2" "c3" "c400" "c4" "01ff" "c5000100" "c600000001aa"
        "c70105aa" "c8000105aa" "c90000000105aa"
        "ca3fc00000" "cb3ff8000000000000"
        "cc80" "cd0100" "ce00010000" "cfffffffffffffffff"
        "d080" "d18000" "d280000000" "d38000000000000000"
        "d405aa" "d505aaaa" "d605aaaaaaaa" "d705" + "aa" * 8 + "d805" + "aa" * 16
        + "d90162" "da000163" "db0000000164" "dd0000000102"))
    v("structured, 64 levels", code=STRUCTURED, content=b"\x91" * 63 + b"\x90")
    v("structured, an extension within 64 levels: is none itself", code=STRUCTURED,
      content=b"\x91" * 64 + b"\xd4\x05\xaa")

    v("list, empty", code=LIST, content=lst(TEXT))
    v("list of text", code=LIST, content=lst(TEXT, b"aspirin", b"", "ибупрофен".encode()))
    v("list of bytes", code=LIST, content=lst(BYTES, b"", b"\0", b"\x80\0", bytes(300)))
    v("list of integers", code=LIST, content=lst(INTEGER, i128(3), i128(-3), i128(0)))
    v("list of booleans", code=LIST, content=lst(BOOLEAN, b"\0", b"\1"))
    v("list of dates", code=LIST, content=lst(DATE, date(0), date(-1)))
    v("list of timestamps", code=LIST, content=lst(TIMESTAMP, stamp(-1, 1)))
    v("list of uuids", code=LIST, content=lst(UUID, bytes(16)))
    v("list of structured", code=LIST, content=lst(STRUCTURED, b"\x81\xa1a\x01", b"\x80"))
    v("list of lists of text", code=LIST, content=lst(
        LIST, lst(TEXT, b"a", b"b"), lst(TEXT), lst(TEXT, b"")))
    v("list of lists of lists of integers", code=LIST, content=lst(
        LIST, lst(LIST, lst(INTEGER, i128(1)), lst(INTEGER)), lst(LIST)))
    v("list of lists, empty", code=LIST, content=lst(LIST))


def good_null_and_padding():
    v = vector
    for code, what in ((TEXT, "text"), (BYTES, "bytes"), (INTEGER, "integer"),
                       (STRUCTURED, "structured"), (LIST, "list")):
        v(f"null in a field of type {what}", code=code, content=b"", null=True)
    v("null, padded to 32", content=b"", null=True, bucket=32)
    v("null, padded to 1", content=b"", null=True, bucket=1)
    v("padded, bucket 1", bucket=1)
    v("padded, bucket 16", bucket=16)
    v("padded, bucket 256", bucket=256)
    v("padded, bucket 1000", bucket=1000)
    v("padded, content as long as the bucket: one more bucket", content=b"x" * 32, bucket=32)
    v("padded, content one byte shorter than the bucket", content=b"x" * 31, bucket=32)
    v("padded, content longer than the bucket", content=b"x" * 33, bucket=32)
    v("padded, empty text", content=b"", bucket=16)
    v("padded, content ends in 80 00", code=BYTES, content=b"\x01\x80\x00", bucket=16)
    v("padded, content is 80", code=BYTES, content=b"\x80", bucket=8)
    v("padded, content is all zero", code=BYTES, content=bytes(15), bucket=16)
    v("padded, integer", code=INTEGER, content=i128(-7), bucket=32)
    v("padded, boolean", code=BOOLEAN, content=b"\0", bucket=4)
    v("padded, structured", code=STRUCTURED, content=b"\x81\xa1a\x00", bucket=64)
    v("padded, list", code=LIST, content=lst(BYTES, b"\0"), bucket=64)


# --- good vectors: context, nonce, key ---------------------------------------------------------

LONG = "é" * 512  # 1024 bytes
NFC, NFD = "Zo\u00eb", "Zoe\u0308"
assert unicodedata.normalize("NFC", NFD) == NFC and NFC != NFD


def good_context():
    v = vector
    v("context, subjectless", ctx={"subject": ""})
    v("context, with binding", ctx={"binding": b"row 17"})
    v("context, binding with every byte", ctx={"binding": bytes(range(256))})
    v("context, subjectless with binding", ctx={"subject": "", "binding": b"\0"})
    v("context, tenant, subject and record id of 1024 bytes",
      ctx={"tenant": LONG, "subject": "s" * 1024, "record_id": "0" * 1024})
    v("context, record type and field of 64 characters",
      ctx={"record_type": "A" + "a-Z0_9.b" * 7 + "-_.-_.9", "field": "f" + "." * 63})
    v("context, every part one byte",
      ctx={"tenant": "t", "subject": "s", "record_type": "R", "record_id": "1", "field": "f"})
    v("context, ids with separators",
      ctx={"tenant": "a|t", "subject": "b:c|d/e", "record_id": "1,2;3\\4\"5'"})
    v("context, ids with control characters and white space",
      ctx={"tenant": " t ", "subject": "a\0b", "record_id": "1\r\n2\t"})
    v("context, ids that are not ASCII",
      ctx={"tenant": "Østre klinikk", "subject": "患者-七", "record_id": "😀"})
    v("context, subject composed", ctx={"subject": NFC})
    v("context, subject decomposed", ctx={"subject": NFD})
    v("context, record id is a UUID", ctx={"record_id": "0190b3e2-7c1f-7d3a-9a55-0123456789ab"})
    v("context, record id is an integer", ctx={"record_id": "-42"})


def good_crypto():
    v = vector
    # The two members of a run, whose counter goes around ("Nonces"): one key, one subkey.
    k, first = h("data key", "run"), h("nonce", "run")[:12]
    v("nonce, last 12 bytes ff", key=k, nonce=first + b"\xff" * 12)
    v("nonce, last 12 bytes 00: the next of the run", key=k, nonce=first + bytes(12))
    v("nonce, all zero", nonce=bytes(24))
    v("nonce, all ff", nonce=b"\xff" * 24)
    for bit in (0, 1):  # both branches of "Encryption", step 2
        name = f"key, top bit of L is {bit}"
        for i in range(1000):
            k = h("data key", name, str(i))
            l = Cipher(algorithms.AES(seal_key(k)), modes.ECB()).encryptor().update(bytes(16))
            if l[0] >> 7 == bit:
                break
        else:
            raise AssertionError
        v(name, key=k)
    v("key, all zero", key=bytes(32))


# --- bad vectors: context ----------------------------------------------------------------------


def bad_context():
    def v(what, ctx, reads):
        vector(f"context, {what}", "integrity", ctx=ctx, reads=reads)

    v("another tenant", {}, {"tenant": "clinic-8"})
    v("another subject", {}, {"subject": "patient-1043"})
    v("another record type", {}, {"record_type": "Admission"})
    v("another record id", {}, {"record_id": "e-2042"})
    v("another field", {}, {"field": "remark"})
    v("another binding", {"binding": b"row 17"}, {"binding": b"row 18"})
    v("binding added", {}, {"binding": b"\0"})
    v("binding emptied", {"binding": b"\0"}, {"binding": b""})
    v("subject emptied", {}, {"subject": ""})
    v("subject added", {"subject": ""}, {"subject": "patient-1042"})
    v("tenant and subject exchanged", {}, {"tenant": "patient-1042", "subject": "clinic-7"})
    v("subject and record id exchanged", {}, {"subject": "e-2041", "record_id": "patient-1042"})
    v("record type and field exchanged", {}, {"record_type": "note", "field": "Encounter"})
    v("subject moved to binding", {}, {"subject": "", "binding": b"patient-1042"})
    v("binding moved to subject", {"subject": "", "binding": b"x"}, {"subject": "x", "binding": b""})
    v("tenant to subject", {"tenant": "ab", "subject": "c"}, {"tenant": "a", "subject": "bc"})
    v("subject to tenant", {"tenant": "a", "subject": "bc"}, {"tenant": "ab", "subject": "c"})
    v("tenant takes in the subject", {"tenant": "a", "subject": "b"}, {"tenant": "ab", "subject": ""})
    v("tenant to subject across a separator", {"tenant": "a", "subject": "t|c"},
      {"tenant": "a|t", "subject": "c"})
    v("subject to record type", {"subject": "pA", "record_type": "Bc"},
      {"subject": "p", "record_type": "ABc"})
    v("record type to subject", {"subject": "p", "record_type": "ABc"},
      {"subject": "pA", "record_type": "Bc"})
    v("record type to record id", {"record_type": "Notes", "record_id": "7"},
      {"record_type": "Note", "record_id": "s7"})
    v("record id to record type", {"record_type": "Note", "record_id": "17"},
      {"record_type": "Note1", "record_id": "7"})
    v("record id to field", {"record_id": "7a", "field": "b"}, {"record_id": "7", "field": "ab"})
    v("field to record id", {"record_id": "7", "field": "ab"}, {"record_id": "7a", "field": "b"})
    v("field to binding", {"field": "notes"}, {"field": "note", "binding": b"s"})
    v("binding to field", {"field": "note", "binding": b"s"}, {"field": "notes", "binding": b""})
    for part in ("tenant", "subject", "record_type", "record_id", "field"):
        what = part.replace("_", " ")
        v(f"{what} in another case", {}, {part: BASE[part].swapcase()})
    v("tenant composed by the reader", {"tenant": NFD}, {"tenant": NFC})
    v("subject composed by the reader", {"subject": NFD}, {"subject": NFC})
    v("subject decomposed by the reader", {"subject": NFC}, {"subject": NFD})
    v("record id composed by the reader", {"record_id": NFD}, {"record_id": NFC})
    v("record id in compatibility form", {"record_id": "１"}, {"record_id": "1"})
    v("tenant trimmed", {"tenant": " clinic-7"}, {"tenant": "clinic-7"})
    v("subject trimmed", {"subject": "patient-1042 "}, {"subject": "patient-1042"})
    v("record id trimmed", {"record_id": "e-2041\n"}, {"record_id": "e-2041"})
    v("record id cut at NUL", {"record_id": "1\0002"}, {"record_id": "1"})
    v("record id with a leading zero", {"record_id": "42"}, {"record_id": "042"})
    v("record id, UUID in upper case", {"record_id": "0190b3e2-7c1f-7d3a-9a55-0123456789ab"},
      {"record_id": "0190B3E2-7C1F-7D3A-9A55-0123456789AB"})


# --- bad vectors: keys, writers that err -------------------------------------------------------


def bad_keys():
    other = h("data key", "another key")
    vector("key, another data key", "missing_key", reader_key=other)
    vector("key, another data key and a changed tag", "missing_key", reader_key=other, bend=flip(-1, 1))
    vector("key, another data key, null", "missing_key", reader_key=other, content=b"", null=True)
    # Header with the id of the reader's key, sealed with another one.
    name = "key, right id and another key"
    vector(name, "integrity", header_key=default_key(name), s=seal_key(other))
    # Key id of the other key in the header, sealed with the reader's: the id decides.
    vector("key, another id and the right key", "missing_key", header_key=other)
    name = "key, data key used as sealing key"
    vector(name, "integrity", s=default_key(name))
    name = "key, sealing key of another suite"
    vector(name, "integrity", s=expand(default_key(name), b"phi-seal/v1 suite\x02"))
    name = "key, sealing key of the suite's text digit"
    vector(name, "integrity", s=expand(default_key(name), b"phi-seal/v1 suite1"))
    vector("associated data, empty", "integrity", aad=lambda hd, c: b"")
    vector("associated data, without header", "integrity", aad=lambda hd, c: aad_of(b"", c))
    vector("associated data, another label", "integrity",
           aad=lambda hd, c: aad_of(hd, c, b"phi-seal/v2 value"))
    vector("associated data, joined without lengths", "integrity",
           aad=lambda hd, c: b"".join([b"phi-seal/v1 value", hd, *pieces(c)]))
    vector("associated data, without the empty binding", "integrity",
           aad=lambda hd, c: aad_of(hd, {k: x for k, x in c.items() if k != "binding"}))


# --- bad vectors: bytes ------------------------------------------------------------------------


def flip(at, mask):
    def bend(e):
        e = bytearray(e)
        e[at] ^= mask
        return bytes(e)
    return bend


def put(at, byte):
    return lambda e: e[:at] + bytes([byte]) + e[at + 1:]


def bad_bytes():
    v = vector
    for suite in (0x00, 0x02, 0x81, 0xFF):
        v(f"suite {suite:#04x}, sealed so", "malformed", suite=suite)
    v("suite 0x00, changed", "malformed", bend=put(0, 0))
    v("suite 0x02, changed", "malformed", bend=put(0, 2))
    v("suite 0xff, changed", "malformed", bend=put(0, 0xFF))
    for code in (10, 64, 127):
        v(f"content code {code}, sealed so", "malformed", byte1=code)
    v("content code 10, padded, sealed so", "malformed", bucket=16, byte1=0x8A)
    v("content code 127, padded, sealed so", "malformed", bucket=16, byte1=0xFF)
    v("content code 10, changed", "malformed", bend=put(1, 10))
    v("content code 127, changed", "malformed", bend=put(1, 127))

    for what, code, content, reads in (
        ("text read as bytes", TEXT, NOTE, BYTES),
        ("bytes read as text", BYTES, NOTE, TEXT),
        ("uuid read as integer", UUID, bytes(16), INTEGER),
        ("integer read as uuid", INTEGER, bytes(16), UUID),
        ("boolean read as integer", BOOLEAN, b"\1", INTEGER),
        ("date read as timestamp", DATE, date(0), TIMESTAMP),
        ("timestamp read as date", TIMESTAMP, stamp(0, 0), DATE),
        ("structured read as text", STRUCTURED, b"\xa1a", TEXT),
        ("list read as structured", LIST, lst(TEXT), STRUCTURED),
        ("text read as list", TEXT, b"\x02", LIST),
    ):
        v(f"type, {what}", "malformed", code=code, content=content, reads_code=reads)
    v("type, padded text read as bytes", "malformed", bucket=32, reads_code=BYTES)
    v("type, text read as bytes, with another key", "malformed", reads_code=BYTES,
      reader_key=h("data key", "another key"))
    v("header, code changed to another type", "malformed", bend=put(1, BYTES))
    v("header, text changed to null", "integrity", bend=put(1, NULL))
    v("header, empty text changed to null", "integrity", content=b"", bend=put(1, NULL))
    v("header, null changed to text", "integrity", content=b"", null=True, bend=put(1, TEXT))
    v("header, code changed to the type of the reader's field", "integrity", code=BYTES,
      reads_code=TEXT, bend=put(1, TEXT))
    v("header, padded flag set", "integrity", bend=flip(1, 0x80))
    v("header, padded flag cleared", "integrity", bucket=32, bend=flip(1, 0x80))
    v("header, key id, first bit", "missing_key", bend=flip(2, 0x80))
    v("header, key id, last bit", "missing_key", bend=flip(33, 0x01))
    v("header, key id all zero", "missing_key", bend=lambda e: e[:2] + bytes(32) + e[34:])
    v("nonce, first bit", "integrity", bend=flip(34, 0x80))
    v("nonce, last bit of the first 12 bytes", "integrity", bend=flip(45, 0x01))
    v("nonce, first bit of the last 12 bytes", "integrity", bend=flip(46, 0x80))
    v("nonce, last bit", "integrity", bend=flip(57, 0x01))
    v("nonce, the next of the run", "integrity", nonce=h("nonce", "next")[:23] + b"\1", bend=flip(57, 3))
    v("ciphertext, first bit", "integrity", bend=flip(58, 0x80))
    v("ciphertext, last bit", "integrity", bend=flip(-17, 0x01))
    v("ciphertext, last bit, padded", "integrity", bucket=64, bend=flip(-17, 0x01))
    v("tag, first bit", "integrity", bend=flip(-16, 0x80))
    v("tag, last bit", "integrity", bend=flip(-1, 0x01))
    v("tag, first bit, null", "integrity", content=b"", null=True, bend=flip(-16, 0x80))
    v("tag, all zero", "integrity", bend=lambda e: e[:-16] + bytes(16))
    v("tag, before the ciphertext", "integrity", bend=lambda e: e[:58] + e[-16:] + e[58:-16])
    for n in (0, 1, 33, 34, 57, 58, 73):
        v(f"cut to {n} bytes", "malformed", bend=lambda e: e[:n])
    v("cut to 74 bytes", "integrity", bend=lambda e: e[:74])
    v("cut by the last byte", "integrity", bend=lambda e: e[:-1])
    v("cut by the last byte, empty text", "malformed", content=b"", bend=lambda e: e[:-1])
    v("ciphertext cut by the last byte", "integrity", bend=lambda e: e[:-17] + e[-16:])
    v("ciphertext, first byte missing", "integrity", bend=lambda e: e[:58] + e[59:])
    v("first byte of the envelope missing", "malformed", bend=lambda e: e[1:])
    v("trailing byte 00", "integrity", bend=lambda e: e + b"\0")
    v("trailing byte 0a", "integrity", bend=lambda e: e + b"\n")
    v("envelope twice", "integrity", bend=lambda e: e + e)
    v("the text form as bytes", "malformed", bend=lambda e: ("phi1." + b64url(e)).encode())


# --- bad vectors: contents that authenticate ---------------------------------------------------


def bad_content():
    def v(name, code, content, **more):
        vector(name, "undecodable", code=code, content=content, **more)

    for what, b in (
        ("byte ff", b"a\xff"), ("lone continuation byte", b"\x80"), ("cut short", b"\xe2\x82"),
        ("overlong NUL", b"\xc0\x80"), ("overlong slash in 3 bytes", b"\xe0\x80\xaf"),
        ("overlong in 4 bytes", b"\xf0\x80\x80\xaf"),
        ("high surrogate", b"\xed\xa0\x80"), ("low surrogate", b"\xed\xbf\xbf"),
        ("surrogate pair", b"\xed\xa0\xbd\xed\xb8\x80"),
        ("beyond U+10FFFF", b"\xf4\x90\x80\x80"), ("Latin-1", b"Zo\xeb"), ("UTF-16", b"\xff\xfea\0"),
    ):
        v(f"text, not UTF-8: {what}", TEXT, b)
    v("text, not UTF-8, padded", TEXT, b"\xff", bucket=16)

    v("boolean, 2", BOOLEAN, b"\2")
    v("boolean, ff", BOOLEAN, b"\xff")
    v("boolean, no byte", BOOLEAN, b"")
    v("boolean, two bytes", BOOLEAN, b"\0\1")
    v("integer, 15 bytes", INTEGER, bytes(15))
    v("integer, 17 bytes", INTEGER, bytes(17))
    v("integer, no byte", INTEGER, b"")
    v("integer, 8 bytes", INTEGER, bytes(8))
    v("date, after the last", DATE, date(2932897))
    v("date, before the first", DATE, date(-4371588))
    v("date, largest number", DATE, date(2**31 - 1))
    v("date, 5 bytes", DATE, bytes(5))
    v("date, 3 bytes", DATE, bytes(3))
    v("timestamp, 10^9 nanoseconds", TIMESTAMP, stamp(0, 10**9))
    v("timestamp, nanoseconds all ff", TIMESTAMP, stamp(-1, 2**32 - 1))
    v("timestamp, after the last", TIMESTAMP, stamp(253402207201, 0))
    v("timestamp, before the first", TIMESTAMP, stamp(-377705023202, 999999999))
    v("timestamp, 8 bytes", TIMESTAMP, bytes(8))
    v("timestamp, 13 bytes", TIMESTAMP, bytes(13))
    v("uuid, 15 bytes", UUID, bytes(15))
    v("uuid, 17 bytes", UUID, bytes(17))
    v("uuid, as text", UUID, b"00112233-4455-6677-8899-aabbccddeeff")
    v("null, with a byte", TEXT, b"\0", null=True)
    v("null, with text", TEXT, b"null", null=True)
    v("null, padded, with a byte", TEXT, b"\1", null=True, bucket=16)

    # `plaintext` is the content that was meant; what was sealed is given as `sealed`.
    v("padding, none", TEXT, b"abc", bucket=8, sealed=b"abc")
    v("padding, zeros without marker", TEXT, b"abc", bucket=8, sealed=b"abc\0\0\0\0\0")
    v("padding, only zeros", TEXT, b"", bucket=8, sealed=bytes(8))
    v("padding, empty plaintext", TEXT, b"", bucket=8, sealed=b"")
    v("padding, empty plaintext, null", TEXT, b"", bucket=8, sealed=b"", null=True)
    v("padding, marker 81", TEXT, b"abc", bucket=8, sealed=b"abc\x81\0\0\0\0")
    v("padding, marker 01", TEXT, b"abc", bucket=8, sealed=b"abc\x01\0\0\0\0")
    v("padding, a byte after the zeros", TEXT, b"abc", bucket=8, sealed=b"abc\x80\0\0\0\1")
    v("padding, PKCS #7", TEXT, b"abc", bucket=8, sealed=b"abc" + b"\5" * 5)
    v("padding, two markers", TEXT, b"abc", bucket=8, sealed=b"abc\x80\x80\0\0\0")
    v("padding, marker before two zeros and marker", INTEGER, bytes(16), bucket=32,
      sealed=bytes(16) + b"\x80\0\0\x80" + bytes(12))
    v("padding, not flagged", INTEGER, bytes(16), sealed=pad(bytes(16), 32))
    v("padding, not flagged, null", TEXT, b"", null=True, sealed=pad(b"", 8))

    v("list, no element code", LIST, b"")
    for code in (0, 10, 127, 0x82, 0xFF):
        v(f"list, element code {code}", LIST, bytes([code]))
    v("list, element code 0 with an empty element", LIST, lst(NULL, b""))
    v("list, element code 10 with an element", LIST, lst(10, b"a"))
    v("list, length cut short", LIST, lst(TEXT, b"a") + b"\0\0\0")
    v("list, length without element", LIST, lst(TEXT, b"a") + b"\0\0\0\1")
    v("list, element cut short", LIST, lst(TEXT, b"abc")[:-1])
    v("list, largest length", LIST, b"\1\xff\xff\xff\xffa")
    v("list, little-endian length", LIST, b"\2\1\0\0\0a")
    v("list, trailing byte", LIST, lst(TEXT, b"a") + b"\0")
    v("list, element not UTF-8", LIST, lst(TEXT, b"a", b"\xff"))
    v("list, text split within a character", LIST, lst(TEXT, b"\xc3", b"\xab"))
    v("list, integer of 15 bytes", LIST, lst(INTEGER, bytes(15)))
    v("list, empty integer", LIST, lst(INTEGER, b""))
    v("list, boolean 2", LIST, lst(BOOLEAN, b"\0", b"\2"))
    v("list, date out of range", LIST, lst(DATE, date(2932897)))
    v("list, timestamp of 10^9 nanoseconds", LIST, lst(TIMESTAMP, stamp(0, 10**9)))
    v("list, uuid of 15 bytes", LIST, lst(UUID, bytes(15)))
    v("list, padded element", LIST, lst(INTEGER, pad(bytes(16), 32)))
    v("list, structured element cut short", LIST, lst(STRUCTURED, b"\x91"))
    v("list, structured element empty", LIST, lst(STRUCTURED, b""))
    v("list, structured element with trailing byte", LIST, lst(STRUCTURED, b"\xc0\xc0"))
    v("list of lists, inner list without element code", LIST, lst(LIST, b""))
    v("list of lists, inner element code 0", LIST, lst(LIST, lst(NULL)))
    v("list of lists, inner element cut short", LIST, lst(LIST, lst(TEXT, b"ab")[:-1]))
    v("list of lists, inner element not UTF-8", LIST, lst(LIST, lst(TEXT, b"\xff")))

    v("structured, empty", STRUCTURED, b"")
    v("structured, byte c1", STRUCTURED, b"\xc1")
    v("structured, byte c1 within an array", STRUCTURED, b"\x92\x01\xc1")
    v("structured, trailing byte", STRUCTURED, b"\x80\x00")
    v("structured, two values", STRUCTURED, b"\x81\xa1a\x01\x81\xa1b\x02")
    for what, b in (("array", b"\x92\x01"), ("map without value", b"\x81\xa1a"),
                    ("map without key", b"\x81"), ("string", b"\xa2a"),
                    ("length of a string", b"\xda\x00"), ("integer", b"\xcd\x01"),
                    ("float", b"\xcb\x3f\xf8"), ("extension", b"\xd4\x05"),
                    ("extension without type", b"\xd4"), ("binary", b"\xc4\x02a"),
                    ("array of the largest length", b"\xdd\xff\xff\xff\xff"),
                    ("map of the largest length", b"\xdf\xff\xff\xff\xff"),
                    ("binary of the largest length", b"\xc6\xff\xff\xff\xffa")):
        v(f"structured, cut short: {what}", STRUCTURED, b)
    v("structured, 65 levels", STRUCTURED, b"\x91" * 64 + b"\x90")
    v("structured, 65 levels of maps", STRUCTURED, b"\x81\x00" * 64 + b"\x80")
    v("structured, 1000 levels", STRUCTURED, b"\x91" * 999 + b"\x90")
    v("structured, JSON", STRUCTURED, b'{"a":1}')


# --- bad vectors: text form --------------------------------------------------------------------


def bad_text():
    def v(what, spell, **more):
        vector(f"text form, {what}", "malformed", spell=spell, **more)

    v("empty", lambda t: "")
    v("only the prefix", lambda t: "phi1.")
    v("prefix without dot", lambda t: "phi1" + t[5:])
    v("prefix PHI1.", lambda t: "PHI1." + t[5:])
    v("prefix Phi1.", lambda t: "Phi1." + t[5:])
    v("prefix phi2.", lambda t: "phi2." + t[5:])
    v("prefix phi1:", lambda t: "phi1:" + t[5:])
    v("prefix twice", lambda t: "phi1." + t)
    v("no prefix", lambda t: t[5:])
    # 75, 76 and 77 bytes: no, 4 and 2 unused bits.
    assert len(b64url(bytes(76))) % 4 == 2 and len(b64url(bytes(77))) % 4 == 3
    two, four = {"content": b"abc"}, {"content": b"ab"}
    v("padding =", lambda t: t + "=", **two)
    v("padding ==", lambda t: t + "==", **four)
    v("padding = instead of ==", lambda t: t + "=", **four)
    v("padding ==== where none is due", lambda t: t + "====", content=b"a")
    v("unused bit 0 set", lambda t: bump(t, 1), **two)
    v("both of 2 unused bits set", lambda t: bump(t, 3), **two)
    v("lowest of 4 unused bits set", lambda t: bump(t, 1), **four)
    v("highest of 4 unused bits set", lambda t: bump(t, 8), **four)
    v("length of 1 modulo 4", lambda t: t + "A", content=b"a")
    v("length of 1 modulo 4, cut", lambda t: t[:-1], **four)
    long = {"code": BYTES, "content": bytes(range(256))}
    v("+ of the other alphabet", lambda t: t.replace("-", "+", 1), **long)
    v("/ of the other alphabet", lambda t: t.replace("_", "/", 1), **long)
    v("the other alphabet throughout", lambda t: t.replace("-", "+").replace("_", "/"), **long)
    v("line feed at the end", lambda t: t + "\n")
    v("carriage return and line feed at the end", lambda t: t + "\r\n")
    v("blank at the end", lambda t: t + " ")
    v("blank at the beginning", lambda t: " " + t)
    v("blank after the prefix", lambda t: "phi1. " + t[5:])
    v("line feed within", lambda t: t[:69] + "\n" + t[69:])
    v("tab within", lambda t: t[:40] + "\t" + t[40:])
    v("NUL at the end", lambda t: t + "\0")
    v("BOM at the beginning", lambda t: "\ufeff" + t)
    v("letter that is not ASCII", lambda t: t[:20] + "é" + t[21:])
    v("fullwidth letter", lambda t: t[:20] + "Ａ" + t[21:])
    v("dot within", lambda t: t[:20] + "." + t[21:])
    v("quoted", lambda t: f'"{t}"')
    v("percent-encoded", lambda t: t.replace(".", "%2E"))
    v("hexadecimal", lambda t: "phi1." + base64.urlsafe_b64decode(t[5:] + "==").hex())
    v("one character replaced by ~", lambda t: t[:-1] + "~")


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def bump(text, bits):
    """Sets unused bits of the last character."""
    return text[:-1] + ALPHABET[ALPHABET.index(text[-1]) | bits]


FILE = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "envelope.json"


def main(arguments):
    if arguments not in ([], ["--check"]):
        sys.exit("usage: make_vectors.py [--check]")
    for part in (good_content, good_null_and_padding, good_context, good_crypto,
                 bad_context, bad_keys, bad_bytes, bad_content, bad_text):
        part()
    made = (json.dumps(OUT, ensure_ascii=False, indent=1) + "\n").encode("utf-8")
    if not arguments:
        FILE.write_bytes(made)
    elif not FILE.exists() or FILE.read_bytes() != made:
        sys.exit("tests/vectors/envelope.json is not what make_vectors.py makes; run it and review")
    counts = {}
    for v in OUT:
        counts[v["expect"]] = counts.get(v["expect"], 0) + 1
    print(f"{len(OUT)} vectors: {counts}")


if __name__ == "__main__":
    main(sys.argv[1:])
