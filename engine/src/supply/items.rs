//! What supply knows of each item by ordinal, so that no trigger but content needs the item itself.

use super::bits::BitmapBytes;
use super::change::Ordinal;
use crate::content::eligibility::FieldSet;
use penstock_dsl::registry::ContentType;
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};

/// An interned merchantId.
pub type MerchantName = u32;
const NO_MERCHANT: MerchantName = MerchantName::MAX;

/// Facts by ordinal.
#[derive(Default)]
pub struct Items {
    fields: Vec<FieldSet>,
    merchant: Vec<MerchantName>,
    live: [RoaringBitmap; 4],
    of_merchant: Vec<RoaringBitmap>,
}

/// What an item is at one version.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Facts {
    /// Its content type.
    pub content_type: ContentType,
    /// The fields it has.
    pub fields: FieldSet,
    /// Its merchantId.
    pub merchant: Option<MerchantName>,
}

impl Items {
    /// Makes an item what it is now; `None` for a tombstone. Tells what it was.
    pub fn set(&mut self, ordinal: Ordinal, now: Option<Facts>) -> Option<Facts> {
        let was = self.get(ordinal);
        let at = ordinal as usize;
        if self.fields.len() <= at {
            self.fields.resize(at + 1, FieldSet::default());
            self.merchant.resize(at + 1, NO_MERCHANT);
        }
        if let Some(was) = was {
            self.live[was.content_type.index()].remove(ordinal);
            was.merchant.into_iter().for_each(|name| _ = self.of_merchant[name as usize].remove(ordinal));
        }
        self.fields[at] = now.map_or_else(FieldSet::default, |now| now.fields);
        self.merchant[at] = now.and_then(|now| now.merchant).unwrap_or(NO_MERCHANT);
        if let Some(now) = now {
            self.live[now.content_type.index()].insert(ordinal);
            now.merchant.into_iter().for_each(|name| self.of(name, ordinal));
        }
        was
    }

    fn of(&mut self, name: MerchantName, ordinal: Ordinal) {
        let at = name as usize;
        if self.of_merchant.len() <= at {
            self.of_merchant.resize_with(at + 1, RoaringBitmap::new);
        }
        self.of_merchant[at].insert(ordinal);
    }

    /// What a live item is.
    pub fn get(&self, ordinal: Ordinal) -> Option<Facts> {
        let content_type = ContentType::ALL.into_iter().find(|t| self.live[t.index()].contains(ordinal))?;
        Some(Facts { content_type, fields: self.fields(ordinal), merchant: self.merchant(ordinal) })
    }

    /// The fields that an item has.
    pub fn fields(&self, ordinal: Ordinal) -> FieldSet {
        self.fields.get(ordinal as usize).copied().unwrap_or_default()
    }

    /// The interned merchantId of an item.
    pub fn merchant(&self, ordinal: Ordinal) -> Option<MerchantName> {
        self.merchant.get(ordinal as usize).copied().filter(|name| *name != NO_MERCHANT)
    }

    /// Live items of a type.
    pub fn live(&self, content_type: ContentType) -> &RoaringBitmap {
        &self.live[content_type.index()]
    }

    /// Live items of a merchant.
    pub fn of_merchant(&self, name: MerchantName) -> Option<&RoaringBitmap> {
        self.of_merchant.get(name as usize)
    }

    /// For a checkpoint.
    pub fn export(&self) -> ItemsBody {
        let live = self.live.iter().map(BitmapBytes::from).collect();
        ItemsBody { fields: self.fields.clone(), merchant: self.merchant.clone(), live }
    }
}

/// The facts in a checkpoint.
#[derive(Serialize, Deserialize)]
pub struct ItemsBody {
    fields: Vec<FieldSet>,
    merchant: Vec<MerchantName>,
    live: Vec<BitmapBytes>,
}

impl ItemsBody {
    /// The facts; `None` where the parts do not fit.
    pub fn items(self) -> Option<Items> {
        let live: Vec<RoaringBitmap> = self.live.iter().map(BitmapBytes::bitmap).collect::<Option<_>>()?;
        let live: [RoaringBitmap; 4] = live.try_into().ok()?;
        if self.fields.len() != self.merchant.len() {
            return None;
        }
        let mut items = Items { fields: self.fields, merchant: self.merchant, live, of_merchant: Vec::new() };
        for ordinal in 0..items.merchant.len() as Ordinal {
            if let Some(name) = items.merchant(ordinal) {
                items.of(name, ordinal);
            }
        }
        Some(items)
    }
}
