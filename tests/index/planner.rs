//! Widths, and what they give away.

use phi_seal::index::{Entropy, Plan, PlanError, Planner};

fn bits(bits: f64) -> Entropy {
    Entropy::bits(bits).unwrap()
}

fn widths(plan: &Plan) -> Vec<u16> {
    plan.indexes().iter().map(|index| index.bits()).collect()
}

#[test]
fn one_index_is_as_wide_as_two_coincidences_allow() {
    for (population, entropy, expected) in [
        (16, 64.0, 3),
        (31, 64.0, 3),
        (32, 64.0, 4),
        (1000, 64.0, 8),
        (1024, 64.0, 9),
        (1_000_000, 64.0, 18),
        (1 << 63, 200.0, 62),
        // A field of less entropy: two values behind each index value.
        (1_000_000, 13.0, 12),
        (1_000_000, 13.99, 12),
        (1_000, 7.0, 6),
    ] {
        let plan = Planner::new(population)
            .unwrap()
            .plan(&[&[bits(entropy)]])
            .unwrap();
        assert_eq!(widths(&plan), [expected], "{population} {entropy}");
        let rows = population as f64;
        assert!(plan.coincidences() >= 2.0 && plan.coincidences() < rows.sqrt());
        assert!(plan.is_safe());
        // One bit more is no longer safe.
        let wider = Planner::new(population)
            .unwrap()
            .judge(&[(expected + 1, &[bits(entropy)])])
            .unwrap();
        assert!(!wider.is_safe(), "{population} {entropy}");
    }
}

/// The example of CipherSweet's page: 16 bits of a 24-bit field, and 8 of a large one.
#[test]
fn coincidences_are_those_of_the_source() {
    for (population, expected) in [
        (1_u64 << 31, 128.0),
        (1 << 24, 1.0),
        (1 << 16, 0.003_906_25),
    ] {
        let plan = Planner::new(population)
            .unwrap()
            .judge(&[(16, &[bits(24.0)]), (8, &[bits(63.0)])])
            .unwrap();
        assert_eq!(plan.coincidences(), expected);
        assert_eq!(plan.is_safe(), expected >= 2.0);
    }
}

#[test]
fn several_indexes_share_the_bits() {
    let planner = Planner::new(1 << 20).unwrap();
    let plan = planner
        .plan(&[&[bits(30.0)], &[bits(5.5)], &[bits(12.0), bits(12.0)]])
        .unwrap();
    assert_eq!(widths(&plan), [8, 4, 7]);
    assert_eq!(plan.coincidences(), 2.0);
    assert!(plan.is_safe());
    let names = vec![bits(20.0); 19];
    let fields: Vec<&[Entropy]> = names.chunks(1).collect();
    assert_eq!(widths(&planner.plan(&fields).unwrap()), [1; 19]);
    let names = vec![bits(20.0); 20];
    let fields: Vec<&[Entropy]> = names.chunks(1).collect();
    assert_eq!(planner.plan(&fields), Err(PlanError::TooMany));
}

#[test]
fn what_cannot_be_indexed_is_refused() {
    assert_eq!(Planner::new(0), Err(PlanError::SmallPopulation));
    assert_eq!(Planner::new(15), Err(PlanError::SmallPopulation));
    let planner = Planner::new(1000).unwrap();
    for few in [
        Entropy::equally_likely(1),
        Entropy::equally_likely(2),
        Entropy::equally_likely(15),
        Entropy::bits(3.9),
        Entropy::from_counts([1; 15]),
        // A thousand values, one of them in every tenth row.
        Entropy::from_counts(core::iter::once(111).chain([1; 999])),
    ] {
        let few = few.unwrap();
        assert_eq!(planner.plan(&[&[few]]), Err(PlanError::FewValues));
        assert_eq!(planner.judge(&[(8, &[few])]), Err(PlanError::FewValues));
        // Compound.
        assert!(planner.judge(&[(8, &[few, bits(10.0)])]).is_ok());
        assert!(planner.plan(&[&[few, bits(10.0)]]).is_ok());
    }
    let booleans = [Entropy::equally_likely(2).unwrap(); 3];
    assert_eq!(planner.plan(&[&booleans]), Err(PlanError::FewValues));
    assert_eq!(planner.plan(&[]), Err(PlanError::Empty));
    assert_eq!(planner.plan(&[&[]]), Err(PlanError::Empty));
    assert_eq!(planner.judge(&[]), Err(PlanError::Empty));
    for width in [0, 257] {
        let refused = planner.judge(&[(width, &[bits(20.0)])]);
        assert_eq!(refused, Err(PlanError::Width));
    }
    // 16 values in a million rows: 3 bits find an eighth of them.
    let sixteen = Entropy::equally_likely(16).unwrap();
    let large = Planner::new(1_000_000).unwrap();
    assert_eq!(large.plan(&[&[sixteen]]), Err(PlanError::NotSelective));
    assert_eq!(
        widths(&Planner::new(32).unwrap().plan(&[&[sixteen]]).unwrap()),
        [3]
    );
    assert!(
        Planner::new(16)
            .unwrap()
            .plan(&[&[Entropy::from_counts([7; 16]).unwrap()]])
            .is_ok()
    );
}

