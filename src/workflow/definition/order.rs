//! Which step comes after which: edges, levels, ancestors.
//!
//! A step comes after those in its `dependsOn`, and after each condition step that names it in `onTrue` or
//! `onFalse`. Its level, `parallelGroup` in results, is the length of the longest way to it. Levels are labels:
//! a step starts when what it waits for is done, not when a level is.

use std::collections::{BTreeMap, BTreeSet};

use super::kind::StepKind;
use super::workflow::Workflow;

/// The order among the steps of a workflow, by their positions in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    predecessors: Vec<Vec<usize>>,
    successors: Vec<Vec<usize>>,
    levels: Vec<usize>,
    sequence: Vec<usize>,
}

/// Steps that wait for each other: each for the next, and the last for the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle(pub Vec<usize>);

impl Order {
    /// The order of `workflow`, O(steps + edges); a cycle when there is none. Unknown steps have no edges.
    pub fn of(workflow: &Workflow) -> Result<Self, Cycle> {
        let predecessors = edges(workflow);
        let mut successors = vec![Vec::new(); predecessors.len()];
        for (step, before) in predecessors.iter().enumerate() {
            before.iter().for_each(|it| successors[*it].push(step));
        }
        let mut waits: Vec<usize> = predecessors.iter().map(Vec::len).collect();
        let mut levels = vec![0; predecessors.len()];
        // The first in the file goes first, so that running one at a time has one order.
        let mut ready: BTreeSet<usize> = (0..waits.len()).filter(|it| waits[*it] == 0).collect();
        let mut sequence = Vec::with_capacity(waits.len());
        while let Some(step) = ready.pop_first() {
            sequence.push(step);
            for &next in &successors[step] {
                levels[next] = levels[next].max(levels[step] + 1);
                waits[next] -= 1;
                if waits[next] == 0 {
                    ready.insert(next);
                }
            }
        }
        if sequence.len() < waits.len() {
            return Err(cycle(&predecessors, &waits));
        }
        Ok(Self {
            predecessors,
            successors,
            levels,
            sequence,
        })
    }

    /// The steps that `step` comes directly after, in the order of the file.
    pub fn predecessors(&self, step: usize) -> &[usize] {
        &self.predecessors[step]
    }

    /// The steps that come directly after `step`, in the order of the file.
    pub fn successors(&self, step: usize) -> &[usize] {
        &self.successors[step]
    }

    /// The level of `step`, from 0.
    pub fn level(&self, step: usize) -> usize {
        self.levels[step]
    }

    /// How many levels there are.
    pub fn level_count(&self) -> usize {
        self.levels.iter().max().map_or(0, |it| it + 1)
    }

    /// The steps of each level, in the order of the file.
    pub fn groups(&self) -> Vec<Vec<usize>> {
        let mut groups = vec![Vec::new(); self.level_count()];
        for (step, level) in self.levels.iter().enumerate() {
            groups[*level].push(step);
        }
        groups
    }

    /// All steps, each after those it waits for; ties by the order of the file.
    pub fn sequence(&self) -> &[usize] {
        &self.sequence
    }

    /// All steps that come after `step`, directly or not, in the order of the file.
    pub fn descendants(&self, step: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut open = vec![step];
        while let Some(at) = open.pop() {
            open.extend(self.successors[at].iter().filter(|it| found.insert(**it)));
        }
        found
    }

    /// Whether `step` comes after `before`, directly or not.
    pub fn is_after(&self, step: usize, before: usize) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![step];
        while let Some(at) = open.pop() {
            if self.predecessors[at].contains(&before) {
                return true;
            }
            // What is not above `before`'s level cannot come after it.
            let above = |it: &&usize| self.levels[**it] > self.levels[before];
            open.extend(
                self.predecessors[at]
                    .iter()
                    .filter(above)
                    .filter(|it| seen.insert(**it)),
            );
        }
        false
    }
}

