//! Properties of the checker over random texts and over mutations of texts that mean something.

use penstock_dsl::check::{CheckOptions, Checked, check};
use penstock_dsl::diagnostic;
use penstock_dsl::expr::Expr;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Rules of a STORE, one a kind and operator.
const RULES: &[&str] = &[
    "city in (\"Manila\", \"Cebu\")",
    "city none of (\"a\")",
    "stdCategories all of (\"b\", \"a\")",
    "storeName ~ \"café 東京\"",
    "storeName@zh-HK ~1 \"shop\"",
    "storeName contains \"x\"",
    "not storeName = \"y\"",
    "externalRating in 1..5",
    "externalRating >= -4.5",
    "priceRange in HKD 100..500",
    "priceRange within ₱5..",
    "minPriceRange != RM 5",
    "ext.`ship-on-time` = true",
    "ext.opened before 2026-01-31T10:00+08:00",
    "ext.opened in 2026-01-01..now() + 1d12h",
    "ext.n all of (\"x\", \"Y\")",
    "tag.algo.scene in (\"adult\")",
    "logoUrl is missing",
    "all",
];

fn checked(text: &str) -> Checked {
    check(text, &CheckOptions::default())
}

fn meaning(text: &str) -> Expr {
    let checked = checked(text);
    checked.expr.unwrap_or_else(|| panic!("{text}\n{}", diagnostic::render(text, "rules", &checked.diagnostics)))
}

/// Groups of rules, as indexes into [`RULES`].
fn groups() -> impl Strategy<Value = Vec<Vec<usize>>> {
    prop::collection::vec(prop::collection::vec(0..RULES.len(), 1..4), 1..4)
}

fn block(groups: &[Vec<usize>]) -> String {
    let groups: Vec<String> =
        groups.iter().map(|g| g.iter().map(|&r| RULES[r]).collect::<Vec<_>>().join(" and ")).collect();
    format!("STORE {{ {} }}", groups.join(" or "))
}

/// What every check promises of any text.
fn well_behaved(text: &str) {
    let checked = checked(text);
    assert_eq!(checked.expr.is_some(), !checked.diagnostics.iter().any(|d| d.is_error()));
    diagnostic::render(text, "rules", &checked.diagnostics);
    for finding in &checked.diagnostics {
        assert!(text.get(finding.span.start..finding.span.end).is_some(), "{finding:?} in {text:?}");
        for fix in &finding.fixes {
            assert!(fix.edits.iter().all(|e| text.get(e.span.start..e.span.end).is_some()), "{finding:?} in {text:?}");
            let fixed = diagnostic::apply(text, &fix.edits);
            check(&fixed, &CheckOptions::default());
        }
    }
    if let Some(expr) = checked.expr {
        assert!(expr.blocks.iter().all(|b| !b.groups.is_empty() && b.groups.iter().all(|g| !g.rules.is_empty())));
    }
}

/// Words and signs of the language, well and badly spelled.
fn pieces() -> impl Strategy<Value = String> {
    let words = [
        "STORE",
        "BENEFIT",
        "SKU",
        "{",
        "}",
        "(",
        ")",
        "and",
        "or",
        "not",
        "all",
        "of",
        "none",
        "in",
        "is",
        "set",
        "missing",
        "within",
        "contains",
        "before",
        "after",
        "on",
        "=",
        "!=",
        "<",
        "<=",
        ">",
        "~",
        "~2",
        "~fx",
        "..",
        ",",
        ":",
        "@",
        ".",
        "city",
        "storename",
        "ext",
        "tag",
        "algo",
        "\"a\"",
        "\"",
        "`",
        "`a b`",
        "1",
        "-4.5",
        "HKD",
        "$",
        "₱",
        "now()",
        "+",
        "7d",
        "2026-01-31",
        "2026-02-30T10:00",
        "true",
        "//",
        "\n",
        "é",
        "東京",
        "“a”",
        "'a'",
        "\\",
        "\"\\q\"",
        "\u{FEFF}",
        "\u{301}",
        "==",
        "&&",
    ];
    prop::collection::vec(select(words.to_vec()), 0..40).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn any_text_is_checked(text in "\\PC{0,80}") {
        well_behaved(&text);
    }

    #[test]
    fn any_words_are_checked(text in pieces(), glue in any::<bool>()) {
        well_behaved(&text);
        if glue {
            well_behaved(&text.replace(' ', ""));
        }
        well_behaved(&format!("STORE {{ {text} }}"));
    }

    #[test]
    fn mutations_are_checked(groups in groups(), cut in any::<Index>(), length in 0usize..6, insert in pieces()) {
        let text = block(&groups);
        let at = text.floor_char_boundary(cut.index(text.len()));
        let end = text.floor_char_boundary((at + length).min(text.len()));
        well_behaved(&format!("{}{}", &text[..at], &text[end.max(at)..]));
        well_behaved(&format!("{}{insert}{}", &text[..at], &text[at..]));
    }

    /// Breaking one rule must not hide, or change, what is wrong elsewhere: the others are read as before.
    #[test]
    fn a_broken_rule_leaves_the_others_alone(groups in groups(), broken in select(vec!["city ==", "city in (", "and", "city = \"x", "(", "x y z"])) {
        let wrong = "storename ~ \"abc\"";
        let text = block(&groups).replace(" }", &format!(" and {wrong}\n or {broken}\n or {wrong} }}"));
        let unknown = checked(&text).diagnostics.iter().filter(|d| d.code == "E103").count();
        prop_assert_eq!(unknown, 2, "{}", text);
    }

    #[test]
    fn order_repeats_titles_and_layout_leave_the_hash_alone(mut groups in groups(), by in any::<Index>()) {
        let expr = meaning(&block(&groups));
        let turn = by.index(groups.len());
        groups.rotate_left(turn);
        groups.iter_mut().for_each(|g| g.reverse());
        groups.push(groups[0].clone());
        let again = groups[0][0];
        groups[0].push(again);
        let text = block(&groups).replace(" and ", "\n  AND // why not\n").replace("STORE { ", "BENEFIT { all } store { \"title\": ");
        let other = meaning(&text);
        let store = Expr { blocks: other.blocks.into_iter().filter(|b| b.content_type == expr.blocks[0].content_type).collect() };
        prop_assert_eq!(store.canonical(), expr.canonical());
        prop_assert_eq!(store.hash(), expr.hash());
    }

    #[test]
    fn another_rule_is_another_hash(groups in groups(), rule in 0..RULES.len()) {
        if groups.iter().flatten().any(|&r| r == rule) {
            return Ok(());
        }
        let mut more = groups.clone();
        more.push(vec![rule]);
        prop_assert_ne!(meaning(&block(&more)).hash(), meaning(&block(&groups)).hash());
    }
}
