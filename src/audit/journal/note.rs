//! The format of C2SP `signed-note`: a text, an empty line, signature lines.

use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::signing::{JournalKey, VerifierKey};

/// The longest note that is read. Room for 16 signatures of 5 kB, which C2SP asks for, twice over.
pub(super) const MAX_NOTE_LEN: usize = 262_144;

/// Signatures on one note; Go's implementation has the same limit.
const MAX_SIGNATURES: usize = 100;

/// Why a note is not to be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoteError {
    Malformed,
    NotSigned,
    BadSignature,
}

/// Puts the key's signature under `text`, which ends in a newline.
pub(super) fn sign_note(text: &str, key: &JournalKey) -> String {
    alloc::format!("{text}\n{}\n", key.signature_line(text))
}

/// The text of a note that `key` signed, its last newline included.
///
/// Lines of other keys must be well formed and are ignored otherwise. Two lines of `key` itself
/// are refused: nobody writes them.
pub(super) fn open_note<'n>(note: &'n str, key: &VerifierKey) -> Result<&'n str, NoteError> {
    let (text, signatures) = split_note(note).ok_or(NoteError::Malformed)?;
    let (origin, id) = key.name_and_id();
    let mut own = signatures
        .iter()
        .filter(|line| line.name == origin.as_str() && line.key_id == id);
    let Some(signature) = own.next() else {
        return Err(NoteError::NotSigned);
    };
    if own.next().is_some() {
        return Err(NoteError::Malformed);
    }
    match key.verifies(text, &signature.signature) {
        true => Ok(text),
        false => Err(NoteError::BadSignature),
    }
}

struct SignatureLine<'n> {
    name: &'n str,
    key_id: [u8; 4],
    signature: Vec<u8>,
}

fn split_note(note: &str) -> Option<(&str, Vec<SignatureLine<'_>>)> {
    let is_forbidden = |b: u8| b < 0x20 && b != b'\n';
    if note.len() > MAX_NOTE_LEN || note.bytes().any(is_forbidden) {
        return None;
    }
    // The last empty line parts the text from the signatures, and belongs to neither.
    let (before, signatures) = note.rsplit_once("\n\n")?;
    let text = &note[..before.len() + 1];
    let lines: Vec<_> = signatures
        .strip_suffix('\n')?
        .split('\n')
        .take(MAX_SIGNATURES + 1)
        .map(signature_line)
        .collect::<Option<_>>()?;
    (lines.len() <= MAX_SIGNATURES).then_some((text, lines))
}

/// `— <name> <base64 of 4 bytes of key id and the signature>`
fn signature_line(line: &str) -> Option<SignatureLine<'_>> {
    let (name, base64) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    if name.is_empty() || name.contains(|c: char| c.is_whitespace() || c == '+') {
        return None;
    }
    let decoded = STANDARD.decode(base64).ok()?;
    let (key_id, signature) = decoded.split_first_chunk()?;
    (!signature.is_empty()).then(|| SignatureLine {
        name,
        key_id: *key_id,
        signature: signature.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key, text and signature of the tests of Go's `sumdb/note`.
    const KEY: &str =
        "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const VERIFIER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                        then you don't know what your problem is.\n";
    const SIGNATURE: &str = "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIu\
                             GUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";

    /// The example of C2SP's `signed-note`.
    const C2SP_VERIFIER: &str =
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    const C2SP_NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo Uw2QOkn8srV1y\
                             JGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1\
                             Yu72IneyaQM=\n";

    #[test]
    fn the_published_notes_are_signed_and_opened() {
        let key = JournalKey::from_text(KEY).expect("Go's key");
        let note = sign_note(TEXT, &key);
        assert_eq!(note, alloc::format!("{TEXT}\n{SIGNATURE}\n"));
        assert_eq!(open_note(&note, &key.verifier()), Ok(TEXT));
        assert_eq!(key.verifier().to_string(), VERIFIER);

        let key = VerifierKey::parse(C2SP_VERIFIER).expect("C2SP's key");
        assert_eq!(
            open_note(C2SP_NOTE, &key),
            Ok("This is an example message.\n")
        );
    }

    #[test]
    fn a_text_may_hold_empty_lines_and_is_what_was_signed() {
        let key = JournalKey::from_text(KEY).expect("Go's key");
        let text = "a\n\n\nb\n\n";
        assert_eq!(open_note(&sign_note(text, &key), &key.verifier()), Ok(text));
    }
}
