//! Who may search, and who may only open.

use std::sync::Arc;

use phi_seal::access::Policy;
use phi_seal::audit::MemorySink;
use phi_seal::key::KeyProvider;
use phi_seal::{
    ActionKind, Category, Decision, Label, Labels, Purpose, RolePolicy, Rule, Session, Vault,
};

use crate::doubles::Count;
use crate::ward::{
    Patient, Ward, access, birth_date, candidates, ids, items, phi, recorded_ids, ssn,
};

const CARE: [Purpose; 1] = [Purpose::Treatment];

/// A session under another policy, on the ward's keys.
fn under(ward: &Ward, policy: impl Policy + 'static) -> (Session, Arc<MemorySink>) {
    let sink = Arc::new(MemorySink::new());
    let keys: Arc<dyn KeyProvider> = ward.keys.clone();
    let vault = Vault::builder(keys, policy, sink.clone()).build();
    (vault.session(access("mercy")).unwrap(), sink)
}

fn physician() -> Rule {
    Rule::role("physician", &CARE)
}

#[test]
fn a_rule_without_actions_allows_no_search() {
    let ward = Ward::new();
    let table = ward.table(1);
    let (session, sink) = under(&ward, RolePolicy::new("1").allow(physician()));
    assert!(session.open(&table[0]).is_ok(), "but opening");
    let error = session
        .search(Patient::SSN_INDEX, &phi(&ssn(0)))
        .unwrap_err();
    assert!(error.is_denied());
    let event = sink.events().pop().unwrap();
    assert_eq!(
        (event.action.as_str(), event.outcome.as_str()),
        ("search", "denied")
    );
    assert_eq!(event.search.unwrap().reason, "no-rule");
}

#[test]
fn who_may_search_and_not_open_learns_nothing() {
    let ward = Ward::new();
    let table = ward.table(8);
    let policy = RolePolicy::new("1").allow(physician().actions(&[ActionKind::Search]));
    let (session, sink) = under(&ward, policy);
    let search = session.search(Patient::FAMILY_INDEX, &phi("żak")).unwrap();
    ward.keys.count();
    assert!(search.open(&table).unwrap().is_empty());
    assert_eq!(
        ward.keys.count(),
        Count::default(),
        "no row is decrypted, not even to compare"
    );
    let event = sink.events().pop().unwrap();
    assert_eq!(event.outcome, "denied");
    // Whether they were true answers is not known, so all that were tried are listed.
    assert_eq!(recorded_ids(&event).len(), 8);
}

#[test]
fn searching_and_opening_are_permitted_each_by_itself() {
    let ward = Ward::new();
    let table = ward.table(8);
    let policy = RolePolicy::new("1")
        .allow(
            physician()
                .actions(&[ActionKind::Search])
                .categories(&[Category::Name]),
        )
        .allow(physician());
    let (session, _) = under(&ward, policy);
    let search = session.search(Patient::FAMILY_INDEX, &phi("żak")).unwrap();
    assert_eq!(ids(search.open(&table).unwrap()), ["p-0", "p-7"]);
    // By another category: no.
    assert!(
        session
            .search(Patient::SSN_INDEX, &phi(&ssn(0)))
            .unwrap_err()
            .is_denied()
    );
    // By one of two fields: no.
    let terms = (&phi(&birth_date(0)), &phi("żak"));
    assert!(
        session
            .search(Patient::BIRTH_DATE_FAMILY, terms)
            .unwrap_err()
            .is_denied()
    );
}

/// To be found by a field is asked for by itself, of the search and of each row.
#[test]
fn the_searched_field_need_not_be_among_those_that_may_be_opened() {
    let ward = Ward::new();
    let table = ward.table(8);
    let policy = RolePolicy::new("1")
        .allow(
            physician()
                .actions(&[ActionKind::Search])
                .categories(&[Category::Ssn]),
        )
        .allow(physician().categories(&[Category::Clinical]));
    let (session, sink) = under(&ward, policy);
    let search = session.search(Patient::SSN_INDEX, &phi(&ssn(3))).unwrap();
    let found = search.open_fields(&table, (Patient::NOTE,)).unwrap();
    assert_eq!(found.len(), 1);
    let hit = &found[0];
    let note = &hit.opened.as_ref().unwrap().0;
    assert_eq!((hit.position, note.expose().as_str()), (3, "note 3"));
    assert_eq!(recorded_ids(&sink.events()[0]), ["p-3"]);
    // As a whole they are out of reach.
    let search = session.search(Patient::SSN_INDEX, &phi(&ssn(3))).unwrap();
    assert!(search.open(&table).unwrap().is_empty());
}

