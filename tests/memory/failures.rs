//! What was decrypted, encoded or half read when something failed.

use phi_seal::codec::Value;
use phi_seal::{AuditError, Category, Error, ErrorKind, Field, Phi, Sealed, Serde};

use crate::values::{
    BYTES, LIST, PADDED, RAW_LIST, RAW_STRUCTURED, RAW_TEXT, Raw, Refused, STRUCT, TEXT, allergy,
    bytes, list, text,
};
use crate::ward::{PATIENT, Ward};
use crate::watch::{MARKER, leaves_nothing};

/// Runs `f`, which fails in this way and leaves nothing.
#[track_caller]
fn fails(case: &str, kind: ErrorKind, f: impl FnOnce() -> Result<(), Error>) {
    let mut result = Ok(());
    leaves_nothing(case, || result = f());
    assert_eq!(result.unwrap_err().kind(), kind, "{case}");
}

fn refused_opens<T: Value>(case: &str, field: &Field<T>, value: T) {
    let ward = Ward::new();
    let (session, row) = (&ward.session, ward.row());
    let sealed = session.seal_value(field, row, &Phi::new(value)).unwrap();
    let mut bytes = sealed.as_bytes().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    let tampered = Sealed::from_bytes(bytes).unwrap();
    let integrity = ErrorKind::Integrity;
    fails(&format!("{case}: bad tag"), integrity, || {
        session.open_value(field, row, &tampered).map(drop)
    });
    fails(&format!("{case}: wrong row"), integrity, || {
        session
            .open_value(field, ward.next_row(), &sealed)
            .map(drop)
    });
    fails(
        &format!("{case}: rebound from a wrong row"),
        integrity,
        || {
            session
                .rebind(field, ward.next_row(), row, &sealed)
                .map(drop)
        },
    );
    let down = AuditError::new("the store is down; try again");
    ward.sink.fail_with(down);
    fails(&format!("{case}: no record"), ErrorKind::Audit, || {
        session.open_value(field, row, &sealed).map(drop)
    });
    fails(
        &format!("{case}: no record of many"),
        ErrorKind::Audit,
        || {
            let cells = [(row, &sealed), (row, &sealed)];
            session.open_values(field, &cells).map(drop)
        },
    );
    ward.sink.recover();
    let fields = [field.info()];
    leaves_nothing(&format!("{case}: early return"), || {
        session
            .open_with(|mut opening| {
                let permit = opening.authorize(row, &fields)?;
                drop(opening.open(&permit, field, &sealed));
                Ok(())
            })
            .unwrap();
    });
    leaves_nothing(&format!("{case}: panic"), || {
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            session.open_with(|mut opening| -> Result<(), Error> {
                let permit = opening.authorize(row, &fields)?;
                let _pending = opening.open(&permit, field, &sealed);
                panic!("on purpose")
            })
        }));
        assert!(panicked.is_err());
    });
}

#[test]
fn refused_opens_leave_nothing() {
    refused_opens("text", &TEXT, text());
    refused_opens("padded", &PADDED, text());
    refused_opens("bytes", &BYTES, bytes());
    refused_opens("list", &LIST, list());
    refused_opens("struct", &STRUCT, allergy());
}

/// Seals `stored` and opens it as a `T` of the same content, which refuses it.
fn undecodable<const CODE: u8, T: Value>(case: &str, stored: Vec<u8>) {
    for bucket in [None, Some(512)] {
        let ward = Ward::new();
        let mut raw = PATIENT.field::<Raw<CODE>>("value", Category::Clinical);
        let mut field = PATIENT.field::<T>("value", Category::Clinical);
        if let Some(bucket) = bucket {
            (raw, field) = (raw.pad_to(bucket), field.pad_to(bucket));
        }
        let value = Phi::new(Raw(stored.clone()));
        let sealed = ward.session.seal_value(&raw, ward.row(), &value).unwrap();
        let sealed = Sealed::<T>::from_bytes(sealed.into_bytes()).unwrap();
        fails(case, ErrorKind::Undecodable, || {
            ward.session
                .open_value(&field, ward.row(), &sealed)
                .map(drop)
        });
    }
}

fn listed(elements: &[&[u8]]) -> Vec<u8> {
    let mut list = vec![RAW_TEXT];
    for element in elements {
        list.extend(u32::try_from(element.len()).unwrap().to_be_bytes());
        list.extend_from_slice(element);
    }
    list
}

#[test]
fn undecodable_values_leave_nothing() {
    let marker = MARKER.as_bytes();
    let not_utf8 = [marker, &[0xff]].concat();
    undecodable::<RAW_TEXT, String>("no UTF-8", not_utf8.clone());
    undecodable::<RAW_TEXT, Refused>("refused by the type", marker.to_vec());
    undecodable::<1, [u8; 7]>("of another size", marker.to_vec());
    undecodable::<RAW_LIST, Vec<String>>(
        "the last element is no UTF-8",
        listed(&[marker, marker, &not_utf8]),
    );
    let mut cut = listed(&[marker, marker]);
    cut.truncate(cut.len() - 1);
    undecodable::<RAW_LIST, Vec<String>>("a list cut short", cut);
    undecodable::<RAW_LIST, Vec<bool>>("elements of another type", listed(&[marker]));
    undecodable::<RAW_LIST, Vec<Refused>>("elements refused", listed(&[marker, marker]));
}

/// Of structures that are refused before a field was read; the page of `Serde` says what a
/// structure leaves that ceases to fit half-way.
#[test]
fn undecodable_structures_leave_nothing() {
    #[derive(serde::Serialize)]
    struct Half<'a> {
        substance: &'a str,
    }
    let half = rmp_serde::to_vec_named(&Half { substance: MARKER }).unwrap();
    let mut longer = half.clone();
    longer.push(0);
    undecodable::<RAW_STRUCTURED, Serde<Option<String>>>("something after it", longer);
    let mut cut = half.clone();
    cut.truncate(cut.len() - 1);
    undecodable::<RAW_STRUCTURED, Serde<Option<String>>>("cut short", cut);
    undecodable::<RAW_STRUCTURED, Serde<String>>("a map where text is due", half);
}

#[test]
fn an_unencodable_value_leaves_nothing() {
    let ward = Ward::new();
    let field = PATIENT.field::<Refused>("refused", Category::Clinical);
    let phi = Phi::new(Refused(text()));
    fails("unencodable", ErrorKind::Unencodable, || {
        ward.session.seal_value(&field, ward.row(), &phi).map(drop)
    });
    assert!(!phi.ct_eq(&phi));
    leaves_nothing("compared", || assert!(!phi.ct_eq(&phi)));
}

#[test]
fn a_seal_without_a_record_leaves_nothing() {
    let ward = Ward::new();
    let phi = Phi::new(text());
    ward.sink
        .fail_with(AuditError::new("the store is down; try again"));
    fails("no record", ErrorKind::Audit, || {
        ward.session.seal_value(&TEXT, ward.row(), &phi).map(drop)
    });
}
