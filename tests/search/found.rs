//! What a search finds: every true answer, and nothing else.

use std::collections::HashSet;

use phi_seal::index::StoredIndex;
use phi_seal::record::{RecordIndex, SearchTerms};
use phi_seal::{Phi, PhiRecord};

use crate::ward::{
    FAMILIES, Patient, PatientRow, Ward, birth_date, candidates, ids, patient, phi, ssn,
};

const ROWS: usize = 40;

/// Searches, and holds what comes out against a model of the index in plain.
fn check<I: RecordIndex<Record = Patient>, T: SearchTerms>(
    ward: &Ward,
    table: &[PatientRow],
    index: I,
    terms: T,
    is_answer: impl Fn(&Patient) -> bool,
) -> (usize, usize) {
    let session = ward.session();
    let search = session.search(index, terms).unwrap();
    let rows = candidates(table, &search);
    let found = ids(search.open(rows.clone()).unwrap());
    let expected: Vec<_> = (0..ROWS)
        .map(patient)
        .filter(|patient| is_answer(patient))
        .map(|patient| patient.id)
        .collect();
    assert_eq!(found, expected, "{}", I::INFO.name());
    (rows.len(), found.len())
}

#[test]
fn an_exact_index_finds_the_one_row() {
    let ward = Ward::new();
    let table = ward.table(ROWS);
    for number in 0..ROWS {
        let wanted = ssn(number);
        let counts = check(
            &ward,
            &table,
            Patient::SSN_INDEX,
            &phi(&wanted),
            |patient| *patient.ssn.expose() == wanted,
        );
        assert_eq!(counts, (1, 1));
    }
    // Another spelling of the same number.
    let plain = ssn(7).replace('-', "");
    let counts = check(&ward, &table, Patient::SSN_INDEX, &phi(&plain), |patient| {
        patient.id == "p-7"
    });
    assert_eq!(counts, (1, 1));
}

#[test]
fn a_narrow_index_finds_too_much_and_only_true_answers_come_out() {
    let ward = Ward::new();
    let table = ward.table(ROWS);
    let (mut looked_alike, mut were_right) = (0, 0);
    for family in FAMILIES {
        let spelt = family.to_uppercase();
        let (candidates, found) = check(
            &ward,
            &table,
            Patient::FAMILY_INDEX,
            &phi(&spelt),
            |patient| patient.family.expose() == family,
        );
        looked_alike += candidates;
        were_right += found;
    }
    // Seven names, four values.
    assert_eq!(were_right, ROWS);
    assert!(looked_alike > were_right, "{looked_alike}");
}

#[test]
fn a_prefix_finds_beginnings_and_compares_what_is_longer() {
    let ward = Ward::new();
    let table = ward.table(ROWS);
    for (wanted, families) in [
        ("smi", &["Smith", "Smithson"][..]),
        ("SMITH", &["Smith", "Smithson"]),
        ("smiths", &["Smithson"]),
        ("müll", &["Müller", "Mülller"]),
        ("mülle", &["Müller"]),
        ("smithers", &[]),
    ] {
        check(
            &ward,
            &table,
            Patient::FAMILY_PREFIX,
            &phi(wanted),
            |patient| families.contains(&patient.family.expose().as_str()),
        );
    }
}

#[test]
fn words_find_rows_with_all_of_them_in_any_order() {
    let ward = Ward::new();
    let table = ward.table(ROWS);
    let has = |patient: &Patient, words: &[&str]| {
        let name = patient
            .full_name
            .as_ref()
            .map(|name| name.expose().to_lowercase());
        name.is_some_and(|name| {
            let own: Vec<_> = name.split([' ', '-']).collect();
            words.iter().all(|word| own.contains(word))
        })
    };
    check(&ward, &table, Patient::WORDS, &phi("zofia"), |p| {
        has(p, &["zofia"])
    });
    check(&ward, &table, Patient::WORDS, &phi("Smith Zofia"), |p| {
        has(p, &["smith", "zofia"])
    });
    check(&ward, &table, Patient::WORDS, &phi("berg 1"), |p| {
        has(p, &["berg", "1"])
    });
    check(&ward, &table, Patient::WORDS, &phi("smith żak"), |_| false);
}

