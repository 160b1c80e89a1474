//! Counting the three-edge motifs in time of [`super::temporal_motifs`], without listing any.
//!
//! A window slides over edges in time order and keeps how many edges, and how many pairs of edges, it holds
//! of each kind; each new edge ends as many motifs as there are pairs that it can follow. Stars are counted at
//! the vertex in their middle, two edges of theirs going to the same neighbour; what goes to one neighbour
//! only is taken off. Triangles are counted at each triangle of the graph.
//!
//! Source: Paranjape, Benson & Leskovec, WSDM 2017 (algorithms 1 and 2).

use super::control::{Control, KernelError};
use super::pace::Pace;
use super::time_order::{TimeOrder, TimedEdge};
use super::upward::closing;

/// Looks for cancellation once in so many edges.
const CHECK_EVERY: usize = 1 << 16;

/// How many motifs of each kind; the place in the table is that of the second and third edge in
/// [`PATTERNS`].
pub(super) type Table = [[u128; 6]; 6];

/// Edges as pairs of digits, where the first edge of a motif is 12: from its vertex 1 to its vertex 2.
pub(super) const PATTERNS: [u64; 6] = [12, 21, 13, 31, 23, 32];

/// The place in the table of a motif whose edges join vertices with any different names.
pub(super) fn place(edges: [(u32, u32); 3]) -> (usize, usize) {
    let mut names: Vec<u32> = Vec::with_capacity(3);
    let mut number = |v: u32| {
        let known = names.iter().position(|name| *name == v);
        known.unwrap_or_else(|| {
            names.push(v);
            names.len() - 1
        }) as u64
            + 1
    };
    let [_, second, third] = edges.map(|(from, to)| {
        let pattern = 10 * number(from) + number(to);
        // Three edges that hang together have three vertices at most.
        PATTERNS.iter().position(|it| *it == pattern).unwrap_or(0)
    });
    (second, third)
}

/// Counts by the directions (0 out, 1 in) of three edges at a vertex.
type Directions = [[[u128; 2]; 2]; 2];

/// An edge at the vertex in the middle.
#[derive(Clone, Copy, Debug)]
struct Spoke {
    time: i64,
    row: u32,
    other: u32,
    /// 0 when it leaves the middle, 1 when it arrives there.
    way: usize,
}

/// What the edges at one vertex, or at several, make.
#[derive(Default)]
pub(super) struct Stars {
    /// Two edges with the same neighbour and one with any: first and second, first and third, second and
    /// third.
    two: [Directions; 3],
    /// All three with the same neighbour.
    same: Directions,
}

impl Stars {
    /// Number of stars.
    pub(super) fn count(&self) -> u128 {
        let sum = |it: &Directions| it.iter().flatten().flatten().sum::<u128>();
        self.two.iter().map(sum).sum::<u128>() - 3 * sum(&self.same)
    }

    /// Adds what `other` counted.
    pub(super) fn merge(&mut self, other: &Stars) {
        let own = self
            .two
            .iter_mut()
            .chain([&mut self.same])
            .flatten()
            .flatten()
            .flatten();
        let others = other
            .two
            .iter()
            .chain([&other.same])
            .flatten()
            .flatten()
            .flatten();
        own.zip(others).for_each(|(to, from)| *to += from);
    }

    /// Adds to `table` the stars, and the motifs of two vertices, which both of them counted.
    pub(super) fn add_to(&self, table: &mut Table) {
        let middle = 0;
        let edge = |way: usize, other: u32| {
            if way == 0 {
                (middle, other)
            } else {
                (other, middle)
            }
        };
        for bits in 0..8 {
            let ways @ [a, b, c] = [bits >> 2 & 1, bits >> 1 & 1, bits & 1];
            let same = self.same[a][b][c];
            for (two, others) in self.two.iter().zip([[1, 1, 2], [1, 2, 1], [2, 1, 1]]) {
                let (second, third) = place([0, 1, 2].map(|it| edge(ways[it], others[it])));
                table[second][third] += two[a][b][c] - same;
            }
            let (second, third) = place(ways.map(|way| edge(way, 1)));
            table[second][third] += same;
        }
    }

    /// Halves the motifs of two vertices in `table`, once all stars are added.
    pub(super) fn halve(table: &mut Table) {
        table[..2]
            .iter_mut()
            .flat_map(|row| &mut row[..2])
            .for_each(|it| *it /= 2);
    }
}

