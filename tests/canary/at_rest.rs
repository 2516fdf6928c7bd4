//! Files: the audit file, the keyset file and a database.

use std::sync::Arc;

use phi_seal::audit::{Durability, JsonLines, Tee};
use phi_seal::danger::{PermitAll, export_data_key};
use phi_seal::key::{KeyProvider, KeysetFile, LocalKms, Scope};
use phi_seal::{Phi, Sealed, TenantId, Vault};
use pollster::block_on;
use rusqlite::Connection;

use crate::evidence::Evidence;
use crate::ward::{BYTES, MARKERS, TEXT, Ward, access};

#[test]
fn files_hold_neither_plaintext_nor_keys() {
    for marker in MARKERS {
        let folder = tempfile::tempdir().unwrap();
        let root = tempfile::tempdir().unwrap();
        let ward = Ward::new();
        let kms = LocalKms::create_file(root.path().join("root.key")).unwrap();
        let mut keyset =
            block_on(KeysetFile::create(folder.path().join("keys.json"), &kms)).unwrap();
        block_on(keyset.rotate(&kms)).unwrap();
        let keyring = Arc::new(block_on(keyset.unlock(&kms)).unwrap());
        let lines =
            JsonLines::open(folder.path().join("audit.jsonl"), Durability::Written).unwrap();
        let sink = Tee::new(lines).and(ward.sink.clone());
        let session = Vault::builder(keyring.clone(), PermitAll, sink)
            .build()
            .session(access())
            .unwrap();

        let database = Connection::open(folder.path().join("ward.db")).unwrap();
        database
            .execute_batch("CREATE TABLE patient (text TEXT, bytes BLOB)")
            .unwrap();
        for _ in 0..20 {
            let text = Phi::new(marker.to_string());
            let bytes = text.map(|text| text.as_bytes().to_vec());
            let text = session.seal_value(&TEXT, ward.row(), &text).unwrap();
            let bytes = session.seal_value(&BYTES, ward.row(), &bytes).unwrap();
            database
                .execute(
                    "INSERT INTO patient VALUES (?1, ?2)",
                    (text.to_text(), bytes.as_bytes()),
                )
                .unwrap();
        }
        let stored: (String, Vec<u8>) = database
            .query_row("SELECT text, bytes FROM patient", (), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .unwrap();
        let text = Sealed::from_text(&stored.0).unwrap();
        let opened = session.open_value(&TEXT, ward.row(), &text).unwrap();
        assert_eq!(opened.expose(), marker, "the marker did go through");
        let bytes = Sealed::from_bytes(stored.1).unwrap();
        assert!(session.open_value(&BYTES, ward.next_row(), &bytes).is_err());
        database.close().map_err(|(_, error)| error).unwrap();

        let mut evidence = Evidence::default();
        let mut size = 0;
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let path = entry.unwrap().path();
            let content = std::fs::read(&path).unwrap();
            size += content.len();
            evidence.take(path.file_name().unwrap().display(), content);
        }
        evidence.debug("KeysetFile", &keyset);
        evidence.debug("Keyset", keyset.keyset());
        evidence.debug("Keyring", &keyring);
        evidence.debug("LocalKms", &kms);
        assert!(evidence.len() >= 7 && size > 10_000, "{size}");
        for info in keyring.keys() {
            let mut key = [0; 32];
            let tenant = TenantId::new("any").unwrap();
            keyring
                .with_key(Scope::sealing(&tenant, None), info.id(), &mut |lent| {
                    key = export_data_key(lent)
                })
                .unwrap();
            evidence.debug("KeyInfo", &info);
            evidence.is_clean(marker, &key);
        }
    }
}

#[test]
fn a_database_of_plaintext_would_be_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("leaky.db");
    let database = Connection::open(&path).unwrap();
    database.execute_batch("CREATE TABLE t (c TEXT)").unwrap();
    database
        .execute("INSERT INTO t VALUES (?1)", [MARKERS[1]])
        .unwrap();
    drop(database);
    let content = std::fs::read(path).unwrap();
    let found = crate::detector::Detector::of_text(MARKERS[1]).find(&content);
    assert_eq!(found, Some(crate::detector::Spelling::Raw));
}
