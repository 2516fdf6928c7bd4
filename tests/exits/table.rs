//! The table: each condition, and how sealing, opening and rebinding end under it.

use phi_seal::key::{DataKey, KeyScope, KeyUse, Keyring};
use phi_seal::{Field, Sealed, SubjectId, TenantId};

use crate::doubles::{Lending, Odd, UNDECODABLE, UNENCODABLE, Verdict};
use crate::world::{Cell, EXPIRY, NAME, PLACE, Released, Rows, STATUS, TENANT, Way, World, phi};

/// A condition, and what every kind of action makes of it. An outcome of `None`: not applicable.
struct Exit {
    condition: &'static str,
    field: Field<Odd>,
    value: Option<&'static str>,
    stored: Stored,
    arrange: fn(&World),
    seal: Option<&'static str>,
    open: Option<&'static str>,
    rebind: Option<Rebound>,
    /// Whether policy and provider are asked when sealing and opening, by way of their count.
    asks: Asks,
}

struct Rebound {
    outcome: &'static str,
    items: &'static [&'static str],
    error: Option<&'static str>,
}

#[derive(Clone, Copy)]
enum Stored {
    AsSealed,
    Missing,
    Tampered,
    OfAnotherRow,
    OfAnotherKeyring,
}

#[derive(Clone, Copy, PartialEq)]
enum Asks {
    Nobody,
    PolicyOnly,
    Both,
}

const PLAIN: Exit = Exit {
    condition: "success",
    field: NAME,
    value: Some("Zofia Żak"),
    stored: Stored::AsSealed,
    arrange: |_| {},
    seal: Some("success"),
    open: Some("success"),
    rebind: BOTH_SUCCEED,
    asks: Asks::Both,
};

const BOTH_SUCCEED: Option<Rebound> = Some(Rebound {
    outcome: "success",
    items: &["success", "success"],
    error: None,
});

/// The value could not be opened, so nothing was sealed.
const fn unopened(items: &'static [&'static str]) -> Option<Rebound> {
    Some(Rebound {
        outcome: items[0],
        items,
        error: Some(items[0]),
    })
}

/// The first permit was refused.
const fn refused(items: &'static [&'static str]) -> Option<Rebound> {
    Some(Rebound {
        outcome: items[0],
        items,
        error: Some(items[0]),
    })
}

