//! Whether index values are those of the fields beside them.

use phi_seal::index::{IndexSet, IndexValue};
use phi_seal::record::IndexState;
use phi_seal::{AuditError, Decision, ErrorKind, Phi, PhiRecord};

use crate::doubles::Count;
use crate::ward::{EXPIRY, PatientRow, Ward, corrupt, index_scope, items, phi, recorded_ids};

const INDEXES: [&str; 7] = [
    "ssn_index",
    "family_index",
    "family_prefix",
    "words",
    "birth_year",
    "status_index",
    "birth_date_family",
];

/// The states of the indexes that are not current, of one row.
fn odd(ward: &Ward, row: &PatientRow) -> Vec<(&'static str, IndexState)> {
    let verdicts = ward
        .session()
        .verify_indexes(std::slice::from_ref(row))
        .unwrap();
    let verdicts = verdicts.into_iter().next().unwrap().unwrap();
    let names: Vec<_> = verdicts.iter().map(|verdict| verdict.index()).collect();
    assert_eq!(names, INDEXES, "each index once, in the order of the row");
    verdicts
        .into_iter()
        .filter(|verdict| verdict.state() != IndexState::Current)
        .map(|verdict| (verdict.index(), verdict.state()))
        .collect()
}

#[test]
fn what_was_sealed_is_current() {
    let ward = Ward::new();
    for row in ward.table(10) {
        assert_eq!(odd(&ward, &row), []);
    }
}

#[test]
fn values_of_another_row_are_wrong() {
    let ward = Ward::new();
    let table = ward.table(6);
    let mut row = table[0].clone();
    row.ssn_index = table[1].ssn_index;
    row.words = table[1].words.clone();
    row.birth_date_family = table[1].birth_date_family;
    let wrong = IndexState::Wrong;
    assert_eq!(
        odd(&ward, &row),
        [
            ("ssn_index", wrong),
            ("words", wrong),
            ("birth_date_family", wrong)
        ]
    );
}

#[test]
fn a_value_that_was_made_up_or_taken_out_is_wrong() {
    let ward = Ward::new();
    let table = ward.table(1);
    let mut row = table[0].clone();
    // The version of a key that there is, and other bytes.
    let mut bytes = row.ssn_index.unwrap().as_bytes().to_vec();
    bytes[4] ^= 1;
    row.ssn_index = Some(IndexValue::from_bytes(&bytes).unwrap());
    row.birth_year = None;
    let words = table[0].words.as_slice();
    row.words = IndexSet::new(words[1..].iter().copied());
    let wrong = IndexState::Wrong;
    assert_eq!(
        odd(&ward, &row),
        [
            ("ssn_index", wrong),
            ("words", wrong),
            ("birth_year", wrong)
        ]
    );
    // One where there should be none.
    let mut row = ward.table(2).remove(1);
    assert_eq!(row.status_index, None);
    row.status_index = table[0].status_index;
    assert_eq!(odd(&ward, &row), [("status_index", wrong)]);
}

#[test]
fn an_earlier_value_of_the_row_is_wrong() {
    let ward = Ward::new();
    let mut row = ward.table(1).remove(0);
    let before = row.clone();
    let session = ward.session();
    session
        .update_field(&mut row, crate::ward::Patient::SSN, &phi("078-05-1120"))
        .unwrap();
    row.ssn_index = before.ssn_index;
    assert_eq!(odd(&ward, &row), [("ssn_index", IndexState::Wrong)]);
}

#[test]
fn values_under_an_earlier_key_are_stale_and_under_an_unreadable_one_unknown() {
    let ward = Ward::new();
    let mut row = ward.table(1).remove(0);
    ward.keys.ring.rotate_scope(&index_scope()).unwrap();
    let all = |state| INDEXES.map(|name| (name, state));
    assert_eq!(odd(&ward, &row), all(IndexState::Stale));
    ward.keys.ring.disable(2).unwrap();
    assert_eq!(odd(&ward, &row), all(IndexState::Unknown));
    ward.keys.ring.enable(2).unwrap();
    // Bytes of no version at all.
    let length = row.ssn_index.unwrap().as_bytes().len();
    row.ssn_index = Some(IndexValue::from_bytes(&vec![7; length]).unwrap());
    assert_eq!(odd(&ward, &row)[0], ("ssn_index", IndexState::Unknown));
}

#[test]
fn it_is_one_event_and_shows_nothing() {
    let ward = Ward::new();
    let table = ward.table(2);
    ward.session().verify_indexes(&table).unwrap();
    let event = ward.event();
    assert_eq!(
        (event.action.as_str(), event.outcome.as_str()),
        ("open", "success")
    );
    assert!(event.search.is_none());
    assert_eq!(recorded_ids(&event), ["p-0", "p-1"]);
    // The indexed fields, in the order of the indexes; the note has none.
    let names = ["ssn", "family", "full_name", "birth_date", "status"];
    assert_eq!(
        items(&event)[..5],
        names.map(|name| format!("p-0 {name} success granted"))
    );
    assert_eq!(items(&event).len(), 10);
    assert_eq!(
        ward.gate.asked(),
        [
            "open p-0 ssn,family,full_name,birth_date,status",
            "open p-1 ssn,family,full_name,birth_date,status"
        ]
    );
}

