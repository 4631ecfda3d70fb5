//! The form: it lies in its text, and changes of it, whatever they are, leave a text that means what the form then says.

use crate::{lies_in, well_formed};
use penstock_dsl::diagnostic::{Span, apply};
use penstock_dsl::form::{Change, GroupAt, RuleAt, RuleData, change, form};

/// Asserts what every form promises, and every change of it; `dice` choose the changes.
pub fn holds(text: &str, dice: &[u8]) {
    let before = form(text);
    well_formed(text, &before.errors);
    assert!(before.complete || !before.errors.is_empty(), "something is left out and nothing says so");
    let rules: Vec<&RuleData> =
        before.blocks.iter().flat_map(|b| &b.groups).flat_map(|g| &g.rules).map(|r| &r.data).collect();
    let spans = before.blocks.iter().flat_map(|b| b.groups.iter().map(|g| g.span).chain([b.span]));
    spans.for_each(|span: Span| lies_in(text, span));
    let changes: Vec<Change> = dice.chunks_exact(4).take(3).filter_map(|dice| one(dice, &rules)).collect();
    if let Ok(changed) = change(text, &changes) {
        assert_eq!(apply(text, &changed.edits), changed.text, "the edits do not lead to the new text");
        let after = form(&changed.text);
        well_formed(&changed.text, &after.errors);
        if before.complete {
            assert!(after.complete || changed.text.trim().is_empty() || after.blocks.is_empty(), "{changes:?}");
        }
    }
}

/// A change that four bytes choose: which, and where.
fn one(dice: &[u8], rules: &[&RuleData]) -> Option<Change> {
    let [which, block, group, rule] = *dice else { return None };
    let [block, group, rule] = [block % 4, group % 4, rule % 4].map(usize::from);
    let (at, group_at) = (RuleAt { block, group, rule }, GroupAt { block, group });
    let data = || rules.get(usize::from(which / 16) % rules.len().max(1)).map(|data| (*data).clone());
    Some(match which % 13 {
        0 => Change::SetRule { at, data: data()? },
        1 => Change::Negate { at, negated: which > 127 },
        2 => Change::RemoveValue { at, value: usize::from(which / 16) },
        3 => Change::AddRule { at, data: data()? },
        4 => Change::RemoveRule { at },
        5 => Change::MoveRule { at, to: RuleAt { block: 0, group: 0, rule: 0 } },
        6 => Change::SetTitle { at: group_at, title: (which > 127).then(|| "// \"\\\u{301}".to_owned()) },
        7 => Change::AddGroup { at: group_at, title: None, data: data()? },
        8 => Change::RemoveGroup { at: group_at },
        9 => Change::MoveGroup { at: group_at, to: GroupAt { block: 0, group: 0 } },
        10 => Change::DuplicateGroup { at: group_at },
        11 => Change::AddBlock { block, content_type: "BENEFIT".to_owned(), data: data()? },
        _ => Change::RemoveBlock { block },
    })
}
