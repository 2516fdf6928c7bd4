//! Arbitrary text as a signed checkpoint, as keys and as proofs.
//!
//! As it is, and once more as the text of a note under a signature that nobody finds by chance, so
//! that what is behind it is seen too.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use phi_seal::audit::journal::{
    CheckpointErrorKind, ConsistencyProof, EntryProof, InclusionProof, JournalKey,
    SignedCheckpoint, VerifierKey,
};

/// The key of the tests of Go's `sumdb/note`, which is public.
const KEY: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

pub fn run(data: &[u8]) {
    json(data);
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let key = JournalKey::from_text(KEY).expect("Go's key");
    keys(text);
    if let Ok(proof) = EntryProof::parse(text) {
        assert_eq!(proof.to_text(), text, "two spellings of a proof");
        let _ = proof.verify(&key.verifier());
    }
    if let Ok(signed) = SignedCheckpoint::verify(text, &key.verifier()) {
        hold_together(&signed, text);
    }
    signed_text(text, &key);
}

fn keys(text: &str) {
    if let Ok(key) = VerifierKey::parse(text) {
        assert_eq!(key.to_string(), text, "two spellings of a public key");
    }
    if let Ok(key) = JournalKey::from_text(text) {
        let again = key.to_secret_text();
        assert_eq!(again.as_slice(), text.as_bytes(), "two spellings of a key");
    }
}

fn json(data: &[u8]) {
    if let Ok(proof) = InclusionProof::from_json(data) {
        let again = InclusionProof::from_json(proof.to_json().as_bytes());
        assert_eq!(again, Ok(proof));
    }
    if let Ok(proof) = ConsistencyProof::from_json(data) {
        let again = ConsistencyProof::from_json(proof.to_json().as_bytes());
        assert_eq!(again, Ok(proof));
    }
}

fn signed_text(text: &str, key: &JournalKey) {
    if !text.ends_with('\n') {
        return;
    }
    let material = STANDARD.decode(&KEY[KEY.len() - 44..]).expect("base64");
    let seed = material[1..].try_into().expect("33 bytes");
    let signature = SigningKey::from_bytes(&seed).sign(text.as_bytes());
    let bytes = [&[0xc7, 0x4f, 0x20, 0xa3][..], &signature.to_bytes()].concat();
    let note = format!("{text}\n\u{2014} PeterNeumann {}\n", STANDARD.encode(bytes));
    match SignedCheckpoint::verify(&note, &key.verifier()) {
        Ok(signed) => hold_together(&signed, &note),
        Err(error) => assert!(matches!(
            error.kind(),
            CheckpointErrorKind::Malformed | CheckpointErrorKind::OtherOrigin
        )),
    }
}

/// What is read is what stands there, in its one spelling.
fn hold_together(signed: &SignedCheckpoint, note: &str) {
    assert_eq!(signed.as_str(), note);
    assert!(note.starts_with(&signed.checkpoint().to_string()));
    assert_eq!(signed.checkpoint().origin().as_str(), "PeterNeumann");
}
