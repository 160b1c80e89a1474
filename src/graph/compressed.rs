//! Lists of neighbours as gaps of one byte or a few, for graphs that do not fit as plain numbers.
//!
//! A list is its first neighbour and then the gap from each to the next, each a LEB128 number: seven bits a
//! byte, the lowest first, the highest bit set where more bytes follow. The first neighbour is counted
//! from 0, or from the vertex itself, whichever takes less over all lists. A degree is not stored: it is
//! the number of bytes without that highest bit. Entries get about 1.5 bytes on graphs with hubs numbered
//! by degree, instead of 4; PageRank takes about twice as long.
//!
//! Weights, times and rows of edges have no place here.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::csr::{Adjacency, Csr};
use super::neighbourhoods::{Neighbourhoods, PORTION};

/// Lists between two marks of where they begin.
const MARK: usize = 64;

/// Bytes of the longest number, and of what is read at a time.
const WINDOW: usize = 8;

/// One direction of a graph: for each vertex its neighbours, as gaps.
#[derive(Clone, Debug, PartialEq)]
pub struct CompressedAdjacency {
    /// Where the list of every [`MARK`]th vertex begins.
    marks: Vec<u64>,
    /// The lower 32 bits of where each list begins, then of where the last ends; length `n + 1`.
    places: Vec<u32>,
    /// The lists one after another, then zeros, so that a whole window can be read anywhere in a list.
    bytes: Vec<u8>,
    /// Whether the first neighbour is counted from the vertex instead of from 0.
    from_itself: bool,
    entry_count: u64,
    /// Where each portion ends.
    portion_ends: Vec<u32>,
}

/// A graph whose lists are compressed.
pub type CompressedCsr = Csr<CompressedAdjacency>;

/// Why a graph cannot be compressed. Messages complete the sentence "failed to compress the graph: {error}".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompressError {
    /// Edges carry weights or times.
    #[error("the compressed form keeps no {what} of edges; leave them out or use the plain form")]
    Values {
        /// `weights` or `times`.
        what: &'static str,
    },
    /// The lists of 64 vertices that follow one another take 4 GiB.
    #[error("the lists of 64 vertices take 4 GiB or more; merge parallel edges or use the plain form")]
    TooLong,
    /// The caller asked for an end.
    #[error("it was stopped")]
    Stopped,
}

impl Csr {
    /// The same graph with compressed lists, packed on all threads of the current pool. Each direction's
    /// plain lists are dropped as soon as they are packed, where nobody else holds them, so that the
    /// most memory is that of the graph and one packed direction. `is_stopped` is asked once for some
    /// hundred vertices.
    ///
    /// Cost: O(n + m) time.
    ///
    /// # Errors
    ///
    /// [`CompressError`] where edges carry weights or times, lists take 4 GiB, or it is stopped.
    pub fn compressed(self, is_stopped: &(dyn Fn() -> bool + Sync)) -> Result<CompressedCsr, CompressError> {
        let Csr {
            directed,
            out,
            into,
            edge_count,
            order,
        } = self;
        let packed_out = Arc::new(CompressedAdjacency::new(&out, is_stopped)?);
        drop(out);
        let packed_into = if directed {
            Arc::new(CompressedAdjacency::new(&into, is_stopped)?)
        } else {
            Arc::clone(&packed_out)
        };
        Ok(Csr {
            directed,
            out: packed_out,
            into: packed_into,
            edge_count,
            order,
        })
    }
}

impl CompressedAdjacency {
    /// `lists` as gaps.
    ///
    /// # Errors
    ///
    /// As [`Csr::compressed`].
    pub fn new(lists: &Adjacency, is_stopped: &(dyn Fn() -> bool + Sync)) -> Result<Self, CompressError> {
        let refuse = |what| Err(CompressError::Values { what });
        if lists.weights.is_some() {
            return refuse("weights");
        }
        if lists.times.is_some() || lists.rows.is_some() {
            return refuse("times");
        }
        let counted = |from_itself| first_bytes(lists, from_itself);
        Self::packed(lists, counted(true) < counted(false), is_stopped)
    }

    /// The same, with first neighbours counted from the vertex or from 0.
    fn packed(
        lists: &Adjacency,
        from_itself: bool,
        is_stopped: &(dyn Fn() -> bool + Sync),
    ) -> Result<Self, CompressError> {
        let (marks, places, total) = places(lengths(lists, from_itself, is_stopped)?)?;
        let mut packed = Self {
            marks,
            places,
            bytes: vec![0; total + WINDOW],
            from_itself,
            entry_count: lists.entry_count(),
            portion_ends: lists.portions().into_iter().map(|it| it.end).collect(),
        };
        packed.fill(lists, is_stopped)?;
        Ok(packed)
    }

