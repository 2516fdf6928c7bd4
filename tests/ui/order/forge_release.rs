use phi_seal::Release;

fn main() {
    let _: Release<'_> = Release(());
    let _: Release<'_> = Release::default();
}
