//! Opening on every way at once.

use phi_seal::codec::Value;
use phi_seal::key::DataKey;
use phi_seal::{ErrorKind, Phi, RecordRef, Sealed};

use crate::place::{Place, shared_key};

/// A value that an envelope is neighboured by in actions over several.
pub(crate) trait Sample: Value + Default {}

impl<T: Value + Default> Sample for T {}

/// The key of everything here.
pub(crate) fn key() -> DataKey {
    shared_key([7; 32])
}

/// The envelope of a value that was sealed at `place` in a session, or of a sealed absence.
pub(crate) fn sealed_at<T: Value>(
    place: &Place,
    value: Option<T>,
    bucket: Option<u16>,
) -> Sealed<T> {
    let mut field = place.field::<T>().sealed_null();
    if let Some(bucket) = bucket {
        field = field.pad_to(bucket);
    }
    let (session, _) = place.session(key());
    let value = value.map(Phi::new);
    place
        .within(|_, row| session.seal_value(&field, row, &value))
        .unwrap()
        .unwrap()
}

/// Why nothing comes out of these bytes at `place`, on any way. The ways must agree, and a
/// session's must be recorded so.
pub(crate) fn refusal<T: Sample>(place: &Place, bytes: &[u8]) -> ErrorKind {
    match Sealed::<T>::from_bytes(bytes) {
        Ok(sealed) => refusal_of(place, &sealed),
        Err(error) => error.kind(),
    }
}

pub(crate) fn refusal_of<T: Sample>(place: &Place, sealed: &Sealed<T>) -> ErrorKind {
    let bare = place.open_raw(&key(), Some(sealed.clone())).map(drop);
    let kind = bare.map_err(|error| error.kind()).unwrap_err();
    place.within(|_, row| {
        assert_eq!(opened_alone(place, row, sealed), kind);
        assert_eq!(opened_among_others(place, row, sealed), kind);
        // Moving a value decodes nothing, so what is undecodable moves as it is.
        if kind != ErrorKind::Undecodable {
            assert_eq!(rebound(place, row, sealed), kind);
        }
    });
    kind
}

/// Whether it opens at `place` on every way.
pub(crate) fn opens<T: Sample>(place: &Place, sealed: &Sealed<T>) -> bool {
    let (session, _) = place.session(key());
    let sealed = Some(sealed.clone());
    let recorded = place.within(|_, row| session.open_value(&place.field(), row, &sealed));
    let bare = place.open_raw(&key(), sealed);
    assert_eq!(bare.is_ok(), recorded.is_ok());
    bare.is_ok()
}

fn opened_alone<T: Sample>(place: &Place, row: RecordRef<'_>, sealed: &Sealed<T>) -> ErrorKind {
    let (session, sink) = place.session(key());
    let opened = session.open_value(&place.field(), row, &Some(sealed.clone()));
    let error = opened.map(drop).unwrap_err();
    assert_eq!(
        (error.record_type(), error.field()),
        (Some(&*place.record_type), Some(&*place.field))
    );
    let [event] = &sink.events()[..] else {
        panic!("one action, one event");
    };
    assert_eq!(
        (&*event.action, &*event.outcome),
        ("open", error.kind().code())
    );
    assert_eq!(
        event.subjects[0].records[0].fields[0].outcome,
        error.kind().code()
    );
    error.kind()
}

/// Between two good envelopes that share its nonce's first half, so that a derived key is at hand.
fn opened_among_others<T: Sample>(
    place: &Place,
    row: RecordRef<'_>,
    sealed: &Sealed<T>,
) -> ErrorKind {
    let (session, sink) = place.session(key());
    let field = place.field();
    let mut nonce: [u8; 24] = sealed.as_bytes()[34..58].try_into().unwrap();
    nonce[23] ^= 0xff;
    let good = Some(place.seal_raw(&key(), nonce, &field, &Some(Phi::new(T::default()))));
    let sealed = Some(sealed.clone());
    let opened = session
        .open_values(&field, &[(row, &good), (row, &sealed), (row, &good)])
        .unwrap();
    let [Ok(Some(_)), Err(error), Ok(Some(_))] = &opened[..] else {
        panic!("only the second is refused");
    };
    assert_eq!(error.index(), Some(1));
    let events = sink.events();
    let outcomes: Vec<_> = events[0].subjects[0].records[0]
        .fields
        .iter()
        .map(|field| &*field.outcome)
        .collect();
    assert_eq!(outcomes, ["success", error.kind().code(), "success"]);
    assert_eq!((events.len(), &*events[0].outcome), (1, "partial"));
    error.kind()
}

fn rebound<T: Sample>(place: &Place, row: RecordRef<'_>, sealed: &Sealed<T>) -> ErrorKind {
    let (session, sink) = place.session(key());
    let to = row.binding(b"another revision");
    let moved = session.rebind(&place.field(), row, to, &Some(sealed.clone()));
    let kind = moved.map(drop).unwrap_err().kind();
    let events = sink.events();
    let from = &events[0].subjects[0].records[0].fields[0];
    assert_eq!((events.len(), &*from.outcome), (1, kind.code()));
    kind
}
