//! The questions of the preview bench: one shape of rule set (three groups of four rules), its constants drawn anew for each
//! question, spelled as rule text and as SQL over the peer's tables.
//!
//! Every kind of rule is in it: fuzzy words, substrings, lists (any, none), numbers, money, dates. Most rules are broad
//! (tens to hundreds of thousands of a million items), so that counting is not answered by a few postings.

use penstock_dsl::text::default_distance;

/// Product words, some of them misspelled as operators misspell.
const PRODUCT_WORDS: &[&str] = &[
    "latte",
    "cheesecake",
    "noodles",
    "chicken",
    "sneakers",
    "earbuds",
    "sunscren",
    "shampoo",
    "jacket",
    "brownie",
    "camera",
    "kurung",
    "kopi",
    "espreso",
    "burger",
    "ramen",
    "milk",
    "rice",
    "ticket",
    "tablet",
];
/// Words of offers.
const OFFER_WORDS: &[&str] = &["voucher", "cashback", "member", "weekend", "bundle", "diskaun", "libreng", "student"];
/// Pieces of brands: common and rare, Latin and not.
const BRAND_PIECES: &[&str] =
    &["a", "e", "i", "an", "or", "ra", "el", "on", "ri", "lo", "in", "ay", "ta", "金", "川", "ทอง", "한"];
const TRADES: &[&str] = &["dining", "cafe", "grocery", "fashion", "beauty", "electronics", "travel", "leisure"];
const TAGS: &[&str] =
    &["halal", "vegan", "wifi", "takeaway", "gift", "外賣", "素食", "テイクアウト", "포장", "bungkus"];
/// Currencies, their minor units in one unit, and units for a Hong Kong dollar's worth.
const CURRENCIES: &[(&str, u64, f64)] =
    &[("HKD", 100, 1.0), ("PHP", 100, 7.4), ("THB", 100, 4.4), ("MYR", 100, 0.57), ("JPY", 1, 19.0), ("KRW", 1, 176.0)];
/// 2026-06-01T00:00:00Z, which the generated content lies around.
const BASE_MS: i64 = 1_780_272_000_000;
const DAY_MS: i64 = 86_400_000;

/// A day, as rules write it and as epoch milliseconds of its start in UTC.
#[derive(Clone, Copy, Debug)]
struct Day(i64);

impl Day {
    fn text(self) -> String {
        // Days of June and July 2026 only.
        let (month, day) = if self.0 < 30 { (6, self.0 + 1) } else { (7, self.0 - 29) };
        format!("2026-{month:02}-{day:02}")
    }

    fn start_ms(self) -> i64 {
        BASE_MS + self.0 * DAY_MS
    }

    fn end_ms(self) -> i64 {
        self.start_ms() + DAY_MS
    }
}

