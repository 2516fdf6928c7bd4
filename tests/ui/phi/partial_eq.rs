use phi_seal::Phi;

fn main() {
    let _ = Phi::new(String::from("Ada")) == Phi::new(String::from("Ada"));
}
