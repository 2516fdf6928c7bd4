//! FHIR AuditEvent: which profile is claimed, and that it is followed.

use std::io::Write;
use std::process::{Command, Stdio};

use phi_seal::audit::EventRecord;
use phi_seal::report::fhir::{Bundle, Mapping, write_ndjson};
use phi_seal::{Access, Actor, Category, Field, Phi, Purpose, RecordId, RecordRef, RecordType};
use phi_seal::{SubjectId, TenantId};
use serde_json::{Value, json};

use crate::ward::{CHART, Patient, Ward, patient, to};

const BED: RecordType = RecordType::new("bed").subjectless();
const PLACE: Field<String> = BED.field("place", Category::Clinical);

/// Every kind of action that a vault can record here, with its failures.
fn events() -> Vec<EventRecord> {
    let ward = Ward::new();
    let care = ward.care();
    let rows = ["p-1", "p-2"].map(|id| care.seal(&patient(id)).unwrap());
    care.open(&rows[0]).unwrap();
    assert_eq!(care.open_all(&rows).filter(Result::is_ok).count(), 2);
    let ids = ["r-1", "r-2"].map(|id| RecordId::new(id).unwrap());
    let subject = SubjectId::new("p-1 \"Żak\"/7").unwrap();
    let bed = RecordRef::subjectless(&ids[0]);
    let place = Phi::new("3/17".to_string());
    let sealed = care.seal_value(&PLACE, bed, &place).unwrap();
    care.open_value(&PLACE, bed, &sealed).unwrap();
    let (from, onto) = (
        RecordRef::new(&ids[0], &subject),
        RecordRef::new(&ids[1], &subject),
    );
    let name: &Field<String> = Patient::NAME.field();
    let sealed = care.seal_value(name, from, &place).unwrap();
    care.rebind(name, from, onto, &sealed).unwrap();
    assert!(care.open_value(name, onto, &sealed).is_err(), "integrity");
    let registrar = ward.session("registrar", Purpose::PublicHealth);
    let county = to("County").address("https://county.example.org/fhir");
    registrar.disclose(&rows[0], &county.unwrap()).unwrap();
    registrar
        .disclose(&rows[0], &to("Nobody knows where"))
        .unwrap();
    let fax = to("Dr. Zoë").address("fax +1 217 555 0100").unwrap();
    registrar.disclosed(&[(from, CHART)], &fax).unwrap();
    let clerk = ward.session("clerk", Purpose::Payment);
    assert!(clerk.open(&rows[0]).is_err());
    let actor = Actor::new("cron").unwrap();
    let tenant = TenantId::new("mercy").unwrap();
    let cron = ward.session_of(Access::new(tenant, actor, Purpose::Operations));
    cron.open(&rows[0]).unwrap();
    let mut events = ward.events();
    let others = of_other_features(&events[0]);
    events.extend(others);
    events
}

/// What only other features record, in their form: searches, erasures, grace and a refused admission.
fn of_other_features(template: &EventRecord) -> Vec<EventRecord> {
    let mut value = serde_json::to_value(template).unwrap();
    let mut made = |action: &str, number: u32, edit: &dyn Fn(&mut Value)| {
        value["action"] = json!(action);
        value["event"] = json!(format!("{}-{number}-1", template.session));
        value["action_id"] = json!(format!("{}-{number}", template.session));
        let mut value = value.clone();
        edit(&mut value);
        EventRecord::from_json(value.to_string().as_bytes()).unwrap()
    };
    let search = json!({"type": "patient", "index": "ssn", "fields": ["ssn"]});
    vec![
        made("search", 1001, &|value| value["search"] = search.clone()),
        made("search", 1002, &|value| {
            value["search"] = search.clone();
            value["subjects"] = json!([]);
        }),
        made("reseal", 1003, &|_| {}),
        made("erase", 1004, &|_| {}),
        made("grace", 1005, &|value| value["subjects"] = json!([])),
        made("admit", 1006, &|value| {
            value["subjects"] = json!([]);
            value["outcome"] = json!("expired");
        }),
        made("of-a-later-version", 1007, &|value| {
            value["subjects"][0]["records"][0]["fields"][0]["outcome"] = json!("of-version-2");
        }),
        // As long as an id can be: longer than FHIR takes with a number.
        made("open", 1008, &|value| {
            let longest = format!("{}-{}-{}", template.session, u64::MAX, u32::MAX);
            value["event"] = json!(longest);
        }),
    ]
}

