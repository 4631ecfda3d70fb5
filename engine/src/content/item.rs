//! An item as submitted and decoded, on its way to the log.

use super::document::Document;
use super::issue::Issue;
use penstock_dsl::registry::ContentType;

/// An accepted item: what the log stores and what the fold needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Canonical content type.
    pub content_type: ContentType,
    /// Opaque, 1 to 1,024 bytes.
    pub content_id: Box<str>,
    /// 0 to 2^63-1.
    pub version: i64,
    /// `contentInfo` as sent; empty for a tombstone that had none.
    pub content_info: Box<str>,
    /// Hash of status and `contentInfo` as parsed JSON: equal payloads have equal hashes (D-16, D-73).
    pub payload_hash: u128,
    /// What rules read; `None` for a tombstone (`contentStatus` 0, D-22).
    pub document: Option<Document>,
    /// Findings that did not stop it.
    pub issues: Vec<Issue>,
}
