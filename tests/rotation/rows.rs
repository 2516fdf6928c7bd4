//! A page of rows, sealed anew.

use phi_seal::record::IndexState;
use phi_seal::{AuditError, Decision, ErrorKind};

use crate::doubles::Count;
use crate::ward::{
    EXPIRY, Patient, PatientRow, Ward, corrupt, index_scope, items, patient, phi, recorded_ids, ssn,
};

fn reseal(ward: &Ward, rows: &[PatientRow]) -> Vec<Option<PatientRow>> {
    let resealed = ward.session().reseal_rows(rows).unwrap();
    resealed.into_iter().map(|row| row.ok().unwrap()).collect()
}

/// Opens to what it was, found by what it was.
fn check(ward: &Ward, row: &PatientRow, number: usize) {
    let session = ward.session();
    let opened = session.open(row).unwrap();
    assert_eq!(*opened.ssn.expose(), ssn(number));
    assert_eq!(*opened.note.expose(), format!("note {number}"));
    assert_eq!(opened.status.is_some(), number.is_multiple_of(2));
    let verdicts = session.verify_indexes(std::slice::from_ref(row)).unwrap();
    for verdict in verdicts.into_iter().next().unwrap().unwrap() {
        assert_eq!(verdict.state(), IndexState::Current, "{}", verdict.index());
    }
}

#[test]
fn current_rows_are_neither_decrypted_nor_recorded() {
    let ward = Ward::new();
    let table = ward.table(5);
    assert!(reseal(&ward, &table).iter().all(Option::is_none));
    assert_eq!(ward.keys.count().opened, 0);
    let asked = ward.gate.asked();
    assert_eq!(asked.len(), 5, "once a row");
    assert_eq!(
        asked[0],
        "reseal p-0 ssn,family,full_name,birth_date,status,note"
    );
    assert_eq!(asked[4], "reseal p-4 ssn,family,birth_date,status,note");
    assert!(
        ward.session()
            .reseal_rows::<PatientRow>(&[])
            .unwrap()
            .is_empty()
    );
    assert!(ward.gate.asked().is_empty() && ward.sink.is_empty());
    // No event, and so no number of one.
    let session = ward.session();
    session.reseal_rows(&table).unwrap();
    session.open(&table[0]).unwrap();
    assert_eq!(ward.event().event, format!("{}-1-1", session.id()));
}

/// Whether a row is current, stale or of a key that is gone.
#[test]
fn who_is_denied_learns_nothing_of_any_key_and_that_is_recorded() {
    let (current, stale, gone) = (Ward::new(), Ward::new(), Ward::new());
    let of = |ward: &Ward| ward.table(2);
    let tables = [of(&current), of(&stale), of(&gone)];
    stale.keys.ring.rotate().unwrap();
    gone.keys
        .ring
        .replace(phi_seal::Keyring::generate().unwrap());
    let mut told = Vec::new();
    for (ward, table) in [current, stale, gone].iter().zip(&tables) {
        ward.gate.decide(|request| match request.record() {
            Some(record) if record.id().as_str() == "p-1" => Decision::deny("no-reseal"),
            _ => Decision::permit("granted"),
        });
        for fill in [false, true] {
            let (session, rows) = (ward.session(), &table[1..]);
            let resealed = match fill {
                false => session.reseal_rows(rows),
                true => session.fill_indexes(rows),
            };
            let error = resealed.unwrap().remove(0).err().unwrap();
            assert!(error.is_denied());
            assert_eq!(ward.keys.count(), Count::default());
            let event = ward.event();
            assert_eq!(event.outcome, "denied");
            told.push((error, items(&event)));
            ward.forget();
        }
    }
    assert_eq!(told[0].1[0], "p-1 ssn denied no-reseal");
    assert_eq!(told[0].1.len(), 6);
    assert!(told.iter().all(|other| *other == told[0]));
}

#[test]
fn a_denied_row_among_current_ones_is_the_only_one_recorded() {
    let ward = Ward::new();
    let table = ward.table(3);
    ward.gate
        .decide(|request| match request.record().unwrap().id().as_str() {
            "p-1" => Decision::permit_only("granted", vec![true; 5]),
            _ => Decision::permit("granted"),
        });
    let resealed = ward.session().reseal_rows(&table).unwrap();
    assert!(matches!((&resealed[0], &resealed[2]), (Ok(None), Ok(None))));
    let error = resealed[1].as_ref().err().unwrap();
    assert_eq!(
        (error.kind(), error.field(), error.index()),
        (ErrorKind::Denied, Some("note"), Some(1))
    );
    let event = ward.event();
    assert_eq!(
        (event.outcome.as_str(), recorded_ids(&event)),
        ("denied", vec!["p-1"])
    );
}

