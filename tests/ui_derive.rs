//! What the derive macros refuse. Each `.stderr` pins the message and where it points.
//!
//! Run with all features, because the compiler's messages list the types that implement a trait.
#![cfg(all(
    feature = "derive",
    feature = "serde",
    feature = "jiff-0_2",
    feature = "chrono-0_4",
    feature = "time-0_3",
    feature = "uuid-1"
))]

#[test]
fn what_is_no_record_or_value_is_refused_with_a_reason() {
    trybuild::TestCases::new().compile_fail("tests/ui-derive/*.rs");
}
