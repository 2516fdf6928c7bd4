//! What is measured. Every case runs `n` times and says how long that took; inputs that a case
//! consumes are made before the clock starts, results are dropped within the time.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use phi_seal::danger::{
    DiscardAudit, FixedNonce, PermitAll, import_data_key, open_unrecorded, seal_unrecorded,
};
use phi_seal::key::{DataKey, KeyScope, Keyring};
use phi_seal::{
    Access, Actor, Category, Field, Phi, Purpose, RecordId, RecordRef, RecordType, Sealed, Session,
    SubjectId, TenantId, Vault,
};

pub(crate) const SIZES: [usize; 5] = [11, 64, 256, 4096, 65536];

pub(crate) const PATIENT: RecordType = RecordType::new("patient");
pub(crate) const NOTE: Field<String> = PATIENT.field("note", Category::Clinical);

pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) rival: Rival,
    pub(crate) run: Box<dyn FnMut(u64) -> Duration>,
}

/// Which raw call a case is held against.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Rival {
    Seal,
    Open,
}

pub(crate) fn all(size: usize) -> Vec<Case> {
    let fixture: &'static Fixture = Box::leak(Box::new(Fixture::new(size)));
    let mut cases = raw(fixture);
    cases.extend(bare(fixture));
    cases.extend(dropping(fixture));
    cases.extend(in_session(fixture));
    cases.extend(hand_written(fixture));
    cases
}

pub(crate) struct Fixture {
    key: DataKey,
    cipher: Aes256Gcm,
    pub(crate) session: Session,
    tenant: TenantId<'static>,
    id: RecordId<'static>,
    subject: SubjectId<'static>,
    pub(crate) value: Phi<String>,
    plaintext: Vec<u8>,
    associated_data: Vec<u8>,
    pub(crate) sealed: Sealed<String>,
    in_session: Sealed<String>,
}

impl Fixture {
    pub(crate) fn new(size: usize) -> Self {
        let text: String = "Amoxicillin 500 mg three times a day. "
            .chars()
            .cycle()
            .take(size)
            .collect();
        let key = import_data_key([7; 32], KeyScope::default());
        let tenant = TenantId::new("mercy-hospital").unwrap();
        let (id, subject) = (RecordId::from(4711_u64), SubjectId::from(4711_u64));
        let value = Phi::new(text.clone());
        let row = RecordRef::new(&id, &subject);
        let sealed = seal_unrecorded(&key, NONCE, &tenant, &NOTE, row, &value).unwrap();
        let associated_data = associated_data(&sealed.as_bytes()[..34]);
        let vault = Vault::builder(
            Arc::new(Keyring::generate().unwrap()),
            PermitAll,
            DiscardAudit,
        )
        .build();
        let session = vault
            .session(Access::new(
                tenant.clone(),
                Actor::new("clinician-17").unwrap().role("physician"),
                Purpose::Treatment,
            ))
            .unwrap();
        let in_session = session.seal_value(&NOTE, row, &value).unwrap();
        Self {
            cipher: Aes256Gcm::new(&[7; 32].into()),
            key,
            tenant,
            plaintext: text.into_bytes(),
            value,
            associated_data,
            sealed,
            in_session,
            session,
            id,
            subject,
        }
    }

    pub(crate) fn row(&self) -> RecordRef<'_> {
        RecordRef::new(&self.id, &self.subject)
    }
}

fn raw(f: &'static Fixture) -> Vec<Case> {
    let nonce = Nonce::from([9; 12]);
    let payload = move |msg: &'static [u8]| Payload {
        msg,
        aad: &f.associated_data,
    };
    let sealed: &'static [u8] = f
        .cipher
        .encrypt(&nonce, payload(&f.plaintext))
        .unwrap()
        .leak();
    vec![
        case("raw aes-gcm, seal (R)", Rival::Seal, move || {
            f.cipher.encrypt(&nonce, payload(&f.plaintext)).unwrap()
        }),
        case("raw aes-gcm, open (R)", Rival::Open, move || {
            f.cipher.decrypt(&nonce, payload(sealed)).unwrap()
        }),
    ]
}

fn bare(f: &'static Fixture) -> Vec<Case> {
    let seal = || seal_unrecorded(&f.key, NONCE, &f.tenant, &NOTE, f.row(), &f.value).unwrap();
    let open = |sealed: &Sealed<String>| {
        open_unrecorded(&f.key, &f.tenant, &NOTE, f.row(), sealed).unwrap()
    };
    vec![
        case("bare seal to bytes", Rival::Seal, move || {
            seal().into_bytes()
        }),
        case("bare seal to text", Rival::Seal, move || seal().to_text()),
        consuming(
            "bare open from bytes",
            || f.sealed.as_bytes().to_vec(),
            move |bytes| {
                let sealed = Sealed::from_bytes(bytes).unwrap();
                (open(&sealed), sealed)
            },
        ),
        consuming(
            "bare open from text",
            || f.sealed.to_text(),
            move |text| (open(&Sealed::from_text(&text).unwrap()), text),
        ),
    ]
}

