//! What kind of PHI a field is: the one classification that policies decide on.

/// Which identifier of 45 CFR 164.514(b)(2)(i) a field is, or that it is clinical content.
///
/// The variants (A) to (R) follow the order of the rule's list.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum Category {
    /// (A) Names.
    Name,
    /// (B) Geographic subdivisions smaller than a state: street, city, county, ZIP code.
    Address,
    /// (C) Elements of dates, except the year, directly related to the person, and ages over 89.
    Date,
    /// (D) Telephone numbers.
    Phone,
    /// (E) Fax numbers.
    Fax,
    /// (F) E-mail addresses.
    Email,
    /// (G) Social security numbers.
    Ssn,
    /// (H) Medical record numbers.
    MedicalRecordNumber,
    /// (I) Health plan beneficiary numbers.
    HealthPlanNumber,
    /// (J) Account numbers.
    AccountNumber,
    /// (K) Certificate and licence numbers.
    LicenseNumber,
    /// (L) Vehicle identifiers and serial numbers, licence plates included.
    VehicleId,
    /// (M) Device identifiers and serial numbers.
    DeviceId,
    /// (N) Web universal resource locators.
    Url,
    /// (O) Internet protocol addresses.
    IpAddress,
    /// (P) Biometric identifiers, finger and voice prints included.
    Biometric,
    /// (Q) Full-face photographs and comparable images.
    Photo,
    /// (R) Any other unique identifying number, characteristic or code.
    OtherIdentifier,
    /// Not an identifier by itself: diagnoses, notes, results, medication, care.
    Clinical,
}

impl Category {
    /// Every category, in the order of the rule.
    pub const ALL: &'static [Self] = &[
        Self::Name,
        Self::Address,
        Self::Date,
        Self::Phone,
        Self::Fax,
        Self::Email,
        Self::Ssn,
        Self::MedicalRecordNumber,
        Self::HealthPlanNumber,
        Self::AccountNumber,
        Self::LicenseNumber,
        Self::VehicleId,
        Self::DeviceId,
        Self::Url,
        Self::IpAddress,
        Self::Biometric,
        Self::Photo,
        Self::OtherIdentifier,
        Self::Clinical,
    ];
}

/// A sensitivity label: content that law or custom protects beyond other PHI.
///
/// A [`RolePolicy`](crate::RolePolicy) rule must name every label of a field to permit it; what a
/// policy of your own does with labels is up to it.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
#[repr(u8)]
pub enum Label {
    /// Substance use disorder records under 42 CFR Part 2.
    Part2 = 0,
    /// Psychotherapy notes, 45 CFR 164.501 and 164.508(a)(2).
    Psychotherapy = 1,
    /// HIV and AIDS, HL7 v3 ActCode `HIV`.
    Hiv = 2,
    /// Reproductive health.
    Reproductive = 3,
    /// Genetic information, HL7 v3 ActCode `GDIS`.
    Genetic = 4,
    /// Mental health, HL7 v3 ActCode `PSY`.
    MentalHealth = 5,
    /// Sexual assault, abuse or domestic violence, HL7 v3 ActCode `SDV`.
    Violence = 6,
    /// Sexually transmitted disease, HL7 v3 ActCode `STD`.
    SexualHealth = 7,
    /// Minors' records that a guardian may not see.
    Minor = 8,
    /// A person whose record attracts the curious: staff, celebrities, relatives of staff.
    Vip = 9,
    /// Restricted at the patient's request, 45 CFR 164.522(a).
    Restricted = 10,
}

impl Label {
    /// Every label.
    pub const ALL: &'static [Self] = &[
        Self::Part2,
        Self::Psychotherapy,
        Self::Hiv,
        Self::Reproductive,
        Self::Genetic,
        Self::MentalHealth,
        Self::Violence,
        Self::SexualHealth,
        Self::Minor,
        Self::Vip,
        Self::Restricted,
    ];
}

/// A set of [`Label`]s, usable in constants.
///
/// # Example
///
/// ```
/// use phi_seal::{Label, Labels};
///
/// const NOTE: Labels = Labels::NONE.with(Label::Psychotherapy).with(Label::Vip);
/// assert!(NOTE.contains(Label::Vip));
/// assert!(!Labels::NONE.with(Label::Vip).contains_all(NOTE));
/// ```
#[derive(Clone, Copy, Default, Hash, PartialEq, Eq)]
pub struct Labels(u32);

impl Labels {
    /// No label.
    pub const NONE: Self = Self(0);

    /// Every label, those of later versions of this crate included.
    pub const ALL: Self = Self(u32::MAX);

    /// This set and `label`.
    #[must_use]
    pub const fn with(self, label: Label) -> Self {
        Self(self.0 | 1 << label as u8)
    }

    /// Whether `label` is in the set.
    pub const fn contains(self, label: Label) -> bool {
        self.0 & 1 << label as u8 != 0
    }

    /// Whether every label of `other` is in the set.
    pub const fn contains_all(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// Whether the sets have a label in common.
    pub(crate) const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The labels of both sets.
    pub(crate) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether no label is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The labels of the set.
    pub fn iter(self) -> impl Iterator<Item = Label> {
        Label::ALL
            .iter()
            .copied()
            .filter(move |label| self.contains(*label))
    }
}

impl core::fmt::Debug for Labels {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
