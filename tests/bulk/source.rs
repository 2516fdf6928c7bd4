//! The source: read lazily, in bounded memory, and dropped half-way.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use phi_seal::record::AsRecord;

use crate::ward::{Patient, Ward, ids, numbered, patient};

/// How many items there are, and the most there ever were.
#[derive(Default)]
pub(crate) struct Census {
    living: AtomicUsize,
    pub(crate) most: AtomicUsize,
    pub(crate) born: AtomicUsize,
}

/// A record that is counted while it lives.
pub(crate) struct Counted(Patient, Arc<Census>);

impl Counted {
    pub(crate) fn new(number: usize, census: &Arc<Census>) -> Self {
        census.born.fetch_add(1, Ordering::Relaxed);
        let living = census.living.fetch_add(1, Ordering::Relaxed) + 1;
        census.most.fetch_max(living, Ordering::Relaxed);
        Self(patient(number), census.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.1.living.fetch_sub(1, Ordering::Relaxed);
    }
}

impl AsRecord for Counted {
    type Record = Patient;

    fn as_record(&self) -> &Patient {
        &self.0
    }
}

#[test]
fn no_more_than_a_page_of_items_lives() {
    let ward = Ward::new();
    let census = Arc::new(Census::default());
    let source = (0..10_000).map(|number| Counted::new(number, &census));
    assert_eq!(ward.session.seal_all(source).page(50).count(), 10_000);
    assert_eq!(census.born.load(Ordering::Relaxed), 10_000);
    assert_eq!(census.most.load(Ordering::Relaxed), 50);
    assert_eq!(census.living.load(Ordering::Relaxed), 0);
}

#[test]
fn an_endless_source_is_read_page_by_page() {
    let ward = Ward::new();
    let census = Arc::new(Census::default());
    let endless = (0..).map(|number| Counted::new(number, &census));
    let mut sealing = ward.session.seal_all(endless).page(8);
    assert_eq!(census.born.load(Ordering::Relaxed), 0);
    assert!(sealing.next().is_some());
    assert_eq!(census.born.load(Ordering::Relaxed), 8);
    assert_eq!(sealing.by_ref().take(8).count(), 8);
    assert_eq!(census.born.load(Ordering::Relaxed), 16);
}

#[test]
fn dropped_half_way_there_are_whole_pages_only() {
    let ward = Ward::new();
    let rows = ward.rows(20);
    let mut opening = ward.session.open_all(&rows).page(6);
    assert_eq!(opening.by_ref().take(8).count(), 8);
    drop(opening);
    let events = ward.events();
    let pages: Vec<_> = events.iter().map(ids).collect();
    // Items 8 to 11 were never taken. That they are recorded is right: they were opened.
    assert_eq!(pages, [numbered(0..6), numbered(6..12)]);
    assert!(events.iter().all(|event| event.outcome == "success"));
}