    /// An upper bound of the bytes that `entries` entries of `n` vertices take: the gaps of a list sum to less
    /// than `n`, so that few of them are large.
    pub fn most_bytes(n: u64, entries: u64) -> u64 {
        let wider = |bits: u32| entries.min(n.saturating_mul(n.saturating_sub(1) >> bits));
        let numbers = [7, 14, 21, 28].into_iter().map(wider).sum::<u64>();
        let beside =
            4 * (n + 1) + 8 * (n / MARK as u64 + 1) + 4 * (n / PORTION as u64 + entries / 65_536 + 1);
        entries + numbers + beside + WINDOW as u64
    }

    /// Writes the lists to their places.
    fn fill(
        &mut self,
        lists: &Adjacency,
        is_stopped: &(dyn Fn() -> bool + Sync),
    ) -> Result<(), CompressError> {
        let n = self.vertex_count();
        let mut bytes = std::mem::take(&mut self.bytes);
        let mut rest = &mut bytes[..];
        let mut batches = Vec::new();
        for begin in (0..n).step_by(BATCH) {
            let vertices = begin..n.min(begin.saturating_add(BATCH as u32));
            let length = self.begin(vertices.end) - self.begin(vertices.start);
            let (batch, behind) = std::mem::take(&mut rest).split_at_mut(length);
            batches.push((vertices, batch));
            rest = behind;
        }
        batches.into_par_iter().try_for_each(|(vertices, mut batch)| {
            check(is_stopped)?;
            for v in vertices {
                for number in numbers(lists.neighbours(v), v, self.from_itself) {
                    batch = put(batch, number);
                }
            }
            Ok(())
        })?;
        self.bytes = bytes;
        Ok(())
    }

    /// Where the list of `v` begins; that of the number of vertices is where the last ends.
    #[inline]
    fn begin(&self, v: u32) -> usize {
        place(self.marks[v as usize / MARK], self.places[v as usize]) as usize
    }

    #[inline]
    fn range(&self, v: u32) -> Range<usize> {
        let begin = self.begin(v);
        let length = self.places[v as usize + 1].wrapping_sub(self.places[v as usize]);
        begin..begin + length as usize
    }
}

/// Vertices that a thread packs at a time.
const BATCH: usize = 256;

/// The place, at most 4 GiB from `mark`, whose lower bits are `low`.
#[inline]
fn place(mark: u64, low: u32) -> u64 {
    mark + u64::from(low.wrapping_sub(mark as u32))
}

/// Bytes of `number`.
fn width(number: u32) -> u64 {
    u64::from((38 - (number | 1).leading_zeros()) / 7)
}

/// Differences as numbers that are small where the difference is, on either side.
fn zigzag(difference: u32) -> u32 {
    let signed = difference as i32;
    ((signed << 1) ^ (signed >> 31)) as u32
}

#[inline]
fn unzigzag(number: u32) -> u32 {
    (number >> 1) ^ (number & 1).wrapping_neg()
}

/// How the first neighbour `u` of `v` is written.
fn first(u: u32, v: u32, from_itself: bool) -> u32 {
    if from_itself { zigzag(u.wrapping_sub(v)) } else { u }
}

/// The numbers that a list is written as.
fn numbers(list: &[u32], v: u32, from_itself: bool) -> impl Iterator<Item = u32> {
    let gaps = list.windows(2).map(|pair| pair[1] - pair[0]);
    list.first()
        .map(|u| first(*u, v, from_itself))
        .into_iter()
        .chain(gaps)
}

/// Bytes of the first neighbours of all vertices.
fn first_bytes(lists: &Adjacency, from_itself: bool) -> u64 {
    let of = |v: u32| {
        let first_of = lists.neighbours(v).first();
        first_of.map_or(0, |u| width(first(*u, v, from_itself)))
    };
    (0..lists.vertex_count()).into_par_iter().map(of).sum()
}

