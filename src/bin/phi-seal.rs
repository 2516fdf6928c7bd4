//! The tool as `cargo install` makes it: `phi_seal::cli::Program` and the services that need no
//! client of an application's.

use std::process::ExitCode;

use phi_seal::cli::Program;

fn main() -> ExitCode {
    let program = Program::new();
    #[cfg(feature = "pkcs11")]
    let program = program.kms(
        "pkcs11",
        "pkcs11:token=…;object=…;id=%01?module-path=/…&pin-source=file:/…, a key in an HSM",
        async |rest: &str| {
            let uri = format!("pkcs11:{rest}");
            let builder = phi_seal::integration::pkcs11::Pkcs11Uri::parse(&uri)?.builder()?;
            builder.sessions(1).open().await
        },
    );
    pollster::block_on(program.run(std::env::args_os()))
}
