//! The words for what rules name, in English and in Traditional Chinese as Hong Kong writes it: labels, descriptions, units.
//!
//! Source of the descriptions: seed 001's appendix (R109-R187) and its samples. A property has one label for all content
//! types, so no label says whose it is where several have it. Labels stand inside a sentence: no capital, no article, no stop.

use crate::registry::{BENEFIT_TYPES, ContentType, Kind, PropId};

/// The words for a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// The property's name in rules.
    pub name: &'static str,
    /// English label: `store name`.
    pub label: &'static str,
    /// Whether the English label takes a plural verb.
    pub plural: bool,
    /// Chinese label: `門店名稱`.
    pub label_zh: &'static str,
    /// What it is: one English sentence.
    pub description: &'static str,
}

/// One thing's name in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// In English.
    pub en: &'static str,
    /// In Traditional Chinese.
    pub zh: &'static str,
}

/// A countable thing's name in both languages; Chinese has one form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noun {
    /// English singular.
    pub one: &'static str,
    /// English plural.
    pub many: &'static str,
    /// Traditional Chinese.
    pub zh: &'static str,
}

/// The words for a property.
pub fn words(property: PropId) -> &'static Words {
    &WORDS[usize::from(property.0)]
}

/// The words for a content type.
pub fn content_type(content_type: ContentType) -> Noun {
    let (one, many, zh) = match content_type {
        ContentType::Merchant => ("merchant", "merchants", "商戶"),
        ContentType::Store => ("store", "stores", "門店"),
        ContentType::Benefit => ("benefit", "benefits", "優惠"),
        ContentType::LocalSku => ("product", "products", "商品"),
    };
    Noun { one, many, zh }
}

/// The words for a kind.
pub fn kind(kind: Kind) -> Term {
    let (en, zh) = match kind {
        Kind::Keyword => ("id or code", "編號或代碼"),
        Kind::List => ("list of values", "多個值"),
        Kind::Text => ("text", "文字"),
        Kind::Number => ("number", "數字"),
        Kind::Money => ("amount of money", "金額"),
        Kind::PriceRange => ("price range", "價格範圍"),
        Kind::Time => ("date and time", "日期時間"),
        Kind::Location => ("place", "位置"),
        Kind::Presence => ("link or image", "連結或圖片"),
    };
    Term { en, zh }
}

/// In what a kind's values are given, where the number alone does not say it. The seed states no unit for numbers, such as
/// ratings and discounts, so they have none.
pub fn unit(kind: Kind) -> Option<Term> {
    let (en, zh) = match kind {
        Kind::Time => ("date and time", "日期及時間"),
        Kind::Money | Kind::PriceRange => ("amount with its currency", "金額連貨幣"),
        Kind::Location => ("latitude and longitude", "緯度及經度"),
        Kind::Keyword | Kind::List | Kind::Text | Kind::Number | Kind::Presence => return None,
    };
    Some(Term { en, zh })
}

/// The name of a `benefitType` code; `None` where the seed has no such code.
pub fn benefit_type(code: &str) -> Option<Term> {
    let at = BENEFIT_TYPES.iter().position(|(known, _)| *known == code)?;
    Some(Term { en: BENEFIT_TYPES[at].1, zh: BENEFIT_TYPES_ZH[at] })
}

/// In the order of [`BENEFIT_TYPES`].
const BENEFIT_TYPES_ZH: [&str; BENEFIT_TYPES.len()] =
    ["即時減免", "滿額減", "現金回贈", "折扣", "積分換領", "買即送", "商戶券"];

const fn row(name: &'static str, label: &'static str, label_zh: &'static str, description: &'static str) -> Words {
    Words { name, label, plural: false, label_zh, description }
}

/// A row whose label is a plural.
const fn rows(name: &'static str, label: &'static str, label_zh: &'static str, description: &'static str) -> Words {
    Words { plural: true, ..row(name, label, label_zh, description) }
}

