//! Disclosures stated anew.

use phi_seal::Purpose;
use phi_seal::audit::{EventId, Exclusion};

use crate::ward::{Ward, date, request, sound, to};

const PURPOSE: Purpose = Purpose::PublicHealth;

fn listed(ward: &Ward) -> Vec<(String, String)> {
    let accounting = request().over(ward.history()).unwrap();
    let listed = accounting.disclosures().iter();
    listed
        .map(|one| (one.date.clone(), one.recipient.clone()))
        .collect()
}

fn pair(date: &str, name: &str) -> (String, String) {
    (date.to_owned(), name.to_owned())
}

#[test]
fn the_last_statement_stands_in_the_place_of_all_before_it() {
    let ward = Ward::new();
    let first = ward.send((2026, 1, 5), "p-1", PURPOSE, &to("Conty"));
    let second = to("County").corrects(first);
    let second = ward.send((2026, 2, 5), "p-1", PURPOSE, &second);
    // Of the day of the first, which none of them states anew.
    assert_eq!(listed(&ward), [pair("2026-01-05", "County")]);
    let third = to("County Health").corrects(second);
    ward.send((2026, 3, 5), "p-1", PURPOSE, &third);
    assert_eq!(listed(&ward), [pair("2026-01-05", "County Health")]);
    let accounting = request().over(ward.history()).unwrap();
    assert_eq!(accounting.corrected(), 2);
    assert_eq!(accounting.corrections_of_nothing(), 0);

    let day = to("County Health").made_on(date(2026, 1, 6)).unwrap();
    ward.send((2026, 4, 5), "p-1", PURPOSE, &day.corrects(second));
    assert_eq!(
        listed(&ward),
        [pair("2026-01-06", "County Health")],
        "of two corrections of one, the later"
    );
}

#[test]
fn a_correction_can_move_a_disclosure_out_of_the_list_and_back() {
    let ward = Ward::new();
    let first = ward.send((2026, 1, 5), "p-1", PURPOSE, &to("Insurer"));
    let authorized = to("Insurer").excluded(Exclusion::Authorization);
    let second = ward.send((2026, 2, 5), "p-1", PURPOSE, &authorized.corrects(first));
    assert_eq!(listed(&ward), []);
    let not_after_all = to("Insurer").corrects(second);
    ward.send((2026, 3, 5), "p-1", PURPOSE, &not_after_all);
    assert_eq!(listed(&ward), [pair("2026-01-05", "Insurer")]);
}

#[test]
fn a_correction_takes_nothing_away_but_an_earlier_disclosure_of_the_patient() {
    let ward = Ward::new();
    let other = ward.send((2026, 1, 5), "p-2", PURPOSE, &to("of p-2"));
    let mine = ward.send((2026, 1, 6), "p-1", PURPOSE, &to("mine"));
    let of_other = to("of another patient's").corrects(other);
    ward.send((2026, 1, 7), "p-1", PURPOSE, &of_other);
    let unknown = EventId::parse("6f1c2b3a4d5e6f708192a3b4c5d6e7f8-12-1").unwrap();
    ward.send(
        (2026, 1, 8),
        "p-1",
        PURPOSE,
        &to("of nothing").corrects(unknown),
    );
    // By part 2 of an action of one part.
    let no_part = mine.to_string().replace("-1-1", "-1-2");
    let no_part = to("of no part").corrects(EventId::parse(&no_part).unwrap());
    ward.send((2026, 1, 9), "p-1", PURPOSE, &no_part);
    // Stated before what it says it corrects.
    ward.send(
        (2026, 1, 5),
        "p-1",
        PURPOSE,
        &to("too early").corrects(mine),
    );
    let accounting = request().over(ward.history()).unwrap();
    assert_eq!(accounting.disclosures().len(), 5);
    assert_eq!(accounting.corrections_of_nothing(), 4);
    assert_eq!(accounting.corrected(), 0);
}

/// Two that correct each other would both be gone.
#[test]
fn no_circle_of_corrections_makes_a_disclosure_vanish() {
    let ward = Ward::new();
    for day in [5, 6] {
        ward.send((2026, 1, day), "p-1", PURPOSE, &to("x"));
    }
    let mut events = ward.events();
    let [first, second] = &mut events[..] else {
        panic!("two")
    };
    first.corrects = Some(second.event.clone());
    second.corrects = Some(first.event.clone());
    for is_same_time in [false, true] {
        let mut events = events.clone();
        if is_same_time {
            events[1].time = events[0].time.clone();
        }
        let accounting = request().over(sound(events)).unwrap();
        assert_eq!(accounting.disclosures().len(), 1);
        assert_eq!(accounting.corrections_of_nothing(), 1);
    }
}
