#[path = "../common/ward.rs"]
mod ward;

fn main() {
    let mut kept = None;
    let _ = ward::session().open_with(|mut opening| {
        let permit = opening.authorize(ward::row(), ward::FIELDS)?;
        kept = Some(opening.open(&permit, &ward::NAME, &ward::sealed()));
        Ok(())
    });
}
