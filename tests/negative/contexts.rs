//! Envelopes read at another place than they were sealed for: each against each other.

use std::collections::HashSet;

use phi_seal::danger::{self, FixedNonce};
use phi_seal::{
    Category, ErrorKind, Field, Phi, RecordId, RecordRef, RecordType, Sealed, SubjectId, TenantId,
};

use crate::place::Place;
use crate::refusal::{key, opens, refusal_of, sealed_at};

#[test]
fn a_component_of_another_value() {
    let here = Place::default();
    let others = [
        change(&here, |place| place.tenant = "clinic-8".into()),
        change(&here, |place| place.subject = "patient-1043".into()),
        change(&here, |place| place.record_type = "Admission".into()),
        change(&here, |place| place.record_id = "e-2042".into()),
        change(&here, |place| place.field = "remark".into()),
        change(&here, |place| place.binding = b"rev-4".to_vec()),
    ];
    assert_eq!(each_against_each(&here, &others), 42);
}

#[test]
fn components_exchanged() {
    let mut refused = 0;
    for here in bases() {
        let mut others = Vec::new();
        for one in 0..6 {
            for other in 0..one {
                let mut pieces = pieces(&here);
                pieces.swap(one, other);
                others.extend(place(pieces));
            }
        }
        refused += each_against_each(&here, &distinct(&here, others));
    }
    assert!(refused > 300, "{refused}");
}

/// All that a joined string would not notice.
#[test]
fn characters_moved_across_each_boundary() {
    let mut refused = 0;
    for here in bases() {
        let others = moved(&here);
        let joined = pieces(&here).concat();
        assert!(others.iter().all(|place| pieces(place).concat() == joined));
        refused += each_against_each(&here, &others);
    }
    assert!(refused >= 398, "{refused}");
}

/// The same with separators in the values: (`a`, `t|c`) and (`a|t`, `c`) join to one string.
#[test]
fn characters_moved_across_separators() {
    for separator in ["|", ":", "/", ",", "\0", "\n", "::"] {
        let with = |tenant: &str, subject: &str, record_id: &str, binding: &str| Place {
            tenant: tenant.replace('|', separator),
            subject: subject.replace('|', separator),
            record_id: record_id.replace('|', separator),
            binding: binding.replace('|', separator).into(),
            ..Place::default()
        };
        let here = with("a", "t|c", "1", "x");
        let others = [
            with("a|t", "c", "1", "x"),
            with("a|t|c", "", "1", "x"),
            with("a", "t", "c|1", "x"),
            with("a", "t|c|1", "x", ""),
            with("a", "t|c", "1|x", ""),
            with("a", "t|c", "1", "|x"),
            with("a|", "t|c", "1", "x"),
            with("a", "|t|c", "1", "x"),
        ];
        assert_eq!(each_against_each(&here, &others), 72);
    }
}

#[test]
fn emptied_components() {
    let here = Place::default();
    let others = [
        change(&here, |place| place.subject.clear()),
        change(&here, |place| place.binding.clear()),
        change(&here, |place| {
            place.subject.clear();
            place.binding.clear();
        }),
        change(&here, |place| place.binding = vec![0]),
        change(&here, |place| {
            place.binding = std::mem::take(&mut place.subject).into();
        }),
    ];
    assert_eq!(each_against_each(&here, &others), 30);
}

#[test]
fn other_cases_spaces_and_spellings_of_numbers() {
    let mut others = Vec::new();
    let here = Place {
        tenant: "Clinic".into(),
        subject: "Straße".into(),
        record_id: "42".into(),
        ..Place::default()
    };
    for at in 0..5 {
        for spell in [str::to_uppercase, str::to_lowercase] {
            others.extend(respelled(&here, at, spell));
        }
    }
    for at in [0, 1, 3] {
        for (before, after) in [
            (" ", ""),
            ("", " "),
            ("", "\n"),
            ("", "\0"),
            ("\u{feff}", ""),
        ] {
            others.extend(respelled(&here, at, |text| {
                format!("{before}{text}{after}")
            }));
        }
    }
    for number in ["042", "+42", "42.0", "4_2", "0x2a", "４２", "-42"] {
        others.push(change(&here, |place| place.record_id = number.into()));
    }
    others.push(change(&here, |place| place.subject = "Strasse".into()));
    let others = distinct(&here, others);
    assert!(others.len() >= 30, "{}", others.len());
    each_against_each(&here, &others);
}

