//! What stops an item, as everybody is told it (F-5.2): stable codes, who is to act, and where it is documented.

use penstock_engine::ineligible::{Kind, Reason};
use serde::Serialize;
use utoipa::ToSchema;

/// Where each code has its part.
const DOC: &str = "docs/ineligible-supply.md";

/// A code, and what is always true of it. Codes never change their meaning.
pub struct Known {
    /// As the wire spells it.
    pub code: &'static str,
    /// `ERROR` where it lasts until somebody acts, as with all that there are now.
    pub severity: &'static str,
    /// Who is to act.
    pub owner: &'static str,
    kind: Kind,
    anchor: &'static str,
}

/// All codes.
pub const KNOWN: [Known; 3] = [
    Known {
        code: "MISSING_FIELD",
        severity: "ERROR",
        owner: "MERCHANT",
        kind: Kind::MissingField,
        anchor: "missing_field",
    },
    Known {
        code: "MERCHANT_NOT_ONBOARDED",
        severity: "ERROR",
        owner: "ASAP",
        kind: Kind::NotOnboarded,
        anchor: "merchant_not_onboarded",
    },
    Known { code: "RISK_STOPPED", severity: "ERROR", owner: "WALLET", kind: Kind::RiskStopped, anchor: "risk_stopped" },
];

impl Known {
    /// What is known of a kind of reason.
    pub fn of(kind: Kind) -> &'static Known {
        let [missing, onboarding, risk] = &KNOWN;
        match kind {
            Kind::MissingField => missing,
            Kind::NotOnboarded => onboarding,
            Kind::RiskStopped => risk,
        }
    }

    /// The kind of reason that a code stands for.
    pub fn kind_of(code: &str) -> Option<Kind> {
        KNOWN.iter().find(|known| known.code == code).map(|known| known.kind)
    }
}

/// What stops an item.
#[derive(Debug, Serialize, ToSchema)]
pub struct Blocker {
    /// `MISSING_FIELD`, `MERCHANT_NOT_ONBOARDED` or `RISK_STOPPED`.
    #[schema(value_type = String, example = "MISSING_FIELD")]
    code: &'static str,
    /// `ERROR`.
    #[schema(value_type = String, example = "ERROR")]
    severity: &'static str,
    /// The field that is missing; null with other codes.
    #[schema(value_type = Option<String>, example = "coverImageUrl")]
    field: Option<&'static str>,
    /// Who is to act: `MERCHANT`, `ASAP` or `WALLET`.
    #[schema(value_type = String, example = "MERCHANT")]
    owner: &'static str,
    /// Where it is documented.
    #[schema(example = "docs/ineligible-supply.md#missing_field")]
    doc: String,
}

impl From<Reason> for Blocker {
    fn from(reason: Reason) -> Blocker {
        let Known { code, severity, owner, anchor, .. } = Known::of(reason.kind());
        Blocker { code, severity, field: reason.field(), owner, doc: format!("{DOC}#{anchor}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_stands_for_its_own_kind() {
        for known in &KNOWN {
            assert_eq!(Known::of(known.kind).code, known.code);
            assert_eq!(Known::kind_of(known.code), Some(known.kind));
        }
        assert_eq!(Known::kind_of("missing_field"), None);
        let blocker = Blocker::from(Reason::MissingField("storeName"));
        assert_eq!((blocker.code, blocker.field, blocker.owner), ("MISSING_FIELD", Some("storeName"), "MERCHANT"));
    }
}
