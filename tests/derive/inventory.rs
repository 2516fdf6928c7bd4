//! The PHI data map against a pinned copy. To write it anew after a wanted change, run with
//! `PHI_SEAL_BLESS=1`, and read the difference.

use std::fs;
use std::path::Path;

use phi_seal::codec::{Date, Timestamp};
use phi_seal::record::{Length, PlainRole};
use phi_seal::{Category, Phi, PhiRecord, Serde, inventory};
use uuid::Uuid;

#[derive(PhiRecord)]
#[phi(record = "patient")]
#[cfg_attr(
    feature = "index",
    phi(index(name = "born_name", of(born = date, family_name), bits = 24))
)]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(binding)]
    revision: u32,
    #[phi(category = Name, name = "name.family")]
    family_name: Phi<String>,
    #[cfg_attr(feature = "index", phi(index(digits, unique, slow)))]
    #[phi(category = Ssn)]
    ssn: Option<Phi<String>>,
    #[cfg_attr(feature = "index", phi(index(year, bits = 5)))]
    #[phi(category = Date)]
    born: Phi<Date>,
    #[phi(category = Clinical, labels = [Hiv, Restricted], pad = 32, sealed_null)]
    status: Option<Phi<String>>,
    #[phi(category = Clinical)]
    codes: Phi<Vec<String>>,
    #[phi(category = OtherIdentifier)]
    token: Phi<Uuid>,
    active: bool,
}

#[derive(PhiRecord)]
#[phi(record = "device", subjectless)]
struct Device {
    #[phi(id)]
    serial: u64,
    #[phi(category = DeviceId)]
    label: Phi<Vec<u8>>,
    #[phi(category = Clinical)]
    seen: Phi<Timestamp>,
    #[phi(category = Clinical)]
    worn: Phi<bool>,
    #[phi(category = Clinical)]
    settings: Phi<Serde<(u8, u8)>>,
}

#[derive(PhiRecord)]
#[phi(record = "visit")]
struct Visit {
    #[phi(id)]
    id: i64,
    #[phi(subject)]
    patient: String,
    #[phi(category = Clinical)]
    count: Phi<i32>,
}

fn pinned(file: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/derive")
        .join(file);
    if std::env::var_os("PHI_SEAL_BLESS").is_some() {
        fs::write(&path, actual).unwrap();
    }
    assert_eq!(actual, fs::read_to_string(path).unwrap());
}

#[cfg(feature = "index")]
#[test]
fn the_data_map_is_as_pinned() {
    let map = inventory(&[Patient::SCHEMA, Device::SCHEMA, Visit::SCHEMA]);
    pinned("inventory.md", &map.to_markdown());
    pinned("inventory.json", &map.to_json());
    assert_eq!(format!("{map:?}"), "Inventory { records: 3, .. }");
}

#[test]
fn an_empty_map_is_valid() {
    assert!(inventory(&[]).to_markdown().starts_with("# PHI inventory"));
    let json: serde_json::Value = serde_json::from_str(&inventory(&[]).to_json()).unwrap();
    assert_eq!(json["records"], serde_json::json!([]));
}

#[test]
fn every_category_has_its_paragraph() {
    macro_rules! each {
        ($($category:ident $paragraph:literal,)*) => {{
            $({
                #[derive(PhiRecord)]
                #[phi(record = "one", subjectless)]
                struct One {
                    #[phi(id)]
                    id: u8,
                    #[phi(category = $category)]
                    field: Phi<i64>,
                }
                let row = concat!("| field | ", stringify!($category), " | ", $paragraph, " | ");
                assert!(inventory(&[One::SCHEMA]).to_markdown().contains(row), "{row}");
            })*
            [$(Category::$category),*]
        }};
    }
    let tested = each! {
        Name "(A)", Address "(B)", Date "(C)", Phone "(D)", Fax "(E)", Email "(F)", Ssn "(G)",
        MedicalRecordNumber "(H)", HealthPlanNumber "(I)", AccountNumber "(J)",
        LicenseNumber "(K)", VehicleId "(L)", DeviceId "(M)", Url "(N)", IpAddress "(O)",
        Biometric "(P)", Photo "(Q)", OtherIdentifier "(R)", Clinical "–",
    };
    assert_eq!(tested, Category::ALL);
}

#[test]
fn a_schema_is_data() {
    let schema = Patient::SCHEMA;
    assert_eq!(schema.record_type().name(), "patient");
    let fields: Vec<_> = schema.sealed_fields().collect();
    assert_eq!(fields[0].info(), &Patient::FAMILY_NAME.info());
    assert_eq!(schema.fields()[0], Patient::FAMILY_NAME.info());
    assert_eq!(
        (fields[0].rust_name(), fields[0].is_optional()),
        ("family_name", false)
    );
    assert_eq!(fields[0].length(), Length::Exact);
    assert_eq!(fields[2].length(), Length::Constant);
    assert_eq!(fields[3].length(), Length::Bucket(32.try_into().unwrap()));
    let plain = schema.plain_fields();
    let roles: Vec<_> = plain
        .iter()
        .map(|field| (field.name(), field.role()))
        .collect();
    assert_eq!(
        roles,
        [
            ("id", PlainRole::IdAndSubject),
            ("revision", PlainRole::Binding),
            ("active", PlainRole::Unprotected),
        ]
    );
}
