//! Power cuts and kills: every state of a disk that one may leave, at every step of a history.

use super::*;

#[test]
fn no_power_cut_loses_what_was_acknowledged() {
    let seen = cut_everywhere(Durability::Synced, |_| {}, |_| false);
    std::println!("{seen:?}");
    assert!(seen.cuts >= 80 && seen.states >= 500, "{seen:?}");
    assert_eq!((seen.lost, seen.forked, seen.stuck), (0, 0, 0), "{seen:?}");
}

/// With `Written`, a power cut may take entries; never one that was signed, and a kill none.
#[test]
fn what_was_signed_stays() {
    let seen = cut_everywhere(Durability::Written, |_| {}, |_| false);
    std::println!("{seen:?}");
    assert!(seen.cuts >= 80 && seen.states >= 500, "{seen:?}");
    assert!(
        seen.lost > 0,
        "no state lost anything, so nothing was tried: {seen:?}"
    );
    assert_eq!(
        (seen.lost_by_kill, seen.forked, seen.stuck),
        (0, 0, 0),
        "{seen:?}"
    );
}

/// The tests above would see either.
#[test]
fn each_synchronisation_is_needed() {
    let without = |faults: &mut sim::Faults| faults.leaves_out_sync = true;
    let is_seen = |seen: &Seen| seen.lost > 0 && seen.forked > 0;
    let seen = cut_everywhere(Durability::Synced, without, is_seen);
    std::println!("without the files': {seen:?}");
    assert!(is_seen(&seen), "{seen:?}");
    let without = |faults: &mut sim::Faults| faults.leaves_out_folder_sync = true;
    let is_seen = |seen: &Seen| seen.lost > 0;
    let seen = cut_everywhere(Durability::Synced, without, is_seen);
    std::println!("without the folder's: {seen:?}");
    assert!(is_seen(&seen), "{seen:?}");
}

#[derive(Debug, Default)]
struct Seen {
    cuts: usize,
    states: usize,
    /// Of these, without an entry that was acknowledged.
    lost: usize,
    /// Of these, left by a kill.
    lost_by_kill: usize,
    /// Of these, with another history than one that was signed.
    forked: usize,
    /// Of these, unfit to go on.
    stuck: usize,
}

/// Lets a history die after each of its steps, or until enough was seen.
fn cut_everywhere(
    durability: Durability,
    faults: fn(&mut sim::Faults),
    is_enough: fn(&Seen) -> bool,
) -> Seen {
    let mut seen = Seen::default();
    for steps in 0.. {
        let disk = SimDisk::default();
        disk.set(faults);
        disk.set(|faults| faults.dies_after = Some(steps));
        let (told, is_whole) = happen(&disk, durability);
        seen.cuts += 1;
        for left in disk.after_power_cuts() {
            seen.states += 1;
            seen.check(&left, &told, durability, false);
        }
        seen.check(&disk.after_kill(), &told, durability, true);
        if is_whole || is_enough(&seen) {
            return seen;
        }
    }
    unreachable!()
}

/// What the writers were told.
#[derive(Default)]
struct Told {
    is_created: bool,
    acknowledged: Vec<String>,
    signed: Vec<SignedCheckpoint>,
}

/// A history with several segments and a reopening in the middle. Says whether it came to its end.
fn happen(disk: &SimDisk, durability: Durability) -> (Told, bool) {
    let mut told = Told::default();
    let Ok(mut writer) = Writer::create(place(disk, None, durability)) else {
        return (told, false);
    };
    told.is_created = true;
    let mut number = 0;
    let mut is_whole = true;
    for round in 0..2 {
        for batch in [1, 3, 2, 1, 4, 2] {
            let batch: Vec<_> = (number..number + batch).map(entry).collect();
            number += batch.len();
            is_whole &= writer.add(&batch, false, NOW) == batch.len();
        }
        is_whole &= writer.log.settle(NOW).is_ok();
        writer.signed.push(writer.log.signed.clone());
        told.acknowledged.append(&mut writer.acknowledged);
        told.signed.append(&mut writer.signed);
        if round == 0 {
            drop(writer);
            match Writer::open(place(disk, None, durability)) {
                Ok((opened, _)) => writer = opened,
                Err(_) => return (told, false),
            }
        } else {
            break;
        }
    }
    (told, is_whole)
}

impl Seen {
    fn check(&mut self, left: &SimDisk, told: &Told, durability: Durability, is_kill: bool) {
        let opened = Writer::open(place(left, None, durability));
        let Ok((mut writer, _)) = opened else {
            let kind = opened.err().unwrap().kind();
            let is_absent = kind == JournalErrorKind::NotFound && !told.is_created;
            self.stuck += usize::from(!is_absent);
            self.lost += usize::from(told.is_created);
            return;
        };
        let found = entries(left, None);
        let is_lost = !found.starts_with(&told.acknowledged);
        self.lost += usize::from(is_lost);
        self.lost_by_kill += usize::from(is_lost && is_kill);
        let root_at = |signed: &SignedCheckpoint| {
            let size = signed.checkpoint().size();
            let is_there = size <= writer.log.tree.len();
            is_there
                && recover::root_at(left, &key().verifier(), size)
                    .is_ok_and(|root| root == *signed.checkpoint().root())
        };
        self.forked += usize::from(!told.signed.iter().all(root_at));
        // It goes on, and verifies.
        let goes_on = writer.add(&[entry(999)], false, NOW) == 1 && writer.log.settle(NOW).is_ok();
        let report = verify(left, &[writer.log.signed.clone()]);
        let is_fine = report.fault.is_none() && report.intact == writer.log.tree.len();
        self.stuck += usize::from(!(goes_on && is_fine));
    }
}
