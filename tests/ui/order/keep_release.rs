#[path = "../common/ward.rs"]
mod ward;

fn main() {
    let mut kept = None;
    let _ = ward::session().open_with(|opening| {
        kept = Some(opening.record()?);
        Ok(())
    });
}
