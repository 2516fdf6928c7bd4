use phi_seal::Phi;

fn main() {
    println!("{}", Phi::new(String::from("Ada")));
}
