//! English.

use super::Speech;
use super::clause::{Choice, Claim, Clause, Code, Moment, Name, Note, Reach, Subject};
use super::quote::spelled;
use crate::vocabulary::Noun;

pub(super) struct English;

impl Speech for English {
    fn heading(&self, items: Noun, groups: usize, clauses: usize) -> String {
        let match_what = match (groups, clauses) {
            (0 | 1, 0 | 1) => "this",
            (0 | 1, _) => "all of this",
            _ => "at least one of these",
        };
        format!("{} that match {match_what}:", capital(items.many))
    }

    fn everything(&self, items: Noun) -> String {
        format!("All {}.", items.many)
    }

    fn every(&self, items: Noun) -> String {
        format!("every {}", items.one)
    }

    fn clause(&self, clause: &Clause<'_>) -> String {
        let plural = matches!(clause.subject.name, Name::Declared(words) if words.plural);
        let said = said(&clause.claim, &Verbs { plural, not: clause.negated });
        let given = if plural { "are" } else { "is" };
        let null = match (&clause.claim, clause.negated) {
            (Claim::Given, _) | (_, false) => String::new(),
            (Claim::Money { rates: None, .. } | Claim::Prices { rates: None, .. }, true) => {
                format!(" (or is in another currency, or {given} not given)")
            }
            (Claim::Money { .. } | Claim::Prices { .. }, true) => {
                format!(" (or is in a currency without a rate, or {given} not given)")
            }
            (_, true) => format!(" (or {given} not given)"),
        };
        format!("{} {said}{null}", subject(&clause.subject))
    }

    fn further(&self, clause: &str) -> String {
        format!("and {clause}")
    }

    fn title(&self, title: &str) -> String {
        format!("{}:", quoted(title))
    }

    fn note(&self, note: Note) -> &'static str {
        match note {
            Note::NothingElse => "Nothing else is selected.",
            Note::Text => "In texts, capitals, accents, width and white space make no difference.",
            Note::Exact => {
                "IDs, codes, cities and other areas, categories, tags, keywords, phone numbers and refund policies are compared exactly, capitals included."
            }
            Note::AllOf => "“All of” means together in one list; there may be a list for each language.",
            Note::Words => {
                "The words of a query may stand anywhere in the text, and the last may be the beginning of a longer word. Chinese, Japanese, Thai, Lao, Khmer and Burmese are found only as they stand."
            }
            Note::DefaultSlips => {
                "Where no number of slips is said, a word of 4 to 7 characters may have one slip, a longer one two and a shorter one none."
            }
            Note::Slips => "A slip is a character too many, missing or wrong, or two neighbours swapped.",
            Note::Language => {
                "“In the language” covers its regions and scripts, as zh covers zh-HK, and leaves out values given without a language."
            }
            Note::AllLanguages => {
                "Where no language is said, values in every language count, and those without one; where the rule says “not”, none may match."
            }
            Note::AnyLanguage => "“In any language” leaves out values given without a language.",
            Note::OtherCurrency => "Where no conversion is said, amounts in another currency do not match.",
            Note::NoRate => "Amounts in a currency without a rate on that day cannot be converted and do not match.",
            Note::Evaluation => {
                "The time of evaluation is the moment at which content is looked at, so what is selected changes with it."
            }
            Note::NotGiven => "What is empty, or cannot be read as the rule needs it, counts as not given.",
            Note::Extra => {
                "Extra fields are not described by the platform. Of several values one is enough; where the rule says “not”, none may match."
            }
            Note::Merchant => "Of a merchant that is not known, nothing is given.",
        }
    }
}

/// Forms of verbs for a subject.
struct Verbs {
    plural: bool,
    not: bool,
}

impl Verbs {
    fn is(&self) -> &'static str {
        match (self.plural, self.not) {
            (false, false) => "is",
            (false, true) => "is not",
            (true, false) => "are",
            (true, true) => "are not",
        }
    }

    /// `include`, `includes`, `do not include`.
    fn form(&self, verb: &str) -> String {
        let third = if verb == "have" { "has".to_owned() } else { format!("{verb}s") };
        match (self.plural, self.not) {
            (false, false) => third,
            (false, true) => format!("does not {verb}"),
            (true, false) => verb.to_owned(),
            (true, true) => format!("do not {verb}"),
        }
    }
}

fn subject(subject: &Subject<'_>) -> String {
    let name = match subject.name {
        Name::Declared(words) => words.label.to_owned(),
        Name::Extra(key) => format!("extra field {}", quoted(key)),
        Name::AlgorithmTag(name) => format!("algorithm tag {}", quoted(name)),
        Name::CustomTag(name) => format!("custom tag {}", quoted(name)),
    };
    let of = match subject.of_merchant {
        true => format!("the merchant's {}", name.strip_prefix("merchant ").unwrap_or(&name)),
        false => format!("the {name}"),
    };
    match subject.locale {
        None => of,
        Some("*") => format!("{of} in any language"),
        Some(locale) => format!("{of} in the language {locale}"),
    }
}

