//! Makes the form of any text, and changes of it that the end of the text chooses.

#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let dice = &text.as_bytes()[text.len().saturating_sub(12)..];
    penstock_fuzz::form::holds(text, dice);
});
