//! A disk that is really full: a small one that the test mounts. As root, or else in a user namespace of
//! its own where that is allowed; where neither is, it says so and tries nothing.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use phi_seal::access::ManualClock;
use phi_seal::audit::EventRecord;
use phi_seal::audit::journal::{Entries, JournalBuilder, JournalErrorKind, NoteKind, Verifier};
use phi_seal::{ErrorKind, Purpose, Session};

use crate::ward::{self, NoteRow, Ward, builder, clock, note, public, record_of};

/// A disk of 400 KiB.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(path: PathBuf) -> Option<Self> {
        fs::create_dir(&path).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=400k,mode=700", "tmpfs"]);
        let status = mount.arg(&path).stderr(Stdio::null()).status();
        status
            .is_ok_and(|status| status.success())
            .then(|| Self(path))
    }

    fn put_ballast(&self) {
        for ballast in self.ballast() {
            fs::write(ballast, vec![1; 60_000]).unwrap();
        }
    }

    fn take_ballast(&self) {
        for ballast in self.ballast() {
            fs::remove_file(ballast).unwrap();
        }
    }

    /// What is taken away when space is to return, twice.
    fn ballast(&self) -> [PathBuf; 2] {
        ["ballast-0", "ballast-1"].map(|name| self.0.join(name))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Runs a test with two small disks, in a process of its own if it takes that to mount them.
fn with_small_disks(name: &str, test: fn(&SmallDisk, &SmallDisk)) {
    let folder = ward::folder();
    let mount = |name| SmallDisk::mount(folder.path().join(name));
    if let (Some(one), Some(other)) = (mount("one"), mount("other")) {
        one.put_ballast();
        return test(&one, &other);
    }
    let unshare = || {
        let mut command = Command::new("unshare");
        command.args(["-U", "-r", "-m"]).stdin(Stdio::null());
        command
    };
    let may_unshare = unshare().arg("true").stderr(Stdio::null()).status();
    if env::var_os(INSIDE).is_some() || !may_unshare.is_ok_and(|status| status.success()) {
        println!("NOT TRIED: no disk can be mounted here");
        return;
    }
    let path = module_path!().split_once("::").unwrap().1;
    let inside = unshare()
        .arg(env::current_exe().unwrap())
        .args(["--exact", &format!("{path}::{name}"), "--nocapture"])
        .env(INSIDE, "1")
        .status();
    assert!(inside.unwrap().success());
}

const INSIDE: &str = "PHI_SEAL_TEST_NAMESPACE";

/// A ward that remembers what it got.
struct Shift {
    ward: Ward,
    care: Session,
    row: NoteRow,
    /// The record and the action of each that succeeded, in order.
    done: Vec<(String, &'static str)>,
}

impl Shift {
    fn of(builder: JournalBuilder) -> Self {
        let ward = Ward::new(builder.create().unwrap());
        let care = ward.session(Purpose::Treatment);
        let row = care.seal(&note("first")).unwrap();
        let done = vec![("first".into(), "seal")];
        Self {
            ward,
            care,
            row,
            done,
        }
    }

    /// Opens the note for treatment. Says whether that went.
    fn open(&mut self) -> bool {
        Self::counted(self.care.open(&self.row), &mut self.done)
    }

    fn open_for(&mut self, purpose: Purpose) -> bool {
        let session = self.ward.session(purpose);
        Self::counted(session.open(&self.row), &mut self.done)
    }

    fn counted(
        opened: Result<ward::Note, phi_seal::Error>,
        done: &mut Vec<(String, &'static str)>,
    ) -> bool {
        match &opened {
            Ok(note) => {
                assert_eq!(note.text.expose(), "stable overnight");
                done.push((note.id.clone(), "open"));
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::Audit),
        }
        opened.is_ok()
    }

    fn fill(&mut self) {
        let mut count = 0;
        while self.open() {
            count += 1;
            assert!(count < 3_000, "the disk does not fill up");
        }
        assert!(count > 20, "{count}");
        println!("full after {count} events");
    }

    fn elsewhere(&self) -> u64 {
        self.ward.journal.status().elsewhere
    }

    fn end(self) -> Vec<(String, &'static str)> {
        drop(self.care);
        self.ward.close();
        self.done
    }
}

/// What was recorded, as [`Shift`] remembers it.
fn recorded(path: &Path, second: Option<&Path>) -> Vec<(String, &'static str)> {
    let entries = Entries::open(path, &public()).unwrap();
    let entries = match second {
        Some(second) => entries.and_second_place(second).unwrap(),
        None => entries,
    };
    let events = entries.filter_map(|entry| entry.unwrap().event());
    let action = |event: &EventRecord| match event.action.as_str() {
        "seal" => "seal",
        "open" => "open",
        other => panic!("{other}"),
    };
    events
        .inspect(|event| assert_eq!(event.outcome, "success"))
        .map(|event| (record_of(&event), action(&event)))
        .collect()
}

fn journal(disk: &SmallDisk, clock: &Arc<ManualClock>) -> JournalBuilder {
    builder(&disk.0.join("journal"), clock)
        .segment_bytes(60_000)
        .reserve_bytes(20_000)
}

#[test]
fn nothing_opens_unrecorded_and_emergencies_go_on() {
    with_small_disks(
        "nothing_opens_unrecorded_and_emergencies_go_on",
        |disk, _| {
            let (path, clock) = (disk.0.join("journal"), clock());
            let mut shift = Shift::of(journal(disk, &clock));
            shift.fill();
            for _ in 0..20 {
                assert!(!shift.open());
                clock.advance(Duration::from_secs(1));
                shift.ward.journal.tend();
            }
            assert_eq!(shift.elsewhere(), 0);
            for purpose in [Purpose::BreakGlass, Purpose::EmergencyTreatment].repeat(3) {
                assert!(shift.open_for(purpose));
                assert!(!shift.open());
            }
            assert_eq!(shift.elsewhere(), 6);
            assert_eq!(recorded(&path, None), shift.done);
            let signed = shift.ward.journal.checkpoint();
            let report = ward::verify(&path, std::slice::from_ref(&signed));
            assert_eq!(
                (report.fault, report.anchored),
                (None, signed.checkpoint().size())
            );
            // The reserve ends, too, and then nobody gets anything.
            let mut emergencies = 6;
            while shift.open_for(Purpose::BreakGlass) {
                emergencies += 1;
                assert!(emergencies < 100);
            }
            assert!(emergencies > 15, "{emergencies}");
            assert!(!shift.open_for(Purpose::EmergencyTreatment) && !shift.open());
            println!("{emergencies} emergencies in 20,000 bytes of reserve");

            let [first, second] = disk.ballast();
            fs::remove_file(first).unwrap();
            assert!(shift.open());
            assert_eq!(shift.elsewhere(), 0);
            assert!(shift.ward.journal.status().reserve_left > 19_000);
            // And all over again; this time, the journal's own thread is the first to find space.
            shift.fill();
            for _ in 0..3 {
                assert!(shift.open_for(Purpose::BreakGlass));
            }
            fs::remove_file(second).unwrap();
            shift.ward.journal.tend();
            assert_eq!(shift.elsewhere(), 0);
            assert!(shift.open());
            let done = shift.end();
            let report = ward::verify(&path, &[signed]);
            assert_eq!(
                (report.fault, report.unsigned, report.torn_bytes),
                (None, 0, 0)
            );
            assert_eq!(recorded(&path, None), done);
            let notes = ward::entries(&path);
            let notes = notes.iter().filter_map(|entry| entry.note());
            let spilled = notes.filter_map(|note| match note.kind() {
                NoteKind::Spilled { count, .. } => Some(*count),
                _ => None,
            });
            assert_eq!(spilled.collect::<Vec<_>>(), [emergencies, 3]);
            println!("{} events, all recorded", done.len());
        },
    );
}

#[test]
fn a_second_place_takes_everything_until_it_is_full() {
    with_small_disks(
        "a_second_place_takes_everything_until_it_is_full",
        |disk, other| {
            let (path, clock) = (disk.0.join("journal"), clock());
            let second = other.0.join("second");
            let mut shift = Shift::of(journal(disk, &clock).second_place(&second));
            shift.fill();
            assert!(shift.elsewhere() > 100);
            assert!(!shift.open_for(Purpose::Payment));
            // Of the first disk's reserve.
            assert!(shift.open_for(Purpose::BreakGlass));
            assert_eq!(recorded(&path, Some(&second)), shift.done);
            let signed = shift.ward.journal.checkpoint();
            let verifier = Verifier::new(public()).trusts(signed).second_place(&second);
            assert_eq!(verifier.verify(&path).unwrap().fault, None);

            // The process ends, and the next one starts on the full disks: the note of that takes of the
            // reserve.
            let Shift {
                ward,
                care,
                row,
                mut done,
            } = shift;
            drop(care);
            drop(ward);
            let opened = journal(disk, &clock).open().unwrap_err();
            assert_eq!(opened.kind(), JournalErrorKind::Behind);
            let opened = journal(disk, &clock).second_place(&second).open().unwrap();
            let ward = Ward::new(opened);
            assert_eq!(
                ward.seal("n").err().map(|error| error.kind()),
                Some(ErrorKind::Audit)
            );
            let session = ward.session(Purpose::EmergencyTreatment);
            session.seal(&note("emergency")).unwrap();
            done.push(("emergency".into(), "seal"));
            drop((session, row));
            assert_eq!(recorded(&path, Some(&second)), done);

            // Some space returns on the first, but not for all that is elsewhere, whose turn it is.
            let elsewhere = ward.journal.status().elsewhere;
            disk.take_ballast();
            assert!(ward.seal("n").is_err());
            assert_eq!(ward.journal.status().elsewhere, elsewhere);
            assert_eq!(recorded(&path, Some(&second)), done);
            drop(ward);

            // The folder moves to a larger disk.
            let larger = ward::folder();
            let moved = larger.path().join("journal");
            ward::copy(&path, &moved);
            let opened = builder(&moved, &clock)
                .second_place(&second)
                .open()
                .unwrap();
            opened.close().unwrap();
            let report = verifier.verify(&moved).unwrap();
            assert_eq!((report.fault, report.unsigned), (None, 0));
            assert_eq!(recorded(&moved, None), done, "and nothing is elsewhere");
            println!("{} events, all recorded", done.len());
        },
    );
}

/// Failures that were counted instead of written are told once there is space.
#[test]
fn counts_of_failures_outlast_a_full_disk() {
    with_small_disks("counts_of_failures_outlast_a_full_disk", |disk, other| {
        let clock = clock();
        let foreign = Shift::of(journal(other, &clock));
        let mut shift = Shift::of(journal(disk, &clock));
        let fail = |shift: &Shift| shift.care.open(&foreign.row).unwrap_err().kind();
        // The first, the second and the fourth are written.
        for _ in 0..5 {
            assert_ne!(fail(&shift), ErrorKind::Audit);
        }
        shift.fill();
        assert_ne!(
            fail(&shift),
            ErrorKind::Audit,
            "the sixth, which is counted"
        );
        clock.advance(Duration::from_secs(61));
        shift.ward.journal.tend();
        // Of the next minute, which would be written.
        assert_eq!(fail(&shift), ErrorKind::Audit);
        disk.take_ballast();
        shift.ward.journal.tend();
        shift.end();
        let events = ward::events(&disk.0.join("journal"));
        let failures = events.iter().filter(|event| event.outcome != "success");
        let counts = failures.map(|event| event.count.unwrap_or(1));
        assert_eq!(counts.collect::<Vec<_>>(), [1, 2, 4, 6]);
        foreign.end();
    });
}
