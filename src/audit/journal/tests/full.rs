//! Disks that are full, and disks that fail.

use super::*;

const ROOM: usize = 6_000;

/// Writes until the disk is full. Says how many entries it took.
fn fill(writer: &mut Writer) -> usize {
    let mut number = 0;
    while writer.add(&[entry(number)], false, NOW) == 1 {
        number += 1;
        assert!(number < 1_000, "the disk does not fill up");
    }
    number
}

fn full_disk(second: Option<&SimDisk>, durability: Durability) -> (SimDisk, Writer, usize) {
    let disk = SimDisk::default();
    disk.set(|faults| faults.room = Some(ROOM));
    let mut writer = Writer::create(place(&disk, second, durability)).unwrap();
    let count = match second {
        None => fill(&mut writer),
        Some(_) => 0,
    };
    (disk, writer, count)
}

#[test]
fn a_full_disk_takes_emergencies_only_and_goes_on_when_there_is_space() {
    for durability in [Durability::Synced, Durability::Written] {
        let (disk, mut writer, count) = full_disk(None, durability);
        assert!(count > 5);
        // Nobody gets anything without a record, and the treatment room does.
        assert_eq!(writer.add(&[entry(900)], false, NOW), 0);
        assert_eq!(writer.add(&[entry(100), entry(101)], true, NOW), 2);
        assert_eq!(writer.add(&[entry(901)], false, NOW), 0);
        assert_eq!(writer.add(&[entry(102)], true, NOW), 1);
        assert_eq!(writer.log.spill.count, 3);
        assert_eq!(entries(&disk, None), writer.acknowledged);
        // The reserve ends, too.
        let mut more = 103;
        while writer.add(&[entry(more)], true, NOW) == 1 {
            more += 1;
        }
        assert!((105..112).contains(&more), "{more}");
        assert_eq!(entries(&disk, None), writer.acknowledged);
        disk.set(|faults| faults.room = None);
        assert_eq!(writer.add(&[entry(200)], false, NOW), 1);
        assert_eq!(writer.log.spill.count, 0);
        assert_eq!(entries(&disk, None), writer.acknowledged);
        writer.log.settle(NOW).unwrap();
        let report = verify(&disk, &writer.signed);
        assert_eq!(report.fault, None);
        // And again, since the reserve is empty.
        disk.set(|faults| faults.room = Some(0));
        assert_eq!(writer.add(&[entry(300)], false, NOW), 0);
        assert_eq!(writer.add(&[entry(301)], true, NOW), 1);
    }
}

#[test]
fn what_is_in_the_reserve_outlives_the_process() {
    let (disk, mut writer, _) = full_disk(None, Durability::Synced);
    assert_eq!(writer.add(&[entry(100), entry(101)], true, NOW), 2);
    let mut expected = writer.acknowledged.clone();
    let signed = writer.signed.clone();
    drop(writer);
    for left in disk
        .after_power_cuts()
        .into_iter()
        .chain([disk.after_kill()])
    {
        left.set(|faults| faults.room = Some(ROOM));
        let (mut writer, _) = Writer::open(place(&left, None, Durability::Synced)).unwrap();
        assert_eq!(entries(&left, None), expected);
        assert_eq!(writer.log.spill.count, 2);
        assert_eq!(writer.add(&[entry(102)], true, NOW), 1);
        left.set(|faults| faults.room = None);
        assert_eq!(writer.add(&[entry(103)], false, NOW), 1);
        writer.log.settle(NOW).unwrap();
        let report = verify(&left, &signed);
        assert_eq!((report.fault, writer.log.spill.count), (None, 0));
        let after = [&expected[..], &[entry(102), entry(103)]].concat();
        assert_eq!(entries(&left, None), after);
    }
    expected.truncate(0);
}

