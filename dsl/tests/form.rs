//! The form of random texts and changes of it: what a change touches, and what it leaves as it was.

use penstock_dsl::check::{CheckOptions, check};
use penstock_dsl::diagnostic::apply;
use penstock_dsl::form::{
    Change, ChangeError, Changed, Comment, Form, GroupAt, Namespace, Operand, Operator, Owner, Place, Property, Reason,
    RuleAt, RuleData, Test, Value, Widget, change, form,
};
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

/// A random change, its places still to be found in a form.
#[derive(Clone, Debug)]
struct Draft {
    sort: usize,
    places: Vec<Index>,
    rule: String,
    title: Option<String>,
}

fn drafts() -> impl Strategy<Value = Draft> {
    let places = prop::collection::vec(any::<Index>(), 6);
    let title = prop::option::of(select(vec!["", "new", "a \"quote\"\n// and more"]).prop_map(str::to_owned));
    (0..14usize, places, rule(), title).prop_map(|(sort, places, rule, title)| Draft { sort, places, rule, title })
}

impl Draft {
    /// A change that the form has a place for; `None` where this sort has none.
    fn change(&self, form: &Form) -> Option<Change> {
        let pick = |at: usize, count: usize| (count > 0).then(|| self.places[at].index(count));
        let rules = rules(form);
        let (at, old) = rules.get(pick(0, rules.len().max(1))?).cloned().unzip();
        let (data, title) = (data(&split(&self.rule).join(" ")), self.title.clone());
        let block = |at: usize| pick(at, form.blocks.len());
        let group = |at: usize, b: usize, more: usize| {
            pick(at, form.blocks[b].groups.len() + more).map(|group| GroupAt { block: b, group })
        };
        let lists: Vec<_> = rules
            .iter()
            .filter_map(|(at, data)| match &data.test.as_ref()?.operand {
                Operand::List { values } => Some((*at, values.clone())),
                _ => None,
            })
            .collect();
        let list = pick(0, lists.len()).map(|at| lists[at].clone());
        let values = vec![Value::Text { text: "x\"\r\n".to_owned() }, Value::Text { text: "// y".to_owned() }];
        Some(match self.sort {
            0 => Change::SetRule { at: at?, data },
            1 => Change::Negate { at: at?, negated: !old?.negated },
            2 => Change::SetValues { at: list?.0, values },
            3 => list.and_then(|(at, old)| Some(Change::AddValues { at, value: pick(1, old.len() + 1)?, values }))?,
            4 => list.and_then(|(at, old)| Some(Change::RemoveValue { at, value: pick(1, old.len())? }))?,
            5 => {
                let at = at?;
                let count = form.blocks[at.block].groups[at.group].rules.len();
                Change::AddRule { at: RuleAt { rule: pick(1, count + 1)?, ..at }, data }
            }
            6 => Change::RemoveRule { at: at? },
            7 => {
                let GroupAt { block, group } = group(2, block(1)?, 0)?;
                let rule = pick(3, form.blocks[block].groups[group].rules.len() + 1)?;
                Change::MoveRule { at: at?, to: RuleAt { block, group, rule } }
            }
            8 => Change::SetTitle { at: group(2, block(1)?, 0)?, title },
            9 => Change::AddGroup { at: group(2, block(1)?, 1)?, title, data },
            10 => Change::RemoveGroup { at: group(2, block(1)?, 0)? },
            11 => Change::MoveGroup { at: group(2, block(1)?, 0)?, to: group(4, block(3)?, 1)? },
            12 => Change::DuplicateGroup { at: group(2, block(1)?, 0)? },
            _ if self.places[1].index(2) == 0 => Change::RemoveBlock { block: block(2)? },
            _ => {
                let block = pick(2, form.blocks.len() + 1)?;
                Change::AddBlock { block, content_type: "LOCAL_SKU".to_owned(), data }
            }
        })
    }
}

