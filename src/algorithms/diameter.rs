//! Eccentricities and the diameter, exact or between bounds.
//!
//! The eccentricity of a vertex is its distance to the farthest vertex of its component, the diameter the
//! largest eccentricity. A search from `v` that finds the eccentricity `e` tells of each vertex `u` at
//! distance `d` that its own lies from `max(d, e - d)` to `e + d`. The first search of a component, from its
//! vertex of most edges, also gives levels: two vertices are no farther apart than the sum of theirs.
//! So once a distance `D` was found, only vertices of a level above `D / 2` with an upper bound above `D`
//! can be at the end of a longer one. The second search starts from the farthest vertex (the double
//! sweep), the others in turn from where the upper bound is largest and where the lower bound is
//! smallest, until no such vertex is left. Graphs with hubs need few searches, rings one for each vertex.
//!
//! Convention: direction and weights are ignored. The diameter is that of the component where it is
//! largest; vertices of different components have no distance. A vertex without edges has the
//! eccentricity 0.
//!
//! Cost: O(n + m) a search, at most `max_searches`; 28 bytes a vertex beyond the answer, one thread.

use serde::{Deserialize, Serialize};

use super::control::{Control, KernelError};
use super::outcome::{Exactness, Outcome, OutputColumn, Quantity, Values};
use super::pace::Pace;
use super::registry::{AttributeUse, ColumnInfo, Extent, Info, Inputs, ParallelEdges, ParameterInfo, Work};
use super::wcc;
use crate::graph::Csr;

/// No distance yet.
const FAR: u32 = u32::MAX;

/// Parameters of [`super::Algorithm::Diameter`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DiameterConfig {
    /// Searches at most, from 1; with fewer than are needed there are bounds only.
    pub max_searches: u32,
}

impl Default for DiameterConfig {
    fn default() -> Self {
        Self { max_searches: 200 }
    }
}

/// What the registry says about it.
pub static INFO: Info = Info {
    name: "diameter",
    aliases: &["eccentricity", "diameter_bounds"],
    special_cases: &[],
    title: "Diameter",
    summary: "Finds how far apart two vertices can be, exactly or between bounds, and bounds for every vertex.",
    convention: "Direction and weights are ignored; distances are counted in edges, within components. When the \
                 searches do not suffice the answer says so and the bounds hold.",
    source: "Bounds: Takes and Kosters, CIKM 2011; levels and double sweep: Crescenzi et al. (iFUB), Theor. Comput. Sci. 514, 2013.",
    parameters: &[ParameterInfo {
        name: "max_searches",
        kind: "whole number",
        default: "200",
        range: "from 1 to 4294967295",
        meaning: "Searches over the graph at most; it stops before when the diameter is exact.",
    }],
    columns: &[
        ColumnInfo {
            name: "eccentricity_least",
            quantity: Quantity::Hops,
            meaning: "The farthest vertex is at least so many edges away.",
        },
        ColumnInfo {
            name: "eccentricity_most",
            quantity: Quantity::Hops,
            meaning: "No vertex that it has a path to is farther away.",
        },
    ],
    rows: None,
    order: &[],
    summary_values: &[
        ColumnInfo {
            name: "diameter_least",
            quantity: Quantity::Hops,
            meaning: "The diameter, or a lower bound: two vertices are so far apart.",
        },
        ColumnInfo {
            name: "diameter_most",
            quantity: Quantity::Hops,
            meaning: "The diameter, or an upper bound: no two vertices with a path are farther apart.",
        },
        ColumnInfo {
            name: "searches",
            quantity: Quantity::Count,
            meaning: "Searches done.",
        },
    ],
    needs_times: false,
    parallel: ParallelEdges::Smallest,
    uses_weights: false,
    needs_direction: false,
    attributes: AttributeUse::None,
    steps_a_second: 5.0e7,
};

impl DiameterConfig {
    /// Whether every parameter is in its range.
    pub fn validate(&self) -> Result<(), KernelError> {
        if self.max_searches == 0 {
            return Err(KernelError::Parameter {
                parameter: "max_searches",
                problem: "is 0; it must be 1 or more".to_owned(),
            });
        }
        Ok(())
    }
}

/// Upper bounds of what it takes on a graph of this size.
pub fn work(config: &DiameterConfig, size: Extent) -> Work {
    let Extent { n, m, .. } = size;
    let components = wcc::work(&wcc::WccConfig {}, size);
    let search = n.saturating_mul(3).saturating_add(2 * m);
    Work {
        bytes: components.bytes + 40 * n,
        operations: u64::from(config.max_searches)
            .min(n)
            .saturating_mul(search)
            .saturating_add(components.operations),
        ..Work::default()
    }
}

