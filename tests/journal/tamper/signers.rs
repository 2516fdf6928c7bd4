//! Somebody who has the signing key. Nothing in the journal itself tells; a checkpoint that was held
//! elsewhere does, for all that it covers.

use phi_seal::audit::journal::{FaultReason, SignedCheckpoint};

use super::lab::{Item, Lab, checkpoints_in, items, signed, write};
use crate::ward;

/// Each entry changed, taken out or put in, and everything signed anew, held against each checkpoint of
/// the true history.
#[test]
fn histories_signed_anew() {
    let mut lab = Lab::new(12);
    let original = items(&lab.original);
    let mut held = checkpoints_in(&lab.original, &ward::key());
    held.dedup();
    let (mut seen, mut in_the_window) = (0, 0);
    let mut index = 0;
    for segment in 0..original.len() {
        for at in 0..original[segment].len() {
            let Item::Entry(entry) = &original[segment][at] else {
                continue;
            };
            if index == 0 {
                // Without its own beginning a journal is none.
                index += 1;
                continue;
            }
            let other = Item::Entry([&entry[..entry.len() - 1], b",\"x\":0}"].concat());
            let this = original[segment][at].clone();
            for (edit, changed) in [
                (vec![other.clone()], index),
                (vec![other, this.clone()], index),
                (vec![this; 2], index + 1),
                (Vec::new(), index),
            ] {
                let mut history = original.clone();
                history[segment].splice(at..=at, edit);
                let files = write(&history, &mut signed);
                for trusted in &held {
                    let size = trusted.checkpoint().size();
                    let what = format!("entry {changed}, held against {size}");
                    let report = lab.report(&files, std::slice::from_ref(trusted));
                    lab.tally.tried += 1;
                    if size > changed {
                        let fault = report.fault.expect(&what);
                        let is_shorter = report.entries < size;
                        let right = match is_shorter {
                            // It names what is missing; of what is left, no checkpoint tells.
                            true => (FaultReason::Truncated, report.entries),
                            false => (FaultReason::Diverged, 0),
                        };
                        assert_eq!((fault.reason, fault.index), right, "{what}: {report:?}");
                        assert_eq!(report.anchored, 0, "{what}: {report:?}");
                        seen += 1;
                    } else {
                        // The window that `docs/journal.md` tells of.
                        assert_eq!(report.fault, None, "{what}");
                        assert_eq!(report.anchored, size, "{what}");
                        in_the_window += 1;
                    }
                    assert!(report.anchored <= changed, "{what}: {report:?}");
                }
            }
            index += 1;
        }
    }
    println!("signed anew: {seen} seen, {in_the_window} after the held checkpoint");
    assert!(seen > 150 && in_the_window > 100, "{seen}, {in_the_window}");
}

/// Two journals of one origin and key, which must not be: each is told from the other, and a mixture
/// from both.
#[test]
fn forks() {
    let mut lab = Lab::new(12);
    let other = Lab::new(12);
    assert_ne!(lab.original, other.original);
    for signed in checkpoints_in(&lab.original, &ward::key()) {
        let report = lab.report(&other.original, std::slice::from_ref(&signed));
        let fault = report.fault.unwrap();
        assert_eq!((fault.reason, fault.index), (FaultReason::Diverged, 0));
        // Two trusted ones that contradict each other.
        let theirs: Vec<SignedCheckpoint> = checkpoints_in(&other.original, &ward::key());
        for theirs in theirs {
            let report = lab.report(&lab.original.clone(), &[signed.clone(), theirs.clone()]);
            let size = theirs.checkpoint().size();
            let fault = report.fault.unwrap();
            assert_eq!(fault.reason, FaultReason::Diverged);
            assert!(fault.index < size && report.anchored < size);
        }
    }
}
