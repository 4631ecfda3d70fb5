//! What can be seen of an item at a glance: of each property that questions are about a few bytes, from which most answers
//! follow without reading the item.

use super::intervals::{scaled, unsigned};
use super::texts::Texts;
use crate::content::document::{Document, ExtValue, Localized, Money, Values};
use crate::matcher::fuzzy::Letters;
use hashbrown::HashMap;
use penstock_dsl::expr::PropertyRef;
use penstock_dsl::registry::Currency;
use xxhash_rust::xxh3::xxh3_64;

/// Properties beyond these are not looked at.
const SLOTS_MAX: usize = 1024;
/// Bytes of a gram.
const GRAM_BYTES: usize = 3;

/// Which properties are looked at, and where what is seen of them is put.
#[derive(Default)]
pub struct Slots {
    declared: Vec<OfProperty>,
    ext: HashMap<String, OfProperty>,
    count: u16,
}

/// The places of one property.
#[derive(Clone, Default)]
struct OfProperty {
    plain: Option<u16>,
    /// Amounts of money, by currency.
    money: Vec<(Currency, u16)>,
    /// What questions are about in its texts.
    texts: InTexts,
}

/// What is looked for in texts, beside whole values.
#[derive(Clone, Copy, Debug, Default)]
pub struct InTexts {
    /// Grams.
    pub grams: bool,
    /// Words.
    pub words: bool,
}

/// What is seen of one property.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    /// Whether it is set.
    pub set: bool,
    /// A bit for each value.
    pub values: u64,
    /// A bit for each gram of each text.
    pub grams: u64,
    /// The least number.
    pub low: f32,
    /// The greatest number.
    pub high: f32,
    /// Where its texts' words begin and end among all.
    words: [u32; 2],
}

const NOTHING: Sight =
    Sight { set: false, values: 0, grams: 0, low: f32::INFINITY, high: f32::NEG_INFINITY, words: [0, 0] };

/// What is seen of an item.
#[derive(Default)]
pub struct Sights {
    by_slot: Vec<Sight>,
    seen: Vec<u16>,
    /// The characters of words.
    words: Vec<Letters>,
    /// Whether the item at hand has been looked at.
    pub ready: bool,
}

impl Slots {
    /// The place of a property, of its amounts in a currency if one is given; `None` where there is no room for more.
    pub fn open(&mut self, property: &PropertyRef, currency: Option<Currency>, texts: InTexts) -> Option<u16> {
        let of = match property {
            PropertyRef::Declared(id) => {
                let at = usize::from(id.0);
                if self.declared.len() <= at {
                    self.declared.resize(at + 1, OfProperty::default());
                }
                &mut self.declared[at]
            }
            PropertyRef::Ext(key) if usize::from(self.count) < SLOTS_MAX || self.ext.contains_key(key.as_str()) => {
                self.ext.entry_ref(key.as_str()).or_default()
            }
            _ => return None,
        };
        of.texts.grams |= texts.grams;
        of.texts.words |= texts.words;
        let known = match currency {
            None => of.plain,
            Some(currency) => of.money.iter().find(|(known, _)| *known == currency).map(|(_, slot)| *slot),
        };
        if known.is_some() || usize::from(self.count) >= SLOTS_MAX {
            return known;
        }
        let slot = self.count;
        self.count += 1;
        match currency {
            None => of.plain = Some(slot),
            Some(currency) => of.money.push((currency, slot)),
        }
        Some(slot)
    }
}

impl Sights {
    /// Looks at an item.
    pub fn look(&mut self, slots: &Slots, document: &Document, texts: &mut Texts) {
        for slot in self.seen.drain(..) {
            self.by_slot[usize::from(slot)] = NOTHING;
        }
        self.words.clear();
        self.by_slot.resize(usize::from(slots.count), NOTHING);
        for (property, values) in &document.declared {
            if let Some(of) = slots.declared.get(usize::from(property.0)) {
                self.look_at_declared(of, values, texts);
            }
        }
        if !slots.ext.is_empty() {
            for (key, values) in &document.ext {
                if let Some(of) = slots.ext.get(&**key) {
                    values.iter().flat_map(|list| &list.value).for_each(|value| self.look_at_ext(of, value, texts));
                }
            }
        }
        self.ready = true;
    }

