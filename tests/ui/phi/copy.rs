use phi_seal::Phi;

fn main() {
    let age = Phi::new(7_u8);
    let moved = age;
    let _ = (age, moved);
}