fn said(claim: &Claim<'_>, verbs: &Verbs) -> String {
    let is = verbs.is();
    match claim {
        Claim::Given => format!("{is} given"),
        Claim::Is(value) => format!("{is} {value}"),
        Claim::AnyOf { values, list: false } => match values.as_slice() {
            [one] => format!("{is} {}", choice(one)),
            _ if verbs.not => format!("{} none of: {}", Verbs { not: false, ..*verbs }.is(), choices(values)),
            _ => format!("{is} one of: {}", choices(values)),
        },
        Claim::AnyOf { values, list: true } => match values.as_slice() {
            [one] => format!("{} {}", verbs.form("include"), choice(one)),
            _ if verbs.not => {
                format!("{} none of: {}", Verbs { not: false, ..*verbs }.form("include"), choices(values))
            }
            _ => format!("{} at least one of: {}", verbs.form("include"), choices(values)),
        },
        Claim::AllOf(values) => format!("{} all of: {}", verbs.form("include"), choices(values)),
        Claim::Contains(part) => format!("{} {}", verbs.form("contain"), quoted(part)),
        Claim::Words { query, several, slips } => {
            format!("{} {}", verbs.form("have"), words(query, *several, *slips))
        }
        Claim::Number(reach) => format!("{is} {}", number(reach, verbs.not)),
        Claim::Money { amount, rates } => format!("{is} {}{}", number(amount, verbs.not), converted(rates)),
        Claim::Prices { reach, rates, entirely } => {
            let how = match (entirely, verbs.not) {
                (true, _) => "entirely",
                (false, false) => "at least partly",
                (false, true) => "even partly",
            };
            format!("{} {how} {}{}", verbs.form("lie"), place(reach), converted(rates))
        }
        Claim::Time { at, zone } => {
            let zone = zone.as_ref().map(|zone| format!(", {zone} time")).unwrap_or_default();
            format!("{is} {}{zone}", time(at))
        }
    }
}

fn words(query: &str, several: bool, slips: Option<u8>) -> String {
    let query = quoted(query);
    match (several, slips) {
        (false, Some(0)) => format!("the word {query} spelled without slips"),
        (true, Some(0)) => format!("all words of {query} spelled without slips"),
        (false, None) => format!("a word like {query}"),
        (true, None) => format!("words like all of {query}"),
        (false, Some(slips)) => format!("a word like {query} with at most {}", counted(slips.into(), "slip")),
        (true, Some(slips)) => {
            format!("words like all of {query} with at most {} in each", counted(slips.into(), "slip"))
        }
    }
}

fn number(reach: &Reach<String>, not: bool) -> String {
    match reach {
        Reach::Equal(value) => value.clone(),
        Reach::Below(value) => format!("less than {value}"),
        Reach::AtMost(value) => format!("at most {value}"),
        Reach::Above(value) => format!("more than {value}"),
        Reach::AtLeast(value) => format!("at least {value}"),
        Reach::Between(low, high) => {
            format!("{}from {low} to {high}, both included", if not { "in the range " } else { "" })
        }
    }
}

/// Where a range of prices lies.
fn place(reach: &Reach<String>) -> String {
    match reach {
        Reach::Equal(value) => format!("at {value}"),
        Reach::Below(value) => format!("below {value}"),
        Reach::AtMost(value) => format!("at {value} or less"),
        Reach::Above(value) => format!("above {value}"),
        Reach::AtLeast(value) => format!("at {value} or more"),
        Reach::Between(low, high) => format!("in the range from {low} to {high}, both included"),
    }
}

fn converted(rates: &Option<String>) -> String {
    let said = |date| format!(", other currencies converted at the rates of {date}");
    rates.as_ref().map(said).unwrap_or_default()
}

fn time(at: &Reach<Moment<'_>>) -> String {
    match at {
        Reach::Equal(Moment::Day(day)) => format!("on {day}"),
        Reach::Equal(at) => format!("exactly {}", start(at)),
        Reach::Below(at) => format!("earlier than {}", start(at)),
        Reach::AtMost(at) => format!("at or before {}", end(at)),
        Reach::Above(at) => format!("later than {}", end(at)),
        Reach::AtLeast(at) => format!("at or after {}", start(at)),
        Reach::Between(low, high) => format!("from {} to {}, both included", start(low), end(high)),
    }
}

fn start(moment: &Moment<'_>) -> String {
    match moment {
        Moment::Day(day) => format!("the start of {day}"),
        other => instant(other),
    }
}

fn end(moment: &Moment<'_>) -> String {
    match moment {
        Moment::Day(day) => format!("the end of {day}"),
        other => instant(other),
    }
}

fn instant(moment: &Moment<'_>) -> String {
    match moment {
        Moment::Day(day) => (*day).to_owned(),
        Moment::Instant(at, None) => at.clone(),
        Moment::Instant(at, Some(offset)) if offset == "Z" => format!("{at} (UTC)"),
        Moment::Instant(at, Some(offset)) => format!("{at} (UTC{offset})"),
        Moment::Now { parts, .. } if parts.is_empty() => "the time of evaluation".to_owned(),
        Moment::Now { minus, parts } => {
            let parts: Vec<String> = parts.iter().map(|(number, unit)| duration(number, *unit)).collect();
            let side = if *minus { "before" } else { "after" };
            format!("{} {side} the time of evaluation", parts.join(" "))
        }
    }
}

fn duration(number: &str, unit: char) -> String {
    let unit = match unit {
        's' => "second",
        'm' => "minute",
        'h' => "hour",
        'd' => "day",
        _ => "week",
    };
    format!("{number} {unit}{}", if number == "1" { "" } else { "s" })
}

fn counted(count: u32, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

fn choices(values: &[Choice<'_>]) -> String {
    values.iter().map(choice).collect::<Vec<_>>().join(", ")
}

fn choice(choice: &Choice<'_>) -> String {
    let value = quoted(choice.value);
    match choice.code {
        None => value,
        Some(Code::Known(name)) => format!("{value} ({})", name.en),
        Some(Code::Unknown) => format!("{value} (not a known code)"),
    }
}

fn quoted(text: &str) -> String {
    format!("“{}”", spelled(text, ['“', '”']))
}

fn capital(word: &str) -> String {
    word[..1].to_ascii_uppercase() + &word[1..]
}
