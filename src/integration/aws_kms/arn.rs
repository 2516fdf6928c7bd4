//! Names of KMS keys.

use alloc::string::String;

use crate::key::{KeyError, KeyErrorKind};

/// The ARN of a KMS key: `arn:partition:kms:region:account:key/id`.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct KeyArn(String);

impl KeyArn {
    pub(super) fn parse(text: String) -> Result<Self, KeyError> {
        let parts = Parts::of(&text).filter(Parts::is_well_formed);
        if parts.is_some() && text.len() <= LONGEST {
            Ok(Self(text))
        } else {
            Err(KeyError::new(
                KeyErrorKind::Malformed,
                "name the key by its arn, arn:aws:kms:region:account:key/id; not by id or alias",
            ))
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn region(&self) -> &str {
        self.parts().region
    }

    /// Whether both are the same multi-Region key: AWS gives replicas the same id, and no other
    /// key of the account.
    pub(super) fn is_replica_of(&self, other: &Self) -> bool {
        let (one, other) = (self.parts(), other.parts());
        one.id.starts_with("mrk-")
            && (one.partition, one.account, one.id) == (other.partition, other.account, other.id)
    }

    /// Refuses an answer that another key than this one gave.
    pub(super) fn answered(&self, key: Option<&str>) -> Result<(), KeyError> {
        if key == Some(self.as_str()) {
            Ok(())
        } else {
            Err(KeyError::new(
                KeyErrorKind::WrongKey,
                "aws kms answered with another key than it was asked to use",
            ))
        }
    }

    fn parts(&self) -> Parts<'_> {
        Parts::of(&self.0).expect("it was parsed before")
    }
}

struct Parts<'a> {
    partition: &'a str,
    region: &'a str,
    account: &'a str,
    id: &'a str,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let (partition, rest) = text.strip_prefix("arn:")?.split_once(":kms:")?;
        let (region, rest) = rest.split_once(':')?;
        let (account, id) = rest.split_once(":key/")?;
        Some(Self {
            partition,
            region,
            account,
            id,
        })
    }

    fn is_well_formed(&self) -> bool {
        let is_word = |text: &str| {
            let is_of_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            !text.is_empty() && text.bytes().all(is_of_word)
        };
        let is_account =
            self.account.len() == 12 && self.account.bytes().all(|byte| byte.is_ascii_digit());
        is_account
            && [self.partition, self.region, self.id]
                .into_iter()
                .all(is_word)
    }
}

/// As long as a reference may be.
const LONGEST: usize = 512;
