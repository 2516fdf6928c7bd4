//! Signed checkpoints: what is read, and what is refused.

use phi_seal::audit::journal::{
    Checkpoint, CheckpointErrorKind, Frontier, Origin, SignedCheckpoint, VerifierKey,
};

use crate::ward::{Log, NAME, Signer, key};
use CheckpointErrorKind::{BadSignature, Malformed, NotSigned, OtherOrigin};

const ROOT: &str = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";

fn read(note: &str) -> Result<Checkpoint, CheckpointErrorKind> {
    SignedCheckpoint::verify(note, &key().verifier())
        .map(|signed| {
            assert_eq!(signed.as_str(), note);
            signed.checkpoint().clone()
        })
        .map_err(|error| error.kind())
}

fn own() -> Signer {
    Signer::new(NAME, 7)
}

#[test]
fn what_is_signed_is_what_another_implementation_signs() {
    let log = Log::of(9);
    let signed = log.signed(9);
    assert_eq!(signed.as_str(), own().note(&log.checkpoint(9).to_string()));
    assert_eq!(read(signed.as_str()), Ok(log.checkpoint(9)));
}

#[test]
fn sizes_and_extensions_are_read() {
    for size in [1, 20_852_163, Checkpoint::MAX_SIZE] {
        for extensions in ["", "one\n", "one\ntwo — three\n"] {
            let text = format!("{NAME}\n{size}\n{ROOT}\n{extensions}");
            let read = read(&own().note(&text)).unwrap();
            assert_eq!((read.size(), read.origin().as_str()), (size, NAME));
            assert_eq!(read.root()[..2], [0x0a, 0xc5]);
        }
    }
    let empty = Checkpoint::new(Origin::new(NAME).unwrap(), 0, Frontier::new().root());
    assert_eq!(read(&own().note(&empty.to_string())), Ok(empty));
}

#[test]
fn texts_that_are_no_checkpoint_are_refused_though_signed() {
    let empty_root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    for (text, kind) in [
        (format!("{NAME}\n5\n"), Malformed),
        (format!("{NAME}\n\n{ROOT}\n"), Malformed),
        (format!("\n5\n{ROOT}\n"), Malformed),
        (format!("{NAME}\n5\n{ROOT}\n\n"), Malformed),
        (format!("{NAME}\n5\n{ROOT}\none\n\ntwo\n"), Malformed),
        (format!("{NAME}\n05\n{ROOT}\n"), Malformed),
        (format!("{NAME}\n00\n{empty_root}\n"), Malformed),
        (format!("{NAME}\n0\n{ROOT}\n"), Malformed),
        (format!("{NAME}\n+5\n{ROOT}\n"), Malformed),
        (format!("{NAME}\n-5\n{ROOT}\n"), Malformed),
        (format!("{NAME}\n 5\n{ROOT}\n"), Malformed),
        (format!("{NAME}\n5 \n{ROOT}\n"), Malformed),
        (format!("{NAME}\n0x5\n{ROOT}\n"), Malformed),
        (format!("{NAME}\n٥\n{ROOT}\n"), Malformed),
        (format!("{NAME}\n9223372036854775808\n{ROOT}\n"), Malformed),
        (format!("{NAME}\n18446744073709551616\n{ROOT}\n"), Malformed),
        (format!("{NAME}\n5\n{}\n", &ROOT[..43]), Malformed),
        (format!("{NAME}\n5\n{ROOT}=\n"), Malformed),
        (format!("{NAME}\n5\n{} \n", &ROOT[..43]), Malformed),
        (
            format!("{NAME}\n5\n{}\n", ROOT.replace('/', "_")),
            Malformed,
        ),
        // The same bytes with other unused bits.
        (format!("{NAME}\n5\n{}J=\n", &ROOT[..42]), Malformed),
        (format!("{NAME}/other\n5\n{ROOT}\n"), OtherOrigin),
        (format!("{NAME} \n5\n{ROOT}\n"), OtherOrigin),
        (format!("{}\n5\n{ROOT}\n", NAME.to_uppercase()), OtherOrigin),
    ] {
        assert_eq!(read(&own().note(&text)), Err(kind), "{text:?}");
    }
}

#[test]
fn notes_of_another_form_are_refused() {
    let text = format!("{NAME}\n5\n{ROOT}\n");
    let (line, note) = (own().line(&text), own().note(&text));
    assert!(read(&note).is_ok());
    let signature = line.trim_end().rsplit(' ').next().unwrap();
    for note in [
        String::new(),
        "\n".into(),
        text.clone(),
        format!("{text}\n"),
        format!("{text}{line}"),
        format!("{note}\n"),
        format!("{note} "),
        format!("{note}more\n"),
        format!("{note}\n— x\n"),
        note.trim_end().into(),
        note.replace('\n', "\r\n"),
        note.replace("\n5", "\r\n5"),
        note.replace('5', "5\t"),
        note.replace('5', "\0"),
        note.replace('—', "-"),
        note.replace("— ", "—"),
        note.replace("— ", "—  "),
        note.replace("— ", "—\u{a0}"),
        format!("{text}\n— {NAME}  {signature}\n"),
        format!("{text}\n— {NAME} {signature} \n"),
        format!("{text}\n— {NAME} {signature}=\n"),
        format!("{text}\n— {NAME} {}\n", &signature[..signature.len() - 1]),
        format!("{text}\n— {NAME}\n"),
        // No more than a key id, and not even that.
        format!("{note}— other AAAAAA==\n"),
        format!("{note}— other AAAA\n"),
        format!("{note}— oth+er AAAAAAAA\n"),
        format!("{note}— oth\u{2003}er AAAAAAAA\n"),
        format!("{note}—  AAAAAAAA\n"),
        // Twice the same key.
        format!("{note}{line}"),
        format!("{note}{}", own().line_of(&[0; 64])),
    ] {
        assert_eq!(read(&note), Err(Malformed), "{note:?}");
    }
}

