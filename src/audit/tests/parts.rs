use proptest::prelude::*;

use super::*;
use crate::audit::parts::{MAX_PART_LEN, events, recorded_version, split};
use crate::error::ErrorKind;

#[test]
fn no_item_and_one_item_make_one_part() {
    let access = access();
    let header = header(&access);
    let (id, subject) = (RecordId::from(1_u64), SubjectId::new("p-1").unwrap());
    let items = [item(RecordRef::new(&id, &subject), NAME)];
    for items in [&items[..0], &items[..]] {
        let parts = split(&header, items);
        assert_eq!(parts.len(), 1);
        assert_eq!(parts.map(<[_]>::len).collect::<Vec<_>>(), [items.len()]);
        let mut events = events(&header, items);
        assert_eq!(events.next().unwrap().part(), (1, 1));
        assert!(events.next().is_none());
    }
}

#[test]
fn the_longest_header_and_the_longest_item_fit_into_one_part() {
    let worst = "\u{1}".repeat(1024);
    let name = "x".repeat(64);
    let actor = (0..32).fold(Actor::new(&*worst).unwrap(), |actor, _| actor.role(&name));
    let last = SystemTime::UNIX_EPOCH + Duration::from_secs(253_402_300_799);
    let access = Access::new(TenantId::new(&worst).unwrap(), actor, Purpose::Treatment)
        .reason(&name)
        .source_ip([0xABCD_u16; 8].into())
        .request_id("\"".repeat(128))
        .mfa(last);
    access.check().unwrap();
    let header = EventHeader {
        session: SessionId([0xFF; 16]),
        action_number: u64::MAX,
        time: last,
        policy_version: recorded_version(&worst),
        observer: recorded_version(&worst),
        search: None,
        generation: None,
        outcome: Outcome::Failed(ErrorKind::InvalidInput),
        ..header(&access)
    };
    let (id, subject) = (
        RecordId::new(&worst).unwrap(),
        SubjectId::new(&worst).unwrap(),
    );
    let longest: &'static str = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    let field = RecordType::new(longest).field::<String>(longest, Category::Name);
    let item = EventItem {
        outcome: header.outcome,
        reason: name.into(),
        tag: Some([0xFF; 16]),
        ..item(RecordRef::new(&id, &subject), field.info())
    };
    let items = vec![item; 3];
    let json = Event::new(&header, u32::MAX, u32::MAX, &items[..1]).to_json();
    assert!(
        (27_000..=MAX_PART_LEN).contains(&json.len()),
        "{}",
        json.len()
    );
    assert!(events(&header, &items).all(|event| event.to_json().len() <= MAX_PART_LEN));
}

#[test]
fn a_page_of_records_fills_its_parts() {
    let access = access();
    let header = header(&access);
    let ids: Vec<_> = (0..256_u64)
        .map(|n| format!("0193a1b2-7c3d-7e4f-8a5b-{n:012x}"))
        .map(|id| {
            (
                RecordId::new(id.clone()).unwrap(),
                SubjectId::new(id).unwrap(),
            )
        })
        .collect();
    let items: Vec<_> = ids
        .iter()
        .flat_map(|(id, subject)| {
            [NAME, SSN]
                .repeat(4)
                .into_iter()
                .map(move |f| (id, subject, f))
        })
        .map(|(id, subject, field)| item(RecordRef::new(id, subject), field))
        .collect();
    let lens: Vec<_> = events(&header, &items)
        .map(|event| event.to_json().len())
        .collect();
    let (last, full) = lens.split_last().unwrap();
    assert!(*last <= MAX_PART_LEN && full.len() > 5);
    for len in full {
        assert!(
            (MAX_PART_LEN * 9 / 10..=MAX_PART_LEN).contains(len),
            "{lens:?}"
        );
    }
    let short = events(&header, &items[..80]);
    assert_eq!(short.len(), 1);
}

#[test]
fn a_version_is_cut_at_a_character() {
    assert_eq!(recorded_version(""), "");
    assert_eq!(recorded_version(&"x".repeat(64)), "x".repeat(64));
    assert_eq!(recorded_version(&"x".repeat(65)), "x".repeat(64));
    assert_eq!(recorded_version(&"é".repeat(40)), "é".repeat(32));
    assert_eq!(
        recorded_version(&format!("x{}", "🩺".repeat(40))),
        format!("x{}", "🩺".repeat(15))
    );
}

fn id() -> impl Strategy<Value = String> {
    const ALPHABET: [char; 10] = [
        'a', '7', '"', '\\', '\n', '\u{1}', '\u{7F}', 'é', '漢', '🩺',
    ];
    let char = proptest::sample::select(&ALPHABET[..]);
    let mixed = proptest::collection::vec(char.clone(), 1..40).prop_map(String::from_iter);
    let long = (char, 1..=1024_usize).prop_map(|(char, len)| {
        let count = (len / char.len_utf8()).max(1);
        String::from_iter(core::iter::repeat_n(char, count))
    });
    prop_oneof![4 => "[a-z0-9]{1,36}", 2 => mixed, 1 => long]
}

type Choice = (usize, usize, usize, bool, bool);

fn choices() -> impl Strategy<Value = Vec<Choice>> {
    let choice = (
        0..6_usize,
        0..6_usize,
        0..3_usize,
        any::<bool>(),
        any::<bool>(),
    );
    let sorted = proptest::collection::vec(choice.clone(), 0..300).prop_map(|mut choices| {
        choices.sort_unstable();
        choices
    });
    prop_oneof![sorted, proptest::collection::vec(choice, 0..300)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn parts_are_small_and_lose_nothing(
        ids in proptest::collection::vec(id(), 8),
        roles in 0..=32_usize,
        choices in choices(),
    ) {
        let actor = (0..roles).fold(Actor::new(ids[6].clone()).unwrap(), |actor, _| actor.role("r"));
        let access = Access::new(TenantId::new(&ids[7]).unwrap(), actor, Purpose::Treatment);
        let header = EventHeader { policy_version: recorded_version(&ids[7]), ..header(&access) };
        let records: Vec<_> = ids.iter().map(|id| RecordId::new(id).unwrap()).collect();
        let subjects: Vec<_> = ids.iter().map(|id| SubjectId::new(id).unwrap()).collect();
        let items: Vec<_> = choices
            .iter()
            .map(|&(subject, record, field, has_key, has_tag)| EventItem {
                key_id: has_key.then_some(KeyId::from_bytes([7; 32])),
                tag: has_tag.then_some([8; 16]),
                ..match field {
                    0 => item(RecordRef::new(&records[record], &subjects[subject]), NAME),
                    1 => item(RecordRef::new(&records[record], &subjects[subject]), SSN),
                    _ => item(RecordRef::subjectless(&records[record]), LABEL),
                }
            })
            .collect();

        let count = events(&header, &items).len();
        let mut rest = &items[..];
        for (at, event) in events(&header, &items).enumerate() {
            prop_assert_eq!(event.part(), (at as u32 + 1, count as u32));
            prop_assert!(!event.items().is_empty() || items.is_empty());
            prop_assert_eq!(event.items().as_ptr(), rest.as_ptr());
            rest = &rest[event.items().len()..];
            let json = event.to_json();
            prop_assert!(json.len() <= MAX_PART_LEN, "{} bytes", json.len());
        }
        prop_assert!(rest.is_empty());
        prop_assert!(count <= 1 + items.len() / 2, "{} parts of {} items", count, items.len());
    }
}
