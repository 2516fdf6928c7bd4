//! What an event says of a disclosure: to whom, of what, and what the accounting makes of it.

use alloc::string::String;
use core::fmt;

use super::event::EventId;
use crate::codec::Date;
use crate::error::{Error, ErrorKind};

/// A release to a named third-party recipient: what the accounting of 45 CFR 164.528 asks for,
/// beside what an event says anyway.
///
/// Hand it to [`Session::disclose`](crate::Session::disclose), or to
/// [`Session::disclosed`](crate::Session::disclosed) for what left by fax, phone or on paper.
///
/// # Security
///
/// Name, address and description are recorded as they are, in clear, unless the log seals its details
/// (`SealedDetails`): an audit file is PHI. `Debug` shows none of them. The texts hold no control characters and none that reorder or break a line,
/// so that a report shows what stands there.
///
/// # Example
///
/// ```
/// use phi_seal::audit::{Disclosure, Exclusion};
///
/// let report = Disclosure::to("County Health Department")?
///     .address("12 Main Street, Springfield")?
///     .description("positive tuberculosis test of 3 November")?;
/// assert_eq!(report.recipient().name(), "County Health Department");
/// assert_eq!(report.exclusion(), None);
///
/// let authorized = Disclosure::to("Acme Life Insurance")?.excluded(Exclusion::Authorization);
/// assert_eq!(authorized.exclusion().map(|of| of.code()), Some("iv"));
/// # Ok::<(), phi_seal::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Disclosure {
    recipient: Recipient,
    description: Option<String>,
    made_on: Option<Date>,
    exclusion: Option<Exclusion>,
    corrects: Option<EventId>,
}

impl Disclosure {
    /// The longest description, in bytes of UTF-8.
    pub const MAX_DESCRIPTION_LEN: usize = 768;

    /// A disclosure to the entity or person of this name (164.528(b)(2)(ii)).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] unless it has 1 to 256 bytes, not all of them spaces, and no
    /// control characters.
    pub fn to(name: impl Into<String>) -> Result<Self, Error> {
        let name = checked(name.into(), Recipient::MAX_NAME_LEN, BAD_NAME)?;
        Ok(Self {
            recipient: Recipient {
                name,
                address: None,
            },
            description: None,
            made_on: None,
            exclusion: None,
            corrects: None,
        })
    }

    /// The recipient's address, if it is known (164.528(b)(2)(ii)): of a house, a mailbox, a fax, a
    /// server.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] unless it has 1 to 512 bytes, not all of them spaces, and no
    /// control characters.
    pub fn address(mut self, address: impl Into<String>) -> Result<Self, Error> {
        let address = checked(address.into(), Recipient::MAX_ADDRESS_LEN, BAD_ADDRESS)?;
        self.recipient.address = Some(address);
        Ok(self)
    }

    /// A brief description of what is disclosed (164.528(b)(2)(iii)). Without one, a report names
    /// record types and fields.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] unless it has 1 to 768 bytes, not all of them spaces, and no
    /// control characters.
    pub fn description(mut self, text: impl Into<String>) -> Result<Self, Error> {
        self.description = Some(checked(
            text.into(),
            Self::MAX_DESCRIPTION_LEN,
            BAD_DESCRIPTION,
        )?);
        Ok(self)
    }

    /// The day it was made, if that is not the day it is recorded.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] for a day before the year 1900.
    pub fn made_on(mut self, day: Date) -> Result<Self, Error> {
        if day.ymd().0 < 1900 {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "a disclosure was made after the year 1900; check the date",
            ));
        }
        self.made_on = Some(day);
        Ok(self)
    }

    /// Why the accounting need not list it.
    #[must_use]
    pub const fn excluded(mut self, exclusion: Exclusion) -> Self {
        self.exclusion = Some(exclusion);
        self
    }

    /// The event of an earlier disclosure, of the same patient, that this one states anew: in the
    /// accounting it takes that one's place. Both stay in the log. State the day with
    /// [`made_on`](Disclosure::made_on), or it is the earlier one's.
    #[must_use]
    pub const fn corrects(mut self, event: EventId) -> Self {
        self.corrects = Some(event);
        self
    }

    /// To whom.
    pub const fn recipient(&self) -> &Recipient {
        &self.recipient
    }

    /// Of what, in words.
    pub fn described(&self) -> Option<&str> {
        self.description.as_deref()
    }

    /// The day it was made, if stated.
    pub const fn day(&self) -> Option<Date> {
        self.made_on
    }

    /// Why the accounting need not list it, if stated.
    pub const fn exclusion(&self) -> Option<Exclusion> {
        self.exclusion
    }

    /// The event it corrects.
    pub const fn corrected(&self) -> Option<EventId> {
        self.corrects
    }
}