/// The workspace for counting stars; between vertices every count is 0.
pub(super) struct StarCounter {
    window: i64,
    /// Edges in the window, by neighbour and direction.
    held: Vec<[u32; 2]>,
    spokes: Vec<Spoke>,
    /// For each spoke how many before it and after it, within the window, have its neighbour.
    before: Vec<[u32; 2]>,
    after: Vec<[u32; 2]>,
}

impl StarCounter {
    /// A counter for graphs of `n` vertices; `window` is the most time from first to last edge.
    pub(super) fn new(n: u32, window: i64) -> Self {
        Self {
            window,
            held: vec![[0; 2]; n as usize],
            spokes: Vec::new(),
            before: Vec::new(),
            after: Vec::new(),
        }
    }

    /// What the edges at `v` make.
    pub(super) fn count(
        &mut self,
        v: u32,
        out: &TimeOrder,
        into: &TimeOrder,
        control: &Control,
    ) -> Result<Stars, KernelError> {
        let spoke = |edge: &TimedEdge, way: usize| Spoke {
            time: edge.time,
            row: edge.row,
            other: edge.other,
            way,
        };
        self.spokes.clear();
        self.spokes.extend(out.of(v).iter().map(|it| spoke(it, 0)));
        self.spokes.extend(into.of(v).iter().map(|it| spoke(it, 1)));
        self.spokes.retain(|it| it.other != v);
        self.spokes.sort_unstable_by_key(|it| (it.time, it.row));
        let mut stars = Stars::default();
        self.forward(&mut stars.two[0], control)?;
        self.backward(&mut stars.two[2], control)?;
        self.between(&mut stars.two[1]);
        self.same(&mut stars.same, control)?;
        Ok(stars)
    }

    /// Pairs with one neighbour that come before each spoke.
    fn forward(&mut self, found: &mut Directions, control: &Control) -> Result<(), KernelError> {
        let Self { held, spokes, .. } = self;
        self.before.clear();
        let mut pairs = [[0_u64; 2]; 2];
        let mut oldest = 0;
        for (at, spoke) in spokes.iter().enumerate() {
            if at % CHECK_EVERY == 0 {
                control.check()?;
            }
            while spoke.time.saturating_sub(spokes[oldest].time) > self.window {
                let gone = spokes[oldest];
                let held = &mut held[gone.other as usize];
                held[gone.way] -= 1;
                (0..2).for_each(|way| pairs[gone.way][way] -= u64::from(held[way]));
                oldest += 1;
            }
            add_pairs(&pairs, |a, b, count| found[a][b][spoke.way] += count);
            let held = &mut held[spoke.other as usize];
            self.before.push(*held);
            (0..2).for_each(|way| pairs[way][spoke.way] += u64::from(held[way]));
            held[spoke.way] += 1;
        }
        spokes[oldest..]
            .iter()
            .for_each(|it| held[it.other as usize] = [0; 2]);
        Ok(())
    }

    /// Pairs with one neighbour that come after each spoke.
    fn backward(&mut self, found: &mut Directions, control: &Control) -> Result<(), KernelError> {
        let Self { held, spokes, .. } = self;
        self.after.clear();
        self.after.resize(spokes.len(), [0; 2]);
        let mut pairs = [[0_u64; 2]; 2];
        let mut end = spokes.len();
        for (at, spoke) in spokes.iter().enumerate().rev() {
            if at % CHECK_EVERY == 0 {
                control.check()?;
            }
            while spokes[end - 1].time.saturating_sub(spoke.time) > self.window {
                end -= 1;
                let gone = spokes[end];
                let held = &mut held[gone.other as usize];
                held[gone.way] -= 1;
                (0..2).for_each(|way| pairs[way][gone.way] -= u64::from(held[way]));
            }
            add_pairs(&pairs, |b, c, count| found[spoke.way][b][c] += count);
            let held = &mut held[spoke.other as usize];
            self.after[at] = *held;
            (0..2).for_each(|way| pairs[spoke.way][way] += u64::from(held[way]));
            held[spoke.way] += 1;
        }
        spokes[..end]
            .iter()
            .for_each(|it| held[it.other as usize] = [0; 2]);
        Ok(())
    }

    /// Pairs with one neighbour around each spoke.
    fn between(&self, found: &mut Directions) {
        let mut pairs = [[0_u64; 2]; 2];
        for (at, spoke) in self.spokes.iter().enumerate() {
            if let Some(earlier) = at.checked_sub(1) {
                let first = self.spokes[earlier].way;
                (0..2).for_each(|way| pairs[first][way] += u64::from(self.after[earlier][way]));
            }
            (0..2).for_each(|way| pairs[way][spoke.way] -= u64::from(self.before[at][way]));
            add_pairs(&pairs, |a, c, count| found[a][spoke.way][c] += count);
        }
    }

