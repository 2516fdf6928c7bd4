//! One value, sealed anew.

use phi_seal::{
    Category, Decision, ErrorKind, Field, Phi, RecordId, RecordRef, RecordType, Sealed, SubjectId,
};

use crate::doubles::Count;
use crate::ward::{Ward, items, phi};

const NOTE_OF: RecordType = RecordType::new("note");
const TEXT: Field<String> = NOTE_OF.field("text", Category::Clinical);
const PADDED: Field<String> = NOTE_OF.field("padded", Category::Clinical).pad_to(32);
const NULLABLE: Field<String> = NOTE_OF
    .field("nullable", Category::Clinical)
    .sealed_null()
    .pad_to(32);

struct Place(RecordId<'static>, SubjectId<'static>);

impl Place {
    fn new() -> Self {
        Self(
            RecordId::new("n-1").unwrap(),
            SubjectId::new("p-1").unwrap(),
        )
    }

    fn row(&self) -> RecordRef<'_> {
        RecordRef::new(&self.0, &self.1)
    }
}

#[test]
fn a_current_value_is_neither_decrypted_nor_recorded() {
    let (ward, place) = (Ward::new(), Place::new());
    let session = ward.session();
    let sealed = session.seal_value(&TEXT, place.row(), &phi("Ada")).unwrap();
    ward.forget();
    assert_eq!(session.reseal_value(&TEXT, place.row(), &sealed), Ok(None));
    assert_eq!(session.reseal_value(&TEXT, place.row(), &None), Ok(None));
    assert_eq!(ward.keys.count().opened, 0);
    assert_eq!(ward.gate.asked(), ["reseal n-1 text"; 2]);
    assert!(ward.sink.is_empty());
}

#[test]
fn a_stale_value_is_sealed_under_the_active_key_and_recorded() {
    let (ward, place) = (Ward::new(), Place::new());
    let session = ward.session();
    let old = session.seal_value(&TEXT, place.row(), &phi("Ada")).unwrap();
    let key = ward.keys.ring.rotate().unwrap();
    ward.forget();
    let new = session
        .reseal_value(&TEXT, place.row(), &old)
        .unwrap()
        .unwrap();
    assert_eq!(new.key_id(), key);
    assert_eq!(new.as_bytes().len(), old.as_bytes().len());
    let event = ward.event();
    assert_eq!(
        (event.action.as_str(), event.outcome.as_str()),
        ("reseal", "success")
    );
    assert_eq!(items(&event), ["n-1 text success granted"]);
    let tag: String = new.as_bytes()[new.as_bytes().len() - 16..]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let item = &event.subjects[0].records[0].fields[0];
    assert_eq!(
        (item.tag.as_ref(), item.key.as_ref()),
        (Some(&tag), Some(&key.to_hex()))
    );
    // Before it was compared, and by the action.
    assert_eq!(ward.gate.asked(), ["reseal n-1 text"; 2]);
    assert_eq!(
        session
            .open_value(&TEXT, place.row(), &new)
            .unwrap()
            .expose(),
        "Ada"
    );
    assert_eq!(session.reseal_value(&TEXT, place.row(), &new), Ok(None));
}

#[test]
fn padding_and_sealed_nulls_stay_as_they_are() {
    let (ward, place) = (Ward::new(), Place::new());
    let session = ward.session();
    let padded = session
        .seal_value(&PADDED, place.row(), &phi("Ada"))
        .unwrap();
    let null = session
        .seal_value(&NULLABLE, place.row(), &None::<Phi<String>>)
        .unwrap();
    ward.keys.ring.rotate().unwrap();
    let again = session
        .reseal_value(&PADDED, place.row(), &padded)
        .unwrap()
        .unwrap();
    assert_eq!(again.as_bytes()[..2], padded.as_bytes()[..2]);
    assert_eq!(again.as_bytes().len(), padded.as_bytes().len());
    assert_eq!(
        session
            .open_value(&PADDED, place.row(), &again)
            .unwrap()
            .expose(),
        "Ada"
    );
    let again = session
        .reseal_value(&NULLABLE, place.row(), &null)
        .unwrap()
        .unwrap();
    let (before, after) = (null.unwrap(), again.clone().unwrap());
    assert_ne!(before, after);
    assert_eq!(after.as_bytes()[..2], before.as_bytes()[..2]);
    assert_eq!(after.as_bytes().len(), before.as_bytes().len());
    assert!(
        session
            .open_value(&NULLABLE, place.row(), &again)
            .unwrap()
            .is_none()
    );
}

#[test]
fn who_may_open_may_not_for_that_reseal() {
    let (ward, place) = (Ward::new(), Place::new());
    let session = ward.session();
    let old = session.seal_value(&TEXT, place.row(), &phi("Ada")).unwrap();
    ward.keys.ring.rotate().unwrap();
    ward.forget();
    ward.gate.decide(|request| match request.action() {
        phi_seal::ActionKind::Reseal => Decision::deny("no-reseal"),
        _ => Decision::permit("granted"),
    });
    let current = session.seal_value(&TEXT, place.row(), &phi("Ada")).unwrap();
    for sealed in [Some(&old), Some(&current), None] {
        ward.forget();
        let error = session
            .reseal_value(&TEXT, place.row(), &sealed.cloned())
            .unwrap_err();
        assert!(error.is_denied());
        assert_eq!(items(&ward.event()), ["n-1 text denied no-reseal"]);
        // No key was so much as compared.
        assert_eq!(ward.keys.count(), Count::default());
    }
}

#[test]
fn a_value_that_does_not_open_is_not_sealed_anew() {
    let (ward, place) = (Ward::new(), Place::new());
    let session = ward.session();
    let old = session.seal_value(&TEXT, place.row(), &phi("Ada")).unwrap();
    ward.keys.ring.rotate().unwrap();
    ward.forget();
    let reseal = |sealed: &Sealed<String>| {
        let error = session
            .reseal_value(&TEXT, place.row(), sealed)
            .unwrap_err();
        let outcome = ward.event().outcome;
        ward.forget();
        assert_eq!(outcome, error.kind().code());
        error.kind()
    };
    assert_eq!(reseal(&crate::ward::corrupt(&old)), ErrorKind::Integrity);
    ward.keys.ring.disable(1).unwrap();
    assert_eq!(reseal(&old), ErrorKind::KeyDisabled);
    ward.keys.ring.destroy(1).unwrap();
    assert_eq!(reseal(&old), ErrorKind::Erased);
    ward.keys
        .ring
        .replace(phi_seal::Keyring::generate().unwrap());
    assert_eq!(reseal(&old), ErrorKind::MissingKey);
}
