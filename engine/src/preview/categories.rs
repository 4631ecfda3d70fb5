//! Categories of selected items, read from the index's columns and the overlay.

use crate::catalog::Ordinal;
use crate::fold::Snapshot;
use fixedbitset::FixedBitSet;
use penstock_dsl::registry::ContentType;
use roaring::RoaringBitmap;

/// Hands those live items of a type that are among `items` to `see`, each once with its interned categories: those that facets
/// count. Costs a bit test a document of the type, and a column read an item among them.
pub fn each(
    snapshot: &Snapshot,
    content_type: ContentType,
    items: &RoaringBitmap,
    mut see: impl FnMut(Ordinal, &[u32]),
) {
    if items.is_empty() {
        return;
    }
    // A bitmap is searched for each test, a bit set is not.
    let mut wanted = FixedBitSet::with_capacity(items.max().map_or(0, |max| max as usize + 1));
    items.iter().for_each(|ordinal| wanted.insert(ordinal as usize));
    let outdated = &snapshot.overlay.latest().ordinals;
    for segment in &snapshot.index.segments {
        let mut docs = segment.live(outdated);
        docs.intersect_with(segment.of_type(content_type));
        let others: Vec<usize> =
            docs.ones().filter(|doc| !wanted.contains(segment.ordinals()[*doc] as usize)).collect();
        others.into_iter().for_each(|doc| docs.remove(doc));
        let mut ordinals = docs.ones().map(|doc| segment.ordinals()[doc]);
        // Documents come in the order of the set, one a call.
        segment.facets(&docs, 0..segment.len(), |values| {
            ordinals.next().into_iter().for_each(|ordinal| see(ordinal, &values.categories));
        });
    }
    let overlay = snapshot.overlay.live().filter(|(document, _)| document.content_type == content_type);
    for (_, item) in overlay.filter(|(_, item)| wanted.contains(item.ordinal as usize)) {
        see(item.ordinal, &item.facets.categories);
    }
}
