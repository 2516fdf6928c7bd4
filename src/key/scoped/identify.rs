//! Whose keys these are.

use alloc::vec::Vec;

use super::ScopedKeys;
use super::admin::info;
use super::roots::is_passing;
use crate::envelope::KeyId;
use crate::key::error::{KeyError, KeyErrorKind};
use crate::key::scope::KeyUse;
use crate::key::state::{KeyInfo, KeyState};
use crate::key::store::KeyQuery;
use crate::label::TenantId;

impl ScopedKeys {
    /// Those of these keys that are the tenant's, as the store has them now. Of scopes that this process
    /// refuses, all are destroyed. Rows that were edited, or whose root cannot be used, say nothing.
    pub(super) async fn authentic_infos(
        &self,
        tenant: &TenantId<'_>,
        ids: &[KeyId],
    ) -> Result<Vec<KeyInfo>, KeyError> {
        let tenant = &tenant.clone().into_owned();
        let mut infos = Vec::with_capacity(ids.len());
        for ids in ids.chunks(1_000) {
            let queries: Vec<_> = ids.iter().map(|id| KeyQuery::Id(*id)).collect();
            self.counters.store_query();
            for row in self.store.find(&queries).await? {
                let is_own = row.scope.tenant_id() == Some(tenant) && ids.contains(&row.id);
                if !is_own || row.scope.key_use() == KeyUse::Root {
                    continue;
                }
                let authentic = match self.root_of(tenant, &row).await {
                    Ok(root) => root.key.check(&row),
                    Err(error) => Err(error),
                };
                match authentic {
                    Ok(()) => {}
                    Err(error) if is_passing(error) || error.kind() == KeyErrorKind::Denied => {
                        return Err(error);
                    }
                    Err(_) => continue,
                }
                let mut info = info(&row);
                if self.is_refused(&row.scope) {
                    info.state = KeyState::Destroyed;
                }
                infos.push(info);
            }
        }
        Ok(infos)
    }
}
