use phi_seal::Phi;

fn main() {
    let name = Phi::new(String::from("Ada"));
    let _: &String = &*name;
    let _: &str = name.as_ref();
}
