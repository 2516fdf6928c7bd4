//! What must not compile: every way round the order of an action, every way to print, copy or
//! compare plaintext, and indexes that would give away too much or find nothing. Each `.stderr` pins the compiler's reason.
//!
//! Run with all features, because the messages list the types that implement a trait.
#![cfg(all(
    feature = "serde",
    feature = "jiff-0_2",
    feature = "chrono-0_4",
    feature = "index-phonetic",
    feature = "time-0_3",
    feature = "uuid-1"
))]

#[test]
fn the_order_of_an_action_cannot_be_broken() {
    trybuild::TestCases::new().compile_fail("tests/ui/order/*.rs");
}

#[test]
fn plaintext_has_one_door_and_values_one_shape() {
    trybuild::TestCases::new().compile_fail("tests/ui/phi/*.rs");
}

#[test]
fn an_index_is_of_what_can_be_searched() {
    trybuild::TestCases::new().compile_fail("tests/ui/index/*.rs");
}
