//! The four content types, field by field as the seed's appendix has them, with gaps as real merchants leave them.

use super::BASE_TIME_MS;
use super::market::Money;
use super::names::{
    Merchant, Slots, languages, push_benefit_id, push_merchant_id, push_product, push_product_id, push_store_id,
};
use super::rng::Rng;
use super::words::{Lexicon, Lexicons, pick, pick_even, push_coined};
use super::writer::{Writer, push_hex, push_number, push_padded};

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;
/// Later versions are at least this far apart.
const VERSION_STEP_MS: u64 = 60_000;

/// One version of one item, about to be written.
pub struct Draft<'g> {
    words: &'g Lexicons,
    merchant: Merchant,
    lexicon: &'g Lexicon,
    rng: Rng,
    /// Draws the name; a renaming version has its own.
    naming: Rng,
    status: u64,
    version: u64,
    /// Prices beside those of the first version.
    price_percent: u64,
    /// What ratings and reviews have grown by since the first version.
    reviews: u64,
    place: (&'static str, i64, i64),
}

impl<'g> Draft<'g> {
    /// Version `v` of an item of `merchant`; `revision` draws what differs from version 0.
    pub fn new(words: &'g Lexicons, merchant: Merchant, mut rng: Rng, v: u32, revision: Option<Rng>) -> Self {
        let lexicon = words.get(merchant.market.language(merchant.language).0);
        let places = merchant.market.places;
        let place = places[rng.early(places.len())];
        let first = BASE_TIME_MS - rng.below(90 * 24) * HOUR_MS - rng.below(HOUR_MS);
        let naming = Rng::of(rng.bits(), 0, 0);
        let mut draft = Draft {
            words,
            merchant,
            lexicon,
            rng,
            naming,
            status: 1,
            version: first,
            price_percent: 100,
            reviews: 0,
            place,
        };
        if let Some(revision) = revision {
            draft.revise(v, revision);
        }
        draft
    }

    fn revise(&mut self, v: u32, mut revision: Rng) {
        self.version += u64::from(v) * VERSION_STEP_MS + revision.below(VERSION_STEP_MS);
        self.status = u64::from(!revision.chance(3));
        self.price_percent = revision.between(75, 125);
        self.reviews = u64::from(v) + revision.below(20);
        if revision.chance(12) {
            self.naming = revision;
        }
    }

    /// A MERCHANT.
    pub fn merchant(mut self) -> String {
        let index = self.merchant.index;
        self.write("MERCHANT", |out| push_merchant_id(out, index), |d, w| d.merchant_info(w))
    }

    /// A STORE, the `index`th.
    pub fn store(mut self, index: u64) -> String {
        self.write("STORE", |out| push_store_id(out, index), |d, w| d.store_info(w, index))
    }

    /// A BENEFIT, the `index`th, redeemed in `store`.
    pub fn benefit(mut self, index: u64, store: u64) -> String {
        self.write("BENEFIT", |out| push_benefit_id(out, index), |d, w| d.benefit_info(w, index, store))
    }

    /// A LOCAL_SKU, the `index`th, sold in `store`.
    pub fn product(mut self, index: u64, store: u64) -> String {
        self.write("LOCAL_SKU", |out| push_product_id(out, index), |d, w| d.product_info(w, index, store))
    }

    fn write(
        &mut self,
        content_type: &str,
        id: impl FnOnce(&mut String),
        info: impl FnOnce(&mut Self, &mut Writer),
    ) -> String {
        let mut w = Writer::new(2_048);
        w.str("contentType", content_type);
        w.text("contentId", id);
        w.embedded("contentInfo", |w| info(self, w));
        w.number("contentStatus", self.status);
        w.number("contentVersion", self.version);
        w.finish()
    }

    fn merchant_info(&mut self, w: &mut Writer) {
        self.owner(w, true);
        self.url(w, "logoUrl", "/logo.png");
        self.url(w, "linkUrl", "/mini");
        if self.rng.chance(80) {
            self.images(w, "imageURLs");
        }
        self.description(w, "description");
        self.badge(w, 30);
        let code = self.naming.clone().bits();
        w.text("merchantEmail", |out| {
            out.push_str("hello@m");
            push_hex(out, code >> 40, 6);
            out.push_str(".example");
        });
        self.tags(w, "externalTags");
        self.categories(w);
        let (years, staff) = (self.rng.between(1, 60), self.rng.log_normal(12.0, 1.5) as u64);
        w.embedded("extInfo", |w| {
            w.number("yearsOpen", years);
            w.number("staff", staff + 1 + self.reviews);
        });
        self.locales(w, "merchantName", "description", |d, out, lexicon| d.merchant.push_name(out, lexicon));
    }

