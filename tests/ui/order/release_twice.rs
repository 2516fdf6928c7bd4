#[path = "../common/ward.rs"]
mod ward;

fn main() {
    let _ = ward::session().open_with(|mut opening| {
        let permit = opening.authorize(ward::row(), ward::FIELDS)?;
        let pending = opening.open(&permit, &ward::NAME, &ward::sealed());
        let release = opening.record()?;
        let first = release.release(pending);
        Ok((first, release.release(pending)?))
    });
}
