//! Somebody who knows the format and recomputes every hash, but has no key.

use phi_seal::audit::journal::{FaultReason, Hash, SignedCheckpoint};

use super::lab::{
    ALL, Files, Held, Item, Lab, checkpoint_line, checkpoints_in, frontier_line, items, line,
    note_by, write,
};
use crate::ward;

/// What to do about the checkpoints of a history that nobody signed.
#[derive(Clone, Copy, Debug)]
enum Forgery {
    /// Leave them as they were.
    Kept,
    /// Put in the new size and root, above the old signature.
    Edited,
    /// Sign with a key of one's own, under the journal's name.
    OwnKey,
    /// The same, and say that it is the journal's key.
    OwnKeyInDisguise,
    /// Have one of them after every entry that is what it was, and no others.
    Gone,
}

const FORGERIES: [Forgery; 5] = [
    Forgery::Kept,
    Forgery::Edited,
    Forgery::OwnKey,
    Forgery::OwnKeyInDisguise,
    Forgery::Gone,
];

fn forged(lab: &Lab, history: &[Vec<Item>], forgery: Forgery) -> Files {
    let honest = checkpoints_in(&lab.original, &ward::key());
    let mut nth = 0;
    let mut note = |size: u64, root: Hash| -> String {
        let old = honest[nth.min(honest.len() - 1)].as_str();
        nth += 1;
        let own = note_by(&ward::key_of(ward::ORIGIN, 66), size, root);
        let lines = |note: &str| note.split('\n').map(String::from).collect::<Vec<_>>();
        match forgery {
            Forgery::Kept | Forgery::Gone => old.into(),
            Forgery::Edited => {
                let (mut old, new) = (lines(old), lines(&own));
                old[..3].clone_from_slice(&new[..3]);
                old.join("\n")
            }
            Forgery::OwnKey => own,
            Forgery::OwnKeyInDisguise => {
                // The first 4 of the signature's bytes are the key's id.
                let (old, mut new) = (lines(old), lines(&own));
                let at = new[4].rfind(' ').unwrap() + 1;
                new[4].replace_range(at..at + 5, &old[4][at..at + 5]);
                new.join("\n")
            }
        }
    };
    let history = history.iter().map(|items| {
        let is_kept = |item: &&Item| !matches!((forgery, item), (Forgery::Gone, Item::Checkpoint));
        items.iter().filter(is_kept).cloned().collect()
    });
    write(&history.collect::<Vec<_>>(), &mut note)
}

/// Each entry changed, taken out, doubled, and one put in before it, with all hashes, names and
/// frontiers to match.
#[test]
fn histories_rewritten_without_the_key() {
    let mut lab = Lab::new(12);
    let original = items(&lab.original);
    for segment in 0..original.len() {
        for at in 0..original[segment].len() {
            let Item::Entry(entry) = &original[segment][at] else {
                continue;
            };
            let stranger = String::from_utf8(entry.clone())
                .unwrap()
                .replacen("n1", "n9", 1);
            let mut changed = entry.clone();
            // What is inside the last brace.
            changed.insert(entry.len() - 1, b' ');
            let mut edits: Vec<(&str, Vec<Item>)> = vec![
                ("changed", vec![Item::Entry(changed)]),
                ("doubled", vec![original[segment][at].clone(); 2]),
                (
                    "put in",
                    vec![
                        Item::Entry(stranger.into_bytes()),
                        original[segment][at].clone(),
                    ],
                ),
                ("emptied", vec![Item::Entry(Vec::new())]),
            ];
            edits.push(("taken out", Vec::new()));
            for (what, edit) in edits {
                let mut history = original.clone();
                history[segment].splice(at..=at, edit);
                for forgery in FORGERIES {
                    let files = forged(&lab, &history, forgery);
                    let what = format!("{segment}, {at}: {what}, {forgery:?}");
                    for held in [Held::Nothing, Held::Newest] {
                        lab.must_see(&files, held, ALL, &what);
                    }
                }
            }
        }
    }
    println!("rewritten without the key: {:?}", lab.tally);
    assert!(lab.tally.tried > 600, "{:?}", lab.tally);
    assert!(lab.tally.faults["not-as-signed"] > 100, "{:?}", lab.tally);
    assert!(lab.tally.faults["bad-signature"] > 100, "{:?}", lab.tally);
}