/// There is no row to act on, and an event of nothing would say that something succeeded.
#[test]
fn rows_without_an_id_are_errors_and_no_event() {
    let ward = Ward::new();
    let mut table = ward.table(2);
    table.iter_mut().for_each(|row| row.id.clear());
    let session = ward.session();
    let failed = |results: Vec<ErrorKind>| assert_eq!(results, [ErrorKind::InvalidInput; 2]);
    let resealed = session.reseal_rows(&table).unwrap();
    failed(
        resealed
            .iter()
            .map(|row| row.as_ref().err().unwrap().kind())
            .collect(),
    );
    let positions = resealed
        .iter()
        .map(|row| row.as_ref().err().unwrap().index());
    assert_eq!(positions.collect::<Vec<_>>(), [Some(0), Some(1)]);
    let verified = session.verify_indexes(&table).unwrap();
    failed(
        verified
            .iter()
            .map(|row| row.as_ref().err().unwrap().kind())
            .collect(),
    );
    assert!(ward.sink.is_empty());
    assert_eq!(ward.keys.count(), Count::default());
}

#[test]
fn stale_rows_are_sealed_anew_and_the_current_among_them_left_alone() {
    let ward = Ward::new();
    let mut table = ward.table(2);
    let key = ward.keys.ring.rotate().unwrap();
    table.insert(1, ward.session().seal(&patient(7)).unwrap());
    ward.forget();
    let resealed = reseal(&ward, &table);
    assert!(resealed[1].is_none());
    // The six fields of each stale row, and of the one whose status is a sealed null once more,
    // since its index column is empty; no other index, since those are current; none of the
    // current row.
    assert_eq!(ward.keys.count().opened, 2 * 6 + 1);
    let event = ward.event();
    assert_eq!(
        (event.action.as_str(), event.outcome.as_str()),
        ("reseal", "success")
    );
    assert_eq!(recorded_ids(&event), ["p-0", "p-1"]);
    assert!(
        items(&event)
            .iter()
            .all(|item| item.ends_with("success granted"))
    );
    for field in event
        .subjects
        .iter()
        .flat_map(|subject| &subject.records[0].fields)
    {
        assert_eq!(field.key, Some(key.to_hex()));
        assert!(field.tag.is_some());
    }
    for (at, number) in [(0, 0), (2, 1)] {
        let row = resealed[at].as_ref().unwrap();
        let envelopes = [&row.ssn, &row.family, &row.birth_date, &row.note];
        assert!(envelopes.iter().all(|sealed| sealed.key_id() == key));
        let old = &table[at];
        assert!(row.ssn_index == old.ssn_index && row.words == old.words);
        assert_eq!(
            row.status.as_ref().map(|s| s.as_bytes().len()),
            old.status.as_ref().map(|s| s.as_bytes().len())
        );
        check(&ward, row, number);
    }
    let again: Vec<_> = resealed.into_iter().flatten().collect();
    assert!(reseal(&ward, &again).iter().all(Option::is_none));
}

#[test]
fn a_stale_field_of_a_compound_index_is_sealed_anew_alone() {
    let ward = Ward::new();
    let mut table = ward.table(1);
    let before = table[0].clone();
    ward.keys.ring.rotate().unwrap();
    // All but the family name are current.
    let renewed = reseal(&ward, &table).remove(0).unwrap();
    table[0] = PatientRow {
        family: before.family,
        ..renewed
    };
    ward.forget();
    let resealed = reseal(&ward, &table).remove(0).unwrap();
    assert_eq!(items(&ward.event()), ["p-0 family success granted"]);
    // To seal it; its indexes are current.
    assert_eq!(ward.keys.count().opened, 1);
    let restored = PatientRow {
        family: table[0].family.clone(),
        ..resealed.clone()
    };
    assert!(restored == table[0], "nothing else changed");
    check(&ward, &resealed, 0);
}

