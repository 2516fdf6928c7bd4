//! Entries that a full disk sent to a second place.

use std::fs;

use phi_seal::audit::journal::{VerifierKey, leaf_hash};

use super::ward::{ORIGIN, day, segments};
use crate::place::Place;

/// Moves the last two entries, a disclosure and the end, into a second place, as if the journal's
/// disk had been full since. `ten.checkpoint` is of all.
fn day_with_a_full_disk(place: &Place) -> String {
    let key = day(place);
    let export = ["audit", "export", "journal", "all", "--key", &key];
    assert_eq!(place.run(&export).code, 0);
    place.write("ten.checkpoint", &place.read("all/checkpoint"));
    let mut second = format!("phi-seal reserve 1 {ORIGIN}\n");
    let mut index = 0;
    for name in segments(place, "journal") {
        let content = String::from_utf8(place.read(&name)).unwrap();
        let mut kept = String::new();
        for line in content.split_inclusive('\n') {
            if index >= 8 && line.starts_with('+') {
                second.push_str(&format!("{index:020} {:020} {line}", index - 7));
            } else if index < 8 {
                kept.push_str(line);
            }
            index += u64::from(line.starts_with('+'));
        }
        match kept.is_empty() {
            true => fs::remove_file(place.path(&name)).unwrap(),
            false => place.write(&name, kept.as_bytes()),
        }
    }
    assert_eq!(second.lines().count(), 3);
    fs::create_dir(place.path("second")).unwrap();
    let hash = leaf_hash(ORIGIN.as_bytes());
    let digits = u64::from_be_bytes(*hash.first_chunk().unwrap());
    place.write(
        &format!("second/second-{digits:016x}.log"),
        second.as_bytes(),
    );
    key
}

#[test]
fn what_is_elsewhere_is_read_when_it_is_named() {
    let place = Place::new();
    let key = day_with_a_full_disk(&place);
    let run = |more: &[&str]| {
        let ran = place.run(&[&["audit"], more, &["--key", &key]].concat());
        (ran.code, ran.out)
    };
    let second = ["--second-place", "second"];
    let with = |command: &[&str]| run(&[command, &second[..]].concat());

    assert_eq!(run(&["query", "journal"]).1.lines().count(), 7);
    assert_eq!(with(&["query", "journal"]).1.lines().count(), 8);

    let verify = ["verify", "journal", "--trust", "ten.checkpoint"];
    let (code, said) = run(&verify);
    assert!(code == 5 && said.contains("(truncated)"), "{said}");
    let (code, said) = with(&verify);
    assert!(
        code == 0 && said.contains("intact up to 10, anchored up to 10\n"),
        "{said}"
    );

    let prove = ["prove", "journal", "8", "--checkpoint", "ten.checkpoint"];
    assert_eq!(run(&prove), (5, String::new()));
    let (code, proof) = with(&prove);
    let proof = phi_seal::audit::journal::EntryProof::parse(&proof).unwrap();
    proof.verify(&VerifierKey::parse(&key).unwrap()).unwrap();
    assert_eq!(code, 0);

    let export = [
        "export",
        "journal",
        "tiles",
        "--checkpoint",
        "ten.checkpoint",
    ];
    assert_eq!(run(&export), (5, String::new()));
    assert_eq!(with(&export).0, 0);
    assert_eq!(
        place.read("tiles/tile/entries/000.p/10"),
        place.read("all/tile/entries/000.p/10")
    );

    let of = ["--tenant", "mercy", "--subject", super::ward::ONE];
    let report = [&["report", "accesses", "journal"], &of[..]].concat();
    assert_eq!(run(&report).1.lines().count(), 5);
    assert_eq!(with(&report).1.lines().count(), 6);
}
