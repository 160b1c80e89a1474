//! Lets a kernel work in the graph's own order of vertices, and its caller in the projection's.
//!
//! Law: inputs and answers are in the projection's numbers; kernels see the graph's. A group keeps
//! its name, the member that is smallest in the projection. What a kernel decides by the smaller number
//! (which of several parents, the order of rows) it decides in the graph's order.

use super::control::KernelError;
use super::outcome::{Outcome, OutputColumn, RowTable, Values};
use super::registry::{Inputs, ItemCodes, NumberColumn};
use crate::graph::{Csr, NO_VERTEX, Neighbourhoods};

/// What `run` answers to `inputs`, both in the projection's numbers.
pub(super) fn in_order<L: Neighbourhoods>(
    graph: &Csr<L>,
    projected: &Inputs,
    run: impl FnOnce(&Inputs) -> Result<Outcome, KernelError>,
) -> Result<Outcome, KernelError> {
    let Some(order) = &graph.order else {
        return run(projected);
    };
    run(&inputs(graph, order, projected))
        .map(|it| outcome(it, order))
        .map_err(|it| error(it, order))
}

/// `inputs` in the numbers of `graph`, whose vertex `v` is the projection's `order[v]`.
fn inputs<L: Neighbourhoods>(graph: &Csr<L>, order: &[u32], inputs: &Inputs) -> Inputs {
    let vertices = |numbers: &[u32]| {
        let mut vertices = graph.vertices(numbers);
        vertices.sort_unstable();
        vertices
    };
    Inputs {
        sources: vertices(&inputs.sources),
        targets: vertices(&inputs.targets),
        items: inputs
            .items
            .iter()
            .map(|it| ItemCodes {
                name: it.name.clone(),
                codes: gathered(&it.codes, order),
            })
            .collect(),
        numbers: inputs
            .numbers
            .iter()
            .map(|it| NumberColumn {
                name: it.name.clone(),
                values: gathered(&it.values, order),
            })
            .collect(),
    }
}

/// The answer of a kernel in the projection's numbers.
fn outcome(outcome: Outcome, order: &[u32]) -> Outcome {
    let groups = outcome.vertices.iter().find_map(|it| match &it.values {
        Values::Groups(groups) => Some(groups),
        _ => None,
    });
    // Rows about groups name them as the vertices do.
    let names = groups.map_or_else(|| order.to_vec(), |groups| group_names(groups, order));
    let by_vertex = |it: OutputColumn| column(it, |values| scattered_values(values, order, &names));
    let by_row = |it: OutputColumn| column(it, |values| renamed(values, order, &names));
    Outcome {
        rows: outcome.rows.map(|table| RowTable {
            name: table.name,
            columns: table.columns.into_iter().map(by_row).collect(),
        }),
        vertices: outcome.vertices.into_iter().map(by_vertex).collect(),
        ..outcome
    }
}

/// The error with the projection's numbers.
fn error(error: KernelError, order: &[u32]) -> KernelError {
    let number = |v: u32| order[v as usize];
    match error {
        KernelError::NegativeWeight { from, to, weight } => KernelError::NegativeWeight {
            from: number(from),
            to: number(to),
            weight,
        },
        KernelError::ZeroWeight { from, to } => KernelError::ZeroWeight {
            from: number(from),
            to: number(to),
        },
        KernelError::NoProbability { from, to, weight } => KernelError::NoProbability {
            from: number(from),
            to: number(to),
            weight,
        },
        KernelError::ShortEdge {
            from,
            to,
            weight,
            least,
        } => KernelError::ShortEdge {
            from: number(from),
            to: number(to),
            weight,
            least,
        },
        other => other,
    }
}

fn column(column: OutputColumn, change: impl FnOnce(Values) -> Values) -> OutputColumn {
    OutputColumn {
        values: change(column.values),
        ..column
    }
}

/// Values by vertex, in the order of the graph; those without a vertex have none.
fn gathered<T: Copy>(values: &[T], order: &[u32]) -> Vec<T> {
    if values.len() < order.len() {
        return values.to_vec();
    }
    order.iter().map(|number| values[*number as usize]).collect()
}

/// Values by vertex of the graph, in the projection's order.
fn scattered<T: Clone + Default>(values: &[T], order: &[u32]) -> Vec<T> {
    if values.len() < order.len() {
        return values.to_vec();
    }
    let mut placed = vec![T::default(); order.len()];
    for (value, number) in values.iter().zip(order) {
        placed[*number as usize] = value.clone();
    }
    placed
}

fn scattered_values(values: Values, order: &[u32], names: &[u32]) -> Values {
    match renamed(values, order, names) {
        Values::Integers(values) => Values::Integers(scattered(&values, order)),
        Values::Numbers(values) => Values::Numbers(scattered(&values, order)),
        Values::Flags(values) => Values::Flags(scattered(&values, order)),
        Values::Times(values) => Values::Times(scattered(&values, order)),
        Values::Vertices(values) => Values::Vertices(scattered(&values, order)),
        Values::Groups(values) => Values::Groups(scattered(&values, order)),
        Values::Lists { offsets, members } => {
            let spans: Vec<(usize, usize)> = offsets.windows(2).map(|it| (it[0], it[1])).collect();
            let mut placed = (vec![0], Vec::with_capacity(members.len()));
            for (begin, end) in scattered(&spans, order) {
                placed.1.extend(&members[begin..end]);
                placed.0.push(placed.1.len());
            }
            Values::Lists {
                offsets: placed.0,
                members: placed.1,
            }
        }
        Values::Vectors { width, values } => {
            let vectors: Vec<&[f32]> = values.chunks_exact(width).collect();
            Values::Vectors {
                width,
                values: scattered(&vectors, order).concat(),
            }
        }
    }
}

/// The same rows with the projection's numbers of the vertices that they name, and with `names` of groups.
fn renamed(values: Values, order: &[u32], names: &[u32]) -> Values {
    let number = |v: u32| order.get(v as usize).copied().unwrap_or(NO_VERTEX);
    match values {
        Values::Vertices(values) => Values::Vertices(values.into_iter().map(number).collect()),
        Values::Groups(groups) => {
            let name = |group: u32| names.get(group as usize).copied().unwrap_or(NO_VERTEX);
            Values::Groups(groups.into_iter().map(name).collect())
        }
        Values::Lists { offsets, members } => Values::Lists {
            offsets,
            members: members.into_iter().map(number).collect(),
        },
        other @ (Values::Integers(_)
        | Values::Numbers(_)
        | Values::Flags(_)
        | Values::Times(_)
        | Values::Vectors { .. }) => other,
    }
}

/// The member that is smallest in the projection, by the name that the kernel gave the group.
fn group_names(groups: &[u32], order: &[u32]) -> Vec<u32> {
    let mut smallest = vec![NO_VERTEX; groups.len()];
    for (group, number) in groups.iter().zip(order) {
        // A vertex without a group names none.
        if let Some(smallest) = smallest.get_mut(*group as usize) {
            *smallest = (*smallest).min(*number);
        }
    }
    smallest
}

#[cfg(test)]
#[path = "renumbering_tests.rs"]
mod tests;
