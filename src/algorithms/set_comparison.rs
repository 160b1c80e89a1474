//! Which vertices share neighbours with one, and how alike the sets of their neighbours are.
//!
//! From each vertex over its neighbours to whoever else points there, counting in a flat array.
//!
//! Cost: for a vertex, the entries of its neighbours' lists; 8 bytes a vertex for a workspace, 16 when weighted.

use super::best::Best;
use super::blocks;
use super::control::{Control, KernelError};
use super::distinct_lists::DistinctLists;
use super::node_similarity::{Metric, NodeSimilarityConfig};
use super::pairs::Pairs;
use crate::graph::Csr;

/// What vertices are compared by.
pub(super) struct Comparison<'a> {
    config: &'a NodeSimilarityConfig,
    weighted: bool,
    out: DistinctLists<'a>,
    into: DistinctLists<'a>,
    /// Size of each vertex's set: the count or sum of its neighbours, or, for the weighted cosine, the length of
    /// its row of weights. 0 where it has fewer neighbours than are asked for.
    sizes: Vec<f64>,
    /// Neighbours that too many vertices point to.
    pub(super) too_common: u64,
}

impl<'a> Comparison<'a> {
    /// The lists of `graph`, and the size of each; fails only when the run is cancelled.
    pub(super) fn new(
        graph: &'a Csr,
        config: &'a NodeSimilarityConfig,
        weighted: bool,
        control: &Control,
    ) -> Result<Self, KernelError> {
        let sum = |a: f64, b: f64| a + b;
        let mut comparison = Comparison {
            config,
            weighted,
            out: DistinctLists::new(&graph.out, control, sum)?,
            into: DistinctLists::new(&graph.into, control, sum)?,
            sizes: Vec::new(),
            too_common: 0,
        };
        let n = graph.vertex_count();
        control.expect(u64::from(n));
        let mut sizes = vec![0.0; n as usize];
        blocks::fill(&mut sizes, control, |v| comparison.size(v))?;
        comparison.sizes = sizes;
        comparison.too_common = (0..n).filter(|v| comparison.is_too_common(*v)).count() as u64;
        Ok(comparison)
    }

    /// What a thread compares with.
    pub(super) fn workspace(&self) -> Workspace {
        let n = self.sizes.len();
        Workspace {
            common: vec![0; n],
            sums: vec![0.0; if self.weighted { n } else { 0 }],
            met: vec![0; n + 1],
            best: Best::new(self.config.top_k as usize),
        }
    }

    /// Vertices with enough neighbours to be compared.
    pub(super) fn compared(&self) -> usize {
        self.sizes.iter().filter(|it| **it > 0.0).count()
    }

    fn is_too_common(&self, item: u32) -> bool {
        let most = self.config.max_holders;
        most > 0 && self.into.degree(item) > most as usize
    }

    fn size(&self, v: u32) -> f64 {
        let items = || {
            self.out
                .range(v)
                .filter(|at| !self.is_too_common(self.out.target(*at)))
        };
        let count = items().count();
        if count < self.config.degree_cutoff as usize {
            0.0
        } else if !self.weighted {
            count as f64
        } else if self.config.metric == Metric::Cosine {
            items().map(|at| self.out.weight(at).powi(2)).sum::<f64>().sqrt()
        } else {
            items().map(|at| self.out.weight(at)).sum()
        }
    }

    /// Adds the vertices most similar to `v`.
    pub(super) fn compare(
        &self,
        v: u32,
        workspace: &mut Workspace,
        found: &mut Pairs,
        control: &Control,
    ) -> Result<(), KernelError> {
        let size = self.sizes[v as usize];
        if size == 0.0 {
            return Ok(());
        }
        let met = self.meet(v, workspace, control)?;
        for at in 0..met {
            let u = workspace.met[at];
            let common = std::mem::take(&mut workspace.common[u as usize]);
            let shared = match workspace.sums.get_mut(u as usize) {
                Some(sum) => std::mem::take(sum),
                None => f64::from(common),
            };
            let other = self.sizes[u as usize];
            if other == 0.0 || u == v {
                continue;
            }
            let similarity = self.similarity(shared, size, other);
            if similarity > 0.0 && similarity >= self.config.cutoff {
                workspace.best.offer(similarity, (u, common));
            }
        }
        for (similarity, (u, common)) in workspace.best.take() {
            found.push(v, u, similarity, common);
        }
        Ok(())
    }

    /// Counts what `v` shares with each vertex, itself included, and returns how many vertices it met.
    fn meet(&self, v: u32, workspace: &mut Workspace, control: &Control) -> Result<usize, KernelError> {
        let Workspace {
            common, sums, met, ..
        } = workspace;
        let mut count = 0;
        for at in self.out.range(v) {
            let item = self.out.target(at);
            if self.is_too_common(item) {
                continue;
            }
            control.check()?;
            for &u in self.into.neighbours(item) {
                // Written always and kept only when new: a branch here is mispredicted as often as not.
                met[count] = u;
                count += usize::from(common[u as usize] == 0);
                common[u as usize] += 1;
            }
            if self.weighted {
                let own = self.out.weight(at);
                let is_cosine = self.config.metric == Metric::Cosine;
                for index in self.into.range(item) {
                    let other = self.into.weight(index);
                    let part = if is_cosine { own * other } else { own.min(other) };
                    sums[self.into.target(index) as usize] += part;
                }
            }
        }
        Ok(count)
    }

    fn similarity(&self, shared: f64, a: f64, b: f64) -> f64 {
        let similarity = match self.config.metric {
            Metric::Jaccard => shared / (a + b - shared),
            Metric::Overlap => shared / a.min(b),
            Metric::Cosine if self.weighted => shared / (a * b),
            Metric::Cosine => shared / (a * b).sqrt(),
        };
        similarity.min(1.0)
    }
}

/// What a thread compares with; `common` and `sums` are all 0 between vertices.
pub(super) struct Workspace {
    common: Vec<u32>,
    /// The shared weight; empty when weights do not count.
    sums: Vec<f64>,
    /// Vertices that share any; one place more than there are vertices.
    met: Vec<u32>,
    best: Best<(u32, u32)>,
}
