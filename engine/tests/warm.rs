//! Answers about a segment whose lists are not made yet: bounded, exact in what they count, and open about what they leave out;
//! and what is made of a segment in the background.

mod support;

use penstock_dsl::expr::PropertyRef;
use penstock_dsl::registry::{ContentType, PropId};
use penstock_engine::complete::CompleteRequest;
use penstock_engine::index::fill::PropertyName;
use penstock_engine::index::frequent::{Asked, WALKED_MAX};
use penstock_engine::index::segment::SegmentView;
use penstock_engine::{Engine, Options, ValueList, ValuesRequest};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use support::{item, submit, tenant};

/// The last value in dictionary order, which a walk from the first does not come to soon.
const FREQUENT: &str = "zzz";
const WITH_FREQUENT: usize = 40;

/// An engine with stores of distinct `businessArea`, but for the last ones.
fn filled(dir: &Path, stores: usize) -> Engine {
    let engine = Engine::open(dir, Options::default()).unwrap();
    let line = |id: usize| {
        let area = if id < stores - WITH_FREQUENT { format!("a{id:06}") } else { FREQUENT.to_owned() };
        let mut info = json!({ "storeId": format!("id-{id}"), "businessArea": area, "city": format!("c{}", id % 7) });
        if id.is_multiple_of(3) {
            info["multilLang"] = json!({ "zh-HK": { "storeName": "店" } });
            info["shelf"] = json!(id % 5);
        }
        let info = info.to_string();
        json!({ "contentType": "STORE", "contentId": format!("i{id}"), "contentVersion": 1, "contentStatus": 1,
                "contentInfo": info })
        .to_string()
    };
    let items: Vec<_> = (0..stores).map(|id| item("T", &line(id))).collect();
    items.chunks(2_000).for_each(|batch| drop(submit(&engine, &tenant("T"), batch.to_vec())));
    engine.flush();
    engine
}

fn segments(engine: &Engine) -> Vec<Arc<SegmentView>> {
    let tenant = engine.tenant(&tenant("T")).unwrap();
    let snapshot = tenant.state.read().snapshot.clone();
    snapshot.index.segments.clone()
}

fn declared(name: &str) -> PropertyRef {
    PropertyRef::Declared(PropId::from_name(name).unwrap())
}

/// Gives the background a while to do something, and a long one before it counts as not done.
fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..6_000 {
        if done() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{what}");
}

#[test]
fn what_is_read_in_part_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let engine = filled(dir.path(), 1_000);
    let asked = Asked::of(&declared("businessArea"), Some(ContentType::Store)).unwrap();
    let mut distinct = 0;
    for segment in segments(&engine) {
        let part = segment.frequent_with(&asked, "", 50, 20).unwrap();
        let whole = segment.frequent_with(&asked, "", 2_000, usize::MAX).unwrap();
        assert_eq!((part.partial, part.is_complete(), part.values.len()), (true, false, 20));
        assert!(part.distinct >= whole.values.len() as u64, "{} {}", part.distinct, whole.values.len());
        assert_eq!((whole.partial, whole.is_complete()), (false, true));
        distinct += whole.values.len();
        let begun = segment.frequent_with(&asked, "zz", 50, 20).unwrap();
        assert!(begun.is_complete() && begun.values.iter().all(|value| &*value.value == FREQUENT));
        // So many terms are at most read for a beginning as are said to be.
        let terms = segment.terms_with(&asked, "a0000").unwrap() as usize;
        assert!(!segment.frequent_with(&asked, "a0000", 50, terms).unwrap().partial);
    }
    assert!(distinct >= 1_000 - WITH_FREQUENT);
    engine.shutdown();
}

fn areas(engine: &Engine) -> ValueList {
    let content_type = Some(ContentType::Store);
    let request = ValuesRequest { content_type, property: "businessArea".into(), prefix: String::new(), limit: 10 };
    engine.values(&tenant("T"), &request).unwrap()
}

#[test]
fn an_answer_before_the_lists_are_made_does_not_claim_more_than_it_knows() {
    let dir = tempfile::tempdir().unwrap();
    let stores = WALKED_MAX + 5_000;
    filled(dir.path(), stores).shutdown();
    let engine = Engine::open(dir.path(), Options::default()).unwrap();
    let mut answers = 0;
    wait_until("the most frequent value is never found", || {
        let list = areas(&engine);
        answers += 1;
        let first = &list.values[0];
        let found = *first == (FREQUENT.to_owned(), WITH_FREQUENT as u64);
        assert!(found || (list.truncated && !list.exact), "answer {answers}: {list:?}");
        assert!(list.values[usize::from(found)..].iter().all(|(_, count)| *count == 1), "{list:?}");
        assert!(list.distinct_max >= (stores - WITH_FREQUENT) as u64, "{list:?}");
        found
    });
    engine.shutdown();
}

#[test]
fn lists_and_counts_of_new_segments_are_made_in_the_background() {
    let dir = tempfile::tempdir().unwrap();
    let engine = filled(dir.path(), 3_000);
    wait_until("counts are not made", || segments(&engine).iter().all(|segment| segment.knows_fills()));
    wait_until("lists are not made", || {
        segments(&engine).iter().all(|segment| Asked::declared().all(|asked| segment.has_list(&asked)))
    });
    // What nobody asks for is not listed, until somebody does.
    let shelf = Asked::of(&PropertyRef::Ext("shelf".to_owned()), Some(ContentType::Store)).unwrap();
    assert!(segments(&engine).iter().all(|segment| !segment.has_list(&shelf)));
    assert!(segments(&engine).iter().all(|segment| segment.known_list(&shelf).is_none()));
    wait_until("a list is not made", || segments(&engine).iter().all(|segment| segment.has_list(&shelf)));
    engine.shutdown();
}

#[test]
fn counts_by_shape_are_those_of_each_property() {
    let dir = tempfile::tempdir().unwrap();
    let engine = filled(dir.path(), 500);
    for segment in segments(&engine) {
        let mut gone = segment.none();
        (0..segment.len()).step_by(4).for_each(|doc| gone.insert(doc));
        let mut docs = gone.clone();
        docs.toggle_range(..);
        let mut counts = BTreeMap::new();
        segment
            .fills(&gone, |property, by_type| {
                assert_eq!(segment.fill(property, &docs).unwrap(), by_type, "{property:?}");
                counts.insert(format!("{property:?}"), by_type);
            })
            .unwrap();
        let shelf = format!("{:?}", PropertyName::Ext("shelf".into()));
        assert!(counts.len() > 4 && counts.contains_key(&shelf), "{counts:?}");
    }
    let request = CompleteRequest { rules: "STORE { ".into(), offset: 8, limit: 200 };
    let found = engine.complete(&tenant("T"), &request).unwrap();
    let items = |label: &str| found.candidates.iter().find(|o| o.candidate.label == label).unwrap().items;
    assert_eq!((items("city"), items("storeName"), items("ext.shelf")), (Some(500), Some(167), Some(167)));
    engine.shutdown();
}
