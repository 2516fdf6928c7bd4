//! Structs of unusual form.

use phi_seal::codec::Value;
use phi_seal::{Phi, PhiRecord, Serde};

use crate::ward::ward;

/// Generic in values and in plain fields, with bounds, defaults and a where clause.
#[derive(PhiRecord)]
#[phi(record = "result", duplicate, ct_eq, row_derive(Clone))]
struct Generic<'a, T: Value + Clone, P, const N: usize = 2>
where
    P: Clone + PartialEq,
{
    #[phi(id)]
    id: &'a str,
    #[phi(subject)]
    subject: u64,
    #[phi(category = Clinical)]
    value: Phi<T>,
    #[phi(category = Clinical)]
    values: Option<Phi<Vec<T>>>,
    #[phi(category = Biometric)]
    print: Phi<[u8; N]>,
    unit: P,
}

#[test]
fn generic_structs() {
    let ward = ward();
    let id = String::from("r-1");
    let result = Generic::<i64, &str> {
        id: &id,
        subject: 7,
        value: Phi::new(-40),
        values: Some(Phi::new(vec![1, 2])),
        print: Phi::new([1, 2]),
        unit: "mg",
    };
    let row: GenericRow<'_, i64, &str> = ward.session.seal(&result).unwrap();
    let opened = ward.session.open(&row.clone()).unwrap();
    assert!(opened.ct_eq(&result.duplicate()));
    let (value, values) = ward
        .session
        .open_fields(&row, (Generic::<i64, &str>::VALUE, Generic::VALUES))
        .unwrap();
    assert_eq!((*value.expose(), values.unwrap().expose().len()), (-40, 2));
}

#[derive(PhiRecord)]
#[phi(record = "odd", row = r#OddRow)]
#[allow(non_snake_case)]
struct Odd {
    #[phi(id, subject)]
    r#type: String,
    #[phi(category = Clinical)]
    r#match: Phi<bool>,
    #[phi(category = Clinical)]
    camelCase2x: core::option::Option<phi_seal::Phi<Serde<(String, u8)>>>,
    // Names that the generated code uses itself.
    #[phi(category = Clinical)]
    release: Phi<i32>,
    #[phi(category = Clinical)]
    waiting: Phi<i32>,
    #[phi(category = Clinical)]
    permit: Phi<i32>,
    sealing: u8,
    opening: u8,
    place: u8,
}

