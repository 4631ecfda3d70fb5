//! Checks any text.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| penstock_fuzz::check::holds(text));
