//! Values that were not bound to their place, or not to all of it.

use phi_seal::{Category, Field, Label, RecordId, RecordRef, RecordType, SubjectId};

use crate::place::Place;
use crate::{ErrorKind, Phi, change, key, open, seal};

#[test]
fn rails_and_encrypted_message_empty_associated_data() {
    let row = Place::default();
    let other = change(&row, |place| place.record_id = "e-2042".into());
    let sealed = seal(&row, "Knee pain");
    assert_eq!(open(&row, &sealed).as_deref(), Ok("Knee pain"));
    assert_eq!(open(&other, &sealed), Err(ErrorKind::Integrity));
}

#[test]
fn ironcore_alloy_swapped_fields_of_one_document() {
    let ssn = change(&Place::default(), |place| place.field = "ssn".into());
    let name = change(&ssn, |place| place.field = "name".into());
    let (sealed_ssn, sealed_name) = (seal(&ssn, "078-05-1120"), seal(&name, "Ada"));
    assert_eq!(open(&ssn, &sealed_name), Err(ErrorKind::Integrity));
    assert_eq!(open(&name, &sealed_ssn), Err(ErrorKind::Integrity));
}

#[test]
fn sifredb_and_cqrs_es_crypto_context_joined_with_a_separator() {
    for separator in ["|", ":"] {
        let of = |tenant: &str, subject: &str, record_id: &str| Place {
            tenant: tenant.replace('|', separator),
            subject: subject.replace('|', separator),
            record_id: record_id.replace('|', separator),
            ..Place::default()
        };
        let written = of("a", "t|c", "1");
        let sealed = seal(&written, "Knee pain");
        for read in [
            of("a|t", "c", "1"),
            of("a", "t", "c|1"),
            of("a|t|c", "1", "1"),
        ] {
            assert_eq!(open(&read, &sealed), Err(ErrorKind::Integrity));
        }
    }
    let [one, other] = [["a", "b:c"], ["a:b", "c"]].map(|key| RecordId::composite(&key).unwrap());
    assert_ne!(one.as_str(), other.as_str());
}

/// Options of a field in any order keep each other, and none of them or of a row's further uses
/// loses its binding.
#[test]
fn envelopers_a_later_builder_call_drops_the_binding() {
    const ROW: RecordType = RecordType::new("visit");
    let options: [fn(Field<String>) -> Field<String>; 4] = [
        |field| field.label(Label::Hiv),
        |field| field.label(Label::Vip),
        |field| field.pad_to(32),
        Field::sealed_null,
    ];
    let field = |order: [usize; 4]| {
        let plain = ROW.field("note", Category::Clinical);
        order.iter().fold(plain, |field, at| options[*at](field))
    };
    let straight = field([0, 1, 2, 3]);
    let orders = (0..256).map(|n| [n & 3, n >> 2 & 3, n >> 4 & 3, n >> 6]);
    let orders: Vec<_> = orders
        .filter(|order| (0..4).all(|at| order.contains(&at)))
        .collect();
    assert_eq!(orders.len(), 24);
    assert!(straight.info().seals_null() && straight.info().bucket().is_some());

    let place = Place::default();
    let (session, _) = place.session(key());
    let (id, subject) = (RecordId::from(7_u64), SubjectId::new("p-1").unwrap());
    let bare = RecordRef::new(&id, &subject);
    let bound = bare.binding(b"rev-3");
    for order in orders {
        let field = field(order);
        assert_eq!(field.info(), straight.info());
        let value = Some(Phi::new(String::from("x")));
        let sealed = session.seal_value(&field, bound, &value).unwrap();
        assert!(session.open_value(&field, bound, &sealed).is_ok());
        let unbound = session.open_value(&field, bare, &sealed);
        assert!(unbound.unwrap_err().is_integrity());
    }
    // The last binding counts, also when it is empty.
    let sealed = seal_at(&session, bound.binding(b"rev-4"));
    for (row, opens) in [
        (bare, false),
        (bound, false),
        (bare.binding(b"rev-4"), true),
        (bound.binding(b"rev-4"), true),
        (bound.binding(b""), false),
    ] {
        assert_eq!(session.open_value(&straight, row, &sealed).is_ok(), opens);
    }

    fn seal_at(
        session: &phi_seal::Session,
        row: RecordRef<'_>,
    ) -> Option<phi_seal::Sealed<String>> {
        let field = ROW.field("note", Category::Clinical);
        let value = Some(Phi::new(String::from("x")));
        session.seal_value(&field, row, &value).unwrap()
    }
}

/// Ids hide themselves from `Debug`, so all look alike there; they must not in a context.
#[test]
fn onetimesecret_a_redacted_text_in_the_associated_data() {
    let [one, other] = ["p-1", "p-2"].map(|id| SubjectId::new(id).unwrap());
    assert_eq!(format!("{one:?}"), format!("{other:?}"));
    let place = change(&Place::default(), |place| place.subject = "p-1".into());
    let sealed = seal(&place, "Knee pain");
    let changes: [fn(&mut Place); 3] = [
        |place| place.subject = "p-2".into(),
        |place| place.tenant = "clinic-8".into(),
        |place| place.record_id = "e-2042".into(),
    ];
    for f in changes {
        assert_eq!(open(&change(&place, f), &sealed), Err(ErrorKind::Integrity));
    }
}
