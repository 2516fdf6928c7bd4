"""Writes tests/vectors/index.json: docs/index.md a second time, from that page alone.

Needs pyca/cryptography (for Argon2id, with OpenSSL 3.2 or later). Normal forms come from Python's
own Unicode tables, so only characters that those have are used. Every key is SHA-256 of a label,
so that the output never changes. With `--check`, compares instead of writing.
"""

import hashlib
import hmac
import json
import re
import struct
import sys
import unicodedata
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

IGNORABLE = [
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5),
    (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164),
    (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
]
WHITE = "\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
APOSTROPHES = "'`\xb4\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u2018\u2019\u201b\u2032\u2035\uff07\uff40"


def pae(*pieces):
    out = struct.pack("<Q", len(pieces))
    for piece in pieces:
        out += struct.pack("<Q", len(piece)) + piece
    return out


def expand(key, info, length):
    out, block, counter = b"", b"", 1
    while len(out) < length:
        block = hmac.new(key, block + info + bytes([counter]), hashlib.sha256).digest()
        out, counter = out + block, counter + 1
    return out[:length]


# Normal forms.


def is_visible(c):
    if re.match(f"[{WHITE}]", c):
        return True
    ignorable = any(low <= ord(c) <= high for low, high in IGNORABLE)
    return not ignorable and unicodedata.category(c) != "Cc"


def folded(text, left_out=""):
    def without(text):
        return "".join(c for c in text if c not in left_out)

    text = unicodedata.normalize("NFD", without(text)).casefold()
    text = unicodedata.normalize("NFKD", text).casefold()
    text = without(unicodedata.normalize("NFKD", text))
    text = "".join(c for c in text if is_visible(c))
    text = re.sub(f"[{WHITE}]+", " ", text).strip(" ")
    return unicodedata.normalize("NFC", text)


def digits(text):
    if any(unicodedata.category(c)[0] == "N" and c not in "0123456789" for c in text):
        return ""
    return re.sub("[^0-9]", "", text)


def us_phone(text):
    seen = 0
    for at, c in enumerate(text):
        seen += c in "0123456789"
        if seen >= 10 and (c.isalpha() or c in "#,;"):
            text = text[:at]
            break
    number = digits(text)
    if len(number) == 11 and number[0] == "1":
        return number[1:]
    return number if len(number) == 10 and not text.startswith("+") else ""


def zip3(text):
    run = re.match("[0-9]*", text)[0]
    return run[:3] if len(run) in (3, 5, 9) else ""


def email(text):
    local, at, domain = text.rpartition("@")
    return text if local and at and domain and " " not in text else ""


def iso_date(text):
    found = re.fullmatch("([0-9]{4})-([0-9]{2})-([0-9]{2})|([0-9]{4})([0-9]{2})([0-9]{2})", text)
    parts = [int(part) for part in (found.groups() if found else []) if part is not None]
    try:
        return date(*parts).isoformat() if parts else ""
    except ValueError:
        return ""


def year(text):
    if re.fullmatch("[0-9]{4}", text):
        return text
    if re.fullmatch("[0-9]{4}-(0[1-9]|1[0-2])", text):
        return text[:4]
    return iso_date(text)[:4]


def words(text):
    text = folded(text, APOSTROPHES)
    kept = "".join(c if is_of_word(c) else " " for c in text)
    return sorted(set(kept.split(" ")) - {""}, key=lambda word: word.encode())


def is_of_word(c):
    return c.isalnum() or unicodedata.category(c)[0] == "M"


def text_of(content, value):
    if content in ("text", "date"):
        return value
    if content == "boolean":
        return "true" if value else "false"
    if content == "timestamp":
        moment = datetime.fromtimestamp(0, timezone.utc) + timedelta(seconds=value)
        return moment.strftime("%Y-%m-%dT%H:%M:%S") + ".000000000Z"
    return str(value)


