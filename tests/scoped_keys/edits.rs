//! Somebody who can write to the store.

use phi_seal::ErrorKind;
use phi_seal::key::{KeyErrorKind, KeyScope, KeyState, KeyUse, StoredKey};
use pollster::block_on;

use crate::kms::Fault;
use crate::tasks::Tasks;
use crate::ward::{
    MAX_AGE, MERCY, Process, World, kind, need, of, root_of, subject, tenant, tenants,
};

type Edit = (&'static str, fn(&mut StoredKey));

/// Each column of a row, changed; every edit twice where there are two ways.
const EDITS: [Edit; 16] = [
    ("id", |row| row.id = flipped(row.id)),
    ("tenant", |row| {
        row.scope = KeyScope::subject(tenant("other"), subject("p-0"))
    }),
    ("subject", |row| row.scope = of("p-elsewhere")),
    ("use", |row| {
        row.scope = KeyScope::tenant(tenant(MERCY), KeyUse::Index)
    }),
    ("version up", |row| row.version += 1),
    ("version 0", |row| row.version = 0),
    ("state decrypt-only", |row| {
        row.state = KeyState::DecryptOnly
    }),
    ("state disabled", |row| row.state = KeyState::Disabled),
    ("state destroyed", |row| row.state = KeyState::Destroyed),
    ("minimum", |row| row.minimum_version += 1),
    ("reference to nothing", |row| row.reference = "root:".into()),
    ("reference to no root", |row| {
        row.reference = "local:0".into()
    }),
    ("wrapped", |row| row.wrapped.as_mut().unwrap()[30] ^= 1),
    ("created", |row| row.created += 1),
    ("changed", |row| row.changed += 1),
    ("mac", |row| row.mac[0] ^= 1),
];

fn flipped(id: phi_seal::KeyId) -> phi_seal::KeyId {
    let mut bytes = *id.as_bytes();
    bytes[0] ^= 1;
    phi_seal::KeyId::from_bytes(bytes)
}

#[test]
fn an_edited_row_is_refused_and_the_others_of_the_page_open() {
    let world = World::new();
    let first = world.process();
    first.add("other");
    let sealed = ["p-0", "p-1", "p-2"].map(|patient| first.seal(patient));
    let row = world.row(&of("p-0"));
    let rows = world.store.rows().len();
    for (column, edit) in EDITS {
        world.store.edit(&row, edit);
        let process = world.process();
        let patients = ["p-0", "p-1", "p-2"].map(subject);
        let mercy = tenant(MERCY);
        let page = patients.each_ref().map(|patient| {
            let scope = need(&mercy, patient).scope;
            phi_seal::key::KeyNeed::by_id(scope, sealed_id(&patients, patient, &sealed))
        });
        assert_eq!(process.prepare(&page), None, "{column}");
        let opened = process.open_unprepared("p-0", &sealed[0]);
        // A row that is not the patient's any more is not there.
        let is_elsewhere = ["tenant", "subject", "use"].contains(&column);
        let expected = match is_elsewhere {
            true => ErrorKind::MissingKey,
            false => ErrorKind::Provider,
        };
        assert_eq!(opened, Err(expected), "{column}");
        for (patient, sealed) in ["p-1", "p-2"].iter().zip(&sealed[1..]) {
            assert_eq!(process.open_unprepared(patient, sealed), Ok(()), "{column}");
        }
        if !is_elsewhere {
            let error = process.try_seal(MERCY, "p-0").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Provider, "{column}");
            for result in refused_operations(&process) {
                assert_eq!(result, Some(KeyErrorKind::Tampered), "{column}");
            }
            assert_eq!(world.store.rows().len(), rows, "{column}");
        }
        // Put right, it is read at once.
        world.store.undo_edits();
        assert_eq!(process.open("p-0", &sealed[0]), Ok(()), "{column}");
    }
}

