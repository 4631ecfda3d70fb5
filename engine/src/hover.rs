//! Hover: what the language, the registry and a tenant's content say of what a cursor points at.

use crate::complete::owned_by;
use crate::fold::Snapshot;
use crate::index::IndexError;
use crate::index::columns::SCALE;
use crate::index::currencies::of_document;
use crate::index::ends::{column_values, is_unscaled};
use crate::index::fill::PropertyName;
use crate::index::terms::PropertyKey;
use crate::preview::Reading;
use crate::preview::fill::Fill;
use crate::preview::values::{self, Matching};
use crate::tenant::Tenant;
use penstock_dsl::ast::Operator;
use penstock_dsl::complete::{HoverTarget, Hovered, hover_at, keyword_help, missing_note, operator_help};
use penstock_dsl::diagnostic::Span;
use penstock_dsl::expr::{Owner, PropertyRef, Subject};
use penstock_dsl::registry::{ContentType, Currency, Kind, PropId};
use penstock_dsl::vocabulary;
use rayon::prelude::*;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// Sample values of a property.
const SAMPLES: usize = 10;

/// What there is to say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hover {
    /// What it is about.
    pub span: Span,
    /// `contentType`, `property`, `operator`, `value` or `keyword`.
    pub what: &'static str,
    /// Its name in words, or as it stands in rules.
    pub label: String,
    /// What it is or does.
    pub description: String,
    /// A declared property's kind.
    pub kind: Option<Kind>,
    /// In what its values are given, where numbers alone do not say it.
    pub unit: Option<&'static str>,
    /// What missing values do to a rule on it.
    pub missing: Option<&'static str>,
    /// The type whose items are counted.
    pub content_type: Option<ContentType>,
    /// Items that have the property, or of which a rule with this value alone holds; negation aside.
    pub items: Option<u64>,
    /// Items of the type.
    pub of: Option<u64>,
    /// The property's most frequent values, with items.
    pub values: Vec<(String, u64)>,
    /// The property's smallest and largest number.
    pub ends: Vec<Ends>,
}

/// The smallest and the largest number of a property.
#[derive(Clone, Debug, PartialEq)]
pub struct Ends {
    /// Of amounts in this currency.
    pub currency: Option<Currency>,
    /// The smallest; of times, epoch milliseconds.
    pub low: Decimal,
    /// The largest.
    pub high: Decimal,
}

/// What to say of a cursor's place at `now_ms`; `None` where nothing stands there.
pub fn run(tenant: Option<&Tenant>, rules: &str, offset: usize, now_ms: i64) -> Result<Option<Hover>, IndexError> {
    let Some(target) = hover_at(rules, offset) else { return Ok(None) };
    let mut hover = described(rules, &target);
    if let Some(tenant) = tenant {
        // On one thread of the pool, as completion does.
        rayon::scope(|_| counted(&Reading::begin(tenant), target, &mut hover, now_ms))?;
    }
    Ok(Some(hover))
}

/// What the language and the registry say.
fn described(rules: &str, target: &HoverTarget) -> Hover {
    let subject = target.subject.as_ref();
    let hover = Hover {
        span: target.span,
        content_type: owned_by(subject.map_or(Owner::Item, |s| s.of), target.content_type),
        label: target.span.of(rules).to_owned(),
        ..Hover::default()
    };
    match &target.what {
        Hovered::ContentType(content_type) => {
            let words = vocabulary::content_type(*content_type);
            let description = format!("The {} that its rules select.", words.many);
            Hover { what: "contentType", label: words.many.to_owned(), description, ..hover }
        }
        Hovered::Property => property(subject, hover),
        Hovered::Operator(operator) => Hover {
            what: "operator",
            label: operator.symbol().to_owned(),
            description: operator_help(*operator, subject.and_then(kind)).to_owned(),
            missing: Some(missing_note(Some(*operator))).filter(|_| *operator != Operator::IsSet),
            ..hover
        },
        Hovered::Value(value) => {
            let named = subject.is_some_and(|s| property_name(&s.property) == Some("benefitType"));
            let name = if named { vocabulary::benefit_type(value.trim()) } else { None };
            let description = name.map(|term| term.en).unwrap_or_default().to_owned();
            Hover { what: "value", label: value.clone(), description, ..hover }
        }
        Hovered::Keyword(word) => {
            Hover { what: "keyword", label: (*word).to_owned(), description: keyword_help(word).to_owned(), ..hover }
        }
    }
}

fn kind(subject: &Subject) -> Option<Kind> {
    declared(&subject.property).map(PropId::kind)
}

fn declared(property: &PropertyRef) -> Option<PropId> {
    match property {
        PropertyRef::Declared(id) => Some(*id),
        _ => None,
    }
}

fn property_name(property: &PropertyRef) -> Option<&'static str> {
    declared(property).map(PropId::name)
}

