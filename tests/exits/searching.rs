//! The same conditions for searching, resealing and verifying: one event each, and nothing out of
//! any but the recorded ones. What those events say in full is told in `tests/search` and
//! `tests/rotation`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use phi_seal::key::{DataKey, KeyScope, KeyUse, Keyring};
use phi_seal::{Error, Phi, PhiRecord, Sealed, Session};

use crate::doubles::{Lending, Recording, Verdict};
use crate::world::{EXPIRY, World, outcomes};

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Ssn, index(digits))]
    ssn: Phi<String>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Search,
    SearchFields,
    Reseal,
    Verify,
}

const WAYS: [Way; 4] = [Way::Search, Way::SearchFields, Way::Reseal, Way::Verify];

impl Way {
    const fn action(self) -> &'static str {
        match self {
            Self::Search | Self::SearchFields => "search",
            Self::Reseal => "reseal",
            Self::Verify => "open",
        }
    }

    /// Acts on one row; whether something came out of it, or why not.
    fn act(self, session: &Session, row: &PatientRow) -> Result<bool, Error> {
        let term = Phi::new("900-01-2345".to_string());
        let first = |results: Vec<Result<(), Error>>| match results.into_iter().next() {
            Some(result) => result.map(|()| true),
            None => Ok(false),
        };
        match self {
            Self::Search => {
                let found = session.search(Patient::SSN_INDEX, &term)?.open([row])?;
                first(found.into_iter().map(|opened| opened.map(drop)).collect())
            }
            Self::SearchFields => {
                let search = session.search(Patient::SSN_INDEX, &term)?;
                let found = search.open_fields([row], (Patient::SSN,))?;
                first(found.into_iter().map(|hit| hit.opened.map(drop)).collect())
            }
            Self::Reseal => {
                let rows = session.reseal_rows(std::slice::from_ref(row))?;
                first(rows.into_iter().map(|row| row.map(drop)).collect())
            }
            Self::Verify => {
                let rows = session.verify_indexes(std::slice::from_ref(row))?;
                first(rows.into_iter().map(|row| row.map(drop)).collect())
            }
        }
    }
}

/// A world with a row that is stale, so that resealing has something to do.
fn world() -> (World, PatientRow) {
    let world = World::with_ring(keys());
    let patient = Patient {
        id: "p-1".into(),
        ssn: Phi::new("900-01-2345".into()),
    };
    let row = world.session().seal(&patient).unwrap();
    world.lender.ring.rotate().unwrap();
    world.forget();
    (world, row)
}

fn keys() -> Keyring {
    let ring = Keyring::generate().unwrap();
    let key = DataKey::generate(KeyScope::shared(KeyUse::Index)).unwrap();
    ring.add(key).unwrap();
    ring
}

