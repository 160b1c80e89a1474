//! Who holds which item, for [`super::linkage`]: attribute values and out-neighbours alike.
//!
//! Items that fewer than two or more than `max_holders` vertices hold are left out, since they link
//! nobody; with a window, times of an item within whose window more hold it. Cost: O(n a + m log m)
//! time for a attributes; 20 bytes a holding, 8 a time and 16 an item. To visit who shares an item
//! takes a step for each other holder or, with times, for each time near one of the vertex's own, and
//! a search in the item's times for each of these; it needs no memory.

use super::control::{Control, KernelError};
use super::linkage::LinkageConfig;
use super::pace::Pace;
use super::registry::ItemCodes;
use crate::graph::{Csr, MISSING};

/// The holders of every item that can link, and the items of every vertex.
pub(super) struct Holdings {
    /// Holders, item by item: ascending by vertex within an item, each once; where the item has
    /// times, by time, as often as there are.
    holders: Vec<u32>,
    /// Times of the holders from `timed` on.
    times: Vec<i64>,
    timed: usize,
    /// Where each item begins and ends in `holders`.
    items: Vec<(usize, usize)>,
    /// For each vertex its places in `holders`, each with its item.
    places: Vec<(usize, u32)>,
    /// Range of each vertex in `places`; length n + 1.
    offsets: Vec<usize>,
    /// How far apart two times may be.
    window: u64,
    /// Items that link.
    pub(super) linking: u64,
    /// Items left out, at some times or altogether, because too many hold them.
    pub(super) too_common: u64,
}

impl Holdings {
    /// The holdings of `graph` and `items` by the rules of `config`.
    /// Fails only when the run is cancelled.
    pub(super) fn new(
        graph: &Csr,
        items: &[ItemCodes],
        config: &LinkageConfig,
        control: &Control,
    ) -> Result<Self, KernelError> {
        let mut pace = Pace::new(control);
        let n = graph.vertex_count() as usize;
        let mut all = Self {
            holders: Vec::new(),
            times: Vec::new(),
            timed: 0,
            items: Vec::new(),
            places: Vec::new(),
            offsets: vec![0; n + 1],
            window: config.window_ms.unsigned_abs(),
            linking: 0,
            too_common: 0,
        };
        for attribute in items {
            all.add_attribute(attribute, config.max_holders, &mut pace)?;
        }
        all.timed = all.holders.len();
        match (config.through_edges, &graph.into.times) {
            (true, Some(times)) if config.window_ms > 0 => {
                all.add_meetings(graph, times, config.max_holders, &mut pace)?;
            }
            (true, _) => all.add_neighbours(graph, config.max_holders, &mut pace)?,
            (false, _) => {}
        }
        all.index(&mut pace)?;
        Ok(all)
    }

    /// Visits the vertices after `v` that share an item with it, each with the item: item by item, and
    /// one that has several times near those of `v` once for each of its times.
    pub(super) fn sharing(
        &self,
        v: u32,
        pace: &mut Pace<'_>,
        mut visit: impl FnMut(u32, u32),
    ) -> Result<(), KernelError> {
        let places = &self.places[self.offsets[v as usize]..self.offsets[v as usize + 1]];
        for own in places.chunk_by(|a, b| a.1 == b.1) {
            let (first, item) = own[0];
            let (begin, end) = self.items[item as usize];
            pace.step(own.len() + end - begin)?;
            if self.times.is_empty() || first < self.timed {
                let after = &self.holders[first + 1..end];
                after.iter().for_each(|other| visit(item, *other));
            } else {
                self.meetings(own, (begin, end), |other| {
                    if other > v {
                        visit(item, other);
                    }
                });
            }
        }
        Ok(())
    }

    /// Visits the holders of an item with times whose time is near one of those at the places `own`.
    fn meetings(&self, own: &[(usize, u32)], (begin, end): (usize, usize), mut visit: impl FnMut(u32)) {
        let time = |at: usize| self.times[at - self.timed];
        let mut next = begin;
        for (place, _) in own {
            // Windows overlap: without going on where the last one ended, two vertices with many edges
            // to the item cost the product of their edges.
            if next < *place {
                let times = &self.times[next - self.timed..*place - self.timed];
                next += times.partition_point(|it| it.abs_diff(time(*place)) > self.window);
            }
            while next < end && time(next).abs_diff(time(*place)) <= self.window {
                visit(self.holders[next]);
                next += 1;
            }
        }
    }

    /// Adds one item a value.
    fn add_attribute(
        &mut self,
        attribute: &ItemCodes,
        max_holders: u32,
        pace: &mut Pace<'_>,
    ) -> Result<(), KernelError> {
        let codes = || {
            (0_u32..)
                .zip(&attribute.codes)
                .filter(|(_, code)| **code != MISSING)
        };
        let values = codes().map(|(_, code)| *code as usize + 1).max().unwrap_or(0);
        let mut offsets = vec![0_usize; values + 1];
        for (_, code) in codes() {
            pace.step(0)?;
            offsets[*code as usize + 1] += 1;
        }
        (0..values).for_each(|value| offsets[value + 1] += offsets[value]);
        let mut next = offsets.clone();
        let mut grouped = vec![0_u32; offsets[values]];
        for (v, code) in codes() {
            pace.step(0)?;
            grouped[next[*code as usize]] = v;
            next[*code as usize] += 1;
        }
        for ends in offsets.windows(2) {
            pace.step(ends[1] - ends[0])?;
            let begin = self.holders.len();
            self.holders.extend_from_slice(&grouped[ends[0]..ends[1]]);
            self.finish_item(begin, max_holders);
        }
        Ok(())
    }

