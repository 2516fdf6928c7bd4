use phi_seal::Pending;

fn main() {
    let _: Pending<'_, u8> = Pending::new(Ok(7));
    let _: Pending<'_, u8> = Pending { waiting: Ok(7) };
}
