#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| phi_seal_fuzz::checkpoint_note::run(data));
