//! The built-in attribute registry: which properties content has, of which kind, and how the wire spells them.
//!
//! One table, [`PROPERTIES`], is the seed's appendix (four content types) plus the keys that the seed's samples add.
//! A property has one name and one kind for all content types; what differs by type (required, multi-language,
//! wire spelling) stands in its [`Declared`] rows. Undeclared keys are not here: rules reach them as `ext.<key>`.
//! This module does not know how values are decoded or indexed.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What an item of content is (seed: `contentType`). `SKU` on the wire is an alias of `LOCAL_SKU` (D-01).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum ContentType {
    /// A merchant.
    #[serde(rename = "MERCHANT")]
    Merchant,
    /// A store of a merchant.
    #[serde(rename = "STORE")]
    Store,
    /// A coupon.
    #[serde(rename = "BENEFIT")]
    Benefit,
    /// A product.
    #[serde(rename = "LOCAL_SKU")]
    LocalSku,
}

impl ContentType {
    /// All content types, in the seed's order.
    pub const ALL: [ContentType; 4] = [Self::Merchant, Self::Store, Self::Benefit, Self::LocalSku];

    /// The canonical spelling.
    pub fn name(self) -> &'static str {
        match self {
            Self::Merchant => "MERCHANT",
            Self::Store => "STORE",
            Self::Benefit => "BENEFIT",
            Self::LocalSku => "LOCAL_SKU",
        }
    }

    /// Position in [`ContentType::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }

    /// Reads a canonical spelling, in any case; aliases are the caller's business.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.name().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for ContentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a property's values are; decides the operators a rule may use (LANGUAGE.md, Rules).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// One id or code, compared code point for code point.
    Keyword,
    /// `List<String>`, each value compared like a keyword.
    List,
    /// Free text, compared after folding.
    Text,
    /// A decimal of up to 28 digits.
    Number,
    /// A decimal and a currency.
    Money,
    /// A STORE's interval from `minPriceRange` to `maxPriceRange`.
    PriceRange,
    /// A point in time, epoch milliseconds.
    Time,
    /// `latitude,longitude`; presence only in rules.
    Location,
    /// Presence only: URLs and images.
    Presence,
}

/// How one content type declares a property.
#[derive(Clone, Copy, Debug)]
pub struct Declared {
    /// The content type.
    pub content_type: ContentType,
    /// The key in `contentInfo`, as this type's table spells it. Keys match in any case (D-11).
    pub wire: &'static str,
    /// Whether the appendix requires it (gates delivery, never ingest: D-12).
    pub required: bool,
    /// Whether the appendix says that it may be localised (else `LOCALE_UNEXPECTED`: D-09).
    pub localized: bool,
    /// Whether the appendix has it as a list.
    pub list: bool,
}

/// Index into [`PROPERTIES`]. Stable only within one build; derived state stores [`FINGERPRINT_VERSION`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PropId(pub u16);

/// A declared property.
#[derive(Clone, Copy, Debug)]
pub struct Property {
    /// The name in rules.
    pub name: &'static str,
    /// The kind, the same for all content types.
    pub kind: Kind,
    /// The content types that have it, never empty.
    pub declared: &'static [Declared],
}

/// Raise when [`PROPERTIES`] changes in order or kind: derived state built by another table is rebuilt from the log.
pub const FINGERPRINT_VERSION: u32 = 1;

macro_rules! properties {
    ($( $name:literal $kind:ident { $( $ty:ident $wire:literal $($flag:ident)* ; )+ } )+) => {
        /// Every declared property, by name.
        pub const PROPERTIES: &[Property] = &[ $( Property {
            name: $name,
            kind: Kind::$kind,
            declared: &[ $( Declared {
                content_type: ContentType::$ty,
                wire: $wire,
                required: false $( || flag!(required $flag) )*,
                localized: false $( || flag!(localized $flag) )*,
                list: false $( || flag!(list $flag) )*,
            } ),+ ],
        } ),+ ];
    };
}
macro_rules! flag {
    (required req) => {
        true
    };
    (localized loc) => {
        true
    };
    (list list) => {
        true
    };
    ($want:ident $other:ident) => {
        false
    };
}