#[test]
fn a_compound_index_finds_rows_that_answer_each_term() {
    let ward = Ward::new();
    let table = ward.table(ROWS);
    for number in 0..12 {
        let family = FAMILIES[number % FAMILIES.len()];
        let terms = (&phi(&birth_date(number)), &phi(&family.to_lowercase()));
        let (_, found) = check(
            &ward,
            &table,
            Patient::BIRTH_DATE_FAMILY,
            terms,
            |patient| {
                patient.family.expose() == family
                    && *patient.birth_date.expose() == birth_date(number)
            },
        );
        assert!(found >= 1);
    }
    // Both terms exist, but in no row together.
    let terms = (&phi(&birth_date(0)), &phi(FAMILIES[1]));
    check(
        &ward,
        &table,
        Patient::BIRTH_DATE_FAMILY,
        terms,
        |patient| {
            patient.family.expose() == FAMILIES[1] && *patient.birth_date.expose() == birth_date(0)
        },
    );
}

#[test]
fn a_term_may_be_of_another_type_of_the_same_form() {
    let ward = Ward::new();
    let table = ward.table(ROWS);
    let (_, found) = check(
        &ward,
        &table,
        Patient::BIRTH_YEAR,
        &Phi::new(1952_i32),
        |patient| patient.birth_date.expose().starts_with("1952"),
    );
    assert_eq!(found, ROWS / 4);
    check(
        &ward,
        &table,
        Patient::BIRTH_YEAR,
        &phi("1952-02-29"),
        |patient| patient.birth_date.expose().starts_with("1952"),
    );
}

#[test]
fn rows_come_out_in_the_order_they_were_given_as_often_as_they_were() {
    let ward = Ward::new();
    let table = ward.table(15);
    let session = ward.session();
    let search = session.search(Patient::FAMILY_INDEX, &phi("żak")).unwrap();
    let given = [&table[14], &table[0], &table[1], &table[7], &table[0]];
    assert_eq!(
        ids(search.open(given).unwrap()),
        ["p-14", "p-0", "p-7", "p-0"]
    );
}

/// What no index found is held against the term all the same: the caller may pass any row.
#[test]
fn a_whole_table_may_be_given() {
    let ward = Ward::new();
    let table = ward.table(ROWS);
    let session = ward.session();
    let search = session.search(Patient::SSN_INDEX, &phi(&ssn(3))).unwrap();
    assert_eq!(ids(search.open(&table).unwrap()), ["p-3"]);
    assert_eq!(crate::ward::recorded_ids(&ward.event()), ["p-3"]);
}

#[test]
fn fields_come_with_the_position_of_their_row() {
    let ward = Ward::new();
    let table = ward.table(ROWS);
    let session = ward.session();
    let search = session
        .search(Patient::FAMILY_INDEX, &phi("Smith"))
        .unwrap();
    let rows = candidates(&table, &search);
    let found = search
        .open_fields(rows.iter().copied(), (Patient::NOTE, Patient::FULL_NAME))
        .unwrap();
    let smiths: Vec<_> = (0..ROWS).filter(|number| number % 7 == 4).collect();
    assert_eq!(found.len(), smiths.len());
    for (hit, number) in found.into_iter().zip(smiths) {
        assert_eq!(rows[hit.position].id, format!("p-{number}"));
        let (note, full_name) = hit.opened.unwrap();
        assert_eq!(*note.expose(), format!("note {number}"));
        assert_eq!(full_name.is_some(), number % 5 != 4);
    }
}

#[derive(Debug, PhiRecord)]
#[phi(record = "narrow")]
struct Narrow {
    #[phi(id, subject)]
    id: u32,
    #[phi(
        category = MedicalRecordNumber,
        index(name = "one", bits = 1),
        index(name = "two", bits = 2),
        index(name = "three", bits = 3),
        index(name = "four", bits = 4)
    )]
    mrn: Phi<u64>,
}