#[test]
fn who_may_not_open_learns_nothing() {
    let ward = Ward::new();
    let table = ward.table(2);
    ward.gate
        .decide(|request| match request.record().unwrap().id().as_str() {
            "p-0" => Decision::deny("no"),
            _ => Decision::permit("granted"),
        });
    let verdicts = ward.session().verify_indexes(&table).unwrap();
    let error = verdicts[0].as_ref().unwrap_err();
    assert_eq!((error.kind(), error.index()), (ErrorKind::Denied, Some(0)));
    assert!(verdicts[1].is_ok());

    ward.gate.decide(|_| Decision::deny("no"));
    ward.forget();
    assert!(
        ward.session()
            .verify_indexes(&table)
            .unwrap()
            .iter()
            .all(Result::is_err)
    );
    assert_eq!(ward.keys.count(), Count::default());
    assert_eq!(ward.event().outcome, "denied");
}

#[test]
fn a_corrupt_row_loses_no_other() {
    let ward = Ward::new();
    let mut table = ward.table(3);
    table[0].family = corrupt(&table[0].family);
    table[1].status = None;
    let verdicts = ward.session().verify_indexes(&table).unwrap();
    let failed = |at: usize| {
        let error = verdicts[at].as_ref().unwrap_err();
        (error.kind(), error.field(), error.index())
    };
    assert_eq!(failed(0), (ErrorKind::Integrity, Some("family"), Some(0)));
    assert_eq!(failed(1), (ErrorKind::Integrity, Some("status"), Some(1)));
    assert!(verdicts[2].is_ok());
    assert_eq!(ward.event().outcome, "partial");
    // The field without an index is none of its business.
    table[2].note = corrupt(&table[2].note);
    assert!(ward.session().verify_indexes(&table).unwrap()[2].is_ok());
}

#[test]
fn without_an_index_key_every_row_fails_and_the_event_says_so() {
    let ward = Ward::new();
    let table = ward.table(1);
    // The sealing key stays readable, the index key is of another ring.
    let tenant = phi_seal::TenantId::new("mercy").unwrap();
    let mut sealing = None;
    let scope = phi_seal::key::Scope::sealing(&tenant, None);
    phi_seal::key::KeyProvider::with_active(&ward.keys.ring, scope, &mut |key| {
        let bytes = phi_seal::danger::export_data_key(key);
        let scope = phi_seal::key::KeyScope::default();
        sealing = Some(phi_seal::danger::import_data_key(bytes, scope));
    })
    .unwrap();
    ward.keys
        .ring
        .replace(phi_seal::Keyring::from_key(sealing.unwrap()));
    let verdicts = ward.session().verify_indexes(&table).unwrap();
    assert_eq!(
        verdicts[0].as_ref().unwrap_err().kind(),
        ErrorKind::MissingKey
    );
    let event = ward.event();
    assert_eq!(event.outcome, "missing_key");
    assert!(
        items(&event)
            .iter()
            .all(|item| item.ends_with("missing_key granted"))
    );
}

#[test]
fn nothing_is_said_without_a_record() {
    let ward = Ward::new();
    let table = ward.table(1);
    ward.sink.fail_with(AuditError::new("down"));
    let error = ward.session().verify_indexes(&table).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Audit);
    ward.sink.recover();
    let session = ward.session();
    ward.clock.advance(EXPIRY.max_age * 2);
    assert!(session.verify_indexes(&table).unwrap_err().is_expired());
    assert_eq!(ward.event().outcome, "expired");
}

#[test]
fn a_record_without_indexes_has_nothing_to_verify() {
    #[derive(PhiRecord)]
    #[phi(record = "plain")]
    struct Plain {
        #[phi(id, subject)]
        id: u32,
        #[phi(category = Name)]
        name: Phi<String>,
    }
    let ward = Ward::new();
    let session = ward.session();
    let rows = [session
        .seal(&Plain {
            id: 1,
            name: phi("Ada"),
        })
        .unwrap()];
    ward.forget();
    assert_eq!(session.verify_indexes(&rows).unwrap(), [Ok(Vec::new())]);
    assert!(ward.sink.is_empty(), "nothing was done");
}

#[test]
fn a_slow_index_is_verified_too() {
    #[derive(PhiRecord)]
    #[phi(record = "slow")]
    struct Slow {
        #[phi(id, subject)]
        id: u32,
        #[phi(category = Phone, index(us_phone, slow))]
        phone: Phi<String>,
    }
    let ward = Ward::new();
    let session = ward.session();
    let seal = |id, phone| {
        session
            .seal(&Slow {
                id,
                phone: phi(phone),
            })
            .unwrap()
    };
    let mut rows = [seal(1, "617-555-0143"), seal(2, "617-555-0144")];
    rows[1].phone_index = rows[0].phone_index;
    let states: Vec<_> = session
        .verify_indexes(&rows)
        .unwrap()
        .into_iter()
        .map(|verdicts| verdicts.unwrap()[0].state())
        .collect();
    assert_eq!(states, [IndexState::Current, IndexState::Wrong]);
}
