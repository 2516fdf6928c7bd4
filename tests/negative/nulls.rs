//! Absence: sealed, removed, moved, and where none may be.

use phi_seal::danger;
use phi_seal::{ErrorKind, Phi, Sealed};

use crate::place::Place;
use crate::refusal::{key, opens, refusal, refusal_of, sealed_at};

#[test]
fn a_null_over_a_field_that_seals_its_nulls() {
    let here = Place::default();
    let field = here.field::<String>().sealed_null();
    let (session, sink) = here.session(key());
    let gone: Option<Sealed<String>> = None;
    here.within(|tenant, row| {
        let refusals = [
            session.open_value(&field, row, &gone).map(drop),
            session.rebind(&field, row, row, &gone).map(drop),
            danger::open_unrecorded(&key(), tenant, &field, row, &gone).map(drop),
        ];
        for refusal in refusals {
            assert_eq!(refusal.unwrap_err().kind(), ErrorKind::Integrity);
        }
        let present = sealed_at(&here, Some(String::from("x")), None);
        let several = [(row, &Some(present)), (row, &gone)];
        let opened = session.open_values(&field, &several).unwrap();
        assert!(opened[0].is_ok());
        assert!(opened[1].as_ref().unwrap_err().is_integrity());
    });
    let outcomes: Vec<_> = sink
        .events()
        .into_iter()
        .map(|event| event.outcome)
        .collect();
    assert_eq!(outcomes, ["integrity", "integrity", "partial"]);
}

#[test]
fn a_null_where_nulls_are_not_sealed_is_an_absence() {
    let here = Place::default();
    let field = here.field::<String>();
    let (session, sink) = here.session(key());
    let absent: Option<Phi<String>> = here
        .within(|_, row| session.open_value(&field, row, &None))
        .unwrap();
    assert!(absent.is_none());
    assert!(here.open_raw::<String>(&key(), None).unwrap().is_none());
    assert_eq!(sink.events()[0].outcome, "absent");
}

#[test]
fn a_sealed_null_is_bound_to_its_place_like_any_value() {
    let here = Place::default();
    let sealed = sealed_at::<String>(&here, None, None);
    assert!(opens(&here, &sealed));
    let changes: [fn(&mut Place); 6] = [
        |place| place.tenant.push('0'),
        |place| place.subject.push('0'),
        |place| place.record_type.push('0'),
        |place| place.record_id.push('0'),
        |place| place.field.push('0'),
        |place| place.binding.push(0),
    ];
    for change in changes {
        let mut elsewhere = here.clone();
        change(&mut elsewhere);
        assert_eq!(refusal_of(&elsewhere, &sealed), ErrorKind::Integrity);
    }
}

#[test]
fn a_sealed_null_over_a_value_and_a_value_over_a_null_need_the_key() {
    let here = Place::default();
    let null = sealed_at::<String>(&here, None, None).into_bytes();
    let empty = sealed_at(&here, Some(String::new()), None).into_bytes();
    let (mut as_text, mut as_null) = (null, empty);
    as_text[1] = 2;
    as_null[1] = 0;
    for forged in [as_text, as_null] {
        assert_eq!(refusal::<String>(&here, &forged), ErrorKind::Integrity);
    }
}

#[test]
fn a_padded_flag_that_was_set_or_cleared() {
    let here = Place::default();
    for bucket in [None, Some(16)] {
        for value in [None, Some(String::from("b\u{80}"))] {
            let mut forged = sealed_at(&here, value, bucket).into_bytes();
            forged[1] ^= 0x80;
            assert_eq!(refusal::<String>(&here, &forged), ErrorKind::Integrity);
        }
    }
}

#[test]
fn a_sealed_null_in_a_field_that_is_always_present() {
    let here = Place::default();
    let field = here.field::<String>();
    for bucket in [None, Some(16)] {
        let null = sealed_at::<String>(&here, None, bucket);
        let (session, sink) = here.session(key());
        here.within(|tenant, row| {
            let refusals = [
                session.open_value(&field, row, &null).map(drop),
                danger::open_unrecorded(&key(), tenant, &field, row, &null).map(drop),
            ];
            for refusal in refusals {
                assert_eq!(refusal.unwrap_err().kind(), ErrorKind::Undecodable);
            }
        });
        assert_eq!(sink.events()[0].outcome, "undecodable");
    }
}