    /// What is seen in a place.
    pub fn at(&self, slot: u16) -> &Sight {
        self.by_slot.get(usize::from(slot)).unwrap_or(&NOTHING)
    }

    /// The characters of each word that is seen in a place.
    pub fn words(&self, slot: u16) -> &[Letters] {
        let [begin, end] = self.at(slot).words;
        &self.words[begin as usize..end as usize]
    }

    fn look_at_declared(&mut self, of: &OfProperty, values: &Values, texts: &mut Texts) {
        match values {
            Values::Money(amounts) => amounts.iter().for_each(|money| self.amount(of, &money.value)),
            Values::PriceRange(range) => {
                let money = |amount| Money { amount, currency: range.currency };
                [range.low, range.high].into_iter().for_each(|amount| self.amount(of, &money(amount)));
            }
            Values::Presence(_) | Values::Keywords(_) | Values::Texts(_) | Values::Numbers(_) | Values::Times(_) => {}
        }
        if let Values::Texts(list) = values {
            list.iter().for_each(|text| self.text(of, &text.value.folded, texts));
        }
        let Some(sight) = self.plain(of) else { return };
        match values {
            Values::Keywords(lists) => {
                lists.iter().flat_map(|list| &list.value).for_each(|value| sight.values |= bit(value));
            }
            Values::Numbers(numbers) => each(numbers, |number| sight.number(scaled(number))),
            Values::Times(times) => each(times, |ms| sight.number(unsigned(*ms))),
            Values::Presence(_) | Values::Texts(_) | Values::Money(_) | Values::PriceRange(_) => {}
        }
    }

    fn look_at_ext(&mut self, of: &OfProperty, value: &ExtValue, texts: &mut Texts) {
        if let ExtValue::Money(money) = value {
            self.amount(of, money);
        }
        if let Some(text) = value.text() {
            self.text(of, &text.folded, texts);
        }
        let Some(sight) = self.plain(of) else { return };
        if let Some(number) = value.number() {
            sight.number(scaled(&number));
        }
    }

    /// One property's texts come one after the other.
    fn text(&mut self, of: &OfProperty, folded: &str, texts: &mut Texts) {
        let begin = self.words.len() as u32;
        if of.texts.words {
            self.words.extend(texts.words(folded).map(|word| word.letters));
        }
        let end = self.words.len() as u32;
        let Some(sight) = self.plain(of) else { return };
        sight.values |= bit(folded);
        if of.texts.grams {
            sight.grams |= grams(folded);
        }
        let begin = if sight.words == NOTHING.words { begin } else { sight.words[0] };
        sight.words = [begin, end];
    }

    fn amount(&mut self, of: &OfProperty, money: &Money) {
        let slot = of.money.iter().find(|(currency, _)| *currency == money.currency);
        if let Some(sight) = self.set(slot.map(|(_, slot)| *slot)) {
            sight.number(scaled(&money.amount));
        }
    }

    fn plain(&mut self, of: &OfProperty) -> Option<&mut Sight> {
        self.set(of.plain)
    }

    fn set(&mut self, slot: Option<u16>) -> Option<&mut Sight> {
        let sight = self.by_slot.get_mut(usize::from(slot?))?;
        if !sight.set {
            self.seen.extend(slot);
        }
        sight.set = true;
        Some(sight)
    }
}

impl Sight {
    fn number(&mut self, value: u64) {
        let value = rough(value);
        self.low = self.low.min(value);
        self.high = self.high.max(value);
    }
}

/// The bit of a value.
pub fn bit(value: &str) -> u64 {
    1 << (xxh3_64(value.as_bytes()) % 64)
}

/// The bits of a text's grams: a text that has another has its bits.
pub fn grams(text: &str) -> u64 {
    let spread = |gram: &[u8]| {
        let packed = gram.iter().fold(0u64, |packed, byte| packed << 8 | u64::from(*byte));
        packed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 58
    };
    text.as_bytes().windows(GRAM_BYTES).fold(0, |bits, gram| bits | 1 << spread(gram))
}

/// A scaled number, rounded: order is kept, but neighbours may become equal.
pub fn rough(value: u64) -> f32 {
    (value ^ (1 << 63)) as i64 as f32
}

fn each<T>(values: &[Localized<T>], mut see: impl FnMut(&T)) {
    values.iter().for_each(|value| see(&value.value));
}
