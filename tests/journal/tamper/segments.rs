//! Segments taken out, renamed, swapped, and taken from other journals; and a reserve with something in
//! it.

use std::fs;

use phi_seal::audit::journal::{FaultReason, JournalKey, leaf_hash};

use super::lab::{ALL, Files, Held, Lab, line};
use crate::ward::{self, ORIGIN};

#[test]
fn segments_taken_out_renamed_and_swapped() {
    use FaultReason::{BadSegment, OtherOrigin, Truncated};

    let mut lab = Lab::new(12);
    let original = lab.original.clone();
    let names: Vec<_> = original.keys().cloned().collect();
    for held in [Held::Nothing, Held::Newest] {
        for (nth, name) in names.iter().enumerate() {
            let is_last = nth == names.len() - 1;
            let mut without = original.clone();
            without.remove(name);
            if !is_last || held == Held::Newest {
                lab.must_see(&without, held, &[BadSegment, Truncated], name);
            }
            for first in (0..20).chain([u64::MAX]) {
                let new = format!("{first:020}.log");
                let mut renamed = original.clone();
                let content = renamed.remove(name).unwrap();
                renamed.insert(new.clone(), content);
                let mut copied = original.clone();
                copied.insert(new.clone(), original[name].clone());
                let mut emptied = original.clone();
                emptied.insert(new.clone(), Vec::new());
                for files in [renamed, copied, emptied] {
                    if files != original {
                        lab.must_see(&files, held, ALL, &format!("{name} as {new}"));
                    }
                }
            }
            for other in &names[nth + 1..] {
                let mut swapped = original.clone();
                swapped.insert(name.clone(), original[other].clone());
                swapped.insert(other.clone(), original[name].clone());
                lab.must_see(
                    &swapped,
                    held,
                    &[BadSegment],
                    &format!("{name} and {other}"),
                );
            }
        }
        // All of them in one file.
        let joined = original.values().flatten().copied().collect();
        let joined = Files::from([(names[0].clone(), joined)]);
        lab.must_see(
            &joined,
            held,
            &[FaultReason::BadLine, OtherOrigin],
            "joined",
        );
    }
    println!("segments taken out, renamed and swapped: {:?}", lab.tally);
    assert!(lab.tally.tried > 300, "{:?}", lab.tally);
}

/// Segments of a journal of the same origin and key, of another key, and of another origin; with the
/// header as it was, and with one that fits.
#[test]
fn segments_spliced_from_other_journals() {
    let mut lab = Lab::new(12);
    type Key = fn() -> JournalKey;
    let others: [(Key, &str); 3] = [
        (ward::key, ORIGIN),
        (|| ward::key_of(ORIGIN, 8), ORIGIN),
        (|| ward::key_of("other.test", 7), "other.test"),
    ];
    let original = lab.original.clone();
    for (key, name) in others {
        let other = Lab::of(key, 12).original;
        assert!(original.keys().eq(other.keys()), "of the same sizes");
        lab.also_signed = Vec::new();
        if name == ORIGIN && key().verifier() == ward::public() {
            lab.also_signed.push(other.clone());
        }
        let all = (1_usize << original.len()) - 1;
        for picks in 1..=all {
            for has_fitting_header in [false, true] {
                let mut spliced = original.clone();
                let picked = other
                    .iter()
                    .enumerate()
                    .filter(|(nth, _)| picks >> nth & 1 == 1);
                for (_, (file, content)) in picked {
                    let mut content = content.clone();
                    if has_fitting_header {
                        let header = content.iter().position(|byte| *byte == b'\n').unwrap();
                        let text = String::from_utf8(content[..header].to_vec()).unwrap();
                        let text = text.replacen(name, ORIGIN, 1);
                        content.splice(..header, text.into_bytes());
                    }
                    spliced.insert(file.clone(), content);
                }
                let is_whole = picks == all && !lab.also_signed.is_empty();
                let held = [Held::Nothing, Held::Newest];
                // A whole other journal is one; which one, says who holds a checkpoint.
                for held in held.into_iter().skip(usize::from(is_whole)) {
                    let what = format!("{picks:b} of {name}");
                    lab.must_see(&spliced, held, ALL, &what);
                    if name != ORIGIN && !has_fitting_header && picks & 1 == 1 {
                        let report = lab.report(&spliced, &[]);
                        assert_eq!(report.fault.unwrap().reason, FaultReason::OtherOrigin);
                    }
                }
            }
        }
    }
    println!("spliced: {:?}", lab.tally);
    assert!(lab.tally.tried > 70, "{:?}", lab.tally);
}

/// A closed journal has nothing in its reserve. Whatever is put there changes no entry of the segments;
/// what looks like a further entry is told as one that nobody signed.
#[test]
fn the_reserve_is_no_way_in() {
    let mut lab = Lab::new(12);
    let reserve = lab.path().join("reserve");
    let honest = fs::read(&reserve).unwrap();
    let last = [lab.last.clone()];
    let whole = lab.report(&lab.original.clone(), &last);
    // A line, and another of 64 bytes.
    let header = honest.iter().position(|byte| *byte == b'\n').unwrap() + 65;
    let (mut same, mut told) = (0, 0);
    let mut put = |lab: &mut Lab, content: &[u8]| {
        fs::write(&reserve, content).unwrap();
        let report = lab.report(&lab.original.clone(), &last);
        lab.tally.tried += 1;
        if report == whole {
            same += 1;
            return;
        }
        told += 1;
        match report.fault {
            // Another entry than a signed one, in its place; or another beginning, behind them.
            Some(fault) => assert!(fault.index <= whole.intact, "{report:?}"),
            None => {
                assert!(report.unsigned > 0, "{report:?}");
                assert_eq!(
                    (report.intact, report.anchored),
                    (whole.intact, whole.anchored)
                );
            }
        }
    };
    for at in 0..honest.len() {
        let mut changed = honest.clone();
        changed[at] ^= 1 + (at % 255) as u8;
        put(&mut lab, &changed);
    }
    let entry = |index: u64, entry: &[u8]| {
        let line = line(b'+', leaf_hash(entry), entry);
        [format!("{index:020} {:020} ", 1).as_bytes(), &line].concat()
    };
    let len = lab.entries.len() as u64;
    for first in 0..len + 3 {
        for count in 1..4 {
            for body in [
                &lab.entries[3].clone(),
                &lab.entries[0].clone(),
                b"{}".as_slice(),
                b"",
            ] {
                let entries = (first..first + count).flat_map(|index| entry(index, body));
                let mut changed = honest[..header].to_vec();
                changed.extend(entries);
                put(&mut lab, &changed);
            }
        }
    }
    println!(
        "reserves: {} tried, {same} of no effect, {told} told",
        lab.tally.tried
    );
    // Those that say what stands in the segments already, or nothing.
    assert!(told >= 48 && same > 1_900, "{same}, {told}");
    fs::remove_file(&reserve).unwrap();
    assert_eq!(lab.report(&lab.original.clone(), &last), whole);
}
