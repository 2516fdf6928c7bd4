//! Sealing, opening and rebinding, success and failure, of every kind of value.

use phi_seal::codec::{CodecError, Content, Encoder, Value};
use phi_seal::danger::{FixedNonce, import_data_key, open_unrecorded, seal_unrecorded};
use phi_seal::key::KeyScope;
use phi_seal::{
    AuditError, Category, Field, Needs, Phi, Sealed, SecretBytes, Serde, TenantId, Vault,
};

use crate::evidence::Evidence;
use crate::ward::{
    ARRAY, Allergy, BYTES, LIST, MARKERS, PADDED, PATIENT, STRUCT, TEXT, Ward, access,
};

#[test]
fn values_leak_nothing_on_any_path() {
    for marker in MARKERS {
        let ward = Ward::new();
        let mut evidence = Evidence::default();
        let allergy = Allergy {
            substance: marker.to_string(),
            severity: 3,
        };
        let mut array = [0; 42];
        array.copy_from_slice(&marker.as_bytes()[..42]);
        walk(&ward, &mut evidence, &TEXT, marker.to_string());
        walk(&ward, &mut evidence, &PADDED, marker.to_string());
        walk(&ward, &mut evidence, &BYTES, marker.as_bytes().to_vec());
        walk(&ward, &mut evidence, &LIST, vec![marker.to_string(); 3]);
        walk(&ward, &mut evidence, &STRUCT, Serde::new(allergy));
        walk(&ward, &mut evidence, &ARRAY, array);
        for event in ward.sink.events() {
            evidence.take("event", event.to_json());
            evidence.debug("event record", &event);
        }
        assert!(evidence.len() > 250, "{}", evidence.len());
        evidence.is_clean(marker, &ward.key);
    }
}

/// Everything that can happen to a value of one type.
fn walk<T: Value + Clone>(ward: &Ward, evidence: &mut Evidence, field: &Field<T>, value: T) {
    let session = &ward.session;
    let phi = Phi::new(value);
    evidence.debug("Phi", &phi);
    evidence.debug("Phi within others", &(Some(&phi), vec![Ok::<_, ()>(&phi)]));
    evidence.debug("Phi duplicated", &phi.duplicate());
    let mut buffer = SecretBytes::default();
    phi.expose().encode(&mut Encoder::new(&mut buffer)).unwrap();
    evidence.debug("SecretBytes", &buffer);
    evidence.debug("Encoder", &Encoder::new(&mut buffer));

    let sealed = session.seal_value(field, ward.row(), &phi).unwrap();
    evidence.debug("Sealed", &sealed);
    evidence.take("envelope", sealed.as_bytes());
    evidence.take("envelope as text", sealed.to_text());
    evidence.take("envelope as JSON", serde_json::to_vec(&sealed).unwrap());
    evidence.take(
        "envelope as MessagePack",
        rmp_serde::to_vec(&sealed).unwrap(),
    );
    evidence.debug("inspection", &phi_seal::inspect(sealed.as_bytes()).unwrap());
    let needs = Needs::new().open(field, ward.row(), &sealed);
    evidence.debug("Needs", &needs);
    let lease = pollster::block_on(session.prepare(&needs)).unwrap();
    evidence.debug("Lease", &lease);

    let opened = session.open_value(field, ward.row(), &sealed).unwrap();
    assert!(opened.ct_eq(&phi), "the marker did go through");
    evidence.debug("opened", &opened);
    let moved = session
        .rebind(field, ward.row(), ward.next_row(), &sealed)
        .unwrap();
    evidence.take("rebound", moved.as_bytes());
    let many = session
        .seal_values(field, &[(ward.row(), &phi), (ward.next_row(), &phi)])
        .unwrap();
    evidence.debug("sealed many", &many);
    let many = session
        .open_values(field, &[(ward.row(), &sealed), (ward.next_row(), &sealed)])
        .unwrap();
    assert!(many[0].is_ok() && many[1].is_err());
    evidence.debug("opened many", &many);

    within_an_action(ward, evidence, field, &sealed);
    failures(ward, evidence, field, &phi, &sealed);
    unrecorded(ward, evidence, field, &phi);
}

fn within_an_action<T: Value>(
    ward: &Ward,
    evidence: &mut Evidence,
    field: &Field<T>,
    sealed: &Sealed<T>,
) {
    let fields = [field.info()];
    let opened = ward.session.open_with(|mut opening| {
        evidence.debug("Opening", &opening);
        let permit = opening.authorize(ward.row(), &fields)?;
        evidence.debug("Permit", &permit);
        let pending = opening.open(&permit, field, sealed);
        evidence.debug("Pending", &pending);
        let release = opening.record()?;
        evidence.debug("Release", &release);
        release.release(pending)
    });
    evidence.debug("released", &opened);
    let aborted = ward.session.open_with(|mut opening| {
        let permit = opening.authorize(ward.row(), &fields)?;
        let pending = opening.open(&permit, field, sealed);
        evidence.debug("Pending to be dropped", &pending);
        Ok(())
    });
    evidence.debug("aborted", &aborted);
    let sealed = ward.session.seal_with(|mut sealing| {
        evidence.debug("Sealing", &sealing);
        let permit = sealing.authorize(ward.row(), &fields)?;
        let pending = sealing.seal(&permit, field, &None::<Phi<T>>);
        evidence.debug("Pending to be sealed", &pending);
        sealing.record()?.release(pending)
    });
    evidence.debug("sealed absence", &sealed);
}