const EXITS: &[Exit] = &[
    PLAIN,
    Exit {
        condition: "success, padded",
        field: STATUS,
        ..PLAIN
    },
    Exit {
        condition: "policy denies",
        arrange: |world| world.policy(Verdict::Deny),
        seal: Some("denied"),
        open: Some("denied"),
        rebind: refused(&["denied"]),
        asks: Asks::PolicyOnly,
        ..PLAIN
    },
    Exit {
        condition: "policy permits only another field",
        arrange: |world| world.policy(Verdict::Only(vec![false, true])),
        seal: Some("denied"),
        open: Some("denied"),
        rebind: refused(&["denied"]),
        asks: Asks::PolicyOnly,
        ..PLAIN
    },
    Exit {
        condition: "policy denies the row it goes to",
        arrange: |world| world.policy(Verdict::DenyRecord("r-2")),
        rebind: Some(Rebound {
            outcome: "denied",
            items: &["aborted", "denied"],
            error: Some("denied"),
        }),
        ..PLAIN
    },
    Exit {
        condition: "key unknown to the provider",
        stored: Stored::OfAnotherKeyring,
        open: Some("missing_key"),
        rebind: unopened(&["missing_key", "missing_key"]),
        ..PLAIN
    },
    Exit {
        condition: "no active key",
        arrange: |world| world.lender.ring.replace(elsewhere()),
        seal: Some("missing_key"),
        open: None,
        rebind: None,
        ..PLAIN
    },
    Exit {
        condition: "key disabled",
        arrange: |world| {
            world.lender.ring.rotate().unwrap();
            world.lender.ring.disable(1).unwrap();
        },
        open: Some("key_disabled"),
        rebind: unopened(&["key_disabled", "key_disabled"]),
        ..PLAIN
    },
    Exit {
        condition: "key below the minimum version",
        arrange: |world| {
            world.lender.ring.rotate().unwrap();
            world.lender.ring.set_minimum_version(2).unwrap();
        },
        open: Some("key_disabled"),
        rebind: unopened(&["key_disabled", "key_disabled"]),
        ..PLAIN
    },
    Exit {
        condition: "key destroyed",
        arrange: destroy_key,
        open: Some("erased"),
        rebind: unopened(&["erased", "erased"]),
        ..PLAIN
    },
    Exit {
        condition: "key of another patient",
        arrange: |world| {
            let tenant = TenantId::new(TENANT).unwrap();
            let patient = SubjectId::new("p-2").unwrap();
            world.lender.ring.replace(Keyring::from_key(
                DataKey::generate(KeyScope::subject(tenant, patient)).unwrap(),
            ));
        },
        seal: Some("missing_key"),
        open: Some("missing_key"),
        rebind: unopened(&["missing_key", "missing_key"]),
        ..PLAIN
    },
    Exit {
        condition: "provider lends nothing",
        arrange: |world| world.provider(Lending::Nothing),
        seal: Some("provider"),
        open: Some("provider"),
        rebind: unopened(&["provider", "provider"]),
        ..PLAIN
    },
    Exit {
        condition: "provider lends twice",
        arrange: |world| world.provider(Lending::Twice),
        seal: Some("provider"),
        open: Some("provider"),
        rebind: unopened(&["provider", "provider"]),
        ..PLAIN
    },
    Exit {
        condition: "provider lends another key",
        arrange: |world| world.provider(Lending::AnotherKey),
        // Any key of the scope may be the active one.
        seal: None,
        open: Some("provider"),
        rebind: unopened(&["provider", "provider"]),
        ..PLAIN
    },
    Exit {
        condition: "provider lends another tenant's key",
        arrange: |world| world.provider(Lending::AnotherTenantsKey),
        seal: Some("missing_key"),
        open: Some("missing_key"),
        rebind: unopened(&["missing_key", "missing_key"]),
        ..PLAIN
    },
    Exit {
        condition: "provider lends, then fails",
        arrange: |world| world.provider(Lending::ThenFail),
        seal: Some("unavailable"),
        open: Some("unavailable"),
        rebind: unopened(&["unavailable", "unavailable"]),
        ..PLAIN
    },
    Exit {
        condition: "key not loaded",
        arrange: |world| world.provider(Lending::Prepared),
        seal: Some("unavailable"),
        open: Some("unavailable"),
        rebind: unopened(&["unavailable", "unavailable"]),
        ..PLAIN
    },
    Exit {
        condition: "bad tag",
        stored: Stored::Tampered,
        open: Some("integrity"),
        rebind: unopened(&["integrity", "integrity"]),
        ..PLAIN
    },
    Exit {
        condition: "sealed for another row",
        stored: Stored::OfAnotherRow,
        open: Some("integrity"),
        rebind: unopened(&["integrity", "integrity"]),
        ..PLAIN
    },
    Exit {
        condition: "undecodable value",
        value: Some(UNDECODABLE),
        open: Some("undecodable"),
        ..PLAIN
    },
    Exit {
        condition: "unencodable value",
        value: Some(UNENCODABLE),
        stored: Stored::Missing,
        seal: Some("unencodable"),
        open: None,
        rebind: None,
        ..PLAIN
    },
    Exit {
        condition: "absent value",
        value: None,
        seal: Some("absent"),
        open: Some("absent"),
        rebind: Some(Rebound {
            outcome: "absent",
            items: &["absent", "absent"],
            error: None,
        }),
        asks: Asks::PolicyOnly,
        ..PLAIN
    },
    Exit {
        condition: "sealed null",
        field: STATUS,
        value: None,
        ..PLAIN
    },
    Exit {
        condition: "null where nulls are sealed",
        field: STATUS,
        stored: Stored::Missing,
        seal: None,
        open: Some("integrity"),
        rebind: unopened(&["integrity", "integrity"]),
        asks: Asks::PolicyOnly,
        ..PLAIN
    },
    Exit {
        condition: "idle for too long",
        arrange: |world| world.clock.advance(EXPIRY.idle + NANOSECOND),
        seal: Some("expired"),
        open: Some("expired"),
        rebind: refused(&["expired"]),
        asks: Asks::Nobody,
        ..PLAIN
    },
    Exit {
        condition: "subject where none belongs",
        field: PLACE,
        stored: Stored::Missing,
        seal: Some("invalid_input"),
        open: Some("invalid_input"),
        rebind: refused(&["invalid_input"]),
        asks: Asks::Nobody,
        ..PLAIN
    },
];

const NANOSECOND: std::time::Duration = std::time::Duration::from_nanos(1);

#[test]
fn every_exit_is_recorded_once_as_what_it_was() {
    let mut exits = 0;
    for exit in EXITS {
        for way in Way::ALL {
            exits += usize::from(check(exit, way));
        }
    }
    assert_eq!(exits, 144, "cases may be added, but none may fall out");
}

/// Whether the condition applies to this way of acting.
fn check(exit: &Exit, way: Way) -> bool {
    let expected = match way {
        Way::Seal | Way::SealMany => exit.seal.map(single),
        Way::Open | Way::OpenMany | Way::Disclose => exit.open.map(single),
        Way::Rebind => exit
            .rebind
            .as_ref()
            .map(|rebound| (rebound.outcome, rebound.items.to_vec(), rebound.error)),
    };
    let Some((outcome, items, error)) = expected else {
        return false;
    };
    let case = format!("{}, {way:?}", exit.condition);
    let (world, rows) = (World::new(), Rows::new());
    let cell = Cell {
        field: exit.field,
        row: rows.row(),
        to: rows.next(),
        value: exit.value.map(phi),
        stored: stored(exit, &world, &rows),
    };
    let session = world.session();
    (exit.arrange)(&world);
    world.forget();

    let result = cell.act(&session, way);

    world.expect_event(&case, way.action(), outcome, &items);
    check_asked(exit, way, &world, &case);
    check_linked(&world, &cell, &result, &case);
    match (result, error) {
        (Ok(Released::Plaintext(value)), None) => assert_eq!(
            value.as_ref().map(|value| value.expose().0.as_str()),
            exit.value,
            "{case}"
        ),
        (Ok(Released::Ciphertext(_)), None) => {}
        (Err(found), Some(code)) => {
            assert_eq!(found.kind().code(), code, "{case}");
            // A batch in an expired session fails as a whole.
            let is_of_a_field = !(found.is_expired() && way.is_batch());
            let field = is_of_a_field.then(|| exit.field.name());
            assert_eq!(found.field(), field, "{case}");
        }
        (Ok(_), Some(code)) => panic!("{case}: released in spite of {code}"),
        (Err(found), None) => panic!("{case}: {found}"),
    }
    true
}