/// For each step, those it comes directly after; none twice, itself left out.
fn edges(workflow: &Workflow) -> Vec<Vec<usize>> {
    let mut position: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, step) in workflow.steps.iter().enumerate() {
        position.entry(&step.id.0).or_insert(at);
    }
    let mut before: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); workflow.steps.len()];
    for (at, step) in workflow.steps.iter().enumerate() {
        let named = step
            .depends_on
            .iter()
            .filter_map(|it| position.get(it.step.as_str()));
        before[at].extend(named.filter(|it| **it != at));
        if let StepKind::Condition(config) = &step.kind {
            for chosen in config.on_true.0.iter().chain(&config.on_false.0) {
                if let Some(&chosen) = position.get(chosen.as_str()).filter(|it| **it != at) {
                    before[chosen].insert(at);
                }
            }
        }
    }
    before.into_iter().map(|it| it.into_iter().collect()).collect()
}

/// A cycle among the steps that still wait: walking back from any of them must come round.
fn cycle(predecessors: &[Vec<usize>], waits: &[usize]) -> Cycle {
    let waiting = |it: &usize| waits[*it] > 0;
    let mut way: Vec<usize> = Vec::new();
    let mut place: BTreeMap<usize, usize> = BTreeMap::new();
    let mut at = (0..waits.len()).find(waiting);
    while let Some(step) = at {
        if let Some(start) = place.insert(step, way.len()) {
            return Cycle(way.split_off(start));
        }
        way.push(step);
        at = predecessors[step].iter().copied().find(waiting);
    }
    Cycle(way)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::workflow::definition::{Dependency, Step, StepId};

    /// Steps `0`, `1`, … with these dependencies.
    fn workflow(dependencies: &[Vec<usize>]) -> Workflow {
        let text = r#"{"id": "x", "type+config": {"script": {"command": "x"}}}"#;
        let step: Step = serde_json::from_str(text).unwrap();
        let steps = dependencies.iter().enumerate().map(|(at, before)| Step {
            id: StepId(at.to_string()),
            depends_on: before.iter().map(|it| Dependency::on(it.to_string())).collect(),
            ..step.clone()
        });
        Workflow {
            steps: steps.collect(),
            ..Workflow::default()
        }
    }

    #[test]
    fn a_condition_step_comes_before_those_it_chooses() {
        let mut workflow = workflow(&[vec![], vec![]]);
        let text = r#"{"expression": "true", "onTrue": ["0"]}"#;
        workflow.steps[1].kind = StepKind::Condition(serde_json::from_str(text).unwrap());
        let order = Order::of(&workflow).unwrap();
        assert_eq!((order.sequence(), order.level(0)), ([1, 0].as_slice(), 1));
        assert!(order.is_after(0, 1) && !order.is_after(1, 0));
    }

    proptest! {
        #[test]
        fn an_order_keeps_all_edges_or_a_cycle_is_one(
            dependencies in (1..12_usize).prop_flat_map(|steps| {
                proptest::collection::vec(proptest::collection::vec(0..steps, 0..3), steps)
            })
        ) {
            let workflow = workflow(&dependencies);
            let waits = |step: usize, before: usize| step != before && dependencies[step].contains(&before);
            match Order::of(&workflow) {
                Ok(order) => {
                    let place = |step| order.sequence().iter().position(|it| *it == step).unwrap();
                    prop_assert_eq!(order.groups().concat().len(), dependencies.len());
                    for step in 0..dependencies.len() {
                        let levels = order.predecessors(step).iter().map(|it| order.level(*it) + 1);
                        prop_assert_eq!(order.level(step), levels.max().unwrap_or(0));
                        for &before in &dependencies[step] {
                            prop_assert!(step == before || place(before) < place(step));
                        }
                        for before in 0..dependencies.len() {
                            prop_assert_eq!(order.is_after(step, before), order.descendants(before).contains(&step));
                        }
                    }
                }
                Err(Cycle(steps)) => {
                    prop_assert!(steps.len() > 1);
                    for (at, step) in steps.iter().enumerate() {
                        prop_assert!(waits(*step, steps[(at + 1) % steps.len()]));
                    }
                }
            }
        }
    }
}