fn sealed_id(
    patients: &[phi_seal::SubjectId<'static>; 3],
    patient: &phi_seal::SubjectId<'static>,
    sealed: &[phi_seal::Sealed<String>; 3],
) -> phi_seal::KeyId {
    let at = patients.iter().position(|other| other == patient).unwrap();
    sealed[at].key_id()
}

fn refused_operations(process: &Process) -> Vec<Option<KeyErrorKind>> {
    let (keys, scope) = (&process.keys, of("p-0"));
    vec![
        kind(block_on(keys.keys(&scope))),
        kind(block_on(keys.rotate(&scope))),
        kind(block_on(keys.rotate_if_older_than(&scope, MAX_AGE))),
        kind(block_on(keys.disable(&scope, 1))),
        kind(block_on(keys.enable(&scope, 1))),
        kind(block_on(keys.destroy(&scope, 1))),
        kind(block_on(keys.set_minimum_version(&scope, 1))),
    ]
}

#[test]
fn a_row_that_was_moved_spoils_the_place_where_it_lies_now() {
    let world = World::new();
    let first = world.process();
    let sealed = ["p-0", "p-1"].map(|patient| first.seal(patient));
    world
        .store
        .edit(&world.row(&of("p-0")), |row| row.scope = of("p-1"));
    let process = world.process();
    assert_eq!(process.open("p-0", &sealed[0]), Err(ErrorKind::MissingKey));
    // Not the second patient's, whose rows are not what they were.
    assert_eq!(process.open("p-1", &sealed[0]), Err(ErrorKind::Provider));
    assert_eq!(process.open("p-1", &sealed[1]), Err(ErrorKind::Provider));
}

#[test]
fn a_wrapped_key_works_in_its_own_row_only() {
    let world = World::new();
    let first = world.process();
    first.add("other");
    let sealed = first.seal("p-0");
    block_on(first.keys.rotate(&of("p-0"))).unwrap();
    let second = first.seal("p-0");
    first.seal("p-1");
    first.try_seal("other", "p-0").unwrap();
    let own = world.rows(&of("p-0"));
    let neighbours = world.row(&of("p-1"));
    let tenants = world.row(&KeyScope::subject(tenant("other"), subject("p-0")));
    for foreign in [&neighbours, &tenants, &own[1]] {
        world
            .store
            .edit(&own[0], |row| row.wrapped.clone_from(&foreign.wrapped));
        let process = world.process();
        assert_eq!(process.open("p-0", &sealed), Err(ErrorKind::Provider));
        assert_eq!(process.open("p-0", &second), Err(ErrorKind::Provider));
        // The whole of the other row, under this one's scope and version.
        world.store.edit(&own[0], |row| {
            let (scope, version) = (row.scope.clone(), row.version);
            *row = StoredKey {
                scope,
                version,
                ..foreign.clone()
            };
        });
        let process = world.process();
        // Under the root of another tenant, it is not even known to be one of the patient's.
        let is_elsewhere = foreign.scope.tenant_id() != own[0].scope.tenant_id();
        let refused = Err(ErrorKind::Provider);
        let expected = if is_elsewhere { Ok(()) } else { refused };
        assert_eq!(process.open("p-0", &second), expected);
        assert!(process.open("p-0", &sealed).is_err());
        world.store.undo_edits();
    }
    assert_eq!(world.process().open("p-0", &sealed), Ok(()));
}

#[test]
fn an_edited_root_row_is_refused_and_not_replaced() {
    let world = World::new();
    let first = world.process();
    first.add("other");
    let sealed = first.seal("p-0");
    let row = world.row(&root_of(MERCY));
    let others_reference = world.kms.reference().replace("local:", "local:x");
    let edits = EDITS
        .into_iter()
        .filter(|(column, _)| *column != "subject" && *column != "use");
    for (column, edit) in edits {
        world.store.edit(&row, |row| {
            edit(row);
            if column == "tenant" {
                row.scope = root_of("other");
            }
            if column.starts_with("reference") {
                row.reference.clone_from(&others_reference);
            }
        });
        let process = world.process();
        assert!(process.open("p-0", &sealed).is_err(), "{column}");
        assert!(process.try_seal(MERCY, "p-0").is_err(), "{column}");
        assert!(process.try_seal(MERCY, "p-new").is_err(), "{column}");
        assert!(
            block_on(process.keys.rotate(&of("p-0"))).is_err(),
            "{column}"
        );
        if column != "tenant" {
            let rotated = block_on(process.keys.rotate_root(&tenant(MERCY)));
            assert!(rotated.is_err(), "{column}");
            let rewrapped = block_on(process.keys.rewrap_roots(&tenant(MERCY)));
            assert!(rewrapped.is_err(), "{column}");
            assert_eq!(world.rows(&root_of(MERCY)).len(), 1, "{column}");
        }
        world.store.undo_edits();
        assert_eq!(process.open("p-0", &sealed), Ok(()), "{column}");
    }
}

#[test]
fn a_root_in_memory_vouches_for_no_edited_row() {
    let world = World::new();
    let process = world.process();
    process.seal("p-0");
    block_on(process.keys.rotate_root(&tenant(MERCY))).unwrap();
    let rows = world.rows(&root_of(MERCY));
    for (column, edit) in EDITS
        .into_iter()
        .filter(|(column, _)| ["minimum", "created", "changed", "mac", "wrapped"].contains(column))
    {
        world.store.edit(&rows[1], edit);
        let rotated = kind(block_on(process.keys.rotate_root(&tenant(MERCY))));
        assert!(rotated.is_some(), "{column}");
        world.store.undo_edits();
    }
    // The first root made the active one again.
    world
        .store
        .edit(&rows[0], |row| row.state = KeyState::Active);
    world
        .store
        .edit(&rows[1], |row| row.state = KeyState::DecryptOnly);
    let rotated = kind(block_on(process.keys.rotate_root(&tenant(MERCY))));
    assert_eq!(rotated, Some(KeyErrorKind::Tampered));
    let error = process.try_seal(MERCY, "p-new").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Provider);
}

