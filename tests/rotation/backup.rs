//! Whether a backup holds the keys that a census names.

use phi_seal::key::{DataKey, KeyError, KeyErrorKind, KeyScope, KeyUse, Keyset, Kms, LocalKms};
use phi_seal::rotate::{Census, CensusReport, Holding};
use phi_seal::{KeyId, key::KmsChain};
use pollster::block_on;

/// An envelope as it names a key; whether it opens is not asked.
fn census_of(ids: &[KeyId]) -> Census {
    let mut census = Census::new();
    for id in ids {
        let envelope = [&[1, 2][..], id.as_bytes(), &[0; 40]].concat();
        census.count_value(&envelope).unwrap();
    }
    census
}

fn holdings(report: &CensusReport) -> Vec<(Option<u32>, Holding)> {
    let keys = report.keys().iter();
    keys.map(|key| (key.version, key.holding)).collect()
}

/// Versions 1 destroyed, 2 disabled, 3 decrypt-only, 4 active, 5 for index values.
fn keyset(kms: &dyn Kms) -> Keyset {
    block_on(async {
        let mut keyset = Keyset::generate(kms).await?;
        for _ in 0..3 {
            keyset.rotate(kms).await?;
        }
        let index = DataKey::generate(KeyScope::shared(KeyUse::Index))?;
        keyset.add(&index, kms).await?;
        keyset.destroy(1, kms).await?;
        keyset.disable(2, kms).await?;
        Ok::<_, KeyError>(keyset)
    })
    .unwrap()
}

#[test]
fn each_key_has_a_verdict_by_its_state() {
    let kms = LocalKms::generate().unwrap();
    let mut keyset = keyset(&kms);
    let ids: Vec<_> = keyset.keys().iter().map(|key| *key.id()).collect();
    let verdict = |keyset: &Keyset, id: &KeyId| {
        let report = block_on(keyset.verify_census(&kms, &census_of(&[*id]))).unwrap();
        assert_eq!(report.keys()[0].id, *id);
        assert_eq!(report.keys()[0].usage.values, 1);
        (holdings(&report)[0], report.holds_all(), report.opens_all())
    };
    let stranger = KeyId::from_bytes([7; 32]);
    for (id, version, holding, holds, opens) in [
        (ids[0], Some(1), Holding::Destroyed, false, false),
        (ids[1], Some(2), Holding::Disabled, true, false),
        (ids[2], Some(3), Holding::Opens, true, true),
        (ids[3], Some(4), Holding::Opens, true, true),
        (ids[4], None, Holding::Missing, false, false),
        (stranger, None, Holding::Missing, false, false),
    ] {
        assert_eq!(verdict(&keyset, &id), ((version, holding), holds, opens));
    }
    block_on(keyset.set_minimum_version(4, &kms)).unwrap();
    assert_eq!(
        verdict(&keyset, &ids[2]).0,
        (Some(3), Holding::BelowMinimum)
    );
    assert_eq!(verdict(&keyset, &ids[3]).0, (Some(4), Holding::Opens));
}

#[test]
fn one_that_is_missing_is_enough() {
    let kms = LocalKms::generate().unwrap();
    let keyset = keyset(&kms);
    let ids: Vec<_> = keyset.keys().iter().map(|key| *key.id()).collect();
    let report = |ids: &[KeyId]| block_on(keyset.verify_census(&kms, &census_of(ids))).unwrap();
    assert!(report(&[ids[2], ids[3]]).opens_all());
    assert!(report(&[ids[1], ids[2], ids[3]]).holds_all());
    for missing in [
        ids[0],
        KeyId::from_bytes([0xff; 32]),
        KeyId::from_bytes([0; 32]),
    ] {
        let report = report(&[ids[2], missing, ids[3]]);
        assert!(!report.holds_all() && !report.opens_all());
        assert_eq!(report.keys().len(), 3);
    }
    let nothing = report(&[]);
    assert!(nothing.keys().is_empty() && !nothing.holds_all() && !nothing.opens_all());
}

/// A key that is there but does not unwrap is not held: here because it is still under the old KMS.
#[test]
fn a_key_must_unwrap_to_be_held() {
    let (old, new) = (
        std::sync::Arc::new(LocalKms::generate().unwrap()),
        LocalKms::generate().unwrap(),
    );
    let new = std::sync::Arc::new(new);
    let both = KmsChain::new(new.clone())
        .unwrap()
        .also_unwraps(old.clone())
        .unwrap();
    let mut keyset = block_on(Keyset::generate(&both)).unwrap();
    let back = KmsChain::new(old.clone())
        .unwrap()
        .also_unwraps(new.clone())
        .unwrap();
    block_on(keyset.rotate(&back)).unwrap();
    let ids: Vec<_> = keyset.keys().iter().map(|key| *key.id()).collect();
    let census = census_of(&ids);
    assert!(
        block_on(keyset.verify_census(&both, &census))
            .unwrap()
            .opens_all()
    );
    assert_eq!(keyset.references().len(), 2);

    let report = block_on(keyset.verify_census(&new, &census)).unwrap();
    assert!(!report.holds_all());
    let by_id = |id| {
        report
            .keys()
            .iter()
            .find(|key| key.id == id)
            .unwrap()
            .holding
    };
    assert_eq!(by_id(ids[0]), Holding::Opens);
    assert_eq!(by_id(ids[1]), Holding::Unreadable(KeyErrorKind::WrongKey));
    // What the census does not name is not asked for.
    assert!(
        block_on(keyset.verify_census(&new, &census_of(&ids[..1])))
            .unwrap()
            .opens_all()
    );
    // The metadata are under the new one.
    let refused = block_on(keyset.verify_census(&old, &census)).map_err(|error| error.kind());
    assert_eq!(refused, Err(KeyErrorKind::WrongKey));
}

#[test]
fn an_edited_keyset_proves_nothing() {
    let kms = LocalKms::generate().unwrap();
    let keyset = keyset(&kms);
    let ids: Vec<_> = keyset.keys().iter().map(|key| *key.id()).collect();
    let edited = keyset.to_json().replace("\"disabled\"", "\"decrypt-only\"");
    let edited = Keyset::from_json(edited.as_bytes()).unwrap();
    let refused = block_on(edited.verify_census(&kms, &census_of(&ids[1..2])));
    assert_eq!(
        refused.map_err(|error| error.kind()),
        Err(KeyErrorKind::Tampered)
    );
}

#[test]
fn references_are_those_that_wrap_something() {
    let (one, other) = (LocalKms::generate().unwrap(), LocalKms::generate().unwrap());
    let mut keyset = block_on(Keyset::generate(&one)).unwrap();
    assert_eq!(keyset.references(), [one.reference()]);
    block_on(keyset.rewrap(&one, &other)).unwrap();
    assert_eq!(keyset.references(), [other.reference()]);
}

#[test]
fn debug_shows_no_key_id() {
    let kms = LocalKms::generate().unwrap();
    let keyset = keyset(&kms);
    let id = *keyset.keys()[3].id();
    let shown = format!(
        "{:?}",
        block_on(keyset.verify_census(&kms, &census_of(&[id]))).unwrap()
    );
    assert!(
        shown.contains("Opens") && !shown.contains(&id.to_hex()[..8]),
        "{shown}"
    );
}