// Source: seed 001, Appendix (R109-R187) and samples (R106, R107). `req` required, `loc` multi-language, `list` List<String>.
properties! {
    "address" Text { Store "address" loc; }
    "amount" Money { Benefit "amount"; }
    "availableStoreIds" List { Benefit "availableStoreIds" list; }
    "badgeText" Text { Merchant "badgeText" loc; Benefit "badgeText" loc; Store "badgeText" loc; LocalSku "badgeText" loc; }
    "benefitId" Keyword { Benefit "benefitId" req; }
    "benefitName" Text { Benefit "benefitName" req loc; }
    "benefitType" Keyword { Benefit "benefitType"; }
    "brandId" Keyword { LocalSku "brandId"; }
    "brandName" Text { LocalSku "brandName" loc; }
    "businessArea" Keyword { Store "businessArea"; }
    "businessTime" Text { Store "businessTime" loc; }
    "campaignId" Keyword { Benefit "campaignId"; }
    "city" Keyword { Store "city"; }
    "couponUsageRule" Text { LocalSku "couponUsageRule"; }
    "coverImageUrl" Presence { Benefit "coverImageUrl" req; Store "coverImageUrl" req; }
    "description" Text { Merchant "description" req loc; Benefit "description" loc; Store "description" req loc; }
    "descriptionImage" Presence { LocalSku "descriptionImage" list; }
    "detailDesc" Text { LocalSku "detailDesc" loc; }
    "discount" Number { Benefit "discount"; LocalSku "discount"; }
    "district" Keyword { Store "district"; }
    "endTime" Time { Benefit "endTime"; }
    "externalCategories" List { Merchant "externalCategories" loc list; Benefit "externalCategories" list; Store "externalCategories" loc list; LocalSku "externalCategories" loc list; }
    "externalRating" Number { Store "externalRating"; }
    "externalTags" List { Merchant "externalTags" loc list; Benefit "externalTags" list; Store "externalTags" loc list; LocalSku "externalTags" loc list; }
    "imageUrls" Presence { Merchant "imageURLs" req list; Benefit "imageURL"; Store "imageURLs" req list; }
    "itemDetailImageList" Presence { LocalSku "itemDetailImageList" list; }
    "keywords" List { LocalSku "keywords" list; }
    "limitDetail" Text { Benefit "limitDetail" loc; }
    "linkUrl" Presence { Merchant "linkUrl" req; Benefit "linkUrl"; Store "linkURL" req; LocalSku "linkURL" req; }
    "location" Location { Store "location"; }
    "logoUrl" Presence { Merchant "logoUrl" req; Store "logoURL"; }
    "maxPriceRange" Money { Store "maxPriceRange" req; }
    "merchantEmail" Text { Merchant "merchantEmail" req; }
    "merchantId" Keyword { Merchant "merchantId" req; Benefit "merchantId" req; Store "merchantId" req; LocalSku "merchantId" req; }
    "merchantName" Text { Merchant "merchantName" req loc; Benefit "merchantName" loc; Store "merchantName" loc; }
    "miniProgramId" Keyword { LocalSku "miniProgramId"; }
    "minPriceRange" Money { Store "minPriceRange" req; }
    "name" Text { LocalSku "name" req loc; }
    "originalPrice" Money { LocalSku "originalPrice"; }
    "outItemId" Keyword { LocalSku "outItemId" req; }
    "phoneNumbers" List { Store "phoneNumbers" list; }
    "preorderRule" Text { LocalSku "preorderRule"; }
    "priceRange" PriceRange { Store ""; }
    "province" Keyword { Store "province"; }
    "refundRule" List { LocalSku "refundRule" list; }
    "salePrice" Money { LocalSku "salePrice" req; }
    "soldEndTime" Time { LocalSku "soldEndTime"; }
    "soldStartTime" Time { LocalSku "soldStartTime"; }
    "startTime" Time { Benefit "startTime"; }
    "stdCategories" List { Merchant "stdCategories" req loc list; Benefit "stdCategories" list; Store "stdCategories" loc list; LocalSku "stdCategories" list; }
    "storeId" Keyword { Store "storeId" req; }
    "storeIds" List { LocalSku "storeIds" list; }
    "storeName" Text { Store "storeName" req loc; }
    "supplier" Text { LocalSku "supplier" loc; }
    "validPeriod" Text { Benefit "validPeriod"; }
}

