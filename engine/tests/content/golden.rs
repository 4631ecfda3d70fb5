//! G1, G2 and the item-level half of G3, G5: the seed's two sample requests, verbatim.

use crate::support::{NOW_MS, codes, decode_text, show};
use penstock_dsl::registry::ContentType;
use penstock_engine::content::contents_info::document;
use penstock_engine::content::decode::{Context, decode};
use penstock_engine::content::eligibility::missing_required;
use penstock_engine::content::item::Item;
use penstock_engine::content::payload::payload_hash;
use serde::Deserialize;
use serde_json::value::RawValue;

const STORE: &str = include_str!("fixtures/store.json");
const SKU: &str = include_str!("fixtures/sku.json");

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    contents: Vec<&'a RawValue>,
}

fn only_item(request: &str) -> Item {
    let request: Request<'_> = serde_json::from_str(request).unwrap();
    decode(request.contents[0], &Context { tenant: "GCASH", received_ms: NOW_MS }).unwrap()
}

#[test]
fn g1_the_store_sample_is_accepted_and_misses_six_properties() {
    let item = only_item(STORE);
    assert_eq!(
        (item.content_type, &*item.content_id, item.version),
        (ContentType::Store, "000001010101010101", 1723603075786)
    );
    assert_eq!(item.issues, []);
    let document = item.document.unwrap();
    assert_eq!(show(&document, "storeName"), "McDonald's | en-PH=Mga McDonald's | en-US=McDonald's");
    assert_eq!(
        show(&document, "address"),
        "Manila, Philippines | en-PH=Maynila, Pilipinas | en-US=Manila, Philippines"
    );
    assert_eq!(show(&document, "merchantId"), "2160000000000001");
    assert_eq!(show(&document, "phoneNumbers"), "0123456789");
    assert_eq!(show(&document, "location"), "set");
    assert!(document.ext.is_empty());
    let missing = ["coverImageUrl", "description", "imageUrls", "linkUrl", "maxPriceRange", "minPriceRange"];
    assert_eq!(missing_required(&document), missing);
    assert_eq!((document.title(), document.merchant_id()), (Some("McDonald's"), Some("2160000000000001")));
    assert_eq!(document.price(), None);
    assert!(document.categories().is_empty());
}

#[test]
fn g2_the_sku_sample_is_read_by_aliases() {
    let item = only_item(SKU);
    assert_eq!(item.content_type, ContentType::LocalSku);
    let found = "CONTENT_TYPE_ALIAS /contentType; LOCALE_UNEXPECTED /contentInfo/multilLang/en-PH/skuPictures; \
                 CURRENCY_CONFLICT /contentInfo/originAmount";
    assert_eq!(codes(&item.issues), found);
    let document = item.document.unwrap();
    assert_eq!(missing_required(&document), ["outItemId"]);
    for (name, value) in [
        ("name", "Hamburg | en-PH=Hamburg | en-US=Hamburg"),
        ("brandName", "McDonald's | en-PH=Mga McDonald's | en-US=McDonald's"),
        ("salePrice", "PHP 160"),
        ("originalPrice", "PHP 200"),
        ("storeIds", "100101"),
        ("discount", "80"),
        ("itemDetailImageList", "set | en-PH=set | en-US=set"),
        ("keywords", "catering,Hamburg,Snack"),
        ("linkUrl", "set"),
        ("brandId", "1001"),
    ] {
        assert_eq!(show(&document, name), value, "{name}");
    }
    assert!(
        show(&document, "detailDesc")
            .ends_with("en-PH=McDonald's masarap na burgers | en-US=A delicious burger from McDonald's")
    );
    assert!(document.ext.is_empty());
    assert_eq!(document.title(), Some("Hamburg"));
    let price = document.price().unwrap();
    assert_eq!((price.currency.code(), price.amount.to_string()), ("PHP", "160".into()));
}

/// What the log stores is enough to have the same document again.
#[test]
fn a_stored_item_reads_the_same_again() {
    for request in [STORE, SKU] {
        let item = only_item(request);
        let (again, _) = document(item.content_type, &item.content_info).unwrap();
        assert_eq!(item.document, Some(again));
        assert_eq!(item.payload_hash, payload_hash(true, &item.content_info));
    }
}

#[test]
fn a_tombstone_needs_no_content_info_and_keeps_one_that_it_has() {
    let tombstone = |info: &str| {
        let item = format!(r#"{{"contentType":"STORE","contentId":"1","contentStatus":0,"contentVersion":5{info}}}"#);
        let item = decode_text(&item).unwrap();
        assert_eq!((item.document, item.issues), (None, vec![]));
        (item.content_info, item.payload_hash)
    };
    let (absent, hash) = tombstone("");
    assert_eq!(&*absent, "");
    for same in [r#","contentInfo":null"#, r#","contentInfo":"""#, r#","contentInfo":{ }"#, r#","contentInfo":"{}""#] {
        assert_eq!(tombstone(same).1, hash, "{same}");
    }
    assert_ne!(tombstone(r#","contentInfo":"{\"a\":1}""#).1, hash);
    assert_eq!(hash, payload_hash(false, ""));
    assert_eq!(hash, payload_hash(false, "null"));
    assert_ne!(hash, payload_hash(true, "{}"));
}
