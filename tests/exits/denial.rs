//! Who is denied learns "denied", and nothing about keys or data.

use phi_seal::{ActionKind, Error};

use crate::doubles::Verdict;
use crate::table::{destroy_key, tampered};
use crate::world::{Cell, NAME, Released, Rows, Way, World, phi};

/// What there is to be found, and how it comes there.
type There = (&'static str, fn(&World));

#[test]
fn a_denial_is_the_same_whatever_there_is_to_be_found() {
    let there: [There; 4] = [
        ("an open key", |_| {}),
        ("a disabled key", |world| {
            world.lender.ring.rotate().unwrap();
            world.lender.ring.disable(1).unwrap();
        }),
        ("an erased key", destroy_key),
        ("no key", |world| {
            world
                .lender
                .ring
                .replace(phi_seal::Keyring::generate().unwrap());
        }),
    ];
    for way in Way::ALL {
        let mut seen: Vec<(Error, String)> = Vec::new();
        for (what, arrange) in there {
            for is_tampered in [false, true] {
                let (world, rows) = (World::new(), Rows::new());
                let session = world.session();
                let sealed = session.seal_value(&NAME, rows.row(), &phi("Ada")).unwrap();
                let cell = Cell {
                    field: NAME,
                    row: rows.row(),
                    to: rows.next(),
                    value: Some(phi("Ada")),
                    stored: Some(if is_tampered {
                        tampered(sealed)
                    } else {
                        sealed
                    }),
                };
                arrange(&world);
                world.policy(Verdict::Deny);
                world.forget();
                let error = match cell.act(&session, way) {
                    Err(error) => error,
                    Ok(Released::Plaintext(_) | Released::Ciphertext(_)) => {
                        panic!("{way:?}, {what}: released")
                    }
                };
                assert!(error.is_denied(), "{way:?}, {what}");
                assert_eq!(world.provider_calls(), 0, "{way:?}, {what}");
                seen.push((error, format!("{error} {error:?}")));
            }
        }
        assert!(seen.iter().all(|one| *one == seen[0]), "{way:?}: {seen:?}");
    }
}

#[test]
fn the_policy_is_asked_once_a_record_at_every_action() {
    let (world, rows) = (World::new(), Rows::new());
    let session = world.session();
    let value = phi("Ada");
    let sealed = session.seal_value(&NAME, rows.row(), &value).unwrap();
    for _ in 0..2 {
        session.open_value(&NAME, rows.row(), &sealed).unwrap();
    }
    let values = [(rows.row(), &value), (rows.next(), &value)];
    let many = session.seal_values(&NAME, &values).unwrap();
    let [first, second] = [many[0].as_ref().unwrap(), many[1].as_ref().unwrap()];
    let stored = [(rows.row(), first), (rows.next(), second)];
    session.open_values(&NAME, &stored).unwrap();
    session
        .rebind(&NAME, rows.row(), rows.next(), &sealed)
        .unwrap();

    use ActionKind::{Open, Rebind, Seal};
    let expected = [
        (Seal, "r-1"),
        (Open, "r-1"),
        (Open, "r-1"),
        (Seal, "r-1"),
        (Seal, "r-2"),
        (Open, "r-1"),
        (Open, "r-2"),
        (Rebind, "r-1"),
        (Rebind, "r-2"),
    ];
    let expected: Vec<_> = expected
        .iter()
        .map(|(action, id)| (*action, id.to_string()))
        .collect();
    assert_eq!(*world.gate.asked.lock().unwrap(), expected);
}

#[test]
fn no_decision_outlives_its_action() {
    let (world, rows) = (World::new(), Rows::new());
    let session = world.session();
    let sealed = session.seal_value(&NAME, rows.row(), &phi("Ada")).unwrap();
    assert!(session.open_value(&NAME, rows.row(), &sealed).is_ok());
    world.policy(Verdict::Deny);
    let error = session.open_value(&NAME, rows.row(), &sealed).unwrap_err();
    assert!(error.is_denied());
}
