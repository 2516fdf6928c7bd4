#[path = "../common/ward.rs"]
mod ward;

fn main() {
    let _ = ward::session().seal_value(&ward::NAME, ward::row(), &String::from("Ada"));
}
