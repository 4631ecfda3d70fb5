//! Everything, on texts as long as they may be: what takes more than linear time, or stack, shows here.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| {
    let text = penstock_fuzz::long(input);
    penstock_fuzz::check::holds(&text);
    penstock_fuzz::format::holds(&text);
    penstock_fuzz::form::holds(&text, &penstock_fuzz::form::hashed(input));
    penstock_fuzz::complete::holds(&text, text.len());
    penstock_fuzz::tree::holds(&text);
});