    /// Adds one item a vertex: those with an edge to it hold it. A vertex does not hold itself.
    fn add_neighbours(
        &mut self,
        graph: &Csr,
        max_holders: u32,
        pace: &mut Pace<'_>,
    ) -> Result<(), KernelError> {
        let into = &graph.into;
        for item in 0..graph.vertex_count() {
            pace.step(into.degree(item))?;
            let begin = self.holders.len();
            for index in into.range(item).filter(|index| into.targets[*index] != item) {
                let vertex = into.targets[index];
                if self.holders[begin..].last() != Some(&vertex) {
                    self.holders.push(vertex);
                }
            }
            self.finish_item(begin, max_holders);
        }
        Ok(())
    }

    /// The same with the times of the edges.
    fn add_meetings(
        &mut self,
        graph: &Csr,
        times: &[i64],
        max_holders: u32,
        pace: &mut Pace<'_>,
    ) -> Result<(), KernelError> {
        let into = &graph.into;
        let mut crowds = Crowds {
            window: self.window,
            counts: vec![0; graph.vertex_count() as usize],
        };
        let mut events: Vec<(i64, u32)> = Vec::new();
        for item in 0..graph.vertex_count() {
            // Each entry costs some comparisons.
            pace.step(4 * into.degree(item))?;
            let to_item = into.range(item).filter(|index| into.targets[*index] != item);
            events.clear();
            events.extend(to_item.map(|index| (times[index], into.targets[index])));
            events.sort_unstable();
            let all = events.len();
            crowds.leave(&mut events, max_holders);
            self.too_common += u64::from(events.len() < all);
            let first = events.first().map(|it| it.1);
            if events.iter().all(|it| Some(it.1) == first) {
                continue;
            }
            let begin = self.holders.len();
            self.holders.extend(events.iter().map(|it| it.1));
            self.times.extend(events.iter().map(|it| it.0));
            self.items.push((begin, self.holders.len()));
            self.linking += 1;
        }
        Ok(())
    }

    /// Keeps the holders from `begin` on as an item, or drops them.
    fn finish_item(&mut self, begin: usize, max_holders: u32) {
        let holders = self.holders.len() - begin;
        if (2..=max_holders as usize).contains(&holders) {
            self.linking += 1;
            self.items.push((begin, self.holders.len()));
        } else {
            self.too_common += u64::from(holders >= 2);
            self.holders.truncate(begin);
        }
    }

    /// Finds the places of every vertex.
    fn index(&mut self, pace: &mut Pace<'_>) -> Result<(), KernelError> {
        for holder in &self.holders {
            pace.step(0)?;
            self.offsets[*holder as usize + 1] += 1;
        }
        for v in 1..self.offsets.len() {
            self.offsets[v] += self.offsets[v - 1];
        }
        let mut next = self.offsets.clone();
        self.places = vec![(0, 0); self.holders.len()];
        for (item, (begin, end)) in (0_u32..).zip(&self.items) {
            pace.step(end - begin)?;
            for place in *begin..*end {
                let slot = &mut next[self.holders[place] as usize];
                self.places[*slot] = (place, item);
                *slot += 1;
            }
        }
        Ok(())
    }
}

/// Finds the times at which too many hold an item.
struct Crowds {
    window: u64,
    /// Times of each vertex within the window; all 0 between calls.
    counts: Vec<u32>,
}

impl Crowds {
    /// Drops those of `events`, which are in order of time, that more than `most` vertices are near,
    /// their own among them.
    fn leave(&mut self, events: &mut Vec<(i64, u32)>, most: u32) {
        let (mut begin, mut end, mut vertices) = (0, 0, 0_u32);
        let mut crowded = Vec::with_capacity(events.len());
        for (time, _) in events.iter() {
            while let Some((_, v)) = events.get(end).filter(|it| it.0.abs_diff(*time) <= self.window) {
                vertices += u32::from(self.counts[*v as usize] == 0);
                self.counts[*v as usize] += 1;
                end += 1;
            }
            while events[begin].0.abs_diff(*time) > self.window {
                let v = events[begin].1 as usize;
                self.counts[v] -= 1;
                vertices -= u32::from(self.counts[v] == 0);
                begin += 1;
            }
            crowded.push(vertices > most);
        }
        events[begin..end]
            .iter()
            .for_each(|it| self.counts[it.1 as usize] = 0);
        let mut is_crowded = crowded.into_iter();
        events.retain(|_| !is_crowded.next().unwrap_or(false));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithms::random_graphs::keep_all;
    use crate::graph::{EdgeList, build};

    /// Two that return to one post again and again, all within the window.
    #[test]
    fn many_times_of_two_vertices_are_each_visited_once() {
        let events = 2_000_u32;
        let edges = EdgeList {
            sources: (0..2 * events).map(|event| event % 2).collect(),
            targets: vec![2; 2 * events as usize],
            weights: None,
            times: Some((0..2 * i64::from(events)).collect()),
        };
        let config = LinkageConfig {
            through_edges: true,
            window_ms: 1_000_000,
            ..LinkageConfig::default()
        };
        let control = Control::default();
        let graph = build(3, edges, keep_all(true));
        let holdings = Holdings::new(&graph, &[], &config, &control).unwrap();
        let mut visits = 0;
        let found = holdings.sharing(0, &mut Pace::new(&control), |item, other| {
            assert_eq!((item, other), (0, 1));
            visits += 1;
        });
        assert_eq!(found, Ok(()));
        assert_eq!(visits, events);
    }
}
