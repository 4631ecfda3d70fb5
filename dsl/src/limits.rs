//! How much a rule set may hold; going over any of these is a diagnostic (LANGUAGE.md, A rule set).

/// Bytes of a text.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;
/// Rules in all blocks together.
pub const RULES_MAX: usize = 200;
/// Values in all lists and comparisons together.
pub const VALUES_MAX: usize = 10_000;
/// Groups in all blocks together.
pub const GROUPS_MAX: usize = 64;
/// Characters of one string, title or quoted name.
pub const STRING_CHARS_MAX: usize = 1_024;
/// Bytes of a property's key (D-73).
pub const KEY_BYTES_MAX: usize = 256;
/// Characters of a locale range (D-73).
pub const LOCALE_CHARS_MAX: usize = 35;
/// Characters of one word of a fuzzy query, after folding.
pub const FUZZY_WORD_CHARS_MAX: usize = 64;
/// Digits of a number, leading zeros and trailing zeros of the fraction left out.
pub const NUMBER_DIGITS_MAX: usize = 28;
/// Milliseconds that a rule may add to `now()` or take away: a hundred years.
pub const DURATION_MS_MAX: i64 = 100 * 365 * 86_400_000;
/// Bytes of a rule as it is spelled from a form's data: any rule of a text fits, be all of its characters escaped.
pub const SPELLED_BYTES_MAX: usize = 8 * TEXT_BYTES_MAX;
/// Changes of a form made in one call.
pub const CHANGES_MAX: usize = 50;
/// Findings reported at once.
pub const DIAGNOSTICS_MAX: usize = 100;
