//! Rendering items of a page as of a snapshot: the catalog says which version it was, the log has what was sent.

use crate::api::{PreviewError, PreviewItem, Seq};
use crate::catalog::{Entry, Ordinal};
use crate::content::contents_info;
use crate::content::document::Document;
use crate::content::eligibility::missing_required;
use crate::log::{LogReader, frame};
use crate::tenant::Tenant;
use std::collections::HashMap;

/// Bytes of `contentInfo` after which a page ends early; the cursor goes on from there.
const PAGE_BYTES_MAX: usize = 8 << 20;
/// Decompressed frames that are kept while a page is rendered, bytes.
const FRAMES_BYTES_MAX: usize = 32 << 20;

/// The items of these ordinals as of `as_of`, in the same order; the first of them where all would be too many bytes.
pub fn render(
    tenant: &Tenant,
    log: &dyn LogReader,
    as_of: Seq,
    ordinals: &[Ordinal],
) -> Result<Vec<PreviewItem>, PreviewError> {
    let entries: Vec<Entry> = {
        let state = tenant.state.read();
        ordinals.iter().filter_map(|&ordinal| state.catalog.entry_as_of(ordinal, as_of).copied()).collect()
    };
    render_entries(tenant, log, &entries)
}

/// The items that these entries stand for.
pub fn render_entries(
    tenant: &Tenant,
    log: &dyn LogReader,
    entries: &[Entry],
) -> Result<Vec<PreviewItem>, PreviewError> {
    let mut frames = HashMap::new();
    let mut items: Vec<PreviewItem> = Vec::with_capacity(entries.len());
    let mut bytes = 0;
    for entry in entries {
        if frames.values().map(Vec::len).sum::<usize>() > FRAMES_BYTES_MAX {
            frames.clear();
        }
        let item = item(tenant, log, entry, &mut frames)?;
        bytes += item.content_info.len();
        items.push(item);
        if bytes > PAGE_BYTES_MAX {
            break;
        }
    }
    Ok(items)
}

/// What rules read of the item that an entry stands for, a live one.
pub fn document(tenant: &Tenant, log: &dyn LogReader, entry: &Entry) -> Result<Document, PreviewError> {
    let at = entry.location;
    let store = |what: String| PreviewError::Store(format!("record {} of tenant {}: {what}", at.seq, tenant.id.0));
    let bytes = log.read_frame(&tenant.id, at.seq, at.offset, at.length).map_err(|e| store(e.to_string()))?;
    let lines = frame::decompress(&bytes).map_err(store)?;
    let line = frame::line_at(&lines, at.index).map_err(store)?;
    let (mut document, _) =
        contents_info::document(line.content_type, &line.content_info).map_err(|issue| store(issue.message))?;
    tenant.state.read().learned.keep_known(&mut document);
    Ok(document)
}

/// Decompressed frames, so that neighbours in the log are read once.
type Frames = HashMap<(Seq, u32), Vec<u8>>;

fn item(tenant: &Tenant, log: &dyn LogReader, entry: &Entry, frames: &mut Frames) -> Result<PreviewItem, PreviewError> {
    let at = entry.location;
    let store = |what: String| PreviewError::Store(format!("record {} of tenant {}: {what}", at.seq, tenant.id.0));
    let lines = match frames.entry((at.seq, at.offset)) {
        std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
        std::collections::hash_map::Entry::Vacant(unknown) => {
            let bytes = log.read_frame(&tenant.id, at.seq, at.offset, at.length);
            let bytes = bytes.map_err(|e| store(e.to_string()))?;
            unknown.insert(frame::decompress(&bytes).map_err(store)?)
        }
    };
    let line = frame::line_at(lines, at.index).map_err(store)?;
    // What ends an item need not have any content.
    let info = if line.content_info.trim().is_empty() { "{}" } else { &*line.content_info };
    let (document, _) = contents_info::document(line.content_type, info).map_err(|issue| store(issue.message))?;
    Ok(PreviewItem {
        content_type: line.content_type,
        content_id: line.content_id.into_owned(),
        content_version: line.content_version,
        title: document.title().map(str::to_owned),
        merchant_id: document.merchant_id().map(str::to_owned),
        price: document.price().map(|money| (money.currency, money.amount)),
        missing_required: missing_required(&document).into_iter().map(str::to_owned).collect(),
        content_info: line.content_info.into_owned(),
    })
}
