//! Completes and hovers at four places of any text.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    for quarter in 1..=4 {
        penstock_fuzz::complete::holds(text, text.len() * quarter / 4);
    }
});
