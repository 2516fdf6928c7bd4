//! The sealed twin: name, derives, attributes, serde.

use phi_seal::{Phi, PhiRecord, Sealed};

use crate::ward::ward;

mod clinic {
    use phi_seal::{Phi, PhiRecord};

    #[derive(PhiRecord)]
    #[phi(
        record = "visit",
        row = SealedVisit,
        row_derive(Clone, Debug, serde::Serialize, serde::Deserialize),
        row_attr(serde(rename_all = "camelCase", deny_unknown_fields)),
        row_attr(doc = "A visit, sealed.")
    )]
    pub(crate) struct Visit {
        #[phi(id)]
        pub visit_id: u64,
        #[phi(subject)]
        pub patient_id: String,
        #[phi(category = Clinical, row_attr(serde(rename = "dx")))]
        pub diagnosis: Phi<String>,
        #[phi(category = Clinical, row_attr(serde(default)))]
        pub private_note: Option<Phi<String>>,
    }
}

use clinic::{SealedVisit, Visit};

#[test]
fn a_row_goes_through_json_by_the_attributes_asked_for() {
    let ward = ward();
    let visit = Visit {
        visit_id: 7,
        patient_id: "p-1".into(),
        diagnosis: Phi::new("canary-asthma".into()),
        private_note: None,
    };
    let row: SealedVisit = ward.session.seal(&visit).unwrap();
    let json = serde_json::to_value(&row).unwrap();
    assert_eq!(
        (&json["visitId"], &json["patientId"]),
        (&7.into(), &"p-1".into())
    );
    assert!(json["dx"].as_str().unwrap().starts_with("phi1."));
    assert!(!json.to_string().contains("asthma"));
    let back: SealedVisit = serde_json::from_value(json).unwrap();
    assert_eq!(
        ward.session.open(&back).unwrap().diagnosis.expose(),
        "canary-asthma"
    );

    let plaintext = r#"{"visitId":7,"patientId":"p-1","dx":"canary-asthma"}"#;
    let error = serde_json::from_str::<SealedVisit>(plaintext).unwrap_err();
    assert!(!error.to_string().contains("asthma"), "{error}");
}

#[test]
fn the_twins_own_debug_is_left_to_the_application_on_request() {
    let row = SealedVisit {
        visit_id: 7,
        patient_id: "p-1".into(),
        diagnosis: Sealed::from_bytes(empty_envelope()).unwrap(),
        private_note: None,
    };
    let shown = format!("{:?}", row.clone());
    assert_eq!(
        shown,
        "SealedVisit { visit_id: 7, patient_id: \"p-1\", diagnosis: Sealed<String>, \
         private_note: None }"
    );
}

#[derive(PhiRecord)]
#[phi(record = "minimal", subjectless)]
struct Minimal {
    #[phi(id)]
    id: u32,
    #[phi(category = Photo)]
    photo: Phi<Vec<u8>>,
}

#[test]
fn by_default_its_name_ends_in_row() {
    let row = ward()
        .session
        .seal(&Minimal {
            id: 1,
            photo: Phi::new(vec![1, 2]),
        })
        .unwrap();
    let MinimalRow { id, photo } = row;
    assert_eq!((id, photo.as_bytes().len()), (1, 2 + phi_seal::OVERHEAD));
}

fn empty_envelope() -> Vec<u8> {
    [&[1, 2][..], &[7; 32], &[0; 24], &[0; 16]].concat()
}
