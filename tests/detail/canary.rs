//! Nothing of a patient is in the written file, in any spelling.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use phi_seal::audit::{Disclosure, Durability, JsonLines, Tee, read_events};
use phi_seal::{
    Access, Actor, Category, Decision, Field, Phi, Policy, Purpose, RecordId, RecordRef,
    RecordType, Request, Reviewing, SealedDetails, Vault,
};
use pollster::block_on;

use crate::ward::{MERCY, keyring, subject, tenant};

const PATIENT: &str = "zanzibar-patient-77";
const RECORD: &str = "quokka-record-88/\u{17b}";
const REASON: &str = "vermilion-reason";
const RECIPIENT: &str = "marzipan-sheriff \"Zo\u{eb}\"";
const ADDRESS: &str = "wisteria-lane 7, fax 555-0100";
const DESCRIPTION: &str = "juniper-test of 3 November";
const FIELD: Field<String> =
    RecordType::new("ocarina-kind").field("xylophone_field", Category::Clinical);

#[test]
fn no_detail_is_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let [clear, sealed] = ["clear", "sealed"].map(|name| folder.path().join(name));
    let keys = keyring(&[PATIENT]);
    let open = |path| JsonLines::open(path, Durability::Written).unwrap();
    let sink = Tee::new(open(&clear)).and(SealedDetails::new(open(&sealed), keys.clone()));
    let vault = Vault::builder(keys, Loud, sink).build();
    let actor = Actor::new("clinician-17").unwrap();
    let access = Access::new(tenant(MERCY), actor, Purpose::Treatment).reason("ward-round");
    let session = vault.session(access.request_id("req-1")).unwrap();
    let (id, of) = (RecordId::new(RECORD).unwrap(), subject(PATIENT));
    let place = RecordRef::new(&id, &of);
    let value = session
        .seal_value(&FIELD, place, &Phi::new(String::from("asthma")))
        .unwrap();
    session.open_value(&FIELD, place, &value).unwrap();
    let fax = Disclosure::to(RECIPIENT).unwrap().address(ADDRESS).unwrap();
    let fax = fax.description(DESCRIPTION).unwrap();
    let left: &[_] = &[FIELD.info()];
    session.disclosed(&[(place, left)], &fax).unwrap();
    session
        .disclose_with(&fax, |mut opening| {
            let permit = opening.authorize(place, left)?;
            drop(opening.open(&permit, &FIELD, &value));
            opening.record().map(drop)
        })
        .unwrap();
    // About nobody, and of nothing.
    session
        .disclose_with(&fax, |opening| opening.record().map(drop))
        .unwrap();
    let other = RecordId::new("elsewhere").unwrap();
    session
        .open_value(&FIELD, RecordRef::new(&other, &of), &value)
        .unwrap_err();
    let events: Vec<_> = read_events(&*fs::read(&sealed).unwrap())
        .map(Result::unwrap)
        .collect();
    // The review is written to the same file.
    let reviewed = block_on(session.review(&events, Reviewing::all())).unwrap();
    assert!(
        reviewed
            .iter()
            .filter(|it| !it.event().subjects.is_empty())
            .all(|it| it.event().subjects[0].subject.as_deref() == Some(PATIENT))
    );

    let told = reviewed
        .iter()
        .filter_map(|it| it.event().recipient.as_ref());
    assert!(told.clone().count() == 3 && told.clone().all(|it| it.name == RECIPIENT));

    let [clear, sealed] = [clear, sealed].map(|path| fs::read(path).unwrap());
    assert_eq!(sealed.split(|byte| *byte == b'\n').count(), 8);
    let key = value.key_id().to_hex();
    let tag = hex(&value.as_bytes()[value.as_bytes().len() - 16..]);
    for secret in [
        PATIENT,
        RECORD,
        REASON,
        "ocarina-kind",
        "xylophone_field",
        RECIPIENT,
        ADDRESS,
        DESCRIPTION,
        &key,
        &tag,
    ] {
        let spelt = spellings(secret);
        // As far as the spelling is the file's own.
        assert!(
            spelt.iter().any(|spelling| holds(&clear, spelling)),
            "{secret}"
        );
        for spelling in spelt {
            assert!(!holds(&sealed, &spelling), "{secret}");
        }
    }
    // What has to be readable without a key.
    for public in [
        "clinician-17",
        "mercy",
        "TREAT",
        "ward-round",
        "req-1",
        "integrity",
        "review",
    ] {
        assert!(holds(&sealed, public.as_bytes()), "{public}");
    }
}

/// In every form in which somebody might come upon it, whole or the middle of it.
fn spellings(secret: &str) -> Vec<Vec<u8>> {
    let bytes = secret.as_bytes();
    let mut spelt = vec![
        bytes.to_vec(),
        bytes[..9].to_vec(),
        secret.to_uppercase().into_bytes(),
        bytes.iter().rev().copied().collect(),
        hex(bytes).into_bytes(),
        hex(bytes).to_uppercase().into_bytes(),
        bytes
            .iter()
            .flat_map(|byte| format!("%{byte:02X}").into_bytes())
            .collect(),
        secret.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        serde_json::to_vec(&bytes).unwrap(),
    ];
    for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
        for shift in 0..3 {
            let whole = bytes[shift..]
                .chunks_exact(3)
                .flatten()
                .copied()
                .collect::<Vec<_>>();
            spelt.push(engine.encode(whole).into_bytes());
        }
    }
    spelt
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[derive(Debug)]
struct Loud;

impl Policy for Loud {
    fn authorize(&self, _: &Request<'_>) -> Decision {
        Decision::permit(REASON)
    }
}