fn single(code: &'static str) -> (&'static str, Vec<&'static str>, Option<&'static str>) {
    let error = (!matches!(code, "success" | "absent")).then_some(code);
    (code, vec![code], error)
}

/// The policy is asked once for each record, and keys are asked for only once it permitted.
fn check_asked(exit: &Exit, way: Way, world: &World, case: &str) {
    let asked = world.times_asked();
    match (exit.asks, way) {
        (Asks::Nobody, _) => assert_eq!(asked, 0, "{case}"),
        (_, Way::Rebind) => assert!((1..=2).contains(&asked), "{case}: {asked}"),
        _ => assert_eq!(asked, 1, "{case}"),
    }
    let unencodable = exit.value == Some(UNENCODABLE);
    match exit.asks {
        Asks::Nobody | Asks::PolicyOnly => assert_eq!(world.provider_calls(), 0, "{case}"),
        Asks::Both if way == Way::Rebind => {}
        Asks::Both => assert_eq!(world.provider_calls(), usize::from(!unencodable), "{case}"),
    }
}

/// An event names the key once the envelope was read, and of a sealed value the tag.
fn check_linked<E>(world: &World, cell: &Cell<'_>, result: &Result<Released, E>, case: &str) {
    let event = &world.events()[0];
    let is_disclosure = event.action == "disclose";
    assert_eq!(event.recipient.is_some(), is_disclosure, "{case}");
    assert_eq!(event.description.is_some(), is_disclosure, "{case}");
    let items = event.subjects.iter().flat_map(|subject| &subject.records);
    let items: Vec<_> = items.flat_map(|record| &record.fields).collect();
    for item in &items {
        let reason = match item.outcome.as_str() {
            "expired" | "invalid_input" => "",
            "denied" if case.starts_with("policy permits only") => "not-permitted",
            "denied" => "refused",
            _ => "granted",
        };
        assert_eq!(item.reason, reason, "{case}");
        if matches!(item.outcome.as_str(), "denied" | "expired" | "absent") {
            assert_eq!((&item.key, &item.tag), (&None, &None), "{case}");
        }
        if item.outcome == "success" {
            assert!(item.key.is_some(), "{case}");
        }
    }
    match result {
        Ok(Released::Ciphertext(Some(sealed))) => {
            let tag: String = sealed.as_bytes()[sealed.as_bytes().len() - 16..]
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            let item = items.last().unwrap();
            assert_eq!(item.tag.as_deref(), Some(tag.as_str()), "{case}");
            assert_eq!(item.key, Some(sealed.key_id().to_hex()), "{case}");
        }
        Ok(Released::Plaintext(Some(_))) => {
            let key = cell.stored.as_ref().map(|sealed| sealed.key_id().to_hex());
            assert_eq!((&items[0].key, &items[0].tag), (&key, &None), "{case}");
        }
        _ => {}
    }
}

fn stored(exit: &Exit, world: &World, rows: &Rows) -> Option<Sealed<Odd>> {
    let honest = |world: &World, row| {
        let value = exit.value.map(phi);
        world
            .session()
            .seal_value(&exit.field, row, &value)
            .unwrap()
    };
    match exit.stored {
        Stored::Missing => None,
        Stored::AsSealed => honest(world, rows.row()),
        Stored::OfAnotherRow => honest(world, rows.next()),
        Stored::OfAnotherKeyring => honest(&World::new(), rows.row()),
        Stored::Tampered => honest(world, rows.row()).map(tampered),
    }
}

pub(crate) fn tampered(sealed: Sealed<Odd>) -> Sealed<Odd> {
    let mut bytes = sealed.into_bytes();
    *bytes.last_mut().unwrap() ^= 1;
    Sealed::from_bytes(bytes).unwrap()
}

pub(crate) fn destroy_key(world: &World) {
    world.lender.ring.rotate().unwrap();
    world.lender.ring.destroy(1).unwrap();
}

/// A keyring with a key for another tenant only.
fn elsewhere() -> Keyring {
    let scope = KeyScope::tenant(TenantId::new("elsewhere").unwrap(), KeyUse::Seal);
    Keyring::from_key(DataKey::generate(scope).unwrap())
}