    fn store_info(&mut self, w: &mut Writer, index: u64) {
        self.owner(w, true);
        w.text("storeId", |out| push_store_id(out, index));
        w.text("storeName", |out| self.push_store_name(out, self.lexicon));
        self.location(w);
        self.url(w, "linkURL", "/store");
        self.url(w, "logoURL", "/logo.png");
        self.url(w, "coverImageUrl", "/cover.jpg");
        if self.rng.chance(60) {
            self.images(w, "imageURLs");
        }
        self.description(w, "description");
        self.badge(w, 20);
        if self.rng.chance(85) {
            self.price_range(w);
        }
        if self.rng.chance(75) {
            self.rating(w, "externalRating");
        }
        self.tags(w, "externalTags");
        self.categories(w);
        self.store_extras(w);
        self.locales(w, "storeName", "description", |d, out, lexicon| d.push_store_name(out, lexicon));
    }

    fn benefit_info(&mut self, w: &mut Writer, index: u64, store: u64) {
        w.text("benefitId", |out| push_benefit_id(out, index));
        let named = self.rng.chance(60);
        self.owner(w, named);
        let mut id = String::with_capacity(18);
        push_store_id(&mut id, store);
        w.list("availableStoreIds", [id.as_str()]);
        let campaign = self.rng.early(4_000) as u64;
        w.text("campaignId", |out| {
            out.push('C');
            push_padded(out, campaign, 6);
        });
        let (percent, amount) = (self.rng.between(1, 14) * 5, self.price(60));
        w.text("benefitName", |out| self.push_offer(out, self.lexicon, percent, amount));
        self.url(w, "coverImageUrl", "/benefit.jpg");
        if self.rng.chance(50) {
            self.description(w, "description");
        }
        self.badge(w, 35);
        self.benefit_value(w, percent, amount);
        self.period(w, "startTime", "endTime");
        if self.rng.chance(50) {
            let (limit, days) = (self.rng.between(1, 5), self.rng.between(7, 90));
            w.text("limitDetail", |out| push_number(out, limit));
            w.text("validPeriod", |out| push_number(out, days));
        }
        self.tags(w, "externalTags");
        self.categories(w);
        self.engagement(w, "claimedCount");
        self.locales(w, "benefitName", "description", |d, out, lexicon| d.push_offer(out, lexicon, percent, amount));
    }

    fn product_info(&mut self, w: &mut Writer, index: u64, store: u64) {
        self.owner(w, false);
        w.text("outItemId", |out| push_product_id(out, index));
        w.text("name", |out| push_product(out, &self.merchant, self.lexicon, self.naming.clone()));
        self.brand(w);
        self.prices(w);
        self.description(w, "detailDesc");
        let mut id = String::with_capacity(18);
        push_store_id(&mut id, store);
        w.list("storeIds", [id.as_str()]);
        if self.rng.chance(40) {
            self.tags(w, "keywords");
        }
        self.images(w, "itemDetailImageList");
        self.url(w, "linkURL", "/item");
        self.badge(w, 25);
        if self.rng.chance(35) {
            self.period(w, "soldStartTime", "soldEndTime");
        }
        if self.rng.chance(30) {
            let rules: &[&str] = &["refund any time", "refund within 7 days", "no refund", "refund when expired"];
            w.list("refundRule", [pick(rules, &mut self.rng)]);
        }
        self.categories(w);
        self.engagement(w, "soldCount");
        let naming = self.naming.clone();
        self.locales(w, "name", "detailDesc", |d, out, lexicon| {
            push_product(out, &d.merchant, lexicon, naming.clone());
        });
    }

    fn owner(&self, w: &mut Writer, named: bool) {
        w.text("merchantId", |out| push_merchant_id(out, self.merchant.index));
        if named {
            w.text("merchantName", |out| self.merchant.push_name(out, self.lexicon));
        }
    }

