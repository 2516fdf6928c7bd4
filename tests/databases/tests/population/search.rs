//! Searches of a population, compared with the truth, in whichever database.

use phi_seal::codec::Date;
use phi_seal::index::PlannedIndex;
use phi_seal::record::{IndexState, RecordIndex, Search};
use phi_seal::{ErrorKind, Phi, Session};

use crate::hospital::Hospital;
use crate::patient::{Patient, PatientRow, index_key, keyring, plan, sealed, session};
use crate::people::{self, POPULATION, Truth, everybody, sample};

/// Before a rotation, and in the middle of one; then with index values that somebody moved.
pub async fn prove<H: Hospital>(name: &str) {
    let mut hospital = H::open().await;
    hospital.insert(sealed()).await;
    let keyring = keyring();
    let session = session(&keyring);
    search_by_all(&mut hospital, &session, name).await;

    keyring.add(index_key(3)).unwrap();
    reseal_half(&mut hospital, &session).await;
    search_by_all(&mut hospital, &session, &format!("{name}, half resealed")).await;

    tamper(&mut hospital, &session).await;
}

async fn search_by_all<H: Hospital>(hospital: &mut H, session: &Session, when: &str) {
    let plan = plan();
    let [prefix, sound, born_family] = plan.indexes() else {
        panic!("three indexes are planned");
    };

    let truth = people::by_ssn();
    let tally = compare(hospital, &sample(&truth, 200), |ssn: &String| {
        session.search(Patient::SSN_INDEX, &Phi::new(spelt_otherwise(ssn)))
    })
    .await;
    tally.tell(when, "SSN", 0.0);
    assert_eq!((tally.found, tally.dropped), (200, 0), "{when}");

    let truth = people::by_prefix();
    let tally = compare(hospital, &sample(&truth, 50), |prefix: &String| {
        session.search(Patient::FAMILY_PREFIX, &Phi::new(prefix.to_uppercase()))
    })
    .await;
    tally.is_as_predicted(when, "prefix", prefix, &truth);

    let truth = people::by_sound();
    let tally = compare(hospital, &sample(&truth, 50), |sound: &String| {
        let family = &everybody()[truth[sound][0] as usize - 1].family;
        session.search(Patient::FAMILY_SOUND, &Phi::new(family.to_lowercase()))
    })
    .await;
    tally.is_as_predicted(when, "sound", sound, &truth);

    let truth = people::by_birth_and_family();
    let tally = compare(
        hospital,
        &sample(&truth, 50),
        |(born, family): &(i32, String)| {
            let born = Phi::new(Date::from_days(*born).unwrap());
            session.search(Patient::BORN_FAMILY, (&born, &Phi::new(family.clone())))
        },
    )
    .await;
    tally.is_as_predicted(when, "date of birth and family", born_family, &truth);

    longer_than_the_prefix(hospital, session).await;
}

fn spelt_otherwise(ssn: &str) -> String {
    format!("{} {}-{}", &ssn[..3], &ssn[3..5], &ssn[5..])
}

/// Asks each question, and sees that the answer is the true one: nobody is missing, and nobody is
/// in it who does not belong there.
async fn compare<'s, H, I, Q>(
    hospital: &mut H,
    questions: &[(&Q, &[i64])],
    ask: impl Fn(&Q) -> Result<Search<'s, I>, phi_seal::Error>,
) -> Tally
where
    H: Hospital,
    I: RecordIndex<Record = Patient>,
    Q: std::fmt::Debug,
{
    let mut tally = Tally::default();
    for (question, expected) in questions {
        let search = ask(question).unwrap();
        if tally.searches == 0 {
            let plan = hospital.explain(search.values()).await;
            let index = format!("patient_{}", I::INFO.name());
            assert!(plan.contains(&index), "{index} is not used: {plan}");
        }
        let candidates = hospital.candidates(search.values()).await;
        let opened = search.open(&candidates).unwrap();
        let mut found: Vec<i64> = opened.into_iter().map(|one| one.unwrap().id).collect();
        found.sort_unstable();
        assert_eq!(found, *expected, "{question:?}");
        tally.searches += 1;
        tally.found += found.len();
        tally.dropped += candidates.len() - found.len();
    }
    tally
}

#[derive(Default)]
struct Tally {
    searches: usize,
    found: usize,
    /// Candidates that the database found, and the search did not return.
    dropped: usize,
}

impl Tally {
    /// That a search dropped as many as the planner says, on average, give or take four standard
    /// errors.
    ///
    /// All rows of another value coincide with a question together, with the probability p =
    /// 2^-bits, so the variance of one search is at most p times the sum of the squares of how many
    /// share a value. Two questions may meet in one coincidence, which doubles it at most.
    fn is_as_predicted<Q>(&self, when: &str, index: &str, plan: &PlannedIndex, truth: &Truth<Q>) {
        self.tell(when, index, plan.false_positives());
        let squares: f64 = people::counts(truth)
            .iter()
            .map(|count| (count * count) as f64)
            .sum();
        let coincidence = (-f64::from(plan.bits())).exp2();
        let error = (2.0 * coincidence * squares / self.searches as f64).sqrt();
        let away = (self.mean() - plan.false_positives()).abs();
        assert!(away <= 4.0 * error, "{when}, {index}: {away} of {error}");
        assert!(
            4.0 * error < plan.false_positives(),
            "{index}: {error} bounds nothing"
        );
    }

