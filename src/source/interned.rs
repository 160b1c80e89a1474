//! Ends of edges and keys of vertices: each distinct value once, found again by a number.
//!
//! A graph names each vertex many times, so that a row takes 4 bytes here, and what is known about a
//! value is found out once for all of its rows. Plain whole numbers are kept as numbers and looked up by
//! index where they are dense; they become texts once a column holds anything else.

use std::borrow::Cow;
use std::hash::Hasher;

use rustc_hash::{FxHashMap, FxHasher};

use super::cells::{MISSING_WHOLE, TextCells};
use crate::graph::Texts;

/// The code of a missing value.
pub(super) const MISSING_CODE: u32 = u32::MAX;

/// Most distinct values of one column.
pub(super) const MOST_VALUES: usize = (u32::MAX - 1) as usize;

/// A slot of an index that holds no value.
const FREE: u64 = u64::MAX;

/// An index of whole numbers reaches this far beyond those seen: 32 bytes a value at most.
const REACH: usize = 8;

/// Distinct texts by number in order of first appearance.
#[derive(Clone, Debug, Default)]
pub(super) struct Interner {
    texts: Texts,
    /// Hash and number of each text, open addressing; a power of two slots.
    slots: Vec<u64>,
}

impl Interner {
    /// The texts by number.
    pub(super) fn texts(&self) -> &Texts {
        &self.texts
    }

    /// The texts alone.
    pub(super) fn into_texts(self) -> Texts {
        self.texts
    }

    /// The number of `text`.
    pub(super) fn find(&self, text: &str) -> Option<u32> {
        self.probe(hash(text), text).ok()
    }

