//! Makes realistic merchants' content for benches and trials, to ten million items and more.
//!
//! An item is a pure function of the seed and its number: any slice can be made on any thread, again and again, with the
//! same bytes on every machine. Of a hundred items 3 are merchants, 27 stores, 20 benefits and 50 products; products and
//! benefits belong to stores, stores to merchants, and merchants have stores by Zipf's law. Names are in the languages
//! of seven markets, prices in their currencies. The generator knows the wire format only, not the engine.

mod items;
mod market;
mod names;
mod rng;
mod words;
mod writer;

use items::Draft;
use names::Merchant;
use rng::Rng;
use words::Lexicons;

/// The time around which all of the content lies: 2026-06-01T00:00:00Z in epoch milliseconds.
pub const BASE_TIME_MS: u64 = 1_780_272_000_000;

/// Of every hundred items in a row these many are merchants.
const MERCHANTS: u64 = 3;
/// Of every hundred items in a row these many are stores.
const STORES: u64 = 27;
/// Of every hundred items in a row these many are benefits; the rest are products.
const BENEFITS: u64 = 20;

/// What an independent sequence of random numbers is for.
#[derive(Clone, Copy)]
enum Stream {
    /// Who a merchant is.
    Merchant,
    /// Which merchant a store belongs to.
    Owner,
    /// An item's own values.
    Item,
    /// What a later version changes.
    Revision,
}

/// What item `n` is: its place among the items of its content type.
enum Role {
    Merchant(u64),
    Store(u64),
    Benefit(u64),
    Product(u64),
}

/// Makes content from a seed. Cheap to share between threads.
///
/// ```
/// use penstock_server::generate::Generator;
/// let generator = Generator::new(7);
/// assert_eq!(generator.line(42), Generator::new(7).line(42));
/// ```
#[derive(Debug)]
pub struct Generator {
    seed: u64,
    words: Lexicons,
}

impl Generator {
    /// A generator whose content depends on `seed` alone.
    pub fn new(seed: u64) -> Self {
        Generator { seed, words: Lexicons::new() }
    }

    /// Item `n` as first published: one Content object of synchronizeContent as one line of JSON, without line end.
    pub fn line(&self, n: u64) -> String {
        self.version(n, 0)
    }

    /// Item `n` as its later version `v` has it: another price, more reviews, at times another name, and for about 3% of
    /// versions a tombstone (`contentStatus` 0). `contentVersion` grows with `v`; version 0 is [`Generator::line`].
    pub fn version(&self, n: u64, v: u32) -> String {
        let hundred = n / 100;
        match role(n) {
            Role::Merchant(m) => self.draft(n, v, m).merchant(),
            Role::Store(s) => self.draft(n, v, self.owner(s)).store(s),
            Role::Benefit(b) => {
                let store = self.some_store(n, hundred);
                self.draft(n, v, self.owner(store)).benefit(b, store)
            }
            Role::Product(p) => {
                let store = self.some_store(n, hundred);
                self.draft(n, v, self.owner(store)).product(p, store)
            }
        }
    }

    fn draft(&self, n: u64, v: u32, merchant: u64) -> Draft<'_> {
        let item = self.rng(Stream::Item, n);
        let revision = (v > 0).then(|| self.rng(Stream::Revision, n ^ u64::from(v) << 40));
        Draft::new(&self.words, self.merchant(merchant), item, v, revision)
    }

    fn merchant(&self, m: u64) -> Merchant {
        Merchant::draw(m, self.rng(Stream::Merchant, m))
    }

    /// The merchant of a store: one of those published by then, the first ones most often.
    fn owner(&self, store: u64) -> u64 {
        let known = (store / STORES + 1) * MERCHANTS;
        self.rng(Stream::Owner, store).zipf(known)
    }

    /// A store for item `n`: any of those published by then.
    fn some_store(&self, n: u64, hundred: u64) -> u64 {
        self.rng(Stream::Owner, !n).below((hundred + 1) * STORES)
    }

    fn rng(&self, stream: Stream, n: u64) -> Rng {
        Rng::of(self.seed, stream as u64 + 1, n)
    }
}

