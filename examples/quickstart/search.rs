//! Looks for known plaintexts where none may be.

use phi_seal::Phi;

use crate::patient::Patient;

/// Names, SSNs and MRNs of 6 bytes and more. Shorter ones turn up in ciphertext by chance.
pub(crate) fn known_plaintexts(patients: &[Patient]) -> Vec<&str> {
    let mut known: Vec<&str> = Vec::new();
    for patient in patients {
        let numbers = [&patient.ssn, &patient.mrn].into_iter().flatten();
        known.extend(numbers.map(Phi::expose).map(String::as_str));
        for name in patient.names() {
            known.extend(name.given.iter().chain(&name.family).map(String::as_str));
        }
    }
    known.retain(|text| text.len() >= 6);
    known
}

pub(crate) fn contains(haystack: &[u8], needle: &str) -> bool {
    let mut windows = haystack.windows(needle.len());
    windows.any(|window| window == needle.as_bytes())
}
