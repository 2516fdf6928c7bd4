//! What names a row, and in which text.

use std::borrow::Cow;
use std::sync::Arc;

use phi_seal::record::{AsBinding, AsId, Place};
use phi_seal::{ErrorKind, Phi, PhiRecord, RecordId, SubjectId};
use uuid::Uuid;

use crate::ward::ward;

#[test]
fn ids_have_one_text() {
    let uuid = Uuid::from_u128(0x0190_8a6b_1c2d_7e3f_8a4b_5c6d_7e8f_90ab);
    let ids: [(&dyn AsId, &str); 14] = [
        (&"p-1", "p-1"),
        (&String::from(" P-1\n"), " P-1\n"),
        (&Cow::Borrowed("p"), "p"),
        (&Box::<str>::from("p"), "p"),
        (&Arc::<str>::from("p"), "p"),
        (&RecordId::composite(&["a", "b"]).unwrap(), "1:a1:b"),
        (&SubjectId::new("s").unwrap(), "s"),
        (&7_u8, "7"),
        (&-7_i16, "-7"),
        (&0_u32, "0"),
        (&i32::MIN, "-2147483648"),
        (&u64::MAX, "18446744073709551615"),
        (&i64::MIN, "-9223372036854775808"),
        (&uuid, "01908a6b-1c2d-7e3f-8a4b-5c6d7e8f90ab"),
    ];
    for (id, text) in ids {
        assert_eq!(id.as_id(), text);
    }
    assert_eq!(RecordId::from(uuid).as_str(), uuid.as_id());
}

#[test]
fn bindings_have_one_form() {
    let minus_two = [vec![0xff; 15], vec![0xfe]].concat();
    let bindings: [(&dyn AsBinding, &[u8]); 7] = [
        (&vec![1_u8, 2], &[1, 2]),
        (&[1_u8, 2], &[1, 2]),
        (&"ab", b"ab"),
        (&String::from("ab"), b"ab"),
        (&-2_i8, &minus_two),
        (&-2_i64, &minus_two),
        (&258_u32, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]),
    ];
    for (binding, bytes) in bindings {
        assert_eq!(&*binding.as_binding(), bytes);
    }
}

#[derive(Debug, PhiRecord)]
#[phi(record = "ward", subjectless)]
struct Ward {
    #[phi(id)]
    id: Uuid,
    #[phi(category = Phone)]
    phone: Phi<String>,
}

#[test]
fn a_record_about_nobody() {
    let ward = ward();
    let row = ward
        .session
        .seal(&Ward {
            id: Uuid::from_u128(7),
            phone: Phi::new("555-0100".into()),
        })
        .unwrap();
    let event = ward.event();
    assert_eq!(event.subjects[0].subject, None);
    assert_eq!(
        event.subjects[0].records[0].id,
        "00000000-0000-0000-0000-000000000007"
    );
    assert_eq!(ward.session.open(&row).unwrap().phone.expose(), "555-0100");
    assert!(Ward::SCHEMA.record_type().is_subjectless());
}

/// An id of the application's own, and a struct that borrows.
struct StaffId<'a>(&'a str);

impl AsId for StaffId<'_> {
    fn as_id(&self) -> Cow<'_, str> {
        Cow::Owned(format!("staff/{}", self.0))
    }
}

impl Clone for StaffId<'_> {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

#[derive(PhiRecord)]
#[phi(record = "staff")]
struct Staff<'a> {
    #[phi(id, subject)]
    id: StaffId<'a>,
    #[phi(category = Email)]
    email: Phi<String>,
}

#[test]
fn an_id_type_of_the_application() {
    let ward = ward();
    let text = String::from("17");
    let staff = Staff {
        id: StaffId(&text),
        email: Phi::new("a@example.org".into()),
    };
    let row = ward.session.seal(&staff).unwrap();
    assert_eq!(
        ward.event().subjects[0].subject.as_deref(),
        Some("staff/17")
    );
    assert_eq!(
        ward.session.open(&row).unwrap().email.expose(),
        "a@example.org"
    );
}

#[test]
fn an_empty_id_is_refused_before_the_action() {
    let ward = ward();
    for id in [String::new(), "x".repeat(1025)] {
        let error = ward.session.seal(&crate::ward::patient(&id)).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    assert!(ward.sink.is_empty());
    assert!(Place::new("a").unwrap().subject("").is_err());
}
