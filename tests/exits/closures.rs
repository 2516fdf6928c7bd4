//! What a closure may do with an action: announce, claim, record, return early.

use phi_seal::{ActionKind, Error, FieldInfo, Phi, Sealed};

use crate::doubles::{Odd, Verdict};
use crate::world::{NAME, NOTE, Rows, SSN, World, phi};

const BOTH: &[FieldInfo] = &[NAME.info(), SSN.info()];
const ONE: &[FieldInfo] = &[NAME.info()];
const MIXED: &[FieldInfo] = &[NAME.info(), NOTE.info()];

struct Ward {
    world: World,
    rows: Rows,
    name: Sealed<Odd>,
    ssn: Sealed<Odd>,
}

fn ward() -> Ward {
    let (world, rows) = (World::new(), Rows::new());
    let session = world.session();
    let name = session.seal_value(&NAME, rows.row(), &phi("Ada")).unwrap();
    let ssn = session.seal_value(&SSN, rows.row(), &phi("078")).unwrap();
    world.forget();
    Ward {
        world,
        rows,
        name,
        ssn,
    }
}

#[test]
fn two_fields_of_a_record_are_one_event() {
    let Ward {
        world,
        rows,
        name,
        ssn,
    } = ward();
    let (name, ssn) = world
        .session()
        .open_with(|mut opening| {
            let permit = opening.authorize(rows.row(), BOTH)?;
            let name = opening.open(&permit, &NAME, &name);
            let ssn = opening.open(&permit, &SSN, &ssn);
            let release = opening.record()?;
            Ok((release.release(name)?, release.release(ssn)?))
        })
        .unwrap();
    assert_eq!((text(&name), text(&ssn)), ("Ada", "078"));
    world.expect_event("two fields", "open", "success", &["success", "success"]);
    assert_eq!(world.times_asked(), 1, "once a record, not once a field");
}

#[test]
fn some_fields_permitted() {
    let Ward {
        world,
        rows,
        name,
        ssn,
    } = ward();
    world.policy(Verdict::Only(vec![true]));
    let (name, refusal) = world
        .session()
        .open_with(|mut opening| {
            let permit = opening.authorize(rows.row(), BOTH)?;
            let name = opening.open(&permit, &NAME, &name);
            let refused = opening.open(&permit, &SSN, &ssn);
            let release = opening.record()?;
            let refusal = release.release(refused).map(drop).unwrap_err();
            Ok((release.release(name)?, refusal))
        })
        .unwrap();
    assert_eq!(text(&name), "Ada");
    assert!(refusal.is_denied());
    assert_eq!(refusal.field(), Some("ssn"));
    world.expect_event("some permitted", "open", "partial", &["success", "denied"]);
    assert_eq!(world.provider_calls(), 1);
}

#[test]
fn some_fields_permitted_to_seal() {
    let Ward { world, rows, .. } = ward();
    world.policy(Verdict::Only(vec![false, true]));
    let (refusal, sealed) = world
        .session()
        .seal_with(|mut sealing| {
            let permit = sealing.authorize(rows.row(), BOTH)?;
            let refused = sealing.seal(&permit, &NAME, &phi("Ada"));
            let sealed = sealing.seal(&permit, &SSN, &phi("078"));
            let release = sealing.record()?;
            let refusal = release.release(refused).map(drop).unwrap_err();
            Ok((refusal, release.release(sealed)?))
        })
        .unwrap();
    assert!(refusal.is_denied());
    let items = ["denied", "success"];
    world.expect_event("some permitted", "seal", "partial", &items);
    world.policy(Verdict::Permit);
    let opened = world.session().open_value(&SSN, rows.row(), &sealed);
    assert_eq!(text(&opened.unwrap()), "078");
}

#[test]
fn a_field_that_was_not_announced_is_denied() {
    let Ward {
        world, rows, ssn, ..
    } = ward();
    let error = world
        .session()
        .open_with(|mut opening| {
            let permit = opening.authorize(rows.row(), ONE)?;
            let ssn = opening.open(&permit, &SSN, &ssn);
            let release = opening.record()?;
            release.release(ssn)
        })
        .unwrap_err();
    assert!(error.is_denied());
    world.expect_event("unannounced", "open", "denied", &["aborted", "denied"]);
    let event = &world.events()[0];
    let fields = &event.subjects[0].records[0].fields;
    assert_eq!(
        (fields[1].name.as_str(), fields[1].reason.as_str()),
        ("ssn", "not-announced")
    );
    assert_eq!(world.provider_calls(), 0);
}

