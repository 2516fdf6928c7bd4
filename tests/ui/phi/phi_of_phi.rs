use phi_seal::Phi;

fn main() {
    let _ = Phi::new(Phi::new(String::from("Ada")));
}
