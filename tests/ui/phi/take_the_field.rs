use phi_seal::Phi;

fn main() {
    let name = Phi::new(String::from("Ada"));
    let _ = name.0;
    let Phi(_) = Phi::new(String::from("Ada"));
}
