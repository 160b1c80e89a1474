//! Distances from sources by delta-stepping: a queue of bins, each as wide as a short edge.
//!
//! What is open stands in the bin of its distance. The threads empty the nearest bin together, in rounds,
//! because an edge shorter than a bin leads back into it; a thread that finds few vertices there goes on
//! alone (bucket fusion). A vertex found anew at a shorter distance is opened again, and what it was
//! opened with before is passed over.
//!
//! Law: every distance ends as the least, over all paths, of weights added from the source on. That is
//! one number whatever the width of a bin, the order within it and the number of threads, because adding
//! a weight never makes a sum smaller and never turns the order of two sums round.
//!
//! Cost: O(n + m) steps where bins are narrow beside the distances and every bin holds some vertices;
//! O(n m) at worst. Memory: 8 bytes a vertex, and 16 for each time a vertex is opened.
//! Sources: Meyer & Sanders, Journal of Algorithms 49, 2003; Zhang et al., CGO 2020 (bucket fusion).

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use rayon::prelude::*;

use super::control::{Control, KernelError};
use crate::graph::Adjacency;

/// Bins that are held apart; what lies farther waits in one heap until these are empty.
const BINS: usize = 64;

/// Vertices that a thread takes from the nearest bin at a time.
const BATCH: usize = 64;

/// A thread goes on alone while it has found fewer vertices than this in the bin being emptied.
const FUSED: usize = 1000;

/// A vertex and the distance at which it was found.
#[derive(Clone, Copy)]
struct Open {
    length: f64,
    vertex: u32,
}

/// What one thread has found.
struct Worker {
    bins: Vec<Vec<Open>>,
    /// What lies beyond the last bin.
    beyond: Vec<Open>,
    spare: Vec<Open>,
}

struct Search<'a> {
    lists: &'a Adjacency,
    weights: &'a [f64],
    /// Distances as bits: those of numbers that are not negative have the same order.
    lengths: Vec<AtomicU64>,
    /// Bins in a unit of distance.
    scale: f64,
    /// Number of the nearest of the bins that are held apart.
    first: u64,
    control: &'a Control,
}

/// Distances from the nearest of `sources` along `lists`, whose `weights` must not be negative; infinite
/// where there is no path. `width` is that of a bin; 0 chooses one.
pub(super) fn distances(
    lists: &Adjacency,
    weights: &[f64],
    sources: &[u32],
    width: f64,
    control: &Control,
) -> Result<Vec<f64>, KernelError> {
    let n = lists.offsets.len() - 1;
    let width = if width > 0.0 {
        width
    } else {
        chosen_width(n, weights)
    };
    let mut search = Search {
        lists,
        weights,
        lengths: (0..n).map(|_| AtomicU64::new(f64::INFINITY.to_bits())).collect(),
        scale: 1.0 / width,
        first: 0,
        control,
    };
    let mut workers: Vec<Worker> = (0..rayon::current_num_threads()).map(|_| Worker::new()).collect();
    for &vertex in sources {
        let length = 0.0_f64;
        search.lengths[vertex as usize] = AtomicU64::new(length.to_bits());
        workers[0].bins[0].push(Open { length, vertex });
    }
    let mut frontier = Vec::new();
    loop {
        search.empty_bins(&mut workers, &mut frontier)?;
        if !search.move_on(&mut workers) {
            let lengths = search.lengths.into_iter();
            return Ok(lengths.map(|bits| f64::from_bits(bits.into_inner())).collect());
        }
    }
}

