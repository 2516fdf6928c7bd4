//! Every way out of a search: one event each, and nothing out of any but the recorded ones.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use phi_seal::codec::{CodecError, Content, Encoder, Value};
use phi_seal::{ActionKind, AuditError, Decision, Error, ErrorKind, Keyring, Phi, SecretBytes};

use crate::doubles::{Count, Lending};
use crate::ward::{
    EXPIRY, Patient, PatientRow, Ward, birth_date, candidates, index_scope, items, phi, ssn,
};

/// A search for the first patient, through to the rows.
fn search(ward: &Ward, table: &[PatientRow]) -> Result<usize, Error> {
    let session = ward.session();
    let search = session.search(Patient::SSN_INDEX, &phi(&ssn(0)))?;
    let rows = candidates(table, &search);
    Ok(search.open(rows)?.len())
}

#[track_caller]
fn expect(ward: &Ward, outcome: &str, reason: &str, expected: &[&str]) {
    let event = ward.event();
    assert_eq!(
        (event.action.as_str(), event.outcome.as_str()),
        ("search", outcome)
    );
    assert_eq!(event.search.as_ref().unwrap().reason, reason);
    assert_eq!(items(&event), expected);
}

#[test]
fn a_search_that_is_dropped_is_recorded_once_as_aborted() {
    let ward = Ward::new();
    let session = ward.session();
    let search = session.search(Patient::SSN_INDEX, &phi(&ssn(0))).unwrap();
    assert!(ward.sink.is_empty());
    drop(search);
    expect(&ward, "aborted", "granted", &[]);
}

#[test]
fn a_panic_in_between_is_recorded_once_as_aborted() {
    let ward = Ward::new();
    let table = ward.table(1);
    let result = catch_unwind(AssertUnwindSafe(|| {
        let session = ward.session();
        let _search = session.search(Patient::SSN_INDEX, &phi(&ssn(0))).unwrap();
        panic!("the database");
    }));
    assert!(result.is_err());
    expect(&ward, "aborted", "granted", &[]);

    ward.forget();
    let result = catch_unwind(AssertUnwindSafe(|| {
        let session = ward.session();
        let search = session.search(Patient::SSN_INDEX, &phi(&ssn(0))).unwrap();
        let rows = table.iter().inspect(|_| panic!("the cursor"));
        search.open(rows).map(drop)
    }));
    assert!(result.is_err());
    expect(&ward, "aborted", "granted", &[]);
}

#[test]
fn a_dead_sink_while_a_search_is_dropped_does_no_harm() {
    let ward = Ward::new();
    ward.sink.fail_with(AuditError::new("down"));
    let session = ward.session();
    drop(session.search(Patient::SSN_INDEX, &phi(&ssn(0))).unwrap());
    assert!(ward.sink.is_empty());
}

#[test]
fn a_denied_search_is_recorded_and_touches_no_key() {
    let ward = Ward::new();
    let table = ward.table(1);
    ward.gate.decide(|_| Decision::deny("not-for-searching"));
    ward.keys.mode(Lending::Panic);
    let error = search(&ward, &table).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert_eq!(error.to_string(), "access denied");
    expect(&ward, "denied", "not-for-searching", &[]);
    assert_eq!(ward.gate.asked(), ["search - ssn"]);
    assert_eq!(ward.keys.count(), Count::default());
}

/// A denial says nothing about the term or the keys.
#[test]
fn a_denial_is_the_same_for_any_term_and_any_keys() {
    let keyless = Ward::with_ring(Keyring::generate().unwrap());
    for ward in [Ward::new(), keyless] {
        ward.gate.decide(|_| Decision::deny("no"));
        let session = ward.session();
        for term in [ssn(0).as_str(), "no digits", ""] {
            let error = session.search(Patient::SSN_INDEX, &phi(term)).unwrap_err();
            assert_eq!(error.to_string(), "access denied");
            assert_eq!((error.kind(), error.field()), (ErrorKind::Denied, None));
        }
        let odd = session.search(Patient::SSN_INDEX, &Phi::new(Odd::Unencodable));
        assert!(odd.unwrap_err().is_denied());
    }
}

#[test]
fn every_field_of_an_index_must_be_permitted() {
    let ward = Ward::new();
    let session = ward.session();
    for (permitted, is_enough) in [
        (vec![true, false], false),
        (vec![false, true], false),
        (vec![true], false),
        (vec![true, true], true),
    ] {
        ward.forget();
        // A function pointer holds no state: the decision is chosen among fixed ones.
        ward.gate.decide(match permitted.as_slice() {
            [true, false] => |_| Decision::permit_only("granted", vec![true, false]),
            [false, true] => |_| Decision::permit_only("granted", vec![false, true]),
            [true] => |_| Decision::permit_only("granted", vec![true]),
            _ => |_| Decision::permit_only("granted", vec![true, true]),
        });
        let terms = (&phi(&birth_date(0)), &phi("żak"));
        let search = session.search(Patient::BIRTH_DATE_FAMILY, terms);
        assert_eq!(search.is_ok(), is_enough, "{permitted:?}");
        drop(search);
        match is_enough {
            true => expect(&ward, "aborted", "granted", &[]),
            false => {
                expect(&ward, "denied", "not-permitted", &[]);
                assert_eq!(ward.keys.count(), Count::default());
            }
        }
        assert_eq!(ward.gate.asked(), ["search - birth_date,family"]);
    }
}

