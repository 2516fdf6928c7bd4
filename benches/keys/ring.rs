//! Scoped keys in memory: one tenant, one key for each of its patients.

use std::hint::black_box;

use phi_seal::key::{KeyNeed, KeyProvider, LocalKms, MemoryStore, Scope, ScopedKeys, SubjectKeys};
use phi_seal::{KeyId, SubjectId, TenantId};
use pollster::block_on;

pub(crate) struct Ring {
    pub(crate) keys: ScopedKeys,
    tenant: TenantId<'static>,
    places: Vec<Place>,
    /// The least that any table does: a pointer to something of a key's size, at a known place.
    #[expect(clippy::vec_box, reason = "the pointers are what is measured")]
    bare: Vec<Box<Slot>>,
}

/// As long as what is read of a key.
#[repr(align(64))]
struct Slot([u8; 448]);

/// A patient, and the id of the patient's key.
#[derive(Clone)]
pub(crate) struct Place {
    at: usize,
    subject: SubjectId<'static>,
    pub(crate) id: KeyId,
}

impl Place {
    pub(crate) fn scope<'a>(&'a self, ring: &'a Ring) -> Scope<'a> {
        Scope::sealing(&ring.tenant, Some(&self.subject))
    }
}

impl Ring {
    pub(crate) fn of(patients: usize) -> Self {
        let keys = ScopedKeys::builder(MemoryStore::new(), LocalKms::generate().unwrap())
            .subject_keys(SubjectKeys::All)
            .capacity(2 * patients)
            .capacity_per_tenant(2 * patients)
            .build();
        let tenant = TenantId::new("mercy-hospital").unwrap();
        block_on(keys.add_tenant(&tenant)).unwrap();
        let subjects: Vec<_> = (0..patients)
            .map(|at| SubjectId::new(format!("0198c2f4-7d1e-7a30-b5c6-{at:012}")).unwrap())
            .collect();
        let mut places = Vec::with_capacity(patients);
        for (page, subjects) in subjects.chunks(1_000).enumerate() {
            let needs: Vec<_> = subjects
                .iter()
                .map(|subject| KeyNeed::active(Scope::sealing(&tenant, Some(subject))))
                .collect();
            let _lease = block_on(keys.prepare(&needs)).unwrap();
            for (at, subject) in subjects.iter().enumerate() {
                let mut id = None;
                keys.with_active(Scope::sealing(&tenant, Some(subject)), &mut |key| {
                    id = Some(*key.id());
                })
                .unwrap();
                places.push(Place {
                    at: page * 1_000 + at,
                    subject: subject.clone(),
                    id: id.unwrap(),
                });
            }
        }
        Self {
            keys,
            tenant,
            places,
            bare: (0..patients).map(|_| Box::new(Slot([7; 448]))).collect(),
        }
    }

    /// So many of them, spread over all, in an order that no prefetcher guesses.
    pub(crate) fn places(&self, count: usize) -> Vec<Place> {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut chosen: Vec<_> = (0..count)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                self.places[state as usize % self.places.len()].clone()
            })
            .collect();
        chosen.dedup_by_key(|place| place.at);
        chosen
    }

    pub(crate) fn bare(&self, place: &Place) {
        // What it is asked with is read as well.
        black_box(place.subject.as_str().as_bytes()[0] ^ place.id.as_bytes()[0]);
        black_box(self.bare[place.at].0[0]);
    }
}
