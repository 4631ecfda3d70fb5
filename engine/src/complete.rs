//! Completion with what a tenant's content has: properties by fill, undeclared keys, values by number of items.
//!
//! What may stand at a cursor, and how it is written, is the language's business ([`penstock_dsl::complete`]); here counts are
//! put to it and the whole is ranked. All counts are exact, of one snapshot; what would take long to count has none.

use crate::index::IndexError;
use crate::index::fill::PropertyName;
use crate::preview::Reading;
use crate::preview::fill::Fill;
use crate::preview::values::{self, Matching, VALUES_MAX};
use crate::tenant::Tenant;
use penstock_dsl::complete::rank::Fit;
use penstock_dsl::complete::{Candidate, Context, Expected, Thing, context, ranked};
use penstock_dsl::diagnostic::Span;
use penstock_dsl::expr::{Owner, PropertyRef};
use penstock_dsl::registry::{ContentType, PropId};
use penstock_dsl::text::fold;
use std::collections::HashSet;

/// Where to complete.
#[derive(Clone, Debug)]
pub struct CompleteRequest {
    /// The rule text, which may be broken.
    pub rules: String,
    /// The cursor, in bytes.
    pub offset: usize,
    /// Candidates at most, 1 to 200 (D-35).
    pub limit: usize,
}

/// What may stand at a cursor.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    /// What each candidate replaces.
    pub span: Span,
    /// Best first: by fit, then by number of items.
    pub candidates: Vec<Offer>,
    /// Whether there may be more.
    pub truncated: bool,
}

/// A candidate and how many items have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// What may stand there.
    pub candidate: Candidate,
    /// Items of the block's type that have the property or value; `None` also while that is being made ready.
    pub items: Option<u64>,
    /// Items of the type in all.
    pub of: Option<u64>,
}

type Ranked = (Fit, u64, Offer);

/// Answers a request; a tenant without content gets what the language alone offers.
pub fn run(tenant: Option<&Tenant>, request: &CompleteRequest) -> Result<Completion, IndexError> {
    let context = context(&request.rules, request.offset);
    let limit = request.limit.clamp(1, VALUES_MAX);
    let mut question = Question { typed: fold(&context.prefix), context: &context, limit, truncated: false };
    let offers = context.offers(&request.rules);
    let found = match tenant {
        // On one thread of the pool: each hand-over would wait for a processor, which takes long while items come in.
        Some(tenant) => rayon::scope(|_| question.with_content(tenant, offers))?,
        None => offers.into_iter().filter_map(|c| question.offer(c, None, None)).collect(),
    };
    let truncated = question.truncated || found.len() > limit;
    let mut candidates = ranked(found);
    candidates.truncate(limit);
    Ok(Completion { span: context.span, candidates, truncated })
}

struct Question<'a> {
    context: &'a Context,
    /// Folded.
    typed: String,
    limit: usize,
    truncated: bool,
}

impl Question<'_> {
    /// An offer, where it fits what was typed.
    fn offer(&self, candidate: Candidate, items: Option<u64>, of: Option<u64>) -> Option<Ranked> {
        let fit = candidate.fit(&self.typed)?;
        Some((fit, items.unwrap_or(0), Offer { candidate, items, of }))
    }

    fn with_content(&mut self, tenant: &Tenant, offers: Vec<Candidate>) -> Result<Vec<Ranked>, IndexError> {
        let owner = self.context.expected.iter().find_map(|expected| match expected {
            Expected::Property { owner, .. } => Some(*owner),
            _ => None,
        });
        let has_value = self.context.expected.iter().any(|e| matches!(e, Expected::Value { .. }));
        match (owner, &self.context.subject) {
            (Some(owner), _) => self.properties(tenant, owner, offers),
            (None, Some(subject)) if has_value && values::has_values(&subject.property) => {
                let content_type = owned_by(subject.of, self.context.content_type);
                self.values(tenant, &subject.property, content_type, offers)
            }
            _ => Ok(offers.into_iter().filter_map(|c| self.offer(c, None, None)).collect()),
        }
    }

    fn properties(&self, tenant: &Tenant, owner: Owner, offers: Vec<Candidate>) -> Result<Vec<Ranked>, IndexError> {
        let Some(content_type) = owned_by(owner, self.context.content_type) else {
            return Ok(offers.into_iter().filter_map(|c| self.offer(c, None, None)).collect());
        };
        let reading = Reading::begin(tenant);
        // Directly after a start or a large merge the names come without counts.
        let fill = Fill::soon(&reading)?;
        let of = reading.live[content_type.index()];
        let keys: Vec<Box<str>> =
            tenant.state.read().learned.keys(content_type).map(|(key, _)| Box::from(key)).collect();
        let count = |property| fill.as_ref().map(|fill| fill.count(&property, content_type));
        let declared = offers.into_iter().filter_map(|candidate| {
            let id = PropId::from_name(&candidate.label).filter(|_| candidate.thing == Thing::Property);
            let filled = id.and_then(|id| count(PropertyName::Declared(id)));
            self.offer(candidate, filled, filled.map(|_| of))
        });
        let undeclared = keys.into_iter().filter_map(|key| {
            let candidate = self.context.undeclared(&key)?;
            let filled = count(PropertyName::Ext(key));
            self.offer(candidate, filled, filled.map(|_| of))
        });
        Ok(declared.chain(undeclared).collect())
    }

    fn values(
        &mut self,
        tenant: &Tenant,
        property: &PropertyRef,
        content_type: Option<ContentType>,
        offers: Vec<Candidate>,
    ) -> Result<Vec<Ranked>, IndexError> {
        let reading = Reading::begin(tenant);
        let of = content_type.map(|t| reading.live[t.index()]);
        // Values that the registry names are few, and are found by their names too.
        let named = offers.iter().any(|offer| offer.thing == Thing::Value && !offer.detail.is_empty());
        let listed =
            self.context.expected.iter().map(|e| if let Expected::Value { listed, .. } = e { listed.len() } else { 0 });
        let limit = self.limit + listed.sum::<usize>().min(VALUES_MAX);
        let typed = self.typed.clone();
        let mut asked = vec![Matching::Prefix(if named { "" } else { &typed })];
        asked.extend((!named && !typed.is_empty()).then_some(Matching::Otherwise(&typed)));
        let mut found: Vec<Ranked> = Vec::new();
        let mut seen: HashSet<String> = HashSet::new();
        for matching in asked {
            if found.len() >= self.limit {
                self.truncated = true;
                break;
            }
            let list = values::most_frequent(&reading, property, content_type, matching, limit)?;
            self.truncated |= list.truncated;
            for (value, count) in list.values {
                found.extend(self.context.value(&value).and_then(|c| self.offer(c, Some(count), of)));
                seen.insert(value);
            }
        }
        let others = offers.into_iter().filter(|offer| !seen.contains(&offer.label));
        found.extend(others.filter_map(|offer| {
            let none = (offer.thing == Thing::Value && named).then_some(0);
            self.offer(offer, none, none.and(of))
        }));
        Ok(found)
    }
}

/// The type whose items have the property: the block's, or MERCHANT.
pub(crate) fn owned_by(owner: Owner, block: Option<ContentType>) -> Option<ContentType> {
    match owner {
        Owner::Item => block,
        Owner::Merchant => Some(ContentType::Merchant),
    }
}