fn mapping() -> Mapping {
    Mapping::new()
        .patient_system("https://mercy.example.org/patients")
        .record_system("https://mercy.example.org/records")
        .actor_system("https://mercy.example.org/staff")
}

/// The resources of an event as JSON.
fn resources(event: &EventRecord) -> Vec<Value> {
    let resources = mapping().resources(event);
    resources
        .iter()
        .map(|resource| serde_json::to_value(resource).unwrap())
        .collect()
}

fn profile(resource: &Value) -> &str {
    let profile = resource["meta"]["profile"][0].as_str().unwrap_or("none");
    profile.rsplit('/').next().unwrap()
}

const EXPECTED: &[(&str, &[&str], &str)] = &[
    ("seal", &["IHE.BasicAudit.PatientCreate"], "0"),
    ("seal", &["IHE.BasicAudit.PatientCreate"], "0"),
    ("open", &["IHE.BasicAudit.PatientRead"], "0"),
    (
        "open",
        &["IHE.BasicAudit.PatientRead", "IHE.BasicAudit.PatientRead"],
        "0",
    ),
    ("seal", &["IHE.BasicAudit.Create"], "0"),
    ("open", &["IHE.BasicAudit.Read"], "0"),
    ("seal", &["IHE.BasicAudit.PatientCreate"], "0"),
    (
        "rebind",
        &[
            "IHE.BasicAudit.PatientUpdate",
            "IHE.BasicAudit.PatientUpdate",
        ],
        "0",
    ),
    ("open", &["none"], "8"),
    (
        "disclose",
        &["IHE.BasicAudit.PrivacyDisclosure.Source"],
        "0",
    ),
    ("disclose", &["none"], "0"),
    (
        "disclose",
        &["IHE.BasicAudit.PrivacyDisclosure.Source"],
        "0",
    ),
    ("open", &["none"], "4"),
    ("open", &["none"], "0"), // without an address
    ("search", &["IHE.BasicAudit.PatientQuery"], "0"),
    ("search", &["IHE.BasicAudit.Query"], "0"),
    ("reseal", &["IHE.BasicAudit.PatientUpdate"], "0"),
    ("erase", &["IHE.BasicAudit.PatientDelete"], "0"),
    ("grace", &["none"], "0"),
    ("admit", &["none"], "4"),
    ("of-a-later-version", &["none"], "8"),
    ("open", &["IHE.BasicAudit.PatientRead"], "0"),
];

#[test]
fn profiles_are_claimed_for_successes_and_only_where_all_is_known() {
    let events = events();
    assert_eq!(events.len(), EXPECTED.len());
    for (event, (action, profiles, outcome)) in events.iter().zip(EXPECTED) {
        assert_eq!(event.action, *action);
        let resources = resources(event);
        let found: Vec<_> = resources.iter().map(profile).collect();
        assert_eq!(found, *profiles, "{action}");
        for resource in &resources {
            assert_eq!(resource["outcome"], *outcome, "{action}");
            assert_eq!(resource["recorded"], event.time, "{action}");
        }
    }
}

#[test]
fn a_resource_says_who_what_and_why() {
    let events = events();
    let resource = &resources(&events[2])[0];
    let user = &resource["agent"][2];
    assert_eq!(user["who"]["identifier"]["value"], "physician-17");
    assert_eq!(user["role"][0]["text"], "physician");
    assert_eq!(user["purposeOfUse"][0]["coding"][0]["code"], "TREAT");
    assert_eq!(resource["agent"][0]["network"]["address"], "203.0.113.9");
    assert_eq!(resource["source"]["observer"]["display"], "ehr");
    assert_eq!(resource["source"]["site"], "mercy");
    assert_eq!(resource["entity"][0]["what"]["identifier"]["value"], "p-1");
    assert_eq!(resource["entity"][1]["name"], "patient");
    let details: Vec<_> = resource["entity"][1]["detail"]
        .as_array()
        .unwrap()
        .iter()
        .map(|detail| (detail["type"].as_str(), detail["valueString"].as_str()))
        .collect();
    let expected = [
        (Some("name"), Some("success")),
        (Some("ssn"), Some("success")),
        (Some("note"), Some("absent")),
    ];
    assert_eq!(details, expected);
    let request = &resource["entity"][2]["what"]["identifier"]["value"];
    assert_eq!(request, "req-8f2c");
    // Nothing of the other patient of the page.
    let page = resources(&events[3]);
    assert!(!page[0].to_string().contains("p-2"));
    assert!(!format!("{:?}", mapping().resources(&events[2])).contains("p-1"));
}

