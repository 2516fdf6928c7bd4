#[path = "../common/ward.rs"]
mod ward;

fn main() {
    let session = ward::session();
    let _ = session.open_with(|mut opening| {
        let permit = opening.authorize(ward::row(), ward::FIELDS)?;
        let pending = opening.open(&permit, &ward::NAME, &ward::sealed());
        session.seal_with(|sealing| sealing.record()?.release(pending))
    });
}
