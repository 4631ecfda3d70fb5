//! What the canonical form leaves out but an [`Expr`] keeps: order, titles and places.

use penstock_dsl::check::{CheckOptions, check};
use penstock_dsl::expr::Expr;
use penstock_dsl::tree;

const TEXT: &str = r#"
// first
BENEFIT { "Ends \"soon\"": ( endTime < now() + 7d // comment
    and not benefitType in ( "1" , "4" ) ) or all }
store { priceRange in HKD 100..500  and ext.n = 1 and storeName@zh ~ "x" }
"#;

fn expr() -> Expr {
    check(TEXT, &CheckOptions::default()).expr.unwrap()
}

#[test]
fn order_and_titles_are_the_texts() {
    let outline: Vec<_> = expr()
        .blocks
        .iter()
        .map(|b| (b.content_type.name(), b.groups.iter().map(|g| (g.title.clone(), g.rules.len())).collect::<Vec<_>>()))
        .collect();
    let title = Some("Ends \"soon\"".to_owned());
    assert_eq!(outline, [("BENEFIT", vec![(title, 2), (None, 1)]), ("STORE", vec![(None, 3)])]);
}

#[test]
fn places_end_where_the_rule_ends() {
    let text = TEXT;
    let expr = expr();
    let rules = expr.blocks.iter().flat_map(|b| &b.groups).flat_map(|g| &g.rules);
    let places: Vec<&str> = rules.map(|r| &text[r.span.start..r.span.end]).collect();
    let want = [
        "endTime < now() + 7d",
        "not benefitType in ( \"1\" , \"4\" )",
        "all",
        "priceRange in HKD 100..500",
        "ext.n = 1",
        "storeName@zh ~ \"x\"",
    ];
    assert_eq!(places, want);
    let block = expr.blocks[1].span;
    assert!(text[block.start..block.end].starts_with("store {") && text[block.start..block.end].ends_with('}'));
}

#[test]
fn a_group_begins_with_its_title_in_a_broken_text_too() {
    let text = "STORE { \"t\": city = \"x\" and ( or \"u\": all }";
    let tree = tree(text);
    let groups: Vec<&str> = tree.rule_set.blocks[0].groups.iter().map(|g| g.span.of(text)).collect();
    assert_eq!(groups, ["\"t\": city = \"x\"", "\"u\": all"]);
    assert!(!tree.errors.is_empty());
}

#[test]
fn the_hash_does_not_change_between_builds() {
    let expr = check("STORE { city in (\"b\", \"a\") }", &CheckOptions::default()).expr.unwrap();
    assert_eq!(expr.canonical(), "STORE {\n  city keyword in (\"a\", \"b\")\n}\n");
    assert_eq!(format!("{:032x}", expr.hash()), "803ff469ce5a977c0aee87e5645c470f");
}
