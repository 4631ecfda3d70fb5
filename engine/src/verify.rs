//! The self-check: the same question asked in different ways of the same record (F-10.6).
//!
//! What a standing set has kept by differences is compared with what its rules select by the index and its overlay now, and,
//! for some items, with what the bare evaluator says of them as the log has them. Any difference is a defect of this program
//! or a damaged file, and is told with the set and an item.

use crate::api::Seq;
use crate::catalog::Ordinal;
use crate::explain::ItemSubject;
use crate::fold::State;
use crate::log::LogReader;
use crate::matcher::evaluate::matches;
use crate::preview::Reading;
use crate::tenant::Tenant;
use penstock_dsl::check::check;
use penstock_dsl::expr::Expr;
use penstock_dsl::registry::ContentType;
use roaring::RoaringBitmap;

/// Items of a set that the bare evaluator is asked about, and as many that are not in it.
const SAMPLES: usize = 8;

/// What a check of one set has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The set.
    pub set: Box<str>,
    /// The record.
    pub as_of: Seq,
    /// Items that it has.
    pub matched: u64,
    /// Items that the bare evaluator was asked about.
    pub evaluated: u64,
    /// What does not agree.
    pub differences: Vec<Difference>,
}

/// Items about which two ways disagree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The ways.
    pub between: &'static str,
    /// How many items.
    pub items: u64,
    /// One of them.
    pub content_type: ContentType,
    /// Its id.
    pub content_id: Box<str>,
    /// Whether the set has it.
    pub in_set: bool,
}

/// Checks the first set by name after `after`: its name and what was found; `None` where there is none.
pub fn next(tenant: &Tenant, log: &dyn LogReader, after: Option<&str>) -> Option<(Box<str>, Result<Verdict, String>)> {
    let name = {
        let state = tenant.state.read();
        state.supply.sets.by_name_after(after).next()?.1.name.clone()
    };
    let verdict = check_set(tenant, log, &name);
    Some((name, verdict))
}

/// Checks a set.
pub fn check_set(tenant: &Tenant, log: &dyn LogReader, name: &str) -> Result<Verdict, String> {
    let (reading, kept) = Reading::begin_with(tenant, |state| Kept::of(state, name));
    let kept = kept?;
    let (_, found) = reading.evaluate(&kept.expr, kept.now_ms).map_err(|e| e.to_string())?;
    let found: RoaringBitmap = found.ones().map(|ordinal| ordinal as u32).collect();
    let mut verdict = Verdict {
        set: name.into(),
        as_of: reading.snapshot.seq,
        matched: kept.matched.len(),
        evaluated: 0,
        differences: Vec::new(),
    };
    let differ = &found ^ &kept.matched;
    verdict.differences.extend(difference(tenant, "set and index", &differ, &kept.matched));
    let wrong = evaluate_some(tenant, log, &kept, &mut verdict)?;
    verdict.differences.extend(difference(tenant, "set and evaluator", &wrong, &kept.matched));
    Ok(verdict)
}

/// A set as it is kept at one record.
struct Kept {
    expr: Expr,
    matched: RoaringBitmap,
    live: RoaringBitmap,
    now_ms: i64,
}

impl Kept {
    fn of(state: &State, name: &str) -> Result<Kept, String> {
        let set = crate::sets::find(state, name).map_err(|e| e.to_string())?;
        let options = state.check_options(set.definition.fx_date.as_deref()).map_err(|e| e.to_string())?;
        let expr = check(&set.definition.rules, &options).expr.ok_or("the set's rules do not check any more")?;
        let mut live = RoaringBitmap::new();
        expr.blocks.iter().for_each(|block| live |= state.supply.items.live(block.content_type));
        Ok(Kept { expr, matched: state.supply.sets.matched(set).into_owned(), live, now_ms: state.supply.now_ms })
    }
}

/// Asks the bare evaluator about some items in the set and some that are not; those of which it says otherwise. An item that
/// has changed since is left out.
fn evaluate_some(
    tenant: &Tenant,
    log: &dyn LogReader,
    kept: &Kept,
    verdict: &mut Verdict,
) -> Result<RoaringBitmap, String> {
    let out = &kept.live - &kept.matched;
    let mut wrong = RoaringBitmap::new();
    for ordinal in spread(&kept.matched).chain(spread(&out)).collect::<Vec<_>>() {
        let key = {
            let state = tenant.state.read();
            state.catalog.entry(ordinal).map(|entry| (entry.content_type, state.catalog.content_id(ordinal).to_owned()))
        };
        let Some((content_type, content_id)) = key else { continue };
        let subject = ItemSubject::read(tenant, log, content_type, &content_id).map_err(|e| e.to_string())?;
        if subject.as_of != verdict.as_of {
            continue;
        }
        verdict.evaluated += 1;
        if matches(&kept.expr, subject.facts(kept.now_ms)) != kept.matched.contains(ordinal) {
            wrong.insert(ordinal);
        }
    }
    Ok(wrong)
}

/// A few ordinals, evenly spread.
fn spread(ordinals: &RoaringBitmap) -> impl Iterator<Item = Ordinal> {
    let step = (ordinals.len() / SAMPLES as u64).max(1);
    (0..SAMPLES as u64).filter_map(move |n| ordinals.select((n * step) as u32))
}

fn difference(
    tenant: &Tenant,
    between: &'static str,
    differ: &RoaringBitmap,
    set: &RoaringBitmap,
) -> Option<Difference> {
    let ordinal = differ.min()?;
    let state = tenant.state.read();
    Some(Difference {
        between,
        items: differ.len(),
        content_type: state.catalog.entry(ordinal)?.content_type,
        content_id: state.catalog.content_id(ordinal).into(),
        in_set: set.contains(ordinal),
    })
}
