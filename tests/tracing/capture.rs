//! A subscriber that keeps every event as a JSON object.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// What is logged at any level by whatever crate while `f` runs.
pub(crate) fn captured(f: impl FnOnce()) -> Vec<Value> {
    let lines = Lines::default();
    tracing::subscriber::with_default(lines.clone(), f);
    let lines = lines.0.lock().unwrap();
    lines.clone()
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<Value>>>);

impl Subscriber for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut members = Members(Map::new());
        event.record(&mut members);
        let line = json!({
            "target": event.metadata().target(),
            "level": event.metadata().level().as_str(),
            "fields": members.0,
        });
        self.0.lock().unwrap().push(line);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Members(Map<String, Value>);

impl Visit for Members {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0
            .insert(field.name().to_owned(), format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}
