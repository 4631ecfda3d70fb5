//! How many documents of a segment have each property.
//!
//! Documents of a type with the same properties are of one shape, and shapes are counted. They are the nodes of a trie of
//! properties in the dictionary's order, which one pass over the presence terms makes. Invariant: a node comes after its
//! parent, so that one pass back over the nodes adds up what is below each.

use super::segment::SegmentView;
use super::terms::{self, PropertyKey, Tag, split_presence};
use fixedbitset::FixedBitSet;
use penstock_dsl::registry::{ContentType, PropId};
use std::sync::OnceLock;

/// A property as the index knows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PropertyName {
    /// Declared.
    Declared(PropId),
    /// An undeclared key.
    Ext(Box<str>),
}

impl PropertyName {
    fn key(&self) -> PropertyKey<'_> {
        match self {
            PropertyName::Declared(id) => PropertyKey::Declared(id.0),
            PropertyName::Ext(key) => PropertyKey::Ext(key),
        }
    }
}

/// The shapes of a segment's documents, once they are made; shared with the same segment in later commits. Inside `None`
/// where there are too many.
pub(super) type Fills = OnceLock<Option<Shapes>>;

/// The shapes of a segment's documents, deleted ones too.
pub(super) struct Shapes {
    /// In the dictionary's order.
    properties: Vec<PropertyName>,
    /// The first four are the content types, without properties.
    nodes: Vec<Node>,
    /// Documents of each.
    docs: Vec<u32>,
    /// Shape by document.
    of_doc: Vec<u32>,
}

struct Node {
    parent: u32,
    /// The last of its properties.
    property: u32,
    /// The child made last.
    child: u32,
    content_type: u8,
}

const NO_PROPERTY: u32 = u32::MAX;
/// Shapes of a segment at most, and a document: more would take more memory than the time they save is worth.
const SHAPES_MAX: usize = 4_096;
const SHAPES_A_DOC_MAX: usize = 4;

impl SegmentView {
    /// Whether [`SegmentView::fills`] answers quickly.
    pub fn knows_fills(&self) -> bool {
        self.fills.get().is_some()
    }

    /// Hands each property and the number of its documents by content type to `see`, those in `gone` left out. Reads the
    /// postings of every property when it is first asked.
    pub fn fills(&self, gone: &FixedBitSet, mut see: impl FnMut(&PropertyName, [u64; 4])) -> tantivy::Result<()> {
        if let Some(shapes) = self.make_shapes()? {
            shapes.properties.iter().zip(shapes.count_without(gone)).for_each(|(p, by_type)| see(p, by_type));
            return Ok(());
        }
        let mut properties: Vec<PropertyName> = Vec::new();
        self.terms_under(&[Tag::Presence as u8], |rest, _| {
            properties.extend(split_presence(rest).filter(|property| properties.last() != Some(property)));
            Ok(())
        })?;
        let mut docs = gone.clone();
        docs.toggle_range(..);
        properties.iter().try_for_each(|property| {
            see(property, self.fill(property, &docs)?);
            Ok(())
        })
    }

    /// How many of `docs` have a property, by content type.
    pub fn fill(&self, property: &PropertyName, docs: &FixedBitSet) -> tantivy::Result<[u64; 4]> {
        let (mut having, mut postings) = (self.none(), None);
        self.terms_under(&terms::prefix(Tag::Presence, property.key()), |_, term| {
            self.collect(&mut postings, term, &mut having)
        })?;
        having.intersect_with(docs);
        Ok(ContentType::ALL.map(|t| having.intersection_count(self.of_type(t)) as u64))
    }

    /// The shapes, made now if they were not; `None` where there are too many.
    pub(super) fn make_shapes(&self) -> tantivy::Result<Option<&Shapes>> {
        if let Some(shapes) = self.fills.get() {
            return Ok(shapes.as_ref());
        }
        let made = self.read_shapes()?;
        Ok(self.fills.get_or_init(|| made).as_ref())
    }

    fn read_shapes(&self) -> tantivy::Result<Option<Shapes>> {
        let mut shapes = Shapes::of_types(self);
        let (mut postings, shapes_max) = (None, SHAPES_MAX + SHAPES_A_DOC_MAX * self.len());
        self.terms_under(&[Tag::Presence as u8], |rest, term| match split_presence(rest) {
            Some(property) if shapes.nodes.len() <= shapes_max => {
                if shapes.properties.last() != Some(&property) {
                    shapes.properties.push(property);
                }
                self.each_doc(&mut postings, term, |doc| shapes.add(doc))
            }
            _ => Ok(()),
        })?;
        Ok((shapes.nodes.len() <= shapes_max).then(|| shapes.counted()))
    }
}

impl Shapes {
    fn of_types(segment: &SegmentView) -> Self {
        let mut of_doc = vec![0; segment.len()];
        let mut nodes = Vec::new();
        for content_type in ContentType::ALL {
            let at = nodes.len() as u32;
            nodes.push(Node { parent: at, property: NO_PROPERTY, child: at, content_type: content_type.index() as u8 });
            segment.of_type(content_type).ones().for_each(|doc| of_doc[doc] = at);
        }
        Shapes { properties: Vec::new(), nodes, docs: Vec::new(), of_doc }
    }

    /// Gives a document the last property, if it does not have it: it may have it in several locales.
    fn add(&mut self, doc: usize) {
        let last = self.properties.len() as u32 - 1;
        let at = self.of_doc[doc];
        let Node { property, child, content_type, .. } = self.nodes[at as usize];
        if property == last {
            return;
        }
        // Properties come in order: a child with this one can only be the one made last.
        self.of_doc[doc] = match self.nodes[child as usize].property == last {
            true => child,
            false => {
                let new = self.nodes.len() as u32;
                self.nodes.push(Node { parent: at, property: last, child: new, content_type });
                self.nodes[at as usize].child = new;
                new
            }
        };
    }

    fn counted(mut self) -> Self {
        self.docs = vec![0; self.nodes.len()];
        self.of_doc.iter().for_each(|&at| self.docs[at as usize] += 1);
        self.properties.shrink_to_fit();
        self.nodes.shrink_to_fit();
        self
    }

    /// Documents by property and content type, those in `gone` left out.
    fn count_without(&self, gone: &FixedBitSet) -> Vec<[u64; 4]> {
        let mut docs = self.docs.clone();
        gone.ones().for_each(|doc| docs[self.of_doc[doc] as usize] -= 1);
        let mut by_property = vec![[0; 4]; self.properties.len()];
        for (at, node) in self.nodes.iter().enumerate().skip(ContentType::ALL.len()).rev() {
            by_property[node.property as usize][usize::from(node.content_type)] += u64::from(docs[at]);
            docs[node.parent as usize] += docs[at];
        }
        by_property
    }
}