    fn push_store_name(&self, out: &mut String, lexicon: &Lexicon) {
        self.merchant.push_name(out, lexicon);
        let mut rng = self.naming.clone();
        let branch = rng.below(100);
        if branch < 50 {
            out.push_str(" (");
            out.push_str(self.place.0);
            out.push(')');
        } else if branch < 85 {
            out.push(' ');
            out.push_str(pick(&lexicon.streets, &mut rng));
        } else {
            out.push(' ');
            push_coined(out, lexicon, &mut rng);
        }
    }

    fn push_offer(&self, out: &mut String, lexicon: &Lexicon, percent: u64, money: Money) {
        let mut rng = self.naming.clone();
        let shape = pick_even(&lexicon.offers, &mut rng);
        self.slots(percent, money).push(out, shape, lexicon, rng);
    }

    fn push_sentences(&self, out: &mut String, lexicon: &Lexicon, mut rng: Rng) {
        let slots = self.slots(rng.between(2, 60), Money::near(150.0, self.merchant.market.currency));
        for i in 0..2 {
            if i > 0 {
                out.push(' ');
            }
            let shape = pick_even(&lexicon.sentences, &mut rng);
            slots.push(out, shape, lexicon, rng.clone());
        }
    }

    fn slots(&self, percent: u64, money: Money) -> Slots<'_> {
        Slots { merchant: &self.merchant, place: self.place.0, percent, money }
    }

    fn description(&self, w: &mut Writer, key: &str) {
        w.text(key, |out| self.push_sentences(out, self.lexicon, self.naming.clone()));
    }

    /// For merchants of several languages, `multilLang` with the name and the description in each of them.
    fn locales(
        &mut self,
        w: &mut Writer,
        name: &str,
        description: &str,
        push_name: impl Fn(&Self, &mut String, &Lexicon),
    ) {
        if !self.merchant.multilingual || !self.rng.chance(75) {
            return;
        }
        let described = self.rng.chance(50);
        w.object("multilLang", |w| {
            for (lexicon, locale) in languages(self.words, &self.merchant) {
                w.object(locale, |w| {
                    w.text(name, |out| push_name(self, out, lexicon));
                    if described {
                        w.text(description, |out| self.push_sentences(out, lexicon, self.naming.clone()));
                    }
                });
            }
        });
    }

    fn url(&self, w: &mut Writer, key: &str, path: &str) {
        let code = self.naming.clone().bits();
        w.text(key, |out| {
            out.push_str("https://m");
            push_number(out, self.merchant.index);
            out.push('.');
            out.push_str(self.merchant.market.country);
            out.push_str(".example/");
            push_hex(out, code >> 32, 8);
            out.push_str(path);
        });
    }

    fn images(&mut self, w: &mut Writer, key: &str) {
        let mut url = String::with_capacity(64);
        url.push_str("https://img.example/");
        push_hex(&mut url, self.rng.bits(), 16);
        url.push_str(".jpg");
        w.list(key, [url.as_str()]);
    }

    fn badge(&mut self, w: &mut Writer, percent: u64) {
        if self.rng.chance(percent) {
            w.str("badgeText", pick(&self.lexicon.badges, &mut self.rng));
        }
    }

    fn tags(&mut self, w: &mut Writer, key: &str) {
        let tags = &self.lexicon.tags;
        let (first, count) = (self.rng.early(tags.len()), self.rng.below(4) as usize);
        if count > 0 {
            w.list(key, (0..count).map(|i| tags[(first + i * 5) % tags.len()]));
        }
    }

    fn categories(&mut self, w: &mut Writer) {
        let trade = self.merchant.trade();
        let leaf = trade.leaves[self.rng.early(trade.leaves.len())];
        if self.rng.chance(90) {
            w.list("stdCategories", [trade.name, leaf]);
        }
        if self.rng.chance(80) {
            w.list("externalCategories", [self.lexicon.trades[self.merchant.trade], leaf]);
        }
    }

    /// A price of the merchant's trade, `percent` of its usual level.
    fn price(&mut self, percent: u64) -> Money {
        let hkd = self.rng.log_normal(self.merchant.trade().median_hkd, 1.3);
        let level = (self.merchant.price_percent * percent) as f64 / 10_000.0;
        Money::near(hkd * level, self.merchant.market.currency).percent(self.price_percent)
    }

    fn price_range(&mut self, w: &mut Writer) {
        let low = self.price(60);
        let spread = self.rng.between(110, 400);
        w.money("minPriceRange", &low);
        if self.rng.chance(80) {
            w.money("maxPriceRange", &low.percent(spread));
        }
    }

    fn prices(&mut self, w: &mut Writer) {
        let price = self.price(100);
        w.money("salePrice", &price);
        if self.rng.chance(45) {
            let discount = self.rng.between(1, 12) * 5;
            w.money("originalPrice", &price.percent(10_000 / (100 - discount)));
            w.text("discount", |out| push_number(out, discount));
        }
    }

    fn benefit_value(&mut self, w: &mut Writer, percent: u64, amount: Money) {
        let kind = 1 + self.rng.early(7);
        w.text("benefitType", |out| push_number(out, kind as u64));
        if kind == 4 {
            w.text("discount", |out| push_number(out, percent));
        } else {
            w.money("amount", &amount);
        }
    }

    fn period(&mut self, w: &mut Writer, start: &str, end: &str) {
        let from = BASE_TIME_MS - 180 * DAY_MS + self.rng.below(240 * 24) * HOUR_MS;
        let days = self.rng.between(7, 180);
        w.number(start, from);
        if self.rng.chance(95) {
            w.number(end, from + days * DAY_MS - 1_000);
        }
    }

    fn location(&mut self, w: &mut Writer) {
        let (place, latitude, longitude) = self.place;
        let address = self.rng.clone();
        let slots = self.slots(0, Money::near(1.0, self.merchant.market.currency));
        w.text("address", |out| slots.push(out, self.lexicon.address, self.lexicon, address));
        w.str("city", place);
        let district = pick_even(&self.lexicon.streets, &mut self.rng);
        w.str("district", district);
        let (north, east) = (self.rng.below(400_000), self.rng.below(400_000));
        w.text("location", |out| {
            push_degrees(out, latitude, north);
            out.push(',');
            push_degrees(out, longitude, east);
        });
        let number = self.rng.below(100_000_000);
        let mut phone = String::with_capacity(16);
        phone.push('+');
        phone.push_str(self.merchant.market.calling_code);
        push_padded(&mut phone, number, 8);
        w.list("phoneNumbers", [phone.as_str()]);
        if self.rng.chance(70) {
            let hours: &[&str] = &[
                "Mon-Sun 10:00-22:00",
                "Mon-Fri 09:00-18:00; Sat 10:00-14:00",
                "11:30-15:00, 18:00-23:00",
                "24 hours",
                "Tue-Sun 12:00-21:30",
            ];
            w.str("businessTime", pick(hours, &mut self.rng));
        }
    }

    fn brand(&mut self, w: &mut Writer) {
        let id = self.merchant.index % 100_000;
        w.text("brandId", |out| {
            out.push('B');
            push_padded(out, id, 6);
        });
        w.text("brandName", |out| self.merchant.push_brand(out, self.lexicon));
    }

    fn rating(&mut self, w: &mut Writer, key: &str) {
        let tenths = 50 - self.rng.early(30) as u64;
        w.text(key, |out| {
            push_number(out, tenths / 10);
            out.push('.');
            push_number(out, tenths % 10);
        });
    }

    fn engagement(&mut self, w: &mut Writer, count: &str) {
        let number = self.rng.log_normal(60.0, 2.4) as u64 + self.reviews;
        let reviews = self.rng.log_normal(25.0, 2.4) as u64 + self.reviews;
        w.embedded("extInfo", |w| {
            w.number("reviewCount", reviews);
            self.rating(w, "stars");
            w.number(count, number);
        });
    }

    fn store_extras(&mut self, w: &mut Writer) {
        let reviews = self.rng.log_normal(80.0, 2.4) as u64 + self.reviews;
        let level = 1 + self.rng.early(4) as u64;
        let (wifi, minutes) = (self.rng.chance(60), self.rng.between(3, 18) * 5);
        w.embedded("extInfo", |w| {
            w.number("reviewCount", reviews);
            self.rating(w, "stars");
            w.number("priceLevel", level);
            w.boolean("wifi", wifi);
            if self.rng.chance(30) {
                w.number("deliveryMinutes", minutes);
            }
        });
    }
}

/// Appends a degree of latitude or longitude: thousandths and, to scatter the shops, millionths off a point to the south-west.
fn push_degrees(out: &mut String, thousandths: i64, off: u64) {
    let millionths = (thousandths.unsigned_abs() * 1_000 + off / 4).saturating_sub(50_000);
    push_number(out, millionths / 1_000_000);
    out.push('.');
    push_padded(out, millionths % 1_000_000, 6);
}