#[test]
fn a_stale_index_alone_is_made_anew_and_its_envelopes_stay() {
    let ward = Ward::new();
    let table = ward.table(1);
    ward.keys.ring.rotate_scope(&index_scope()).unwrap();
    ward.forget();
    let row = reseal(&ward, &table).remove(0).unwrap();
    let event = ward.event();
    assert_eq!(
        (event.action.as_str(), event.outcome.as_str()),
        ("reseal", "success")
    );
    let mut listed = items(&event);
    listed.sort();
    let mut names = ["ssn", "family", "full_name", "birth_date", "status"];
    names.sort_unstable();
    assert_eq!(
        listed,
        names.map(|name| format!("p-0 {name} success granted"))
    );
    // Nothing was sealed, so no tag; the note has no index and is not listed.
    let fields = &event.subjects[0].records[0].fields;
    assert!(
        fields
            .iter()
            .all(|field| field.tag.is_none() && field.key.is_some())
    );
    assert!(row.ssn == table[0].ssn && row.family == table[0].family && row.note == table[0].note);
    assert!(row.ssn_index != table[0].ssn_index);
    check(&ward, &row, 0);
}

#[test]
fn one_stale_index_makes_its_own_fields_stale_and_no_others() {
    let ward = Ward::new();
    let old = ward.table(1).remove(0);
    ward.keys.ring.rotate_scope(&index_scope()).unwrap();
    let new = reseal(&ward, std::slice::from_ref(&old)).remove(0).unwrap();
    ward.forget();
    let mixed = PatientRow {
        ssn_index: old.ssn_index,
        ..new.clone()
    };
    let row = reseal(&ward, &[mixed]).remove(0).unwrap();
    assert_eq!(items(&ward.event()), ["p-0 ssn success granted"]);
    assert!(row == new);
    ward.forget();
    let mixed = PatientRow {
        birth_date_family: old.birth_date_family,
        ..new.clone()
    };
    assert!(reseal(&ward, &[mixed]).remove(0).unwrap() == new);
    assert_eq!(items(&ward.event()).len(), 2);
}

/// The plain field and the absent values are as they were.
#[test]
fn absent_values_stay_absent() {
    let ward = Ward::new();
    let mut table = ward.table(10);
    table[9].active = false;
    assert!(table[9].full_name.is_none() && table[9].status_index.is_none());
    ward.keys.ring.rotate().unwrap();
    ward.keys.ring.rotate_scope(&index_scope()).unwrap();
    let row = reseal(&ward, &table[9..]).remove(0).unwrap();
    assert!(row.full_name.is_none() && row.words.is_empty() && row.status_index.is_none());
    assert!(!row.active && row.id == "p-9");
    check(&ward, &row, 9);
}

#[test]
fn a_row_that_fails_loses_no_other() {
    let ward = Ward::new();
    let mut table = ward.table(5);
    ward.keys.ring.rotate().unwrap();
    table[0].note = corrupt(&table[0].note);
    table[1].id.clear();
    ward.gate
        .decide(|request| match request.record().unwrap().id().as_str() {
            "p-2" => Decision::deny("no"),
            "p-3" => Decision::permit_only("granted", vec![true]),
            _ => Decision::permit("granted"),
        });
    let resealed = ward.session().reseal_rows(&table).unwrap();
    let failed = |at: usize| {
        let error = resealed[at].as_ref().err().unwrap();
        (error.kind(), error.field(), error.index())
    };
    assert_eq!(failed(0), (ErrorKind::Integrity, Some("note"), Some(0)));
    assert_eq!(failed(1).0, ErrorKind::InvalidInput);
    assert_eq!(failed(2), (ErrorKind::Denied, Some("ssn"), Some(2)));
    assert_eq!(failed(3), (ErrorKind::Denied, Some("family"), Some(3)));
    assert!(matches!(&resealed[4], Ok(Some(_))));
    let event = ward.event();
    assert_eq!(event.outcome, "partial");
    assert_eq!(recorded_ids(&event), ["p-0", "p-2", "p-3", "p-4"]);
    assert_eq!(items(&event)[5], "p-0 note integrity granted");
}

#[test]
fn a_rule_without_actions_allows_no_resealing() {
    use phi_seal::{Purpose, RolePolicy, Rule, Vault};
    let ward = Ward::new();
    let table = ward.table(1);
    ward.keys.ring.rotate().unwrap();
    let policy = RolePolicy::new("1").allow(Rule::role("physician", &[Purpose::Treatment]));
    let vault = Vault::builder(ward.keys.clone(), policy, ward.sink.clone()).build();
    let session = vault.session(crate::ward::access("mercy")).unwrap();
    ward.keys.count();
    let resealed = session.reseal_rows(&table).unwrap();
    assert!(resealed[0].as_ref().err().unwrap().is_denied());
    assert_eq!(ward.keys.count().opened, 0);
}

