use phi_seal::Phi;
use std::collections::HashSet;
use std::hash::Hash;

fn hashed(_: impl Hash) {}

fn main() {
    hashed(Phi::new(String::from("Ada")));
    HashSet::new().insert(Phi::new(7_u8));
}
