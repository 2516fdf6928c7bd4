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
            "a server whose clock is a minute ahead",
            access()
                .started_at(noon() + 60 * SECOND)
                .last_activity(noon() + 60 * SECOND),
            true,
        ),
        (
            "a start to come: the clock was turned back",
            access().started_at(noon() + 61 * SECOND),
            false,
        ),
        (
            "an activity to come",
            access().last_activity(noon() + EXPIRY.max_age),
            false,
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

#[test]
fn a_session_that_expires_within_an_action_releases_nothing_more() {
    let world = World::new();
    let session = world.session();
    let rows = Rows::new();
    let (first, second) = (
        session.seal_value(&NAME, rows.row(), &phi("Ada")).unwrap(),
        session.seal_value(&NAME, rows.next(), &phi("Eva")).unwrap(),
    );
    world.forget();
    let fields = [NAME.info()];
    let result = session.open_with(|mut opening| {
        let permit = opening.authorize(rows.row(), &fields)?;
        let ada = opening.open(&permit, &NAME, &first);
        world.clock.advance(EXPIRY.idle * 2);
        let refusal = opening.authorize(rows.next(), &fields).unwrap_err();
        assert_eq!(refusal.kind(), ErrorKind::Expired);
        let _ = &second;
        opening.record()?.release(ada)
    });
    assert_eq!(result.map(drop).unwrap_err().kind(), ErrorKind::Expired);
    world.expect_event("expired within", "open", "expired", &["aborted", "expired"]);
}

#[test]
fn preparing_is_no_activity() {
    let world = World::new();
    let session = world.session();
    let rows = Rows::new();
    let needs = phi_seal::Needs::new().seal(&NAME, rows.row());
    for _ in 0..4 {
        world.clock.advance(EXPIRY.idle / 2);
        drop(pollster::block_on(session.prepare(&needs)).unwrap());
    }
    assert!(!is_live(&world, &session));
}

#[test]
fn a_broken_glass_without_a_reason_is_refused_and_recorded() {
    let world = World::new();
    let access = || {
        let actor = phi_seal::Actor::new("clinician-17").unwrap();
        let tenant = crate::world::access().tenant().clone();
        phi_seal::Access::new(tenant, actor, phi_seal::Purpose::BreakGlass)
    };
    let error = world.vault.session(access()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    world.expect_event("no reason", "admit", "invalid_input", &[]);
    world.forget();
    assert!(world.vault.session(access().reason("unconscious")).is_ok());
    assert!(world.events().is_empty());
}

#[test]
fn a_closure_that_waits_before_it_asks_is_judged_when_it_asks() {
    let (world, rows) = (World::new(), Rows::new());
    let session = world.session();
    let fields = [NAME.info()];
    let result = session.open_with(|mut opening| {
        world.clock.advance(EXPIRY.idle * 2);
        opening.authorize(rows.row(), &fields).map(drop)
    });
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Expired);
    world.expect_event("asked late", "open", "expired", &["expired"]);
    assert_eq!(world.times_asked(), 0);
}

#[test]
fn an_event_is_dated_at_the_first_authorisation() {
    let (world, rows) = (World::new(), Rows::new());
    let session = world.session();
    let fields = [NAME.info()];
    session
        .open_with(|mut opening| {
            opening.authorize(rows.row(), &fields)?;
            world.clock.advance(7 * SECOND);
            opening.authorize(rows.next(), &fields)?;
            opening.record().map(drop)
        })
        .unwrap();
    assert!(world.events()[0].time.starts_with("2026-11-21T12:00:00."));
}