/// Bytes of each list.
fn lengths(
    lists: &Adjacency,
    from_itself: bool,
    is_stopped: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<u32>, CompressError> {
    let mut lengths = vec![0; lists.vertex_count() as usize];
    let batches = lengths.par_chunks_mut(BATCH).enumerate();
    batches.try_for_each(|(batch, lengths)| {
        check(is_stopped)?;
        for (v, length) in ((batch * BATCH) as u32..).zip(lengths) {
            let bytes: u64 = numbers(lists.neighbours(v), v, from_itself).map(width).sum();
            *length = u32::try_from(bytes).unwrap_or(u32::MAX);
        }
        Ok(())
    })?;
    Ok(lengths)
}

/// Marks, places and total length of lists of these `lengths`.
fn places(lengths: Vec<u32>) -> Result<(Vec<u64>, Vec<u32>, usize), CompressError> {
    let mut places = lengths;
    places.push(0);
    let mut marks = Vec::with_capacity(places.len().div_ceil(MARK));
    let (mut mark, mut total) = (0, 0_u64);
    for (v, slot) in places.iter_mut().enumerate() {
        if v % MARK == 0 {
            mark = total;
            marks.push(mark);
        }
        let length = std::mem::replace(slot, total as u32);
        total += u64::from(length);
        if total - mark >= u64::from(u32::MAX) {
            return Err(CompressError::TooLong);
        }
    }
    Ok((marks, places, total as usize))
}

fn check(is_stopped: &(dyn Fn() -> bool + Sync)) -> Result<(), CompressError> {
    if is_stopped() {
        return Err(CompressError::Stopped);
    }
    Ok(())
}

/// Writes `number` at the beginning of `bytes` and returns the rest.
fn put(bytes: &mut [u8], mut number: u32) -> &mut [u8] {
    let mut at = 0;
    while number >= 0x80 {
        bytes[at] = number as u8 | 0x80;
        number >>= 7;
        at += 1;
    }
    bytes[at] = number as u8;
    &mut bytes[at + 1..]
}

impl Neighbourhoods for CompressedAdjacency {
    #[inline]
    fn vertex_count(&self) -> u32 {
        (self.places.len() - 1) as u32
    }

    #[inline]
    fn entry_count(&self) -> u64 {
        self.entry_count
    }

    #[inline]
    fn degree(&self, v: u32) -> usize {
        let ends = self.bytes[self.range(v)].iter().filter(|byte| **byte < 0x80);
        ends.count()
    }

    #[inline]
    fn list(&self, v: u32) -> impl Iterator<Item = u32> + Clone {
        let range = self.range(v);
        let mut gaps = Gaps {
            bytes: &self.bytes[range.start..range.end + WINDOW],
            word: 0,
            stops: 0,
            begin: 0,
            last: 0,
        };
        if self.from_itself
            && let Some(number) = gaps.clone().next()
        {
            // What the first step adds to arrive at the first neighbour.
            gaps.last = v.wrapping_add(unzigzag(number)).wrapping_sub(number);
        }
        gaps
    }

    fn weights(&self) -> Option<&[f64]> {
        None
    }

    #[inline]
    fn weights_of(&self, _v: u32) -> Option<&[f64]> {
        None
    }

    fn portions(&self) -> Vec<Range<u32>> {
        let mut begin = 0;
        let next = |end: &u32| std::mem::replace(&mut begin, *end)..*end;
        self.portion_ends.iter().map(next).collect()
    }

    fn bytes(&self) -> u64 {
        let words = self.places.len() + self.portion_ends.len();
        8 * self.marks.len() as u64 + 4 * words as u64 + self.bytes.len() as u64
    }
}

/// The neighbours of a vertex. The ends of all numbers in a window are found at once, so that one number
/// need not wait for the end of the one before.
#[derive(Clone)]
struct Gaps<'a> {
    /// What is not read yet, and a window that belongs to others.
    bytes: &'a [u8],
    /// The window.
    word: u64,
    /// The highest bits of the last bytes of the numbers in it that are still to come.
    stops: u64,
    /// The bit of the window where the next number begins.
    begin: u32,
    /// The neighbour before.
    last: u32,
}

/// The highest bit of each byte.
const HIGHEST: u64 = 0x8080_8080_8080_8080;

impl Gaps<'_> {
    /// Reads the next window; whether there is one.
    #[inline]
    fn read(&mut self) -> bool {
        let left = self.bytes.len() - WINDOW;
        let Some(window) = self.bytes.first_chunk::<WINDOW>().filter(|_| left > 0) else {
            return false;
        };
        self.word = u64::from_le_bytes(*window);
        let own = HIGHEST >> (64 - 8 * left.min(WINDOW));
        self.stops = !self.word & own;
        self.begin = 0;
        // Up to the end of the last whole number.
        self.bytes = &self.bytes[WINDOW - self.stops.leading_zeros() as usize / 8..];
        true
    }
}

/// The number that these bytes, the lowest first, are seven bits each of.
#[inline]
fn joined(bytes: u64) -> u32 {
    let low = bytes & 0x7f | bytes >> 1 & 0x3f80 | bytes >> 2 & 0x1f_c000;
    // Few gaps take four bytes.
    let high = if bytes >> 24 == 0 {
        0
    } else {
        bytes >> 3 & 0xfe0_0000 | bytes >> 4 & 0xf000_0000
    };
    (low | high) as u32
}

impl Iterator for Gaps<'_> {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        if self.stops == 0 && !self.read() {
            return None;
        }
        let stop = self.stops.trailing_zeros();
        self.stops &= self.stops - 1;
        let number = (self.word & (u64::MAX >> (63 - stop))) >> self.begin;
        self.begin = stop + 1;
        self.last = self.last.wrapping_add(joined(number));
        Some(self.last)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let known = self.stops.count_ones() as usize;
        let left = self.bytes.len() - WINDOW;
        (known + left.div_ceil(5), Some(known + left))
    }
}

#[cfg(test)]
#[path = "compressed_tests.rs"]
mod tests;