/// Finds the bounds.
pub fn run(
    graph: &Csr,
    config: &DiameterConfig,
    _inputs: &Inputs,
    control: &Control,
) -> Result<Outcome, KernelError> {
    let n = graph.vertex_count();
    let mut bounds = Bounds::new(graph, control)?;
    let mut search = Search {
        distance: vec![FAR; n as usize],
        order: Vec::new(),
    };
    let (mut done, mut next) = (0, bounds.next(graph, |v| u64::from(bounds.most[v as usize])));
    control.expect(u64::from(config.max_searches));
    while let Some(v) = next.filter(|_| done < config.max_searches) {
        search.run(graph, v, control)?;
        bounds.tighten(&search);
        done += 1;
        control.advance(1);
        // The farthest vertex of the first search starts the second.
        let farthest = search
            .order
            .last()
            .copied()
            .filter(|it| done == 1 && bounds.is_open(*it));
        next = farthest.or_else(|| match done % 2 {
            0 => bounds.next(graph, |v| u64::from(bounds.most[v as usize])),
            _ => bounds.next(graph, |v| u64::from(FAR - bounds.least[v as usize])),
        });
    }
    control.advance(u64::from(config.max_searches - done));
    Ok(bounds.outcome(done))
}

/// Bounds of the eccentricity of each vertex.
struct Bounds {
    least: Vec<u32>,
    most: Vec<u32>,
    /// Distance from where the first search of the component started; [`FAR`] before.
    level: Vec<u32>,
    /// The largest eccentricity found, a lower bound of the diameter.
    diameter: u32,
}

impl Bounds {
    /// What the sizes of components tell.
    fn new(graph: &Csr, control: &Control) -> Result<Bounds, KernelError> {
        let labels = wcc::labels(graph, control)?;
        let mut sizes = vec![0_u32; labels.len()];
        labels.iter().for_each(|label| sizes[*label as usize] += 1);
        let most: Vec<u32> = labels.iter().map(|label| sizes[*label as usize] - 1).collect();
        Ok(Bounds {
            least: most.iter().map(|it| u32::from(*it > 0)).collect(),
            level: vec![FAR; most.len()],
            most,
            diameter: 0,
        })
    }

    /// Whether the vertex may be one of two that are farther apart than any found.
    fn is_open(&self, v: u32) -> bool {
        let (most, level) = (self.most[v as usize], self.level[v as usize]);
        most > self.diameter && level.saturating_mul(2) > self.diameter
    }

    /// Of the open vertices one of the largest `worth`; of those one of most edges, of those the first of the
    /// projection.
    fn next(&self, graph: &Csr, worth: impl Fn(u32) -> u64) -> Option<u32> {
        let degree = |v: u32| graph.out.degree(v) + graph.into.degree(v);
        let open = (0..self.most.len() as u32).filter(|v| self.is_open(*v));
        open.max_by_key(|v| (worth(*v), degree(*v), std::cmp::Reverse(graph.number(*v))))
    }

    /// What the distances of a search tell.
    fn tighten(&mut self, search: &Search) {
        let of = |v: u32| search.distance[v as usize];
        let own = search.order.last().map_or(0, |v| of(*v));
        self.diameter = self.diameter.max(own);
        for v in &search.order {
            let (least, most) = (&mut self.least[*v as usize], &mut self.most[*v as usize]);
            *least = (*least).max(of(*v)).max(own - of(*v));
            *most = (*most).min(own.saturating_add(of(*v)));
            let level = &mut self.level[*v as usize];
            *level = if *level == FAR { of(*v) } else { *level };
        }
    }

    fn outcome(self, searches: u32) -> Outcome {
        let open = (0_u32..).zip(&self.most).filter(|(v, _)| self.is_open(*v));
        let least = self.diameter;
        let most = open.map(|it| *it.1).fold(least, u32::max);
        let column = |name, values: Vec<u32>| {
            let values = values.into_iter().map(f64::from).collect();
            OutputColumn::new(name, Quantity::Hops, Values::Numbers(values))
        };
        Outcome {
            summary: vec![
                ("diameter_least", Quantity::Hops, f64::from(least)),
                ("diameter_most", Quantity::Hops, f64::from(most)),
                ("searches", Quantity::Count, f64::from(searches)),
            ],
            exactness: match most - least {
                0 => Exactness::Exact,
                gap => Exactness::Unsettled {
                    rounds: u64::from(searches),
                    change: f64::from(gap),
                },
            },
            vertices: vec![
                column("eccentricity_least", self.least),
                column("eccentricity_most", self.most),
            ],
            ..Outcome::default()
        }
    }
}

/// A search in both directions of every edge, and the workspace of the next.
struct Search {
    distance: Vec<u32>,
    /// The vertices reached, the farthest last.
    order: Vec<u32>,
}

