//! Localised values: D-03, D-04, D-07, D-08, D-09.

use crate::support::{check, codes, read, show};
use penstock_dsl::registry::ContentType::{Benefit, LocalSku, Merchant, Store};

#[test]
fn the_locale_map_has_several_names() {
    for name in ["multilLang", "multiLang", "multilang", "MULTILLANG"] {
        let (document, issues) = read(Benefit, &format!(r#"{{"{name}":{{"zh_hant_hk":{{"benefitName":"a"}}}}}}"#));
        assert_eq!((show(&document, "benefitName").as_str(), codes(&issues).as_str()), ("zh-Hant-HK=a", ""));
    }
}

#[test]
fn spellings_of_one_locale_are_merged_and_the_hyphen_wins() {
    let twice = "LOCALE_DUPLICATE /contentInfo/multilLang/en_PH";
    check(
        Store,
        &[
            (r#"{"multilLang":{"en_PH":{"storeName":"b"},"en-PH":{"storeName":"a"}}}"#, "storeName", "en-PH=a", twice),
            (r#"{"multilLang":{"en-PH":{"storeName":"a"},"en_PH":{"storeName":"b"}}}"#, "storeName", "en-PH=a", twice),
            (r#"{"multilLang":{"en-PH":{"storeName":"a"},"en_PH":{"address":"b"}}}"#, "address", "en-PH=b", twice),
            (r#"{"multilLang":{"en-PH":{"storeName":" "},"en_PH":{"storeName":"b"}}}"#, "storeName", "en-PH=b", twice),
            (r#"{"multilLang":{"en-PH":{"x":"a"},"en_PH":{"x":"b"}}}"#, "ext.x", r#"en-PH="a""#, twice),
            (
                r#"{"multilLang":{"EN-ph":{"storeName":"b"},"en-PH":{"storeName":"a"}}}"#,
                "storeName",
                "en-PH=a",
                "LOCALE_DUPLICATE /contentInfo/multilLang/EN-ph",
            ),
            (
                r#"{"multiLang":{"en":{"storeName":"b"}},"multilLang":{"en":{"storeName":"a"},"fr":{"storeName":"c"}}}"#,
                "storeName",
                "en=a | fr=c",
                "LOCALE_DUPLICATE /contentInfo/multiLang/en",
            ),
        ],
    );
    check(LocalSku, &[(r#"{"multilLang":{"en_PH":{"name":"b"},"en-PH":{"skuName":"a"}}}"#, "name", "en-PH=a", twice)]);
}

#[test]
fn bad_tags_and_maps_are_left_out() {
    let long = "x".repeat(36);
    let (document, issues) =
        read(Store, &format!(r#"{{"multilLang":{{"{long}":{{"storeName":"a"}},"b a/d":{{"storeName":"a"}}}}}}"#));
    assert!(document.declared.is_empty());
    assert_eq!(
        codes(&issues),
        "LOCALE_TOO_LONG /contentInfo/multilLang; LOCALE_INVALID /contentInfo/multilLang/b a~1d"
    );
    check(
        Store,
        &[
            (r#"{"multilLang":["en"]}"#, "storeName", "-", "WRONG_TYPE /contentInfo/multilLang"),
            (
                r#"{"multilLang":{"en":"a","fr":null,"de":{"storeName":"a"}}}"#,
                "storeName",
                "de=a",
                "WRONG_TYPE /contentInfo/multilLang/en",
            ),
            (r#"{"multilLang":""}"#, "storeName", "-", ""),
            (r#"{"multilLang":{"en":{"multilLang":{"fr":{"storeName":"a"}}}}}"#, "storeName", "-", ""),
        ],
    );
}

#[test]
fn leaves_are_strings_or_lists() {
    check(
        Store,
        &[
            (r#"{"multilLang":{"en":{"externalTags":"a"}}}"#, "externalTags", "en=a", ""),
            (
                r#"{"multilLang":{"en":{"externalTags":["a","b"]}},"externalTags":["c"]}"#,
                "externalTags",
                "c | en=a,b",
                "",
            ),
            (
                r#"{"multilLang":{"en":{"externalTags":1}}}"#,
                "externalTags",
                "en=1",
                "VALUE_COERCED /contentInfo/multilLang/en/externalTags",
            ),
            (
                r#"{"multilLang":{"en":{"storeName":["a","b"]}}}"#,
                "storeName",
                "-",
                "WRONG_TYPE /contentInfo/multilLang/en/storeName",
            ),
        ],
    );
}

#[test]
fn localised_values_are_read_even_where_the_table_says_no() {
    check(
        Store,
        &[
            (
                r#"{"multilLang":{"fr":{"city":"a"},"en":{"city":"b"}}}"#,
                "city",
                "en=b | fr=a",
                "LOCALE_UNEXPECTED /contentInfo/multilLang/en/city",
            ),
            (r#"{"multilLang":{"en":{"stdCategories":["a"]}}}"#, "stdCategories", "en=a", ""),
            (r#"{"multilLang":{"en":{"city":""}}}"#, "city", "-", ""),
            (r#"{"multilLang":{"en":{"extInfo":"{\"x\":1}"}}}"#, "ext.x", "en=#1", ""),
        ],
    );
    check(
        Benefit,
        &[
            (
                r#"{"multilLang":{"en":{"stdCategories":["a"]}}}"#,
                "stdCategories",
                "en=a",
                "LOCALE_UNEXPECTED /contentInfo/multilLang/en/stdCategories",
            ),
            (
                r#"{"extInfo":"{\"x\":0}","multilLang":{"en":{"extInfo":{"x":1}},"fr":{"extInfo":{"x":2}}}}"#,
                "ext.x",
                "#0 | en=#1 | fr=#2",
                "LOCALE_UNEXPECTED /contentInfo/multilLang/en/extInfo",
            ),
        ],
    );
    check(Merchant, &[(r#"{"multilLang":{"en":{"description":"a"}}}"#, "description", "en=a", "")]);
}
