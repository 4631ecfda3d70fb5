//! One request's items in a log row: a length, then zstd-compressed JSON lines that any tool can read.
//!
//! The first line is the [`Header`], each further line one item as the merchant sent it. Frames are made before the
//! log's thread sees them, so compression runs on the callers' threads.

use crate::command::Command;
use crate::content::item::Item;
use crate::content::{contents_info, payload};
use penstock_dsl::registry::ContentType;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::cell::RefCell;

/// Bytes before a frame's compressed body: its length, little-endian.
pub const PREFIX_BYTES: usize = 4;
/// A frame holds at most 50 items of 1 MiB; a damaged length must not ask for more memory than this.
const DECOMPRESSED_BYTES_MAX: usize = 256 << 20;
const COMPRESSION_LEVEL: i32 = 1;

/// What a request said beside its items.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// When the server received the request, epoch milliseconds: the fold's only clock.
    pub received_ms: i64,
    /// `bizDate` as sent (D-15).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub biz_date: Option<String>,
    /// Who asked: an account, or `key:` and the number of an API key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Box<str>>,
    /// The request's own key, under which it is carried out once (F-9.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_key: Option<Box<str>>,
    /// A command; such a frame has no items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Command>,
}

/// An item's line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line<'a> {
    /// Canonical content type.
    pub content_type: ContentType,
    /// Content id.
    #[serde(borrow)]
    pub content_id: Cow<'a, str>,
    /// Content version.
    pub content_version: i64,
    /// 1 valid, 0 a tombstone.
    pub content_status: u8,
    /// As sent; empty for a tombstone without.
    #[serde(borrow)]
    pub content_info: Cow<'a, str>,
}

thread_local! {
    static COMPRESSOR: RefCell<Option<zstd::bulk::Compressor<'static>>> = const { RefCell::new(None) };
}

/// Encodes one request as a frame, prefix included.
pub fn encode(header: &Header, items: &[Item]) -> std::io::Result<Vec<u8>> {
    let mut lines = Vec::with_capacity(256 + items.iter().map(|i| i.content_info.len() * 9 / 8 + 160).sum::<usize>());
    serde_json::to_writer(&mut lines, header)?;
    for item in items {
        lines.push(b'\n');
        serde_json::to_writer(&mut lines, &Line::of(item))?;
    }
    let body = compress(&lines)?;
    let mut frame = Vec::with_capacity(PREFIX_BYTES + body.len());
    frame.extend_from_slice(&(body.len() as u32).to_le_bytes());
    frame.extend_from_slice(&body);
    Ok(frame)
}

fn compress(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|slot| {
        if slot.is_none() {
            let mut compressor = zstd::bulk::Compressor::new(COMPRESSION_LEVEL)?;
            // A flipped bit on the disk must not become another item.
            compressor.include_checksum(true)?;
            *slot = Some(compressor);
        }
        slot.as_mut().expect("just set").compress(bytes)
    })
}

impl<'a> Line<'a> {
    fn of(item: &'a Item) -> Self {
        Line {
            content_type: item.content_type,
            content_id: Cow::Borrowed(&item.content_id),
            content_version: item.version,
            content_status: u8::from(item.document.is_some()),
            content_info: Cow::Borrowed(&item.content_info),
        }
    }

    /// Decodes the line again, exactly as when it was accepted.
    pub fn into_item(self) -> Result<Item, String> {
        let valid = self.content_status == 1;
        let (document, issues) = if valid {
            let (document, issues) =
                contents_info::document(self.content_type, &self.content_info).map_err(|issue| issue.message)?;
            (Some(document), issues)
        } else {
            (None, Vec::new())
        };
        Ok(Item {
            content_type: self.content_type,
            version: self.content_version,
            payload_hash: payload::payload_hash(valid, &self.content_info),
            content_id: self.content_id.into(),
            content_info: self.content_info.into(),
            document,
            issues,
        })
    }
}

/// The frames of a row's body: offset of each frame's first byte after its prefix, and its compressed bytes.
pub fn split(body: &[u8]) -> Result<Vec<(u32, &[u8])>, String> {
    let mut frames = Vec::new();
    let mut at = 0;
    while at < body.len() {
        let prefix = body.get(at..at + PREFIX_BYTES).ok_or("a frame's length is cut off")?;
        let length = u32::from_le_bytes(prefix.try_into().expect("four bytes")) as usize;
        let start = at + PREFIX_BYTES;
        frames.push((start as u32, body.get(start..start + length).ok_or("a frame is cut off")?));
        at = start + length;
    }
    Ok(frames)
}

/// The JSON lines of a compressed frame.
pub fn decompress(frame: &[u8]) -> Result<Vec<u8>, String> {
    let size = zstd::bulk::Decompressor::upper_bound(frame).ok_or("a frame does not say its size")?;
    if size > DECOMPRESSED_BYTES_MAX {
        return Err(format!("a frame says that it holds {size} bytes"));
    }
    zstd::bulk::decompress(frame, size).map_err(|e| format!("a frame does not decompress: {e}"))
}

/// The header and all items of a frame's lines.
pub fn decode_lines(lines: &[u8]) -> Result<(Header, Vec<Item>), String> {
    let mut parts = lines.split(|&b| b == b'\n');
    let header = parts.next().ok_or("a frame is empty")?;
    let header: Header = serde_json::from_slice(header).map_err(|e| format!("a frame's header: {e}"))?;
    let items = parts.map(|line| parse_line(line)?.into_item()).collect::<Result<_, String>>()?;
    Ok((header, items))
}

/// The item at `index` of a frame's lines.
pub fn line_at(lines: &[u8], index: u16) -> Result<Line<'_>, String> {
    let line = lines.split(|&b| b == b'\n').nth(usize::from(index) + 1).ok_or("a frame has fewer items")?;
    parse_line(line)
}

fn parse_line(line: &[u8]) -> Result<Line<'_>, String> {
    serde_json::from_slice(line).map_err(|e| format!("an item's line: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_flipped_bit_goes_unnoticed() {
        let header = Header {
            received_ms: 1,
            biz_date: Some("2026-01-31 or thereabouts, twice over".into()),
            ..Header::default()
        };
        let frame = encode(&header, &[]).unwrap();
        let body = &frame[PREFIX_BYTES..];
        let whole = decompress(body).unwrap();
        for bit in 0..body.len() * 8 {
            let mut damaged = body.to_vec();
            damaged[bit / 8] ^= 1 << (bit % 8);
            // Some bits of a frame's head say nothing about its content.
            assert!(
                decompress(&damaged).is_ok_and(|lines| lines == whole) || decompress(&damaged).is_err(),
                "bit {bit}"
            );
        }
        let noticed = (0..body.len() * 8).filter(|bit| {
            let mut damaged = body.to_vec();
            damaged[bit / 8] ^= 1 << (bit % 8);
            decompress(&damaged).is_err()
        });
        assert!(noticed.count() > body.len() * 7);
    }
}
