#[path = "../common/ward.rs"]
mod ward;

fn main() {
    let _ = ward::session().open_with(|mut opening| opening.authorize(ward::row(), ward::FIELDS));
}
