#[path = "../common/ward.rs"]
mod ward;

fn main() {
    let session = ward::session();
    let _ = session.open_with(|outer| {
        let release = outer.record()?;
        session.open_with(|mut inner| {
            let permit = inner.authorize(ward::row(), ward::FIELDS)?;
            let pending = inner.open(&permit, &ward::NAME, &ward::sealed());
            Ok(release.release(pending)?)
        })
    });
}
