use phi_seal::Pending;

fn main() {
    let _: Pending<'_, u8> = Pending::new(7);
    let _: Pending<'_, u8> = Pending { waiting: 7 };
}