#[test]
fn nothing_comes_out_unrecorded() {
    let ward = Ward::new();
    let table = ward.table(1);
    ward.keys.ring.rotate().unwrap();
    let session = ward.session();
    ward.sink.fail_with(AuditError::new("down"));
    assert_eq!(
        session.reseal_rows(&table).err().unwrap().kind(),
        ErrorKind::Audit
    );
    ward.sink.recover();
    ward.clock.advance(EXPIRY.max_age * 2);
    assert!(session.reseal_rows(&table).err().unwrap().is_expired());
    assert_eq!(ward.event().outcome, "expired");
    assert_eq!(ward.event().action, "reseal");
}

#[test]
fn walking_over_current_rows_is_no_idleness() {
    let ward = Ward::new();
    let table = ward.table(3);
    let session = ward.session();
    for _ in 0..3 {
        ward.clock
            .advance(EXPIRY.idle - std::time::Duration::from_secs(1));
        let current = session.reseal_rows(&table).unwrap();
        assert!(current.into_iter().all(|row| row.ok().unwrap().is_none()));
    }
}

#[test]
fn an_expired_session_does_not_call_rows_current() {
    let ward = Ward::new();
    let table = ward.table(1);
    let session = ward.session();
    ward.forget();
    ward.clock.advance(EXPIRY.idle * 2);
    assert!(session.reseal_rows(&table).err().unwrap().is_expired());
    let event = ward.event();
    assert_eq!(
        (event.action.as_str(), event.outcome.as_str()),
        ("reseal", "expired")
    );
}

#[test]
fn a_planted_index_value_is_not_covered_up() {
    let ward = Ward::new();
    let mut table = ward.table(2);
    table[0].ssn_index = table[1].ssn_index;
    ward.keys.ring.rotate().unwrap();
    let row = reseal(&ward, &table).remove(0).unwrap();
    let session = ward.session();
    let verdicts = session.verify_indexes(&[row]).unwrap().remove(0).unwrap();
    let wrong: Vec<_> = verdicts
        .iter()
        .filter(|verdict| verdict.state() == IndexState::Wrong)
        .map(|verdict| verdict.index())
        .collect();
    assert_eq!(wrong, ["ssn_index"]);
}

#[test]
fn without_an_index_key_a_row_with_index_values_fails() {
    let ward = Ward::new();
    let table = ward.table(1);
    // The active key for sealing is a new one; the old one is gone, and so is that for indexes.
    ward.keys
        .ring
        .replace(phi_seal::Keyring::generate().unwrap());
    let resealed = ward.session().reseal_rows(&table).unwrap();
    assert_eq!(
        resealed[0].as_ref().err().unwrap().kind(),
        ErrorKind::MissingKey
    );
    let _ = Patient::SSN_INDEX;
    assert_eq!(ward.event().outcome, "missing_key");
}

#[test]
fn a_subjects_new_key_makes_that_patients_rows_stale() {
    use phi_seal::key::{DataKey, KeyScope};
    use phi_seal::{SubjectId, TenantId};
    let ward = Ward::new();
    let table = ward.table(2);
    let scope = KeyScope::subject(
        TenantId::new("mercy").unwrap(),
        SubjectId::new("p-1").unwrap(),
    );
    let own = DataKey::generate(scope).unwrap();
    let id = *own.id();
    ward.keys.ring.add(own).unwrap();
    let resealed = reseal(&ward, &table);
    assert!(resealed[0].is_none());
    let row = resealed[1].as_ref().unwrap();
    assert_eq!(row.ssn.key_id(), id);
    assert_eq!(row.ssn_index, table[1].ssn_index);
    check(&ward, row, 1);
    let _ = phi("");
}

#[test]
fn an_index_that_was_added_later_is_filled() {
    let ward = Ward::new();
    let session = ward.session();
    let mut table = ward.table(4);
    table[1].ssn_index = None;
    table[3].ssn_index = None;
    assert!(reseal(&ward, &table).iter().all(Option::is_none));
    ward.forget();

    let filled = session.fill_indexes(&table).unwrap();
    let filled: Vec<_> = filled.into_iter().map(|row| row.ok().unwrap()).collect();
    assert!(filled[0].is_none() && filled[2].is_none());
    assert_eq!(recorded_ids(&ward.event()), ["p-1", "p-3"]);
    for at in [1, 3] {
        let row = filled[at].as_ref().unwrap();
        assert_eq!(row.ssn, table[at].ssn, "nothing but the index is made anew");
        check(&ward, row, at);
    }
}
