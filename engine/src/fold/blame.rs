//! Which rule groups of which sets cost most at each content version.

use super::State;
use crate::supply::sets::Set;
use crate::supply::target::SetId;
use penstock_dsl::diagnostic::Span;
use penstock_dsl::registry::ContentType;

/// What a rule group costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupBlame {
    /// Its content type.
    pub content_type: ContentType,
    /// Its title.
    pub title: Option<String>,
    /// Where it stands in the set's text.
    pub span: Span,
    /// About how much memory it takes beside its items, bytes.
    pub bytes: usize,
    /// Items that were looked at for it, since it stood here or the engine started.
    pub looked_at: u64,
    /// Those of them that it does not match.
    pub in_vain: u64,
    /// Whether every item of its type is looked at, for nothing in its rules is rare.
    pub every_item: bool,
}

impl State {
    /// What a set's groups cost, in the order in which they stand in its text.
    pub fn blame(&self, set: &Set) -> Vec<GroupBlame> {
        let Some(parts) = self.parts_again(&set.definition) else { return Vec::new() };
        let mut groups = Vec::new();
        for (part, target) in parts.iter().zip(&set.targets) {
            let ids = self.group_ids.get(target).into_iter().flatten();
            let written = part.own.blocks.iter().flat_map(|block| block.groups.iter().map(move |group| (block, group)));
            for ((block, group), id) in written.zip(ids) {
                let Some(cost) = self.groups.cost(*id) else { continue };
                groups.push(GroupBlame {
                    content_type: block.content_type,
                    title: group.title.clone(),
                    span: group.span,
                    bytes: cost.bytes,
                    looked_at: cost.looked_at.into(),
                    in_vain: cost.in_vain.into(),
                    every_item: cost.always,
                });
            }
        }
        groups.sort_by_key(|group| group.span.start);
        groups
    }

    /// The sets for which most items are looked at, most first: how many, and how many in vain.
    pub fn most_looked_at(&self, limit: usize) -> Vec<(SetId, u64, u64)> {
        let cost = |(id, set): (SetId, &Set)| {
            let ids = set.targets.iter().filter_map(|target| self.group_ids.get(target)).flatten();
            let costs = ids.filter_map(|id| self.groups.cost(*id));
            let (looked_at, in_vain) = costs.fold((0, 0), |(looked_at, in_vain), cost| {
                (looked_at + u64::from(cost.looked_at), in_vain + u64::from(cost.in_vain))
            });
            (id, looked_at, in_vain)
        };
        let mut sets: Vec<_> = self.supply.sets.by_name().map(cost).collect();
        sets.sort_by_key(|(_, looked_at, in_vain)| std::cmp::Reverse((*looked_at, *in_vain)));
        sets.truncate(limit);
        sets
    }
}
