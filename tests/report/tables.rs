//! CSV and NDJSON.

use phi_seal::audit::EventRecord;
use phi_seal::report::{AccessRow, ActorFailures, FailedAccess, Row, Table};
use phi_seal::{Access, Actor, Purpose, TenantId};

use crate::ward::{Ward, patient, request, to};

/// An actor whose id a spreadsheet would run, and read as two rows.
const EVIL: &str = "=HYPERLINK(\"http://x\",\"a\")\r\nnext";

fn ward() -> Ward {
    let ward = Ward::new();
    let actor = Actor::new(EVIL).unwrap();
    let access = Access::new(TenantId::new("mercy").unwrap(), actor, Purpose::Legal);
    let session = ward.session_of(access);
    let row = session.seal(&patient("p-1")).unwrap();
    for name in ["-2+3", "@SUM(A1)", " +1", "＝1", "Acme, \"Inc.\""] {
        session.disclose(&row, &to(name)).unwrap();
    }
    ward
}

/// A reader of RFC 4180 that knows nothing of the writer.
fn parse(csv: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut chars = csv.chars().peekable();
    while let Some(c) = chars.next() {
        assert_eq!(c, '"', "every cell is quoted");
        loop {
            match chars.next().unwrap() {
                '"' if chars.peek() == Some(&'"') => cell.push(chars.next().unwrap()),
                '"' => break,
                other => cell.push(other),
            }
        }
        row.push(std::mem::take(&mut cell));
        match chars.next().unwrap() {
            ',' => {}
            '\r' => {
                assert_eq!(chars.next(), Some('\n'));
                rows.push(std::mem::take(&mut row));
            }
            other => panic!("{other:?} after a cell"),
        }
    }
    assert!(row.is_empty() && cell.is_empty());
    rows
}

fn csv<R: Row>(rows: impl IntoIterator<Item = R>) -> Vec<Vec<String>> {
    let mut table = Table::csv(Vec::new()).unwrap();
    for row in rows {
        table.write(&row).unwrap();
    }
    parse(&String::from_utf8(table.finish().unwrap()).unwrap())
}

fn check_cells(rows: &[Vec<String>]) {
    for row in rows {
        assert_eq!(row.len(), rows[0].len());
        for cell in row {
            let first = cell.trim_start().chars().next().unwrap_or('x');
            assert!(!"=+-@\t\r\n＝＋－＠".contains(first), "{cell:?}");
        }
    }
}

#[test]
fn csv_is_one_row_a_row_whatever_the_ids_are() {
    let ward = ward();
    let rows = csv(ward.events());
    assert_eq!(rows.len(), 7);
    assert_eq!(rows[0][3], "actor");
    assert_eq!(rows[1][3], format!("'{EVIL}"));
    check_cells(&rows);

    let accounting = request().over(ward.history()).unwrap();
    let rows = csv(accounting.disclosures().to_vec());
    let recipients: Vec<_> = rows[1..].iter().map(|row| row[1].as_str()).collect();
    let expected = ["'-2+3", "'@SUM(A1)", "' +1", "'＝1", "Acme, \"Inc.\""];
    assert_eq!(recipients, expected);
    check_cells(&rows);
    assert_eq!(csv(Vec::<AccessRow>::new()), [AccessRow::COLUMNS]);
}

#[test]
fn columns_are_what_the_cells_are() {
    let ward = Ward::new();
    let clerk = ward.session("clerk", Purpose::Payment);
    assert!(clerk.seal(&patient("p-1")).is_err());
    let report = FailedAccess::over(ward.history()).unwrap();
    let rows = csv::<ActorFailures>(report.actors().to_vec());
    let time = "2026-11-21T12:00:00.000000000Z";
    let expected = ["mercy", "clerk-17", "1", time, time, "denied 1"];
    assert_eq!(rows[1], expected);
    assert_eq!(rows[0], ActorFailures::COLUMNS);

    let event = &ward.events()[0];
    let rows = csv([AccessRow::of(event)]);
    let cell = |name: &str| {
        let at = rows[0].iter().position(|column| column == name).unwrap();
        rows[1][at].as_str()
    };
    for (column, expected) in [
        ("time", time),
        ("event", &*event.event),
        ("tenant", "mercy"),
        ("actor", "clerk-17"),
        ("roles", "clerk"),
        ("auth", "unstated"),
        ("purpose", "HPAYMT"),
        ("reason", ""),
        ("action", "seal"),
        ("outcome", "denied"),
        ("count", ""),
        ("subjects", "p-1"),
        (
            "records",
            "patient p-1: name denied, ssn denied, note denied",
        ),
        ("recipient", ""),
        ("source_ip", "203.0.113.9"),
        ("request_id", "req-8f2c"),
        ("observer", "ehr"),
    ] {
        assert_eq!(cell(column), expected, "{column}");
    }
}

#[test]
fn ndjson_is_exact() {
    let ward = ward();
    let mut table = Table::ndjson(Vec::new());
    for event in ward.events() {
        table.write(&event).unwrap();
    }
    let lines = table.finish().unwrap();
    let read: Vec<_> = phi_seal::audit::read_events(&lines[..])
        .map(Result::unwrap)
        .collect();
    assert_eq!(read, ward.events());

    let accounting = request().over(ward.history()).unwrap();
    let mut table = Table::ndjson(Vec::new());
    table.write(&accounting.disclosures()[0]).unwrap();
    let line = table.finish().unwrap();
    let value: serde_json::Value = serde_json::from_slice(&line).unwrap();
    assert_eq!(value["recipient"], "-2+3");
    assert!(line.ends_with(b"}\n"));
    assert!(EventRecord::from_json(&line).is_err());
}