/// The one rule that a change of a rule is about.
fn touched(change: &Change) -> Option<RuleAt> {
    match change {
        Change::SetRule { at, .. } | Change::Negate { at, .. } | Change::SetValues { at, .. } => Some(*at),
        Change::AddValues { at, .. } | Change::RemoveValue { at, .. } => Some(*at),
        _ => None,
    }
}

/// Rules that a change leaves alone: spelled as before, each with its comments.
fn untouched(form: &Form, text: &str, change: &Change) -> Vec<(String, Vec<String>)> {
    let touched = touched(change);
    let mut out = Vec::new();
    for (at, _) in rules(form).into_iter().filter(|(at, _)| Some(*at) != touched) {
        let rule = &form.blocks[at.block].groups[at.group].rules[at.rule];
        let comments = rule.comments.iter().filter(|c| c.place != Place::Before).map(|c| c.text.clone()).collect();
        out.push((rule.span.of(text).to_owned(), comments));
    }
    out.sort();
    out
}

/// How many of `of` are not in `all`, each counted once.
fn missing<T: PartialEq + Clone>(of: &[T], all: &[T]) -> usize {
    let mut left = all.to_vec();
    let found = of.iter().filter(|one| left.iter().position(|o| o == *one).map(|at| left.swap_remove(at)).is_some());
    of.len() - found.count()
}

proptest! {
    #[test]
    fn own_data_changes_nothing(text in texts()) {
        let form = form(&text);
        for (at, data) in rules(&form) {
            prop_assert_eq!(&changed(&text, Change::SetRule { at, data }), &text);
        }
        for (block, b) in form.blocks.iter().enumerate() {
            for (group, g) in b.groups.iter().enumerate() {
                let at = GroupAt { block, group };
                prop_assert_eq!(&changed(&text, Change::SetTitle { at, title: g.title.clone() }), &text);
                prop_assert_eq!(&changed(&text, Change::MoveGroup { at, to: at }), &text);
            }
        }
    }

    #[test]
    fn every_comment_is_in_the_form_once(text in texts()) {
        let form = form(&text);
        let comments = all_comments(&form);
        prop_assert!(comments.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start), "{:?}", comments);
        prop_assert_eq!(comments.len(), text.matches("// c").count());
        prop_assert!(comments.iter().all(|c| c.span.of(&text).trim_start_matches("//").trim() == c.text));
    }

    #[test]
    fn a_change_touches_what_it_says(text in texts(), draft in drafts()) {
        let before = form(&text);
        let Some(one) = draft.change(&before) else { return Ok(()) };
        let made = match change(&text, std::slice::from_ref(&one)) {
            Ok(made) => made,
            Err(ChangeError { reason: Reason::CommentsInside, .. }) => return Ok(()),
            Err(error) => return Err(TestCaseError::fail(format!("{error}: {one:?}\n{text}"))),
        };
        prop_assert_eq!(&apply(&text, &made.edits), &made.text);
        prop_assert!(made.edits.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start));
        if let Some(at) = touched(&one) {
            let span = before.blocks[at.block].groups[at.group].rules[at.rule].span;
            prop_assert!(made.edits.iter().all(|e| span.start <= e.span.start && e.span.end <= span.end));
        }
        let after = form(&made.text);
        prop_assert!(after.complete, "{:?}\n{}\n{}", one, text, made.text);
        // Rules that the change does not name are spelled as before; where it takes rules out, those go with their comments.
        let (old, new) = (untouched(&before, &text, &one), untouched(&after, &made.text, &one));
        let gone = match one {
            Change::RemoveRule { .. } => 1,
            Change::RemoveGroup { at } => before.blocks[at.block].groups[at.group].rules.len(),
            Change::RemoveBlock { block } => before.blocks[block].groups.iter().map(|g| g.rules.len()).sum(),
            _ => 0,
        };
        prop_assert_eq!(missing(&old, &new), missing(&old, &new).min(gone), "{:?}\n{}\n{}", one, text, made.text);
        // Comments are lost only with what is taken out.
        let texts = |form: &Form| all_comments(form).iter().map(|c| c.text.clone()).collect::<Vec<_>>();
        let takes_out = gone > 0 || matches!(one, Change::RemoveValue { .. } | Change::SetValues { .. } | Change::SetRule { .. } | Change::RemoveBlock { .. });
        let lost = missing(&texts(&before), &texts(&after));
        prop_assert!(lost == 0 || takes_out, "{:?}\n{}\n{}", one, text, made.text);
    }

    #[test]
    fn a_text_made_of_data_gives_the_data(rules in prop::collection::vec(rule(), 1..6)) {
        let rules: Vec<RuleData> = rules.iter().map(|r| data(&split(r).join(" "))).collect();
        let mut changes =
            vec![Change::AddBlock { block: 0, content_type: "STORE".to_owned(), data: rules[0].clone() }];
        changes.extend(rules.iter().enumerate().skip(1).map(|(at, data)| match at % 2 {
            0 => Change::AddGroup { at: GroupAt { block: 0, group: at / 2 }, title: Some(at.to_string()), data: data.clone() },
            _ => Change::AddRule { at: RuleAt { block: 0, group: at / 2, rule: 1 }, data: data.clone() },
        }));
        let made = change("", &changes).unwrap().text;
        let read: Vec<RuleData> = self::rules(&form(&made)).into_iter().map(|(_, data)| data).collect();
        prop_assert_eq!(read, rules, "{}", made);
    }

    #[test]
    fn moving_groups_leaves_the_meaning_alone(text in texts(), from in any::<Index>(), to in any::<Index>()) {
        let hash = |text: &str| check(text, &CheckOptions::default()).expr.map(|e| e.hash());
        for (block, b) in form(&text).blocks.iter().enumerate().filter(|(_, b)| !b.groups.is_empty()) {
            let (group, to) = (from.index(b.groups.len()), to.index(b.groups.len() + 1));
            let one = Change::MoveGroup { at: GroupAt { block, group }, to: GroupAt { block, group: to } };
            prop_assert_eq!(hash(&changed(&text, one)), hash(&text));
        }
    }
}

