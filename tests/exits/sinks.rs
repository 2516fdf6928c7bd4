//! A sink that fails keeps everything in.

use phi_seal::{ErrorKind, FieldInfo, RecordId, RecordRef, SubjectId};

use crate::doubles::{Recording, Verdict};
use crate::world::{Cell, EXPIRY, NAME, Rows, Way, World, access, phi};

#[test]
fn without_a_record_nothing_is_released() {
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
        world.forget();
        world.sink(Recording::Fail);
        let error = cell.act(&session, way).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Audit, "{way:?}");
        assert!(error.is_retryable());
        assert_eq!(error.to_string(), "the trail is cut; mend it");
        assert_eq!(world.attempts(), 1, "{way:?}: no second attempt");

        world.sink(Recording::Keep);
        assert!(cell.act(&session, way).is_ok(), "{way:?}: the sink is back");
    }
}

#[test]
fn an_abortion_that_cannot_be_recorded_is_an_error_too() {
    const FIELDS: &[FieldInfo] = &[NAME.info()];
    let (world, rows) = (World::new(), Rows::new());
    let session = world.session();
    let sealed = session.seal_value(&NAME, rows.row(), &phi("Ada")).unwrap();
    world.forget();
    world.sink(Recording::Fail);
    let result = session.open_with(|mut opening| {
        let permit = opening.authorize(rows.row(), FIELDS)?;
        drop(opening.open(&permit, &NAME, &sealed));
        Ok("forgot")
    });
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Audit);
    assert_eq!(world.attempts(), 1);

    world.policy(Verdict::Deny);
    let result = session.open_value(&NAME, rows.row(), &sealed);
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Audit);
}

#[test]
fn a_refused_admission_that_cannot_be_recorded_is_an_error_too() {
    let world = World::new();
    world.sink(Recording::Fail);
    world.clock.advance(EXPIRY.max_age * 2);
    let error = world
        .vault
        .session(access().started_at(crate::world::noon()))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Audit);
    assert_eq!(world.attempts(), 1);
}

/// Ids so long that a part holds some twenty items.
fn long_ids() -> Vec<RecordId<'static>> {
    (0..100)
        .map(|n| RecordId::new(format!("{n:0>1024}")).unwrap())
        .collect()
}

#[test]
fn all_parts_are_recorded_before_anything_is_released() {
    let (world, ids) = (World::new(), long_ids());
    let session = world.session();
    let subject = SubjectId::new("p-1").unwrap();
    let value = phi("Ada");
    let rows = ids.iter().map(|id| RecordRef::new(id, &subject));
    let cells: Vec<_> = rows.clone().map(|row| (row, &value)).collect();

    let sealed = session.seal_values(&NAME, &cells).unwrap();
    let sealed: Vec<_> = sealed.into_iter().map(Result::unwrap).collect();
    check_parts(&world, "seal");
    let parts = u32::try_from(world.events().len()).unwrap();

    let stored: Vec<_> = rows.zip(&sealed).collect();
    world.forget();
    let opened = session.open_values(&NAME, &stored).unwrap();
    assert!(opened.iter().all(Result::is_ok));
    check_parts(&world, "open");

    for failing in 1..=parts {
        world.sink(Recording::FailAtPart(failing));
        world.forget();
        let error = session.seal_values(&NAME, &cells).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Audit, "sealing, part {failing}");
        assert_eq!(world.events().len(), failing as usize - 1);
        assert_eq!(world.attempts(), failing as usize, "and none after it");

        world.forget();
        let error = session.open_values(&NAME, &stored).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Audit, "opening, part {failing}");
        assert_eq!(world.attempts(), failing as usize, "and none after it");
    }
}

fn check_parts(world: &World, action: &str) {
    let events = world.events();
    let parts = u32::try_from(events.len()).unwrap();
    assert!(parts > 2, "{parts} parts");
    let mut items = 0;
    for (number, event) in (1..).zip(&events) {
        assert_eq!((event.part, event.parts), (number, parts));
        assert_eq!(event.action_id, events[0].action_id);
        assert_eq!(
            (event.action.as_str(), event.outcome.as_str()),
            (action, "success")
        );
        assert!(event.to_json().len() <= 32 * 1024);
        items += crate::world::outcomes(event).len();
    }
    assert_eq!(items, 100);
}