#[test]
fn other_normal_forms() {
    // Composed, decomposed, compatibility forms and look-alikes of the same letters.
    let forms = [
        ["Zo\u{eb}", "Zoe\u{308}"],
        ["\u{c5}ngstr\u{f6}m", "\u{212b}ngstr\u{f6}m"],
        ["\u{1e9b}\u{323}", "\u{17f}\u{323}\u{307}"],
        ["o\u{fb03}ce", "office"],
        ["\u{ac00}", "\u{1100}\u{1161}"],
        ["\u{430}bc", "abc"],
        ["a\u{200d}b", "ab"],
        ["q\u{323}\u{307}", "q\u{307}\u{323}"],
    ];
    for [one, other] in forms {
        assert_ne!(one, other);
        for at in [0, 1, 3, 5] {
            let base = Place::default();
            let one = respelled(&base, at, |_| one.into()).unwrap();
            let other = respelled(&base, at, |_| other.into()).unwrap();
            assert_eq!(each_against_each(&one, &[other]), 2);
        }
    }
}

#[test]
fn lengths_at_their_bounds() {
    let here = Place::default();
    let long = |c: char, len| String::from(c).repeat(len);
    let others = [
        change(&here, |place| place.tenant = long('x', 1024)),
        change(&here, |place| place.tenant = long('x', 1023)),
        change(&here, |place| place.subject = long('x', 1024)),
        change(&here, |place| place.record_id = long('x', 1024)),
        change(&here, |place| place.record_type = long('x', 64)),
        change(&here, |place| place.field = long('x', 64)),
        change(&here, |place| place.field = long('x', 63)),
        // Just below, at and above the buffer that associated data of ordinary length has.
        change(&here, |place| place.binding = vec![0; 200]),
        change(&here, |place| place.binding = vec![0; 201]),
        change(&here, |place| place.binding = vec![0; 100_000]),
        change(&here, |place| place.binding = vec![0; 100_001]),
    ];
    assert_eq!(each_against_each(&here, &others), 132);
}

#[test]
fn what_is_no_context_is_refused_before_anything_else() {
    let long = "x".repeat(1025);
    for id in ["", &*long] {
        let kinds = [
            TenantId::new(id).map(drop),
            SubjectId::new(id).map(drop),
            RecordId::new(id).map(drop),
        ];
        for kind in kinds {
            assert_eq!(kind.unwrap_err().kind(), ErrorKind::InvalidInput);
        }
    }
    for name in ["", "1a", "a b", "a|b", "é", &"x".repeat(65)] {
        let name: &'static str = String::from(name).leak();
        assert!(std::panic::catch_unwind(|| RecordType::new(name)).is_err());
        let field = || -> Field<String> { RecordType::new("a").field(name, Category::Name) };
        assert!(std::panic::catch_unwind(field).is_err());
    }
}

#[test]
fn a_subject_where_none_belongs_and_none_where_one_does() {
    let (here, nowhere) = (
        Place::default(),
        change(&Place::default(), |place| place.subject.clear()),
    );
    for (typed, placed) in [(&here, &nowhere), (&nowhere, &here)] {
        let field = typed.field::<String>();
        let sealed = sealed_at(typed, Some(String::from("x")), None);
        let value = Phi::new(String::from("x"));
        let (session, _) = typed.session(key());
        placed.within(|tenant, row: RecordRef<'_>| {
            let nonce = FixedNonce([1; 24]);
            let refusals = [
                session.open_value(&field, row, &sealed).map(drop),
                session.seal_value(&field, row, &value).map(drop),
                session.rebind(&field, row, row, &sealed).map(drop),
                danger::open_unrecorded(&key(), tenant, &field, row, &sealed).map(drop),
                danger::seal_unrecorded(&key(), nonce, tenant, &field, row, &value).map(drop),
            ];
            for refusal in refusals {
                assert_eq!(refusal.unwrap_err().kind(), ErrorKind::InvalidInput);
            }
        });
    }
}

