//! Who holds which item, for [`super::linkage`]: attribute values and out-neighbours alike.
//!
//! Items that fewer than two or more than `max_holders` vertices hold are left out, since they link
//! nobody. Cost: O(n a + m log m) time for a attributes; 28 bytes a holding, 8 a time and 12 an item.

use super::linkage::LinkageConfig;
use super::registry::ItemCodes;
use crate::graph::{Csr, MISSING};

/// A vertex that holds an item.
#[derive(Clone, Copy, Debug)]
pub(super) struct Holder {
    /// The vertex.
    pub(super) vertex: u32,
    /// Where its times begin and end in [`Holdings::times`]; empty where the item has none.
    times: (u32, u32),
}

/// The holders of every item that can link, and the items of every vertex.
pub(super) struct Holdings {
    /// Holders, item by item, ascending by vertex within an item.
    holders: Vec<Holder>,
    /// For each vertex its places in `holders`, each with the end of the item's holders.
    places: Vec<(usize, usize)>,
    /// Range of each vertex in `places`; length n + 1.
    offsets: Vec<usize>,
    times: Vec<i64>,
    /// Items that link.
    pub(super) linking: u64,
    /// Items left out because too many hold them.
    pub(super) too_common: u64,
}

impl Holdings {
    /// The holdings of `graph` and `items` by the rules of `config`.
    pub(super) fn new(graph: &Csr, items: &[ItemCodes], config: &LinkageConfig) -> Self {
        let n = graph.vertex_count() as usize;
        let mut all = Self {
            holders: Vec::new(),
            places: Vec::new(),
            offsets: vec![0; n + 1],
            times: Vec::new(),
            linking: 0,
            too_common: 0,
        };
        let mut ends = Vec::new();
        for attribute in items {
            all.add_attribute(attribute, config.max_holders, &mut ends);
        }
        if config.through_edges {
            all.add_neighbours(graph, config, &mut ends);
        }
        all.index(&ends);
        all
    }

    /// The places of `v`'s holdings, each with the end of the item's holders.
    pub(super) fn of(&self, v: u32) -> &[(usize, usize)] {
        &self.places[self.offsets[v as usize]..self.offsets[v as usize + 1]]
    }

    /// The holder at `place`, and those of the same item up to `end` that come after it.
    pub(super) fn with_later(&self, (place, end): (usize, usize)) -> (Holder, &[Holder]) {
        (self.holders[place], &self.holders[place + 1..end])
    }

    /// Whether some times of the two holders are at most `window` apart; always where the item has none.
    pub(super) fn meet(&self, a: Holder, b: Holder, window: i64) -> bool {
        let of = |holder: Holder| &self.times[holder.times.0 as usize..holder.times.1 as usize];
        let (mut a, mut b) = (of(a), of(b));
        if a.is_empty() || b.is_empty() {
            return true;
        }
        while let (Some((x, later_a)), Some((y, later_b))) = (a.split_first(), b.split_first()) {
            if x.abs_diff(*y) <= window.unsigned_abs() {
                return true;
            }
            (a, b) = if x < y { (later_a, b) } else { (a, later_b) };
        }
        false
    }

    /// Adds one item a value.
    fn add_attribute(&mut self, attribute: &ItemCodes, max_holders: u32, ends: &mut Vec<usize>) {
        let codes = || {
            (0_u32..)
                .zip(&attribute.codes)
                .filter(|(_, code)| **code != MISSING)
        };
        let values = codes().map(|(_, code)| *code as usize + 1).max().unwrap_or(0);
        let mut offsets = vec![0_usize; values + 1];
        codes().for_each(|(_, code)| offsets[*code as usize + 1] += 1);
        (0..values).for_each(|value| offsets[value + 1] += offsets[value]);
        let mut next = offsets.clone();
        let mut grouped = vec![0_u32; offsets[values]];
        for (v, code) in codes() {
            grouped[next[*code as usize]] = v;
            next[*code as usize] += 1;
        }
        for ends_of in offsets.windows(2) {
            let holders = grouped[ends_of[0]..ends_of[1]].iter();
            let begin = self.holders.len();
            self.holders.extend(holders.map(|v| Holder {
                vertex: *v,
                times: (0, 0),
            }));
            self.finish_item(begin, max_holders, ends);
        }
    }

    /// Adds one item a vertex: those with an edge to it hold it. A vertex does not hold itself.
    fn add_neighbours(&mut self, graph: &Csr, config: &LinkageConfig, ends: &mut Vec<usize>) {
        let into = &graph.into;
        let times = into.times.as_ref().filter(|_| config.window_ms > 0);
        for item in 0..graph.vertex_count() {
            let begin = self.holders.len();
            let first_time = self.times.len();
            for index in into.range(item).filter(|index| into.targets[*index] != item) {
                let vertex = into.targets[index];
                let known = self.holders[begin..].last().is_some_and(|it| it.vertex == vertex);
                if !known {
                    let at = self.times.len() as u32;
                    self.holders.push(Holder {
                        vertex,
                        times: (at, at),
                    });
                }
                if let (Some(times), Some(holder)) = (times, self.holders.last_mut()) {
                    self.times.push(times[index]);
                    holder.times.1 += 1;
                }
            }
            for holder in &self.holders[begin..] {
                self.times[holder.times.0 as usize..holder.times.1 as usize].sort_unstable();
            }
            if !self.finish_item(begin, config.max_holders, ends) {
                self.times.truncate(first_time);
            }
        }
    }

    /// Keeps the holders from `begin` on as an item, or drops them and answers false.
    fn finish_item(&mut self, begin: usize, max_holders: u32, ends: &mut Vec<usize>) -> bool {
        let holders = self.holders.len() - begin;
        let keeps = (2..=max_holders as usize).contains(&holders);
        if keeps {
            self.linking += 1;
            ends.push(self.holders.len());
        } else {
            self.too_common += u64::from(holders >= 2);
            self.holders.truncate(begin);
        }
        keeps
    }

    /// Finds the places of every vertex. `ends` are the ends of the items in `holders`.
    fn index(&mut self, ends: &[usize]) {
        for holder in &self.holders {
            self.offsets[holder.vertex as usize + 1] += 1;
        }
        for v in 1..self.offsets.len() {
            self.offsets[v] += self.offsets[v - 1];
        }
        let mut next = self.offsets.clone();
        self.places = vec![(0, 0); self.holders.len()];
        let mut begin = 0;
        for &end in ends {
            for place in begin..end {
                let slot = &mut next[self.holders[place].vertex as usize];
                self.places[*slot] = (place, end);
                *slot += 1;
            }
            begin = end;
        }
    }
}
