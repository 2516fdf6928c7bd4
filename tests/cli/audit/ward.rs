//! A vault whose sink is a journal in the place, and a day in its life.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use phi_seal::access::{Expiry, ManualClock};
use phi_seal::audit::Disclosure;
use phi_seal::audit::journal::{Journal, JournalKey, Origin, SignedCheckpoint};
use phi_seal::codec::Date;
use phi_seal::{
    Access, Actor, Category, Decision, FieldInfo, Keyring, Phi, PhiRecord, Policy, Purpose,
    RecordId, RecordRef, RecordType, Request, Session, SubjectId, TenantId, Vault,
};

use crate::place::Place;

/// Two patients, whose ids must be in no error.
pub(crate) const ONE: &str = "mrn-canary-1";
pub(crate) const TWO: &str = "mrn-canary-2";

pub(crate) const ORIGIN: &str = "mercy.example/audit";

#[derive(Debug, PhiRecord)]
#[phi(record = "patient")]
pub(crate) struct Patient {
    #[phi(id, subject)]
    pub(crate) id: String,
    #[phi(category = Name)]
    pub(crate) name: Phi<String>,
}

pub(crate) fn patient(id: &str) -> Patient {
    Patient {
        id: id.into(),
        name: Phi::new("canary-name".into()),
    }
}

/// What leaves on paper.
const CHART: &[FieldInfo] = &[RecordType::new("paper-chart")
    .field::<String>("pages", Category::Clinical)
    .info()];

/// Permits everybody but the clerk.
#[derive(Debug)]
struct Doors;

impl Policy for Doors {
    fn authorize(&self, request: &Request<'_>) -> Decision {
        match request.access().actor().has_role("clerk") {
            true => Decision::deny("clerk"),
            false => Decision::permit("staff"),
        }
    }

    fn version(&self) -> &str {
        "doors-1"
    }
}

/// A vault that records in a journal; closed when dropped.
pub(crate) struct Ward {
    pub(crate) journal: Arc<Journal>,
    /// The vault's clock; the journal's own stands still.
    pub(crate) clock: Arc<ManualClock>,
    vault: Vault,
}

/// A fresh signing key, whose file is `<name>.signing`, and its public text.
pub(crate) fn key(place: &Place, name: &str, origin: &str) -> (JournalKey, String) {
    let key = JournalKey::generate(Origin::new(origin).unwrap()).unwrap();
    place.write(&format!("{name}.signing"), key.to_secret_text().as_slice());
    let public = key.verifier().to_string();
    (key, public)
}

impl Ward {
    pub(crate) fn open(place: &Place, folder: &str, key: JournalKey, observer: &str) -> Self {
        let path = place.path(folder);
        let still = ManualClock::new(noon());
        let builder = Journal::builder(&path, key).clock(still).tended_by_hand();
        let builder = builder.segment_bytes(2_048).reserve_bytes(4_096);
        let journal = match path.exists() {
            true => builder.open(),
            false => builder.create(),
        };
        let (journal, clock) = (
            Arc::new(journal.unwrap()),
            Arc::new(ManualClock::new(noon())),
        );
        let vault = Vault::builder(Keyring::generate().unwrap(), Doors, journal.clone())
            .clock(clock.clone())
            .expiry(Expiry {
                idle: Duration::MAX,
                max_age: Duration::MAX,
            })
            .observer(observer)
            .unwrap()
            .build();
        Self {
            journal,
            clock,
            vault,
        }
    }

    pub(crate) fn session(&self, role: &str, purpose: Purpose) -> Session {
        let actor = Actor::new(format!("{role}-17")).unwrap().role(role);
        let access = Access::new(TenantId::new("mercy").unwrap(), actor, purpose);
        let access = access.source_ip([203, 0, 113, 9].into());
        let access = match purpose {
            Purpose::BreakGlass => access.reason("unconscious"),
            _ => access,
        };
        self.vault.session(access).unwrap()
    }

    /// States, on this day, that a chart of the first patient went to somebody.
    pub(crate) fn send(&self, day: (i32, u8, u8), purpose: Purpose, to: &str) {
        let (id, subject) = (RecordId::new(ONE).unwrap(), SubjectId::new(ONE).unwrap());
        let on = Date::from_ymd(day.0, day.1, day.2).unwrap();
        let disclosure = Disclosure::to(to).unwrap().made_on(on).unwrap();
        let session = self.session("registrar", purpose);
        let row = RecordRef::new(&id, &subject);
        session.disclosed(&[(row, CHART)], &disclosure).unwrap();
    }
}

/// The place with a journal in the folder `journal` of ten entries, and its public key.
///
/// 0 begin, 1 and 2 sealed, 3 opened the first, 4 a clerk was denied it, 5 a nurse broke the glass
/// for the second, 6 to 8 disclosures of the first, 9 close. One hour lies before each of 3, 4 and 5.
/// `six.checkpoint` is of the first six.
pub(crate) fn day(place: &Place) -> String {
    let (key, public) = key(place, "audit", ORIGIN);
    let ward = Ward::open(place, "journal", key, "ehr");
    let care = ward.session("physician", Purpose::Treatment);
    let rows = [ONE, TWO].map(|id| care.seal(&patient(id)).unwrap());
    ward.clock.advance(HOUR);
    care.open(&rows[0]).unwrap();
    ward.clock.advance(HOUR);
    let clerk = ward.session("clerk", Purpose::Payment);
    assert!(clerk.open(&rows[0]).is_err());
    ward.clock.advance(HOUR);
    let nurse = ward.session("nurse", Purpose::BreakGlass);
    nurse.open(&rows[1]).unwrap();
    place.write("six.checkpoint", text(&ward.journal.checkpoint()));
    ward.send((2026, 2, 3), Purpose::PublicHealth, "County Health");
    ward.send((2026, 3, 4), Purpose::Legal, "Springfield Police");
    ward.send((2026, 4, 5), Purpose::Treatment, "Mercy Lab");
    public
}

pub(crate) fn text(signed: &SignedCheckpoint) -> &[u8] {
    signed.as_str().as_bytes()
}

/// The names of a journal's segments, in order.
pub(crate) fn segments(place: &Place, folder: &str) -> Vec<String> {
    let names = fs::read_dir(place.path(folder)).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name.ends_with(".log")).collect();
    names.sort();
    names
        .iter()
        .map(|name| format!("{folder}/{name}"))
        .collect()
}

/// Replaces a text in the one segment of a folder that has it.
pub(crate) fn edit(place: &Place, folder: &str, from: &str, to: &str) {
    for name in segments(place, folder) {
        let content = String::from_utf8(place.read(&name)).unwrap();
        if content.contains(from) {
            return place.write(&name, content.replacen(from, to, 1).as_bytes());
        }
    }
    panic!("{from} is in no segment");
}

/// Noon of 21 November 2026.
pub(crate) fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_262_400)
}

pub(crate) const HOUR: Duration = Duration::from_secs(3600);