/// Seals at every place and opens at every place: what was sealed elsewhere never opens. Gives
/// how many were refused.
fn each_against_each(here: &Place, others: &[Place]) -> usize {
    let places: Vec<_> = others.iter().chain([here]).collect();
    assert_eq!(places.iter().collect::<HashSet<_>>().len(), places.len());
    let sealed: Vec<Sealed<String>> = places
        .iter()
        .map(|place| sealed_at(place, Some(String::from("Knee pain")), None))
        .collect();
    let mut refused = 0;
    for (written, sealed) in sealed.iter().enumerate() {
        for (read, place) in places.iter().enumerate() {
            if read == written {
                assert!(opens(place, sealed), "{place:?}");
            } else {
                let kind = refusal_of(place, sealed);
                assert_eq!(
                    kind,
                    ErrorKind::Integrity,
                    "{:?} {place:?}",
                    places[written]
                );
                refused += 1;
            }
        }
    }
    refused
}

fn bases() -> Vec<Place> {
    let of =
        |tenant: &str, subject: &str, record_type: &str, id: &str, field: &str, b: &str| Place {
            tenant: tenant.into(),
            subject: subject.into(),
            record_type: record_type.into(),
            record_id: id.into(),
            field: field.into(),
            binding: b.into(),
        };
    vec![
        of("aa", "aa", "aa", "aa", "aa", "aa"),
        of("a", "b", "c", "d", "e", "f"),
        of("ab", "cd", "ef", "gh", "ij", ""),
        of("a", "", "bc", "de", "fg", "hi"),
    ]
}

/// Everything that one shift across one boundary, in either direction, makes of a place.
fn moved(here: &Place) -> Vec<Place> {
    let mut others = Vec::new();
    for boundary in 0..5 {
        let pieces = pieces(here);
        let joined = pieces[boundary..boundary + 2].concat();
        for split in 0..=joined.len() {
            let mut pieces = pieces.clone();
            let (left, right) = joined.split_at(split);
            pieces[boundary] = left.into();
            pieces[boundary + 1] = right.into();
            others.extend(place(pieces));
        }
    }
    distinct(here, others)
}

fn distinct(here: &Place, mut others: Vec<Place>) -> Vec<Place> {
    let mut seen = HashSet::from([here.clone()]);
    others.retain(|place| seen.insert(place.clone()));
    others
}

fn change(here: &Place, f: impl FnOnce(&mut Place)) -> Place {
    let mut changed = here.clone();
    f(&mut changed);
    changed
}

fn respelled(here: &Place, at: usize, f: impl FnOnce(&str) -> String) -> Option<Place> {
    let mut pieces = pieces(here);
    pieces[at] = f(str::from_utf8(&pieces[at]).unwrap()).into();
    place(pieces)
}

/// In the order in which associated data has them.
fn pieces(place: &Place) -> Vec<Vec<u8>> {
    vec![
        place.tenant.clone().into(),
        place.subject.clone().into(),
        place.record_type.clone().into(),
        place.record_id.clone().into(),
        place.field.clone().into(),
        place.binding.clone(),
    ]
}

/// A place of these pieces, unless one of them is no such piece.
fn place(pieces: Vec<Vec<u8>>) -> Option<Place> {
    let is_name = |name: &str| {
        let rest = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(rest)
    };
    let text = |at: usize| String::from_utf8(pieces[at].clone()).ok();
    let place = Place {
        tenant: text(0)?,
        subject: text(1)?,
        record_type: text(2)?,
        record_id: text(3)?,
        field: text(4)?,
        binding: pieces[5].clone(),
    };
    let is_whole = !place.tenant.is_empty() && !place.record_id.is_empty();
    (is_whole && is_name(&place.record_type) && is_name(&place.field)).then_some(place)
}
