//! The form of random texts and changes of it: what a change touches, and what it leaves as it was.

use penstock_dsl::check::{CheckOptions, check};
use penstock_dsl::diagnostic::apply;
use penstock_dsl::form::{
    Change, ChangeError, Changed, Comment, Form, GroupAt, Namespace, Operand, Operator, Owner, Place, Property, Reason,
    RuleAt, RuleData, Test, Value, Widget, change, form,
};
use penstock_dsl::limits;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Rules of a STORE, tokens apart by a space: one a kind and operator at least. A `¤` is a string.
const RULES: &[&str] = &[
    "all",
    "city in ( ¤ , ¤ , ¤ , )",
    "city none of ( ¤ )",
    "not city = ¤",
    "city != ¤",
    "stdCategories all of ( ¤ , ¤ )",
    "not storeName ~ ¤",
    "storeName@zh-HK ~1 ¤",
    "storeName contains ¤",
    "storeName in ( ¤ , ¤ )",
    "externalRating in 1 .. 5",
    "externalRating in .. 5",
    "not externalRating >= -4.5",
    "priceRange in HKD 100 .. 500",
    "priceRange within ₱ 5 ..",
    "minPriceRange != RM 5",
    "minPriceRange < hkd 5 ~fx",
    "ext.`ship-on-time` = true",
    "ext.opened before 2026-01-31T10:00+08:00",
    "ext.opened in 2026-01-01 .. now() + 1d12h",
    "ext.opened > now ( ) - 7d",
    "ext.n all of ( ¤ , ¤ )",
    "tag.algo.scene in ( ¤ )",
    "tag.custom.`my ``tag` in ( ¤ )",
    "logoUrl is missing",
    "not location is set",
    "merchant.merchantName@zh ~ ¤",
];

const STRINGS: &[&str] =
    &["\"a\"", "\"Manila\"", "\"// no comment\"", "\"q\\\"\\\\\\n\"", "\"東京 }\"", "\"\\u00e9)\""];

/// What stands between two tokens: of three sorts of layout, one with comments.
fn spaces() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => select(vec![" ", "  ", "\n  ", "\t"]).prop_map(str::to_owned),
        1 => select(vec!["\r\n    ", "\n\n", " \u{2028} ", "\u{FEFF} "]).prop_map(str::to_owned),
        2 => (select(vec!["", " ", "\n  ", "\r\n"]), 0..100u32, select(vec!["\n", "\r\n\t", "\n    "]))
            .prop_map(|(before, n, after)| format!("{before}// c{n} }} and \" or{after}")),
    ]
}

fn rule() -> impl Strategy<Value = String> {
    (select(RULES), prop::collection::vec(select(STRINGS), 3))
        .prop_map(|(rule, strings)| strings.iter().fold(rule.to_owned(), |rule, s| rule.replacen('¤', s, 1)))
}

fn group() -> impl Strategy<Value = String> {
    let title = prop::option::weighted(0.4, select(vec!["\"t\"", "\"say \\\"x\\\" // y\""]));
    (title, any::<bool>(), prop::collection::vec(rule(), 1..4)).prop_map(|(title, parens, rules)| {
        let title = title.map(|t| format!("{t} : ")).unwrap_or_default();
        let rules = rules.join(" and ");
        if parens { format!("{title}( {rules} )") } else { format!("{title}{rules}") }
    })
}

fn tokens() -> impl Strategy<Value = String> {
    let block =
        |name| prop::collection::vec(group(), 0..4).prop_map(move |g| format!("{name} {{ {} }}", g.join(" or ")));
    prop::collection::vec(select(vec!["STORE", "store", "BENEFIT"]).prop_flat_map(block), 1..3)
        .prop_map(|b| b.join(" "))
}

/// Strings and quoted names have spaces of their own.
fn split(tokens: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut quote = None;
    let mut escaped = false;
    for c in tokens.chars() {
        match (quote, c) {
            (None, ' ') => out.push(String::new()),
            (None, '"' | '`') => quote = Some(c),
            (Some(q), c) if q == c && !escaped => quote = None,
            _ => {}
        }
        escaped = c == '\\' && !escaped;
        if quote.is_some() || c != ' ' {
            out.last_mut().unwrap().push(c);
        }
    }
    out.retain(|t| !t.is_empty());
    out
}

prop_compose! {
    /// A text that the grammar takes.
    fn texts()(tokens in tokens())(
        spaces in prop::collection::vec(spaces(), split(&tokens).len() + 1),
        tidy in any::<bool>(),
        tokens in Just(tokens),
    ) -> String {
        let mut out = String::new();
        for (at, token) in split(&tokens).iter().enumerate() {
            // Half of the texts have comments only between rules.
            let joins = matches!(token.as_str(), "and" | "or" | "}" | "{") || at == 0;
            out.push_str(if tidy && !joins { " " } else { &spaces[at] });
            out.push_str(token);
        }
        out.push_str(&spaces[spaces.len() - 1]);
        assert!(form(&out).complete, "{out}\n{:?}", form(&out).errors);
        out
    }
}

/// Every rule with its place.
fn rules(form: &Form) -> Vec<(RuleAt, RuleData)> {
    let mut out = Vec::new();
    for (block, b) in form.blocks.iter().enumerate() {
        for (group, g) in b.groups.iter().enumerate() {
            out.extend(g.rules.iter().enumerate().map(|(rule, r)| (RuleAt { block, group, rule }, r.data.clone())));
        }
    }
    out
}

fn all_comments(form: &Form) -> Vec<&Comment> {
    let groups = || form.blocks.iter().flat_map(|b| &b.groups);
    let mut out: Vec<&Comment> = form.comments.iter().collect();
    out.extend(form.blocks.iter().flat_map(|b| &b.comments));
    out.extend(groups().flat_map(|g| &g.comments));
    out.extend(groups().flat_map(|g| &g.rules).flat_map(|r| &r.comments));
    out.sort_by_key(|c| c.span.start);
    out
}

fn data(text: &str) -> RuleData {
    let form = form(&format!("STORE {{ {text} }}"));
    assert!(form.complete, "{text}");
    form.blocks[0].groups[0].rules[0].data.clone()
}

/// The text after one change.
fn changed(text: &str, one: Change) -> String {
    let made = change(text, std::slice::from_ref(&one)).unwrap_or_else(|e| panic!("{e}: {one:?} of\n{text}"));
    assert_eq!(apply(text, &made.edits), made.text);
    made.text
}

fn rule_at(block: usize, group: usize, rule: usize) -> RuleAt {
    RuleAt { block, group, rule }
}
