//! Roots and proofs that others published, and proofs that prove nothing.

use phi_seal::audit::journal::{
    Checkpoint, ConsistencyProof, ConsistencyProver, InclusionProof, InclusionProver, Origin,
    ProofError, ProofErrorKind,
};

use crate::ward::{Log, hash};
use ProofErrorKind::{Malformed, OtherOrigin, OtherSize, OutOfRange, Refuted, TooFewLeaves};

/// The leaves of the tests of Certificate Transparency's reference implementation.
fn reference() -> Log {
    let entries: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    Log {
        entries: entries.iter().map(|entry| entry.to_vec()).collect(),
    }
}

/// Its roots, from one leaf to eight.
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn published_roots() {
    let log = reference();
    for (size, root) in (1..).zip(ROOTS) {
        assert_eq!(log.root(size), hash(root), "{size}");
    }
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(log.root(0), hash(empty));
}

#[test]
fn published_proofs() {
    let log = reference();
    for (index, size, hashes) in [
        (0, 1, &[][..]),
        (
            0,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            &[
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (2, 3, &[ROOTS[1]]),
        (
            1,
            5,
            &[
                ROOTS[0],
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ] {
        let hashes = hashes.iter().map(|hex| hash(hex)).collect();
        let proof = InclusionProof::new(index, size, hashes);
        assert_eq!(log.include(index, size), proof, "{index} of {size}");
        let entry = &log.entries[index as usize];
        assert_eq!(proof.verify(entry, &log.checkpoint(size)), Ok(()));
    }
    for (old, new, hashes) in [
        (1, 1, &[][..]),
        (
            1,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            6,
            8,
            &[
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (
            2,
            5,
            &[
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ] {
        let hashes = hashes.iter().map(|hex| hash(hex)).collect();
        let proof = ConsistencyProof::new(old, new, hashes);
        assert_eq!(log.extend(old, new), proof, "{old} to {new}");
        assert_eq!(
            proof.verify(&log.checkpoint(old), &log.checkpoint(new)),
            Ok(())
        );
    }
}

fn kind(result: Result<(), ProofError>) -> Result<(), ProofErrorKind> {
    result.map_err(|error| error.kind())
}

/// For each entry of each tree: five or more proofs that are almost right.
#[test]
fn inclusion_is_refuted() {
    let log = Log::of(20);
    let mut refuted = 0;
    for size in 1..=20 {
        let checkpoint = log.checkpoint(size);
        for index in 0..size {
            let proof = log.include(index, size);
            let entry = &log.entries[index as usize];
            assert_eq!(proof.verify(entry, &checkpoint), Ok(()));
            let mut refute = |proof: &InclusionProof, entry: &[u8], on: &Checkpoint, as_: &[_]| {
                let found = kind(proof.verify(entry, on)).unwrap_err();
                assert!(as_.contains(&found), "{index} of {size}: {found:?}");
                refuted += 1;
            };
            refute(&proof, b"another", &checkpoint, &[Refuted]);
            let leaf = &phi_seal::audit::journal::leaf_hash(entry);
            refute(&proof, leaf, &checkpoint, &[Refuted]);
            let forged = Checkpoint::new(checkpoint.origin().clone(), size, [9; 32]);
            refute(&proof, entry, &forged, &[Refuted]);
            let larger = Checkpoint::new(checkpoint.origin().clone(), size + 1, *checkpoint.root());
            refute(&proof, entry, &larger, &[OtherSize]);
            let with = |index, hashes: &[_]| InclusionProof::new(index, size, hashes.to_vec());
            refute(
                &with(size, proof.hashes()),
                entry,
                &checkpoint,
                &[Malformed],
            );
            refute(
                &with(u64::MAX, proof.hashes()),
                entry,
                &checkpoint,
                &[Malformed],
            );
            let longer = [proof.hashes(), &[[0; 32]]].concat();
            refute(&with(index, &longer), entry, &checkpoint, &[Malformed]);
            if let [shorter @ .., _] = proof.hashes() {
                refute(&with(index, shorter), entry, &checkpoint, &[Malformed]);
                let neighbour = with(index ^ 1, proof.hashes());
                // Beyond the size, on another path or from the other side.
                refute(&neighbour, entry, &checkpoint, &[Malformed, Refuted]);
            }
            for at in 0..proof.hashes().len() {
                let mut hashes = proof.hashes().to_vec();
                hashes[at][at % 32] ^= 1;
                refute(&with(index, &hashes), entry, &checkpoint, &[Refuted]);
            }
        }
    }
    assert!(refuted > 5 * 210, "{refuted}");
}

#[test]
fn consistency_is_refuted() {
    let log = Log::of(20);
    let mut refuted = 0;
    for new_size in 1..=20 {
        let new = log.checkpoint(new_size);
        for old_size in 0..=new_size {
            let old = log.checkpoint(old_size);
            let proof = log.extend(old_size, new_size);
            assert_eq!(proof.verify(&old, &new), Ok(()), "{old_size} to {new_size}");
            let mut refute = |proof: &ConsistencyProof, old: &_, new: &_, as_| {
                assert_eq!(
                    kind(proof.verify(old, new)),
                    Err(as_),
                    "{old_size} to {new_size}"
                );
                refuted += 1;
            };
            let forged = |of: &Checkpoint| Checkpoint::new(of.origin().clone(), of.size(), [9; 32]);
            refute(&proof, &forged(&old), &new, Refuted);
            if old_size > 0 {
                refute(&proof, &old, &forged(&new), Refuted);
            }
            let elsewhere = Origin::new("elsewhere").unwrap();
            let moved = Checkpoint::new(elsewhere, new_size, *new.root());
            refute(&proof, &old, &moved, OtherOrigin);
            let larger = Checkpoint::new(new.origin().clone(), new_size + 1, *new.root());
            refute(&proof, &old, &larger, OtherSize);
            if old_size != new_size {
                refute(&proof, &new, &old, OtherSize);
                let turned = ConsistencyProof::new(new_size, old_size, proof.hashes().to_vec());
                refute(&turned, &new, &old, Malformed);
            }
            let with = |hashes: &[_]| ConsistencyProof::new(old_size, new_size, hashes.to_vec());
            refute(
                &with(&[proof.hashes(), &[[0; 32]]].concat()),
                &old,
                &new,
                Malformed,
            );
            if let [shorter @ .., _] = proof.hashes() {
                refute(&with(shorter), &old, &new, Malformed);
            }
            for at in 0..proof.hashes().len() {
                let mut hashes = proof.hashes().to_vec();
                hashes[at][at % 32] ^= 1;
                refute(&with(&hashes), &old, &new, Refuted);
            }
        }
    }
    assert!(refuted > 5 * 230, "{refuted}");
}

/// A history with one entry changed, removed or added has no proof to the other.
#[test]
fn another_history_has_no_proof() {
    let log = Log::of(13);
    for at in 0..8 {
        for edit in 0..3 {
            let mut entries = log.entries.clone();
            match edit {
                0 => entries[at].push(b'!'),
                1 => drop(entries.remove(at)),
                _ => entries.insert(at, b"put in".to_vec()),
            }
            entries.truncate(12);
            let forked = Log { entries };
            let proof = forked.extend(8, 12);
            assert_eq!(
                kind(proof.verify(&log.checkpoint(8), &forked.checkpoint(12))),
                Err(Refuted),
                "{at} {edit}"
            );
        }
    }
}

#[test]
fn provers_refuse_what_is_not_there() {
    let log = Log::of(4);
    for (index, size) in [(0, 0), (4, 4), (5, 4), (0, u64::MAX), (u64::MAX, u64::MAX)] {
        let error = InclusionProver::new(index, size).unwrap_err();
        assert_eq!(error.kind(), OutOfRange, "{index} {size}");
    }
    for (old, new) in [(1, 0), (5, 4), (0, u64::MAX), (u64::MAX, u64::MAX)] {
        let error = ConsistencyProver::new(old, new).unwrap_err();
        assert_eq!(error.kind(), OutOfRange, "{old} {new}");
    }
    // The largest trees need no memory to begin with.
    let max = Checkpoint::MAX_SIZE;
    let mut inclusion = InclusionProver::new(max - 1, max).unwrap();
    let mut consistency = ConsistencyProver::new(max - 1, max).unwrap();
    for leaf in log.leaves() {
        inclusion.push(leaf);
        consistency.push(leaf);
    }
    assert_eq!(inclusion.finish().unwrap_err().kind(), TooFewLeaves);
    assert_eq!(consistency.finish().unwrap_err().kind(), TooFewLeaves);
}

#[test]
fn json_is_read_as_it_is_written_and_no_other() {
    let log = Log::of(7);
    let inclusion = log.include(4, 7);
    let consistency = log.extend(3, 7);
    assert_eq!(
        InclusionProof::from_json(inclusion.to_json().as_bytes()),
        Ok(inclusion.clone())
    );
    assert_eq!(
        ConsistencyProof::from_json(consistency.to_json().as_bytes()),
        Ok(consistency.clone())
    );
    let empty = r#"{"index":0,"size":1,"hashes":[]}"#;
    assert_eq!(log.include(0, 1).to_json(), empty);
    for (from, to) in [
        ("\"size\":1,", ""),
        ("\"size\":1", "\"size\":1,\"size\":1"),
        ("\"size\":1", "\"size\":1,\"origin\":\"x\""),
        ("\"size\":1", "\"size\":-1"),
        ("\"size\":1", "\"size\":1.0"),
        ("\"size\":1", "\"size\":\"1\""),
        ("\"size\":1", "\"size\":18446744073709551616"),
        ("[]", "null"),
        ("[]", "[\"\"]"),
        ("[]", "[0]"),
        ("[]", "[\"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\"]"),
        ("[]", "[\"CsUYapGGPo4dkMgIAUqom_Xajj7h2fB2MPA3j2jxq2I=\"]"),
        ("[]}", "[]}x"),
        ("[]}", "[]"),
    ] {
        let json = empty.replacen(from, to, 1);
        assert_ne!(json, empty);
        let error = InclusionProof::from_json(json.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), Malformed, "{json}");
    }
    let long = format!("{empty}{}", " ".repeat(16_384));
    assert!(InclusionProof::from_json(long.as_bytes()).is_err());
    assert!(ConsistencyProof::from_json(empty.as_bytes()).is_err());
}