impl fmt::Debug for Disclosure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disclosure")
            .field("exclusion", &self.exclusion)
            .finish_non_exhaustive()
    }
}

/// Who receives a disclosure.
#[derive(Clone, PartialEq, Eq)]
pub struct Recipient {
    name: String,
    address: Option<String>,
}

impl Recipient {
    /// The longest name, in bytes of UTF-8.
    pub const MAX_NAME_LEN: usize = 256;

    /// The longest address, in bytes of UTF-8.
    pub const MAX_ADDRESS_LEN: usize = 512;

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address, if known.
    pub fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recipient").finish_non_exhaustive()
    }
}

/// The disclosures that 45 CFR 164.528(a)(1) excepts from the accounting, by paragraph.
///
/// Which one applies is a question of law that the application answers.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exclusion {
    /// (i): treatment, payment and health care operations, as 164.506 provides.
    TreatmentPaymentOperations,
    /// (ii): to individuals about themselves, as 164.502 provides.
    ToTheIndividual,
    /// (iii): incident to a permitted or required use or disclosure, as 164.502 provides.
    Incident,
    /// (iv): pursuant to an authorization, as 164.508 provides.
    Authorization,
    /// (v): the facility's directory, persons involved in the care, and notification, as 164.510
    /// provides.
    DirectoryOrCare,
    /// (vi): national security or intelligence, as 164.512(k)(2) provides.
    NationalSecurity,
    /// (vii): correctional institutions and law enforcement custody, as 164.512(k)(5) provides.
    Custody,
    /// (viii): as part of a limited data set, in accordance with 164.514(e).
    LimitedDataSet,
    /// (ix): before the compliance date of the covered entity.
    BeforeCompliance,
}

impl Exclusion {
    /// Every exclusion, in the order of the paragraphs.
    pub const ALL: &'static [Self] = &[
        Self::TreatmentPaymentOperations,
        Self::ToTheIndividual,
        Self::Incident,
        Self::Authorization,
        Self::DirectoryOrCare,
        Self::NationalSecurity,
        Self::Custody,
        Self::LimitedDataSet,
        Self::BeforeCompliance,
    ];

    /// The paragraph's number within 164.528(a)(1), as events spell it: `i` to `ix`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TreatmentPaymentOperations => "i",
            Self::ToTheIndividual => "ii",
            Self::Incident => "iii",
            Self::Authorization => "iv",
            Self::DirectoryOrCare => "v",
            Self::NationalSecurity => "vi",
            Self::Custody => "vii",
            Self::LimitedDataSet => "viii",
            Self::BeforeCompliance => "ix",
        }
    }

    /// The exclusion of a code, spelled exactly, or `None`.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|of| of.code() == code)
    }
}

fn checked(text: String, longest: usize, refusal: Error) -> Result<String, Error> {
    let is_fit = text.len() <= longest
        && !text.chars().any(misleads)
        && text.chars().any(|c| !c.is_whitespace());
    if is_fit { Ok(text) } else { Err(refusal) }
}

/// Control characters, and those that end a line or turn its direction.
fn misleads(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

const BAD_NAME: Error = Error::new(
    ErrorKind::InvalidInput,
    "a recipient is named by 1 to 256 bytes of text without control characters",
);

const BAD_ADDRESS: Error = Error::new(
    ErrorKind::InvalidInput,
    "an address has 1 to 512 bytes of text without control characters",
);

const BAD_DESCRIPTION: Error = Error::new(
    ErrorKind::InvalidInput,
    "a description has 1 to 768 bytes of text without control characters",
);
