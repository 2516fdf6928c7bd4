#[path = "../common/ward.rs"]
mod ward;

fn main() {
    let session = ward::session();
    let _ = session.open_with(|mut outer| {
        let permit = outer.authorize(ward::row(), ward::FIELDS)?;
        let pending = outer.open(&permit, &ward::NAME, &ward::sealed());
        session.open_with(|inner| {
            let release = inner.record()?;
            Ok(release.release(pending)?)
        })
    });
}