def terms(code, content, value):
    """The terms of a value under a normal form, as text."""
    if code == "tokens-1":
        texts = value if content == "list" else [text_of(content, value)]
        return words(" ".join(texts))
    text = folded(text_of(content, value))
    name, _, length = code.partition(":")
    if name == "prefix-1":
        return [text[: int(length)]] if len(text) >= int(length) else []
    if name in ("date-1", "year-1") and content == "timestamp":
        text = text[:10]
    if name == "year-1" and content == "integer":
        text = f"{value:04}"
    form = {
        "text-1": str,
        "digits-1": digits,
        "email-1": email,
        "date-1": iso_date,
        "year-1": year,
        "zip3-1": zip3,
        "us-phone-1": us_phone,
    }[name](text)
    return [form] if form else []


# Encodings, as docs/envelope.md has them.


def encoded(content, value):
    if content == "text":
        return value.encode()
    if content == "integer":
        return value.to_bytes(16, "big", signed=True)
    if content == "boolean":
        return bytes([value])
    if content == "date":
        days = (date.fromisoformat(value) - date(1970, 1, 1)).days
        return days.to_bytes(4, "big", signed=True)
    if content == "timestamp":
        return value.to_bytes(8, "big", signed=True) + bytes(4)
    elements = [element.encode() for element in value]
    return b"\x02" + b"".join(struct.pack(">I", len(e)) + e for e in elements)


# Index values.


def description(record, name, profile, bits, parts):
    pieces = [record, name, profile]
    pieces = [piece.encode() for piece in pieces] + [struct.pack(">H", bits)]
    for part in parts:
        pieces += [part["field"].encode(), part["normal"].encode()]
    return pae(*pieces)


def index_value(key, tenant, described, profile, bits, term):
    key_id = expand(key, b"phi-seal/v1 key-id", 32)
    version = hashlib.sha256(b"phi-seal/v1 index-version" + pae(key_id, described)).digest()[:4]
    derived = expand(key, b"phi-seal/v1 index" + pae(tenant.encode(), described), 48)
    if profile == "argon2id-1":
        argon2 = Argon2id(
            salt=derived[32:], length=32, iterations=2, lanes=1, memory_cost=19456,
            secret=derived[:32],
        )
        full = argon2.derive(term)
    else:
        full = hmac.new(derived[:32], term, hashlib.sha256).digest()
    length = (bits + 7) // 8
    hashed = int.from_bytes(full[:length], "big") >> (8 * length - bits) << (8 * length - bits)
    return version + hashed.to_bytes(length, "big")


def vector(index, about, tenant, values):
    described = description(*(index[k] for k in ("record", "name", "profile", "bits", "parts")))
    parts = [
        {**part, "content": content, "encoded": encoded(content, value).hex()}
        for part, (content, value) in zip(index["parts"], values)
    ]
    forms = [
        terms(part["normal"], content, value)
        for part, (content, value) in zip(index["parts"], values)
    ]
    if len(forms) == 1:
        hashed = [form.encode() for form in forms[0]]
    elif all(forms):
        hashed = [pae(*(form[0].encode() for form in forms))]
    else:
        hashed = []
    key = hashlib.sha256(b"index key").digest()
    found = (
        index_value(key, tenant, described, index["profile"], index["bits"], term)
        for term in hashed
    )
    return {
        "about": about,
        "index": index["name"],
        "data_key": key.hex(),
        "tenant": tenant,
        "record": index["record"],
        "bits": index["bits"],
        "profile": index["profile"],
        "parts": parts,
        "terms": [term.hex() for term in hashed],
        "values": sorted(value.hex() for value in found),
    }


def index(name, parts, bits=128, profile="hmac-sha-256"):
    parts = [{"field": field, "normal": normal} for field, normal in parts]
    return {"record": "patient", "name": name, "bits": bits, "profile": profile, "parts": parts}


