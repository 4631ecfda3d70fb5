//! Where generated merchants trade: currencies, places and prices, and the category tree of what they sell.

use super::rng::Rng;
use super::words::Language;
use super::writer::{push_number, push_padded};

/// A currency and how its prices look.
#[derive(Debug)]
pub struct Currency {
    /// ISO 4217 alphabetic code.
    pub code: &'static str,
    /// ISO 4217 numeric code.
    pub numeric: &'static str,
    /// Minor units in one unit.
    pub factor: u64,
    /// Prices are multiples of this many minor units.
    step: u64,
    /// Units that buy about as much as one Hong Kong dollar.
    per_hkd: f64,
}

/// An amount in minor units.
#[derive(Clone, Copy, Debug)]
pub struct Money {
    /// Minor units.
    pub cent: u64,
    /// The currency.
    pub currency: &'static Currency,
}

impl Money {
    /// About `hkd` Hong Kong dollars as a price tag in `currency`, never zero.
    pub fn near(hkd: f64, currency: &'static Currency) -> Self {
        let steps = hkd * currency.per_hkd * currency.factor as f64 / currency.step as f64;
        Money { cent: (steps as u64).max(1) * currency.step, currency }
    }

    /// This amount times `percent`/100, as a price tag.
    pub fn percent(self, percent: u64) -> Self {
        let step = self.currency.step;
        Money { cent: (self.cent * percent / 100 / step).max(1) * step, currency: self.currency }
    }

    /// Appends the decimal amount, such as `15.9`.
    pub fn push_amount(&self, out: &mut String) {
        push_number(out, self.cent / self.currency.factor);
        let rest = self.cent % self.currency.factor;
        if rest == 0 {
            return;
        }
        out.push('.');
        if rest.is_multiple_of(10) {
            push_number(out, rest / 10);
        } else {
            push_padded(out, rest, 2);
        }
    }
}

/// A country in which merchants trade.
#[derive(Debug)]
pub struct Market {
    /// ISO 3166 code in lower case.
    pub country: &'static str,
    /// Of a hundred merchants.
    share: u64,
    /// The currency of prices.
    pub currency: &'static Currency,
    /// Languages with their locale key and share of names, of a hundred.
    languages: &'static [(Language, &'static str, u64)],
    /// International calling code.
    pub calling_code: &'static str,
    /// Cities or districts: name, latitude and longitude in thousandths of a degree.
    pub places: &'static [(&'static str, i64, i64)],
}

impl Market {
    /// Draws a market.
    pub fn draw(rng: &mut Rng) -> &'static Market {
        let mut left = rng.below(100);
        for market in MARKETS {
            if left < market.share {
                return market;
            }
            left -= market.share;
        }
        &MARKETS[0]
    }

    /// Draws the language of a merchant's base values, and its locale key.
    pub fn draw_language(&self, rng: &mut Rng) -> usize {
        let mut left = rng.below(100);
        for (i, language) in self.languages.iter().enumerate() {
            if left < language.2 {
                return i;
            }
            left -= language.2;
        }
        0
    }

    /// The language at a position of this market's list (taken around), with its locale key.
    pub fn language(&self, position: usize) -> (Language, &'static str) {
        let (language, locale, _) = self.languages[position % self.languages.len()];
        (language, locale)
    }

    /// How many languages merchants of this market write.
    pub fn language_count(&self) -> usize {
        self.languages.len()
    }
}

const HKD: Currency = Currency { code: "HKD", numeric: "344", factor: 100, step: 10, per_hkd: 1.0 };
const PHP: Currency = Currency { code: "PHP", numeric: "608", factor: 100, step: 25, per_hkd: 7.4 };
const THB: Currency = Currency { code: "THB", numeric: "764", factor: 100, step: 100, per_hkd: 4.4 };
const MYR: Currency = Currency { code: "MYR", numeric: "458", factor: 100, step: 5, per_hkd: 0.57 };
const SGD: Currency = Currency { code: "SGD", numeric: "702", factor: 100, step: 5, per_hkd: 0.17 };
const JPY: Currency = Currency { code: "JPY", numeric: "392", factor: 1, step: 10, per_hkd: 19.0 };
const KRW: Currency = Currency { code: "KRW", numeric: "410", factor: 1, step: 100, per_hkd: 176.0 };