#[test]
fn a_second_place_takes_everything() {
    let second = SimDisk::default();
    let (disk, mut writer, _) = full_disk(Some(&second), Durability::Synced);
    for number in 0..60 {
        assert_eq!(writer.add(&[entry(number)], number % 7 == 0, NOW), 1);
    }
    assert!(writer.log.spill.count > 20);
    assert_eq!(entries(&disk, Some(&second)), writer.acknowledged);
    let expected = writer.acknowledged.clone();
    drop(writer);
    // Without the second place, some of them would be missing, and that is seen.
    let error = Writer::open(place(&disk, None, Durability::Synced)).err();
    assert_eq!(
        error.map(|error| error.kind()),
        Some(JournalErrorKind::Behind)
    );
    disk.set(|faults| faults.room = None);
    let opened = Writer::open(place(&disk, Some(&second), Durability::Synced));
    let (mut writer, _) = opened.unwrap();
    writer.log.settle(NOW).unwrap();
    assert_eq!(writer.log.spill.count, 0);
    assert_eq!(entries(&disk, None), expected);
    assert_eq!(verify(&disk, &[]).fault, None);
}

/// The process is killed, or the power cut, at each step of the return of what was elsewhere.
#[test]
fn the_return_from_elsewhere_may_end_anywhere() {
    for steps in 0.. {
        let second = SimDisk::default();
        let (disk, mut writer, _) = full_disk(Some(&second), Durability::Synced);
        for number in 0..30 {
            assert_eq!(writer.add(&[entry(number)], number % 3 == 0, NOW), 1);
        }
        let expected = writer.acknowledged.clone();
        let signed = writer.log.signed.clone();
        disk.set(|faults| {
            faults.room = None;
            faults.dies_after = Some(steps);
        });
        let is_whole = writer.log.settle(NOW).is_ok();
        drop(writer);
        for left in disk
            .after_power_cuts()
            .into_iter()
            .chain([disk.after_kill()])
        {
            let second = second.after_kill();
            let opened = Writer::open(place(&left, Some(&second), Durability::Synced));
            let (mut writer, _) = opened.unwrap();
            assert_eq!(entries(&left, Some(&second)), expected, "step {steps}");
            writer.log.settle(NOW).unwrap();
            assert_eq!(entries(&left, None), expected, "step {steps}");
            let report = verify(&left, core::slice::from_ref(&signed));
            assert_eq!(report.fault, None, "step {steps}");
        }
        if is_whole {
            assert!(steps > 5);
            break;
        }
    }
}

/// A disk that does not confirm a write may have lost it, and says so once.
#[test]
fn what_the_disk_did_not_confirm_is_not_acknowledged_and_not_signed() {
    let disk = SimDisk::default();
    let mut writer = Writer::create(place(&disk, None, Durability::Synced)).unwrap();
    assert_eq!(writer.add(&[entry(1)], false, NOW), 1);
    for fails_to_truncate in [false, true] {
        disk.set(|faults| {
            faults.fails_to_sync = true;
            faults.fails_to_truncate = fails_to_truncate;
        });
        let before = writer.log.signed.clone();
        assert_eq!(writer.add(&[entry(2), entry(3)], false, NOW), 0);
        assert_eq!(writer.log.signed, before);
    }
    disk.set(|faults| {
        faults.fails_to_sync = false;
        faults.fails_to_truncate = false;
    });
    assert_eq!(writer.add(&[entry(4)], false, NOW), 1);
    writer.log.settle(NOW).unwrap();
    assert_eq!(entries(&disk, None), [entry(1), entry(4)]);
    assert_eq!(verify(&disk, &writer.signed).fault, None);
}

/// Half-written entries that cannot be taken back stand where others then go elsewhere: the latter
/// count, because they were acknowledged.
#[test]
fn what_could_not_be_taken_back_gives_way_to_what_was_acknowledged() {
    let disk = SimDisk::default();
    let mut writer = Writer::create(place(&disk, None, Durability::Synced)).unwrap();
    assert_eq!(writer.add(&[entry(1)], false, NOW), 1);
    // Room for one of three, and the reserve is there already.
    let used = disk.content(&super::super::segment::segment_name(0)).len();
    disk.set(|faults| {
        faults.room = Some(used + 2_000 + 300);
        faults.fails_to_truncate = true;
    });
    assert_eq!(writer.add(&[entry(2), entry(3), entry(4)], false, NOW), 0);
    assert_eq!(writer.add(&[entry(5)], true, NOW), 1);
    let signed = writer.signed.clone();
    drop(writer);
    let left = disk.after_kill();
    let (mut writer, opened) = Writer::open(place(&left, None, Durability::Synced)).unwrap();
    assert!(
        matches!(
            opened,
            NoteKind::Open {
                dropped: Some(_),
                ..
            }
        ),
        "{opened:?}"
    );
    assert_eq!(entries(&left, None), [entry(1), entry(5)]);
    writer.log.settle(NOW).unwrap();
    assert_eq!(verify(&left, &signed).fault, None);
}

