//! Who a generated merchant is, and the texts about it and its items: brands, names, offers, sentences, ids.

use super::market::{Market, Money, TRADES, Trade};
use super::rng::Rng;
use super::words::{Lexicon, Lexicons, pick, pick_even, push_coined};
use super::writer::{push_number, push_padded};

/// A merchant: everything that its stores, benefits and products share.
#[derive(Debug)]
pub struct Merchant {
    /// Its place among the merchants.
    pub index: u64,
    /// Where it trades.
    pub market: &'static Market,
    /// The position of its base language in the market's list.
    pub language: usize,
    /// Whether it writes the market's other languages too.
    pub multilingual: bool,
    /// The position of its trade in the category tree.
    pub trade: usize,
    /// Its prices beside its trade's median, in percent.
    pub price_percent: u64,
    brand: Rng,
}

impl Merchant {
    /// Draws merchant `index`.
    pub fn draw(index: u64, mut rng: Rng) -> Self {
        let market = Market::draw(&mut rng);
        Merchant {
            index,
            market,
            language: market.draw_language(&mut rng),
            multilingual: rng.chance(55),
            trade: Trade::draw(&mut rng),
            price_percent: rng.between(50, 190),
            brand: rng,
        }
    }

    /// The trade.
    pub fn trade(&self) -> &'static Trade {
        &TRADES[self.trade]
    }

    /// Appends the brand, in one language: mostly a coined word, else two words of the trade.
    pub fn push_brand(&self, out: &mut String, lexicon: &Lexicon) {
        let mut rng = self.brand.clone();
        if rng.chance(70) {
            push_coined(out, lexicon, &mut rng);
        } else {
            out.push_str(pick_even(&lexicon.praise, &mut rng));
            out.push_str(lexicon.space);
            out.push_str(pick_even(&lexicon.kinds, &mut rng));
        }
    }

    /// Appends the full name: the brand and what kind of house it is.
    pub fn push_name(&self, out: &mut String, lexicon: &Lexicon) {
        self.push_brand(out, lexicon);
        out.push_str(lexicon.space);
        let mut rng = self.brand.clone();
        rng.bits();
        out.push_str(pick(&lexicon.houses[self.trade], &mut rng));
    }
}

/// What fills the slots of a shape such as `{p}% off {n}`.
#[derive(Clone, Copy, Debug)]
pub struct Slots<'a> {
    /// Whose item it is.
    pub merchant: &'a Merchant,
    /// City or district.
    pub place: &'static str,
    /// A percentage.
    pub percent: u64,
    /// A sum of money.
    pub money: Money,
}

impl Slots<'_> {
    /// Appends `shape` with its slots filled. Equal generators pick the words at equal places of every language's lists.
    pub fn push(&self, out: &mut String, shape: &str, lexicon: &Lexicon, mut rng: Rng) {
        let mut parts = shape.split('{');
        out.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let (slot, rest) = part.split_at(part.find('}').map_or(part.len(), |end| end + 1));
            self.fill(out, slot, lexicon, &mut rng);
            out.push_str(rest);
        }
    }

    fn fill(&self, out: &mut String, slot: &str, lexicon: &Lexicon, rng: &mut Rng) {
        match slot.as_bytes().first() {
            Some(b'a') => out.push_str(pick(&lexicon.praise, rng)),
            Some(b'n') => out.push_str(pick(&lexicon.goods[self.merchant.trade], rng)),
            Some(b'v') => out.push_str(pick(&lexicon.kinds, rng)),
            Some(b's') => out.push_str(pick(&lexicon.streets, rng)),
            Some(b'c') => out.push_str(self.place),
            Some(b'b') => self.merchant.push_brand(out, lexicon),
            Some(b'p') => push_number(out, self.percent),
            Some(b'k') => push_number(out, rng.between(2, 9)),
            Some(b'h') => push_number(out, rng.between(1, 880)),
            Some(b'm') => {
                out.push_str(self.money.currency.code);
                out.push(' ');
                self.money.push_amount(out);
            }
            _ => {}
        }
    }
}

/// Appends a product's name: good, praise, kind, brand, size, model or a coined word, in several orders.
pub fn push_product(out: &mut String, merchant: &Merchant, lexicon: &Lexicon, mut rng: Rng) {
    let good = pick(&lexicon.goods[merchant.trade], &mut rng);
    let kind = pick(&lexicon.kinds, &mut rng);
    let form = rng.below(100);
    if form < 30 {
        push_joined(out, lexicon, &[pick(&lexicon.praise, &mut rng), kind, good]);
    } else if form < 60 {
        merchant.push_brand(out, lexicon);
        push_joined(out, lexicon, &["", kind, good]);
    } else if form < 85 {
        push_joined(out, lexicon, &[kind, good]);
    } else {
        push_coined(out, lexicon, &mut rng);
        push_joined(out, lexicon, &["", good]);
    }
    if merchant.trade == 5 && rng.chance(45) {
        push_model(out, &mut rng);
    } else if rng.chance(50) {
        push_size(out, &mut rng);
    }
}

fn push_joined(out: &mut String, lexicon: &Lexicon, words: &[&str]) {
    for (i, word) in words.iter().enumerate() {
        if i > 0 {
            out.push_str(lexicon.space);
        }
        out.push_str(word);
    }
}

fn push_model(out: &mut String, rng: &mut Rng) {
    out.push(' ');
    for _ in 0..2 {
        out.push(char::from(b'A' + rng.below(26) as u8));
    }
    out.push('-');
    push_number(out, rng.between(100, 9_999));
}

fn push_size(out: &mut String, rng: &mut Rng) {
    const SIZES: &[&str] = &["100", "150", "200", "250", "300", "330", "355", "500", "750", "1000"];
    const UNITS: &[&str] = &["g", "ml", "mL", " g", "pcs"];
    out.push(' ');
    out.push_str(pick_even(SIZES, rng));
    out.push_str(pick(UNITS, rng));
    if rng.chance(30) {
        out.push_str(" x ");
        push_number(out, rng.between(2, 12));
    }
}

/// The languages that a merchant writes, as `(lexicon, locale)`, its base language first.
pub fn languages<'a>(
    words: &'a Lexicons,
    merchant: &Merchant,
) -> impl Iterator<Item = (&'a Lexicon, &'static str)> + use<'a> {
    let (market, base) = (merchant.market, merchant.language);
    let count = if merchant.multilingual { market.language_count() } else { 1 };
    (0..count).map(move |i| {
        let (language, locale) = market.language(base + i);
        (words.get(language), locale)
    })
}

/// Spreads small numbers over twelve digits, one to one.
fn spread(n: u64) -> u64 {
    (u128::from(n) * 618_033_988_749 % 1_000_000_000_000) as u64
}

/// Appends a merchant's id: 16 digits.
pub fn push_merchant_id(out: &mut String, index: u64) {
    out.push_str("2160");
    push_padded(out, spread(index), 12);
}

/// Appends a store's id: 18 digits with leading zeros.
pub fn push_store_id(out: &mut String, index: u64) {
    push_padded(out, spread(index), 18);
}

/// Appends a benefit's id: 20 digits.
pub fn push_benefit_id(out: &mut String, index: u64) {
    out.push_str("20260601");
    push_padded(out, spread(index), 12);
}

/// Appends a product's id: letters and 12 digits.
pub fn push_product_id(out: &mut String, index: u64) {
    out.push_str("P-");
    push_padded(out, spread(index), 12);
}
