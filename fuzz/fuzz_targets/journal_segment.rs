#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| phi_seal_fuzz::journal_segment::run(data));