    /// Three edges with one neighbour.
    fn same(&mut self, found: &mut Directions, control: &Control) -> Result<(), KernelError> {
        control.check()?;
        self.spokes.sort_unstable_by_key(|it| (it.other, it.time, it.row));
        for spokes in self.spokes.chunk_by(|a, b| a.other == b.other) {
            let (mut held, mut pairs, mut oldest) = ([0_u64; 2], [[0_u64; 2]; 2], 0);
            for spoke in spokes {
                while spoke.time.saturating_sub(spokes[oldest].time) > self.window {
                    let gone = spokes[oldest].way;
                    held[gone] -= 1;
                    (0..2).for_each(|way| pairs[gone][way] -= held[way]);
                    oldest += 1;
                }
                add_pairs(&pairs, |a, b, count| found[a][b][spoke.way] += count);
                (0..2).for_each(|way| pairs[way][spoke.way] += held[way]);
                held[spoke.way] += 1;
            }
        }
        Ok(())
    }
}

fn add_pairs(pairs: &[[u64; 2]; 2], mut add: impl FnMut(usize, usize, u128)) {
    for (a, row) in pairs.iter().enumerate() {
        for (b, count) in row.iter().enumerate() {
            add(a, b, u128::from(*count));
        }
    }
}

/// An edge of a linked pair.
#[derive(Clone, Copy)]
struct Contact {
    time: i64,
    /// Twice its row, and 1 more when it leads to the lower of the two.
    code: u32,
}

/// The edges of every linked pair by (time, row), each pair at the end with fewer edges.
pub(super) struct Pairs {
    /// `offsets[v]..offsets[v + 1]` are the pairs of `v`.
    offsets: Vec<usize>,
    /// The other end of each pair, ascending within a vertex.
    others: Vec<u32>,
    /// Where the edges of each pair begin.
    begins: Vec<usize>,
    contacts: Vec<Contact>,
    /// When the first and the last edge of each pair are.
    spans: Vec<(i64, i64)>,
}

impl Pairs {
    /// The pairs of a graph of `n` vertices.
    pub(super) fn new(
        n: u32,
        out: &TimeOrder,
        into: &TimeOrder,
        control: &Control,
    ) -> Result<Self, KernelError> {
        let rank = |v: u32| (out.of(v).len() + into.of(v).len(), v);
        let mut pairs = Self {
            offsets: vec![0],
            others: Vec::new(),
            begins: vec![0],
            contacts: Vec::new(),
            spans: Vec::new(),
        };
        let mut own: Vec<(u32, Contact)> = Vec::new();
        let mut pace = Pace::new(control);
        for v in 0..n {
            // Entries are sorted as well as read.
            pace.step(8 * (out.of(v).len() + into.of(v).len()))?;
            let upward = |it: &&TimedEdge| rank(it.other) > rank(v);
            let contact = |edge: &TimedEdge, way: u32| {
                let code = 2 * edge.row + way;
                (
                    edge.other,
                    Contact {
                        time: edge.time,
                        code,
                    },
                )
            };
            own.clear();
            own.extend(out.of(v).iter().filter(upward).map(|it| contact(it, 0)));
            own.extend(into.of(v).iter().filter(upward).map(|it| contact(it, 1)));
            own.sort_unstable_by_key(|(other, contact)| (*other, contact.time, contact.code));
            for pair in own.chunk_by(|a, b| a.0 == b.0) {
                pairs.others.push(pair[0].0);
                pairs.spans.push((pair[0].1.time, pair[pair.len() - 1].1.time));
                pairs.contacts.extend(pair.iter().map(|it| it.1));
                pairs.begins.push(pairs.contacts.len());
            }
            pairs.offsets.push(pairs.others.len());
        }
        Ok(pairs)
    }

    fn of(&self, v: u32) -> std::ops::Range<usize> {
        self.offsets[v as usize]..self.offsets[v as usize + 1]
    }

    fn contacts(&self, pair: usize) -> &[Contact] {
        &self.contacts[self.begins[pair]..self.begins[pair + 1]]
    }
}

/// Motifs on triangles by the kinds of their edges: twice the pair (lowest and middle corner, middle and
/// highest, lowest and highest), and 1 more when it leads to the lower corner.
pub(super) type Triangles = [[[u128; 6]; 6]; 6];

