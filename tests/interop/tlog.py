#!/usr/bin/env python3
"""Checks a journal's exported tiles, and proofs of single entries, with other people's code.

    python tlog.py tiles FOLDER PUBLIC-KEY
    python tlog.py entry FILE.tlog-proof PUBLIC-KEY

What decides is the package `sigstore`, which verifies the entries of Sigstore's log Rekor with it:
its parser of signed notes and checkpoints, its check of an Ed25519 signature under a keyring, and
its check of an RFC 6962 inclusion proof. This script only finds the files, as C2SP `tlog-tiles`
lays them out, and puts hashes together to the paths that `sigstore` then checks: of every entry.

Says what it has checked. Leaves with 10 if something is wrong, with another code if it could not
look.
"""

import base64
import hashlib
import sys
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sigstore._internal.merkle import _hash_children, _hash_leaf, verify_merkle_inclusion
from sigstore._internal.rekor.checkpoint import SignedCheckpoint, verify_checkpoint
from sigstore._internal.trust import Keyring
from sigstore.errors import VerificationError
from sigstore_models.common.v1 import PublicKey, PublicKeyDetails

REFUSED = 10


class Refused(Exception):
    """Not a journal's, or not a whole one."""


class Key:
    """A verifier key of C2SP `signed-note`, as a keyring of `sigstore`."""

    def __init__(self, text):
        self.name, key_id, material = text.split("+", 2)
        self.id = bytes.fromhex(key_id)
        material = base64.b64decode(material, validate=True)
        expected = hashlib.sha256(self.name.encode() + b"\n" + material).digest()[:4]
        if material[0] != 1 or expected != self.id:
            raise Refused("the key's id is not its own")
        public = Ed25519PublicKey.from_public_bytes(material[1:])
        der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        # The model takes base64, as it would stand in a trust root's JSON.
        self.keyring = Keyring(
            [PublicKey(raw_bytes=base64.b64encode(der), key_details=PublicKeyDetails.PKIX_ED25519)]
        )
        if not self.keyring._keyring:
            raise Refused("sigstore does not take the key")


def rekor_entry(key, note, entry, index, path):
    """What `sigstore` looks at of an entry of Rekor."""
    checkpoint = SignedCheckpoint.from_text(note).checkpoint
    proof = SimpleNamespace(
        log_index=index,
        tree_size=checkpoint.log_size,
        root_hash=bytes.fromhex(checkpoint.log_hash),
        hashes=path,
        checkpoint=SimpleNamespace(envelope=note),
    )
    log = SimpleNamespace(key_id=key.id)
    return SimpleNamespace(
        _inner=SimpleNamespace(inclusion_proof=proof, canonicalized_body=entry, log_id=log)
    )


def check_names(key, note):
    """`sigstore` does not look at names."""
    signed = SignedCheckpoint.from_text(note)
    lines = [(line.name, line.sig_hash) for line in signed.signed_note.signatures]
    if signed.checkpoint.origin != key.name or (key.name, key.id) not in lines:
        raise Refused("the checkpoint is of another journal")


# --- Tiles -------------------------------------------------------------------------------------


class Tiles:
    """A folder of C2SP `tlog-tiles`, at the size of a checkpoint."""

    def __init__(self, folder, size):
        self.folder, self.size = Path(folder), size

    def read(self, level, index):
        """The tile with this number, as wide as the size makes it, and its width."""
        below = self.size >> (8 * level if level != "entries" else 0)
        width = min(256, below - 256 * index)
        digits = f"{index:03}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        name = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
        name += "" if width == 256 else f".p/{width}"
        path = self.folder / "tile" / str(level) / name
        if not path.is_file():
            raise Refused(f"{path} is missing")
        return path.read_bytes(), width

    @lru_cache(maxsize=4096)
    def hashes(self, level, index):
        content, width = self.read(level, index)
        if len(content) != 32 * width:
            raise Refused(f"tile {level} {index} has another width")
        return [content[at : at + 32] for at in range(0, len(content), 32)]

    def entries(self):
        for index in range(-(-self.size // 256)):
            content, width = self.read("entries", index)
            leaves = self.hashes(0, index)
            at = 0
            for place in range(width):
                end = at + 2 + int.from_bytes(content[at : at + 2], "big")
                entry = content[at + 2 : end]
                if end > len(content) or _hash_leaf(entry) != leaves[place]:
                    raise Refused(f"entry {256 * index + place} is not the one of its leaf")
                yield entry
                at = end
            if at != len(content):
                raise Refused(f"bundle {index} holds more than its entries")

    @lru_cache(maxsize=65536)
    def subtree(self, start, end):
        """The root over the leaves from `start` to `end`, of tiles as high up as there are."""
        height = (end - start).bit_length() - 1
        if end - start == 1 << height and start % (1 << height) == 0 and height % 8 == 0:
            index = start >> height
            return self.hashes(height // 8, index // 256)[index % 256]
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        return _hash_children(self.subtree(start, middle), self.subtree(middle, end))

    def path(self, index):
        """RFC 6962, section 2.1.1: from the leaf's sibling up."""
        start, end, path = 0, self.size, []
        while end - start > 1:
            middle = start + (1 << (end - start - 1).bit_length() - 1)
            if index < middle:
                path.append(self.subtree(middle, end))
                end = middle
            else:
                path.append(self.subtree(start, middle))
                start = middle
        return path[::-1]


def check_tiles(folder, key):
    note = (Path(folder) / "checkpoint").read_bytes().decode()
    check_names(key, note)
    size = SignedCheckpoint.from_text(note).checkpoint.log_size
    tiles = Tiles(folder, size)
    checked = 0
    for index, entry in enumerate(tiles.entries()):
        found = rekor_entry(key, note, entry, index, tiles.path(index))
        if index == 0:
            verify_checkpoint(key.keyring, found)
        verify_merkle_inclusion(found)
        checked += 1
    if checked != size or size == 0:
        raise Refused("nothing to check")
    return f"{checked} entries of {key.name} are in the tree of its signed checkpoint"


# --- Proofs of single entries ------------------------------------------------------------------


def check_entry(file, key):
    """C2SP `tlog-proof`, with the entry in the line `extra`."""
    text = Path(file).read_bytes().decode()
    proof, _, note = text.partition("\n\n")
    header, extra, index, *path = proof.split("\n")
    if header != "c2sp.org/tlog-proof@v1":
        raise Refused("this is no tlog-proof")
    entry = base64.b64decode(extra.removeprefix("extra "), validate=True)
    index = int(index.removeprefix("index "))
    path = [base64.b64decode(line, validate=True) for line in path]
    check_names(key, note)
    found = rekor_entry(key, note, entry, index, path)
    verify_checkpoint(key.keyring, found)
    verify_merkle_inclusion(found)
    size = found._inner.inclusion_proof.tree_size
    return f"the entry is at index {index} of {size} of {key.name}"


def main():
    command, path, key = sys.argv[1:]
    check = {"tiles": check_tiles, "entry": check_entry}[command]
    try:
        print(check(path, Key(key)))
    except (Refused, VerificationError, ValueError) as error:
        print(f"refused: {error}")
        sys.exit(REFUSED)


if __name__ == "__main__":
    main()