#[test]
fn a_term_without_a_form_is_recorded_and_touches_no_key() {
    let ward = Ward::new();
    let session = ward.session();
    let refused = |error: Option<Error>| {
        let error = error.unwrap();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.record_type(), Some("patient"));
        expect(&ward, "invalid_input", "granted", &[]);
        assert_eq!(ward.keys.count(), Count::default());
        ward.forget();
    };
    refused(session.search(Patient::SSN_INDEX, &phi("no digits")).err());
    refused(session.search(Patient::FAMILY_PREFIX, &phi("ża")).err());
    refused(session.search(Patient::WORDS, &phi(" -- ")).err());
    refused(session.search(Patient::BIRTH_YEAR, &phi("last year")).err());
    // Contents that the form knows nothing of.
    refused(
        session
            .search(Patient::SSN_INDEX, &Phi::new(vec![7_u8; 9]))
            .err(),
    );
    refused(
        session
            .search(Patient::BIRTH_YEAR, &Phi::new(i128::MAX))
            .err(),
    );
    let second = (&phi(&birth_date(0)), &phi(""));
    let error = session.search(Patient::BIRTH_DATE_FAMILY, second).err();
    assert_eq!(error.unwrap().field(), Some("family"));
    refused(error);
}

/// A type of the application's own.
enum Odd {
    Unencodable,
    Panics,
}

impl Value for Odd {
    const CONTENT: Content = Content::Text;

    fn encode(&self, _: &mut Encoder<'_>) -> Result<(), CodecError> {
        match self {
            Self::Unencodable => Err(CodecError::new("this value must not be stored")),
            Self::Panics => panic!("encode"),
        }
    }

    fn decode(_: SecretBytes) -> Result<Self, CodecError> {
        Err(CodecError::new("this value must not be read"))
    }

    fn wipe(&mut self) {}
}

#[test]
fn a_term_that_cannot_be_encoded_is_recorded() {
    let ward = Ward::new();
    let session = ward.session();
    let error = session
        .search(Patient::SSN_INDEX, &Phi::new(Odd::Unencodable))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unencodable);
    expect(&ward, "unencodable", "granted", &[]);

    ward.forget();
    let result = catch_unwind(AssertUnwindSafe(|| {
        session
            .search(Patient::SSN_INDEX, &Phi::new(Odd::Panics))
            .is_ok()
    }));
    assert!(result.is_err());
    expect(&ward, "aborted", "granted", &[]);
}

#[test]
fn a_search_without_an_index_key_is_recorded() {
    let ward = Ward::with_ring(Keyring::generate().unwrap());
    let error = search(&ward, &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingKey);
    expect(&ward, "missing_key", "granted", &[]);
}

#[test]
fn a_provider_that_breaks_its_contract_is_recorded() {
    for (mode, kind) in [
        (Lending::NoList, ErrorKind::Provider),
        (Lending::Nothing, ErrorKind::Provider),
        (Lending::Foreign, ErrorKind::MissingKey),
        (Lending::Twice, ErrorKind::Provider),
        (Lending::ActiveLast, ErrorKind::Provider),
    ] {
        let ward = Ward::new();
        ward.keys.ring.rotate_scope(&index_scope()).unwrap();
        ward.keys.mode(mode);
        assert_eq!(search(&ward, &[]).unwrap_err().kind(), kind, "{mode:?}");
        expect(&ward, kind.code(), "granted", &[]);
    }
    let ward = Ward::new();
    ward.keys.mode(Lending::Panic);
    let result = catch_unwind(AssertUnwindSafe(|| search(&ward, &[]).is_ok()));
    assert!(result.is_err());
    expect(&ward, "aborted", "granted", &[]);
}

/// No breach: the active key was another when the search looked at it first.
#[test]
fn a_rotation_while_keys_are_listed_fails_no_search() {
    let ward = Ward::new();
    let table = ward.table(1);
    ward.keys.mode(Lending::Rotating);
    let session = ward.session();
    let search = session.search(Patient::SSN_INDEX, &phi(&ssn(0))).unwrap();
    assert_eq!(search.values().len(), 2);
    let rows = candidates(&table, &search);
    assert_eq!(search.open(rows).unwrap().len(), 1);
}