/// Every market; shares add up to 100.
pub const MARKETS: &[Market] = &[
    Market {
        country: "hk",
        share: 26,
        currency: &HKD,
        languages: &[(Language::Chinese, "zh_HK", 65), (Language::English, "en_HK", 35)],
        calling_code: "852",
        places: &[
            ("Central", 22_282, 114_158),
            ("尖沙咀", 22_297, 114_172),
            ("旺角", 22_319, 114_169),
            ("銅鑼灣", 22_280, 114_184),
            ("觀塘", 22_313, 114_226),
            ("沙田", 22_382, 114_188),
            ("荃灣", 22_371, 114_113),
            ("元朗", 22_445, 114_022),
            ("將軍澳", 22_307, 114_260),
            ("深水埗", 22_330, 114_162),
            ("北角", 22_291, 114_200),
            ("Wan Chai", 22_277, 114_175),
        ],
    },
    Market {
        country: "ph",
        share: 20,
        currency: &PHP,
        languages: &[(Language::English, "en_PH", 60), (Language::Tagalog, "fil-PH", 40)],
        calling_code: "63",
        places: &[
            ("Makati City", 14_554, 121_024),
            ("Quezon City", 14_676, 121_043),
            ("Manila", 14_599, 120_984),
            ("Taguig City", 14_517, 121_050),
            ("Pasig City", 14_576, 121_085),
            ("Cebu City", 10_315, 123_885),
            ("Davao City", 7_190, 125_455),
            ("Baguio City", 16_402, 120_596),
            ("Iloilo City", 10_720, 122_562),
            ("Parañaque City", 14_479, 121_019),
        ],
    },
    Market {
        country: "th",
        share: 14,
        currency: &THB,
        languages: &[(Language::Thai, "th_TH", 70), (Language::English, "en_TH", 30)],
        calling_code: "66",
        places: &[
            ("กรุงเทพมหานคร", 13_756, 100_501),
            ("เชียงใหม่", 18_788, 98_985),
            ("ภูเก็ต", 7_880, 98_392),
            ("พัทยา", 12_923, 100_882),
            ("ขอนแก่น", 16_432, 102_823),
            ("หาดใหญ่", 7_008, 100_474),
            ("หัวหิน", 12_568, 99_957),
            ("นครราชสีมา", 14_979, 102_097),
        ],
    },
    Market {
        country: "my",
        share: 12,
        currency: &MYR,
        languages: &[
            (Language::Malay, "ms_MY", 55),
            (Language::English, "en_MY", 35),
            (Language::Chinese, "zh_MY", 10),
        ],
        calling_code: "60",
        places: &[
            ("Kuala Lumpur", 3_139, 101_686),
            ("Petaling Jaya", 3_107, 101_606),
            ("Johor Bahru", 1_492, 103_741),
            ("George Town", 5_414, 100_328),
            ("Ipoh", 4_597, 101_090),
            ("Kota Kinabalu", 5_980, 116_073),
            ("Kuching", 1_553, 110_359),
            ("Melaka", 2_189, 102_250),
        ],
    },
    Market {
        country: "sg",
        share: 8,
        currency: &SGD,
        languages: &[(Language::English, "en_SG", 80), (Language::Chinese, "zh-Hans-SG", 20)],
        calling_code: "65",
        places: &[
            ("Orchard", 1_304, 103_832),
            ("Tampines", 1_353, 103_945),
            ("Jurong East", 1_333, 103_742),
            ("Bedok", 1_324, 103_930),
            ("Woodlands", 1_436, 103_786),
            ("Bugis", 1_300, 103_856),
        ],
    },
    Market {
        country: "jp",
        share: 12,
        currency: &JPY,
        languages: &[(Language::Japanese, "ja_JP", 90), (Language::English, "en_JP", 10)],
        calling_code: "81",
        places: &[
            ("新宿区", 35_693, 139_703),
            ("渋谷区", 35_661, 139_704),
            ("港区", 35_658, 139_751),
            ("横浜市", 35_443, 139_638),
            ("大阪市", 34_693, 135_502),
            ("京都市", 35_011, 135_768),
            ("福岡市", 33_590, 130_401),
            ("札幌市", 43_061, 141_354),
            ("名古屋市", 35_181, 136_906),
            ("那覇市", 26_212, 127_679),
        ],
    },
    Market {
        country: "kr",
        share: 8,
        currency: &KRW,
        languages: &[(Language::Korean, "ko_KR", 90), (Language::English, "en_KR", 10)],
        calling_code: "82",
        places: &[
            ("서울 강남구", 37_517, 127_047),
            ("서울 마포구", 37_566, 126_901),
            ("서울 종로구", 37_573, 126_979),
            ("부산 해운대구", 35_163, 129_163),
            ("인천 연수구", 37_410, 126_678),
            ("대구 중구", 35_869, 128_606),
            ("제주시", 33_499, 126_531),
            ("대전 유성구", 36_362, 127_356),
        ],
    },
];