/// The content types are spread over each hundred of items, every one at its own places.
fn role(n: u64) -> Role {
    let (hundred, place) = (n / 100, (n % 100 * 37 + 11) % 100);
    if place < MERCHANTS {
        return Role::Merchant(hundred * MERCHANTS + place);
    }
    let place = place - MERCHANTS;
    if place < STORES {
        return Role::Store(hundred * STORES + place);
    }
    let place = place - STORES;
    if place < BENEFITS {
        return Role::Benefit(hundred * BENEFITS + place);
    }
    Role::Product(hundred * (100 - MERCHANTS - STORES - BENEFITS) + place - BENEFITS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::collections::{HashMap, HashSet};

    fn parsed(line: &str) -> (Value, Value) {
        let outer: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        let text = outer["contentInfo"].as_str().expect("contentInfo is a string");
        let info: Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"));
        if let Some(ext) = info.get("extInfo") {
            let ext: Value = serde_json::from_str(ext.as_str().expect("extInfo is a string")).expect("extInfo parses");
            assert!(ext.is_object());
        }
        (outer, info)
    }

    #[test]
    fn an_item_is_a_function_of_seed_and_number() {
        let (a, b) = (Generator::new(1), Generator::new(1));
        let backwards: Vec<String> = (0..200).rev().map(|n| b.line(n)).collect();
        for (n, line) in backwards.iter().rev().enumerate() {
            assert_eq!(&a.line(n as u64), line);
            assert_eq!(&a.version(n as u64, 0), line);
        }
        assert_ne!(a.line(7), Generator::new(2).line(7));
    }

    #[test]
    fn every_line_parses_and_carries_the_seeds_fields() {
        let generator = Generator::new(3);
        for n in (0..3_000).chain([9_999_999, 10_000_000_000]) {
            let line = generator.line(n);
            assert!(!line.contains('\n'));
            let (outer, info) = parsed(&line);
            assert_eq!(outer["contentStatus"], 1);
            assert!(outer["contentVersion"].as_u64().is_some());
            assert!(outer.get("tntInstId").is_none());
            assert!(info["merchantId"].as_str().is_some_and(|id| id.len() == 16));
        }
    }

    #[test]
    fn types_come_in_their_shares_with_unique_ids() {
        let generator = Generator::new(3);
        let mut count: HashMap<String, usize> = HashMap::new();
        let mut ids = HashSet::new();
        let mut bytes = 0;
        for n in 0..10_000 {
            let line = generator.line(n);
            bytes += line.len();
            let (outer, _) = parsed(&line);
            let kind = outer["contentType"].as_str().expect("a type").to_owned();
            assert!(ids.insert((kind.clone(), outer["contentId"].to_string())), "{n}");
            *count.entry(kind).or_default() += 1;
        }
        let shares = ["MERCHANT", "STORE", "BENEFIT", "LOCAL_SKU"].map(|kind| count[kind]);
        assert_eq!(shares, [300, 2_700, 2_000, 5_000]);
        assert!((700..1_400).contains(&(bytes / 10_000)), "{} bytes a line", bytes / 10_000);
    }

    #[test]
    fn names_and_merchants_are_varied_and_skewed() {
        let generator = Generator::new(3);
        let mut names = HashSet::new();
        let mut words = HashSet::new();
        let mut merchants: HashMap<String, usize> = HashMap::new();
        for n in 0..20_000 {
            let (_, info) = parsed(&generator.line(n));
            let name = ["name", "benefitName", "storeName", "merchantName"].iter().find_map(|key| info[key].as_str());
            let name = name.expect("a name");
            words.extend(name.split(' ').map(str::to_lowercase));
            names.insert(name.to_owned());
            *merchants.entry(info["merchantId"].to_string()).or_default() += 1;
        }
        assert!(names.len() > 14_000, "{} names", names.len());
        assert!(words.len() > 6_000, "{} words", words.len());
        let largest = merchants.values().max().copied().unwrap_or(0);
        assert!(largest > 1_000 && merchants.len() > 300, "{largest} of {}", merchants.len());
    }

    #[test]
    fn later_versions_keep_the_identity_and_change_the_rest() {
        let generator = Generator::new(3);
        let (mut tombstones, mut changed) = (0, 0);
        for n in 0..2_000 {
            let (first, old) = parsed(&generator.line(n));
            let mut last = first["contentVersion"].as_u64();
            for v in 1..3 {
                let (next, new) = parsed(&generator.version(n, v));
                assert_eq!((&next["contentType"], &next["contentId"]), (&first["contentType"], &first["contentId"]));
                assert_eq!(new["merchantId"], old["merchantId"]);
                assert!(next["contentVersion"].as_u64() > last);
                last = next["contentVersion"].as_u64();
                tombstones += usize::from(next["contentStatus"] == 0);
                changed += usize::from(new != old);
            }
        }
        assert!((60..200).contains(&tombstones), "{tombstones} tombstones of 4000");
        assert!(changed > 3_900, "{changed} of 4000 changed");
    }

    #[test]
    fn every_currency_and_trade_is_there() {
        let generator = Generator::new(3);
        let mut currencies = HashSet::new();
        let mut categories = HashSet::new();
        for n in 0..20_000 {
            let (_, info) = parsed(&generator.line(n));
            for key in ["salePrice", "minPriceRange", "amount"] {
                if let Some(code) = info[key]["currency"].as_str() {
                    currencies.insert(code.to_owned());
                    let (cent, factor) = (info[key]["cent"].as_f64(), info[key]["centFactor"].as_f64());
                    let amount = cent.zip(factor).map(|(cent, factor)| cent / factor);
                    assert_eq!(info[key]["amount"].as_f64(), amount);
                }
            }
            categories.extend(info["stdCategories"].as_array().into_iter().flatten().map(Value::to_string));
        }
        assert_eq!(currencies.len(), 7);
        assert_eq!(categories.len(), 8 + 64);
    }
}