/// Lines that are well-formed and have the right hash of what they say, which is not so.
#[test]
fn lines_forged() {
    use FaultReason::{BadLine, BadSignature, NotAsSigned};

    let mut lab = Lab::new(12);
    let honest = checkpoints_in(&lab.original, &ward::key());
    let mut forgeries: Vec<Vec<u8>> = Vec::new();
    for signed in &honest {
        let note = signed.as_str();
        let plain = serde_json::to_string(note).unwrap();
        forgeries.extend([
            // Spelt otherwise.
            digested(
                b'=',
                plain.replacen("journal", "\\u006aournal", 1).as_bytes(),
            ),
            digested(b'=', format!("{plain} ").as_bytes()),
            digested(b'=', format!(" {plain}").as_bytes()),
            // With the signature of a stranger beside the journal's.
            checkpoint_line(&format!(
                "{note}{}",
                note.split('\n')
                    .nth(4)
                    .unwrap()
                    .replacen("journal", "witness", 1)
                    + "\n"
            )),
            checkpoint_line(&format!("{note}\n")),
            checkpoint_line(""),
            digested(b'=', b"null"),
            digested(b'=', b"{}"),
            frontier_line(&[]),
            frontier_line(&[[0; 32]]),
            frontier_line(&[[0; 32]; 2]),
            digested(b'^', b"A"),
            line(b'#', [0; 32], b"a comment"),
            b"\n".to_vec(),
            b"+\n".to_vec(),
        ]);
    }
    // Of another size, of another history, of nothing.
    for (size, root) in [
        (0, super::lab::root(&[])),
        (1, [1; 32]),
        (3, [0; 32]),
        (u64::MAX >> 1, [0; 32]),
    ] {
        forgeries.push(checkpoint_line(&note_by(&ward::key(), size, root)));
    }
    for (name, content) in &lab.original.clone() {
        let lines: Vec<_> = content.split_inclusive(|byte| *byte == b'\n').collect();
        for at in 1..=lines.len() {
            for (nth, forgery) in forgeries.iter().enumerate() {
                for replaces in [false, true] {
                    if replaces && lines.get(at).is_none_or(|line| line[0] == b'+') {
                        continue;
                    }
                    let mut forged = lines.clone();
                    let end = at + usize::from(replaces);
                    forged.splice(at..end, [forgery.as_slice()]);
                    let mut files = lab.original.clone();
                    files.insert(name.clone(), forged.concat());
                    let what = format!("{name}, forgery {nth} at line {at}, {replaces}");
                    lab.must_see(
                        &files,
                        Held::Nothing,
                        &[BadLine, BadSignature, NotAsSigned],
                        &what,
                    );
                }
            }
        }
    }
    println!("lines forged: {:?}", lab.tally);
    assert!(lab.tally.tried > 1_000, "{:?}", lab.tally);
}

/// A frontier that fits a changed beginning, under the checkpoint of the right one.
#[test]
fn frontiers_forged() {
    let mut lab = Lab::new(12);
    for (name, content) in &lab.original.clone() {
        let lines: Vec<_> = content.split_inclusive(|byte| *byte == b'\n').collect();
        let Some(old) = lines.iter().position(|line| line[0] == b'^') else {
            continue;
        };
        let count = name[..20].parse::<u64>().unwrap().count_ones() as usize;
        for nth in 0..count {
            for byte in 0..32 {
                let decoded = base64(&lines[old][46..lines[old].len() - 1]);
                let mut hashes: Vec<Hash> = decoded
                    .chunks(32)
                    .map(|hash| hash.try_into().unwrap())
                    .collect();
                hashes[nth][byte] ^= 1;
                let mut forged = lines.clone();
                let frontier = frontier_line(&hashes);
                forged[old] = &frontier;
                let mut files = lab.original.clone();
                files.insert(name.clone(), forged.concat());
                let what = format!("{name}, subtree {nth}, byte {byte}");
                lab.must_see(&files, Held::Nothing, &[FaultReason::BadLine], &what);
                // A writer does not go on from there either.
                if *name == *lab.original.keys().last().unwrap() {
                    let path = lab.path();
                    let opened = ward::builder(&path, &ward::clock()).open();
                    assert!(opened.is_err(), "{what}");
                }
            }
        }
    }
    println!("frontiers forged: {:?}", lab.tally);
    assert!(lab.tally.tried > 100, "{:?}", lab.tally);
}

/// A line whose hash is of its own content.
fn digested(kind: u8, content: &[u8]) -> Vec<u8> {
    use sha2::Digest as _;

    line(kind, sha2::Sha256::digest(content).into(), content)
}

fn base64(text: &[u8]) -> Vec<u8> {
    use base64::Engine as _;

    base64::engine::general_purpose::STANDARD
        .decode(text)
        .unwrap()
}

/// Every byte of a checkpoint that is held elsewhere, changed.
#[test]
fn trusted_checkpoints_changed() {
    let lab = Lab::new(3);
    let note = lab.last.as_str().as_bytes();
    let mut tried = 0;
    for at in 0..note.len() {
        for other in 0..=255 {
            let mut changed = note.to_vec();
            changed[at] = other;
            if let Ok(text) = core::str::from_utf8(&changed)
                && changed != note
            {
                assert!(
                    SignedCheckpoint::verify(text, &ward::public()).is_err(),
                    "{at}, {other}"
                );
                tried += 1;
            }
        }
        let text = core::str::from_utf8(&note[..at]);
        assert!(text.is_err() || SignedCheckpoint::verify(text.unwrap(), &ward::public()).is_err());
    }
    println!("trusted checkpoints changed: {tried}");
    assert!(tried > 10_000, "{tried}");
}
