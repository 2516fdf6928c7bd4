//! `uuid` 1: UUIDs as values and as ids.

use alloc::borrow::Cow;
use alloc::string::String;

use ::uuid::Uuid;

use crate::codec::{CodecError, Content, Encoder, Value};
use crate::record::AsId;
use crate::{ActorId, RecordId, SecretBytes, SubjectId, TenantId};

impl Value for Uuid {
    const CONTENT: Content = Content::Uuid;

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        out.append(self.as_bytes());
        Ok(())
    }

    fn decode(content: SecretBytes) -> Result<Self, CodecError> {
        <[u8; 16]>::decode(content).map(Self::from_bytes)
    }

    fn wipe(&mut self) {
        *self = Self::nil();
        zeroize::optimization_barrier(self);
    }

    fn size_hint(&self) -> usize {
        16
    }
}

/// The lower-case hyphenated form of RFC 9562, 36 bytes.
impl AsId for Uuid {
    fn as_id(&self) -> Cow<'_, str> {
        Cow::Owned(hyphenated(*self))
    }
}

macro_rules! id_from_uuid {
    ($($id:ident),*) => {$(
        impl From<Uuid> for $id<'static> {
            /// The lower-case hyphenated form of RFC 9562, 36 bytes.
            fn from(id: Uuid) -> Self {
                Self::new(hyphenated(id)).expect("a hyphenated UUID has 36 bytes")
            }
        }
    )*};
}

id_from_uuid!(TenantId, SubjectId, RecordId, ActorId);

fn hyphenated(id: Uuid) -> String {
    String::from(&*id.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
}