fn failures<T: Value>(
    ward: &Ward,
    evidence: &mut Evidence,
    field: &Field<T>,
    phi: &Phi<T>,
    sealed: &Sealed<T>,
) {
    let session = &ward.session;
    let mut tampered = sealed.clone().into_bytes();
    *tampered.last_mut().unwrap() ^= 1;
    let tampered = Sealed::from_bytes(tampered).unwrap();
    let opened = |row, sealed| session.open_value(field, row, sealed).map(drop);
    evidence.error("bad tag", &opened(ward.row(), &tampered).unwrap_err());
    evidence.error("wrong row", &opened(ward.next_row(), sealed).unwrap_err());
    let moved = session.rebind(field, ward.next_row(), ward.row(), sealed);
    evidence.error("wrong row, rebound", &moved.unwrap_err());

    let stranger = Ward::new();
    let unknown = stranger.session.open_value(field, ward.row(), sealed);
    evidence.error("unknown key", &unknown.map(drop).unwrap_err());

    // The same content, authentic, read as a type that refuses it.
    let strict: Field<Strict<T>> = PATIENT.field(field.name(), Category::Clinical);
    let same = Sealed::<Strict<T>>::from_bytes(sealed.as_bytes()).unwrap();
    let refused = session.open_value(&strict, ward.row(), &same);
    evidence.error("undecodable", &refused.map(drop).unwrap_err());
    let mut buffer = SecretBytes::default();
    phi.expose().encode(&mut Encoder::new(&mut buffer)).unwrap();
    let value = Strict(T::decode(buffer).unwrap_or_else(|_| panic!("decodes")));
    let strict_phi = Phi::new(value);
    let refused = session.seal_value(&strict, ward.row(), &strict_phi);
    evidence.error("unencodable", &refused.map(drop).unwrap_err());
    evidence.debug("Phi of a type of one's own", &strict_phi);

    ward.sink
        .fail_with(AuditError::new("the store is down; try again"));
    evidence.error("no record", &opened(ward.row(), sealed).unwrap_err());
    let unsealed = session.seal_value(field, ward.row(), phi);
    evidence.error("no record, sealing", &unsealed.map(drop).unwrap_err());
    ward.sink.recover();

    let policy = phi_seal::RolePolicy::new("nobody");
    let closed = Vault::builder(ward.keys.clone(), policy, ward.sink.clone()).build();
    let denied = closed.session(access()).unwrap();
    let refused = denied.open_value(field, ward.row(), sealed).map(drop);
    evidence.error("denied", &refused.unwrap_err());
    let refused = denied.seal_value(field, ward.row(), phi).map(drop);
    evidence.error("denied, sealing", &refused.unwrap_err());
    evidence.debug("Vault", &closed);
    evidence.debug("Session", &denied);
}

fn unrecorded<T: Value>(ward: &Ward, evidence: &mut Evidence, field: &Field<T>, phi: &Phi<T>) {
    let key = import_data_key(ward.key, KeyScope::default());
    let tenant = TenantId::new("mercy").unwrap();
    evidence.debug("DataKey", &key);
    let nonce = FixedNonce([7; 24]);
    let sealed = seal_unrecorded(&key, nonce, &tenant, field, ward.row(), phi).unwrap();
    evidence.take("sealed unrecorded", sealed.as_bytes());
    let opened = open_unrecorded(&key, &tenant, field, ward.row(), &sealed);
    evidence.debug("opened unrecorded", &opened);
    let refused = open_unrecorded(&key, &tenant, field, ward.next_row(), &sealed);
    evidence.error("refused unrecorded", &refused.map(drop).unwrap_err());
    let stranger = import_data_key([9; 32], KeyScope::default());
    let refused = open_unrecorded(&stranger, &tenant, field, ward.row(), &sealed);
    evidence.error("another key", &refused.map(drop).unwrap_err());
}

/// Has the same content as `T`, and neither writes nor reads it.
struct Strict<T>(T);

impl<T: Value> Value for Strict<T> {
    const CONTENT: Content = T::CONTENT;

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        self.0.encode(out)?;
        Err(CodecError::new("this value must not be stored"))
    }

    fn decode(content: SecretBytes) -> Result<Self, CodecError> {
        T::decode(content)?.wipe();
        Err(CodecError::new("this value must not be read"))
    }

    fn wipe(&mut self) {
        self.0.wipe();
    }
}