/// A few times the median weight, divided by the mean degree: about as far as the nearest neighbours are.
fn chosen_width(n: usize, weights: &[f64]) -> f64 {
    const SAMPLE: usize = 1024;
    const NEIGHBOURS: f64 = 2.0;
    let apart = weights.len().div_ceil(SAMPLE).max(1);
    let mut sample: Vec<f64> = weights
        .iter()
        .step_by(apart)
        .copied()
        .filter(|it| *it > 0.0)
        .collect();
    sample.sort_unstable_by(f64::total_cmp);
    let degree = (weights.len() as f64 / n.max(1) as f64).max(1.0);
    let width = sample
        .get(sample.len() / 2)
        .map_or(1.0, |median| NEIGHBOURS * median / degree);
    if width > 0.0 { width } else { 1.0 }
}

impl Worker {
    fn new() -> Self {
        Self {
            bins: vec![Vec::new(); BINS],
            beyond: Vec::new(),
            spare: Vec::new(),
        }
    }

    #[inline]
    fn push(&mut self, bin: u64, open: Open) {
        match self.bins.get_mut(bin as usize) {
            Some(bin) => bin.push(open),
            None => self.beyond.push(open),
        }
    }
}

impl Search<'_> {
    /// Empties the bins that are held apart, the nearest first.
    fn empty_bins(&self, workers: &mut [Worker], frontier: &mut Vec<Open>) -> Result<(), KernelError> {
        let mut at = 0;
        let is_open = |workers: &[Worker], bin: usize| workers.iter().any(|it| !it.bins[bin].is_empty());
        while let Some(bin) = (at..BINS).find(|bin| is_open(workers, *bin)) {
            at = bin;
            frontier.clear();
            for worker in workers.iter_mut() {
                frontier.append(&mut worker.bins[at]);
            }
            let next = AtomicUsize::new(0);
            let one = |worker: &mut Worker| self.take_part(frontier, &next, at, worker);
            match workers {
                [only] => one(only)?,
                // Waking the others costs more than a few vertices.
                [first, ..] if frontier.len() < 2 * BATCH => one(first)?,
                _ => workers.par_iter_mut().with_max_len(1).try_for_each(one)?,
            }
        }
        Ok(())
    }

    /// Takes batches of `frontier` until it is used up, then goes on alone as long as little is left.
    fn take_part(
        &self,
        frontier: &[Open],
        next: &AtomicUsize,
        bin: usize,
        worker: &mut Worker,
    ) -> Result<(), KernelError> {
        loop {
            let begin = next.fetch_add(BATCH, Ordering::Relaxed);
            let Some(rest) = frontier.get(begin..).filter(|rest| !rest.is_empty()) else {
                break;
            };
            self.control.check()?;
            for open in &rest[..rest.len().min(BATCH)] {
                self.relax(*open, worker);
            }
        }
        while (1..FUSED).contains(&worker.bins[bin].len()) {
            self.control.check()?;
            let spare = std::mem::take(&mut worker.spare);
            let mut batch = std::mem::replace(&mut worker.bins[bin], spare);
            for open in batch.drain(..) {
                self.relax(open, worker);
            }
            worker.spare = batch;
        }
        Ok(())
    }

    /// Opens the neighbours to which the way through `open` is the shortest so far.
    #[inline]
    fn relax(&self, open: Open, worker: &mut Worker) {
        if self.lengths[open.vertex as usize].load(Ordering::Relaxed) != open.length.to_bits() {
            return; // a shorter way was found since
        }
        let range = self.lists.range(open.vertex);
        let weights = &self.weights[range.clone()];
        for (&vertex, weight) in self.lists.targets[range].iter().zip(weights) {
            let length = open.length + weight;
            let (bits, known) = (length.to_bits(), &self.lengths[vertex as usize]);
            // Most ways are no shorter, and reading costs less than a locked instruction.
            if bits < known.load(Ordering::Relaxed) && bits < known.fetch_min(bits, Ordering::Relaxed) {
                worker.push(self.bin(length) - self.first, Open { length, vertex });
            }
        }
    }

    #[inline]
    fn bin(&self, length: f64) -> u64 {
        (length * self.scale) as u64
    }

    /// Holds the next bins apart; `false` when nothing is open.
    fn move_on(&mut self, workers: &mut [Worker]) -> bool {
        let mut waiting: Vec<Open> = Vec::new();
        for worker in workers.iter_mut() {
            waiting.append(&mut worker.beyond);
        }
        waiting.retain(|it| self.lengths[it.vertex as usize].load(Ordering::Relaxed) == it.length.to_bits());
        let nearest = waiting.iter().map(|it| it.length).fold(f64::INFINITY, f64::min);
        let opened = |search: &Self, it: &Open| search.bin(it.length) - search.first < BINS as u64;
        loop {
            self.first = self.bin(nearest);
            let count = waiting.iter().filter(|it| opened(self, it)).count();
            // Where few are opened bins are too narrow: going through all that wait must pay.
            if 4 * count >= waiting.len() || self.scale == 0.0 {
                break;
            }
            self.scale /= 4.0;
        }
        let some = !waiting.is_empty();
        for (at, open) in waiting.into_iter().enumerate() {
            let bin = self.bin(open.length) - self.first;
            workers[at % workers.len()].push(bin, open);
        }
        some
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::pace::Pace;
    use super::super::random_graphs::{keep_all, on_threads};
    use super::super::shortest_paths::Distances;
    use super::*;
    use crate::graph::{Csr, EdgeList, build, generate};

    fn by_dijkstra(graph: &Csr, sources: &[u32]) -> Vec<f64> {
        let mut found = Distances::new(graph.vertex_count());
        found
            .search(&graph.out, sources, true, &mut Pace::new(&Control::default()))
            .unwrap();
        found.length
    }

    fn by_bins(graph: &Csr, sources: &[u32], width: f64) -> Vec<f64> {
        let weights = graph.out.weights.as_ref().unwrap();
        distances(&graph.out, weights, sources, width, &Control::default()).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        /// Weights are 0, alike, or spread over many orders of magnitude, so that bins are too narrow
        /// and too wide.
        #[test]
        fn distances_have_the_bits_of_dijkstras(
            rows in prop::collection::vec((0_u32..24, 0_u32..24, -30_i32..30), 0..90),
            spread in prop::sample::select(vec![0.0, 0.3, 1.0, 5.0]),
            width in prop::sample::select(vec![0.0, 1e-9, 0.5, 4.0, 1e9]),
            directed in any::<bool>(),
        ) {
            let weight = |power: i32| if power < -25 { 0.0 } else { (f64::from(power) * spread).exp() };
            let edges = EdgeList {
                sources: rows.iter().map(|it| it.0).collect(),
                targets: rows.iter().map(|it| it.1).collect(),
                weights: Some(rows.iter().map(|it| weight(it.2)).collect()),
                times: None,
            };
            let graph = build(24, edges, keep_all(directed));
            prop_assert_eq!(by_bins(&graph, &[3, 7], width), by_dijkstra(&graph, &[3, 7]));
        }
    }

    #[test]
    fn any_number_of_threads_finds_the_same() {
        let list = generate::weighted(generate::rmat(14, 8, 3), 1, 255, 4);
        let graph = build(1 << 14, list, keep_all(false));
        let expected = by_dijkstra(&graph, &[0]);
        for threads in [1, 2, 3, 8] {
            for width in [0.0, 1.0, 1e4] {
                let found = on_threads(threads, || by_bins(&graph, &[0], width));
                assert_eq!(found, expected, "{threads} threads, bins of {width}");
            }
        }
    }

    #[test]
    fn a_cancelled_search_stops() {
        let control = Control::default();
        control.cancel();
        let graph = build(
            4,
            generate::weighted(generate::grid(2, 2), 1, 1, 1),
            keep_all(false),
        );
        let weights = graph.out.weights.as_ref().unwrap();
        let stopped = distances(&graph.out, weights, &[0], 0.0, &control);
        assert_eq!(stopped, Err(KernelError::Cancelled));
    }
}
