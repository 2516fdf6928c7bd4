//! What the types of a search promise.

use phi_seal::index::{IndexSet, IndexValue};
use phi_seal::record::Search;

use crate::ward::{Patient, PatientSsnIndex, PatientWords, Ward, candidates, ids, phi, ssn};

/// A search waits for the database on any thread, and so does the future that holds it.
#[test]
fn a_search_may_be_held_across_an_await() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<Search<'_, PatientSsnIndex>>();
    is_send_and_sync::<IndexValue<PatientSsnIndex>>();
    is_send_and_sync::<IndexSet<PatientWords>>();

    let ward = Ward::new();
    let table = ward.table(5);
    let session = ward.session();
    let future = is_send(async {
        let search = session.search(Patient::SSN_INDEX, &phi(&ssn(2)))?;
        std::future::ready(()).await;
        let rows = candidates(&table, &search);
        search.open(rows)
    });
    let found = std::thread::scope(|scope| {
        scope
            .spawn(move || pollster::block_on(future))
            .join()
            .unwrap()
    });
    assert_eq!(ids(found.unwrap()), ["p-2"]);
}

#[test]
fn debug_shows_the_index_and_nothing_of_the_search() {
    let ward = Ward::new();
    let table = ward.table(1);
    let session = ward.session();
    let search = session.search(Patient::SSN_INDEX, &phi(&ssn(0))).unwrap();
    assert_eq!(format!("{search:?}"), "Search { index: \"ssn_index\", .. }");
    assert_eq!(
        format!("{:?}", search.values()),
        "[IndexValue<PatientSsnIndex>]"
    );
    assert_eq!(format!("{:?}", table[0].words), "IndexSet<PatientWords>");
    search.open(&table).unwrap();
}
