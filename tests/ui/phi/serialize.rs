use phi_seal::Phi;

fn main() {
    let _ = serde_json::to_string(&Phi::new(String::from("Ada")));
}