#[test]
fn entropies_are_numbers_of_something() {
    for not in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.1, 65_537.0] {
        assert_eq!(Entropy::bits(not), Err(PlanError::Entropy), "{not}");
    }
    assert_eq!(Entropy::equally_likely(0), Err(PlanError::Entropy));
    assert_eq!(Entropy::from_counts([]), Err(PlanError::Entropy));
    assert_eq!(Entropy::from_counts([0, 0]), Err(PlanError::Entropy));
    let skewed = Entropy::from_counts([0, 50, 25, 12, 13]).unwrap();
    assert_eq!((skewed.of_number(), skewed.of_most_common()), (2.0, 1.0));
    let huge = Entropy::from_counts([u64::MAX; 4]).unwrap();
    assert_eq!((huge.of_number(), huge.of_most_common()), (2.0, 2.0));
    let even = Entropy::equally_likely(1 << 20).unwrap();
    assert_eq!((even.of_number(), even.of_most_common()), (20.0, 20.0));
}

#[test]
fn false_positives_are_rows_of_other_values() {
    let planner = Planner::new(1 << 20).unwrap();
    let plan = planner.judge(&[(10, &[bits(40.0)]), (128, &[bits(30.0)]), (3, &[bits(4.0)])]);
    let plan = plan.unwrap();
    let [ten, unique, three] = plan.indexes() else {
        panic!("three indexes were given");
    };
    assert!((ten.false_positives() - 1024.0).abs() < 1e-3);
    assert!(unique.false_positives() < 1e-30);
    // Of 16 values, 15 are others.
    assert_eq!(three.false_positives(), 131_072.0 * 15.0 / 16.0);
    assert_eq!(three.most_common(), 65_536.0);
}

#[test]
fn words_say_what_the_numbers_do() {
    let planner = Planner::new(1_000_000).unwrap();
    let skewed =
        Entropy::from_counts(core::iter::once(10_000).chain(core::iter::repeat_n(1, 990_000)))
            .unwrap();
    let plan = planner.plan(&[&[skewed]]).unwrap();
    let said = plan.leakage().join("\n");
    for sentence in [
        "Index 1, 18 bits: rows with the same index value stand out as alike. Of 1000000 rows, \
         about 3.8 share a given one without having the same value.",
        "the most common value has about 10000 rows",
        "there are about 2^20 values",
        "All indexes together: a row shares all its index values with about 3.8 rows, itself \
         among them, so that equal index values do not prove equal values.",
        "columns in clear",
    ] {
        assert!(said.contains(sentence), "{sentence}\n\n{said}");
    }
    assert!(!said.contains("UNSAFE") && !said.contains("tells nearly every value"));

    let unique = planner.judge(&[(128, &[bits(30.0)])]).unwrap();
    let said = unique.leakage().join("\n");
    assert!(said.contains("UNSAFE") && said.contains("Index 1 tells nearly every value"));
}

#[test]
fn refusals_say_what_to_do() {
    for (error, sentence) in [
        (
            PlanError::SmallPopulation,
            "an index needs at least 16 rows: open them all instead",
        ),
        (
            PlanError::TooMany,
            "there are too few rows for so many indexes: leave some out",
        ),
    ] {
        assert_eq!(error.to_string(), sentence);
    }
}