/// The workspace for counting triangles; between vertices no pair is marked.
pub(super) struct TriangleCounter {
    window: i64,
    /// The pair of each vertex with the lowest corner, from 1.
    marked: Vec<u32>,
    /// Places in a list of pairs at which a triangle closes.
    closed: Vec<u32>,
    contacts: Vec<(i64, u32, usize)>,
    steps: usize,
}

impl TriangleCounter {
    /// A counter for graphs of `n` vertices; `window` is the most time from first to last edge.
    pub(super) fn new(n: u32, window: i64) -> Self {
        Self {
            window,
            marked: vec![0; n as usize],
            closed: Vec::new(),
            contacts: Vec::new(),
            steps: 0,
        }
    }

    /// Adds the motifs on triangles whose lowest corner is `v`.
    pub(super) fn count(
        &mut self,
        v: u32,
        pairs: &Pairs,
        counts: &mut Triangles,
        control: &Control,
    ) -> Result<(), KernelError> {
        for pair in pairs.of(v) {
            // There are no more pairs than edges, whose number fits.
            self.marked[pairs.others[pair] as usize] = pair as u32 + 1;
        }
        for first in pairs.of(v) {
            let list = pairs.of(pairs.others[first]);
            self.closed.resize(self.closed.len().max(list.len()), 0);
            let found = closing(&pairs.others[list.clone()], &self.marked, &mut self.closed);
            self.steps += list.len();
            for at in 0..found {
                let second = list.start + self.closed[at] as usize;
                let third = self.marked[pairs.others[second] as usize] as usize - 1;
                let sides = [first, second, third];
                if self.may_meet(sides.map(|it| pairs.spans[it])) {
                    self.triangle(sides.map(|it| pairs.contacts(it)), counts);
                }
                if self.steps >= CHECK_EVERY {
                    self.steps = 0;
                    control.check()?;
                }
            }
        }
        for pair in pairs.of(v) {
            self.marked[pairs.others[pair] as usize] = 0;
        }
        Ok(())
    }

    /// Whether three edges of these pairs may lie within a window, by the first and last times of each. A window
    /// that meets all three sides spans from the last of their beginnings, or earlier, to the first of their
    /// ends, or later.
    fn may_meet(&self, spans: [(i64, i64); 3]) -> bool {
        let (begin, end) = (spans.map(|it| it.0), spans.map(|it| it.1));
        let last_begin = begin[0].max(begin[1]).max(begin[2]);
        last_begin.saturating_sub(end[0].min(end[1]).min(end[2])) <= self.window
    }

    fn triangle(&mut self, sides: [&[Contact]; 3], found: &mut Triangles) {
        self.contacts.clear();
        for (side, contacts) in sides.iter().enumerate() {
            let kind = |it: &Contact| 2 * side + (it.code & 1) as usize;
            self.contacts
                .extend(contacts.iter().map(|it| (it.time, it.code, kind(it))));
        }
        self.steps += self.contacts.len();
        self.contacts.sort_unstable();
        if let [a, b, c] = self.contacts[..] {
            found[a.2][b.2][c.2] += u128::from(c.0.saturating_sub(a.0) <= self.window);
            return;
        }
        let (mut held, mut pairs, mut oldest) = ([0_u64; 6], [[0_u64; 6]; 6], 0);
        let elsewhere = |kind: usize| (0..6).filter(move |it| it / 2 != kind / 2);
        for &(time, _, kind) in &self.contacts {
            while time.saturating_sub(self.contacts[oldest].0) > self.window {
                let gone = self.contacts[oldest].2;
                held[gone] -= 1;
                elsewhere(gone).for_each(|it| pairs[gone][it] -= held[it]);
                oldest += 1;
            }
            for a in elsewhere(kind) {
                for b in elsewhere(kind).filter(|b| b / 2 != a / 2) {
                    found[a][b][kind] += u128::from(pairs[a][b]);
                }
            }
            elsewhere(kind).for_each(|it| pairs[it][kind] += held[it]);
            held[kind] += 1;
        }
    }
}

/// Adds to `table` the motifs on triangles.
pub(super) fn add_triangles(triangles: &Triangles, table: &mut Table) {
    let edge = |kind: usize| {
        let (low, high) = [(0, 1), (1, 2), (0, 2)][kind / 2];
        if kind.is_multiple_of(2) {
            (low, high)
        } else {
            (high, low)
        }
    };
    for (a, rows) in triangles.iter().enumerate() {
        for (b, row) in rows.iter().enumerate() {
            for (c, count) in row.iter().enumerate().filter(|(_, count)| **count > 0) {
                let (second, third) = place([a, b, c].map(edge));
                table[second][third] += count;
            }
        }
    }
}
