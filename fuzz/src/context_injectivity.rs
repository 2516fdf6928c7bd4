//! An envelope opens in its own context and in no other.

use phi_seal::audit::MemorySink;
use phi_seal::danger::{FixedNonce, PermitAll, import_data_key, open_unrecorded, seal_unrecorded};
use phi_seal::key::KeyScope;
use phi_seal::{Access, Actor, ErrorKind, Keyring, Phi, Purpose, Sealed, Vault};
use std::sync::Arc;

use super::input::Input;
use super::place::{Ids, Place};

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let (one, other) = match input.byte() % 3 {
        0 => (Place::read(&mut input), Place::read(&mut input)),
        // What a context without lengths would not tell apart: the same bytes cut into other
        // pieces,
        1 => {
            let text = input.text();
            (Place::cut(&text, &mut input), Place::cut(&text, &mut input))
        }
        // and a separator that stands in another piece.
        _ => {
            let place = Place::read(&mut input);
            let separator = input.text();
            place.separated(&separator, input.byte())
        }
    };
    let (Some(one_ids), Some(other_ids)) = (one.ids(), other.ids()) else {
        return;
    };
    opens_at_home_only(&one, &one_ids, &other, &other_ids);
    opens_at_home_only(&other, &other_ids, &one, &one_ids);
}

fn opens_at_home_only(home: &Place, home_ids: &Ids<'_>, reader: &Place, reader_ids: &Ids<'_>) {
    let key = import_data_key([7; 32], KeyScope::default());
    let sealed = seal_unrecorded(
        &key,
        FixedNonce([3; 24]),
        &home_ids.tenant,
        &home.field(),
        home_ids.row(),
        &Phi::new(String::from(VALUE)),
    )
    .expect("text can be sealed in any valid context");

    let field = reader.field::<String>();
    let bare = open_unrecorded(&key, &reader_ids.tenant, &field, reader_ids.row(), &sealed);
    let sink = Arc::new(MemorySink::new());
    let audited = Vault::builder(Keyring::from_key(key), PermitAll, sink.clone())
        .build()
        .session(Access::new(
            reader_ids.tenant.clone(),
            Actor::new("fuzzer").expect("a valid actor"),
            Purpose::Treatment,
        ))
        .expect("a fresh session")
        .open_value(&field, reader_ids.row(), &sealed);
    assert_eq!(sink.len(), 1, "one action, one event");

    for opened in [bare, audited] {
        match opened {
            Ok(value) => {
                assert_eq!(home, reader, "opened in another context");
                assert_eq!(value.expose(), VALUE);
            }
            Err(error) => {
                assert_ne!(home, reader, "did not open in its own context");
                assert_eq!(error.kind(), ErrorKind::Integrity);
            }
        }
    }
    foreign_shape_is_refused(reader, reader_ids, &sealed);
}

/// A subject where none belongs, and none where one does, is the caller's mistake.
fn foreign_shape_is_refused(reader: &Place, reader_ids: &Ids<'_>, sealed: &Sealed<String>) {
    let key = import_data_key([7; 32], KeyScope::default());
    let mut inverted = reader.clone();
    inverted.subject = match reader.subject {
        Some(_) => None,
        None => Some(String::from("p")),
    };
    let field = inverted.field::<String>();
    let refused = open_unrecorded(&key, &reader_ids.tenant, &field, reader_ids.row(), sealed);
    let kind = refused.map(drop).map_err(|error| error.kind());
    assert_eq!(kind, Err(ErrorKind::InvalidInput));
}

const VALUE: &str = "metastatic";
