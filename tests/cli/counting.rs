//! `census`.

use phi_seal::rotate::Census;

use crate::place::{KMS, Place};
use crate::ward::column;

/// Three values under one key and two under the next, two of them absent.
fn input(place: &Place) -> String {
    let mut lines = column(place, 3);
    place.run(&[&["keyset", "rotate", "keys.json"], &KMS[..]].concat());
    lines.push(String::new());
    lines.extend(column(place, 2));
    lines.push(" ".into());
    lines.join("\n")
}

#[test]
fn values_are_counted_by_key() {
    let place = Place::new();
    let input = input(&place);
    let ids = place.keyset().keyset().keys();
    let (old, new) = (ids[3].id().to_hex(), ids[6].id().to_hex());
    let ran = place.run_with(&["census"], input.as_bytes());
    assert_eq!((ran.code, &*ran.err), (0, ""));
    let mut rows = [
        format!("           3  {}", &old[..12]),
        format!("           2  {}", &new[..12]),
    ];
    if new < old {
        rows.swap(0, 1);
    }
    let [one, other] = rows;
    let tally = "2 keys; 5 envelopes, 2 empty lines, 0 bad lines";
    assert_eq!(
        ran.out,
        format!("{one}\n{other}\n           5  of suite 1\n{tally}\n")
    );

    let ran = place.run_with(&["census", "--json"], input.as_bytes());
    let census = Census::from_json(ran.out.as_bytes()).unwrap();
    assert_eq!((ran.code, census.rows(), census.values()), (0, 0, 5));
    assert_eq!(census.usage(ids[3].id()).values, 3);
    assert_eq!(census.usage(ids[6].id()).values, 2);
    assert_eq!(ran.json()["keys"].as_array().unwrap().len(), 2);
}

#[test]
fn other_spellings_count_alike() {
    let place = Place::new();
    let sealed = phi_seal::Sealed::<String>::from_text(&column(&place, 1)[0]).unwrap();
    let hex: String = sealed
        .as_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let text = place.run_with(&["census", "--json"], sealed.to_text().as_bytes());
    let hex = place.run_with(&["census", "--json", "--spelt", "hex"], hex.as_bytes());
    assert_eq!((hex.code, hex.out), (0, text.out));
}

#[test]
fn half_a_census_is_no_census() {
    let place = Place::new();
    let column = column(&place, 2).join("\n");
    for bad in ["Zofia Zak", "phi1.", "phi1.AQIH", "phi2.x", "\u{fffd}"] {
        for input in [format!("{bad}\n{column}"), format!("{column}\n{bad}")] {
            let ran = place.run_with(&["census", "--json"], input.as_bytes());
            assert_eq!((ran.code, &*ran.out), (1, ""), "{bad}");
            assert!(ran.err.contains("\"kind\":\"bad-input\""), "{ran:?}");
            let ran = place.run_with(&["census"], input.as_bytes());
            assert_eq!(ran.code, 1);
            assert!(
                ran.out
                    .ends_with("1 keys; 2 envelopes, 0 empty lines, 1 bad lines\n")
            );
            assert!(
                !ran.err.contains("Zofia") && ran.err.contains("phi-seal: line "),
                "{ran:?}"
            );
        }
    }
}

#[test]
fn nothing_is_counted_as_nothing() {
    let place = Place::new();
    for input in ["", "\n\n"] {
        let ran = place.run_with(&["census", "--json"], input.as_bytes());
        assert_eq!(
            (ran.code, Census::from_json(ran.out.as_bytes()).unwrap()),
            (0, Census::new())
        );
    }
    place.refused(2, &["census", "file.txt"]);
}
