//! Resources as NDJSON, and as one Bundle.

use core::fmt;
use std::io::{self, Write};

use sha2::{Digest, Sha256};

use super::types::AuditEvent;
use crate::report::table::write_json_line;

/// Writes a resource as one line of NDJSON (`application/fhir+ndjson`).
///
/// # Errors
///
/// Those of `out`.
pub fn write_ndjson(out: &mut impl Write, resource: &AuditEvent) -> io::Result<()> {
    write_json_line(out, resource)
}

/// Writes resources as they come into one Bundle of type `collection`.
///
/// Each has a `fullUrl` of its own, a UUID (version 8) made from the resource's id.
///
/// # Example
///
/// ```
/// use phi_seal::report::fhir::Bundle;
///
/// let mut bundle = Bundle::begin(Vec::new())?;
/// // for resource in mapping.resources(&event) { bundle.add(&resource)?; }
/// assert_eq!(bundle.finish()?, br#"{"resourceType":"Bundle","type":"collection"}"#);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Bundle<W> {
    out: W,
    is_empty: bool,
}

impl<W: Write> Bundle<W> {
    /// Begins a bundle.
    ///
    /// # Errors
    ///
    /// Those of `out`.
    pub fn begin(mut out: W) -> io::Result<Self> {
        out.write_all(br#"{"resourceType":"Bundle","type":"collection""#)?;
        Ok(Self {
            out,
            is_empty: true,
        })
    }

    /// Adds a resource.
    ///
    /// # Errors
    ///
    /// Those of the output.
    pub fn add(&mut self, resource: &AuditEvent) -> io::Result<()> {
        // An array must not be empty in FHIR.
        let before = if self.is_empty { r#","entry":["# } else { "," };
        self.is_empty = false;
        let url = full_url(resource.id());
        write!(self.out, r#"{before}{{"fullUrl":"{url}","resource":"#)?;
        serde_json::to_writer(&mut self.out, resource).map_err(io::Error::from)?;
        self.out.write_all(b"}")
    }

    /// Ends the bundle, flushes the output and gives it back. Without this it is no JSON.
    ///
    /// # Errors
    ///
    /// Those of the output.
    pub fn finish(mut self) -> io::Result<W> {
        let end: &[u8] = if self.is_empty { b"}" } else { b"]}" };
        self.out.write_all(end)?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// `urn:uuid:` and a UUID of version 8 (RFC 9562): the first bits of the id's SHA-256.
fn full_url(id: &str) -> alloc::string::String {
    let hash = Sha256::digest(id.as_bytes());
    let mut uuid = [0; 16];
    uuid.copy_from_slice(&hash[..16]);
    let bits = u128::from_be_bytes(uuid);
    let bits = bits & !(0xF << 76) & !(0b11 << 62) | 8 << 76 | 0b10 << 62;
    let hex = alloc::format!("{bits:032x}");
    let (a, b, c, d, e) = (
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    );
    alloc::format!("urn:uuid:{a}-{b}-{c}-{d}-{e}")
}

impl<W> fmt::Debug for Bundle<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bundle").finish_non_exhaustive()
    }
}