/// More values than an index has: some collide whatever the key is.
#[test]
fn collisions_are_certain_and_never_come_out() {
    const ROWS: u64 = 17;
    fn run<I: RecordIndex<Record = Narrow> + Copy>(ward: &Ward, rows: &[NarrowRow], index: I) {
        let session = ward.session();
        let mut candidates = 0;
        for number in 0..ROWS {
            ward.forget();
            let search = session.search(index, &Phi::new(number)).unwrap();
            let alike: Vec<_> = rows
                .iter()
                .filter(|row| search.values().contains(&I::stored(row).values()[0]))
                .collect();
            candidates += alike.len();
            let [found] = <[_; 1]>::try_from(search.open(alike).unwrap()).unwrap();
            let found = found.unwrap();
            assert_eq!((u64::from(found.id), *found.mrn.expose()), (number, number));
            assert_eq!(
                ward.event().subjects.len(),
                1,
                "false positives leave no trace"
            );
        }
        let values: HashSet<_> = rows.iter().map(|row| I::stored(row).values()[0]).collect();
        assert!(values.len() <= 1 << I::INFO.width());
        // Of n rows over v values at least n - v find another one beside themselves.
        assert!(candidates as u64 >= ROWS + (ROWS - (1 << I::INFO.width())));
    }
    let ward = Ward::new();
    let session = ward.session();
    let rows: Vec<_> = (0..ROWS)
        .map(|number| Narrow {
            id: u32::try_from(number).unwrap(),
            mrn: Phi::new(number),
        })
        .map(|record| session.seal(&record).unwrap())
        .collect();
    run(&ward, &rows, Narrow::ONE);
    run(&ward, &rows, Narrow::TWO);
    run(&ward, &rows, Narrow::THREE);
    run(&ward, &rows, Narrow::FOUR);
}

#[derive(PhiRecord)]
#[phi(record = "caller")]
struct Caller {
    #[phi(id, subject)]
    id: u32,
    #[phi(category = Phone, index(us_phone, slow))]
    phone: Phi<String>,
    #[phi(category = Email, index(email, bits = 33))]
    email: Option<Phi<String>>,
    #[phi(category = Address, index(zip3))]
    zip: Phi<String>,
}

#[test]
fn a_slow_index_finds_as_a_fast_one_does() {
    let ward = Ward::new();
    let session = ward.session();
    let rows: Vec<_> = [(1, "(617) 555-0143"), (2, "617-555-0144")]
        .into_iter()
        .map(|(id, phone)| Caller {
            id,
            phone: phi(phone),
            email: (id == 1).then(|| phi("Ada@Example.org")),
            zip: phi("02139-4307"),
        })
        .map(|caller| session.seal(&caller).unwrap())
        .collect();
    let search = session
        .search(Caller::PHONE_INDEX, &phi("+1 617 555 0143"))
        .unwrap();
    let found: Vec<_> = rows
        .iter()
        .filter(|row| {
            row.phone_index
                .is_some_and(|value| search.values().contains(&value))
        })
        .collect();
    assert_eq!(found.len(), 1);
    assert_eq!(search.open(found).unwrap()[0].as_ref().unwrap().id, 1);

    let search = session
        .search(Caller::EMAIL_INDEX, &phi("ada@example.ORG"))
        .unwrap();
    assert_eq!(search.values()[0], rows[0].email_index.unwrap());
    assert!(rows[1].email_index.is_none());
    assert_eq!(search.open(&rows).unwrap().len(), 1);

    let search = session.search(Caller::ZIP_INDEX, &phi("021")).unwrap();
    assert_eq!(search.open(&rows).unwrap().len(), 2);
}

#[cfg(feature = "index-phonetic")]
#[test]
fn a_phonetic_index_finds_what_sounds_alike() {
    #[derive(PhiRecord)]
    #[phi(record = "heard")]
    struct Heard {
        #[phi(id, subject)]
        id: u32,
        #[phi(category = Name, index(phonetic))]
        name: Phi<String>,
    }
    let ward = Ward::new();
    let session = ward.session();
    let rows: Vec<_> = [(1, "Smith"), (2, "Smyth"), (3, "Jones"), (4, "Jońes")]
        .into_iter()
        .map(|(id, name)| Heard {
            id,
            name: phi(name),
        })
        .map(|heard| session.seal(&heard).unwrap())
        .collect();
    for (wanted, expected) in [("smythe", &[1, 2][..]), ("JONES", &[3, 4]), ("Ünal", &[])] {
        let search = session.search(Heard::NAME_INDEX, &phi(wanted)).unwrap();
        let found = search.open(&rows).unwrap();
        let found: Vec<_> = found.into_iter().map(|heard| heard.unwrap().id).collect();
        assert_eq!(found, expected, "{wanted}");
    }
}
