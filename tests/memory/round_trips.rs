//! Sealing, opening, rebinding and dropping what came out.
//!
//! Of values that own heap blocks. An array such as `[u8; 36]` is moved over the stack, where
//! nobody wipes it, as the page of `Phi` says; what is left there may come to the heap again in
//! the unused bytes of something else that is moved. So nothing is asserted about arrays.

use phi_seal::codec::Value;
use phi_seal::{Field, Phi};

use crate::values::{
    BYTES, Creeping, HISTORY, LIST, NESTED, PADDED, STRUCT, TEXT, allergy, bytes, history, list,
    long_text, nested, text,
};
use crate::ward::{PATIENT, Ward};
use crate::watch::leaves_nothing;

fn round_trip<T: Value>(case: &str, field: &Field<T>, value: T) {
    let ward = Ward::new();
    let (session, row, next) = (&ward.session, ward.row(), ward.next_row());
    let phi = Phi::new(value);
    let mut sealed = None;
    leaves_nothing(&format!("{case}: seal"), || {
        sealed = Some(session.seal_value(field, row, &phi).unwrap());
    });
    let sealed = sealed.unwrap();
    leaves_nothing(&format!("{case}: open and drop"), || {
        let opened = session.open_value(field, row, &sealed).unwrap();
        assert!(opened.ct_eq(&phi), "the marker did go through");
    });
    leaves_nothing(&format!("{case}: rebind"), || {
        session.rebind(field, row, next, &sealed).map(drop).unwrap();
    });
    leaves_nothing(&format!("{case}: many"), || {
        let many = session.seal_values(field, &[(row, &phi), (next, &phi)]);
        let many: Vec<_> = many.unwrap().into_iter().map(Result::unwrap).collect();
        let opened = session.open_values(field, &[(row, &many[0]), (next, &many[1])]);
        assert!(opened.unwrap().iter().all(Result::is_ok));
    });
    leaves_nothing(&format!("{case}: option"), || {
        let sealed = Some(sealed.clone());
        let opened = session.open_value(field, row, &sealed).unwrap();
        assert!(opened.is_some());
    });
    leaves_nothing(&format!("{case}: drop"), || drop(phi));
}

#[test]
fn text_leaves_nothing() {
    round_trip("text", &TEXT, text());
    round_trip("long text", &TEXT, long_text());
    round_trip("padded", &PADDED, text());
    round_trip("padded, long", &PADDED, long_text());
}

#[test]
fn text_with_room_to_spare_leaves_nothing() {
    let mut value = String::with_capacity(4096);
    value.push_str(&long_text()[..360]);
    value.truncate(10);
    // The marker stands beyond the end of the text, in its spare capacity.
    leaves_nothing("spare capacity", || drop(Phi::new(value)));
}

#[test]
fn bytes_leave_nothing() {
    round_trip("bytes", &BYTES, bytes());
    round_trip("long bytes", &BYTES, long_text().into_bytes());
}

#[test]
fn lists_leave_nothing() {
    round_trip("list", &LIST, list());
    round_trip("nested", &NESTED, nested());
}

#[test]
fn plain_serde_structs_leave_nothing() {
    round_trip("struct", &STRUCT, allergy());
    round_trip("list of structs", &HISTORY, history());
}

#[test]
fn a_growing_buffer_leaves_nothing() {
    let field = PATIENT.field::<Creeping>("creeping", phi_seal::Category::Clinical);
    round_trip("creeping", &field, Creeping(text()));
    round_trip("creeping, long", &field, Creeping(long_text()));
    round_trip("creeping, padded", &field.pad_to(1000), Creeping(text()));
}

#[test]
fn copies_and_comparisons_leave_nothing() {
    let phi = Phi::new(text());
    leaves_nothing("duplicate", || drop(phi.duplicate()));
    leaves_nothing("map", || {
        drop(phi.map(|text| text.as_bytes().to_vec()));
    });
    leaves_nothing("ct_eq", || assert!(phi.ct_eq(&phi)));
}

#[test]
fn a_request_body_is_copied_once_and_wiped() {
    let body = format!("\"{}\"", text());
    leaves_nothing("from_json", || {
        drop(phi_seal::from_json::<Phi<String>>(body.as_bytes()).unwrap());
    });
    leaves_nothing("serde_json", || {
        drop(serde_json::from_str::<Phi<String>>(&body).unwrap());
    });
}
