//! Lines taken out, doubled, moved and swapped, by somebody with an editor.

use phi_seal::audit::journal::{FaultReason, leaf_hash};

use super::lab::{ALL, Files, Held, Lab, entries_in, line};

/// All lines of all segments, by segment.
fn lines(files: &Files) -> Vec<(String, Vec<Vec<u8>>)> {
    let lines = files.iter().map(|(name, content)| {
        let lines = content.split_inclusive(|byte| *byte == b'\n');
        (name.clone(), lines.map(<[u8]>::to_vec).collect())
    });
    lines.collect()
}

fn joined(lines: &[(String, Vec<Vec<u8>>)]) -> Files {
    lines
        .iter()
        .map(|(name, lines)| (name.clone(), lines.concat()))
        .collect()
}

/// Where each line stands.
fn places(lines: &[(String, Vec<Vec<u8>>)]) -> Vec<(usize, usize)> {
    let places = lines.iter().enumerate();
    places
        .flat_map(|(file, (_, lines))| (0..lines.len()).map(move |at| (file, at)))
        .collect()
}

/// The one change that nobody sees, because nothing is changed by it: a checkpoint between entries is
/// taken out, or moved to the end of the segment before, and the next one covers the same entries. All
/// entries stay, all are signed, and every trusted checkpoint is still held against them.
fn is_a_spare_checkpoint(lab: &mut Lab, files: &Files, line: &[u8]) -> bool {
    let is_one = line.starts_with(b"=") && entries_in(files) == lab.entries;
    let is_told = |lab: &mut Lab, trusted: &[_]| {
        lab.report(files, trusted) != lab.report(&lab.original.clone(), trusted)
    };
    let last = [lab.last.clone()];
    is_one && !is_told(lab, &[]) && !is_told(lab, &last)
}

#[test]
fn lines_taken_out_and_doubled() {
    let mut lab = Lab::new(12);
    let original = lines(&lab.original);
    let last = *places(&original).last().unwrap();
    let mut spare = 0;
    for (file, at) in places(&original) {
        let line = original[file].1[at].clone();
        let mut without = original.clone();
        without[file].1.remove(at);
        let without = joined(&without);
        if is_a_spare_checkpoint(&mut lab, &without, &line) {
            spare += 1;
        } else {
            let what = format!("{file}, line {at} taken out");
            lab.must_see(&without, Held::Nothing, ALL, &what);
            // Who has the last checkpoint misses it nowhere else.
            if (file, at) != last {
                lab.must_see(&without, Held::Newest, ALL, &what);
            }
        }
        for (to, place) in places(&original) {
            let mut doubled = original.clone();
            doubled[to].1.insert(place, line.clone());
            let doubled = joined(&doubled);
            let what = format!("{file}, line {at} once more at {to}, line {place}");
            lab.must_see(&doubled, Held::Nothing, ALL, &what);
        }
    }
    println!(
        "lines taken out and doubled: {:?}; spare checkpoints: {spare}",
        lab.tally
    );
    assert!(lab.tally.tried > 700, "{:?}", lab.tally);
    assert!((2..6).contains(&spare), "{spare}");
}

#[test]
fn lines_swapped_and_moved() {
    let mut lab = Lab::new(12);
    let original = lines(&lab.original);
    let all = places(&original);
    let mut spare = 0;
    for (nth, one) in all.iter().enumerate() {
        for other in &all[nth + 1..] {
            let mut swapped = original.clone();
            let line = swapped[one.0].1[one.1].clone();
            swapped[one.0].1[one.1] = swapped[other.0].1[other.1].clone();
            swapped[other.0].1[other.1] = line.clone();
            let swapped = joined(&swapped);
            if swapped != lab.original {
                let what = format!("{one:?} and {other:?} swapped");
                lab.must_see(&swapped, Held::Nothing, ALL, &what);
            }
            let mut moved = original.clone();
            moved[one.0].1.remove(one.1);
            let shift = usize::from(one.0 == other.0);
            moved[other.0].1.insert(other.1 + 1 - shift, line.clone());
            let moved = joined(&moved);
            if moved == lab.original {
            } else if is_a_spare_checkpoint(&mut lab, &moved, &line) {
                spare += 1;
            } else {
                lab.must_see(
                    &moved,
                    Held::Nothing,
                    ALL,
                    &format!("{one:?} moved behind {other:?}"),
                );
            }
        }
    }
    println!(
        "lines swapped and moved: {:?}; spare checkpoints: {spare}",
        lab.tally
    );
    assert!(lab.tally.tried > 600, "{:?}", lab.tally);
    assert_eq!(spare, 0);
}

/// The end cut off behind each line: seen by whoever holds the newest checkpoint, and what is left is
/// still told right.
#[test]
fn the_end_cut_off() {
    let mut lab = Lab::new(12);
    let original = lines(&lab.original);
    let last = *places(&original).last().unwrap();
    let mut unseen = 0;
    for (file, at) in places(&original) {
        let mut cut = original[..=file].to_vec();
        cut[file].1.truncate(at);
        let files = joined(&cut);
        let what = format!("cut off in {file} behind line {at}");
        // Who has the last checkpoint misses it nowhere else.
        if (file, at) != last {
            let reasons = [FaultReason::Truncated, FaultReason::BadSegment];
            lab.must_see(&files, Held::Newest, &reasons, &what);
        }
        // Without it, a shorter journal is as good as a longer one.
        let report = lab.report(&files, &[]);
        lab.overstates_nothing(&files, &report, &what);
        unseen += usize::from(report.fault.is_none() && report.unsigned == 0);
        // And with entries of somebody else's making in their stead.
        let mut forged = cut.clone();
        let stranger = line(b'+', leaf_hash(b"{}"), b"{}");
        for count in 1..5 {
            forged[file].1.push(stranger.clone());
            let files = joined(&forged);
            let what = format!("{what}, and {count} entries put in");
            lab.must_see(&files, Held::Newest, ALL, &what);
        }
    }
    println!(
        "the end cut off: {:?}; unseen without a trusted checkpoint: {unseen}",
        lab.tally
    );
    assert!(
        unseen > 3 && lab.tally.faults["truncated"] > 20,
        "{:?}",
        lab.tally
    );
}
