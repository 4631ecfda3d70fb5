//! Makes the form of any text, and changes of it that the start of the input chooses.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let Some((dice, text)) = penstock_fuzz::form::split(input) {
        penstock_fuzz::form::holds(text, &dice);
    }
});
