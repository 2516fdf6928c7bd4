//! Envelopes in places that they were not sealed for.

use phi_seal::audit::EventRecord;
use phi_seal::{ErrorKind, Reviewing};
use pollster::block_on;

use crate::ward::{MERCY, OTHER, Ward, kinds, names};

fn read(ward: &Ward, event: &EventRecord) -> (Vec<ErrorKind>, usize) {
    let reviewed = ward.review(std::slice::from_ref(event)).remove(0);
    assert_eq!(reviewed.event().sealed.len(), reviewed.unread().len());
    (kinds(reviewed.unread()), reviewed.event().subjects.len())
}

#[test]
fn within_and_between_events() {
    let ward = Ward::new();
    let both = ward.seal_all(&["p-1", "p-2"]);
    let (_, own) = ward.seal("p-1");
    assert_eq!(read(&ward, &both), (vec![], 3));
    let no = ErrorKind::Integrity;

    let mut swapped = both.clone();
    swapped.sealed.swap(0, 1);
    assert_eq!(read(&ward, &swapped), (vec![no, no], 1));

    let mut shorter = both.clone();
    shorter.sealed.remove(1);
    assert_eq!(read(&ward, &shorter), (vec![no, no], 0));

    let mut doubled = both.clone();
    doubled.sealed.push(doubled.sealed[0].clone());
    assert_eq!(read(&ward, &doubled), (vec![no; 4], 0));

    // Another event about the same patient, under the same key, at the same position.
    let mut other = own.clone();
    other.sealed = ward.seal("p-1").1.sealed;
    assert_eq!(read(&ward, &other), (vec![no], 0));

    let mut renamed = own.clone();
    renamed.event.push('0');
    assert_eq!(read(&ward, &renamed), (vec![no], 0));

    let mut cut = own.clone();
    cut.sealed[0].truncate(60);
    assert_eq!(read(&ward, &cut), (vec![ErrorKind::Malformed], 0));

    let mut nameless = own;
    nameless.event.clear();
    assert_eq!(read(&ward, &nameless), (vec![ErrorKind::InvalidInput], 0));
}

#[test]
fn each_flipped_bit_is_found() {
    let ward = Ward::new();
    let (_, event) = ward.seal("p-1");
    let symbols = event.sealed[0].len();
    for at in 5..symbols {
        let mut flipped = event.clone();
        let other = if &event.sealed[0][at..=at] == "A" {
            "B"
        } else {
            "A"
        };
        flipped.sealed[0].replace_range(at..=at, other);
        let (errors, opened) = read(&ward, &flipped);
        assert!(errors.len() == 1 && opened == 0, "{at}");
    }
}

#[test]
fn between_tenants() {
    let ward = Ward::new();
    let (_, here) = ward.seal_in(MERCY, "p-1");
    let (_, there) = ward.seal_in(OTHER, "p-1");
    // A session opens events of its own tenant only, whatever they are called.
    assert_eq!(read(&ward, &there), (vec![ErrorKind::InvalidInput], 0));
    let mut renamed = there.clone();
    renamed.tenant = MERCY.into();
    assert_eq!(read(&ward, &renamed), (vec![ErrorKind::MissingKey], 0));
    let mut moved = here;
    moved.sealed = there.sealed.clone();
    assert_eq!(read(&ward, &moved), (vec![ErrorKind::MissingKey], 0));

    let session = ward.session_of(OTHER);
    let reviewed = block_on(session.review(&[there], Reviewing::all())).unwrap();
    assert_eq!(names(&reviewed[0].event().subjects), [Some("p-1")]);
}
