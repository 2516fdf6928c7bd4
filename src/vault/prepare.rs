//! The one joint with asynchronous work: load keys and care relations before an action.

use alloc::vec::Vec;
use core::fmt;

use super::session::Session;
use crate::access::{ActionKind, Request};
use crate::audit::{AuditError, Outcome};
use crate::context::{Field, FieldInfo, RecordRef};
use crate::envelope::KeyId;
use crate::error::Error;
use crate::key::{KeyLease, KeyNeed, Scope};
use crate::label::SubjectId;
use crate::shape::ProtectedSealed;

impl Session {
    /// Loads what the actions to come will need, and keeps it loaded while the lease lives.
    ///
    /// Without it, a provider that must ask a KMS fails with
    /// [`Unavailable`](crate::ErrorKind::Unavailable) instead of blocking the caller. For an
    /// in-memory keyring it is ready at once. No runtime is needed: any executor can poll it.
    ///
    /// It releases nothing, tells nothing, and records nothing but that keys are lent beyond their age
    /// because they could not be loaded anew ([`ActionKind::Grace`]): for what the policy denies, and in
    /// an expired session, no key of values is loaded and the action to come says why. What the sink
    /// needs ([`AuditSink::prepare`](crate::AuditSink::prepare)) is always loaded, because that will be
    /// recorded too. Eviction from a
    /// cache cannot fail that action, destruction of a key can.
    ///
    /// # Errors
    ///
    /// [`Unavailable`](crate::ErrorKind::Unavailable) when a key or a care relation cannot be had
    /// now; [`Audit`](crate::ErrorKind::Audit) when the sink could not record what is to come.
    pub async fn prepare(&self, needs: &Needs<'_>) -> Result<Lease, Error> {
        // Whatever becomes of the actions, they will be recorded.
        let of_sink = self.prepare_sink(needs.subjects()).await?;
        let Some(now) = self.live_time() else {
            return Ok(Lease::new(KeyLease::default(), of_sink));
        };
        for action in [
            ActionKind::Open,
            ActionKind::Disclose,
            ActionKind::Seal,
            ActionKind::Rebind,
            ActionKind::Reseal,
            ActionKind::Search,
        ] {
            let mut subjects: Vec<_> = needs
                .values
                .iter()
                .filter(|need| need.action == action)
                .filter_map(|need| need.record.subject())
                .collect();
            subjects.sort_unstable();
            subjects.dedup();
            if !subjects.is_empty() {
                self.policy()
                    .prepare(self.access(), action, &subjects)
                    .await?;
            }
        }
        let mut keys: Vec<_> = needs
            .values
            .iter()
            // Whether a row may be found takes no key.
            .filter(|need| need.action != ActionKind::Search)
            .filter(|need| {
                if need.record.check_subject(need.field.record_type()).is_err() {
                    return false;
                }
                let fields = [need.field];
                let request = Request::new(
                    self.access(),
                    need.action,
                    need.field.record_type(),
                    need.record,
                    &fields,
                    now,
                );
                self.policy().authorize(&request).permits(0)
            })
            .map(|need| {
                let scope = self.scope(need.record, need.field.record_type());
                match need.key {
                    Some(id) => KeyNeed::by_id(scope, id),
                    None => KeyNeed::active(scope),
                }
            })
            .collect();
        let is_search_permitted = |fields: &Vec<FieldInfo>| {
            let Some(record_type) = fields.first().map(FieldInfo::record_type) else {
                return false;
            };
            let request = Request::to_search(self.access(), record_type, fields, now);
            let decision = self.policy().authorize(&request);
            (0..fields.len()).all(|at| decision.permits(at))
        };
        let makes_index_values = needs.makes_index_values && !keys.is_empty();
        if makes_index_values || needs.searches.iter().any(is_search_permitted) {
            keys.push(KeyNeed::active(Scope::indexing(self.access().tenant())));
        }
        let lease = self.keys().prepare(&keys).await?;
        if lease.is_in_grace() || of_sink.is_in_grace() {
            self.record_note(ActionKind::Grace, now, Outcome::Success, None, &[])?;
        }
        Ok(Lease::new(lease, of_sink))
    }