#[test]
fn a_field_of_another_record_type_by_the_same_name_is_denied() {
    let Ward {
        world, rows, name, ..
    } = ward();
    let namesake = crate::world::VISIT.field::<Odd>("name", phi_seal::Category::Name);
    let error = world
        .session()
        .open_with(|mut opening| {
            let permit = opening.authorize(rows.row(), ONE)?;
            let name = opening.open(&permit, &namesake, &name);
            opening.record()?.release(name).map(drop)
        })
        .unwrap_err();
    assert!(error.is_denied());
    world.expect_event("namesake", "open", "denied", &["aborted", "denied"]);
}

#[test]
fn the_same_field_twice_is_two_items() {
    let Ward {
        world, rows, name, ..
    } = ward();
    let (first, second) = world
        .session()
        .open_with(|mut opening| {
            let permit = opening.authorize(rows.row(), ONE)?;
            let first = opening.open(&permit, &NAME, &name);
            let second = opening.open(&permit, &NAME, &name);
            let release = opening.record()?;
            Ok((release.release(first)?, release.release(second)?))
        })
        .unwrap();
    assert_eq!((text(&first), text(&second)), ("Ada", "Ada"));
    world.expect_event("twice", "open", "success", &["success", "success"]);
}

#[test]
fn the_second_time_inherits_nothing_of_the_first() {
    let Ward { world, rows, .. } = ward();
    world
        .session()
        .seal_with(|mut sealing| {
            let permit = sealing.authorize(rows.row(), ONE)?;
            let first = sealing.seal(&permit, &NAME, &phi("Ada"));
            let refused = sealing.seal(&permit, &NAME, &phi(crate::doubles::UNENCODABLE));
            let release = sealing.record()?;
            assert!(release.release(refused).is_err());
            release.release(first)
        })
        .unwrap();
    let items = ["success", "unencodable"];
    world.expect_event("sealed twice", "seal", "partial", &items);
    let fields = &world.events()[0].subjects[0].records[0].fields;
    assert!(fields[0].key.is_some() && fields[0].tag.is_some());
    assert_eq!((&fields[1].key, &fields[1].tag), (&None, &None));
}

/// A closure that ends before it recorded, and what the event says.
type Early = (
    &'static str,
    fn(&Ward) -> Result<(), Error>,
    &'static str,
    &'static [&'static str],
);

const EARLY: [Early; 9] = [
    (
        "nothing at all",
        |ward| ward.world.session().open_with(|_| Ok(())),
        "aborted",
        &[],
    ),
    (
        "announced only",
        |ward| {
            ward.world.session().open_with(|mut opening| {
                opening.authorize(ward.rows.row(), BOTH)?;
                Ok(())
            })
        },
        "aborted",
        &["aborted", "aborted"],
    ),
    (
        "opened and dropped",
        |ward| {
            ward.world.session().open_with(|mut opening| {
                let permit = opening.authorize(ward.rows.row(), BOTH)?;
                drop(opening.open(&permit, &NAME, &ward.name));
                Ok(())
            })
        },
        "aborted",
        &["aborted", "aborted"],
    ),
    (
        "an absence learnt",
        |ward| {
            ward.world.session().open_with(|mut opening| {
                let permit = opening.authorize(ward.rows.row(), ONE)?;
                drop(opening.open(&permit, &NAME, &None::<Sealed<Odd>>));
                Ok(())
            })
        },
        "aborted",
        &["aborted"],
    ),
    (
        "a failed open that was not recorded",
        |ward| {
            ward.world.session().open_with(|mut opening| {
                let permit = opening.authorize(ward.rows.row(), BOTH)?;
                drop(opening.open(&permit, &NAME, &ward.name));
                // The name in the column of the number.
                drop(opening.open(&permit, &SSN, &ward.name));
                Ok(())
            })
        },
        "aborted",
        &["aborted", "integrity"],
    ),
    (
        "the question mark on a denial",
        |ward| {
            ward.world.policy(Verdict::Deny);
            ward.world.session().open_with(|mut opening| {
                opening.authorize(ward.rows.row(), BOTH)?;
                opening.record().map(drop)
            })
        },
        "denied",
        &["denied", "denied"],
    ),
    (
        "fields of two record types",
        |ward| {
            ward.world.session().open_with(|mut opening| {
                opening.authorize(ward.rows.row(), MIXED)?;
                opening.record().map(drop)
            })
        },
        "invalid_input",
        &["invalid_input", "invalid_input"],
    ),
    (
        "an empty field list",
        |ward| {
            ward.world.session().open_with(|mut opening| {
                opening.authorize(ward.rows.row(), &[])?;
                opening.record().map(drop)
            })
        },
        "aborted",
        &[],
    ),
    (
        "a missing subject",
        |ward| {
            ward.world.session().open_with(|mut opening| {
                opening.authorize(ward.rows.subjectless(), ONE)?;
                opening.record().map(drop)
            })
        },
        "invalid_input",
        &["invalid_input"],
    ),
];

