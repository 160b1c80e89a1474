//! The strong components of a graph as a graph without cycles, numbered so that edges lead down.
//!
//! Cost: O(n + m) time; 20 bytes a vertex and 4 an edge that joins two components.

use super::control::{Control, KernelError};
use super::pace::{self, Pace};
use super::scc;
use super::sort::sort_by_key;
use crate::graph::Csr;

/// Strong components and the edges between them.
pub(super) struct Condensation {
    /// Component of each vertex. An edge between two components leads from the higher to the lower.
    pub(super) component: Vec<u32>,
    /// Range of each component in `members`; length components + 1.
    member_offsets: Vec<usize>,
    members: Vec<u32>,
    /// Range of each component in `successors`; length components + 1.
    successor_offsets: Vec<usize>,
    successors: Vec<u32>,
}

impl Condensation {
    /// The condensation of `graph`.
    pub(super) fn new(graph: &Csr, control: &Control) -> Result<Self, KernelError> {
        let mut component = scc::labels(graph, control)?;
        let order = leaders_downstream_first(graph, &component, control)?;
        let mut pace = Pace::new(control);
        let mut number = vec![0_u32; component.len()];
        for (at, leader) in (0_u32..).zip(&order) {
            pace.step(0)?;
            number[*leader as usize] = at;
        }
        for label in &mut component {
            pace.step(0)?;
            *label = number[*label as usize];
        }
        let (member_offsets, members) = grouped(&component, order.len(), &mut pace)?;
        let mut condensation = Self {
            component,
            member_offsets,
            members,
            successor_offsets: vec![0],
            successors: Vec::new(),
        };
        for own in 0..order.len() as u32 {
            condensation.add_successors(graph, own, control, &mut pace)?;
        }
        Ok(condensation)
    }

    /// Number of components.
    pub(super) fn len(&self) -> usize {
        self.member_offsets.len() - 1
    }

    /// All vertices, those of lower components first, ascending within a component.
    pub(super) fn vertices(&self) -> &[u32] {
        &self.members
    }

    /// The vertices of `component`, ascending.
    pub(super) fn members(&self, component: u32) -> &[u32] {
        let at = component as usize;
        &self.members[self.member_offsets[at]..self.member_offsets[at + 1]]
    }

    /// The components to which an edge leads from `component`, each once, ascending, all lower.
    pub(super) fn successors(&self, component: u32) -> &[u32] {
        let at = component as usize;
        &self.successors[self.successor_offsets[at]..self.successor_offsets[at + 1]]
    }

    fn add_successors(
        &mut self,
        graph: &Csr,
        own: u32,
        control: &Control,
        pace: &mut Pace<'_>,
    ) -> Result<(), KernelError> {
        let at = own as usize;
        let mut found = Vec::new();
        for v in &self.members[self.member_offsets[at]..self.member_offsets[at + 1]] {
            pace.step(graph.out.degree(*v))?;
            let reached = graph
                .out
                .neighbours(*v)
                .iter()
                .map(|u| self.component[*u as usize]);
            found.extend(reached.filter(|other| *other != own));
        }
        if found.len() > pace::ENTRIES {
            sort_by_key(&mut found, control, |it| *it)?;
        } else {
            // Most components are small, and to look at each would cost more than they do.
            found.sort_unstable();
        }
        found.dedup();
        self.successors.extend(found);
        self.successor_offsets.push(self.successors.len());
        Ok(())
    }
}

/// The labels in an order in which every edge between components leads to an earlier one (Kahn 1962,
/// from the sinks).
fn leaders_downstream_first(graph: &Csr, labels: &[u32], control: &Control) -> Result<Vec<u32>, KernelError> {
    let mut pace = Pace::new(control);
    let (offsets, members) = grouped(labels, labels.len(), &mut pace)?;
    let mut leaving = vec![0_u32; labels.len()];
    for (v, label) in (0_u32..).zip(labels) {
        pace.step(graph.out.degree(v))?;
        let others = graph
            .out
            .neighbours(v)
            .iter()
            .filter(|u| labels[**u as usize] != *label);
        leaving[*label as usize] += others.count() as u32;
    }
    // A label that stands for no component has no members.
    let is_sink = |label: &u32| {
        leaving[*label as usize] == 0 && offsets[*label as usize] < offsets[*label as usize + 1]
    };
    let mut order: Vec<u32> = (0..labels.len() as u32).filter(is_sink).collect();
    let mut at = 0;
    while let Some(&label) = order.get(at) {
        at += 1;
        for v in &members[offsets[label as usize]..offsets[label as usize + 1]] {
            pace.step(graph.into.degree(*v))?;
            for u in graph.into.neighbours(*v) {
                let before = labels[*u as usize];
                if before != label {
                    leaving[before as usize] -= 1;
                    if leaving[before as usize] == 0 {
                        order.push(before);
                    }
                }
            }
        }
    }
    Ok(order)
}

/// Vertices by label, ascending within a label, with the range of each label below `labels_end`.
fn grouped(
    labels: &[u32],
    labels_end: usize,
    pace: &mut Pace<'_>,
) -> Result<(Vec<usize>, Vec<u32>), KernelError> {
    let mut offsets = vec![0_usize; labels_end + 1];
    for label in labels {
        pace.step(0)?;
        offsets[*label as usize + 1] += 1;
    }
    (0..labels_end).for_each(|label| offsets[label + 1] += offsets[label]);
    let mut next = offsets.clone();
    let mut members = vec![0_u32; labels.len()];
    for (v, label) in (0_u32..).zip(labels) {
        pace.step(0)?;
        members[next[*label as usize]] = v;
        next[*label as usize] += 1;
    }
    Ok((offsets, members))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::algorithms::random_graphs::{all_distances, any_graph};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn edges_between_components_lead_down_and_are_all_there(graph in any_graph(10)) {
            let condensation = Condensation::new(&graph, &Control::default()).unwrap();
            let table = all_distances(&graph, false);
            let n = graph.vertex_count();
            let component = &condensation.component;
            for v in 0..n as usize {
                for u in 0..n as usize {
                    let together = table[v][u].is_finite() && table[u][v].is_finite();
                    prop_assert_eq!(together, component[v] == component[u]);
                }
                for u in graph.out.neighbours(v as u32) {
                    let (from, to) = (component[v], component[*u as usize]);
                    prop_assert!(from == to || (from > to && condensation.successors(from).contains(&to)));
                }
                prop_assert!(condensation.members(component[v]).contains(&(v as u32)));
            }
            prop_assert_eq!(condensation.vertices().len(), n as usize);
            let edges: usize = (0..condensation.len() as u32).map(|it| condensation.successors(it).len()).sum();
            prop_assert!(edges <= graph.out.targets.len());
        }
    }
}