TEXT = index("name", [("name", "text-1")])
INDEXES = {
    "text": TEXT,
    "narrow": index("name-narrow", [("name", "text-1")], bits=11),
    "wide": index("name-wide", [("name", "text-1")], bits=256),
    "one": index("name-one", [("name", "text-1")], bits=1),
    "slow": index("ssn-slow", [("ssn", "digits-1")], profile="argon2id-1"),
    "digits": index("ssn", [("ssn", "digits-1")], bits=32),
    "number": index("mrn", [("mrn", "digits-1")]),
    "email": index("email", [("email", "email-1")]),
    "date": index("born", [("born", "date-1")]),
    "date-text": index("born-text", [("name", "date-1")]),
    "date-instant": index("seen-date", [("seen", "date-1")]),
    "instant": index("seen", [("seen", "text-1")]),
    "year": index("born-year", [("born", "year-1")]),
    "year-text": index("year-text", [("name", "year-1")]),
    "year-number": index("year-number", [("mrn", "year-1")]),
    "zip3": index("zip3", [("zip", "zip3-1")]),
    "phone": index("phone", [("phone", "us-phone-1")]),
    "prefix": index("name-prefix", [("name", "prefix-1:3")]),
    "tokens": index("name-words", [("name", "tokens-1")], bits=21),
    "list": index("aliases", [("aliases", "tokens-1")]),
    "compound": index(
        "who",
        [("name", "text-1"), ("born", "year-1"), ("zip", "zip3-1"), ("active", "text-1")],
        bits=20,
    ),
}


def cases():
    for text in [
        "Lovelace", " ＬＯＶＥＬＡＣＥ\t", "Straße", "STRASSE", "İstanbul", "Σίσυφος", "ﬁ ﬀ", "ｶﾞ",
        "가나", "e\u0301", "é", "e\u034f\u0301", "A\u00adda\u200b", "Å", "ᾼ", "\u0345\u0301a", "李 明",
        "\u00b4", "Ада", "",
    ]:
        yield "text", text
    for name in ("narrow", "wide", "one"):
        for text in ("Lovelace", "Hopper", "Noether"):
            yield name, text
    for text in ("078-05-1120", "０７８ 05 1120", "12٣", "none"):
        yield "digits", text
    yield "slow", "078-05-1120"
    yield "slow", "219-09-9999"
    yield "number", 17
    yield "number", -(2**100)
    for text in ("Ada@Example.org ", "a b@x.org", "ada"):
        yield "email", text
    yield "date", "1952-02-29"
    for text in ("1952-02-29", "19520229", "1953-02-29", "2/29/1952"):
        yield "date-text", text
    for seconds in (0, -1, 1_795_293_660):
        yield "date-instant", seconds
        yield "instant", seconds
    yield "year", "1952-02-29"
    for text in ("1952", "1952-02", "1952-02-29", "1952-13", "52"):
        yield "year-text", text
    yield "year-number", 52
    for text in ("02139-4307", "02139", "021", "2139", "K1A 0B1"):
        yield "zip3", text
    for text in ("(212) 555-0100", "+1 212 555 0100 x17", "+45 12 34 56 78", "555-0100"):
        yield "phone", text
    for text in ("Lovelace", "Straße", "李 明", "Ng"):
        yield "prefix", text
    for text in ("Anna-Maria O’Neil", "oneil", "O´Neil", "मोहन, दास", "--"):
        yield "tokens", text
    yield "list", ["Anna-Maria", "Ruiz, Maria"]
    yield "list", []
    for values in [
        ("Lovelace", "1815-12-10", "02139", True),
        ("Lovelace", "1815-12-10", "02139", False),
        ("Lovelace", "1815-12-10", "2139", True),
    ]:
        yield "compound", values


CONTENTS = {
    "name": "text", "ssn": "text", "email": "text", "zip": "text", "phone": "text",
    "mrn": "integer", "born": "date", "seen": "timestamp", "active": "boolean",
    "aliases": "list",
}


def main():
    vectors = []
    for name, value in cases():
        values = value if isinstance(value, tuple) else (value,)
        parts = INDEXES[name]["parts"]
        contents = [CONTENTS[part["field"]] for part in parts]
        for tenant in ("mercy", "Klinik Süd") if name == "narrow" else ("mercy",):
            about = f"{name}: {', '.join(map(str, values))}"
            vectors.append(vector(INDEXES[name], about, tenant, list(zip(contents, values))))
    text = json.dumps(vectors, indent=1, ensure_ascii=True) + "\n"
    path = Path(__file__).parent.parent / "vectors" / "index.json"
    if "--check" in sys.argv:
        sys.exit(path.read_text() != text)
    path.write_text(text)


main()