#[test]
fn a_policy_that_panics_is_recorded() {
    let ward = Ward::new();
    let table = ward.table(1);
    ward.gate.decide(|_| panic!("policy"));
    assert!(catch_unwind(AssertUnwindSafe(|| search(&ward, &table).is_ok())).is_err());
    expect(&ward, "aborted", "", &[]);

    // About the row that was found, before anything is done with it.
    ward.forget();
    ward.gate.decide(|request| match request.record() {
        None => Decision::permit("granted"),
        Some(_) => panic!("policy"),
    });
    assert!(catch_unwind(AssertUnwindSafe(|| search(&ward, &table).is_ok())).is_err());
    expect(&ward, "aborted", "granted", &[]);

    ward.forget();
    ward.gate.decide(|request| match request.action() {
        ActionKind::Search => Decision::permit("granted"),
        _ => panic!("policy"),
    });
    assert!(catch_unwind(AssertUnwindSafe(|| search(&ward, &table).is_ok())).is_err());
    let fields = ["ssn", "family", "full_name", "birth_date", "status", "note"];
    let expected = fields.map(|name| format!("p-0 {name} aborted "));
    expect(
        &ward,
        "aborted",
        "granted",
        &expected.each_ref().map(String::as_str),
    );
}

#[test]
fn an_expired_session_searches_nothing() {
    let ward = Ward::new();
    let session = ward.session();
    ward.clock.advance(EXPIRY.idle + Duration::from_secs(1));
    let error = session
        .search(Patient::SSN_INDEX, &phi(&ssn(0)))
        .unwrap_err();
    assert!(error.is_expired());
    expect(&ward, "expired", "", &[]);
    assert!(ward.gate.asked().is_empty());
    assert_eq!(ward.keys.count(), Count::default());
}

#[test]
fn a_session_that_expires_in_between_opens_nothing() {
    for rows in [0, 1] {
        let ward = Ward::new();
        let table = ward.table(1);
        let session = ward.session();
        let search = session.search(Patient::SSN_INDEX, &phi(&ssn(0))).unwrap();
        ward.clock.advance(EXPIRY.idle + Duration::from_secs(1));
        ward.keys.count();
        ward.gate.asked();
        let error = search.open(&table[..rows]).unwrap_err();
        assert!(error.is_expired());
        let event = ward.event();
        assert_eq!(
            (event.action.as_str(), event.outcome.as_str()),
            ("search", "expired")
        );
        assert!(items(&event).iter().all(|item| item.ends_with(" expired ")));
        assert_eq!(items(&event).len(), 6 * rows);
        assert!(ward.gate.asked().is_empty());
        assert_eq!(ward.keys.count(), Count::default());
    }
}

#[test]
fn nothing_comes_out_unrecorded() {
    let ward = Ward::new();
    let table = ward.table(1);
    let session = ward.session();
    let begun = || session.search(Patient::SSN_INDEX, &phi(&ssn(0))).unwrap();
    let (whole, fields) = (begun(), begun());
    ward.sink.fail_with(AuditError::new("down"));
    assert_eq!(whole.open(&table).unwrap_err().kind(), ErrorKind::Audit);
    let error = fields.open_fields(&table, (Patient::NOTE,)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Audit);
    // A failure that cannot be recorded is not told either.
    let error = session
        .search(Patient::SSN_INDEX, &phi("no digits"))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Audit);
    ward.gate.decide(|_| Decision::deny("no"));
    let error = session
        .search(Patient::SSN_INDEX, &phi(&ssn(0)))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Audit);
    assert!(ward.sink.is_empty());
}

#[test]
fn a_field_named_twice_is_recorded_as_it_ends() {
    let ward = Ward::new();
    let table = ward.table(1);
    let session = ward.session();
    let search = session.search(Patient::SSN_INDEX, &phi(&ssn(0))).unwrap();
    let twice = (Patient::NOTE, Patient::SSN, Patient::NOTE);
    let error = search.open_fields(&table, twice).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    expect(&ward, "invalid_input", "granted", &[]);
}

/// A search takes its number when it begins and records it when it ends, whatever lies between.
#[test]
fn numbers_of_a_session_have_no_gap() {
    let ward = Ward::new();
    let table = ward.table(2);
    let session = ward.session();
    let search = |term: &str| session.search(Patient::SSN_INDEX, &phi(term));
    let first = search(&ssn(0)).unwrap();
    let second = search(&ssn(1)).unwrap();
    session.open(&table[0]).unwrap();
    search("no digits").unwrap_err();
    second.open(&table).unwrap();
    drop(search(&ssn(1)).unwrap());
    search(&ssn(1))
        .unwrap()
        .open_fields(&table, (Patient::NOTE,))
        .unwrap();
    ward.gate.decide(|_| Decision::deny("no"));
    search(&ssn(1)).unwrap_err();
    ward.clock.advance(EXPIRY.max_age * 2);
    search(&ssn(1)).unwrap_err();
    drop(first);
    let events = ward.sink.events();
    let mut numbers: Vec<u64> = events
        .iter()
        .map(|event| event.action_id.rsplit('-').next().unwrap().parse().unwrap())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=8).collect::<Vec<_>>());
}