#[test]
fn every_row_is_asked_about_before_it_is_compared() {
    let ward = Ward::new();
    let table = ward.table(4);
    let session = ward.session();
    let search = session.search(Patient::SSN_INDEX, &phi(&ssn(3))).unwrap();
    search
        .open_fields(&table[2..], (Patient::NOTE, Patient::FAMILY))
        .unwrap();
    assert_eq!(
        ward.gate.asked(),
        [
            "search - ssn",
            "search p-2 ssn",
            "open p-2 note,family",
            "search p-3 ssn",
            "open p-3 note,family",
        ]
    );
    // What was permitted of a row that is an answer is said once, and nothing of the other.
    assert_eq!(
        items(&ward.event()),
        ["p-3 note success granted", "p-3 family success granted"]
    );
}

/// The note of p-3 may be read by all, and p-3 not be found by SSN.
#[test]
fn who_may_not_be_found_by_a_field_is_not_found_by_it() {
    let ward = Ward::new();
    let table = ward.table(8);
    ward.gate.decide(|request| {
        let id = request.record().map(|record| record.id().as_str());
        let by_ssn = request.fields().iter().any(|field| field.name() == "ssn");
        match (request.action(), id) {
            (ActionKind::Search, Some("p-3")) if by_ssn => Decision::deny("not-by-ssn"),
            _ => Decision::permit("granted"),
        }
    });
    let session = ward.session();
    let by_ssn = |number| {
        session
            .search(Patient::SSN_INDEX, &phi(&ssn(number)))
            .unwrap()
    };

    // As if it were a row that only looked alike: no error, nothing decrypted.
    for (number, found) in [(3, 0), (4, 1)] {
        let search = by_ssn(number);
        let rows = candidates(&table, &search);
        assert_eq!(rows.len(), 1);
        ward.forget();
        let opened = search.open_fields(rows, (Patient::NOTE,)).unwrap();
        assert_eq!(opened.len(), found);
        assert_eq!(ward.keys.count().opened > 0, found > 0);
        let event = ward.event();
        match number {
            3 => {
                assert_eq!(event.outcome, "denied");
                assert_eq!(items(&event), ["p-3 ssn denied not-by-ssn"]);
                assert_eq!(ward.gate.asked(), ["search p-3 ssn"], "and then no more");
            }
            _ => assert_eq!(items(&event), ["p-4 note success granted"]),
        }
    }

    // Whether it is the row that was searched for makes no difference to the event either.
    ward.forget();
    assert_eq!(ids(by_ssn(4).open(&table).unwrap()), ["p-4"]);
    let event = ward.event();
    assert_eq!(event.outcome, "partial");
    assert_eq!(recorded_ids(&event), ["p-3", "p-4"]);
    assert_eq!(items(&event)[0], "p-3 ssn denied not-by-ssn");

    // By another field, and without a search, it is in reach.
    let search = session
        .search(Patient::FAMILY_INDEX, &phi("O'Neil"))
        .unwrap();
    assert_eq!(ids(search.open(&table).unwrap()), ["p-3"]);
    assert!(session.open(&table[3]).is_ok());
}

#[test]
fn each_field_of_a_compound_index_must_be_permitted_of_each_row() {
    let ward = Ward::new();
    let table = ward.table(1);
    ward.gate.decide(|request| match request.record() {
        Some(_) if request.action() == ActionKind::Search => {
            Decision::permit_only("granted", vec![true, false]).refusing("not-by-name")
        }
        _ => Decision::permit("granted"),
    });
    let session = ward.session();
    let terms = (&phi(&birth_date(0)), &phi("żak"));
    let search = session.search(Patient::BIRTH_DATE_FAMILY, terms).unwrap();
    ward.keys.count();
    assert!(search.open(&table).unwrap().is_empty());
    assert_eq!(ward.keys.count(), Count::default());
    assert_eq!(
        items(&ward.event()),
        [
            "p-0 birth_date aborted granted",
            "p-0 family denied not-by-name"
        ]
    );
}

#[test]
fn a_label_must_be_named_to_be_searched_by() {
    #[derive(phi_seal::PhiRecord)]
    #[phi(record = "test")]
    struct Test {
        #[phi(id, subject)]
        id: u32,
        #[phi(category = Clinical, label = Hiv, index)]
        result: phi_seal::Phi<String>,
    }
    let ward = Ward::new();
    let all = [ActionKind::Search, ActionKind::Open];
    let (session, _) = under(&ward, RolePolicy::new("1").allow(physician().actions(&all)));
    let error = session
        .search(Test::RESULT_INDEX, &phi("positive"))
        .unwrap_err();
    assert!(error.is_denied());
    let labelled = physician()
        .actions(&all)
        .labels(Labels::NONE.with(Label::Hiv));
    let (session, _) = under(&ward, RolePolicy::new("1").allow(labelled));
    let search = session
        .search(Test::RESULT_INDEX, &phi("positive"))
        .unwrap();
    let rows: [TestRow; 0] = [];
    assert!(search.open(&rows).unwrap().is_empty());
}
