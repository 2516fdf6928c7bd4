//! Every byte of the segments changed, taken out, put in and replaced by a newline; then changes at
//! random.

use phi_seal::audit::journal::FaultReason;

use super::lab::{ALL, Files, Held, Lab};

#[test]
fn every_byte_changed() {
    let mut lab = Lab::new(8);
    let original = lab.original.clone();
    for (name, content) in &original {
        let mut line_start = 0;
        for at in 0..content.len() {
            // Any other byte; all of them come up.
            let other = content[at] ^ (1 + (at * 31 % 255) as u8);
            let mut files = original.clone();
            files.get_mut(name).unwrap()[at] = other;
            let reasons = reasons(&content[line_start..], at - line_start, other);
            let held = if at % 4 == 0 {
                Held::Newest
            } else {
                Held::Nothing
            };
            lab.must_see(
                &files,
                held,
                &reasons,
                &format!("{name}, byte {at} to {other}"),
            );
            if content[at] == b'\n' {
                line_start = at + 1;
            }
        }
    }
    println!("every byte changed: {:?}", lab.tally);
    assert!(lab.tally.tried > 7_000, "{:?}", lab.tally);
    // What is changed in an entry is named exactly.
    assert!(lab.tally.faults["changed"] > 5_000, "{:?}", lab.tally);
}

/// What a change to this byte of a line may be called.
fn reasons(line: &[u8], at: usize, other: u8) -> Vec<FaultReason> {
    use FaultReason::{BadLine, BadSegment, Changed, Diverged, NotAsSigned, OtherOrigin};

    match line[0] {
        b'p' => vec![OtherOrigin, BadSegment],
        // The next line becomes a part of this one.
        b'+' if line[at] == b'\n' => vec![BadLine, Changed, NotAsSigned],
        _ if other == b'\n' => vec![BadLine],
        // Of the hash: another hash, or none.
        b'+' if (1..45).contains(&at) => vec![BadLine, NotAsSigned, Diverged],
        b'+' if at > 45 => vec![Changed],
        _ => vec![BadLine],
    }
}

#[test]
fn bytes_taken_out_and_put_in() {
    let mut lab = Lab::new(8);
    let original = lab.original.clone();
    for (name, content) in &original {
        for at in (0..content.len()).step_by(3) {
            let mut edited = |edit: fn(&mut Vec<u8>, usize), what: &str| {
                let mut files = original.clone();
                edit(files.get_mut(name).unwrap(), at);
                let held = if at % 2 == 0 {
                    Held::Newest
                } else {
                    Held::Nothing
                };
                if files != original {
                    lab.must_see(&files, held, ALL, &format!("{name}, byte {at}: {what}"));
                }
            };
            edited(
                |content, at| {
                    content.remove(at);
                },
                "taken out",
            );
            edited(|content, at| content[at] = b'\n', "made a newline");
            edited(|content, at| content.insert(at, content[at]), "doubled");
        }
    }
    println!("bytes taken out and put in: {:?}", lab.tally);
    assert!(lab.tally.tried > 7_000, "{:?}", lab.tally);
}

#[test]
fn changes_at_random() {
    const SEED: u64 = 0x7a3e_55aa;
    let mut lab = Lab::new(8);
    let original = lab.original.clone();
    let mut random = Random(SEED);
    while lab.tally.tried < 3_000 {
        let mut files = original.clone();
        for _ in 0..1 + random.below(3) {
            change(&mut files, &mut random);
        }
        if files != original {
            let what = format!("seed {SEED:#x}, change {}", lab.tally.tried);
            lab.must_see(&files, Held::Newest, ALL, &what);
        }
    }
    println!("changes at random, seed {SEED:#x}: {:?}", lab.tally);
}

/// Overwrites, takes out, moves, copies or puts in some bytes; each from or to any segment.
fn change(files: &mut Files, random: &mut Random) {
    let names: Vec<_> = files.keys().cloned().collect();
    let from = &names[random.below(names.len())];
    let to = &names[random.below(names.len())];
    let piece = {
        let content = &files[from];
        let start = random.below(content.len());
        start..(start + 1 + random.below(900)).min(content.len())
    };
    let bytes = files[from][piece.clone()].to_vec();
    let kind = random.below(5);
    if kind <= 1 {
        files.get_mut(from).unwrap().drain(piece);
    }
    let target = files.get_mut(to).unwrap();
    let at = random.below(target.len() + 1);
    match kind {
        0 => {}
        1 | 2 => drop(target.splice(at..at, bytes)),
        3 => {
            let end = (at + bytes.len()).min(target.len());
            target.splice(at..end, bytes);
        }
        _ => {
            let noise: Vec<_> = (0..1 + random.below(40))
                .map(|_| random.below(256) as u8)
                .collect();
            target.splice(at..at, noise);
        }
    }
    // Random::below wants something to choose from.
    for content in files.values_mut().filter(|content| content.is_empty()) {
        content.push(b'\n');
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}