impl Search {
    fn run(&mut self, graph: &Csr, source: u32, control: &Control) -> Result<(), KernelError> {
        for v in self.order.drain(..) {
            self.distance[v as usize] = FAR;
        }
        self.distance[source as usize] = 0;
        self.order.push(source);
        control.check()?;
        let mut pace = Pace::new(control);
        let mut at = 0;
        while let Some(&v) = self.order.get(at) {
            at += 1;
            let next = self.distance[v as usize] + 1;
            for list in graph.around(v) {
                pace.step(list.len())?;
                for u in list {
                    if self.distance[*u as usize] == FAR {
                        self.distance[*u as usize] = next;
                        self.order.push(*u);
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::random_graphs::{any_graph, graph_of, on_threads, run, skewed};
    use super::super::registry::Algorithm;
    use super::*;
    use crate::graph::{Direction, generate};

    fn outcome(graph: &Csr, max_searches: u32) -> Outcome {
        run(&Algorithm::Diameter(DiameterConfig { max_searches }), graph).unwrap()
    }

    fn diameter(graph: &Csr) -> (f64, f64) {
        let summary = outcome(graph, 1000).summary;
        (summary[0].2, summary[1].2)
    }

    /// Eccentricities from the table of all distances, direction ignored.
    fn by_table(graph: &Csr) -> Vec<f64> {
        let edges =
            (0..graph.vertex_count()).flat_map(|u| graph.out.neighbours(u).iter().map(move |v| (u, *v)));
        let edges: Vec<(u32, u32)> = edges.collect();
        let undirected = graph_of(graph.vertex_count(), &edges, false);
        let table = super::super::random_graphs::all_distances(&undirected, false);
        let farthest = |row: &Vec<f64>| {
            row.iter()
                .copied()
                .filter(|it| it.is_finite())
                .fold(0.0, f64::max)
        };
        table.iter().map(farthest).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn bounds_hold_and_close_on_the_diameter(graph in any_graph(16), max_searches in 1_u32..4) {
            let wanted = by_table(&graph);
            let largest = wanted.iter().copied().fold(0.0, f64::max);
            prop_assert_eq!(diameter(&graph), (largest, largest));
            let found = outcome(&graph, max_searches);
            let (least, most) = (found.numbers("eccentricity_least"), found.numbers("eccentricity_most"));
            for ((least, own), most) in least.iter().zip(&wanted).zip(most) {
                prop_assert!(least <= own && own <= most, "{least} to {most}, but {own}");
            }
            prop_assert!(found.summary[0].2 <= largest && largest <= found.summary[1].2);
            prop_assert_eq!(found.exactness == Exactness::Exact, found.summary[0].2 == found.summary[1].2);
        }
    }

    #[test]
    fn known_graphs_have_their_known_diameter() {
        let path: Vec<(u32, u32)> = (1..9).map(|v| (v - 1, v)).collect();
        let found = outcome(&graph_of(9, &path, true), 1000);
        assert_eq!(found.summary[0].2, 8.0);
        let ring: Vec<(u32, u32)> = (0..9).map(|v| (v, (v + 1) % 9)).collect();
        assert_eq!(diameter(&graph_of(9, &ring, true)), (4.0, 4.0));
        let star: Vec<(u32, u32)> = (1..9).map(|v| (0, v)).collect();
        let found = outcome(&graph_of(9, &star, false), 1000);
        assert_eq!((found.summary[0].2, found.summary[2].2), (2.0, 2.0));
        let grid = crate::graph::build(35, generate::grid(7, 5), crate::graph::ProjectionRules::default());
        assert_eq!(diameter(&grid), (10.0, 10.0));
        assert_eq!(diameter(&graph_of(3, &[(0, 0)], true)), (0.0, 0.0));
    }

    #[test]
    fn a_skewed_graph_needs_few_searches_and_threads_change_nothing() {
        let graph = skewed(Direction::Directed);
        let found = outcome(&graph, 200);
        assert!(
            found.exactness == Exactness::Exact && found.summary[2].2 < 60.0,
            "{:?}",
            found.summary
        );
        assert_eq!(
            on_threads(1, || outcome(&graph, 9)),
            on_threads(3, || outcome(&graph, 9))
        );
    }

    #[test]
    fn what_cannot_run_is_refused() {
        assert!(DiameterConfig { max_searches: 0 }.validate().is_err());
        let control = Control::default();
        control.cancel();
        let graph = graph_of(2, &[(0, 1)], true);
        let answer = super::run(&graph, &DiameterConfig::default(), &Inputs::default(), &control);
        assert_eq!(answer, Err(KernelError::Cancelled));
    }
}
