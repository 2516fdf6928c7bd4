//! Sessions end by themselves, whatever is done to the clock.

use std::time::Duration;

use phi_seal::ErrorKind;

use crate::world::{Cell, EXPIRY, NAME, Rows, Way, World, access, noon, phi};

const SECOND: Duration = Duration::from_secs(1);

fn is_live(world: &World, session: &phi_seal::Session) -> bool {
    let rows = Rows::new();
    world.forget();
    let result = session.seal_value(&NAME, rows.row(), &phi("Ada"));
    let outcome = match &result {
        Ok(_) => "success",
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Expired);
            "expired"
        }
    };
    world.expect_event("life", "seal", outcome, &[outcome]);
    result.is_ok()
}

#[test]
fn activity_keeps_a_session_alive_up_to_its_greatest_age() {
    let world = World::new();
    let session = world.session();
    let mut age = Duration::ZERO;
    while age + EXPIRY.idle <= EXPIRY.max_age {
        world.clock.advance(EXPIRY.idle);
        age += EXPIRY.idle;
        assert!(
            is_live(&world, &session),
            "idle for exactly as long as allowed"
        );
    }
    assert_eq!(age, EXPIRY.max_age);
    world.clock.advance(Duration::from_nanos(1));
    assert!(!is_live(&world, &session), "too old, though never idle");
}

#[test]
fn too_old_ends_every_kind_of_action() {
    for way in Way::ALL {
        let (world, rows) = (World::new(), Rows::new());
        let session = world.session();
        let cell = Cell {
            field: NAME,
            row: rows.row(),
            to: rows.next(),
            value: Some(phi("Ada")),
            stored: Some(session.seal_value(&NAME, rows.row(), &phi("Ada")).unwrap()),
        };
        for _ in 0..6 {
            world.clock.advance(EXPIRY.idle);
            assert!(cell.act(&session, way).is_ok());
        }
        world.clock.advance(SECOND);
        world.forget();
        let error = cell.act(&session, way).map(drop).unwrap_err();
        assert!(error.is_expired());
        world.expect_event("too old", way.action(), "expired", &["expired"]);
    }
}

#[test]
fn a_failed_attempt_does_not_revive_a_session() {
    let world = World::new();
    let session = world.session();
    world.clock.advance(EXPIRY.idle + SECOND);
    for _ in 0..3 {
        assert!(!is_live(&world, &session));
    }
}

#[test]
fn turning_the_wall_clock_back_lengthens_no_session() {
    let world = World::new();
    let session = world.session();
    world.clock.advance(EXPIRY.idle + SECOND);
    world.clock.set_wall(noon());
    assert!(!is_live(&world, &session), "idle by the monotonic clock");

    let world = World::new();
    let session = world.session();
    for _ in 0..6 {
        world.clock.advance(EXPIRY.idle);
        world.clock.set_wall(noon());
        assert!(is_live(&world, &session));
    }
    world.clock.advance(SECOND);
    world.clock.set_wall(noon() - EXPIRY.max_age);
    assert!(!is_live(&world, &session), "too old by the monotonic clock");
}

#[test]
fn a_suspended_machine_ages_its_sessions() {
    let world = World::new();
    let session = world.session();
    // The monotonic clock stands still while a machine is suspended.
    world.clock.set_wall(noon() + EXPIRY.idle + SECOND);
    assert!(!is_live(&world, &session));
}

#[test]
fn an_expired_session_stays_expired_when_the_wall_clock_is_turned_back() {
    let world = World::new();
    let session = world.session();
    world.clock.set_wall(noon() + EXPIRY.idle + SECOND);
    assert!(!is_live(&world, &session));
    world.clock.set_wall(noon());
    assert!(!is_live(&world, &session), "expired is for good");
}

#[test]
fn what_the_access_states_is_judged_at_admission() {
    let ago = |duration: Duration| noon() - duration;
    let cases = [
        ("neither", access(), true),
        ("a fresh start", access().started_at(ago(SECOND)), true),
        (
            "an old start and no activity",
            access().started_at(ago(EXPIRY.idle + SECOND)),
            false,
        ),
        (
            "an old start and recent activity",
            access()
                .started_at(ago(EXPIRY.max_age))
                .last_activity(ago(EXPIRY.idle)),
            true,
        ),
        (
            "too old a start and recent activity",
            access()
                .started_at(ago(EXPIRY.max_age + SECOND))
                .last_activity(ago(SECOND)),
            false,
        ),
        (
            "idle for too long",
            access()
                .started_at(ago(EXPIRY.max_age))
                .last_activity(ago(EXPIRY.idle + SECOND)),
            false,
        ),
        (
            "idle for too long, no start",
            access().last_activity(ago(EXPIRY.idle + SECOND)),
            false,
        ),
        (
            "times to come",
            access()
                .started_at(noon() + EXPIRY.max_age)
                .last_activity(noon() + EXPIRY.max_age),
            true,
        ),
    ];
    for (case, access, is_admitted) in cases {
        let world = World::new();
        match world.vault.session(access) {
            Ok(_) => {
                assert!(is_admitted, "{case}");
                assert_eq!(world.attempts(), 0, "{case}: admission is no event");
            }
            Err(error) => {
                assert!(!is_admitted, "{case}");
                assert!(error.is_expired(), "{case}");
                world.expect_event(case, "admit", "expired", &[]);
                assert_eq!((world.times_asked(), world.provider_calls()), (0, 0));
            }
        }
    }
}

#[test]
fn a_stated_start_counts_towards_the_age() {
    let world = World::new();
    let access = access()
        .started_at(noon() - (EXPIRY.max_age - EXPIRY.idle))
        .last_activity(noon());
    let session = world.vault.session(access).unwrap();
    world.clock.advance(EXPIRY.idle);
    assert!(is_live(&world, &session));
    world.clock.advance(SECOND);
    assert!(!is_live(&world, &session));
}
