//! Strongly connected components, by Tarjan's algorithm without recursion.
//!
//! Two vertices share a component when each reaches the other along edge directions.
//!
//! Convention: self-loops and parallel edges change nothing; a vertex on no cycle is a component of
//! its own. In an undirected graph the strong components are the weak ones.
//!
//! Cost: O(n + m) time, 24 bytes a vertex beyond the answer, one thread.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::blocks::BLOCK;
use super::control::{Control, KernelError};
use super::outcome::Outcome;
use super::pace::Pace;
use super::registry::{AttributeUse, Extent, Info, Inputs, ParallelEdges, Work};
use super::wcc;
use crate::graph::{Csr, NO_VERTEX};

/// Parameters of [`super::Algorithm::Scc`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SccConfig {}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "scc",
    aliases: &["strongly_connected_components"],
    special_cases: &[],
    title: "Strongly connected components",
    summary: "Finds the groups in which every vertex reaches every other along edge directions.",
    convention: "Weights are ignored. A component is named by its smallest member; a vertex on no cycle is a \
                 component of its own. In an undirected graph these are the weak components.",
    source: "Tarjan, SIAM J. Computing 1(2), 1972.",
    parameters: &[],
    columns: &wcc::COLUMNS,
    rows: None,
    order: &[],
    summary_values: &wcc::SUMMARY,
    needs_times: false,
    parallel: ParallelEdges::Smallest,
    uses_weights: false,
    needs_direction: true,
    attributes: AttributeUse::None,
    steps_a_second: 1.0e8,
};

impl SccConfig {
    /// Whether every parameter is in its range; there is none.
    pub fn validate(&self) -> Result<(), KernelError> {
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(_config: &SccConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    Work {
        bytes: 52 * n,
        operations: 2 * n + 2 * m,
        ..Work::default()
    }
}

/// Finds the components.
pub fn run(
    graph: &Csr,
    _config: &SccConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    wcc::outcome(&labels(graph, control)?)
}

/// One member of each vertex's component, the same for all its members.
pub(super) fn labels(graph: &Csr, control: &Control) -> Result<Vec<u32>, KernelError> {
    if graph.directed {
        Search::over(graph, control)
    } else {
        wcc::labels(graph, control)
    }
}

/// The state of Tarjan's depth-first search.
struct Search<'a> {
    graph: &'a Csr,
    /// When a vertex was met, from 1; 0 before.
    met: Vec<u32>,
    /// The earliest vertex, by `met`, on the stack that the vertex is known to reach.
    low: Vec<u32>,
    /// The vertex that closed the component; `NO_VERTEX` while open.
    label: Vec<u32>,
    /// Vertices met whose component is open, in the order they were met.
    open: Vec<u32>,
    /// The path from the root, each with the entries not yet looked at.
    path: Vec<(u32, Range<u32>)>,
    clock: u32,
}

impl Search<'_> {
    fn over(graph: &Csr, control: &Control) -> Result<Vec<u32>, KernelError> {
        let n = graph.vertex_count();
        control.expect(u64::from(n));
        let mut search = Search {
            graph,
            met: vec![0; n as usize],
            low: vec![0; n as usize],
            label: vec![NO_VERTEX; n as usize],
            open: Vec::new(),
            path: Vec::new(),
            clock: 0,
        };
        let mut pace = Pace::new(control);
        for root in 0..n {
            if search.met[root as usize] == 0 {
                search.meet(root, control);
                search.walk(control, &mut pace)?;
            }
        }
        control.advance(u64::from(n) % BLOCK as u64);
        Ok(search.label)
    }

    fn meet(&mut self, v: u32, control: &Control) {
        let offsets = &self.graph.out.offsets;
        let entries = offsets[v as usize]..offsets[v as usize + 1];
        self.clock += 1;
        if (self.clock as usize).is_multiple_of(BLOCK) {
            control.advance(BLOCK as u64);
        }
        self.met[v as usize] = self.clock;
        self.low[v as usize] = self.clock;
        self.open.push(v);
        self.path.push((v, entries));
    }

    /// Explores everything below the vertex on the path.
    fn walk(&mut self, control: &Control, pace: &mut Pace<'_>) -> Result<(), KernelError> {
        while let Some((v, entries)) = self.path.last_mut() {
            // On the way back the rest of every list on the path is read, so that each entry counts when it is.
            pace.step(0)?;
            let v = *v;
            let Some(at) = entries.next() else {
                self.path.pop();
                self.leave(v, pace)?;
                continue;
            };
            let u = self.graph.out.targets[at as usize];
            if self.met[u as usize] == 0 {
                self.meet(u, control);
            } else if self.label[u as usize] == NO_VERTEX {
                self.low[v as usize] = self.low[v as usize].min(self.met[u as usize]);
            }
        }
        Ok(())
    }

    /// All of `v`'s edges are seen: closes its component if nothing in it reaches further up.
    fn leave(&mut self, v: u32, pace: &mut Pace<'_>) -> Result<(), KernelError> {
        if self.low[v as usize] == self.met[v as usize] {
            while let Some(u) = self.open.pop() {
                pace.step(0)?;
                self.label[u as usize] = v;
                if u == v {
                    break;
                }
            }
        }
        if let Some((above, _)) = self.path.last() {
            self.low[*above as usize] = self.low[*above as usize].min(self.low[v as usize]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::outcome::Values;
    use super::super::random_graphs::any_graph;
    use super::*;
    use crate::graph::{Direction, EdgeList, ProjectionRules, build};

    /// Components from the transitive closure (Warshall).
    fn by_closure(graph: &Csr) -> Vec<u32> {
        let n = graph.vertex_count() as usize;
        let mut reaches = vec![vec![false; n]; n];
        for (u, row) in (0_u32..).zip(&mut reaches) {
            row[u as usize] = true;
            graph
                .out
                .neighbours(u)
                .iter()
                .for_each(|v| row[*v as usize] = true);
        }
        for through in 0..n {
            for u in 0..n {
                for v in 0..n {
                    reaches[u][v] |= reaches[u][through] && reaches[through][v];
                }
            }
        }
        let smallest = |u: usize| (0..n).find(|v| reaches[u][*v] && reaches[*v][u]).unwrap() as u32;
        (0..n).map(smallest).collect()
    }

    fn components(graph: &Csr) -> Values {
        let outcome = run(graph, &SccConfig {}, &Inputs::default(), &Control::default()).unwrap();
        outcome.vertices[0].values.clone()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn the_closure_gives_the_same(graph in any_graph(24)) {
            prop_assert_eq!(components(&graph), Values::Groups(by_closure(&graph)));
        }
    }

    #[test]
    fn a_long_cycle_does_not_exhaust_the_stack() {
        let n = 200_000;
        let edges = EdgeList {
            sources: (0..n).collect(),
            targets: (0..n).map(|v| (v + 1) % n).collect(),
            ..EdgeList::default()
        };
        let rules = ProjectionRules {
            direction: Direction::Directed,
            ..ProjectionRules::default()
        };
        let control = Control::default();
        let graph = build(n, edges, rules);
        let outcome = run(&graph, &SccConfig {}, &Inputs::default(), &control).unwrap();
        assert_eq!(outcome.summary[1].2, f64::from(n));
        assert_eq!(control.progress(), (u64::from(n), u64::from(n)));
    }
}
