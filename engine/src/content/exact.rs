//! How decimals in a document are stored: 16 bytes each. The decimal type's own way asks the format what comes next, which
//! formats without type marks cannot tell.

use super::document::Localized;
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

type Bytes = [u8; 16];

/// A decimal.
pub(crate) mod one {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        value.serialize().serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        Bytes::deserialize(deserializer).map(Decimal::deserialize)
    }
}

/// A decimal that may be absent.
pub(crate) mod option {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(value: &Option<Decimal>, serializer: S) -> Result<S::Ok, S::Error> {
        value.map(|value| value.serialize()).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
        Ok(Option::<Bytes>::deserialize(deserializer)?.map(Decimal::deserialize))
    }
}

/// Localised decimals.
pub(crate) mod localized {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(values: &[Localized<Decimal>], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(values.iter().map(|value| (&value.locale, value.value.serialize())))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Localized<Decimal>>, D::Error> {
        let values = Vec::<(Option<Box<str>>, Bytes)>::deserialize(deserializer)?;
        let one = |(locale, bytes)| Localized { locale, value: Decimal::deserialize(bytes) };
        Ok(values.into_iter().map(one).collect())
    }
}
