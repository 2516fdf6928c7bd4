//! That the watch sees what it should.

use phi_seal::{Phi, SecretBytes, Serde};

use crate::watch::{MARKER, leaves_nothing, watch};

#[test]
fn a_string_that_is_dropped_is_caught() {
    let (seen, ()) = watch(|| drop(String::from(MARKER)));
    assert_eq!((seen.leaks, seen.allocations), (1, 1));
    let (seen, ()) = watch(|| drop(String::from("harmless")));
    assert_eq!((seen.leaks, seen.searched), (0, 8));
}

#[test]
fn a_string_that_grows_is_caught() {
    let mut text = String::with_capacity(MARKER.len());
    text.push_str(MARKER);
    let (seen, ()) = watch(|| text.push('.'));
    assert_eq!(seen.leaks, 1);
}

#[test]
fn a_third_of_the_marker_is_caught() {
    for at in [0, 12, 24] {
        let (seen, ()) = watch(|| drop(MARKER[at..at + 12].to_string()));
        assert_eq!(seen.leaks, 1, "from {at}");
    }
}

#[test]
fn a_block_that_is_handed_on_is_no_leak() {
    let (seen, text) = watch(|| String::from(MARKER));
    assert_eq!((seen.leaks, seen.searched), (0, 0));
    let ((seen, ()), _) = (watch(|| drop(Phi::new(text))), ());
    assert_eq!(seen.leaks, 0);
    assert!(seen.searched >= MARKER.len());
}

#[test]
fn a_struct_outside_of_a_phi_is_caught() {
    let (seen, ()) = watch(|| drop(Serde::new(String::from(MARKER))));
    assert_eq!(seen.leaks, 1, "Serde alone wipes nothing, as its page says");
}

#[test]
fn a_panic_is_watched_too() {
    let (seen, result) = watch(|| {
        std::panic::catch_unwind(|| {
            let _text = String::from(MARKER);
            panic!("on purpose")
        })
    });
    assert!(result.is_err());
    assert_eq!(seen.leaks, 1);
}

#[test]
fn a_secret_buffer_wipes_what_it_outgrows() {
    leaves_nothing("growth, byte by byte", || {
        let mut buffer = SecretBytes::default();
        for byte in MARKER.bytes() {
            buffer.append(&[byte]);
        }
    });
    leaves_nothing("refused as text", || {
        let mut buffer = SecretBytes::with_capacity(64);
        buffer.append(MARKER.as_bytes());
        buffer.append(&[0xff]);
        assert!(buffer.into_string().is_none());
    });
}
