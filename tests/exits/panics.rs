//! A panic, wherever it is, is recorded as an aborted action, and nothing comes out.

use std::panic::{AssertUnwindSafe, catch_unwind};

use phi_seal::FieldInfo;

use crate::doubles::{Lending, PANICS_DECODING, PANICS_ENCODING, Recording, Verdict};
use crate::world::{Cell, NAME, Rows, Way, World, phi};

const FIELDS: &[FieldInfo] = &[NAME.info()];

struct Panic {
    place: &'static str,
    value: &'static str,
    ways: &'static [Way],
    arrange: fn(&World),
    /// Of an action on one value; rebinding may have got to the second.
    items: &'static [&'static str],
}

const PANICS: &[Panic] = &[
    Panic {
        place: "policy",
        value: "Ada",
        ways: &Way::ALL,
        arrange: |world| world.policy(Verdict::Panic),
        items: &["aborted"],
    },
    Panic {
        place: "provider, before lending",
        value: "Ada",
        ways: &Way::ALL,
        arrange: |world| world.provider(Lending::Panic),
        items: &["aborted"],
    },
    Panic {
        place: "provider, after lending",
        value: "Ada",
        ways: &Way::ALL,
        arrange: |world| world.provider(Lending::ThenPanic),
        items: &["aborted"],
    },
    Panic {
        place: "encode",
        value: PANICS_ENCODING,
        ways: &[Way::Seal, Way::SealMany],
        arrange: |_| {},
        items: &["aborted"],
    },
    Panic {
        place: "decode",
        value: PANICS_DECODING,
        ways: &[Way::Open, Way::OpenMany, Way::Disclose],
        arrange: |_| {},
        items: &["aborted"],
    },
];

#[test]
fn a_panic_is_recorded_once_as_aborted() {
    for panic in PANICS {
        for way in panic.ways {
            let case = format!("{}, {way:?}", panic.place);
            let (world, rows) = (World::new(), Rows::new());
            let session = world.session();
            let cell = cell(&world, &rows, panic.value);
            (panic.arrange)(&world);
            world.forget();
            let result = catch_unwind(AssertUnwindSafe(|| cell.act(&session, *way).map(drop)));
            assert!(result.is_err(), "{case}: panicked");
            let is_twice = *way == Way::Rebind && panic.place != "policy";
            let items = if is_twice {
                &["aborted", "aborted"]
            } else {
                panic.items
            };
            world.expect_event(&case, way.action(), "aborted", items);

            // The session goes on.
            world.policy(Verdict::Permit);
            world.provider(Lending::Honest);
            assert!(
                session.seal_value(&NAME, rows.row(), &phi("Ada")).is_ok(),
                "{case}"
            );
        }
    }
}

#[test]
fn a_panic_in_a_closure_is_recorded_as_aborted_whatever_was_opened() {
    let (world, rows) = (World::new(), Rows::new());
    let session = world.session();
    let cell = cell(&world, &rows, "Ada");
    world.forget();
    let result = catch_unwind(AssertUnwindSafe(|| {
        session.open_with(|mut opening| {
            let permit = opening.authorize(rows.row(), FIELDS)?;
            let _pending = opening.open(&permit, &NAME, &cell.stored);
            panic!("closure")
        })
    }));
    let result: Result<Result<(), _>, _> = result;
    assert!(result.is_err());
    world.expect_event("closure, opening", "open", "aborted", &["aborted"]);

    world.forget();
    let result: Result<Result<(), _>, _> = catch_unwind(AssertUnwindSafe(|| {
        session.seal_with(|mut sealing| {
            let permit = sealing.authorize(rows.row(), FIELDS)?;
            let _pending = sealing.seal(&permit, &NAME, &phi("Ada"));
            panic!("closure")
        })
    }));
    assert!(result.is_err());
    world.expect_event("closure, sealing", "seal", "aborted", &["aborted"]);
}