    fn mean(&self) -> f64 {
        self.dropped as f64 / self.searches as f64
    }

    #[allow(clippy::print_stdout)]
    fn tell(&self, when: &str, index: &str, predicted: f64) {
        println!(
            "{when}: by {index}: {} searches, {} found, {:.1} dropped a search, {predicted:.1} predicted",
            self.searches,
            self.found,
            self.mean(),
        );
    }
}

/// The index knows three letters; the search compares all that are asked for.
async fn longer_than_the_prefix<H: Hospital>(hospital: &mut H, session: &Session) {
    for prefix in ["smit", "Smyth", "JOHNSO", "gonzale", "van der", "o'nei"] {
        let search = session.search(Patient::FAMILY_PREFIX, &Phi::new(prefix.to_string()));
        let search = search.unwrap();
        let candidates = hospital.candidates(search.values()).await;
        let opened = search.open(&candidates).unwrap();
        let found: Vec<i64> = opened.into_iter().map(|one| one.unwrap().id).collect();
        let truth = everybody().iter().filter(|person| {
            let family = person.family.to_lowercase();
            family.starts_with(&prefix.to_lowercase())
        });
        let truth: Vec<i64> = truth.map(|person| person.id).collect();
        assert!(!truth.is_empty(), "{prefix}");
        assert_eq!(sorted(found), truth, "{prefix}");
    }
    let too_short = session.search(Patient::FAMILY_PREFIX, &Phi::new("Ng".to_string()));
    assert_eq!(too_short.unwrap_err().kind(), ErrorKind::InvalidInput);
}

fn sorted(mut ids: Vec<i64>) -> Vec<i64> {
    ids.sort_unstable();
    ids
}

const HALF: usize = POPULATION / 2;

async fn reseal_half<H: Hospital>(hospital: &mut H, session: &Session) {
    let mut resealed = Vec::with_capacity(HALF);
    for rows in sealed()[..HALF].chunks(1000) {
        let rows = session.reseal_rows(rows).unwrap();
        resealed.extend(rows.into_iter().map(|row| row.unwrap().unwrap()));
    }
    hospital
        .execute(&format!("DELETE FROM patient WHERE id <= {HALF}"))
        .await;
    hospital.insert(&resealed).await;
}

/// Somebody who writes to the database gives each of two patients the other's index value.
async fn tamper<H: Hospital>(hospital: &mut H, session: &Session) {
    const ONE: i64 = 60_001;
    const OTHER: i64 = 70_001;
    for statement in [
        "CREATE TABLE moved AS SELECT id, ssn_index FROM patient WHERE id IN (60001, 70001)",
        "UPDATE patient SET ssn_index = NULL WHERE id IN (60001, 70001)",
        "UPDATE patient SET ssn_index = (SELECT ssn_index FROM moved WHERE id = 70001) \
         WHERE id = 60001",
        "UPDATE patient SET ssn_index = (SELECT ssn_index FROM moved WHERE id = 60001) \
         WHERE id = 70001",
    ] {
        hospital.execute(statement).await;
    }

    for id in [ONE, OTHER] {
        let ssn = everybody()[id as usize - 1].ssn.clone();
        let search = session.search(Patient::SSN_INDEX, &Phi::new(ssn)).unwrap();
        let candidates = hospital.candidates(search.values()).await;
        assert_eq!(ids(&candidates), [ONE + OTHER - id]);
        assert!(search.open(&candidates).unwrap().is_empty());
    }

    let (mut seen, mut after) = (0, 0);
    loop {
        let rows = hospital.page(after, 4096).await;
        let Some(last) = rows.last() else { break };
        after = last.id;
        seen += rows.len();
        for (row, verdicts) in rows.iter().zip(session.verify_indexes(&rows).unwrap()) {
            for verdict in verdicts.unwrap() {
                let is_moved = verdict.index() == "ssn_index" && [ONE, OTHER].contains(&row.id);
                let expected = match row.id {
                    _ if is_moved => IndexState::Wrong,
                    ..=50_000 => IndexState::Current,
                    // No value, and so none of an old key.
                    _ if is_null(row, verdict.index()) => IndexState::Current,
                    _ => IndexState::Stale,
                };
                assert_eq!(verdict.state(), expected, "{}: {}", row.id, verdict.index());
            }
        }
    }
    assert_eq!(seen, POPULATION);
}

/// A family name of two letters has no prefix of three.
fn is_null(row: &PatientRow, index: &str) -> bool {
    index == "family_prefix" && row.family_prefix.is_none()
}

fn ids(rows: &[PatientRow]) -> Vec<i64> {
    rows.iter().map(|row| row.id).collect()
}