#[test]
fn the_published_models_and_profiles_accept_every_resource() {
    let events = events();
    let (mut lines, mut bundle) = (Vec::new(), Bundle::begin(Vec::new()).unwrap());
    let mut count = 0;
    for resource in events.iter().flat_map(|event| mapping().resources(event)) {
        write_ndjson(&mut lines, &resource).unwrap();
        bundle.add(&resource).unwrap();
        count += 1;
    }
    assert_eq!(count, 24);
    let bundle = bundle.finish().unwrap();
    let expected = json!({
        "Create": 1, "PatientCreate": 3, "PatientDelete": 1, "PatientQuery": 1, "PatientRead": 4,
        "PatientUpdate": 3, "PrivacyDisclosure.Source": 2, "Query": 1, "Read": 1, "none": 7,
    });
    for (form, input) in [("ndjson", &lines), ("bundle", &bundle)] {
        let said = check(form, input).unwrap();
        let said: Value = serde_json::from_str(&said).unwrap();
        assert_eq!(said, expected, "{form}");
    }
    let empty = Bundle::begin(Vec::new()).unwrap().finish().unwrap();
    assert_eq!(check("bundle", &empty).unwrap().trim(), "{}");
}

/// What is made wrong with a resource, and how.
type Edit<'e> = (&'e str, &'e dyn Fn(&mut Value));

/// The check would prove nothing if it accepted anything.
#[test]
fn the_check_refuses_what_the_profiles_refuse() {
    let events = events();
    let edits: [Edit<'_>; 10] = [
        ("a member unknown to FHIR", &|of| {
            of["subject"] = json!("p-1")
        }),
        ("no type", &|of| {
            drop(of.as_object_mut().unwrap().remove("type"))
        }),
        ("a time that is none", &|of| {
            of["recorded"] = json!("yesterday")
        }),
        ("an id that FHIR has not", &|of| of["id"] = json!("a b")),
        ("no agent", &|of| of["agent"] = json!([])),
        ("a failure", &|of| of["outcome"] = json!("8")),
        ("another action", &|of| of["action"] = json!("C")),
        ("no network", &|of| {
            drop(of["agent"][0].as_object_mut().unwrap().remove("network"));
        }),
        ("no patient", &|of| {
            drop(of["entity"].as_array_mut().unwrap().remove(0));
        }),
        ("another profile", &|of| {
            let update = profile(of).replace("Read", "Update");
            let base = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/";
            of["meta"]["profile"][0] = json!(format!("{base}{update}"));
        }),
    ];
    let sound = resources(&events[2]).remove(0);
    assert!(check("ndjson", sound.to_string().as_bytes()).is_ok());
    for (what, edit) in edits {
        let mut resource = sound.clone();
        edit(&mut resource);
        let result = check("ndjson", resource.to_string().as_bytes());
        assert!(result.is_err(), "{what}");
    }
}

/// What `tests/interop/fhir_audit.py` says of the resources.
fn check(form: &str, input: &[u8]) -> Result<String, String> {
    let python = std::env::var("PHI_SEAL_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/fhir_audit.py");
    let mut child = Command::new(&python)
        .args([script, form])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{python}: {error}"));
    // A script that fails early does not read on.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        !said.contains("ModuleNotFoundError"),
        "the tests of FHIR need a Python package: `pip install fhir.resources`, and name that Python in \
         the variable PHI_SEAL_PYTHON if it is not `python3`\n{said}"
    );
    if output.status.success() {
        Ok(String::from_utf8(output.stdout).unwrap())
    } else {
        Err(said)
    }
}