/// Places that may or may not be there, and rules that no text says.
fn wild() -> impl Strategy<Value = Change> {
    let at = || (0..3usize, 0..3usize, 0..4usize).prop_map(|(block, group, rule)| RuleAt { block, group, rule });
    let group = || at().prop_map(|RuleAt { block, group, .. }| GroupAt { block, group });
    let word = || {
        let words = [
            "",
            "a",
            "city",
            "1",
            "HKD",
            "a b",
            "x\ny",
            "`",
            "\"",
            "// x",
            "1 and all",
            "} STORE {",
            "东",
            "zh",
            "-",
            "not",
        ];
        select(words.to_vec()).prop_map(str::to_owned)
    };
    let value = move || {
        (0..8usize, word(), word()).prop_map(|(sort, a, b)| match sort {
            0 => Value::Text { text: a },
            1 => Value::Number { number: a },
            2 => Value::Date { date: a },
            3 => Value::Now { offset: Some(a) },
            4 => Value::Boolean { boolean: a.is_empty() },
            5 => Value::Money { currency: a, amount: b },
            6 => Value::ReversedMoney { currency: a, amount: b },
            _ => Value::Word { word: a },
        })
    };
    let operand =
        (0..4usize, prop::collection::vec(value(), 0..4), prop::option::of(word())).prop_map(|(sort, values, word)| {
            let mut ends = values.clone().into_iter();
            match (sort, values.first()) {
                (0, Some(value)) => Operand::Value { value: value.clone() },
                (1, _) => Operand::List { values },
                (2, _) => Operand::Range { currency: word, low: ends.next(), high: ends.next(), stray_currency: None },
                (3, Some(_)) => {
                    Operand::Range { currency: None, low: ends.next(), high: ends.next(), stray_currency: word }
                }
                _ => Operand::None,
            }
        });
    let namespace = select(vec![Namespace::Property, Namespace::Ext, Namespace::TagAlgo, Namespace::Other]);
    let property =
        (any::<bool>(), namespace, word(), prop::option::of(word())).prop_map(|(of, namespace, name, locale)| {
            Property { owner: if of { Owner::Item } else { Owner::Merchant }, namespace, name, locale }
        });
    let test = (property, select(Operator::ALL.to_vec()), prop::option::of(any::<u8>()), operand, any::<bool>())
        .prop_map(|(property, operator, distance, operand, fx)| Test { property, operator, distance, operand, fx });
    let data =
        (any::<bool>(), prop::option::weighted(0.9, test)).prop_map(|(negated, test)| RuleData { negated, test });
    let values = prop::collection::vec(value(), 0..3);
    prop_oneof![
        4 => (at(), data.clone()).prop_map(|(at, data)| Change::SetRule { at, data }),
        1 => (at(), data.clone()).prop_map(|(at, data)| Change::AddRule { at, data }),
        1 => (group(), prop::option::of(word()), data.clone()).prop_map(|(at, title, data)| Change::AddGroup { at, title, data }),
        1 => (0..3usize, word(), data).prop_map(|(block, content_type, data)| Change::AddBlock { block, content_type, data }),
        1 => (at(), any::<bool>()).prop_map(|(at, negated)| Change::Negate { at, negated }),
        1 => (at(), values.clone()).prop_map(|(at, values)| Change::SetValues { at, values }),
        1 => (at(), 0..3usize, values).prop_map(|(at, value, values)| Change::AddValues { at, value, values }),
        1 => (at(), 0..3usize).prop_map(|(at, value)| Change::RemoveValue { at, value }),
        1 => at().prop_map(|at| Change::RemoveRule { at }),
        1 => (at(), at()).prop_map(|(at, to)| Change::MoveRule { at, to }),
        1 => (group(), prop::option::of(word())).prop_map(|(at, title)| Change::SetTitle { at, title }),
        1 => group().prop_map(|at| Change::RemoveGroup { at }),
        1 => (group(), group()).prop_map(|(at, to)| Change::MoveGroup { at, to }),
        1 => group().prop_map(|at| Change::DuplicateGroup { at }),
        1 => (0..3usize).prop_map(|block| Change::RemoveBlock { block }),
    ]
}

