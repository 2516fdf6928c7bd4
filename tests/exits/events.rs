//! Whose events they are, and that no two share an id.

use std::collections::HashSet;

use phi_seal::{Actor, Purpose, TenantId};

use crate::world::{NAME, Rows, World, access, phi};

#[test]
fn ids_are_unique_across_threads_of_one_session() {
    const THREADS: usize = 8;
    const ACTIONS: usize = 50;
    let world = World::new();
    let session = world.session();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let rows = Rows::new();
                for _ in 0..ACTIONS {
                    session.seal_value(&NAME, rows.row(), &phi("Ada")).unwrap();
                }
            });
        }
    });
    let events = world.events();
    assert_eq!(events.len(), THREADS * ACTIONS);
    let ids: HashSet<_> = events.iter().map(|event| &event.event).collect();
    let actions: HashSet<_> = events.iter().map(|event| &event.action_id).collect();
    assert_eq!((ids.len(), actions.len()), (events.len(), events.len()));
    // Numbered without a gap, so that a missing event shows.
    for number in 1..=events.len() {
        assert!(actions.contains(&format!("{}-{number}", session.id())));
    }
}

#[test]
fn sessions_share_no_ids() {
    let world = World::new();
    let sessions: HashSet<_> = (0..64).map(|_| world.session().id()).collect();
    assert_eq!(sessions.len(), 64);
}

#[test]
fn an_event_names_the_sessions_tenant_actor_and_purpose() {
    let (world, rows) = (World::new(), Rows::new());
    let elsewhere = phi_seal::Access::new(
        TenantId::new("elsewhere").unwrap(),
        Actor::new("clerk-3").unwrap().role("clerk"),
        Purpose::Payment,
    );
    let [here, there] = [access(), elsewhere].map(|access| world.vault.session(access).unwrap());
    let sealed = here.seal_value(&NAME, rows.row(), &phi("Ada")).unwrap();
    let error = there.open_value(&NAME, rows.row(), &sealed).unwrap_err();
    assert!(error.is_integrity(), "another tenant's value does not open");
    let events = world.events();
    let seen: Vec<_> = events
        .iter()
        .map(|event| {
            (
                event.tenant.as_str(),
                event.actor.id.as_str(),
                event.purpose.as_str(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("mercy", "clinician-17", "TREAT"),
            ("elsewhere", "clerk-3", "HPAYMT")
        ]
    );
    assert_eq!(events[0].session, here.id().to_string());
    assert_eq!(events[1].session, there.id().to_string());
}

#[test]
fn an_events_time_is_when_the_action_began() {
    let (world, rows) = (World::new(), Rows::new());
    let session = world.session();
    const FIELDS: &[phi_seal::FieldInfo] = &[NAME.info()];
    session
        .seal_with(|mut sealing| {
            let permit = sealing.authorize(rows.row(), FIELDS)?;
            let sealed = sealing.seal(&permit, &NAME, &phi("Ada"));
            world.clock.advance(std::time::Duration::from_secs(7));
            sealing.record()?.release(sealed)
        })
        .unwrap();
    assert_eq!(world.events()[0].time, "2026-11-21T12:00:00.000000000Z");
}
