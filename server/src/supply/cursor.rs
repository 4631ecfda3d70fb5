//! Where a reader of the feed is: for each source wallet the record up to which it has seen all, and, as long as it reads what
//! was there, the place in that.

use crate::problem::Problem;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use penstock_engine::Engine;
use penstock_engine::api::Seq;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A place in the feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// By source wallet, the record up to which everything is seen. One that is not named here is read from its first.
    #[serde(rename = "s")]
    seen: BTreeMap<String, Seq>,
    /// The source wallet whose delivered items are being read, and the last item of them.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    place: Option<(String, Option<u32>)>,
}

impl Cursor {
    /// Before everything. What changes from now on is read after what is there.
    pub fn begin(engine: &Engine) -> Cursor {
        let seen: BTreeMap<String, Seq> =
            engine.status().into_iter().map(|status| (status.tenant.0.to_string(), status.seq)).collect();
        let place = seen.keys().next().map(|first| (first.clone(), None));
        Cursor { seen, place }
    }

    /// Whether what was there is still being read.
    pub fn is_beginning(&self) -> bool {
        self.place.is_some()
    }

    /// The source wallet whose items are next, and the item after which.
    pub fn place(&self) -> Option<(String, Option<u32>)> {
        self.place.clone()
    }

    /// Moves on to after an item of the same source wallet, or to the next one's.
    pub fn advance(&mut self, after: Option<u32>) {
        let Some((source, _)) = self.place.take() else { return };
        self.place = match after {
            Some(after) => Some((source, Some(after))),
            None => self.seen.keys().find(|next| **next > source).map(|next| (next.clone(), None)),
        };
    }

    /// The record up to which all of a source wallet is seen.
    pub fn seen(&self, source: &str) -> Seq {
        self.seen.get(source).copied().unwrap_or(0)
    }

    /// All of a source wallet is seen up to a record.
    pub fn see(&mut self, source: &str, seq: Seq) {
        self.seen.insert(source.to_owned(), seq);
    }

    /// As the wire carries it.
    pub fn write(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).expect("plain data is serialisable"))
    }

    /// Reads what [`Cursor::write`] wrote.
    pub fn read(text: &str) -> Result<Cursor, Problem> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok();
        let cursor = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        cursor.ok_or_else(|| Problem::bad_cursor("the cursor is not one of this feed; send next as it was given"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_goes_through_all_sources_and_back_through_the_wire() {
        let seen = [("A".to_owned(), 7), ("B".to_owned(), 9)].into();
        let mut cursor = Cursor { seen, place: Some(("A".into(), None)) };
        cursor.advance(Some(3));
        assert_eq!(Cursor::read(&cursor.write()).unwrap(), cursor);
        assert_eq!(cursor.place(), Some(("A".to_owned(), Some(3))));
        cursor.advance(None);
        assert_eq!(cursor.place(), Some(("B".to_owned(), None)));
        cursor.advance(None);
        assert!(!cursor.is_beginning());
        assert_eq!((cursor.seen("A"), cursor.seen("new")), (7, 0));
        for bad in ["", "x", "e30", "!!"] {
            assert!(Cursor::read(bad).is_err(), "{bad}");
        }
    }
}
