use phi_seal::Phi;

fn main() {
    let _ = Phi::new(36.6_f64);
}
