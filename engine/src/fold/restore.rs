//! The supply side of a state in a checkpoint, and back: what can be worked out again is not in it.

use super::State;
use super::parts::{Part, PartTest};
use crate::supply::clock::ClockBody;
use crate::supply::items::ItemsBody;
use crate::supply::sets::{Definition, SetsBody};
use crate::supply::tags::TagsBody;
use crate::supply::target::{Condition, ConditionTest, Purpose, Target, TargetBody, TargetId};
use crate::supply::wallet::WalletBody;
use penstock_dsl::check::check;
use penstock_dsl::registry::ContentType;
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The supply side of a state in a checkpoint.
#[derive(Serialize, Deserialize)]
pub struct SupplyBody {
    now_ms: i64,
    items: ItemsBody,
    tags: TagsBody,
    wallets: Vec<(Box<str>, WalletBody)>,
    sets: SetsBody,
    clock: ClockBody,
}

impl SupplyBody {
    /// Copies the supply side of a state.
    pub fn of(state: &State) -> Self {
        let supply = &state.supply;
        SupplyBody {
            now_ms: supply.now_ms,
            items: supply.items.export(),
            tags: supply.tags.export(),
            wallets: supply.wallets.iter().map(|(name, wallet)| (name.clone(), wallet.export())).collect(),
            sets: supply.sets.export(),
            clock: supply.clock.export(),
        }
    }

    /// Takes this over into a state that has all else of the checkpoint; `None` where it does not fit.
    pub fn restore(self, state: &mut State) -> Option<()> {
        state.supply.now_ms = self.now_ms;
        state.supply.items = self.items.items()?;
        state.restore_merchants();
        state.supply.tags = self.tags.tags();
        let items = &state.supply.items;
        let wallets = self.wallets.into_iter().map(|(name, wallet)| (name, wallet.wallet(items)));
        state.supply.wallets = wallets.collect();
        state.supply.clock = self.clock.clock()?;
        state.restore_sets(self.sets)
    }
}

impl State {
    fn restore_merchants(&mut self) {
        for ordinal in self.supply.items.live(ContentType::Merchant).clone() {
            let version = self.version(ordinal);
            let merchant = self.supply.items.merchant(ordinal).map(|name| (name, version));
            self.supply.merchants.set(ordinal, self.catalog.content_id(ordinal), merchant);
        }
    }

    fn restore_sets(&mut self, body: SetsBody) -> Option<()> {
        let mut bodies: BTreeMap<TargetId, TargetBody> = body.targets.into_iter().collect();
        let mut targets: BTreeMap<TargetId, (Target, Part)> = BTreeMap::new();
        for set in &body.sets {
            let parts = self.parts_again(&set.definition)?;
            if parts.len() != set.targets.len() {
                return None;
            }
            for (part, id) in parts.into_iter().zip(&set.targets) {
                target_again(part, *id, Purpose::PartOf(set.id), &mut bodies, &mut targets)?;
            }
        }
        if !bodies.is_empty() {
            return None;
        }
        body.sets.into_iter().try_for_each(|set| self.supply.sets.restore(set))?;
        for (id, (target, part)) in targets {
            self.supply.sets.restore_target(id, target);
            self.enter_groups(id, &part);
            self.list_base(id);
        }
        self.supply.sets.end_restoring(body.journals);
        Some(())
    }

    /// A definition's parts, as when it was taken in.
    pub(super) fn parts_again(&self, definition: &Definition) -> Option<Vec<Part>> {
        let options = self.check_options(definition.fx_date.as_deref()).ok()?;
        Some(Part::of(&check(&definition.rules, &options).expr?))
    }
}

/// A target of a checkpoint with the part that it was made of, and those that it asks of merchants.
fn target_again(
    part: Part,
    id: TargetId,
    purpose: Purpose,
    bodies: &mut BTreeMap<TargetId, TargetBody>,
    targets: &mut BTreeMap<TargetId, (Target, Part)>,
) -> Option<()> {
    let body = bodies.remove(&id)?;
    let mut asked = body.merchants.iter();
    let mut conditions = Vec::with_capacity(part.conditions.len());
    for condition in &part.conditions {
        let test = match &condition.test {
            PartTest::Tag(predicate) => ConditionTest::Tag(predicate.clone()),
            PartTest::Clock(predicate) => ConditionTest::Clock(predicate.clone()),
            PartTest::Merchant(part) => {
                let of = *asked.next()?;
                target_again((**part).clone(), of, Purpose::MerchantsOf(id), bodies, targets)?;
                ConditionTest::Merchant(of)
            }
        };
        conditions.push(Condition { negated: condition.negated, test });
    }
    let mut target = Target::new(purpose, conditions, RoaringBitmap::new());
    target.restore(&body)?;
    targets.insert(id, (target, part));
    Some(())
}
