#[path = "../common/ward.rs"]
mod ward;

fn main() {
    let _ = ward::session().open_with(|opening| opening.record());
}
