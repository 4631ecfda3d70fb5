//! Lowering a checked predicate to a segment's documents.
//!
//! Each predicate becomes a set of documents that certainly pass and, where the dictionary alone cannot tell, a set of
//! candidates that the caller verifies on the stored document. Deleted documents and the content type are the caller's.

use super::columns::{self, money_column, range_columns, scaled_range};
use super::near::{NearWords, automaton_builder};
use super::pieces::{Piece, pieces};
use super::segment::SegmentView;
use super::terms::{self, PropertyKey, RUN_CHARS, Slot, Tag, WORD_BYTES_MAX, split_slot};
use fixedbitset::FixedBitSet;
use penstock_dsl::expr::{
    Fuzzy, FuzzyWord, Interval, MoneyRange, Predicate, Subject, Test, TimePoint, locale_in_range,
};
use penstock_dsl::registry::Currency;
use roaring::RoaringBitmap;
use rust_decimal::Decimal;
use std::collections::HashMap;
use std::ops::{Bound, RangeInclusive};
use tantivy::postings::{BlockSegmentPostings, TermInfo};

/// Query words longer than this are not looked up by an automaton, whose size grows with them.
const AUTOMATON_BYTES_MAX: usize = 250;

/// Pieces of a needle that are looked up.
const PIECES_MAX: usize = 6;

/// What a predicate selects of a segment.
pub struct Lowered {
    /// Documents that pass.
    pub passing: FixedBitSet,
    /// Further documents that may pass.
    pub candidates: Option<FixedBitSet>,
}

type Result<T> = tantivy::Result<T>;

impl SegmentView {
    /// Documents that a predicate selects, by the time of evaluation.
    pub fn lower(&self, predicate: &Predicate, now_ms: i64) -> Result<Lowered> {
        match predicate {
            Predicate::All => {
                let mut all = self.none();
                all.insert_range(..);
                Ok(certain(all))
            }
            Predicate::Test { subject, test } => match PropertyKey::of(&subject.property) {
                Some(property) => Lowering { segment: self, property, subject, now_ms }.test(test),
                None => Ok(certain(self.none())),
            },
        }
    }

    /// Calls `see` with each term that starts with `prefix`: what follows the prefix, and its postings' address.
    pub(super) fn terms_under(&self, prefix: &[u8], mut see: impl FnMut(&[u8], &TermInfo) -> Result<()>) -> Result<()> {
        let mut range = self.terms.terms().range().ge(prefix);
        if let Some(end) = prefix_end(prefix) {
            range = range.lt(end);
        }
        let mut stream = range.into_stream()?;
        while let Some((key, info)) = stream.next() {
            see(&key[prefix.len()..], info)?;
        }
        Ok(())
    }
}

/// The first byte string after all that start with `prefix`.
pub(super) fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|&b| b != 0xFF)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}

fn certain(passing: FixedBitSet) -> Lowered {
    Lowered { passing, candidates: None }
}

/// Documents by the slot of the value that matched.
/// Compressed, for an item may bring thousands of slots that hold nothing else.
type BySlot = HashMap<Box<[u8]>, RoaringBitmap>;

/// Finds the slot in what follows a prefix.
type SlotOf = for<'t> fn(&'t [u8]) -> Option<Slot<'t>>;

/// After the start of a value: the rest of the value comes first.
fn slot_after_value(rest: &[u8]) -> Option<Slot<'_>> {
    split_slot(rest).map(|(_, slot)| slot)
}

/// After a whole value.
fn slot_at_once(rest: &[u8]) -> Option<Slot<'_>> {
    Some(Slot(rest))
}

struct Lowering<'a> {
    segment: &'a SegmentView,
    property: PropertyKey<'a>,
    subject: &'a Subject,
    now_ms: i64,
}

