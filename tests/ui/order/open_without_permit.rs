#[path = "../common/ward.rs"]
mod ward;

fn main() {
    let _ = ward::session().open_with(|mut opening| {
        let pending = opening.open(&ward::NAME, &ward::sealed());
        opening.record()?.release(pending)
    });
}