/// A trade: the top of the category tree.
#[derive(Debug)]
pub struct Trade {
    /// The standard category of the trade.
    pub name: &'static str,
    /// Standard categories below it.
    pub leaves: [&'static str; 8],
    /// Median price in Hong Kong dollars.
    pub median_hkd: f64,
    /// Of a hundred merchants.
    share: u64,
}

impl Trade {
    /// Draws a trade by its share and gives its position in [`TRADES`].
    pub fn draw(rng: &mut Rng) -> usize {
        let mut left = rng.below(100);
        for (i, trade) in TRADES.iter().enumerate() {
            if left < trade.share {
                return i;
            }
            left -= trade.share;
        }
        0
    }
}

/// The category tree; shares add up to 100.
pub const TRADES: &[Trade] = &[
    Trade {
        name: "dining",
        leaves: ["hotpot", "ramen", "dim sum", "seafood", "barbecue", "noodles", "fast food", "vegetarian"],
        median_hkd: 110.0,
        share: 26,
    },
    Trade {
        name: "cafe",
        leaves: ["coffee", "bubble tea", "bakery", "ice cream", "juice", "cake", "chocolate", "tea house"],
        median_hkd: 42.0,
        share: 17,
    },
    Trade {
        name: "grocery",
        leaves: ["rice", "snacks", "fruit", "frozen food", "drinks", "condiments", "dairy", "baby food"],
        median_hkd: 38.0,
        share: 15,
    },
    Trade {
        name: "fashion",
        leaves: ["shoes", "bags", "dresses", "jackets", "jewellery", "watches", "sportswear", "kidswear"],
        median_hkd: 320.0,
        share: 13,
    },
    Trade {
        name: "beauty",
        leaves: ["skincare", "makeup", "haircare", "fragrance", "nails", "spa", "massage", "wellness"],
        median_hkd: 260.0,
        share: 10,
    },
    Trade {
        name: "electronics",
        leaves: ["phones", "laptops", "audio", "cameras", "appliances", "gaming", "wearables", "accessories"],
        median_hkd: 1_100.0,
        share: 8,
    },
    Trade {
        name: "travel",
        leaves: ["hotel", "homestay", "flight", "tour", "ferry", "theme park", "car rental", "travel insurance"],
        median_hkd: 880.0,
        share: 6,
    },
    Trade {
        name: "leisure",
        leaves: ["cinema", "karaoke", "gym", "museum", "concert", "books", "pets", "laundry"],
        median_hkd: 150.0,
        share: 5,
    },
];
