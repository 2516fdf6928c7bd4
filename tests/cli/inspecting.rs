//! `inspect`.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use phi_seal::Sealed;
use serde_json::{Value, json};

use crate::place::{IDS, Place};
use crate::ward::column;

const LINE: &str = "text, 13 bytes in 87, suite 1, key 338f5029a30f";

fn bytes(text: &str) -> Vec<u8> {
    Sealed::<String>::from_text(text)
        .unwrap()
        .as_bytes()
        .to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn lines(json: &str) -> Vec<Value> {
    json.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn an_envelope_is_described_in_each_spelling() {
    let place = Place::new();
    let text = &column(&place, 1)[0];
    let bytes = bytes(text);
    for (spelling, envelope) in [
        ("text", text.clone()),
        ("hex", hex(&bytes)),
        ("hex", hex(&bytes).to_uppercase()),
        ("hex", format!("\\x{}", hex(&bytes))),
        ("base64", STANDARD.encode(&bytes)),
        ("base64", STANDARD_NO_PAD.encode(&bytes)),
    ] {
        let ran = place.run(&["inspect", "--spelt", spelling, &envelope]);
        let expected = format!("1: {LINE}\n");
        assert_eq!(
            (ran.code, &ran.out, &*ran.err),
            (0, &expected, ""),
            "{envelope}"
        );
    }
    let ran = place.run(&["inspect", text, "--json"]);
    let expected = json!({
        "line": 1, "suite": 1, "content": "text", "padded": false, "content_bytes": 13,
        "envelope_bytes": 87, "key": IDS[3],
    });
    assert_eq!(lines(&ran.out), [expected]);
}

#[test]
fn each_content_has_its_name() {
    let place = Place::new();
    let names = [
        "null",
        "bytes",
        "text",
        "integer",
        "boolean",
        "date",
        "timestamp",
        "uuid",
        "structured",
        "list",
    ];
    let envelope = |code: u8| [&[1, code][..], &[7; 72]].concat();
    let mut input = String::new();
    for code in (0..10).chain(128..138) {
        input.push_str(&hex(&envelope(code)));
        input.push('\n');
    }
    let ran = place.run_with(&["inspect", "--spelt", "hex", "--json"], input.as_bytes());
    let described = lines(&ran.out);
    assert_eq!((ran.code, described.len()), (0, 20));
    for (at, described) in described.iter().enumerate() {
        assert_eq!(described["content"], names[at % 10]);
        assert_eq!(described["padded"], at >= 10);
        assert_eq!(described["line"], at + 1);
    }
    let ran = place.run_with(&["inspect", "--spelt", "hex"], input.as_bytes());
    let last = ran.out.lines().last().unwrap();
    assert_eq!(
        last,
        "20: list, padded, 0 bytes in 74, suite 1, key 070707070707"
    );
}

#[test]
fn a_column_is_described_line_by_line() {
    let place = Place::new();
    let column = column(&place, 3);
    let input = format!("{}\n\n  {}\r\n\t\n{}", column[0], column[1], column[2]);
    let ran = place.run_with(&["inspect"], input.as_bytes());
    assert_eq!(ran.out, format!("1: {LINE}\n3: {LINE}\n5: {LINE}\n"));
    assert_eq!(
        (ran.code, &*ran.err),
        (0, "3 envelopes, 2 empty lines, 0 bad lines\n")
    );
    let ran = place.run_with(&["inspect", "--json"], input.as_bytes());
    let numbers: Vec<_> = lines(&ran.out)
        .iter()
        .map(|line| line["line"].clone())
        .collect();
    assert_eq!(
        (numbers, &*ran.err),
        (vec![1.into(), 3.into(), 5.into()], "")
    );
    let ran = place.run_with(&["inspect"], b"");
    assert_eq!((ran.code, &*ran.out), (0, ""));
}

#[test]
fn a_bad_line_is_named_by_its_number_and_not_quoted() {
    let place = Place::new();
    let good = &column(&place, 1)[0];
    let bytes = bytes(good);
    for (spelling, bad) in [
        ("text", "Zofia Zak 900-01-2345"),
        ("text", &hex(&bytes)),
        ("text", &good[..90]),
        // A length that base64 does not have; others can be those of a shorter envelope.
        ("text", &good[..good.len() - 3]),
        ("text", &format!("{good}=")),
        ("text", &format!("{good} {good}")),
        ("text", &good.replace("phi1.", "phi2.")),
        ("text", &good.replace("phi1.", "phi1.!")),
        ("hex", good),
        ("hex", &hex(&bytes)[1..]),
        ("hex", &hex(&bytes[..73])),
        ("hex", "Zofia Zak 900-01-2345"),
        ("hex", &format!("02{}", &hex(&bytes)[2..])), // no such suite
        ("hex", &format!("0164{}", &hex(&bytes)[4..])), // no such content
        ("base64", good),
        ("base64", "Zofia Zak 900-01-2345"),
        ("base64", &STANDARD.encode(&bytes[..73])),
        ("base64", &STANDARD.encode(&bytes)[1..]),
    ] {
        let spelt_good = match spelling {
            "text" => good.clone(),
            "hex" => hex(&bytes),
            _ => STANDARD.encode(&bytes),
        };
        let input = format!("{spelt_good}\n{bad}\n{spelt_good}\n");
        let ran = place.run_with(&["inspect", "--spelt", spelling], input.as_bytes());
        assert_eq!(ran.code, 1, "{bad}");
        assert_eq!(ran.out, format!("1: {LINE}\n3: {LINE}\n"), "{bad}");
        let (told, tally) = ran.err.split_once('\n').unwrap();
        assert!(told.starts_with("phi-seal: line 2: "), "{told}");
        assert_eq!(tally, "2 envelopes, 0 empty lines, 1 bad lines\n");

        let ran_json = place.run_with(
            &["inspect", "--spelt", spelling, "--json"],
            input.as_bytes(),
        );
        let described = lines(&ran_json.out);
        assert_eq!((ran_json.code, described.len()), (1, 3));
        assert_eq!(described[1]["line"], 2);
        assert!(described[1]["error"].as_str().unwrap().len() > 5);
        assert_eq!(described[1].as_object().unwrap().len(), 2);

        let alone = place.run(&["inspect", "--spelt", spelling, "--", bad]);
        assert_eq!((alone.code, &*alone.out), (1, ""));
        for said in [&ran.err, &ran_json.out, &alone.err] {
            assert!(
                !said.contains("Zofia") && !said.contains("900-01"),
                "{said}"
            );
            assert!(
                !said.contains(&good[5..40]) && !said.contains(&hex(&bytes[40..])),
                "{said}"
            );
        }
    }
}

#[test]
fn what_is_no_text_is_a_bad_line() {
    let place = Place::new();
    let good = column(&place, 1).remove(0);
    // An envelope's bytes, which are no line.
    let raw: Vec<u8> = bytes(&good)
        .into_iter()
        .filter(|byte| *byte != b'\n')
        .collect();
    for bad in [&raw[..], b"\xff\xfe", b"phi1.\xff", b"\0", &[b' ', 0, b' ']] {
        let input = [bad, b"\n", good.as_bytes()].concat();
        let ran = place.run_with(&["inspect"], &input);
        assert_eq!((ran.code, ran.out.as_str()), (1, &*format!("2: {LINE}\n")));
    }
}

#[test]
fn a_line_without_end_is_skipped() {
    let place = Place::new();
    let good = column(&place, 1).remove(0);
    let long = "A".repeat((16 << 20) + 5);
    for spelling in ["text", "hex", "base64"] {
        let input = format!("{long}\n{good}\n{long}");
        let ran = place.run_with(&["inspect", "--spelt", spelling], input.as_bytes());
        assert_eq!(ran.code, 1);
        let too_long: Vec<_> = ran
            .err
            .lines()
            .filter(|line| line.ends_with("16 MiB"))
            .collect();
        assert_eq!(
            too_long,
            [
                "phi-seal: line 1: longer than 16 MiB",
                "phi-seal: line 3: longer than 16 MiB"
            ]
        );
        assert_eq!(ran.out.is_empty(), spelling != "text");
    }
}