#[test]
fn only_the_keys_own_signature_counts() {
    let text = format!("{NAME}\n5\n{ROOT}\n");
    let others = [
        Signer::new("witness.example", 8).line(&text),
        // Of the same name, and of the same key.
        Signer::new(NAME, 9).line(&text),
        Signer::new("other.example", 7).line(&text),
        // Nobody checks what it says.
        Signer::new("broken.example", 8).line_of(&[1; 3]),
    ];
    let own_line = own().line(&text);
    for at in 0..=others.len() {
        let mut lines = others.to_vec();
        lines.insert(at, own_line.clone());
        assert!(read(&format!("{text}\n{}", lines.concat())).is_ok());
    }
    assert_eq!(
        read(&format!("{text}\n{}", others.concat())),
        Err(NotSigned)
    );
    for signature in [&[0; 64][..], &[255; 64], &[0; 63], &[0; 65], &[0; 1]] {
        let note = format!("{text}\n{}{}", others.concat(), own().line_of(signature));
        assert_eq!(read(&note), Err(BadSignature));
    }
    for before in ["\n", "\n\n", " ", "x\n"] {
        assert_eq!(
            read(&format!("{before}{}", own().note(&text))),
            Err(BadSignature)
        );
    }
    let moved = format!("{text}\n{}", own().line(&text.replace('5', "6")));
    assert_eq!(read(&moved), Err(BadSignature));
}

#[test]
fn notes_have_limits() {
    let text = format!("{NAME}\n5\n{ROOT}\n");
    let witness = |count: usize| {
        (0..count)
            .map(|number| Signer::new(&format!("witness{number}.example"), 8).line_of(&[0; 64]))
            .collect::<String>()
    };
    assert!(read(&format!("{}{}", own().note(&text), witness(99))).is_ok());
    assert_eq!(
        read(&format!("{}{}", own().note(&text), witness(100))),
        Err(Malformed)
    );

    // 16 signatures of 5 kB, as C2SP wants them accepted.
    let large = Signer::new("post-quantum.example", 8)
        .line_of(&[0; 5000])
        .repeat(16);
    assert!(read(&format!("{}{large}", own().note(&text))).is_ok());
    let filled = |len: usize| {
        let extension = |len: usize| own().note(&format!("{text}{}\n", "x".repeat(len)));
        extension(len - extension(0).len())
    };
    assert_eq!(filled(262_144).len(), 262_144);
    assert!(read(&filled(262_144)).is_ok());
    assert_eq!(read(&filled(262_145)), Err(Malformed));
}

#[test]
fn a_flipped_bit_is_never_believed() {
    let log = Log::of(3);
    let note = log.signed(3).as_str().to_owned();
    let mut tried = 0;
    for at in 0..note.len() {
        for bit in 0..8 {
            let mut bytes = note.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            if let Ok(changed) = String::from_utf8(bytes) {
                assert!(read(&changed).is_err(), "byte {at}, bit {bit}");
                tried += 1;
            }
        }
    }
    assert!(tried > 1000, "{tried}");
}

#[test]
fn a_checkpoint_of_another_origin_is_signed_for_nobody() {
    let other = Checkpoint::new(Origin::new("elsewhere").unwrap(), 5, [1; 32]);
    assert_eq!(read(key().sign(&other).as_str()), Err(OtherOrigin));
}

#[test]
fn errors_quote_nothing() {
    let secret_like = "patient-4711";
    let note = own().note(&format!("{secret_like}\n5\n{ROOT}\n"));
    let error = SignedCheckpoint::verify(&note, &key().verifier()).unwrap_err();
    assert!(!format!("{error} {error:?}").contains(secret_like));
    let error = VerifierKey::parse(secret_like).unwrap_err();
    assert!(!format!("{error} {error:?}").contains(secret_like));
}

/// The example of `docs/journal.md` is one.
#[test]
fn the_pages_example_verifies() {
    let page = include_str!("../../docs/journal.md");
    let blocks: Vec<_> = page.split("```\n").collect();
    let note = blocks.iter().find(|block| block.contains("\n— ")).unwrap();
    let key = page
        .lines()
        .find(|line| line.starts_with("`hospital.example/audit+"));
    let key = VerifierKey::parse(key.unwrap().trim_matches(['`', '.'])).unwrap();
    let signed = SignedCheckpoint::verify(note, &key).unwrap();
    assert_eq!(signed.checkpoint().size(), 20_852_163);
}
