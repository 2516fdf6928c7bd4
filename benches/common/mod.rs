//! What the record benchmarks share: a patient of twelve fields, the raw calls that they are held
//! against, and the interleaved measurement.

pub(crate) mod measure;
pub(crate) mod patient;
pub(crate) mod rivals;