/// Input aliases of `contentInfo` keys (D-10): content type, key on the wire, the property meant. A table key wins.
pub const WIRE_ALIASES: &[(ContentType, &str, &str)] = &[
    (ContentType::LocalSku, "skuName", "name"),
    (ContentType::LocalSku, "currentAmount", "salePrice"),
    (ContentType::LocalSku, "originAmount", "originalPrice"),
    (ContentType::LocalSku, "storeId", "storeIds"),
    (ContentType::LocalSku, "skuPictures", "itemDetailImageList"),
    (ContentType::LocalSku, "description", "detailDesc"),
    (ContentType::Benefit, "imageURLs", "imageUrls"),
    (ContentType::Merchant, "imageURL", "imageUrls"),
    (ContentType::Store, "imageURL", "imageUrls"),
];

/// Keys of `contentInfo` that carry structure, not a property: the locale map (D-03) and extended information.
pub const LOCALE_MAP_KEYS: &[&str] = &["multilLang", "multiLang"];
/// The key whose string holds a JSON object of undeclared keys.
pub const EXT_INFO_KEY: &str = "extInfo";

/// `benefitType` codes and their meaning (seed 001, lines 619-631).
pub const BENEFIT_TYPES: [(&str, &str); 7] = [
    ("1", "Instant discount"),
    ("2", "Full discount"),
    ("3", "Cashback"),
    ("4", "Discount"),
    ("5", "Points redemption"),
    ("6", "Buy and get"),
    ("7", "Merchant voucher"),
];

impl PropId {
    /// Finds a property by its exact name in rules.
    pub fn from_name(name: &str) -> Option<PropId> {
        PROPERTIES.iter().position(|p| p.name == name).map(|i| PropId(i as u16))
    }

    /// The property itself.
    pub fn get(self) -> &'static Property {
        &PROPERTIES[usize::from(self.0)]
    }

    /// The name in rules.
    pub fn name(self) -> &'static str {
        self.get().name
    }

    /// The kind.
    pub fn kind(self) -> Kind {
        self.get().kind
    }

    /// All ids.
    pub fn all() -> impl Iterator<Item = PropId> {
        (0..PROPERTIES.len() as u16).map(PropId)
    }
}

impl Property {
    /// How `content_type` declares this property, if it does.
    pub fn declared_by(&self, content_type: ContentType) -> Option<&'static Declared> {
        self.declared.iter().find(|d| d.content_type == content_type)
    }
}

/// An ISO 4217 alphabetic code, checked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Reads an alphabetic code in any case; `None` where ISO 4217 has no such code.
    pub fn from_code(code: &str) -> Option<Currency> {
        let upper = code.trim().to_ascii_uppercase();
        iso_currency::Currency::from_code(&upper)?;
        Some(Currency(upper.as_bytes().try_into().ok()?))
    }

    /// Reads a numeric code such as `608`, with or without leading zeros.
    pub fn from_numeric(code: &str) -> Option<Currency> {
        let number: u16 = code.trim().parse().ok()?;
        Currency::from_code(iso_currency::Currency::from_numeric(number)?.code())
    }

    /// The alphabetic code.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Digits of the minor unit by ISO 4217 (HKD 2, JPY 0, KWD 3); 2 where the standard gives none.
    pub fn exponent(&self) -> u32 {
        iso_currency::Currency::from_code(self.code()).and_then(|c| c.exponent()).unwrap_or(2).into()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_unique_so_ids_are_reproducible() {
        assert!(PROPERTIES.windows(2).all(|w| w[0].name.to_lowercase() < w[1].name.to_lowercase()));
    }

    /// Seed 001: MERCHANT 9 of 13, BENEFIT 4 of 22, STORE 9 of 21, LOCAL_SKU 5 of 23 required (`multilLang` is no property).
    #[test]
    fn required_fields_are_the_appendix() {
        let required = |t| PROPERTIES.iter().filter(|p| p.declared_by(t).is_some_and(|d| d.required)).count();
        assert_eq!(ContentType::ALL.map(required), [8, 9, 4, 5]);
    }

    #[test]
    fn currencies_are_iso_4217() {
        assert_eq!(Currency::from_numeric("608"), Currency::from_code("php"));
        assert_eq!(Currency::from_code("KWD").unwrap().exponent(), 3);
        assert_eq!(Currency::from_code("ZZZ"), None);
    }
}
