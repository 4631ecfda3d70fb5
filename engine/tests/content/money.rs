//! Money and price ranges: D-05, D-06, D-26.

use crate::support::check;
use penstock_dsl::registry::ContentType::{Benefit, Store};

#[test]
fn the_majority_of_currency_signals_decides() {
    let conflict = "CURRENCY_CONFLICT /contentInfo/amount";
    let unknown = "CURRENCY_UNKNOWN /contentInfo/amount";
    check(
        Benefit,
        &[
            (
                r#"{"amount":{"amount":1,"currency":"PHP","currencyCode":"HKD","currencyValue":"608"}}"#,
                "amount",
                "PHP 1",
                conflict,
            ),
            (
                r#"{"amount":{"amount":1,"currency":"PHP","currencyCode":"HKD","currencyValue":344}}"#,
                "amount",
                "HKD 1",
                conflict,
            ),
            (r#"{"amount":{"amount":1,"currency":"PHP","currencyCode":"HKD"}}"#, "amount", "PHP 1", conflict),
            (
                r#"{"amount":{"amount":1,"currency":"PHP","currencyCode":"HKD","currencyValue":"840"}}"#,
                "amount",
                "PHP 1",
                conflict,
            ),
            (r#"{"amount":{"amount":1,"currencyCode":"HKD","currencyValue":"608"}}"#, "amount", "HKD 1", conflict),
            (r#"{"amount":{"amount":1,"currencyValue":"072"}}"#, "amount", "BWP 1", ""),
            (
                r#"{"amount":{"amount":1,"currency":" php ","currencyCode":null,"currencyValue":""}}"#,
                "amount",
                "PHP 1",
                "",
            ),
            (r#"{"amount":{"amount":1,"currency":"PESO","currencyCode":"PHP"}}"#, "amount", "PHP 1", unknown),
            (
                r#"{"amount":{"amount":1,"currency":"PESO","currencyCode":"PESO"}}"#,
                "amount",
                "-",
                "CURRENCY_MISSING /contentInfo/amount",
            ),
            (r#"{"amount":{"amount":1}}"#, "amount", "-", "CURRENCY_MISSING /contentInfo/amount"),
        ],
    );
}

#[test]
fn minor_units_win_over_the_amount() {
    let inconsistent = "MONEY_INCONSISTENT /contentInfo/amount";
    let unreadable = "MONEY_UNREADABLE /contentInfo/amount";
    check(
        Benefit,
        &[
            (r#"{"amount":{"amount":160.00,"cent":16000,"centFactor":100,"currency":"PHP"}}"#, "amount", "PHP 160", ""),
            (r#"{"amount":{"amount":"160.00","cent":"16000","currency":"PHP"}}"#, "amount", "PHP 160", ""),
            (r#"{"amount":{"amount":1.6e2,"cent":16000,"centFactor":100,"currency":"PHP"}}"#, "amount", "PHP 160", ""),
            (
                r#"{"amount":{"amount":160,"cent":15999,"centFactor":100,"currency":"PHP"}}"#,
                "amount",
                "PHP 159.99",
                inconsistent,
            ),
            (r#"{"amount":{"cent":500,"currency":"JPY"}}"#, "amount", "JPY 500", ""),
            (r#"{"amount":{"cent":500,"currency":"KWD"}}"#, "amount", "KWD 0.5", ""),
            (r#"{"amount":{"cent":500,"currency":"PHP"}}"#, "amount", "PHP 5", ""),
            (r#"{"amount":{"cent":7,"centFactor":5,"currency":"MRU"}}"#, "amount", "MRU 1.4", ""),
            (r#"{"amount":{"amount":2,"cent":7,"centFactor":3,"currency":"PHP"}}"#, "amount", "PHP 2", inconsistent),
            (r#"{"amount":{"cent":7,"centFactor":3,"currency":"PHP"}}"#, "amount", "-", unreadable),
            (r#"{"amount":{"cent":7,"centFactor":0,"currency":"PHP"}}"#, "amount", "-", unreadable),
            (r#"{"amount":{"cent":7.5,"centFactor":100,"currency":"PHP"}}"#, "amount", "-", unreadable),
            (r#"{"amount":{"amount":"12,50","cent":1250,"currency":"PHP"}}"#, "amount", "PHP 12.5", inconsistent),
            (r#"{"amount":{"amount":"12,50","currency":"PHP"}}"#, "amount", "-", unreadable),
            (r#"{"amount":{"amount":1e28,"currency":"PHP"}}"#, "amount", "-", unreadable),
            (
                r#"{"amount":{"amount":0.1234567890123456789012345678,"currency":"PHP"}}"#,
                "amount",
                "PHP 0.1234567890123456789012345678",
                "",
            ),
            (r#"{"amount":{"currency":"PHP"}}"#, "amount", "-", unreadable),
            (r#"{"amount":{"amount":0,"cent":0,"centFactor":100,"currency":"PHP"}}"#, "amount", "PHP 0", ""),
            (r#"{"amount":{"amount":-5,"currency":"PHP"}}"#, "amount", "PHP -5", ""),
            (r#"{"amount":{"Amount":5,"CURRENCY":"PHP"}}"#, "amount", "PHP 5", ""),
        ],
    );
}

#[test]
fn money_is_an_object() {
    check(
        Benefit,
        &[
            (r#"{"amount":160}"#, "amount", "-", "WRONG_TYPE /contentInfo/amount"),
            (r#"{"amount":"PHP 160"}"#, "amount", "-", "WRONG_TYPE /contentInfo/amount"),
            (r#"{"amount":[{"amount":1,"currency":"PHP"}]}"#, "amount", "PHP 1", "VALUE_COERCED /contentInfo/amount"),
            (r#"{"amount":[{"amount":1},{"amount":2}]}"#, "amount", "-", "WRONG_TYPE /contentInfo/amount"),
        ],
    );
}

#[test]
fn a_price_range_comes_from_its_ends() {
    check(
        Store,
        &[
            (
                r#"{"minPriceRange":{"amount":1,"currency":"HKD"},"maxPriceRange":{"amount":5,"currency":"HKD"}}"#,
                "priceRange",
                "HKD 1..5",
                "",
            ),
            (r#"{"minPriceRange":{"amount":1,"currency":"HKD"}}"#, "priceRange", "HKD 1..1", ""),
            (r#"{"maxPriceRange":{"amount":5,"currency":"HKD"}}"#, "priceRange", "HKD 5..5", ""),
            (
                r#"{"minPriceRange":{"amount":5,"currency":"HKD"},"maxPriceRange":{"amount":1,"currency":"HKD"}}"#,
                "priceRange",
                "HKD 1..5",
                "PRICE_RANGE_SWAPPED /contentInfo",
            ),
            (
                r#"{"minPriceRange":{"amount":5,"currency":"HKD"},"maxPriceRange":{"amount":1,"currency":"HKD"}}"#,
                "minPriceRange",
                "HKD 5",
                "PRICE_RANGE_SWAPPED /contentInfo",
            ),
            (
                r#"{"minPriceRange":{"amount":1,"currency":"HKD"},"maxPriceRange":{"amount":5,"currency":"PHP"}}"#,
                "priceRange",
                "-",
                "PRICE_RANGE_CURRENCIES /contentInfo",
            ),
            (
                r#"{"minPriceRange":{"amount":1,"currency":"HKD"},"maxPriceRange":5}"#,
                "priceRange",
                "HKD 1..1",
                "WRONG_TYPE /contentInfo/maxPriceRange",
            ),
        ],
    );
}
