//! The accounting as it is handed out.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use std::collections::HashMap;

use serde::Serialize;

use super::entry::Entry;
use super::request::AccountingRequest;
use super::suspension::Suspension;
use crate::audit::Exclusion;
use crate::codec::Date;
use crate::report::day;
use crate::report::table::Row;

/// An accounting of disclosures as the organisation sees it. The patient gets
/// [`patient_copy`](Accounting::patient_copy), or a [`Table`](crate::report::Table) of
/// [`disclosures`](Accounting::disclosures).
#[derive(Clone, Serialize)]
pub struct Accounting {
    tenant: String,
    subject: String,
    from: String,
    until: String,
    disclosures: Vec<AccountedDisclosure>,
    excluded: Vec<Excluded>,
    withheld: Vec<Withheld>,
    suspensions_without_effect: Vec<String>,
    earlier: u64,
    later: u64,
    corrected: u64,
    corrections_of_nothing: u64,
    sealed: u64,
}

impl Accounting {
    /// The disclosures that are listed, by day.
    pub fn disclosures(&self) -> &[AccountedDisclosure] {
        &self.disclosures
    }

    /// How many of the period are not listed, by paragraph of 164.528(a)(1); those without any are
    /// not told.
    pub fn excluded(&self) -> &[Excluded] {
        &self.excluded
    }

    /// What a suspension withholds (a)(2): not for the patient.
    pub fn withheld(&self) -> &[Withheld] {
        &self.withheld
    }

    /// The agencies whose suspension, in force or not, withheld nothing: perhaps their name is another
    /// in the log.
    pub fn without_effect(&self) -> &[String] {
        &self.suspensions_without_effect
    }

    /// How many disclosures were made before and after the period.
    pub const fn out_of_period(&self) -> (u64, u64) {
        (self.earlier, self.later)
    }

    /// How many disclosures were stated anew; the new statements stand in their place.
    pub const fn corrected(&self) -> u64 {
        self.corrected
    }

    /// How many disclosures say that they correct an event that is none of this patient's earlier
    /// disclosures. They are treated as disclosures of their own.
    pub const fn corrections_of_nothing(&self) -> u64 {
        self.corrections_of_nothing
    }

    /// How many events are disclosures of this tenant whose details are sealed, so that they may be this
    /// patient's: **unless this is 0, the accounting is not whole.** Open the details first.
    pub const fn sealed(&self) -> u64 {
        self.sealed
    }