/// The constants of one question.
#[derive(Clone, Debug)]
pub struct Question {
    word: &'static str,
    trades: [&'static str; 3],
    currency: (&'static str, u64),
    price: (u64, u64),
    reviews: u64,
    piece: &'static str,
    without: [&'static str; 2],
    discount: (u64, u64),
    sold_until: Day,
    offer_word: &'static str,
    benefit_types: [u64; 2],
    ends: (Day, Day),
    untagged: [&'static str; 2],
}

impl Question {
    /// Draws a question.
    pub fn draw(dice: &mut Dice) -> Self {
        let (code, factor, per_hkd) = CURRENCIES[dice.below(CURRENCIES.len())];
        let low = ((5 + dice.below(60)) as f64 * per_hkd) as u64;
        let first_day = Day(dice.below(20) as i64);
        let trade = dice.below(TRADES.len());
        Question {
            word: dice.pick(PRODUCT_WORDS),
            trades: [trade, trade + 1 + dice.below(3), trade + 5].map(|at| TRADES[at % TRADES.len()]),
            currency: (code, factor),
            price: (low, low + ((50 + dice.below(900)) as f64 * per_hkd) as u64 + 1),
            reviews: 3 + dice.below(60) as u64,
            piece: dice.pick(BRAND_PIECES),
            without: [dice.pick(TAGS), dice.pick(TAGS)],
            discount: (20 + dice.below(25) as u64, 45 + dice.below(15) as u64),
            sold_until: Day(dice.below(60) as i64),
            offer_word: dice.pick(OFFER_WORDS),
            benefit_types: [1 + dice.below(2) as u64, 3 + dice.below(5) as u64],
            ends: (first_day, Day(first_day.0 + 10 + dice.below(30) as i64)),
            untagged: [dice.pick(TAGS), dice.pick(TAGS)],
        }
    }

    /// The rule text.
    pub fn rules(&self) -> String {
        let [trade_a, trade_b, trade_c] = self.trades;
        let (currency, (low, high)) = (self.currency.0, self.price);
        let ([without_a, without_b], [untagged_a, untagged_b]) = (self.without, self.untagged);
        let [type_a, type_b] = self.benefit_types;
        format!(
            "LOCAL_SKU {{\n  \"By word\": name ~ \"{word}\"\n    and stdCategories in (\"{trade_a}\", \"{trade_b}\", \"{trade_c}\")\n    \
             and salePrice in {currency} {low}..{high}\n    and ext.reviewCount > {reviews}\n  or\n  \
             \"By brand\": brandName contains \"{piece}\"\n    and keywords none of (\"{without_a}\", \"{without_b}\")\n    \
             and not discount in {from}..{to}\n    and not soldEndTime before {sold_until}\n}}\n\
             BENEFIT {{\n  \"Offers\": not benefitName ~ \"{offer_word}\"\n    and benefitType in (\"{type_a}\", \"{type_b}\")\n    \
             and endTime in {ends_from}..{ends_to}\n    and externalTags none of (\"{untagged_a}\", \"{untagged_b}\")\n}}\n",
            word = self.word,
            reviews = self.reviews,
            piece = self.piece,
            from = self.discount.0,
            to = self.discount.1,
            sold_until = self.sold_until.text(),
            offer_word = self.offer_word,
            ends_from = self.ends.0.text(),
            ends_to = self.ends.1.text(),
        )
    }

    /// SQL that answers what every rule, every group and the whole match. `fuzzy` is whether words match within their edit
    /// distance, as in the rules, or plainly as substrings, which is an easier question.
    pub fn sql(&self, fuzzy: bool) -> String {
        let (code, factor) = self.currency;
        let products = [
            words("products", self.word, fuzzy),
            list_has("categories", &self.trades),
            format!("currency = '{code}' AND cents BETWEEN {} AND {}", self.price.0 * factor, self.price.1 * factor),
            format!("reviews > {}", self.reviews),
            format!("contains(brand, '{}')", self.piece),
            not(&list_has("tags", &self.without)),
            not(&format!("discount BETWEEN {} AND {}", self.discount.0, self.discount.1)),
            not(&format!("ends < {}", self.sold_until.start_ms())),
        ];
        let benefits = [
            not(&words("benefits", self.offer_word, fuzzy)),
            format!("benefit_type IN ('{}', '{}')", self.benefit_types[0], self.benefit_types[1]),
            format!("ends >= {} AND ends < {}", self.ends.0.start_ms(), self.ends.1.end_ms()),
            not(&list_has("tags", &self.untagged)),
        ];
        format!("SELECT * FROM ({}), ({})", counts("products", &products), counts("benefits", &benefits))
    }
}

/// Counts of each rule and each group of four of a table, and of all groups together.
fn counts(table: &str, rules: &[String]) -> String {
    let columns: Vec<String> =
        rules.iter().enumerate().map(|(i, rule)| format!("coalesce({rule}, false) AS r{i}")).collect();
    let groups: Vec<String> =
        (0..rules.len()).step_by(4).map(|g| format!("(r{} AND r{} AND r{} AND r{})", g, g + 1, g + 2, g + 3)).collect();
    let asked = (0..rules.len()).map(|i| format!("r{i}")).chain(groups.iter().cloned()).chain([groups.join(" OR ")]);
    let asked: Vec<String> = asked.map(|filter| format!("count(*) FILTER ({filter})")).collect();
    format!("SELECT {} FROM (SELECT {} FROM {table})", asked.join(", "), columns.join(", "))
}

fn not(condition: &str) -> String {
    format!("NOT coalesce({condition}, false)")
}

fn list_has(column: &str, values: &[&str]) -> String {
    let quoted: Vec<String> = values.iter().map(|value| format!("'{value}'")).collect();
    format!("list_has_any({column}, [{}])", quoted.join(", "))
}

/// A word rule on `table`. Fuzzy words are looked up among the table's distinct words first, as a careful user would.
fn words(table: &str, word: &str, fuzzy: bool) -> String {
    if !fuzzy {
        return format!("contains(name, '{word}')");
    }
    let (length, distance) = (word.chars().count(), default_distance(word));
    format!(
        "list_has_any(words, (SELECT coalesce(list(word), []) FROM {table}_words WHERE starts_with(word, '{word}') \
         OR (abs(length(word) - {length}) <= {distance} AND damerau_levenshtein(word, '{word}') <= {distance})))"
    )
}

/// A small random number generator with a fixed seed.
pub struct Dice(u64);

impl Dice {
    /// Dice that fall the same way for the same seed.
    pub fn new(seed: u64) -> Self {
        Dice(seed)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((u128::from(self.0 >> 32) * n as u128) >> 32) as usize
    }

    fn pick(&mut self, list: &[&'static str]) -> &'static str {
        list[self.below(list.len())]
    }
}
