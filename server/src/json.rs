//! Guards that run over a JSON text before any parser does.

/// The deepest nesting of arrays and objects that a request may have.
pub const DEPTH_MAX: usize = 32;

/// How deep arrays and objects nest in a JSON text, counted without parsing: brackets inside strings do not count. Stops
/// counting above `most`. A text that is no JSON gets some number; the parser refuses it later.
pub fn depth(text: &[u8], most: usize) -> usize {
    let (mut now, mut deepest, mut at) = (0usize, 0, 0);
    while let Some(byte) = text.get(at) {
        at += 1;
        match byte {
            b'[' | b'{' => {
                now += 1;
                deepest = deepest.max(now);
                if deepest > most {
                    break;
                }
            }
            b']' | b'}' => now = now.saturating_sub(1),
            b'"' => at = after_string(text, at),
            _ => {}
        }
    }
    deepest
}

/// The offset after the closing quote of a string whose first byte is at `at`.
fn after_string(text: &[u8], mut at: usize) -> usize {
    while let Some(byte) = text.get(at) {
        at += match byte {
            b'"' => return at + 1,
            b'\\' => 2,
            _ => 1,
        };
    }
    at
}

#[cfg(test)]
mod tests {
    use super::depth;

    #[test]
    fn depth_counts_brackets_outside_strings_only() {
        for (text, expected) in [
            ("", 0),
            ("1", 0),
            ("[]", 1),
            (r#"{"a":[1,{"b":2}],"c":{}}"#, 3),
            (r#"["[[[[", "\"[[["]"#, 1),
            (r#"["\\", [1]]"#, 2),
            (r#"["unclosed [[["#, 1),
            ("]]]]", 0),
        ] {
            assert_eq!(depth(text.as_bytes(), 32), expected, "{text}");
        }
    }

    #[test]
    fn depth_stops_above_the_limit() {
        assert_eq!(depth("[".repeat(1_000_000).as_bytes(), 32), 33);
    }
}