#[test]
fn a_process_may_start_on_a_full_disk() {
    let (disk, writer, _) = full_disk(None, Durability::Synced);
    let expected = writer.acknowledged.clone();
    drop(writer);
    let (mut writer, _) = Writer::open(place(&disk, None, Durability::Synced)).unwrap();
    assert_eq!(writer.add(&[entry(1)], true, NOW), 1);
    assert_eq!(entries(&disk, None), [&expected[..], &[entry(1)]].concat());
}

/// The second place's disk dies at each step of what is put there; the process is killed, or the power
/// cut, and the next one goes on there.
#[test]
fn the_second_place_may_die_anywhere() {
    for steps in 0.. {
        let second = SimDisk::default();
        let (disk, mut writer, _) = full_disk(Some(&second), Durability::Synced);
        while writer.log.spill.count < 3 {
            let number = writer.acknowledged.len();
            assert_eq!(writer.add(&[entry(number)], false, NOW), 1);
        }
        second.set(|faults| faults.dies_after = Some(steps));
        let mut taken = 0;
        for number in 100..104 {
            taken += writer.add(&[entry(number)], false, NOW);
        }
        // The reserve is on another disk, and takes emergencies all the same.
        assert_eq!(writer.add(&[entry(200)], true, NOW), 1, "step {steps}");
        let mut expected = writer.acknowledged.clone();
        let signed = writer.signed.clone();
        drop(writer);
        for second in second
            .after_power_cuts()
            .into_iter()
            .chain([second.after_kill()])
        {
            let disk = disk.after_kill();
            disk.set(|faults| faults.room = Some(ROOM));
            let opened = Writer::open(place(&disk, Some(&second), Durability::Synced));
            let (mut writer, _) = opened.unwrap();
            assert_eq!(entries(&disk, Some(&second)), expected, "step {steps}");
            for number in 300..303 {
                assert_eq!(writer.add(&[entry(number)], false, NOW), 1, "step {steps}");
            }
            let expected = [&expected[..], &writer.acknowledged[..]].concat();
            drop(writer);
            disk.set(|faults| faults.room = None);
            let opened = Writer::open(place(&disk, Some(&second), Durability::Synced));
            let (mut writer, _) = opened.unwrap();
            writer.log.settle(NOW).unwrap();
            assert_eq!(entries(&disk, None), expected, "step {steps}");
            assert_eq!(verify(&disk, &signed).fault, None, "step {steps}");
        }
        expected.clear();
        if taken == 4 {
            assert!(steps > 5);
            break;
        }
    }
}

/// The disk of the second place is not mounted, or nobody has named it.
#[test]
fn nobody_goes_on_without_the_second_place_while_entries_are_there() {
    let second = SimDisk::default();
    let (disk, mut writer, _) = full_disk(Some(&second), Durability::Synced);
    while writer.log.spill.count < 1 {
        let number = writer.acknowledged.len();
        assert_eq!(writer.add(&[entry(number)], false, NOW), 1);
    }
    drop(writer);
    let kind = |opened: Result<(Writer, NoteKind), JournalError>| opened.err().unwrap().kind();
    let before = disk.content("reserve");
    for missing in [None, Some(&SimDisk::default())] {
        let opened = Writer::open(place(&disk, missing, Durability::Synced));
        assert_eq!(kind(opened), JournalErrorKind::Behind);
    }
    assert_eq!(disk.content("reserve"), before);
    disk.set(|faults| faults.room = None);
    let opened = Writer::open(place(&disk, Some(&second), Durability::Synced));
    opened.unwrap().0.log.settle(NOW).unwrap();
    // Everything has returned, so it is not needed any more.
    Writer::open(place(&disk, None, Durability::Synced)).unwrap();
}

