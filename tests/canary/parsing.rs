//! Plaintext where an envelope or another type was expected.

use phi_seal::audit::EventRecord;
use phi_seal::key::Keyset;
use phi_seal::{Phi, Sealed, Serde, from_json};
use serde::de::DeserializeOwned;

use crate::evidence::Evidence;
use crate::ward::{Allergy, MARKERS, Ward};

#[derive(Debug, serde::Deserialize)]
#[expect(dead_code, reason = "read by Debug")]
struct Patient {
    name: Phi<String>,
    age: Phi<u32>,
    tags: Vec<Phi<bool>>,
    stored: Option<Sealed<String>>,
    #[serde(default)]
    plain: u32,
}

#[test]
fn a_plaintext_in_the_wrong_place_is_not_quoted() {
    for marker in MARKERS {
        let mut evidence = Evidence::default();
        let in_json = bodies(marker);
        for json in &in_json {
            phi_alone::<u32>(&mut evidence, json);
            phi_alone::<bool>(&mut evidence, json);
            phi_alone::<Vec<u16>>(&mut evidence, json);
            phi_alone::<Vec<String>>(&mut evidence, json);
            phi_alone::<Serde<Allergy>>(&mut evidence, json);
            phi_alone::<Serde<u8>>(&mut evidence, json);
            sealed_alone(&mut evidence, json);
            match from_json::<Patient>(json.as_bytes()) {
                Ok(patient) => evidence.debug("a body", &patient),
                Err(error) => evidence.error("a body", &error),
            }
            match from_json::<Vec<Patient>>(format!("[{json}]").as_bytes()) {
                Ok(patients) => evidence.debug("bodies", &patients),
                Err(error) => evidence.error("bodies", &error),
            }
        }
        for error in [
            Sealed::<String>::from_text(marker).unwrap_err(),
            Sealed::<String>::from_text(&format!("phi1.{marker}")).unwrap_err(),
            Sealed::<String>::from_bytes(marker).unwrap_err(),
            marker.parse::<Sealed<Vec<u8>>>().unwrap_err(),
            Sealed::<i64>::try_from(marker.as_bytes().to_vec()).unwrap_err(),
            phi_seal::inspect(marker.as_bytes()).unwrap_err(),
        ] {
            evidence.error("no envelope", &error);
        }
        for json in &in_json {
            if let Err(error) = EventRecord::from_json(json.as_bytes()) {
                evidence.error("no event", &error);
            }
            evidence.error(
                "no keyset",
                &Keyset::from_json(json.as_bytes()).unwrap_err(),
            );
        }
        assert!(evidence.len() > 100, "{}", evidence.len());
        evidence.is_clean(marker, &Ward::new().key);
    }
}

fn phi_alone<T: phi_seal::codec::Value + DeserializeOwned>(evidence: &mut Evidence, json: &str) {
    match serde_json::from_str::<Phi<T>>(json) {
        Ok(phi) => evidence.debug("Phi read", &phi),
        // Of unfinished JSON serde_json says where and what, but quotes nothing.
        Err(error) => evidence.error("Phi not read", &error),
    }
    match from_json::<Phi<T>>(json.as_bytes()) {
        Ok(phi) => evidence.debug("Phi read", &phi),
        Err(error) => evidence.error("Phi not read", &error),
    }
    if let Ok(value) = serde_json::from_str::<serde_json::Value>(json) {
        let bytes = rmp_serde::to_vec(&value).unwrap();
        match rmp_serde::from_slice::<Phi<T>>(&bytes) {
            Ok(phi) => evidence.debug("Phi read from MessagePack", &phi),
            Err(error) => evidence.error("Phi not read from MessagePack", &error),
        }
    }
}

fn sealed_alone(evidence: &mut Evidence, json: &str) {
    let error = serde_json::from_str::<Sealed<String>>(json).unwrap_err();
    evidence.error("Sealed not read", &error);
    let error = from_json::<Sealed<u64>>(json.as_bytes()).unwrap_err();
    evidence.error("Sealed not read", &error);
    if let Ok(value) = serde_json::from_str::<serde_json::Value>(json) {
        let error = serde_json::from_value::<Sealed<String>>(value.clone()).unwrap_err();
        evidence.error("Sealed not read from a value", &error);
        let bytes = rmp_serde::to_vec(&value).unwrap();
        let error = rmp_serde::from_slice::<Sealed<String>>(&bytes).unwrap_err();
        evidence.error("Sealed not read from MessagePack", &error);
        let bytes = rmp_serde::to_vec(&serde_bytes(json.as_bytes())).unwrap();
        let error = rmp_serde::from_slice::<Sealed<String>>(&bytes).unwrap_err();
        evidence.error("Sealed not read from MessagePack bytes", &error);
    }
}

/// Bytes that serde writes as bytes and not as a list of numbers.
fn serde_bytes(bytes: &[u8]) -> impl serde::Serialize + '_ {
    struct Bytes<'a>(&'a [u8]);
    impl serde::Serialize for Bytes<'_> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(self.0)
        }
    }
    Bytes(bytes)
}

/// Bodies with the marker in every place where a client can put it.
fn bodies(marker: &str) -> Vec<String> {
    let patient = |name: &str, age: &str, tags: &str, stored: &str| {
        format!(r#"{{"name":{name},"age":{age},"tags":{tags},"stored":{stored}}}"#)
    };
    let quoted = format!("\"{marker}\"");
    vec![
        quoted.clone(),
        format!("[{quoted}]"),
        format!("{{{quoted}: {quoted}}}"),
        format!("{{\"substance\": {quoted}, \"severity\": {quoted}}}"),
        format!("{{\"substance\": {quoted}, \"severity\": 999}}"),
        format!("\"{marker}"),
        marker.to_string(),
        format!("{{\"name\": {quoted}, {marker}"),
        format!("{quoted} {marker}"),
        patient(&quoted, "7", "[true]", "null"),
        patient(&quoted, &quoted, "[true]", "null"),
        patient(&quoted, "7", &quoted, "null"),
        patient(&quoted, "7", &format!("[true, {quoted}]"), "null"),
        patient(&quoted, "7", "[]", &quoted),
        patient(&quoted, "7", "[]", &format!("\"phi1.{marker}\"")),
        patient(&quoted, "7", "[]", &format!("[{quoted}]")),
        patient(&quoted, "-7", "[]", "null"),
        patient(&quoted, "7", "[]", "null").replace(r#""age""#, &quoted),
        patient(&quoted, "7", "[]", "null").replace(r#""age""#, r#""name""#),
        patient(&quoted, "7", "[]", "null").replace('}', &format!(r#","plain":{quoted}}}"#)),
    ]
}