    /// What the patient gets: nothing of what is excluded or withheld, and not that anything is.
    pub fn patient_copy(&self) -> PatientCopy<'_> {
        PatientCopy {
            subject: &self.subject,
            from: &self.from,
            until: &self.until,
            disclosures: &self.disclosures,
        }
    }

    pub(super) fn of(request: AccountingRequest, entries: Vec<Entry>, sealed: u64) -> Self {
        let mut accounting = Self {
            tenant: request.tenant.clone(),
            subject: request.subject.clone(),
            from: day::text(request.since),
            until: day::text(request.requested_on),
            disclosures: Vec::new(),
            excluded: Vec::new(),
            withheld: Vec::new(),
            suspensions_without_effect: Vec::new(),
            earlier: 0,
            later: 0,
            corrected: 0,
            corrections_of_nothing: 0,
            sealed,
        };
        let mut had_effect = alloc::vec![false; request.suspensions.len()];
        let mut listed = Vec::new();
        for (entry, made_on) in accounting.corrected_entries(entries) {
            if !accounting.is_in_period(&request, &entry, made_on) {
                continue;
            }
            let is_implied = entry.is_implied() && !request.lists_implied;
            if entry.exclusion.is_some() || is_implied {
                accounting.exclude(entry.exclusion);
                continue;
            }
            let in_force = request.suspensions.iter().position(|suspension| {
                let to = entry.recipient.as_ref();
                suspension.is_in_force(request.requested_on)
                    && to.is_some_and(|to| suspension.covers(&to.name))
            });
            let disclosure = AccountedDisclosure::of(&entry, made_on);
            match in_force {
                Some(at) => {
                    had_effect[at] = true;
                    let withheld = Withheld::under(&request.suspensions[at], disclosure);
                    accounting.withheld.push(withheld);
                }
                None => listed.push((entry, disclosure)),
            }
        }
        let order = |a: &AccountedDisclosure, b: &AccountedDisclosure| {
            (&a.date, &a.recorded, &a.event).cmp(&(&b.date, &b.recorded, &b.event))
        };
        listed.sort_by(|(_, a), (_, b)| order(a, b));
        accounting
            .withheld
            .sort_by(|a, b| order(&a.disclosure, &b.disclosure));
        accounting
            .excluded
            .sort_by_key(|of| Exclusion::from_code(&of.paragraph));
        accounting.disclosures = if request.is_summary {
            summary(listed)
        } else {
            listed
                .into_iter()
                .map(|(_, disclosure)| disclosure)
                .collect()
        };
        let effects = request.suspensions.iter().zip(had_effect);
        accounting.suspensions_without_effect = effects
            .filter(|(_, had_effect)| !had_effect)
            .map(|(suspension, _)| suspension.agency().to_string())
            .collect();
        accounting
    }

    /// The entries that stand, each with the day it was made, if that is known.
    ///
    /// A correction holds only of an earlier disclosure, so that no circle of them can make a
    /// disclosure vanish. Of two corrections of one, both stand in its place and the later one in
    /// that of the other.
    fn corrected_entries(&mut self, entries: Vec<Entry>) -> Vec<(Entry, Option<Date>)> {
        let mut order: Vec<usize> = (0..entries.len()).collect();
        order.sort_by(|a, b| (&entries[*a].time, a).cmp(&(&entries[*b].time, b)));
        let by_action: HashMap<&str, usize> = order
            .iter()
            .map(|at| (&*entries[*at].action_id, *at))
            .collect();
        let mut rank = alloc::vec![0; entries.len()];
        for (place, at) in order.iter().enumerate() {
            rank[*at] = place;
        }
        let mut made_on = alloc::vec![None; entries.len()];
        let mut is_superseded = alloc::vec![false; entries.len()];
        let mut last_correction: HashMap<usize, usize> = HashMap::new();
        for at in &order {
            let entry = &entries[*at];
            made_on[*at] = entry.disclosed_on.or_else(|| entry.recorded_on());
            let Some(corrects) = &entry.corrects else {
                continue;
            };
            let action = corrects.rsplit_once('-').map_or("", |(action, _)| action);
            let target = by_action
                .get(action)
                .copied()
                .filter(|of| entries[*of].is_event(corrects) && rank[*of] < rank[*at]);
            let Some(target) = target else {
                self.corrections_of_nothing += 1;
                continue;
            };
            made_on[*at] = entry.disclosed_on.or(made_on[target]);
            is_superseded[target] = true;
            if let Some(other) = last_correction.insert(target, *at) {
                is_superseded[other] = true;
            }
        }
        self.corrected = is_superseded.iter().map(|is| u64::from(*is)).sum();
        let standing = entries.into_iter().zip(made_on).zip(is_superseded);
        standing
            .filter(|(_, is_superseded)| !is_superseded)
            .map(|(entry, _)| entry)
            .collect()
    }

    /// Whose day is unknown is in every period; so is who was recorded by its end, whatever later day
    /// was stated.
    fn is_in_period(
        &mut self,
        request: &AccountingRequest,
        entry: &Entry,
        made_on: Option<Date>,
    ) -> bool {
        let Some(made_on) = made_on else {
            return true;
        };
        if made_on < request.since {
            self.earlier += 1;
            return false;
        }
        let was_recorded = entry.recorded_on();
        let was_recorded = was_recorded.is_none_or(|on| on <= request.requested_on);
        if made_on > request.requested_on && !was_recorded {
            self.later += 1;
            return false;
        }
        true
    }

    fn exclude(&mut self, stated: Option<Exclusion>) {
        let by = stated.unwrap_or(Exclusion::TreatmentPaymentOperations);
        let at = self
            .excluded
            .iter()
            .position(|of| of.paragraph == by.code());
        let at = at.unwrap_or_else(|| {
            self.excluded.push(Excluded {
                paragraph: by.code().to_string(),
                stated: 0,
                implied: 0,
            });
            self.excluded.len() - 1
        });
        let of = &mut self.excluded[at];
        match stated {
            Some(_) => of.stated += 1,
            None => of.implied += 1,
        }
    }
}

impl fmt::Debug for Accounting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accounting")
            .field("disclosures", &self.disclosures.len())
            .field("excluded", &self.excluded)
            .field("withheld", &self.withheld.len())
            .finish_non_exhaustive()
    }
}

