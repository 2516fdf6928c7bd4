//! Many values in one action.

use phi_seal::{ErrorKind, RecordId, RecordRef, SubjectId};

use crate::doubles::{UNENCODABLE, Verdict};
use crate::table::tampered;
use crate::world::{EXPIRY, NAME, World, outcomes, phi};

const MANY: usize = 100;
const CORRUPT: usize = 41;

fn ids() -> Vec<RecordId<'static>> {
    (0..MANY)
        .map(|n| RecordId::new(format!("r-{n}")).unwrap())
        .collect()
}

#[test]
fn one_bad_item_among_a_hundred_loses_no_other() {
    let (world, ids) = (World::new(), ids());
    let session = world.session();
    let subject = SubjectId::new("p-1").unwrap();
    let values: Vec<_> = (0..MANY).map(|n| phi(&format!("value {n}"))).collect();
    let rows = || ids.iter().map(|id| RecordRef::new(id, &subject));
    let sealed = session
        .seal_values(&NAME, &rows().zip(&values).collect::<Vec<_>>())
        .unwrap();
    let mut sealed: Vec<_> = sealed.into_iter().map(Result::unwrap).collect();
    sealed[CORRUPT] = tampered(sealed[CORRUPT].clone());
    world.forget();

    let opened = session
        .open_values(&NAME, &rows().zip(&sealed).collect::<Vec<_>>())
        .unwrap();

    assert_eq!(opened.len(), MANY);
    for (index, result) in opened.iter().enumerate() {
        match result {
            Ok(value) => assert_eq!(value.expose().0, format!("value {index}")),
            Err(error) => {
                assert_eq!((index, error.index()), (CORRUPT, Some(CORRUPT)));
                assert_eq!(error.kind(), ErrorKind::Integrity);
                assert!(error.to_string().ends_with("(item 41)"), "{error}");
            }
        }
    }
    assert_eq!(opened.iter().filter(|result| result.is_ok()).count(), 99);
    let mut items = ["success"; MANY];
    items[CORRUPT] = "integrity";
    world.expect_event("one corrupt", "open", "partial", &items);
    assert_eq!(world.provider_calls(), MANY);
}

#[test]
fn one_unencodable_value_among_a_hundred_loses_no_other() {
    let (world, ids) = (World::new(), ids());
    let session = world.session();
    let subject = SubjectId::new("p-1").unwrap();
    let (good, bad) = (phi("Ada"), phi(UNENCODABLE));
    let cells: Vec<_> = ids
        .iter()
        .enumerate()
        .map(|(n, id)| {
            (
                RecordRef::new(id, &subject),
                if n == CORRUPT { &bad } else { &good },
            )
        })
        .collect();
    let sealed = session.seal_values(&NAME, &cells).unwrap();
    let errors: Vec<_> = sealed.iter().filter_map(|one| one.as_ref().err()).collect();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].kind(), ErrorKind::Unencodable);
    assert_eq!(errors[0].index(), Some(CORRUPT));
    let mut items = ["success"; MANY];
    items[CORRUPT] = "unencodable";
    world.expect_event("one unencodable", "seal", "partial", &items);
}

#[test]
fn one_denied_record_among_a_hundred_is_denied_alone_and_costs_no_key() {
    let (world, ids) = (World::new(), ids());
    let session = world.session();
    let subject = SubjectId::new("p-1").unwrap();
    let value = phi("Ada");
    let cells: Vec<_> = ids
        .iter()
        .map(|id| (RecordRef::new(id, &subject), &value))
        .collect();
    world.policy(Verdict::DenyRecord("r-41"));
    let sealed = session.seal_values(&NAME, &cells).unwrap();
    assert!(sealed[CORRUPT].as_ref().unwrap_err().is_denied());
    assert_eq!(world.provider_calls(), MANY - 1);
    assert_eq!(world.times_asked(), MANY);
    let events = world.events();
    assert_eq!(outcomes(&events[0])[CORRUPT], "denied");
    assert_eq!(events[0].outcome, "partial");
}

#[test]
fn nothing_to_do_is_an_event_without_items() {
    let world = World::new();
    let session = world.session();
    let opened = session
        .open_values::<phi_seal::Sealed<_>>(&NAME, &[])
        .unwrap();
    assert!(opened.is_empty());
    world.expect_event("nothing to open", "open", "success", &[]);
    world.forget();
    let sealed = session.seal_values::<phi_seal::Phi<_>>(&NAME, &[]).unwrap();
    assert!(sealed.is_empty());
    world.expect_event("nothing to seal", "seal", "success", &[]);
    assert_eq!((world.times_asked(), world.provider_calls()), (0, 0));
}

#[test]
fn an_expired_session_fails_a_batch_as_a_whole() {
    let (world, ids) = (World::new(), ids());
    let session = world.session();
    let subject = SubjectId::new("p-1").unwrap();
    let value = phi("Ada");
    let cells: Vec<_> = ids
        .iter()
        .map(|id| (RecordRef::new(id, &subject), &value))
        .collect();
    world.clock.advance(EXPIRY.idle * 2);
    let error = session.seal_values(&NAME, &cells).map(drop).unwrap_err();
    assert!(error.is_expired());
    let all = vec!["expired"; cells.len()];
    world.expect_event("expired", "seal", "expired", &all);
    assert_eq!((world.times_asked(), world.provider_calls()), (0, 0));
}
