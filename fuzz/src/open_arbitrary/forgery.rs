//! Forged envelopes.

use phi_seal::key::KeyScope;

use super::super::input::Input;
use super::original::{ORIGINALS, data_key};

/// A genuine envelope after the edits that are left in the input.
pub(super) fn edited(original: &[u8], mut input: Input<'_>) -> Vec<u8> {
    let mut envelope = original.to_vec();
    while !input.is_empty() {
        let edit = input.byte() % 6;
        let at = usize::from(u16::from_be_bytes([input.byte(), input.byte()]));
        let at = at % (envelope.len() + 1);
        match edit {
            0 => {
                let change = input.byte();
                if let Some(byte) = envelope.get_mut(at) {
                    *byte ^= change;
                }
            }
            1 => envelope.truncate(at),
            2 => drop(envelope.splice(at..at, input.part().iter().copied())),
            3 => drop(envelope.drain(at..(at + 1).min(envelope.len()))),
            // A stretch of another genuine envelope: its key id, its nonce, its tag.
            4 => {
                let other = &input.choice(&ORIGINALS.each_ref()).envelope;
                let end = (at + usize::from(input.byte()))
                    .min(envelope.len())
                    .min(other.len());
                if let Some(stretch) = other.get(at..end) {
                    envelope[at..end].copy_from_slice(stretch);
                }
            }
            // The end of another one behind the beginning of this one.
            _ => {
                let other = &input.choice(&ORIGINALS.each_ref()).envelope;
                envelope.truncate(at);
                envelope.extend(other.iter().skip(at));
            }
        }
    }
    envelope
}

pub(super) fn under_key(key: u8, bytes: &[u8]) -> Vec<u8> {
    let mut envelope = bytes.to_vec();
    if let Some(id) = envelope.get_mut(2..34) {
        id.copy_from_slice(data_key(key, KeyScope::default()).id().as_bytes());
    }
    envelope
}
