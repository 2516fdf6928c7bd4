//! Texts of more words than an index of words takes.

use phi_seal::ErrorKind;
use phi_seal::index::StoredIndex;

use crate::doubles::Count;
use crate::ward::{Patient, Ward, items, patient, phi};

fn numbered(words: usize) -> String {
    let words: Vec<_> = (0..words).map(|number| format!("word{number}")).collect();
    words.join(" ")
}

#[test]
fn what_has_too_many_words_is_not_sealed_and_the_event_says_so() {
    let ward = Ward::new();
    let session = ward.session();
    let mut record = patient(0);
    record.full_name = Some(phi(&numbered(64)));
    let mut row = session.seal(&record).unwrap();
    assert_eq!(row.words.values().len(), 64);

    for words in [65, 100_000] {
        record.full_name = Some(phi(&numbered(words)));
        ward.forget();
        let error = session.seal(&record).err().unwrap();
        assert_eq!(
            (error.kind(), error.field()),
            (ErrorKind::Unencodable, Some("full_name"))
        );
        let event = ward.event();
        assert_eq!(event.outcome, "partial");
        assert_eq!(items(&event)[2], "p-0 full_name unencodable granted");
    }

    let before = row.clone();
    ward.forget();
    let error = session
        .update_field(&mut row, Patient::FULL_NAME, &Some(phi(&numbered(65))))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unencodable);
    assert_eq!(items(&ward.event()), ["p-0 full_name unencodable granted"]);
    assert!(row == before);
}

#[test]
fn too_many_words_to_search_for_are_refused_before_any_key() {
    let ward = Ward::new();
    let session = ward.session();
    drop(session.search(Patient::WORDS, &phi(&numbered(64))).unwrap());
    ward.forget();
    let error = session
        .search(Patient::WORDS, &phi(&numbered(65)))
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.field()),
        (ErrorKind::InvalidInput, Some("full_name"))
    );
    assert!(!error.to_string().contains("word6"));
    assert_eq!(ward.event().outcome, "invalid_input");
    assert_eq!(ward.keys.count(), Count::default());
}