/// Several to the same recipient for a single purpose as one: the first one's particulars, the number
/// and the date of the last (b)(3).
fn summary(listed: Vec<(Entry, AccountedDisclosure)>) -> Vec<AccountedDisclosure> {
    let mut lines: Vec<AccountedDisclosure> = Vec::new();
    let mut line_of = HashMap::new();
    for (entry, disclosure) in listed {
        let key = (
            disclosure.recipient.clone(),
            disclosure.address.clone(),
            entry.purpose.clone(),
            entry.reason.clone(),
        );
        let is_named = entry.recipient.is_some();
        match line_of.get(&key) {
            Some(at) if entry.may_be_summarised() && is_named => {
                let line: &mut AccountedDisclosure = &mut lines[*at];
                line.count += 1;
                line.last_date = Some(disclosure.date);
            }
            _ => {
                if entry.may_be_summarised() {
                    line_of.insert(key, lines.len());
                }
                lines.push(disclosure);
            }
        }
    }
    lines
}

/// One disclosure, or several summarised as one.
#[non_exhaustive]
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct AccountedDisclosure {
    /// The day it was made, `YYYY-MM-DD` (b)(2)(i); of several, the first one's.
    pub date: String,
    /// Who received it (b)(2)(ii); empty if the event names nobody.
    pub recipient: String,
    /// The recipient's address, if known (b)(2)(ii).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// What was disclosed (b)(2)(iii): as stated, or record types and fields.
    pub description: String,
    /// The purpose (b)(2)(iv): in words, with the reason code if one was stated.
    pub purpose: String,
    /// How many disclosures these are (b)(3)(ii).
    pub count: u64,
    /// The day of the last of them, if there are several (b)(3)(iii).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_date: Option<String>,
    /// When it was recorded.
    pub recorded: String,
    /// The event in the log; of several, the first.
    pub event: String,
}

impl AccountedDisclosure {
    fn of(entry: &Entry, made_on: Option<Date>) -> Self {
        let to = entry.recipient.as_ref();
        Self {
            date: made_on.map(day::text).unwrap_or_default(),
            recipient: to.map(|to| to.name.clone()).unwrap_or_default(),
            address: to.and_then(|to| to.address.clone()),
            description: entry.describe(),
            purpose: entry.purpose_text(),
            count: 1,
            last_date: None,
            recorded: entry.time.clone(),
            event: entry.event.clone(),
        }
    }
}

impl Row for AccountedDisclosure {
    const COLUMNS: &'static [&'static str] = &[
        "date",
        "recipient",
        "address",
        "description",
        "purpose",
        "count",
        "last_date",
        "event",
    ];

    fn cells(&self) -> Vec<Cow<'_, str>> {
        Vec::from([
            Cow::Borrowed(&*self.date),
            Cow::Borrowed(&*self.recipient),
            Cow::Borrowed(self.address.as_deref().unwrap_or("")),
            Cow::Borrowed(&*self.description),
            Cow::Borrowed(&*self.purpose),
            Cow::Owned(self.count.to_string()),
            Cow::Borrowed(self.last_date.as_deref().unwrap_or("")),
            Cow::Borrowed(&*self.event),
        ])
    }
}

impl fmt::Debug for AccountedDisclosure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountedDisclosure")
            .field("date", &self.date)
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

/// How many disclosures a paragraph of 164.528(a)(1) leaves out.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Excluded {
    /// The paragraph, `i` to `ix`; see [`Exclusion::code`].
    pub paragraph: String,
    /// Where the event states it.
    pub stated: u64,
    /// Where the purpose alone says so.
    pub implied: u64,
}

/// A disclosure that a suspension withholds.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Withheld {
    /// The agency or official whose suspension it is.
    pub agency: String,
    /// Its last day, `YYYY-MM-DD`.
    pub until: String,
    /// Whether it rests on an oral statement.
    pub oral: bool,
    /// What is withheld.
    pub disclosure: AccountedDisclosure,
}

impl Withheld {
    fn under(suspension: &Suspension, disclosure: AccountedDisclosure) -> Self {
        Self {
            agency: suspension.agency().to_string(),
            until: day::text(suspension.until()),
            oral: suspension.is_oral(),
            disclosure,
        }
    }
}

/// The accounting as the patient gets it.
#[derive(Clone, Copy, Serialize)]
pub struct PatientCopy<'a> {
    subject: &'a str,
    from: &'a str,
    until: &'a str,
    disclosures: &'a [AccountedDisclosure],
}

impl fmt::Debug for PatientCopy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PatientCopy")
            .field("disclosures", &self.disclosures.len())
            .finish_non_exhaustive()
    }
}
