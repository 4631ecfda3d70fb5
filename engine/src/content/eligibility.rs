//! Which properties the appendix requires and a document misses (D-12: gates delivery, never ingest).

use super::document::{Document, Values};
use penstock_dsl::registry::{ContentType, PropId};

/// The required "property" of a MERCHANT that is none: some localised value (R116).
const LOCALE_MAP: &str = "multilLang";

/// The properties that the appendix requires of the document's content type and that it misses: names as in rules, in
/// alphabetical order, then `multilLang` for a MERCHANT without any localised value. A localised value alone satisfies.
pub fn missing_required(document: &Document) -> Vec<&'static str> {
    let required = |id: &PropId| id.get().declared_by(document.content_type).is_some_and(|declared| declared.required);
    let missing = PropId::all().filter(required).filter(|id| document.get(*id).is_none()).map(PropId::name);
    let localized = document.content_type != ContentType::Merchant || has_localized_value(document);
    missing.chain((!localized).then_some(LOCALE_MAP)).collect()
}

fn has_localized_value(document: &Document) -> bool {
    // Base values come first, so the last tells.
    macro_rules! last_is_localized {
        ($values:expr) => {
            $values.last().is_some_and(|value| value.locale.is_some())
        };
    }
    let declared = document.declared.iter().any(|(_, values)| match values {
        Values::Presence(values) => last_is_localized!(values),
        Values::Keywords(values) => last_is_localized!(values),
        Values::Texts(values) => last_is_localized!(values),
        Values::Numbers(values) => last_is_localized!(values),
        Values::Money(values) => last_is_localized!(values),
        Values::Times(values) => last_is_localized!(values),
        Values::PriceRange(_) => false,
    });
    declared || document.ext.iter().any(|(_, values)| last_is_localized!(values))
}
