use phi_seal::Phi;

fn main() {
    let _ = Phi::new(1_i64) < Phi::new(2_i64);
    let _ = Phi::new(1_i64).max(Phi::new(2_i64));
}
