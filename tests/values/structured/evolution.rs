//! Bytes of an older type read by a newer one.

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use super::{loaded, stored};
use crate::refusal;
use phi_seal::Serde;

#[derive(Clone, Serialize, Deserialize, Zeroize)]
struct Visit {
    reason: String,
    ward: u32,
    outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Zeroize)]
enum Outcome {
    Discharged,
    Transferred(String),
    Admitted { bed: u16, stay: Stay },
    Graded(u8, u8),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Zeroize)]
enum Stay {
    Days(u16),
    Open,
}

fn visit(outcome: Outcome) -> Vec<u8> {
    stored(&Visit {
        reason: "chest pain".into(),
        ward: 70_000,
        outcome,
    })
}

#[test]
fn an_added_field_takes_its_default() {
    #[derive(Clone, Serialize, Deserialize, Zeroize)]
    struct Newer {
        reason: String,
        #[serde(default)]
        urgent: bool,
        referrer: Option<String>,
        ward: u32,
        outcome: Outcome,
    }
    let newer: Newer = loaded(&visit(Outcome::Discharged));
    assert_eq!((newer.reason.as_str(), newer.ward), ("chest pain", 70_000));
    assert_eq!((newer.urgent, newer.referrer), (false, None));
}

#[test]
fn an_added_field_without_default_is_refused() {
    #[derive(Clone, Serialize, Deserialize, Zeroize)]
    struct Newer {
        reason: String,
        urgent: bool,
    }
    assert!(refusal::<Serde<Newer>>(&visit(Outcome::Discharged)).contains("field's type"));
}

#[test]
fn a_removed_field_is_ignored() {
    #[derive(Clone, Serialize, Deserialize, Zeroize)]
    struct Newer {
        ward: u32,
    }
    let outcome = Outcome::Admitted {
        bed: 4,
        stay: Stay::Days(3),
    };
    assert_eq!(loaded::<Newer>(&visit(outcome)).ward, 70_000);
}

#[test]
fn a_widened_and_a_renamed_field_are_read() {
    #[derive(Clone, Serialize, Deserialize, Zeroize)]
    struct Newer {
        #[serde(alias = "reason")]
        complaint: Option<String>,
        ward: u64,
    }
    let newer: Newer = loaded(&visit(Outcome::Discharged));
    assert_eq!(newer.complaint.as_deref(), Some("chest pain"));
    assert_eq!(newer.ward, 70_000);
}

#[test]
fn a_narrowed_field_is_refused_when_it_does_not_fit() {
    #[derive(Clone, Serialize, Deserialize, Zeroize)]
    struct Newer {
        ward: u16,
    }
    assert!(refusal::<Serde<Newer>>(&visit(Outcome::Discharged)).contains("field's type"));
}

#[test]
fn fields_may_move_into_a_flattened_struct_and_out_again() {
    #[derive(Clone, Serialize, Deserialize, Zeroize)]
    struct Newer {
        reason: String,
        #[serde(flatten)]
        place: Place,
    }
    #[derive(Clone, Serialize, Deserialize, Zeroize)]
    struct Place {
        ward: u32,
        outcome: Outcome,
    }
    let outcome = Outcome::Admitted {
        bed: 4,
        stay: Stay::Open,
    };
    let newer: Newer = loaded(&visit(outcome.clone()));
    assert_eq!(newer.place.ward, 70_000);
    assert_eq!(newer.place.outcome, outcome);
    let older: Visit = loaded(&stored(&newer));
    assert_eq!(older.reason, "chest pain");
    assert_eq!(older.outcome, outcome);
}

#[test]
fn a_field_may_become_an_untagged_enum() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Zeroize)]
    #[serde(untagged)]
    enum Ward {
        Number(u32),
        Name(String),
        Both { number: u32, name: String },
    }
    #[derive(Clone, Serialize, Deserialize, Zeroize)]
    struct Newer {
        ward: Ward,
    }
    let newer: Newer = loaded(&visit(Outcome::Discharged));
    assert_eq!(newer.ward, Ward::Number(70_000));
    for ward in [
        Ward::Number(0),
        Ward::Name("B4".into()),
        Ward::Both {
            number: 1,
            name: "B4".into(),
        },
    ] {
        assert_eq!(loaded::<Ward>(&stored(&ward)), ward);
    }
}

#[test]
fn tagged_enums_return() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Zeroize)]
    #[serde(tag = "kind")]
    enum Internal {
        Lab { value: i32 },
        Text { note: String },
    }
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Zeroize)]
    #[serde(tag = "kind", content = "data")]
    enum Adjacent {
        Lab(i32),
        Text { note: String },
    }
    let note = String::from("clear");
    for value in [
        Internal::Lab { value: -7 },
        Internal::Text { note: note.clone() },
    ] {
        assert_eq!(loaded::<Internal>(&stored(&value)), value);
    }
    for value in [Adjacent::Lab(-7), Adjacent::Text { note }] {
        assert_eq!(loaded::<Adjacent>(&stored(&value)), value);
    }
}

#[test]
fn an_optional_field_may_become_required_where_it_is_present() {
    #[derive(Clone, Serialize, Deserialize, Zeroize)]
    struct Older {
        ward: Option<u32>,
    }
    #[derive(Clone, Serialize, Deserialize, Zeroize)]
    struct Newer {
        ward: u32,
    }
    assert_eq!(loaded::<Newer>(&stored(&Older { ward: Some(3) })).ward, 3);
    assert_eq!(loaded::<Older>(&stored(&Newer { ward: 3 })).ward, Some(3));
    let absent = stored(&Older { ward: None });
    assert!(refusal::<Serde<Newer>>(&absent).contains("field's type"));
}

#[test]
fn enums_of_every_shape_return() {
    for outcome in [
        Outcome::Discharged,
        Outcome::Transferred("St. Olav".into()),
        Outcome::Graded(1, 2),
        Outcome::Admitted {
            bed: 9,
            stay: Stay::Days(2),
        },
        Outcome::Admitted {
            bed: 9,
            stay: Stay::Open,
        },
    ] {
        assert_eq!(loaded::<Outcome>(&stored(&outcome)), outcome);
        assert_eq!(loaded::<Visit>(&visit(outcome.clone())).outcome, outcome);
    }
}

#[test]
fn a_removed_variant_is_refused_and_an_added_one_is_not_in_the_way() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Zeroize)]
    enum Newer {
        Deceased,
        Discharged,
    }
    assert_eq!(
        loaded::<Newer>(&stored(&Outcome::Discharged)),
        Newer::Discharged
    );
    let removed = stored(&Outcome::Graded(1, 2));
    assert!(refusal::<Serde<Newer>>(&removed).contains("field's type"));
    let added = stored(&Newer::Deceased);
    assert!(refusal::<Serde<Outcome>>(&added).contains("field's type"));
}