proptest! {
    /// Whatever comes in, what goes out reads as it was meant, or nothing does.
    #[test]
    fn no_text_and_no_change_does_harm(
        text in texts(), any_text in "\\PC{0,60}", cut in any::<Index>(), changes in prop::collection::vec(wild(), 1..4)
    ) {
        let cut = text.floor_char_boundary(cut.index(text.len()));
        for text in [&text, &any_text, &text[..cut], &format!("{}{any_text}{}", &text[..cut], &text[cut..])] {
            let before = form(text);
            let all: serde_json::Value = serde_json::from_str(&serde_json::to_string(&before).unwrap()).unwrap();
            let blocks: Vec<penstock_dsl::form::Block> = serde_json::from_value(all["blocks"].clone()).unwrap();
            prop_assert_eq!(&blocks, &before.blocks);
            for one in &changes {
                let sent: Change = serde_json::from_str(&serde_json::to_string(one).unwrap()).unwrap();
                prop_assert_eq!(&sent, one);
            }
            let Ok(Changed { text: new, edits }) = change(text, &changes) else { continue };
            prop_assert_eq!(&apply(text, &edits), &new);
            let after = form(&new);
            prop_assert!(after.complete || !before.complete);
            if let Change::SetRule { at, data } = changes.last().unwrap() {
                prop_assert_eq!(&after.blocks[at.block].groups[at.group].rules[at.rule].data, data);
            }
        }
    }

    #[test]
    fn what_has_a_meaning_has_a_widget(rule in rule()) {
        let text = format!("STORE {{ {} }}", split(&rule).join(" "));
        let rule = &form(&text).blocks[0].groups[0].rules[0];
        let fx = rule.data.test.as_ref().is_some_and(|t| t.fx);
        prop_assert!(fx || check(&text, &CheckOptions::default()).expr.is_some(), "{}", text);
        prop_assert_ne!(rule.widget, Widget::Text, "{}", text);
    }
}
