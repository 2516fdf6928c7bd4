//! What a crash left torn is kept and recorded, wherever the process that finds it ends.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::super::entry::Dropped;
use super::super::folder::{Folder, append};
use super::super::segment::segment_name;
use super::*;

const TORN: &[u8] = b"+half of an entr";

/// A journal whose process was killed in the middle of an entry.
fn torn_disk() -> SimDisk {
    let disk = SimDisk::default();
    let mut writer = Writer::create(place(&disk, None, Durability::Synced)).unwrap();
    assert_eq!(writer.add(&[entry(1), entry(2)], false, NOW), 2);
    drop(writer);
    let mut file = disk.open(&segment_name(0)).unwrap();
    append(&mut *file, TORN).unwrap();
    file.sync().unwrap();
    disk
}

fn dropped(opened: &NoteKind) -> Option<&Dropped> {
    match opened {
        NoteKind::Open { dropped, .. } => dropped.as_ref(),
        _ => None,
    }
}

fn is_of(dropped: Option<&Dropped>, bytes: &[u8]) -> bool {
    dropped.is_some_and(|dropped| {
        dropped.bytes == bytes.len() as u64
            && dropped.sha256 == STANDARD.encode(Sha256::digest(bytes))
            && dropped.kept
    })
}

/// Records that the journal was opened, as `Journal` does.
fn record(writer: &mut Writer, opened: &NoteKind) {
    let count = writer.log.tree.len();
    let note = Note::new(opened.clone(), NOW.wall).to_json();
    let note = String::from_utf8(note).unwrap();
    if writer.add(&[note], true, NOW) == 1 && dropped(opened).is_some() {
        writer.log.has_recorded_dropped(count);
    }
}

/// The notes in a journal that tell of something dropped.
fn told(disk: &SimDisk) -> Vec<Dropped> {
    let entries = Entries::of(Box::new(disk.clone()), key().origin().clone(), 0).unwrap();
    let notes = entries.filter_map(|entry| entry.unwrap().note());
    notes
        .filter_map(|note| dropped(note.kind()).cloned())
        .collect()
}

fn left_by(disk: &SimDisk) -> impl Iterator<Item = SimDisk> {
    disk.after_power_cuts()
        .into_iter()
        .chain([disk.after_kill()])
}

#[test]
fn what_was_dropped_is_recorded_wherever_recovery_ends() {
    let mut states = 0;
    for durability in [Durability::Synced, Durability::Written] {
        for steps in 0.. {
            let disk = torn_disk();
            disk.set(|faults| faults.dies_after = Some(steps));
            let mut is_whole = false;
            if let Ok((mut writer, opened)) = Writer::open(place(&disk, None, durability)) {
                assert!(is_of(dropped(&opened), TORN), "step {steps}: {opened:?}");
                record(&mut writer, &opened);
                is_whole = writer.add(&[entry(3)], false, NOW) == 1;
            }
            for left in left_by(&disk) {
                states += 1;
                let (mut writer, opened) = Writer::open(place(&left, None, durability)).unwrap();
                record(&mut writer, &opened);
                writer.log.settle(NOW).unwrap();
                let told = told(&left);
                // Once, or once more if the process ended before it knew that it was recorded; together
                // with half of the note, if that is what was torn next.
                assert!((1..=2).contains(&told.len()), "step {steps}: {told:?}");
                assert_eq!(verify(&left, &[]).fault, None, "step {steps}");
                let names = left.names().unwrap();
                let kept = names.iter().filter(|name| name.ends_with(".torn"));
                let kept: Vec<_> = kept.map(|name| left.content(name)).collect();
                assert!(
                    kept.iter().any(|kept| kept.starts_with(TORN)),
                    "step {steps}"
                );
                for kept in &kept {
                    assert!(
                        told.iter().any(|told| is_of(Some(told), kept)),
                        "step {steps}: {told:?}"
                    );
                }
                // And it is over then.
                drop(writer);
                let (_, opened) = Writer::open(place(&left, None, durability)).unwrap();
                assert_eq!(dropped(&opened), None, "step {steps}");
            }
            if is_whole {
                assert!(steps > 8, "{steps}");
                break;
            }
        }
    }
    std::println!("{states} states");
    assert!(states > 100);
}

/// A second crash in the middle of the entry that was to record the first.
#[test]
fn what_was_dropped_twice_is_recorded_together() {
    let disk = torn_disk();
    let (writer, opened) = Writer::open(place(&disk, None, Durability::Synced)).unwrap();
    assert!(is_of(dropped(&opened), TORN));
    drop(writer);
    let again = b"+and half of the note of it";
    let mut file = disk.open(&segment_name(0)).unwrap();
    append(&mut *file, again).unwrap();
    let both = [TORN, again].concat();
    let (mut writer, opened) = Writer::open(place(&disk, None, Durability::Synced)).unwrap();
    assert!(is_of(dropped(&opened), &both), "{opened:?}");
    record(&mut writer, &opened);
    assert_eq!(disk.content("00000000000000000003.torn"), both);
}
