#[path = "../common/ward.rs"]
mod ward;

fn main() {
    let session = ward::session();
    let _ = session.open_with(|mut outer| {
        let permit = outer.authorize(ward::row(), ward::FIELDS)?;
        session.open_with(|mut inner| {
            let pending = inner.open(&permit, &ward::NAME, &ward::sealed());
            Ok(inner.record()?.release(pending))
        })
    });
}