fn property(subject: Option<&Subject>, hover: Hover) -> Hover {
    let what = "property";
    let Some(subject) = subject else {
        return Hover { what, description: "There is no such property.".to_owned(), ..hover };
    };
    let hover = Hover { what, missing: Some(missing_note(None)), kind: kind(subject), ..hover };
    let Some(id) = declared(&subject.property) else {
        let description = match subject.property {
            PropertyRef::TagAlgo(_) => "A tag written by models: a list of values.",
            PropertyRef::TagCustom(_) => "A tag written by a wallet: a list of values.",
            _ => "A key that is not declared; the operator and the value decide how it is read.",
        };
        return Hover { description: description.to_owned(), ..hover };
    };
    let words = vocabulary::words(id);
    let mut description = words.description.to_owned();
    if id.name() == "benefitType" {
        let codes = penstock_dsl::registry::BENEFIT_TYPES.map(|(code, name)| format!("{code} {name}"));
        description = format!("{description} The codes: {}.", codes.join(", "));
    }
    let unit = vocabulary::unit(id.kind()).map(|term| term.en);
    Hover { label: words.label.to_owned(), description, unit, ..hover }
}

/// What the content says.
fn counted(reading: &Reading<'_>, target: HoverTarget, hover: &mut Hover, now_ms: i64) -> Result<(), IndexError> {
    let Some(content_type) = hover.content_type else { return Ok(()) };
    let of = Some(reading.live[content_type.index()]);
    match (&target.what, target.subject.as_ref().map(|subject| &subject.property)) {
        (Hovered::ContentType(_), _) => hover.of = of,
        (Hovered::Property, Some(property)) => {
            let name = match property {
                PropertyRef::Declared(id) => PropertyName::Declared(*id),
                PropertyRef::Ext(key) => PropertyName::Ext(key.as_str().into()),
                PropertyRef::TagAlgo(_) | PropertyRef::TagCustom(_) => return Ok(()),
            };
            hover.items = Some(Fill::of_one(reading, &name, content_type)?);
            hover.of = of;
            if values::has_values(property) {
                let matching = Matching::Prefix("");
                hover.values = values::most_frequent(reading, property, Some(content_type), matching, SAMPLES)?.values;
            }
            hover.ends = ends(reading, property, content_type)?;
        }
        (Hovered::Value(_), _) => {
            if let Some(alone) = target.alone {
                hover.items = Some(reading.matched(content_type, alone, now_ms)?);
                hover.of = of;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The ends of a property's numbers, and of its amounts by currency; none where some number stands in no column.
fn ends(reading: &Reading<'_>, property: &PropertyRef, content_type: ContentType) -> Result<Vec<Ends>, IndexError> {
    let kind = declared(property).map(PropId::kind);
    let Some(key) = PropertyKey::of(property) else { return Ok(Vec::new()) };
    let snapshot = &reading.snapshot;
    let currencies: Vec<Option<Currency>> = match kind {
        Some(Kind::Money) => currencies(snapshot, property, key)?.into_iter().map(Some).collect(),
        Some(Kind::Number | Kind::Time) | None => vec![None],
        Some(_) => return Ok(Vec::new()),
    };
    let fresh: Vec<(Option<Currency>, Option<i64>)> = (snapshot.overlay.live())
        .filter(|(document, _)| document.content_type == content_type)
        .flat_map(|(document, _)| column_values(document, property))
        .collect();
    let mut out = Vec::new();
    for currency in currencies {
        let of_segment = |segment: &std::sync::Arc<crate::index::segment::SegmentView>| {
            let docs = values::wanted(segment, &snapshot.overlay.latest().ordinals, Some(content_type));
            let wide = segment.has_wide(key)?;
            Ok((segment.ends(key, currency, &docs)?, wide))
        };
        let found = snapshot.index.segments.par_iter().map(of_segment).collect::<Result<Vec<_>, IndexError>>()?;
        if found.iter().any(|(_, wide)| *wide) || fresh.iter().any(|(_, value)| value.is_none()) {
            return Ok(Vec::new());
        }
        let fresh = fresh.iter().filter(|(c, _)| *c == currency).filter_map(|(_, value)| *value);
        let all = found.into_iter().filter_map(|(ends, _)| ends).chain(fresh.map(|value| (value, value)));
        let ends = all.reduce(|(low, high), (l, h)| (low.min(l), high.max(h)));
        let decimal = |value: i64| Decimal::new(value, if is_unscaled(property) { 0 } else { SCALE }).normalize();
        out.extend(ends.map(|(low, high)| Ends { currency, low: decimal(low), high: decimal(high) }));
    }
    Ok(out)
}

/// Currencies in which some item of a snapshot has a property, by code.
fn currencies(
    snapshot: &Snapshot,
    property: &PropertyRef,
    key: PropertyKey<'_>,
) -> Result<BTreeSet<Currency>, IndexError> {
    let mut all = BTreeSet::new();
    for segment in &snapshot.index.segments {
        all.extend(segment.currencies(key)?);
    }
    all.extend(snapshot.overlay.live().flat_map(|(document, _)| of_document(document, property)));
    Ok(all)
}
