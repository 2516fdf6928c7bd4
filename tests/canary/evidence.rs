//! Everything that came out somewhere, with a note of where.

use std::error::Error;
use std::fmt::{Debug, Display};

use crate::detector::Detector;

#[derive(Default)]
pub(crate) struct Evidence(Vec<(String, Vec<u8>)>);

impl Evidence {
    pub(crate) fn take(&mut self, place: impl Display, bytes: impl Into<Vec<u8>>) {
        self.0.push((place.to_string(), bytes.into()));
    }

    /// `Debug`, in both forms.
    pub(crate) fn debug(&mut self, place: &str, value: &dyn Debug) {
        self.take(place, format!("{value:?}\n{value:#?}\n{value:x?}"));
    }

    /// An error and all that it names as its source, in every form.
    pub(crate) fn error(&mut self, place: &str, error: &dyn Error) {
        let mut next = Some(error);
        let mut depth = 0;
        while let Some(error) = next {
            self.take(place, format!("{error}\n{error:#}\n{error:?}\n{error:#?}"));
            next = error.source();
            depth += 1;
        }
        assert!(depth < 8, "{place}: a source chain that ends");
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    #[track_caller]
    pub(crate) fn is_free_of(&self, what: &str, detector: &Detector) {
        for (place, bytes) in &self.0 {
            if let Some(spelling) = detector.find(bytes) {
                panic!(
                    "{place}: holds {what}, {spelling:?}:\n{}",
                    String::from_utf8_lossy(bytes)
                );
            }
        }
    }

    /// Free of the marker and of the key.
    #[track_caller]
    pub(crate) fn is_clean(&self, marker: &str, key: &[u8; 32]) {
        self.is_free_of("the marker", &Detector::of_text(marker));
        self.is_free_of("the key", &Detector::of_bytes(key));
    }
}

#[test]
#[should_panic(expected = "holds the marker, HexLower")]
fn a_leak_is_found() {
    #[derive(Debug)]
    struct Leaky(#[expect(dead_code, reason = "read by Debug")] Vec<u8>);
    let marker = crate::ward::MARKERS[0];
    let mut evidence = Evidence::default();
    evidence.take("a log", "harmless");
    let hex: String = marker.bytes().map(|byte| format!("{byte:02x}")).collect();
    evidence.debug("a leaky type", &Leaky(hex.into_bytes()));
    let hex: String = marker.bytes().map(|byte| format!("{byte:02x}")).collect();
    evidence.take("a leaky file", hex);
    evidence.is_clean(marker, &[0xa5; 32]);
}
