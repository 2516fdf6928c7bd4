//! A clock that panics in the middle of a search: recorded once as aborted, and nothing comes out.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use phi_seal::access::Clock;
use phi_seal::{Session, Vault};

use crate::doubles::Count;
use crate::ward::{Patient, PatientRow, Ward, access, items, phi, ssn};

/// Stands still, and panics when it has been read so many times more.
#[derive(Debug)]
struct Faulty(AtomicUsize);

impl Clock for Faulty {
    fn wall(&self) -> SystemTime {
        let left = |left: usize| left.checked_sub(1);
        let read = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, left);
        assert!(read.is_ok(), "the clock, as told");
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_262_400)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

impl Faulty {
    fn panic_after(&self, reads: usize) {
        self.0.store(reads, Ordering::Relaxed);
    }
}

fn clinic() -> (Ward, Vec<PatientRow>, Arc<Faulty>, Session) {
    let ward = Ward::new();
    let table = ward.table(2);
    let clock = Arc::new(Faulty(AtomicUsize::new(usize::MAX)));
    let vault = Vault::builder(ward.keys.clone(), ward.gate.clone(), ward.sink.clone())
        .clock(clock.clone())
        .build();
    let session = vault.session(access("mercy")).unwrap();
    (ward, table, clock, session)
}

#[track_caller]
fn expect_aborted(ward: &Ward) {
    let event = ward.event();
    assert_eq!(
        (event.action.as_str(), event.outcome.as_str()),
        ("search", "aborted")
    );
    assert_eq!(event.search.as_ref().unwrap().index, "ssn_index");
    assert!(items(&event).iter().all(|item| item.contains(" aborted ")));
}

#[test]
fn in_a_search_that_is_dropped() {
    let (ward, _, clock, session) = clinic();
    let search = session.search(Patient::SSN_INDEX, &phi(&ssn(0))).unwrap();
    clock.panic_after(0);
    drop(search);
    expect_aborted(&ward);
}

#[test]
fn in_a_search_that_is_dropped_by_another_panic() {
    let (ward, _, clock, session) = clinic();
    let result = catch_unwind(AssertUnwindSafe(|| {
        let _search = session.search(Patient::SSN_INDEX, &phi(&ssn(0))).unwrap();
        clock.panic_after(0);
        panic!("the database");
    }));
    assert_eq!(
        result.unwrap_err().downcast_ref::<&str>(),
        Some(&"the database")
    );
    expect_aborted(&ward);
}

/// It is read when the rows come, and twice for each of them.
#[test]
fn while_rows_are_opened() {
    let mut reads = 0;
    loop {
        let (ward, table, clock, session) = clinic();
        let search = session.search(Patient::SSN_INDEX, &phi(&ssn(0))).unwrap();
        ward.keys.count();
        clock.panic_after(reads);
        match catch_unwind(AssertUnwindSafe(|| search.open(&table))) {
            Ok(found) => {
                assert_eq!(found.unwrap().len(), 1);
                assert_eq!(ward.event().outcome, "success");
                break;
            }
            Err(_) => expect_aborted(&ward),
        }
        if reads == 0 {
            assert_eq!(ward.keys.count(), Count::default());
        }
        reads += 1;
    }
    assert_eq!(reads, 1 + 2 * 2);
}