#[test]
fn a_row_that_nobody_vouches_for_decides_nothing() {
    let world = World::new();
    let process = world.process();
    let old = process.seal("p-0");
    block_on(process.keys.rotate(&of("p-0"))).unwrap();
    let new = process.seal("p-0");
    block_on(process.keys.set_minimum_version(&of("p-0"), 2)).unwrap();
    let active = &world.rows(&of("p-0"))[1];
    for version in [0, 1, 3] {
        let forged = StoredKey {
            id: phi_seal::KeyId::from_bytes([7; 32]),
            version,
            minimum_version: 1,
            reference: format!("root:{}", "07".repeat(32)),
            ..active.clone()
        };
        world.store.add_beside(active, forged);
        let process = world.process();
        assert_eq!(process.open("p-0", &old), Err(ErrorKind::KeyDisabled));
        assert_eq!(process.open("p-0", &new), Ok(()));
        assert_eq!(process.seal("p-0").key_id(), active.id);
    }
    // Nor do the others, if it is the active one that cannot be read.
    world.store.edit(active, |row| {
        row.reference = format!("root:{}", "07".repeat(32))
    });
    let process = world.process();
    assert_eq!(process.open("p-0", &old), Err(ErrorKind::MissingKey));
    assert_eq!(process.open("p-0", &new), Err(ErrorKind::MissingKey));
    assert!(process.try_seal(MERCY, "p-0").is_err());
    assert_eq!(world.rows(&of("p-0")).len(), 2);
}

#[test]
fn a_version_without_a_successor_is_refused() {
    let world = World::new();
    let process = world.process();
    block_on(process.keys.rotate_root(&tenant(MERCY))).unwrap();
    world.store.edit(&world.rows(&root_of(MERCY))[0], |row| {
        row.version = u32::MAX
    });
    let rotated = block_on(process.keys.rotate_root(&tenant(MERCY)));
    assert_eq!(kind(rotated), Some(KeyErrorKind::Tampered));
}

#[test]
fn a_root_of_another_tenant_is_refused() {
    let world = World::new();
    let first = world.process();
    first.add("other");
    let sealed = first.seal("p-0");
    let (own, foreign) = (world.row(&root_of(MERCY)), world.row(&root_of("other")));
    world.store.edit(&own, |row| {
        *row = StoredKey {
            scope: root_of(MERCY),
            ..foreign.clone()
        };
    });
    let process = world.process();
    assert!(process.open("p-0", &sealed).is_err());
    let error = process.try_seal(MERCY, "p-new").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Provider);
    assert!(process.try_seal("other", "p-0").is_ok());
}

