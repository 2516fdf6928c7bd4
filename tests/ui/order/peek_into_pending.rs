#[path = "../common/ward.rs"]
mod ward;

fn main() {
    let _ = ward::session().open_with(|mut opening| {
        let permit = opening.authorize(ward::row(), ward::FIELDS)?;
        let pending = opening.open(&permit, &ward::NAME, &ward::sealed());
        println!("{}", pending.waiting.expose());
        Ok(())
    });
}
