//! Disclosures that are stated: recorded once whatever becomes of them, and nothing is opened. Those
//! that open are a row of the table.

use phi_seal::audit::{Disclosure, EventId, Exclusion};
use phi_seal::codec::Date;
use phi_seal::{Error, ErrorKind, FieldInfo, RecordId, RecordRef, SubjectId};

use crate::doubles::{Recording, Verdict};
use crate::world::{EXPIRY, NAME, NOTE, PLACE, Rows, SSN, World, recipient};

const BOTH: &[FieldInfo] = &[NAME.info(), SSN.info()];
const MIXED: &[FieldInfo] = &[NAME.info(), NOTE.info()];
const FOREIGN: &[FieldInfo] = &[PLACE.info()];

type What<'a> = Vec<(RecordRef<'a>, &'a [FieldInfo])>;

struct Exit {
    condition: &'static str,
    arrange: fn(&World),
    what: for<'a> fn(&'a Rows) -> What<'a>,
    outcome: &'static str,
    items: &'static [&'static str],
    times_asked: usize,
}

const PLAIN: Exit = Exit {
    condition: "success",
    arrange: |_| {},
    what: |rows| vec![(rows.row(), BOTH)],
    outcome: "success",
    items: &["success", "success"],
    times_asked: 1,
};

const EXITS: [Exit; 10] = [
    PLAIN,
    Exit {
        condition: "two records",
        what: |rows| vec![(rows.row(), BOTH), (rows.next(), &BOTH[..1])],
        items: &["success", "success", "success"],
        times_asked: 2,
        ..PLAIN
    },
    Exit {
        condition: "policy denies",
        arrange: |world| world.policy(Verdict::Deny),
        outcome: "denied",
        items: &["denied", "denied"],
        ..PLAIN
    },
    Exit {
        condition: "policy denies one field",
        arrange: |world| world.policy(Verdict::Only(vec![true])),
        outcome: "denied",
        items: &["aborted", "denied"],
        ..PLAIN
    },
    Exit {
        condition: "policy denies the second record",
        arrange: |world| world.policy(Verdict::DenyRecord("r-2")),
        what: |rows| vec![(rows.row(), BOTH), (rows.next(), &BOTH[..1])],
        outcome: "denied",
        items: &["aborted", "aborted", "denied"],
        times_asked: 2,
    },
    Exit {
        condition: "idle for too long",
        arrange: |world| {
            let moment = std::time::Duration::from_nanos(1);
            world.clock.advance(EXPIRY.idle + moment);
        },
        outcome: "expired",
        items: &["expired", "expired"],
        times_asked: 0,
        ..PLAIN
    },
    Exit {
        condition: "nothing",
        what: |_| Vec::new(),
        outcome: "aborted",
        items: &[],
        times_asked: 0,
        ..PLAIN
    },
    Exit {
        condition: "a record without fields",
        what: |rows| vec![(rows.row(), &[])],
        outcome: "aborted",
        items: &[],
        times_asked: 0,
        ..PLAIN
    },
    Exit {
        condition: "fields of two record types",
        what: |rows| vec![(rows.row(), MIXED)],
        outcome: "invalid_input",
        items: &["invalid_input", "invalid_input"],
        times_asked: 0,
        ..PLAIN
    },
    Exit {
        condition: "subject where none belongs",
        what: |rows| vec![(rows.row(), FOREIGN)],
        outcome: "invalid_input",
        items: &["invalid_input"],
        times_asked: 0,
        ..PLAIN
    },
];

#[test]
fn every_statement_is_recorded_once_as_what_it_was() {
    for exit in EXITS {
        let (case, world, rows) = (exit.condition, World::new(), Rows::new());
        let session = world.session();
        (exit.arrange)(&world);
        world.forget();

        let result = session.disclosed(&(exit.what)(&rows), &recipient());

        world.expect_event(case, "disclose", exit.outcome, exit.items);
        assert_eq!(world.times_asked(), exit.times_asked, "{case}");
        assert_eq!(world.provider_calls(), 0, "{case}: nothing is opened");
        let event = &world.events()[0];
        // Also of what was refused: an organisation has to know what was stated.
        let to = event.recipient.as_ref().unwrap();
        assert_eq!(to.name, "County Health Department", "{case}");
        assert_eq!(event.description.as_deref(), Some("canary-description"));
        match result {
            Ok(id) => {
                assert_eq!(exit.outcome, "success", "{case}");
                assert_eq!(id.to_string(), event.event, "{case}");
                assert_eq!(EventId::parse(&event.event), Some(id), "{case}");
            }
            Err(error) => {
                let expected = match exit.outcome {
                    "aborted" => "invalid_input",
                    outcome => outcome,
                };
                assert_eq!(error.kind().code(), expected, "{case}");
                let shown = format!("{error} {error:?}");
                assert!(!shown.contains("canary"), "{case}: {shown}");
            }
        }
        let fields = event.subjects.iter().flat_map(|subject| &subject.records);
        let mut fields = fields.flat_map(|record| &record.fields);
        assert!(fields.all(|field| field.key.is_none() && field.tag.is_none()));
    }
}