#[test]
fn odd_names() {
    let ward = ward();
    let odd = Odd {
        r#type: "p-1".into(),
        r#match: Phi::new(true),
        camelCase2x: Some(Phi::new(Serde::new(("a".into(), 1)))),
        release: Phi::new(1),
        waiting: Phi::new(2),
        permit: Phi::new(3),
        sealing: 4,
        opening: 5,
        place: 6,
    };
    let opened = ward
        .session
        .open(&ward.session.seal(&odd).unwrap())
        .unwrap();
    assert!(opened.r#match.expose());
    let numbers = [&opened.release, &opened.waiting, &opened.permit].map(|phi| *phi.expose());
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!([opened.sealing, opened.opening, opened.place], [4, 5, 6]);
    assert_eq!(opened.camelCase2x.unwrap().expose().as_inner().1, 1);
    assert_eq!(Odd::MATCH.name(), "match");
    assert_eq!(Odd::CAMEL_CASE2X.name(), "camelCase2x");
}

/// Shadows what generated code must not find by bare name.
mod hostile {
    #![allow(dead_code, non_camel_case_types)]

    struct Option;
    struct Result;
    struct Some;
    struct None;
    struct Ok;
    struct String;
    trait Clone {}
    trait Value {}
    mod core {}
    mod std {}
    mod phi_seal {}

    #[derive(::phi_seal::PhiRecord)]
    #[phi(record = "patient", duplicate, ct_eq)]
    pub(crate) struct Patient {
        #[phi(id, subject)]
        pub(crate) id: u64,
        #[phi(category = Name)]
        pub(crate) name: ::phi_seal::Phi<i64>,
        #[phi(category = Name, name = "other")]
        pub(crate) other_name: ::core::option::Option<::phi_seal::Phi<i64>>,
    }

    #[derive(::phi_seal::PhiValue)]
    pub(crate) struct Age(i64);
}

#[test]
fn shadowed_names() {
    let ward = ward();
    let patient = hostile::Patient {
        id: 1,
        name: Phi::new(2),
        other_name: None,
    };
    let opened = ward
        .session
        .open(&ward.session.seal(&patient).unwrap())
        .unwrap();
    assert!(opened.ct_eq(&patient));
}

mod reexport {
    pub mod inner {
        pub use phi_seal as sealing;
    }
}

#[derive(PhiRecord)]
#[phi(record = "patient", crate = reexport::inner::sealing)]
struct ThroughReexport {
    #[phi(id, subject)]
    id: u64,
    #[phi(category = Name)]
    name: Phi<String>,
}

#[test]
fn another_path_to_the_crate() {
    let ward = ward();
    let record = ThroughReexport {
        id: 1,
        name: Phi::new("Ada".into()),
    };
    let row = ward.session.seal(&record).unwrap();
    assert_eq!(ward.session.open(&row).unwrap().name.expose(), "Ada");
}

/// Attributes and types that a `macro_rules` passes on.
macro_rules! declare {
    ($name:ident, $record:literal, $value:ty, $shape:ty, $category:ident) => {
        #[derive(PhiRecord)]
        #[phi(record = $record)]
        struct $name {
            #[phi(id, subject)]
            id: u64,
            #[phi(category = $category)]
            value: Phi<$value>,
            #[phi(category = $category)]
            whole: $shape,
        }
    };
}

declare!(FromMacro, "patient", String, Option<Phi<String>>, Name);

#[test]
fn declared_by_a_macro() {
    let ward = ward();
    let record = FromMacro {
        id: 1,
        value: Phi::new("Ada".into()),
        whole: None,
    };
    let row = ward.session.seal(&record).unwrap();
    assert!(ward.session.open(&row).unwrap().whole.is_none());
}

#[derive(PhiRecord)]
#[phi(record = "wide", subjectless)]
#[rustfmt::skip]
struct Wide {
    #[phi(id)] id: u8,
    #[phi(category = Clinical)] a: Phi<i8>,
    #[phi(category = Clinical)] b: Phi<i8>,
    #[phi(category = Clinical)] c: Phi<i8>,
    #[phi(category = Clinical)] d: Phi<i8>,
    #[phi(category = Clinical)] e: Phi<i8>,
    #[phi(category = Clinical)] f: Phi<i8>,
    #[phi(category = Clinical)] g: Phi<i8>,
    #[phi(category = Clinical)] h: Phi<i8>,
    #[phi(category = Clinical)] i: Phi<i8>,
    #[phi(category = Clinical)] j: Phi<i8>,
    #[phi(category = Clinical)] k: Phi<i8>,
    #[phi(category = Clinical)] l: Phi<i8>,
    #[phi(category = Clinical)] m: Phi<i8>,
    #[phi(category = Clinical)] n: Phi<i8>,
    #[phi(category = Clinical)] o: Phi<i8>,
    #[phi(category = Clinical)] p: Phi<i8>,
}

#[test]
fn sixteen_fields_at_once() {
    let ward = ward();
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] =
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16].map(Phi::new);
    let wide = Wide {
        id: 0,
        a,
        b,
        c,
        d,
        e,
        f,
        g,
        h,
        i,
        j,
        k,
        l,
        m,
        n,
        o,
        p,
    };
    let row = ward.session.seal(&wide).unwrap();
    let all = ward
        .session
        .open_fields(
            &row,
            (
                Wide::P,
                Wide::O,
                Wide::N,
                Wide::M,
                Wide::L,
                Wide::K,
                Wide::J,
                Wide::I,
                Wide::H,
                Wide::G,
                Wide::F,
                Wide::E,
                Wide::D,
                Wide::C,
                Wide::B,
                Wide::A,
            ),
        )
        .unwrap();
    assert_eq!(
        (*all.0.expose(), *all.7.expose(), *all.15.expose()),
        (16, 9, 1)
    );
}
