//! The rule language for the browser's editor: [`penstock_dsl`] behind `wasm-bindgen`. Bindings alone; nothing is decided
//! here.
//!
//! Objects go in and out as JSON (`wire`), with the TypeScript types of `types.d.ts`. Every place of a text is given twice: in
//! bytes of UTF-8, as the HTTP API gives it, and in UTF-16 code units, as JavaScript counts (`places`). Places that come in
//! are UTF-16. Time zones are compiled in (IANA's database); no clock and no randomness is ever asked for.

// What `#[wasm_bindgen]` makes of each function hands memory to JavaScript; none is written by hand.
#![allow(unsafe_code)]

mod places;
mod wire;

use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = JSON, catch)]
    fn stringify(value: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_namespace = JSON, catch)]
    fn parse(json: &str) -> Result<JsValue, JsValue>;
}

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.d.ts");

/// Checks a text: every finding, and where it has a meaning its hash and what it about costs. Dates without an offset are in `timeZone`
/// (IANA name; UTC when left out), `~fx` converts at `rates`. Throws on an unknown time zone and on a bad table of rates.
#[wasm_bindgen(unchecked_return_type = "Checked")]
pub fn check(
    text: &str,
    #[wasm_bindgen(js_name = timeZone)] time_zone: Option<String>,
    #[wasm_bindgen(unchecked_optional_param_type = "Rates")] rates: &JsValue,
) -> Result<JsValue, JsError> {
    let rates = match rates.is_undefined() || rates.is_null() {
        true => None,
        false => Some(json_of(rates)?),
    };
    let options = wire::options(time_zone.as_deref(), rates.as_deref())?;
    answer(wire::check(text, &options))
}

/// Lays a text out in the language's one layout; meaning and comments stay. Only errors of syntax keep it from that.
#[wasm_bindgen(unchecked_return_type = "Formatted")]
pub fn format(text: &str) -> Result<JsValue, JsError> {
    answer(wire::format(text))
}

/// The form of a text. A text with errors of syntax gives what could be read.
#[wasm_bindgen(unchecked_return_type = "Form")]
pub fn form(text: &str) -> Result<JsValue, JsError> {
    answer(wire::form(text))
}

/// Makes changes of a form in its text, in order; all of them or none. Throws on what is no change at all.
#[wasm_bindgen(unchecked_return_type = "Changed")]
pub fn change(
    text: &str,
    #[wasm_bindgen(unchecked_param_type = "Change[]")] changes: &JsValue,
) -> Result<JsValue, JsError> {
    answer(wire::change(text, &json_of(changes)?))
}

/// What may stand at a cursor, from the language and the registry alone; `at` is a UTF-16 place.
#[wasm_bindgen(js_name = completeSyntax, unchecked_return_type = "Completions")]
pub fn complete_syntax(text: &str, at: usize) -> Result<JsValue, JsError> {
    answer(wire::complete(text, at))
}

/// The same places in UTF-16 code units, for findings of the HTTP API; a place inside a character is its start, one
/// outside the text its end.
#[wasm_bindgen(js_name = utf16Places)]
pub fn utf16_places(text: &str, bytes: &[u32]) -> Vec<u32> {
    let places = places::Places::new(text);
    bytes.iter().map(|&at| places.utf16(usize::try_from(at).unwrap_or(usize::MAX))).collect()
}

/// An answer as a JavaScript object.
fn answer(json: wire::Answer) -> Result<JsValue, JsError> {
    parse(&json?).map_err(|_| JsError::new("the answer is no JSON"))
}

/// The JSON of an argument.
fn json_of(value: &JsValue) -> Result<String, JsError> {
    let json = stringify(value).map_err(|_| JsError::new("this cannot be written as JSON"))?;
    json.as_string().ok_or_else(|| JsError::new("this has no JSON"))
}