#[test]
fn a_statement_that_cannot_be_recorded_is_an_error() {
    let (world, rows) = (World::new(), Rows::new());
    let session = world.session();
    world.sink(Recording::Fail);
    let what = [(rows.row(), BOTH)];
    let error = session.disclosed(&what, &recipient()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Audit);
    assert_eq!(world.attempts(), 1);
    world.sink(Recording::Keep);
    assert!(session.disclosed(&what, &recipient()).is_ok());
}

#[test]
fn a_disclosing_closure_that_returns_early_is_recorded_as_aborted() {
    let (world, rows, to) = (World::new(), Rows::new(), recipient());
    let session = world.session();
    session
        .disclose_with(&to, |mut opening| {
            opening.authorize(rows.row(), BOTH).map(drop)
        })
        .unwrap();
    world.expect_event("dropped", "disclose", "aborted", &["aborted", "aborted"]);
}

#[test]
fn a_disclosure_has_the_form_that_the_page_gives_it() {
    let (world, rows) = (World::new(), Rows::new());
    let session = world.session();
    let what = [(rows.row(), BOTH)];
    let first = session.disclosed(&what, &recipient()).unwrap();
    world.forget();
    let again = Disclosure::to("Dr. \"Zoë\"")
        .and_then(|to| to.address("12 Main Street"))
        .and_then(|to| to.made_on(Date::from_ymd(2026, 2, 3).unwrap()))
        .unwrap()
        .excluded(Exclusion::Authorization)
        .corrects(first);
    session.disclosed(&what, &again).unwrap();
    let json = String::from_utf8(world.events()[0].to_json()).unwrap();
    let expected = format!(
        concat!(
            r#""observer":"exits","disclosed_on":"2026-02-03","exclusion":"iv","#,
            r#""corrects":"{}","outcome":"success","#,
            r#""recipient":{{"name":"Dr. \"Zoë\"","address":"12 Main Street"}},"subjects":["#,
        ),
        first
    );
    assert!(json.contains(&expected), "{json}");
}

#[test]
fn texts_and_days_have_bounds() {
    let name = |text: &str| Disclosure::to(text).map(drop);
    let address = |text: &str| Disclosure::to("x")?.address(text).map(drop);
    let description = |text: &str| Disclosure::to("x")?.description(text).map(drop);
    let check = |set: &dyn Fn(&str) -> Result<(), Error>, longest: usize| {
        assert!(set(&"x".repeat(longest)).is_ok() && set("Żak, \"Söhne\" & Co.").is_ok());
        let too_long = "x".repeat(longest + 1);
        for bad in [
            "",
            "  ",
            "a\nb",
            "a\0b",
            "a\u{85}b",
            "a\u{202E}b",
            "a\u{2028}b",
            &too_long,
        ] {
            let error = set(bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{bad:?}");
        }
    };
    check(&name, 256);
    check(&address, 512);
    check(&description, 768);
    let on = |year, month, day| {
        let day = Date::from_ymd(year, month, day).unwrap();
        Disclosure::to("x").unwrap().made_on(day).map(drop)
    };
    assert!(on(1900, 1, 1).is_ok() && on(1899, 12, 31).is_err());
}

/// The longest texts of ids, roles and a disclosure at once.
#[test]
fn the_longest_disclosure_fits_into_its_part() {
    let world = World::new();
    let worst = "\u{1}".repeat(1024);
    let actor = (0..32).fold(phi_seal::Actor::new(&*worst).unwrap(), |actor, n| {
        actor.role(format!("{n:x>64}"))
    });
    let tenant = phi_seal::TenantId::new(&worst).unwrap();
    let access = phi_seal::Access::new(tenant, actor, phi_seal::Purpose::PublicHealth)
        .reason("x".repeat(64))
        .request_id("\"".repeat(128));
    let session = world.vault.session(access).unwrap();
    let (id, subject) = (
        RecordId::new(&worst).unwrap(),
        SubjectId::new(&worst).unwrap(),
    );
    let row = RecordRef::new(&id, &subject);
    let widest = |len| "\"".repeat(len);
    let first = session.disclosed(&[(row, BOTH)], &recipient()).unwrap();
    let to = Disclosure::to(widest(256))
        .and_then(|to| to.address(widest(512)))
        .and_then(|to| to.description(widest(768)))
        .and_then(|to| to.made_on(Date::MAX))
        .unwrap()
        .excluded(Exclusion::LimitedDataSet)
        .corrects(first);
    world.forget();
    session.disclosed(&[(row, BOTH)], &to).unwrap();
    let events = world.events();
    assert!(!events.is_empty());
    for event in events {
        let len = event.to_json().len();
        assert!((25_000..=32_768).contains(&len), "{len}");
    }
}