/// The disk does not confirm a new segment's name, and the process is killed, or the power cut.
#[test]
fn a_segment_whose_name_is_not_confirmed_loses_nothing() {
    for durability in [Durability::Synced, Durability::Written] {
        let disk = SimDisk::default();
        let mut writer = Writer::create(place(&disk, None, durability)).unwrap();
        disk.set(|faults| faults.fails_to_sync_folder = true);
        let taken = (0..30)
            .map(|number| writer.add(&[entry(number)], false, NOW))
            .sum::<usize>();
        assert!(taken > 3 && taken < 30, "{taken}");
        let (expected, signed) = (writer.acknowledged.clone(), writer.signed.clone());
        for left in disk
            .after_power_cuts()
            .into_iter()
            .chain([disk.after_kill()])
        {
            let (mut writer, _) = Writer::open(place(&left, None, durability)).unwrap();
            if durability == Durability::Synced {
                assert_eq!(entries(&left, None)[..taken], expected);
            }
            assert_eq!(writer.add(&[entry(100)], false, NOW), 1);
            writer.log.settle(NOW).unwrap();
            assert_eq!(verify(&left, &signed).fault, None);
        }
        disk.set(|faults| faults.fails_to_sync_folder = false);
        assert_eq!(writer.add(&[entry(100)], false, NOW), 1);
        writer.log.settle(NOW).unwrap();
        assert_eq!(entries(&disk, None), writer.acknowledged);
        assert_eq!(verify(&disk, &writer.signed).fault, None);
    }
}

/// At each write of a history, the disk fails to synchronise for a while, and says so; with and without
/// being able to take back what was written.
#[test]
fn a_disk_that_fails_for_a_while_loses_nothing() {
    for durability in [Durability::Synced, Durability::Written] {
        for fails_to_truncate in [false, true] {
            for (at, failures) in (0..16).flat_map(|at| [(at, 1), (at, 3)]) {
                let disk = SimDisk::default();
                let mut writer = Writer::create(place(&disk, None, durability)).unwrap();
                for number in 0..24 {
                    let fails = (at..at + failures).contains(&number);
                    disk.set(|faults| {
                        faults.fails_to_sync = fails;
                        faults.fails_to_truncate = fails && fails_to_truncate;
                    });
                    let is_emergency = number % 2 == 0;
                    writer.add(&[entry(number)], is_emergency, NOW);
                    if number % 5 == 0 {
                        let _ = writer.log.settle(NOW);
                    }
                }
                let signed = writer.signed.clone();
                for left in [disk.after_kill(), disk.clone()] {
                    let expected = writer.acknowledged.clone();
                    let (mut again, _) = Writer::open(place(&left, None, durability)).unwrap();
                    let found = entries(&left, None);
                    assert!(
                        found.starts_with(&expected),
                        "{durability:?} {at} {failures}"
                    );
                    again.log.settle(NOW).unwrap();
                    assert_eq!(verify(&left, &signed).fault, None, "{durability:?} {at}");
                }
            }
        }
    }
}

/// `Written`, a full disk, an emergency in the reserve, a power cut.
#[test]
fn what_goes_elsewhere_stands_behind_what_is_on_the_disk() {
    let (disk, mut writer, count) = full_disk(None, Durability::Written);
    assert!(count > 5);
    assert_eq!(writer.add(&[entry(100)], true, NOW), 1);
    let (expected, signed) = (writer.acknowledged.clone(), writer.signed.clone());
    drop(writer);
    for left in disk
        .after_power_cuts()
        .into_iter()
        .chain([disk.after_kill()])
    {
        let (mut writer, _) = Writer::open(place(&left, None, Durability::Written)).unwrap();
        assert_eq!(entries(&left, None), expected);
        writer.log.settle(NOW).unwrap();
        assert_eq!(verify(&left, &signed).fault, None);
    }
}
