#[path = "../common/ward.rs"]
mod ward;

fn main() {
    let session = ward::session();
    let mut kept = Vec::new();
    let _ = session.open_with(|earlier| {
        kept.push(earlier.record()?);
        Ok(())
    });
    let _ = session.open_with(|mut later| {
        let permit = later.authorize(ward::row(), ward::FIELDS)?;
        let pending = later.open(&permit, &ward::NAME, &ward::sealed());
        Ok(kept[0].release(pending))
    });
}
