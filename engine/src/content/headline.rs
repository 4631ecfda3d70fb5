//! The few values of a document that lists and facets show.

use super::document::{Document, Localized, Money, Values};
use penstock_dsl::registry::PropId;
use std::sync::LazyLock;

static MERCHANT_ID: LazyLock<Option<PropId>> = LazyLock::new(|| PropId::from_name("merchantId"));
static STD_CATEGORIES: LazyLock<Option<PropId>> = LazyLock::new(|| PropId::from_name("stdCategories"));
static EXTERNAL_CATEGORIES: LazyLock<Option<PropId>> = LazyLock::new(|| PropId::from_name("externalCategories"));
/// One a content type, in the order of [`penstock_dsl::registry::ContentType::ALL`].
static TITLES: LazyLock<[Option<PropId>; 4]> =
    LazyLock::new(|| ["merchantName", "storeName", "benefitName", "name"].map(PropId::from_name));
static PRICES: LazyLock<[Option<PropId>; 4]> =
    LazyLock::new(|| ["", "priceRange", "amount", "salePrice"].map(PropId::from_name));

impl Document {
    /// The item's name as the merchant wrote it: the base value, else the first locale's.
    pub fn title(&self) -> Option<&str> {
        match self.get(TITLES[self.content_type.index()]?)? {
            Values::Texts(values) => values.first().map(|value| &*value.value.raw),
            _ => None,
        }
    }

    /// The base `merchantId`.
    pub fn merchant_id(&self) -> Option<&str> {
        self.base_list(&MERCHANT_ID)?.first().map(|id| &**id)
    }

    /// The price that facets count: LOCAL_SKU `salePrice`, BENEFIT `amount`, the lower end of a STORE's `priceRange`.
    pub fn price(&self) -> Option<Money> {
        match self.get(PRICES[self.content_type.index()]?)? {
            Values::Money(values) => base(values).copied(),
            Values::PriceRange(range) => Some(Money { amount: range.low, currency: range.currency }),
            _ => None,
        }
    }

    /// The categories that facets count: base `stdCategories` if set, else base `externalCategories`; perhaps none.
    pub fn categories(&self) -> &[Box<str>] {
        self.base_list(&STD_CATEGORIES).or_else(|| self.base_list(&EXTERNAL_CATEGORIES)).unwrap_or_default()
    }

    fn base_list(&self, id: &Option<PropId>) -> Option<&[Box<str>]> {
        match self.get((*id)?)? {
            Values::Keywords(values) => base(values).map(|list| &**list),
            _ => None,
        }
    }
}

fn base<T>(values: &[Localized<T>]) -> Option<&T> {
    values.first().filter(|value| value.locale.is_none()).map(|value| &value.value)
}