/// What wiping costs: dropping an opened value, and dropping the same text without wiping.
fn dropping(f: &'static Fixture) -> Vec<Case> {
    vec![
        consuming(
            "drop a Phi",
            || f.value.duplicate(),
            |value| (drop(value), ()),
        ),
        consuming(
            "drop a String",
            || f.value.expose().clone(),
            |value| (drop(value), ()),
        ),
    ]
}

fn in_session(f: &'static Fixture) -> Vec<Case> {
    vec![
        case("24 random bytes", Rival::Seal, || {
            let mut nonce = [0_u8; 24];
            getrandom::fill(&mut nonce).unwrap();
            nonce
        }),
        case("session seal to bytes", Rival::Seal, || {
            f.session
                .seal_value(&NOTE, f.row(), &f.value)
                .unwrap()
                .into_bytes()
        }),
        consuming(
            "session open from bytes",
            || f.in_session.as_bytes().to_vec(),
            |bytes| {
                let sealed = Sealed::<String>::from_bytes(bytes).unwrap();
                let value = f.session.open_value(&NOTE, f.row(), &sealed).unwrap();
                (value, sealed)
            },
        ),
    ]
}

/// The helper found in most code bases: random nonce, new cipher, hexadecimal `iv:tag:ciphertext`,
/// no associated data.
fn hand_written(f: &'static Fixture) -> Vec<Case> {
    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
    fn unhex(text: &str) -> Vec<u8> {
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect()
    }
    let seal = || {
        let mut iv = [0; 12];
        getrandom::fill(&mut iv).unwrap();
        let cipher = Aes256Gcm::new(&[7; 32].into());
        let sealed = cipher
            .encrypt(&Nonce::from(iv), f.plaintext.as_slice())
            .unwrap();
        let (ciphertext, tag) = sealed.split_at(sealed.len() - 16);
        format!("{}:{}:{}", hex(&iv), hex(tag), hex(ciphertext))
    };
    let sealed: &'static str = seal().leak();
    vec![
        case("hand-written helper, seal", Rival::Seal, seal),
        case("hand-written helper, open", Rival::Open, move || {
            let mut parts = sealed.split(':').map(unhex);
            let iv: [u8; 12] = parts.next().unwrap().try_into().unwrap();
            let tag = parts.next().unwrap();
            let mut ciphertext = parts.next().unwrap();
            ciphertext.extend_from_slice(&tag);
            let cipher = Aes256Gcm::new(&[7; 32].into());
            let plaintext = cipher
                .decrypt(&Nonce::from(iv), ciphertext.as_slice())
                .unwrap();
            String::from_utf8(plaintext).unwrap()
        }),
    ]
}

fn case<R>(name: &'static str, rival: Rival, run: impl Fn() -> R + 'static) -> Case {
    Case {
        name,
        rival,
        run: Box::new(move |n| {
            let start = Instant::now();
            for _ in 0..n {
                black_box(run());
            }
            start.elapsed()
        }),
    }
}

/// A case of opening that takes its input over. It gives the buffer back, to be freed after the
/// clock has stopped: the raw call does not free its input either.
fn consuming<I, R, L>(
    name: &'static str,
    input: impl Fn() -> I + 'static,
    run: impl Fn(I) -> (R, L) + 'static,
) -> Case {
    Case {
        name,
        rival: Rival::Open,
        run: Box::new(move |n| {
            let mut elapsed = Duration::ZERO;
            let mut left = n;
            while left > 0 {
                let batch = left.min(8);
                let inputs: Vec<I> = (0..batch).map(|_| input()).collect();
                let mut leftovers = Vec::with_capacity(inputs.len());
                let start = Instant::now();
                for input in inputs {
                    let (result, leftover) = run(input);
                    black_box(result);
                    leftovers.push(leftover);
                }
                elapsed += start.elapsed();
                left -= batch;
            }
            elapsed
        }),
    }
}

const NONCE: FixedNonce = FixedNonce([9; 24]);

/// The envelope's associated data, so that the raw call authenticates as much.
fn associated_data(header: &[u8]) -> Vec<u8> {
    let pieces: [&[u8]; 8] = [
        b"phi-seal/v1 value",
        header,
        b"mercy-hospital",
        b"4711",
        b"patient",
        b"4711",
        b"note",
        b"",
    ];
    let mut data = 8_u64.to_le_bytes().to_vec();
    for piece in pieces {
        data.extend_from_slice(&(piece.len() as u64).to_le_bytes());
        data.extend_from_slice(piece);
    }
    data
}

/// Both directions with a bare key, for the scaling figure.
pub(crate) fn seal_and_open_bare(f: &Fixture) {
    let sealed = seal_unrecorded(&f.key, NONCE, &f.tenant, &NOTE, f.row(), &f.value).unwrap();
    black_box(open_unrecorded(&f.key, &f.tenant, &NOTE, f.row(), &sealed).unwrap());
}

/// Both directions in a session.
pub(crate) fn seal_and_open_in_session(f: &Fixture) {
    let sealed = f.session.seal_value(&NOTE, f.row(), &f.value).unwrap();
    black_box(f.session.open_value(&NOTE, f.row(), &sealed).unwrap());
}