    /// Loads what the sink needs to record events about these patients.
    pub(super) async fn prepare_sink(
        &self,
        mut subjects: Vec<&SubjectId<'_>>,
    ) -> Result<KeyLease, AuditError> {
        subjects.sort_unstable();
        subjects.dedup();
        self.sink().prepare(self.access().tenant(), &subjects).await
    }
}

/// What actions to come will open and seal; the input of [`Session::prepare`].
#[derive(Clone, Default)]
pub struct Needs<'a> {
    values: Vec<Need<'a>>,
    /// Whether sealing the values makes index values.
    makes_index_values: bool,
    /// The fields of each index that will be searched by.
    searches: Vec<Vec<FieldInfo>>,
}

#[derive(Clone, Copy)]
struct Need<'a> {
    action: ActionKind,
    record: RecordRef<'a>,
    field: FieldInfo,
    /// The key that the envelope names, or `None` for the active one.
    key: Option<KeyId>,
}

impl<'a> Needs<'a> {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A value will be opened. Absent values need nothing.
    #[must_use]
    pub fn open<S: ProtectedSealed>(
        mut self,
        field: &Field<S::Value>,
        record: RecordRef<'a>,
        sealed: &S,
    ) -> Self {
        let key = sealed.present().map(|sealed| sealed.key_id());
        if key.is_some() {
            self.push(ActionKind::Open, record, field.info(), key);
        }
        self
    }

    /// A value will be disclosed. Absent values need nothing.
    #[must_use]
    pub fn disclose<S: ProtectedSealed>(
        mut self,
        field: &Field<S::Value>,
        record: RecordRef<'a>,
        sealed: &S,
    ) -> Self {
        let key = sealed.present().map(|sealed| sealed.key_id());
        if key.is_some() {
            self.push(ActionKind::Disclose, record, field.info(), key);
        }
        self
    }

    /// A value will be sealed.
    #[must_use]
    pub fn seal<T: crate::codec::Value>(mut self, field: &Field<T>, record: RecordRef<'a>) -> Self {
        self.push(ActionKind::Seal, record, field.info(), None);
        self
    }

    /// A value will be moved from one place to another.
    #[must_use]
    pub fn rebind<S: ProtectedSealed>(
        mut self,
        field: &Field<S::Value>,
        from: RecordRef<'a>,
        to: RecordRef<'a>,
        sealed: &S,
    ) -> Self {
        let key = sealed.present().map(|sealed| sealed.key_id());
        if key.is_some() {
            self.push(ActionKind::Rebind, from, field.info(), key);
            self.push(ActionKind::Rebind, to, field.info(), None);
        }
        self
    }

    #[cfg(feature = "index")]
    pub(crate) fn making_index_values(mut self) -> Self {
        self.makes_index_values = true;
        self
    }

    #[cfg(feature = "index")]
    pub(crate) fn searching_by(mut self, fields: Vec<FieldInfo>) -> Self {
        self.searches.push(fields);
        self
    }

    /// The patients that events will name, some of them several times.
    fn subjects(&self) -> Vec<&SubjectId<'a>> {
        let subjects = self.values.iter();
        subjects.filter_map(|need| need.record.subject()).collect()
    }

    pub(crate) fn push(
        &mut self,
        action: ActionKind,
        record: RecordRef<'a>,
        field: FieldInfo,
        key: Option<KeyId>,
    ) {
        self.values.push(Need {
            action,
            record,
            field,
            key,
        });
    }
}

impl fmt::Debug for Needs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Needs")
            .field("len", &self.values.len())
            .finish_non_exhaustive()
    }
}

/// Keeps what was prepared loaded, until dropped.
#[derive(Debug)]
#[must_use = "what was prepared may be evicted as soon as the lease is dropped"]
pub struct Lease {
    _keys: KeyLease,
    _sink: KeyLease,
}

impl Lease {
    const fn new(keys: KeyLease, sink: KeyLease) -> Self {
        Self {
            _keys: keys,
            _sink: sink,
        }
    }
}
