use alloc::sync::Arc;

use super::*;
use crate::audit::{AuditError, AuditSink, MemorySink, Tee};

const DOWN: AuditError = AuditError::new("the store is down; try again");
const FULL: AuditError = AuditError::new("the store is full; make space");

fn record(sink: &dyn AuditSink) -> Result<(), AuditError> {
    with_event(|event| sink.record(event))
}

#[test]
fn memory_keeps_events_and_fails_on_demand() {
    let sink = MemorySink::new();
    assert!(sink.is_empty());
    record(&sink).unwrap();
    assert_eq!(sink.events(), [with_event(|event| event.to_record())]);
    sink.fail_with(DOWN);
    assert_eq!(record(&sink), Err(DOWN));
    assert_eq!(record(&sink), Err(DOWN));
    assert_eq!(sink.len(), 1, "what failed is not kept");
    sink.recover();
    record(&sink).unwrap();
    assert_eq!(sink.len(), 2);
    sink.clear();
    assert!(sink.is_empty());
}

#[test]
fn a_tee_records_everywhere_or_fails() {
    let sinks = [(); 3].map(|()| Arc::new(MemorySink::new()));
    let [a, b, c] = sinks.clone();
    let tee = Tee::new(a.clone()).and(b.clone()).and(c.clone());
    record(&tee).unwrap();
    assert!(sinks.iter().all(|sink| sink.len() == 1));

    b.fail_with(DOWN);
    c.fail_with(FULL);
    assert_eq!(record(&tee), Err(DOWN), "the first error");
    assert_eq!(sinks.each_ref().map(|sink| sink.len()), [2, 1, 1]);

    a.fail_with(FULL);
    b.recover();
    c.recover();
    assert_eq!(record(&tee), Err(FULL));
    assert_eq!(
        sinks.each_ref().map(|sink| sink.len()),
        [2, 2, 2],
        "every sink is tried after one has failed"
    );
}