    /// The number of `text`, which is the next one when it is new.
    pub(super) fn intern(&mut self, text: &str) -> u32 {
        if (self.texts.len() + 1) * 2 > self.slots.len() {
            self.grow();
        }
        let hash = hash(text);
        match self.probe(hash, text) {
            Ok(number) => number,
            Err(slot) => {
                // Callers stay below `MOST_VALUES`.
                let number = self.texts.len() as u32;
                self.texts.push(text);
                self.slots[slot] = u64::from(hash) << 32 | u64::from(number);
                number
            }
        }
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> u64 {
        self.texts.bytes() + 8 * self.slots.len() as u64
    }

    /// The number of `text`, or the slot that it would take (0 when there is none).
    fn probe(&self, hash: u32, text: &str) -> Result<u32, usize> {
        if self.slots.is_empty() {
            return Err(0);
        }
        let mut at = self.home(hash);
        loop {
            let slot = self.slots[at];
            if slot == FREE {
                return Err(at);
            }
            let number = slot as u32;
            if (slot >> 32) as u32 == hash && self.texts.get(number as usize) == text {
                return Ok(number);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    fn home(&self, hash: u32) -> usize {
        // The upper bits of the hash are the good ones; there are fewer slots than 2^33.
        ((u64::from(hash) * self.slots.len() as u64) >> 32) as usize
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(64);
        let old = std::mem::replace(&mut self.slots, vec![FREE; size]);
        for slot in old.into_iter().filter(|it| *it != FREE) {
            let mut at = self.home((slot >> 32) as u32);
            while self.slots[at] != FREE {
                at = (at + 1) & (size - 1);
            }
            self.slots[at] = slot;
        }
    }
}

/// The upper half of the hash; the lowest value of a slot with it and a number is never [`FREE`],
/// since no number is `u32::MAX`.
fn hash(text: &str) -> u32 {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
    // Whatever bits the hasher mixes best, a multiplication carries them into the upper half.
    (hasher.finish().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

/// Distinct whole numbers by number in order of first appearance.
#[derive(Clone, Debug, Default)]
struct WholeIndex {
    values: Vec<i64>,
    /// By value, where values are small: their number or [`MISSING_CODE`].
    dense: Vec<u32>,
    sparse: FxHashMap<i64, u32>,
}

impl WholeIndex {
    #[inline]
    fn intern(&mut self, value: i64) -> u32 {
        let at = value as usize;
        if value >= 0 && at < self.dense.len() {
            let code = self.dense[at];
            if code != MISSING_CODE {
                return code;
            }
            self.dense[at] = self.values.len() as u32;
            return self.add(value);
        }
        if let Some(code) = self.sparse.get(&value) {
            return *code;
        }
        self.sparse.insert(value, self.values.len() as u32);
        self.add(value)
    }

    fn add(&mut self, value: i64) -> u32 {
        let code = self.values.len() as u32;
        self.values.push(value);
        if self.values.len() * REACH > self.dense.len() * 2 {
            self.widen();
        }
        code
    }

    /// Doubles what is looked up by index; an index that is never reached costs less than a hash would.
    fn widen(&mut self) {
        let size = (self.values.len() * REACH).max(1 << 16);
        self.dense.resize(size, MISSING_CODE);
        let dense = &mut self.dense;
        self.sparse.retain(|value, code| {
            let is_near = *value >= 0 && (*value as usize) < size;
            if is_near {
                dense[*value as usize] = *code;
            }
            !is_near
        });
    }

    fn bytes(&self) -> u64 {
        8 * self.values.len() as u64 + 4 * self.dense.len() as u64 + 18 * self.sparse.capacity() as u64
    }
}

#[derive(Clone, Debug)]
enum Values {
    Whole(WholeIndex),
    Texts(Interner),
}

/// A column of codes; an empty value is missing.
#[derive(Clone, Debug)]
pub(super) struct InternedCells {
    codes: Vec<u32>,
    values: Values,
}

impl Default for InternedCells {
    fn default() -> Self {
        Self {
            codes: Vec::new(),
            values: Values::Whole(WholeIndex::default()),
        }
    }
}

impl PartialEq for InternedCells {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && (0..self.len()).all(|row| self.get(row) == other.get(row))
    }
}

impl InternedCells {
    /// Adds rows of whole numbers, [`MISSING_WHOLE`] where there is none.
    pub(super) fn extend_whole(&mut self, cells: &[i64]) {
        match &mut self.values {
            Values::Whole(index) => self.codes.extend(cells.iter().map(|it| match *it {
                MISSING_WHOLE => MISSING_CODE,
                value => index.intern(value),
            })),
            Values::Texts(interner) => self.codes.extend(cells.iter().map(|it| match *it {
                MISSING_WHOLE => MISSING_CODE,
                value => interner.intern(&value.to_string()),
            })),
        }
    }

    /// Adds rows of texts, empty where there is none.
    pub(super) fn extend_texts<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) {
        if let Values::Whole(index) = &self.values {
            let mut interner = Interner::default();
            for value in &index.values {
                interner.intern(&value.to_string());
            }
            self.values = Values::Texts(interner);
        }
        if let Values::Texts(interner) = &mut self.values {
            self.codes.extend(cells.into_iter().map(|it| {
                if it.is_empty() {
                    MISSING_CODE
                } else {
                    interner.intern(it)
                }
            }));
        }
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.codes.len()
    }

    /// Number of distinct values.
    pub(super) fn distinct(&self) -> usize {
        match &self.values {
            Values::Whole(index) => index.values.len(),
            Values::Texts(interner) => interner.texts.len(),
        }
    }

    /// The code of each row, [`MISSING_CODE`] where there is no value.
    pub(super) fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// The codes alone.
    pub(super) fn into_codes(self) -> Vec<u32> {
        self.codes
    }

    /// The value with `code`.
    pub(super) fn value(&self, code: u32) -> Cow<'_, str> {
        match &self.values {
            Values::Whole(index) => Cow::Owned(index.values[code as usize].to_string()),
            Values::Texts(interner) => Cow::Borrowed(interner.texts.get(code as usize)),
        }
    }

    /// The value of `row`; empty when missing.
    pub(super) fn get(&self, row: usize) -> Cow<'_, str> {
        match self.codes[row] {
            MISSING_CODE => Cow::Borrowed(""),
            code => self.value(code),
        }
    }

    /// Whether all values are plain whole numbers, as which they are kept.
    pub(super) fn are_whole(&self) -> bool {
        matches!(self.values, Values::Whole(_))
    }

    /// How many rows hold each value.
    pub(super) fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.distinct()];
        for code in self.codes.iter().filter(|it| **it != MISSING_CODE) {
            counts[*code as usize] += 1;
        }
        counts
    }

