#[path = "../common/ward.rs"]
mod ward;

fn main() {
    let _ = ward::session().open_with(|mut opening| {
        std::thread::scope(|scope| {
            scope.spawn(|| opening.authorize(ward::row(), ward::FIELDS).is_ok());
        });
        Ok(())
    });
}