/// In the order of [`crate::registry::PROPERTIES`].
#[rustfmt::skip]
const WORDS: &[Words] = &[
    row("address", "address", "地址", "The address of the store."),
    row("amount", "discount amount", "優惠金額", "The discount amount of the benefit, with its currency."),
    rows("availableStoreIds", "available store IDs", "適用門店 ID", "The IDs of the stores where the benefit is available."),
    row("badgeText", "badge text", "角標文字", "The text of a badge, shown where the widget supports it; without it there is no badge."),
    row("benefitId", "benefit ID", "優惠 ID", "The unique ID of the benefit."),
    row("benefitName", "benefit name", "優惠名稱", "The name of the benefit."),
    row("benefitType", "benefit type", "優惠類型", "The type of the benefit: a code from 1, instant discount, to 7, merchant voucher."),
    row("brandId", "brand ID", "品牌 ID", "The ID of the product's brand."),
    row("brandName", "brand name", "品牌名稱", "The brand name of the product."),
    row("businessArea", "business area", "商圈", "The business area that the store is in, usually a code."),
    rows("businessTime", "opening hours", "營業時間", "The opening hours of the store, as free text."),
    row("campaignId", "campaign ID", "活動 ID", "The ID of the campaign that the benefit belongs to."),
    row("city", "city", "城市", "The city that the store is in, usually a code."),
    row("couponUsageRule", "discount usage rule", "優惠使用規則", "Restrictions on how the product's discount may be used."),
    row("coverImageUrl", "cover image", "封面圖片", "The address of the cover image."),
    row("description", "description", "描述", "The description of the merchant, store or benefit; a product's is its product description."),
    rows("descriptionImage", "detail page images", "詳情頁圖片", "The addresses of the images on the product's detail page."),
    row("detailDesc", "product description", "商品描述", "The description of the product."),
    row("discount", "discount", "折扣", "The discount as the number that was sent: a benefit's discount rate, a product's discount information. Whether 80 means 80 % off or 80 % to pay is up to the sender."),
    row("district", "district", "地區", "The district that the store is in, usually a code."),
    row("endTime", "end time", "結束時間", "The time at which the benefit ends."),
    rows("externalCategories", "external categories", "外部類別", "The sender's own categories."),
    row("externalRating", "user rating", "用戶評分", "The users' rating of the store, on the sender's own scale."),
    rows("externalTags", "external tags", "外部標籤", "The sender's own tags."),
    rows("imageUrls", "images", "圖片", "The addresses of the images on the detail page."),
    rows("itemDetailImageList", "product images", "商品圖片", "The addresses of the product's images."),
    rows("keywords", "keywords", "關鍵字", "Keywords of the product."),
    rows("limitDetail", "usage restrictions", "使用限制", "The usage restrictions of the benefit."),
    row("linkUrl", "link", "連結", "The address that opens the merchant's mini program, or the benefit's or product's detail page."),
    row("location", "location", "位置座標", "The latitude and longitude of the store."),
    row("logoUrl", "logo", "標誌圖片", "The address of the logo image."),
    row("maxPriceRange", "highest price", "最高價格", "The highest price of the products in the store."),
    row("merchantEmail", "merchant email", "商戶電郵", "The email address of the merchant."),
    row("merchantId", "merchant ID", "商戶 ID", "The unique ID of the merchant, or of the merchant that the store, benefit or product belongs to."),
    row("merchantName", "merchant name", "商戶名稱", "The name of the merchant, or of the merchant that the store or benefit belongs to."),
    row("miniProgramId", "mini program ID", "小程式 ID", "The ID of the mini program that the product belongs to."),
    row("minPriceRange", "lowest price", "最低價格", "The lowest price of the products in the store."),
    row("name", "product name", "商品名稱", "The name of the product."),
    row("originalPrice", "original price", "原價", "The original price of the product."),
    row("outItemId", "merchant's product code", "商戶商品編號", "The code of the product on the merchant's side."),
    rows("phoneNumbers", "phone numbers", "電話號碼", "The phone numbers of the store."),
    row("preorderRule", "reservation policy", "預約規則", "The reservation policy of the product."),
    row("priceRange", "price range", "價格範圍", "The store's prices, from the lowest to the highest."),
    row("province", "province", "省份", "The province that the store is in, usually a code."),
    row("refundRule", "refund policy", "退款規則", "The refund policy of the product."),
    row("salePrice", "sale price", "售價", "The price at which the product is sold."),
    row("soldEndTime", "end of sales", "銷售結束時間", "The time at which the product's sales end."),
    row("soldStartTime", "start of sales", "銷售開始時間", "The time at which the product's sales start."),
    row("startTime", "start time", "開始時間", "The time at which the benefit starts."),
    rows("stdCategories", "standard categories", "標準類別", "The standard categories, by the platform's rules for category codes."),
    row("storeId", "store ID", "門店 ID", "The unique ID of the store."),
    rows("storeIds", "store IDs", "門店 ID 清單", "The IDs of the stores that the product belongs to."),
    row("storeName", "store name", "門店名稱", "The name of the store."),
    row("supplier", "supplier", "供應商", "The supplier of the product."),
    row("validPeriod", "validity period", "有效期", "The validity period of the benefit, as free text."),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::PROPERTIES;
    use std::collections::BTreeSet;

    #[test]
    fn every_property_has_its_words() {
        let named: Vec<&str> = WORDS.iter().map(|w| w.name).collect();
        let declared: Vec<&str> = PROPERTIES.iter().map(|p| p.name).collect();
        assert_eq!(named, declared);
        for words in PropId::all().map(words) {
            let han = words.label_zh.chars().any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c));
            assert!(!words.label.is_empty() && words.label.is_ascii() && han, "{words:?}");
            assert!(words.description.ends_with('.') && words.description.len() > 10, "{words:?}");
        }
    }

    /// Where one content type has both, an operator must be able to tell them apart.
    #[test]
    fn labels_are_not_shared() {
        for label in [|w: &Words| w.label, |w: &Words| w.label_zh] {
            let labels: BTreeSet<&str> = WORDS.iter().map(label).collect();
            assert_eq!(labels.len(), WORDS.len());
        }
    }

    #[test]
    fn every_benefit_type_has_a_name() {
        for (code, name) in BENEFIT_TYPES {
            assert_eq!(benefit_type(code).map(|t| t.en), Some(name));
        }
        assert_eq!(benefit_type("8"), None);
        assert_eq!(benefit_type("4").map(|t| t.zh), Some("折扣"));
    }
}