#[test]
fn whoever_returns_before_recording_is_recorded() {
    for (case, act, outcome, items) in EARLY {
        let ward = ward();
        let _ = act(&ward);
        ward.world.expect_event(case, "open", outcome, items);
    }
}

#[test]
fn a_sealing_closure_that_returns_early_is_recorded_as_aborted() {
    let Ward { world, rows, .. } = ward();
    world
        .session()
        .seal_with(|mut sealing| {
            let permit = sealing.authorize(rows.row(), BOTH)?;
            drop(sealing.seal(&permit, &NAME, &phi("Ada")));
            Ok(())
        })
        .unwrap();
    world.expect_event("dropped", "seal", "aborted", &["aborted", "aborted"]);
}

#[test]
fn a_recorded_action_whose_closure_fails_later_stays_as_recorded() {
    let Ward {
        world, rows, name, ..
    } = ward();
    let result: Result<(), Error> = world.session().open_with(|mut opening| {
        let permit = opening.authorize(rows.row(), ONE)?;
        let name = opening.open(&permit, &NAME, &name);
        let _ = opening.record()?.release(name);
        Err(Sealed::<String>::from_text("no envelope").unwrap_err())
    });
    assert!(result.is_err());
    // Over-reporting is right: the closure had the value.
    world.expect_event("failed later", "open", "success", &["success"]);
}

#[test]
fn actions_within_each_other_are_events_of_their_own() {
    let Ward {
        world, rows, name, ..
    } = ward();
    let session = world.session();
    let outer: Phi<Odd> = session
        .open_with(|mut opening| {
            let permit = opening.authorize(rows.row(), ONE)?;
            let pending = opening.open(&permit, &NAME, &name);
            session.seal_value(&SSN, rows.row(), &phi("078"))?;
            opening.record()?.release(pending)
        })
        .unwrap();
    assert_eq!(text(&outer), "Ada");
    let events = world.events();
    let actions: Vec<_> = events.iter().map(|event| event.action.as_str()).collect();
    assert_eq!(actions, ["seal", "open"]);
    assert_eq!(world.gate.asked.lock().unwrap()[0].0, ActionKind::Open);
    assert_ne!(events[0].action_id, events[1].action_id);
}

#[test]
fn records_of_many_patients_are_one_event() {
    let Ward { world, rows, .. } = ward();
    let other = phi_seal::SubjectId::new("p-2").unwrap();
    let id = phi_seal::RecordId::new("r-9").unwrap();
    world
        .session()
        .seal_with(|mut sealing| {
            let own = sealing.authorize(rows.row(), ONE)?;
            let others = sealing.authorize(phi_seal::RecordRef::new(&id, &other), ONE)?;
            let first = sealing.seal(&own, &NAME, &phi("Ada"));
            let second = sealing.seal(&others, &NAME, &phi("Eve"));
            let release = sealing.record()?;
            Ok((release.release(first)?, release.release(second)?))
        })
        .unwrap();
    world.expect_event("two patients", "seal", "success", &["success", "success"]);
    let subjects: Vec<_> = world.events()[0]
        .subjects
        .iter()
        .map(|subject| subject.subject.clone().unwrap())
        .collect();
    assert_eq!(subjects, ["p-1", "p-2"]);
    assert_eq!(world.times_asked(), 2);
}

fn text(value: &Phi<Odd>) -> &str {
    &value.expose().0
}
