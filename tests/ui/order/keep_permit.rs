#[path = "../common/ward.rs"]
mod ward;

fn main() {
    let mut kept = None;
    let _ = ward::session().open_with(|mut opening| {
        kept = Some(opening.authorize(ward::row(), ward::FIELDS)?);
        Ok(())
    });
}
