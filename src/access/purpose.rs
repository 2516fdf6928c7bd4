//! Purpose of use.

/// Why somebody wants to see PHI: the codes of HL7 v3 value set PurposeOfUse.
///
/// <https://terminology.hl7.org/ValueSet-v3-PurposeOfUse.html>
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum Purpose {
    /// `TREAT`: treatment.
    Treatment,
    /// `ETREAT`: emergency treatment.
    EmergencyTreatment,
    /// `BTG`: break the glass. Demands a reason; see [`Access::reason`](crate::Access::reason).
    BreakGlass,
    /// `CAREMGT`: care management.
    CareManagement,
    /// `CLINTRCH`: clinical trial research.
    ClinicalTrial,
    /// `COC`: coordination of care.
    CareCoordination,
    /// `HPAYMT`: healthcare payment.
    Payment,
    /// `HOPERAT`: healthcare operations.
    Operations,
    /// `HMARKT`: healthcare marketing.
    Marketing,
    /// `HRESCH`: healthcare research.
    Research,
    /// `PATRQT`: at the patient's request.
    PatientRequest,
    /// `FAMRQT`: at the family's request.
    FamilyRequest,
    /// `PUBHLTH`: public health.
    PublicHealth,
    /// `DISASTER`: disaster relief.
    Disaster,
    /// `THREAT`: threat to health or safety.
    Threat,
    /// `DONAT`: organ and tissue donation.
    Donation,
    /// `HLEGAL`: legal.
    Legal,
    /// `HSYSADMIN`: system administration.
    SystemAdministration,
    /// `HCOMPL`: compliance.
    Compliance,
    /// `HDIRECT`: healthcare directory.
    Directory,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: &'static [Self] = &[
        Self::Treatment,
        Self::EmergencyTreatment,
        Self::BreakGlass,
        Self::CareManagement,
        Self::ClinicalTrial,
        Self::CareCoordination,
        Self::Payment,
        Self::Operations,
        Self::Marketing,
        Self::Research,
        Self::PatientRequest,
        Self::FamilyRequest,
        Self::PublicHealth,
        Self::Disaster,
        Self::Threat,
        Self::Donation,
        Self::Legal,
        Self::SystemAdministration,
        Self::Compliance,
        Self::Directory,
    ];

    /// The HL7 v3 code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Treatment => "TREAT",
            Self::EmergencyTreatment => "ETREAT",
            Self::BreakGlass => "BTG",
            Self::CareManagement => "CAREMGT",
            Self::ClinicalTrial => "CLINTRCH",
            Self::CareCoordination => "COC",
            Self::Payment => "HPAYMT",
            Self::Operations => "HOPERAT",
            Self::Marketing => "HMARKT",
            Self::Research => "HRESCH",
            Self::PatientRequest => "PATRQT",
            Self::FamilyRequest => "FAMRQT",
            Self::PublicHealth => "PUBHLTH",
            Self::Disaster => "DISASTER",
            Self::Threat => "THREAT",
            Self::Donation => "DONAT",
            Self::Legal => "HLEGAL",
            Self::SystemAdministration => "HSYSADMIN",
            Self::Compliance => "HCOMPL",
            Self::Directory => "HDIRECT",
        }
    }

    /// The purpose of an HL7 v3 code, spelled exactly, or `None`.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|purpose| purpose.code() == code)
    }
}