struct Exit {
    condition: &'static str,
    arrange: fn(&World, &mut PatientRow),
    /// The error's code, or whether something came out.
    result: fn(Way) -> Result<bool, &'static str>,
    /// The event's outcome, and those of its items.
    event: fn(Way) -> (&'static str, &'static [&'static str]),
}

const EXITS: &[Exit] = &[
    Exit {
        condition: "success",
        arrange: |_, _| {},
        result: |_| Ok(true),
        event: |_| ("success", &["success"]),
    },
    Exit {
        condition: "policy denies",
        arrange: |world, _| world.policy(Verdict::Deny),
        result: |_| Err("denied"),
        event: |way| match way {
            Way::Search | Way::SearchFields => ("denied", &[]),
            _ => ("denied", &["denied"]),
        },
    },
    Exit {
        condition: "policy denies the row",
        arrange: |world, _| world.policy(Verdict::DenyRecord("p-1")),
        result: |way| match way {
            Way::Search | Way::SearchFields => Ok(false),
            _ => Err("denied"),
        },
        event: |_| ("denied", &["denied"]),
    },
    Exit {
        condition: "tampered with",
        arrange: |_, row| {
            let mut bytes = row.ssn.as_bytes().to_vec();
            *bytes.last_mut().unwrap() ^= 1;
            row.ssn = Sealed::from_bytes(bytes).unwrap();
        },
        result: |_| Err("integrity"),
        event: |_| ("integrity", &["integrity"]),
    },
    Exit {
        condition: "of another row",
        arrange: |_, row| row.id = "p-2".into(),
        result: |_| Err("integrity"),
        event: |_| ("integrity", &["integrity"]),
    },
    Exit {
        condition: "key disabled",
        arrange: |world, _| world.lender.ring.disable(1).unwrap(),
        result: |_| Err("key_disabled"),
        event: |_| ("key_disabled", &["key_disabled"]),
    },
    Exit {
        condition: "key destroyed",
        arrange: |world, _| world.lender.ring.destroy(1).unwrap(),
        result: |_| Err("erased"),
        event: |_| ("erased", &["erased"]),
    },
    Exit {
        condition: "keys unknown",
        arrange: |world, _| world.lender.ring.replace(keys()),
        result: |_| Err("missing_key"),
        event: |_| ("missing_key", &["missing_key"]),
    },
    Exit {
        condition: "no key for indexes",
        arrange: |world, _| world.lender.ring.replace(Keyring::generate().unwrap()),
        result: |_| Err("missing_key"),
        event: |way| match way {
            Way::Search | Way::SearchFields => ("missing_key", &[]),
            _ => ("missing_key", &["missing_key"]),
        },
    },
    Exit {
        condition: "provider lends nothing",
        arrange: |world, _| world.provider(Lending::Nothing),
        result: |_| Err("provider"),
        event: |way| match way {
            Way::Search | Way::SearchFields => ("provider", &[]),
            _ => ("provider", &["provider"]),
        },
    },
    Exit {
        condition: "session expired",
        arrange: |world, _| world.clock.advance(EXPIRY.max_age * 2),
        result: |_| Err("expired"),
        event: |way| match way {
            Way::Search | Way::SearchFields => ("expired", &[]),
            _ => ("expired", &["expired"]),
        },
    },
];

#[test]
fn every_exit_is_recorded_exactly_once() {
    for exit in EXITS {
        for way in WAYS {
            let case = format!("{}, {way:?}", exit.condition);
            let (world, mut row) = world();
            let session = world.session();
            (exit.arrange)(&world, &mut row);
            world.forget();
            let result = way.act(&session, &row).map_err(|error| error.kind().code());
            assert_eq!(result, (exit.result)(way), "{case}");
            let (outcome, items) = (exit.event)(way);
            world.expect_event(&case, way.action(), outcome, items);
            assert_eq!(
                world.events()[0].search.is_some(),
                way.action() == "search",
                "{case}"
            );
        }
    }
}

#[test]
fn a_sink_that_fails_or_panics_is_asked_once_and_lets_nothing_out() {
    for way in WAYS {
        let (world, row) = world();
        let session = world.session();
        world.sink(Recording::Fail);
        let error = way.act(&session, &row).unwrap_err();
        assert_eq!(
            (error.kind().code(), world.attempts()),
            ("audit", 1),
            "{way:?}"
        );

        world.forget();
        world.sink(Recording::Panic);
        let result = catch_unwind(AssertUnwindSafe(|| way.act(&session, &row)));
        assert!(result.is_err(), "{way:?}");
        assert_eq!(world.attempts(), 1, "{way:?}");
    }
}

#[test]
fn a_panic_of_policy_or_provider_is_recorded_once_as_aborted() {
    type Arrange = fn(&World);
    let places: [(&str, Arrange); 3] = [
        ("policy", |world| world.policy(Verdict::Panic)),
        ("provider", |world| world.provider(Lending::Panic)),
        ("provider, after lending", |world| {
            world.provider(Lending::ThenPanic)
        }),
    ];
    for (place, arrange) in places {
        for way in WAYS {
            let case = format!("{place}, {way:?}");
            let (world, row) = world();
            let session = world.session();
            arrange(&world);
            let result = catch_unwind(AssertUnwindSafe(|| way.act(&session, &row)));
            assert!(result.is_err(), "{case}");
            let events = world.events();
            assert_eq!((events.len(), world.attempts()), (1, 1), "{case}");
            assert_eq!(events[0].action, way.action(), "{case}");
            assert_eq!(events[0].outcome, "aborted", "{case}");
            assert!(
                outcomes(&events[0])
                    .iter()
                    .all(|outcome| *outcome == "aborted"),
                "{case}"
            );
        }
    }
}