#[test]
fn a_panic_after_recording_adds_no_event() {
    let (world, rows) = (World::new(), Rows::new());
    let session = world.session();
    let cell = cell(&world, &rows, "Ada");
    world.forget();
    let result: Result<Result<(), _>, _> = catch_unwind(AssertUnwindSafe(|| {
        session.open_with(|mut opening| {
            let permit = opening.authorize(rows.row(), FIELDS)?;
            let pending = opening.open(&permit, &NAME, &cell.stored);
            let _ = opening.record()?.release(pending);
            panic!("closure")
        })
    }));
    assert!(result.is_err());
    world.expect_event("after recording", "open", "success", &["success"]);
}

#[test]
fn a_panicking_sink_is_asked_once_and_lets_nothing_out() {
    for way in Way::ALL {
        let (world, rows) = (World::new(), Rows::new());
        let session = world.session();
        let cell = cell(&world, &rows, "Ada");
        world.forget();
        world.sink(Recording::Panic);
        let result = catch_unwind(AssertUnwindSafe(|| cell.act(&session, way).is_ok()));
        assert!(result.is_err(), "{way:?}");
        assert_eq!(world.attempts(), 1, "{way:?}");
    }
}

#[test]
fn a_sink_that_panics_while_a_panic_unwinds_does_not_abort_the_process() {
    let (world, rows) = (World::new(), Rows::new());
    let session = world.session();
    world.sink(Recording::Panic);
    let result: Result<Result<(), _>, _> = catch_unwind(AssertUnwindSafe(|| {
        session.open_with(|mut opening| {
            opening.authorize(rows.row(), FIELDS)?;
            panic!("closure")
        })
    }));
    let payload = result.unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"closure"));
    assert_eq!(world.attempts(), 1);
}

#[test]
fn a_panic_that_the_closure_catches_leaves_the_action_whole() {
    let (world, rows) = (World::new(), Rows::new());
    let session = world.session();
    let cell = cell(&world, &rows, "Ada");
    let bad = cell_of(&world, &rows, PANICS_DECODING);
    world.forget();
    let value = session
        .open_with(|mut opening| {
            let permit = opening.authorize(rows.row(), FIELDS)?;
            let caught = catch_unwind(AssertUnwindSafe(|| {
                drop(opening.open(&permit, &NAME, &bad.stored));
            }));
            assert!(caught.is_err());
            let pending = opening.open(&permit, &NAME, &cell.stored);
            opening.record()?.release(pending)
        })
        .unwrap();
    assert_eq!(value.unwrap().expose().0, "Ada");
    // The attempt stays in the record, and the second try has an item of its own.
    world.expect_event("caught", "open", "partial", &["aborted", "success"]);
}

fn cell<'a>(world: &World, rows: &'a Rows, value: &str) -> Cell<'a> {
    cell_of(world, rows, value)
}

fn cell_of<'a>(world: &World, rows: &'a Rows, value: &str) -> Cell<'a> {
    let stored = match value {
        PANICS_ENCODING => None,
        _ => Some(
            world
                .session()
                .seal_value(&NAME, rows.row(), &phi(value))
                .unwrap(),
        ),
    };
    Cell {
        field: NAME,
        row: rows.row(),
        to: rows.next(),
        value: Some(phi(value)),
        stored,
    }
}

#[test]
fn a_policy_that_panics_over_its_version_costs_the_version_and_not_the_event() {
    #[derive(Debug)]
    struct Versionless;

    impl phi_seal::Policy for Versionless {
        fn authorize(&self, _: &phi_seal::Request<'_>) -> phi_seal::Decision {
            phi_seal::Decision::deny("never")
        }

        fn version(&self) -> &str {
            panic!("no version")
        }
    }

    let (world, rows) = (World::new(), Rows::new());
    let vault =
        phi_seal::Vault::builder(world.lender.clone(), Versionless, world.trail.clone()).build();
    let session = vault.session(crate::world::access()).unwrap();
    let error = session
        .seal_value(&NAME, rows.row(), &phi("Ada"))
        .unwrap_err();
    assert!(error.is_denied());
    let events = world.events();
    assert_eq!(events.len(), 1);
    assert_eq!(
        (events[0].outcome.as_str(), events[0].policy.as_str()),
        ("denied", "")
    );
}
