//! Suspensions of a patient's right to an accounting, 45 CFR 164.528(a)(2).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::codec::Date;
use crate::error::{Error, ErrorKind};
use crate::report::day;

/// A health oversight agency or law enforcement official has stated that an accounting of disclosures
/// to it, under 164.512(d) or (f), would be reasonably likely to impede its activities.
///
/// While it lasts, the accounting withholds from the patient what went to recipients of this name. It
/// ends by itself: what it withheld is in the next accounting. Recipients are compared by name, without
/// regard to letter case and to how many spaces stand where; give every name that disclosures were
/// recorded under. [`Accounting::without_effect`](super::Accounting::without_effect) tells which
/// suspension met nobody.
///
/// **This is wider than the rule**, which is about disclosures under 164.512(d) and (f): the log does not say
/// under which paragraph one was made, so all to such a recipient are withheld. Go through
/// [`Accounting::withheld`](super::Accounting::withheld), and tell the patient of the others.
///
/// The statement itself, and the identity of who made it, are the organisation's to document
/// (164.528(a)(2)(ii)(A)).
///
/// # Example
///
/// ```
/// use phi_seal::codec::Date;
/// use phi_seal::report::Suspension;
///
/// let (from, until) = (Date::from_ymd(2026, 11, 1)?, Date::from_ymd(2027, 4, 30)?);
/// let written = Suspension::written("State Medical Board", from, until)?.also("SMB");
/// let oral = Suspension::oral("Springfield Police", from)?;
/// assert_eq!(oral.until().ymd(), (2026, 12, 1)); // 30 days
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Suspension {
    agency: String,
    names: Vec<String>,
    from: Date,
    until: Date,
    is_oral: bool,
}

impl Suspension {
    /// The longest a suspension lasts on an oral statement, in days (164.528(a)(2)(ii)(C)).
    pub const ORAL_DAYS: i32 = 30;

    /// On a written statement, for the time that it specifies (164.528(a)(2)(i)); both days belong
    /// to it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] without a name, or if it ends before it begins.
    pub fn written(agency: impl Into<String>, from: Date, until: Date) -> Result<Self, Error> {
        Self::new(agency.into(), from, until, false)
    }

    /// On an oral statement of this day, for the 30 days after it. A written statement within that
    /// time makes a [`written`](Suspension::written) suspension of it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] without a name.
    pub fn oral(agency: impl Into<String>, stated_on: Date) -> Result<Self, Error> {
        let until = day::days_after(stated_on, Self::ORAL_DAYS);
        Self::new(agency.into(), stated_on, until, true)
    }

    fn new(agency: String, from: Date, until: Date, is_oral: bool) -> Result<Self, Error> {
        let name = normal(&agency);
        if name.is_empty() {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "name the agency or official, as disclosures to it were recorded",
            ));
        }
        if until < from {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "a suspension must not end before it begins",
            ));
        }
        Ok(Self {
            agency,
            names: Vec::from([name]),
            from,
            until,
            is_oral,
        })
    }

    /// Another name that disclosures to it were recorded under.
    #[must_use]
    pub fn also(mut self, name: &str) -> Self {
        self.names.push(normal(name));
        self
    }

    /// The agency or official.
    pub fn agency(&self) -> &str {
        &self.agency
    }

    /// The first day.
    pub const fn from(&self) -> Date {
        self.from
    }

    /// The last day.
    pub const fn until(&self) -> Date {
        self.until
    }

    /// Whether it rests on an oral statement.
    pub const fn is_oral(&self) -> bool {
        self.is_oral
    }

    pub(super) fn is_in_force(&self, on: Date) -> bool {
        (self.from..=self.until).contains(&on)
    }

    pub(super) fn covers(&self, recipient: &str) -> bool {
        let recipient = normal(recipient);
        self.names.contains(&recipient)
    }
}

fn normal(name: &str) -> String {
    let words: Vec<_> = name.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

impl fmt::Debug for Suspension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suspension")
            .field("is_oral", &self.is_oral)
            .finish_non_exhaustive()
    }
}
