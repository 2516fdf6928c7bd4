use phi_seal::Receipt;
use phi_seal::release::Receipt as Inner;

fn main() {}