    /// Every row as text.
    pub(super) fn into_texts(self) -> TextCells {
        (0..self.len()).map(|row| self.get(row)).collect()
    }

    /// The same values without the blanks around them, and how many rows had some.
    pub(super) fn trimmed(mut self) -> (Self, u64) {
        let Values::Texts(interner) = &self.values else {
            return (self, 0);
        };
        let is_padded: Vec<bool> = interner
            .texts
            .iter()
            .map(|it| it.trim().len() < it.len())
            .collect();
        if !is_padded.contains(&true) {
            return (self, 0);
        }
        let mut plain = Interner::default();
        let plain_code = |it: &str| match it.trim() {
            "" => MISSING_CODE,
            text => plain.intern(text),
        };
        let plain_codes: Vec<u32> = interner.texts.iter().map(plain_code).collect();
        let mut padded = 0;
        for code in self.codes.iter_mut().filter(|it| **it != MISSING_CODE) {
            padded += u64::from(is_padded[*code as usize]);
            *code = plain_codes[*code as usize];
        }
        self.values = Values::Texts(plain);
        (self, padded)
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> u64 {
        let values = match &self.values {
            Values::Whole(index) => index.bytes(),
            Values::Texts(interner) => interner.bytes(),
        };
        4 * self.codes.capacity() as u64 + values
    }
}

impl<'a> FromIterator<&'a str> for InternedCells {
    fn from_iter<T: IntoIterator<Item = &'a str>>(cells: T) -> Self {
        let mut made = Self::default();
        made.extend_texts(cells);
        made
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn equal_texts_have_one_number(texts in prop::collection::vec("[ab]{0,4}", 0..300)) {
            let mut interner = Interner::default();
            let mut known: HashMap<&str, u32> = HashMap::new();
            for text in &texts {
                let next = known.len() as u32;
                let expected = *known.entry(text).or_insert(next);
                prop_assert_eq!(interner.find(text).unwrap_or(next), expected);
                prop_assert_eq!(interner.intern(text), expected);
            }
            prop_assert!(interner.texts().iter().enumerate().all(|(at, it)| known[it] == at as u32));
        }

        /// Numbers near and far, before and after the first text: every row keeps its value.
        #[test]
        fn rows_keep_their_values(
            whole in prop::collection::vec(prop_oneof![0_i64..50, -5_i64..5, any::<i64>()], 0..200),
            texts in prop::collection::vec("[0-9 ]{0,3}", 0..50),
        ) {
            let mut cells = InternedCells::default();
            cells.extend_whole(&whole);
            prop_assert!(cells.are_whole());
            cells.extend_texts(texts.iter().map(String::as_str));
            cells.extend_whole(&whole);
            let shown = |it: &i64| if *it == MISSING_WHOLE { String::new() } else { it.to_string() };
            let expected: Vec<String> =
                whole.iter().map(shown).chain(texts.iter().cloned()).chain(whole.iter().map(shown)).collect();
            let expected_trimmed: Vec<&str> = expected.iter().map(|it| it.trim()).collect();
            prop_assert!((0..cells.len()).map(|row| cells.get(row)).eq(expected.iter().map(String::as_str)));
            prop_assert_eq!(cells.counts().iter().sum::<usize>(), expected.iter().filter(|it| !it.is_empty()).count());
            let (trimmed, padded) = cells.trimmed();
            prop_assert_eq!(padded as usize, texts.iter().filter(|it| it.trim() != it.as_str()).count());
            prop_assert!((0..trimmed.len()).map(|row| trimmed.get(row)).eq(expected_trimmed));
        }
    }

    #[test]
    fn dense_numbers_are_found_by_index() {
        let mut cells = InternedCells::default();
        let values: Vec<i64> = (0..300_000).map(|it| it * 7919 % 300_007).collect();
        cells.extend_whole(&values);
        cells.extend_whole(&values);
        assert!((0..600_000).all(|row| cells.get(row) == values[row % 300_000].to_string()));
        assert_eq!(cells.distinct(), 300_000);
        let Values::Whole(index) = &cells.values else {
            panic!("not whole")
        };
        assert!(index.sparse.is_empty());
    }
}