impl Lowering<'_> {
    fn test(&self, test: &Test) -> Result<Lowered> {
        match test {
            Test::IsSet => self.union(&[self.value(Tag::Presence, b"", 0)]).map(certain),
            Test::KeywordIn(values) => self.union(&self.keywords(values)).map(certain),
            Test::KeywordAll(values) => self.all_under(&self.keywords(values)).map(certain),
            Test::TextIn(values) => self.text(self.union(&self.whole_texts(values))?, None),
            Test::TextAll(values) => self.text(self.all_under(&self.whole_texts(values))?, None),
            Test::Contains(needle) => self.contains(needle),
            Test::Fuzzy(query) => self.fuzzy(query),
            Test::Number(interval) => self.numbers(None, interval),
            Test::Money(ranges) => self.any_currency(ranges, |r| self.numbers(Some(r.currency), &r.amounts)),
            Test::PriceOverlaps(ranges) => {
                self.any_currency(ranges, |r| self.price_range(r.currency, &r.amounts, true))
            }
            Test::PriceWithin(ranges) => self.any_currency(ranges, |r| self.price_range(r.currency, &r.amounts, false)),
            Test::Time(interval) => self.time(interval),
            Test::Bool(wanted) => {
                let docs = self.union(&[self.value(Tag::Bool, &[b'0' + u8::from(*wanted)], 1)])?;
                self.text(docs, None)
            }
        }
    }

    fn value(&self, tag: Tag, value: &[u8], bytes_max: usize) -> Vec<u8> {
        terms::value_prefix(tag, self.property, value, bytes_max)
    }

    fn selects(&self, slot: Slot<'_>) -> bool {
        match (&self.subject.locale, slot.locale()) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(range), Some(locale)) => locale_in_range(locale, range),
        }
    }

    /// Documents of all terms under whole-value prefixes.
    fn union(&self, prefixes: &[Vec<u8>]) -> Result<FixedBitSet> {
        let mut docs = self.segment.none();
        let mut postings = None;
        for prefix in prefixes {
            self.segment.terms_under(prefix, |slot, term| match self.selects(Slot(slot)) {
                true => self.segment.collect(&mut postings, term, &mut docs),
                false => Ok(()),
            })?;
        }
        Ok(docs)
    }

    fn keywords(&self, values: &[String]) -> Vec<Vec<u8>> {
        values.iter().map(|v| self.value(Tag::Keyword, v.as_bytes(), terms::KEYWORD_BYTES_MAX)).collect()
    }

    fn whole_texts(&self, values: &[String]) -> Vec<Vec<u8>> {
        values.iter().map(|v| self.value(Tag::Text, &terms::text_hash(v), usize::MAX)).collect()
    }

    /// Documents of which one value (the base list or one locale's) has a term under each of the whole-value prefixes.
    fn all_under(&self, prefixes: &[Vec<u8>]) -> Result<FixedBitSet> {
        let mut each = Vec::with_capacity(prefixes.len());
        for prefix in prefixes {
            let mut by_locale = BySlot::new();
            let mut postings = None;
            self.segment.terms_under(prefix, |slot, term| {
                let slot = Slot(slot);
                if !self.selects(slot) {
                    return Ok(());
                }
                let docs = by_locale.entry(slot.locale().unwrap_or_default().as_bytes().into()).or_default();
                self.collect_slot(&mut postings, term, docs)
            })?;
            each.push(by_locale);
        }
        Ok(self.intersect(each))
    }

    /// Documents that stand under one slot in all of the maps.
    fn intersect(&self, mut each: Vec<BySlot>) -> FixedBitSet {
        let mut out = self.segment.none();
        let Some(first) = each.pop() else { return out };
        for (slot, mut docs) in first {
            let others: Option<Vec<_>> = each.iter().map(|by_slot| by_slot.get(&slot)).collect();
            if let Some(others) = others {
                others.into_iter().for_each(|other| docs &= other);
                out.extend(docs.into_iter().map(|doc| doc as usize));
            }
        }
        out
    }

    /// The answer of a text test: items whose text is not wholly in the dictionary are candidates too.
    fn text(&self, passing: FixedBitSet, candidates: Option<FixedBitSet>) -> Result<Lowered> {
        let mut candidates = candidates.unwrap_or_else(|| self.segment.none());
        candidates.union_with(&self.union(&[self.value(Tag::Unindexed, b"", 0)])?);
        candidates.difference_with(&passing);
        let candidates = (!candidates.is_clear()).then_some(candidates);
        Ok(Lowered { passing, candidates })
    }

    /// An exact substring of the folded text. One piece is looked up in the dictionary and is exact; several pieces give
    /// candidates that have them all.
    fn contains(&self, needle: &str) -> Result<Lowered> {
        let mut pieces = pieces(needle);
        let exact = matches!(&pieces[..], [piece] if piece.covers(needle));
        // The longest select most; the rest would only be looked up, for several pieces are verified anyway.
        pieces.sort_by_key(|piece| std::cmp::Reverse(piece.text().len()));
        pieces.dedup();
        pieces.truncate(PIECES_MAX);
        let mut docs: Option<FixedBitSet> = None;
        for piece in &pieces {
            let found = self.piece(piece)?;
            match &mut docs {
                Some(docs) => docs.intersect_with(&found),
                None => docs = Some(found),
            }
            if docs.as_ref().is_some_and(FixedBitSet::is_clear) {
                break;
            }
        }
        match docs {
            Some(docs) if exact => self.text(docs, None),
            Some(docs) => self.text(self.segment.none(), Some(docs)),
            None => {
                let present = self.union(&[self.value(Tag::Presence, b"", 0)])?;
                self.text(self.segment.none(), Some(present))
            }
        }
    }

    fn piece(&self, piece: &Piece<'_>) -> Result<FixedBitSet> {
        match piece {
            Piece::Symbol(c) => self.union(&[self.value(Tag::Symbol, c.as_bytes(), usize::MAX)]),
            Piece::Run(run) => self.words_under(&self.run_prefix(run), |_| true),
            Piece::Word { text, starts: true, ends: true } => {
                self.union(&[self.value(Tag::Word, text.as_bytes(), WORD_BYTES_MAX)])
            }
            Piece::Word { text, starts: true, .. } => {
                let mut prefix = terms::prefix(Tag::Word, self.property);
                terms::push_escaped(&mut prefix, text.as_bytes());
                self.words_under(&prefix, |_| true)
            }
            Piece::Word { text, ends: true, .. } => {
                self.words_under(&terms::prefix(Tag::Word, self.property), |word| word.ends_with(text.as_bytes()))
            }
            Piece::Word { text, .. } => {
                let finder = memchr::memmem::Finder::new(text);
                self.words_under(&terms::prefix(Tag::Word, self.property), |word| finder.find(word).is_some())
            }
        }
    }

    /// Documents of the words under an open prefix of which the rest passes.
    fn words_under(&self, prefix: &[u8], passes: impl Fn(&[u8]) -> bool) -> Result<FixedBitSet> {
        let mut docs = self.segment.none();
        let mut postings = None;
        self.segment.terms_under(prefix, |rest, term| match split_slot(rest) {
            Some((word, slot)) if passes(word) && self.selects(slot) => {
                self.segment.collect(&mut postings, term, &mut docs)
            }
            _ => Ok(()),
        })?;
        Ok(docs)
    }

    /// The start of the terms of runs that have this substring, cut to what suffixes keep.
    fn run_prefix(&self, run: &str) -> Vec<u8> {
        let mut prefix = terms::prefix(Tag::Run, self.property);
        terms::push_escaped(&mut prefix, terms::cut_chars(run, RUN_CHARS).as_bytes());
        prefix
    }

    fn collect_slot(
        &self,
        postings: &mut Option<BlockSegmentPostings>,
        term: &TermInfo,
        docs: &mut RoaringBitmap,
    ) -> Result<()> {
        self.segment.each_doc(postings, term, |doc| {
            docs.insert(doc as u32);
        })
    }

    fn fuzzy(&self, query: &Fuzzy) -> Result<Lowered> {
        if query.words.iter().any(|w| w.text.len() > AUTOMATON_BYTES_MAX) {
            let present = self.union(&[self.value(Tag::Presence, b"", 0)])?;
            return self.text(self.segment.none(), Some(present));
        }
        let cut = query.runs.iter().any(|run| run.chars().nth(RUN_CHARS).is_some());
        let docs = match (&query.words[..], &query.runs[..]) {
            // One token needs no slots: whatever value it stands in.
            ([word], []) => {
                let mut docs = self.segment.none();
                let mut postings = None;
                self.word(word, |_, term| self.segment.collect(&mut postings, term, &mut docs))?;
                docs
            }
            ([], [run]) => self.words_under(&self.run_prefix(run), |_| true)?,
            (words, runs) => self.same_value(words, runs)?,
        };
        if cut { self.text(self.segment.none(), Some(docs)) } else { self.text(docs, None) }
    }

    /// Documents that have all words and runs in one value.
    fn same_value(&self, words: &[FuzzyWord], runs: &[String]) -> Result<FixedBitSet> {
        let mut each = Vec::with_capacity(words.len() + runs.len());
        let mut postings = None;
        for word in words {
            let mut by_slot = BySlot::new();
            self.word(word, |slot, term| {
                self.collect_slot(&mut postings, term, by_slot.entry(slot.0.into()).or_default())
            })?;
            each.push(by_slot);
        }
        for run in runs {
            let mut by_slot = BySlot::new();
            self.terms_of(&self.run_prefix(run), slot_after_value, |slot, term| {
                self.collect_slot(&mut postings, term, by_slot.entry(slot.0.into()).or_default())
            })?;
            each.push(by_slot);
        }
        Ok(self.intersect(each))
    }

    /// Calls `see` with the slot and postings of each term under a prefix that the subject selects.
    fn terms_of(
        &self,
        prefix: &[u8],
        slot_of: SlotOf,
        mut see: impl FnMut(Slot<'_>, &TermInfo) -> Result<()>,
    ) -> Result<()> {
        self.segment.terms_under(prefix, |rest, term| match slot_of(rest) {
            Some(slot) if self.selects(slot) => see(slot, term),
            _ => Ok(()),
        })
    }

    /// Calls `see` with each term of a word within the query word's distance, or of which it is a prefix where that counts.
    fn word(&self, word: &FuzzyWord, mut see: impl FnMut(Slot<'_>, &TermInfo) -> Result<()>) -> Result<()> {
        if word.prefix {
            let mut prefix = terms::prefix(Tag::Word, self.property);
            terms::push_escaped(&mut prefix, word.text.as_bytes());
            self.terms_of(&prefix, slot_after_value, &mut see)?;
        }
        if word.distance == 0 {
            let whole = self.value(Tag::Word, word.text.as_bytes(), WORD_BYTES_MAX);
            return self.terms_of(&whole, slot_at_once, &mut see);
        }
        let prefix = terms::prefix(Tag::Word, self.property);
        let dfa = automaton_builder(word.distance).build_dfa(&word.text);
        let near = NearWords { prefix: &prefix, dfa: &dfa, distance: word.distance };
        let mut stream = self.segment.terms.terms().search(near).into_stream()?;
        while let Some((key, term)) = stream.next() {
            match slot_after_value(&key[prefix.len()..]) {
                Some(slot) if self.selects(slot) => see(slot, term)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn column_range(&self, name: &str, range: RangeInclusive<i64>, docs: &mut FixedBitSet) -> Result<()> {
        if let Some(column) = self.segment.number_column(name)? {
            column.collect(range, docs);
        }
        Ok(())
    }

    /// Columns hold the values of all locales; a rule on one locale verifies.
    fn localized(&self, docs: FixedBitSet) -> Lowered {
        match self.subject.locale {
            None => certain(docs),
            Some(_) => Lowered { passing: self.segment.none(), candidates: Some(docs) },
        }
    }

    fn numbers(&self, currency: Option<Currency>, interval: &Interval<Decimal>) -> Result<Lowered> {
        let name = currency.map_or_else(|| self.property.column(), |c| money_column(self.property, c));
        let mut docs = self.segment.none();
        if let Some(range) = scaled_range(interval) {
            self.column_range(&name, range, &mut docs)?;
        }
        self.wide(currency, &mut docs, |rest| columns::wide_value(rest).is_some_and(|v| interval.contains(&v)))?;
        Ok(self.localized(docs))
    }

    /// What any range of a money test selects.
    fn any_currency(&self, ranges: &[MoneyRange], of: impl Fn(&MoneyRange) -> Result<Lowered>) -> Result<Lowered> {
        let mut all = certain(self.segment.none());
        for range in ranges {
            all.union_with(of(range)?);
        }
        Ok(all)
    }

    fn wide(&self, currency: Option<Currency>, docs: &mut FixedBitSet, passes: impl Fn(&[u8]) -> bool) -> Result<()> {
        let prefix = terms::wide_prefix(self.property, currency.as_ref().map(Currency::code));
        let mut postings = None;
        self.segment.terms_under(&prefix, |rest, term| match passes(rest) {
            true => self.segment.collect(&mut postings, term, docs),
            false => Ok(()),
        })
    }

    /// Overlap asks the low end to lie below the interval's high end and the reverse; within asks both ends to lie inside.
    fn price_range(&self, currency: Currency, interval: &Interval<Decimal>, overlap: bool) -> Result<Lowered> {
        if self.subject.locale.is_some() {
            return Ok(certain(self.segment.none()));
        }
        let below = Interval { low: Bound::Unbounded, high: interval.high };
        let above = Interval { low: interval.low, high: Bound::Unbounded };
        let (for_low, for_high) = if overlap { (&below, &above) } else { (interval, interval) };
        let (low_column, high_column) = range_columns(self.property, currency);
        let (mut docs, mut high) = (self.segment.none(), self.segment.none());
        if let (Some(low_range), Some(high_range)) = (scaled_range(for_low), scaled_range(for_high)) {
            self.column_range(&low_column, low_range, &mut docs)?;
            self.column_range(&high_column, high_range, &mut high)?;
        }
        docs.intersect_with(&high);
        self.wide(Some(currency), &mut docs, |rest| {
            columns::wide_range(rest).is_some_and(|(low, high)| for_low.contains(&low) && for_high.contains(&high))
        })?;
        Ok(certain(docs))
    }

    fn time(&self, interval: &Interval<TimePoint>) -> Result<Lowered> {
        let interval = interval.map(|point| point.resolve(self.now_ms));
        let Some(range) = whole_range(&interval) else { return Ok(certain(self.segment.none())) };
        let mut docs = self.segment.none();
        if let PropertyKey::Declared(_) = self.property {
            self.column_range(&self.property.column(), range, &mut docs)?;
            return Ok(self.localized(docs));
        }
        // An undeclared number may be milliseconds or seconds (D-24): both readings are candidates.
        let as_ms =
            Interval { low: Bound::Included((*range.start()).into()), high: Bound::Included((*range.end()).into()) };
        let second = |ms: i64| Decimal::from(ms.div_euclid(1000));
        let as_s =
            Interval { low: Bound::Included(second(*range.start())), high: Bound::Included(second(*range.end())) };
        for reading in [as_ms, as_s] {
            docs.union_with(&self.numbers(None, &reading)?.candidates_and_passing());
        }
        Ok(Lowered { passing: self.segment.none(), candidates: Some(docs) })
    }
}

impl Lowered {
    fn union_with(&mut self, other: Lowered) {
        self.passing.union_with(&other.passing);
        match (&mut self.candidates, other.candidates) {
            (Some(candidates), Some(more)) => candidates.union_with(&more),
            (candidates @ None, more) => *candidates = more,
            (Some(_), None) => {}
        }
    }

    fn candidates_and_passing(self) -> FixedBitSet {
        let mut all = self.passing;
        self.candidates.iter().for_each(|c| all.union_with(c));
        all
    }
}

fn whole_range(interval: &Interval<i64>) -> Option<RangeInclusive<i64>> {
    let low = match interval.low {
        Bound::Unbounded => i64::MIN,
        Bound::Included(low) => low,
        Bound::Excluded(low) => low.checked_add(1)?,
    };
    let high = match interval.high {
        Bound::Unbounded => i64::MAX,
        Bound::Included(high) => high,
        Bound::Excluded(high) => high.checked_sub(1)?,
    };
    (low <= high).then_some(low..=high)
}