#[test]
fn a_root_under_a_key_that_is_not_the_kmss_costs_no_call() {
    let world = World::new();
    let sealed = world.process().seal("p-0");
    let row = world.row(&root_of(MERCY));
    world
        .store
        .edit(&row, |row| row.reference = "arn:of:somebody:else".into());
    let process = world.process();
    let calls = world.kms.total();
    assert_eq!(process.open("p-0", &sealed), Err(ErrorKind::Provider));
    assert!(process.try_seal(MERCY, "p-0").is_err());
    assert_eq!(world.kms.total(), calls);
    assert_eq!(process.counts().kms_calls, 0);
}

#[test]
fn one_bad_root_is_the_matter_of_its_own_rows() {
    let world = World::new();
    let first = world.process();
    let old = first.seal("p-old");
    block_on(first.keys.rotate_root(&tenant(MERCY))).unwrap();
    let new = first.seal("p-new");
    let row = &world.rows(&root_of(MERCY))[0];
    world
        .store
        .edit(row, |row| row.wrapped.as_mut().unwrap()[30] ^= 1);
    // Both are asked for at once, and the bad one fails while the other waits.
    let process = world.process();
    let session = process.session(MERCY);
    let places = ["p-old", "p-new"].map(crate::ward::Place::new);
    let needs = phi_seal::Needs::new()
        .open(&crate::ward::NOTE, places[0].row(), &old)
        .open(&crate::ward::NOTE, places[1].row(), &new);
    world.kms.set(Fault::Hang);
    let mut tasks = Tasks::new();
    tasks.add(session.prepare(&needs));
    assert_eq!(tasks.run(), 1);
    world.kms.release();
    let leases = tasks.finish();
    assert!(leases[0].is_ok());
    assert_eq!(
        process.open_unprepared("p-old", &old),
        Err(ErrorKind::Provider)
    );
    assert_eq!(process.open_unprepared("p-new", &new), Ok(()));
}

#[test]
fn what_was_deleted_is_missing_until_it_is_put_back() {
    let world = World::new();
    let first = world.process();
    let sealed = first.seal("p-0");
    let room = first.seal_room("p-0");
    for scope in [of("p-0"), tenants(MERCY), root_of(MERCY)] {
        let process = world.process();
        world.store.delete(&world.row(&scope));
        let opened = [
            process.open("p-0", &sealed),
            process.open_room("p-0", &room),
        ];
        let expected = [scope != tenants(MERCY), scope != of("p-0")];
        for (opened, is_missing) in opened.into_iter().zip(expected) {
            let missing = Err(ErrorKind::MissingKey);
            assert_eq!(opened, if is_missing { missing } else { Ok(()) });
        }
        if scope == root_of(MERCY) {
            assert!(process.try_seal(MERCY, "p-0").is_err());
            assert!(process.try_seal(MERCY, "p-new").is_err());
            let rotated = block_on(process.keys.rotate(&of("p-0")));
            assert_eq!(kind(rotated), Some(KeyErrorKind::Missing));
        }
        world.store.undo_edits();
        assert_eq!(process.open("p-0", &sealed), Ok(()));
        assert_eq!(process.open_room("p-0", &room), Ok(()));
    }
}

#[test]
fn an_older_row_beside_the_newer_does_not_lower_the_minimum() {
    let world = World::new();
    let process = world.process();
    let old = process.seal("p-0");
    let before = world.row(&of("p-0"));
    block_on(process.keys.rotate(&of("p-0"))).unwrap();
    block_on(process.keys.set_minimum_version(&of("p-0"), 2)).unwrap();
    // The first version as it was when it was active, which is authentic.
    world
        .store
        .edit(&world.rows(&of("p-0"))[0], |row| *row = before);
    let restarted = world.process();
    assert_eq!(restarted.open("p-0", &old), Err(ErrorKind::KeyDisabled));
    assert_eq!(restarted.seal("p-0").key_id(), world.rows(&of("p-0"))[1].id);
}
