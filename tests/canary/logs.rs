//! `tracing` at TRACE, while an application logs everything it has in hand.

use std::io::Write;
use std::sync::{Arc, Mutex};

use phi_seal::{Phi, Sealed};
use tracing_subscriber::fmt::MakeWriter;

use crate::evidence::Evidence;
use crate::ward::{MARKERS, TEXT, Ward};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// What is logged while `f` runs, by whatever crate.
pub(crate) fn logged(f: impl FnOnce()) -> Vec<u8> {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .with_ansi(false)
        .finish();
    tracing::subscriber::with_default(subscriber, f);
    let bytes = log.0.lock().unwrap();
    bytes.clone()
}

#[derive(Debug)]
#[expect(dead_code, reason = "read by Debug")]
struct Patient {
    id: u64,
    name: Phi<String>,
    sealed: Sealed<String>,
}

#[test]
fn a_log_of_everything_shows_nothing() {
    for marker in MARKERS {
        let ward = Ward::new();
        let log = logged(|| {
            let phi = Phi::new(marker.to_string());
            let span = tracing::info_span!("request", patient = ?phi);
            let _entered = span.enter();
            let sealed = ward.session.seal_value(&TEXT, ward.row(), &phi).unwrap();
            let opened = ward.session.open_value(&TEXT, ward.row(), &sealed);
            let refused = ward.session.open_value(&TEXT, ward.next_row(), &sealed);
            tracing::trace!(?phi, ?sealed, ?opened, ?refused, "by Debug");
            let error = refused.unwrap_err();
            tracing::error!(%error, error = &error as &dyn std::error::Error, "by Display");
            tracing::debug!(session = ?ward.session, events = ?ward.sink.events(), "the rest");
            tracing::info!(patient = ?Patient { id: 7, name: phi, sealed }, "a record");
        });
        let text = String::from_utf8_lossy(&log);
        for shown in [
            "Phi<String>",
            "Sealed<String>",
            "not authentic here",
            "TRACE",
        ] {
            assert!(text.contains(shown), "{shown} is in {text}");
        }
        let mut evidence = Evidence::default();
        evidence.take("log", log);
        evidence.is_clean(marker, &ward.key);
    }
}

#[test]
fn a_leaky_log_would_be_found_out() {
    let marker = MARKERS[1];
    let log = logged(|| tracing::trace!(exposed = Phi::new(marker.to_string()).expose()));
    assert!(
        crate::detector::Detector::of_text(marker)
            .find(&log)
            .is_some()
    );
}
