//! The chain of tasks that a run could not have been shorter than.

use std::collections::BTreeMap;

use crate::model::event::TaskId;

/// The dependent chain with the greatest sum of times, first task first, and that sum.
///
/// `after` lists the tasks so that each stands behind those it waits for, as they were queued;
/// a task without a time counts as 0. Of equal chains, the one through tasks listed first.
/// O(tasks + dependencies), apart from the look-ups.
pub fn critical_path(after: &[(TaskId, Vec<TaskId>)], times: &BTreeMap<&TaskId, u64>) -> (Vec<TaskId>, u64) {
    let mut places: BTreeMap<&TaskId, usize> = BTreeMap::new();
    let mut longest: Vec<(u64, Option<usize>)> = Vec::with_capacity(after.len());
    for (place, (task, earlier)) in after.iter().enumerate() {
        let before = earlier
            .iter()
            .filter_map(|it| places.get(it).copied())
            .max_by_key(|it| (longest[*it].0, std::cmp::Reverse(*it)));
        let own = times.get(task).copied().unwrap_or(0);
        longest.push((own.saturating_add(before.map_or(0, |it| longest[it].0)), before));
        places.insert(task, place);
    }
    let last = (0..longest.len()).max_by_key(|it| (longest[*it].0, std::cmp::Reverse(*it)));
    let length = last.map_or(0, |it| longest[it].0);
    let mut path: Vec<TaskId> = std::iter::successors(last, |it| longest[*it].1)
        .map(|it| after[it].0.clone())
        .collect();
    path.reverse();
    (path, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The longest chain by trying all of them.
    fn by_enumeration(after: &[(TaskId, Vec<TaskId>)], times: &BTreeMap<&TaskId, u64>, from: &TaskId) -> u64 {
        let earlier = &after.iter().find(|(it, _)| it == from).unwrap().1;
        let before = earlier.iter().map(|it| by_enumeration(after, times, it)).max();
        times[from] + before.unwrap_or(0)
    }

    proptest::proptest! {
        #[test]
        fn no_chain_is_longer(links in proptest::collection::vec((0..256_u32, 0..100_u64), 1..9)) {
            let name = |it: usize| TaskId(format!("t{it}"));
            let after: Vec<_> = links.iter().enumerate().map(|(place, (bits, _))| {
                (name(place), (0..place).filter(|it| bits >> it & 1 == 1).map(name).collect::<Vec<_>>())
            }).collect();
            let times: BTreeMap<_, _> = after.iter().zip(&links).map(|((it, _), (_, time))| (it, *time)).collect();
            let (path, length) = critical_path(&after, &times);
            let expected = after.iter().map(|(it, _)| by_enumeration(&after, &times, it)).max().unwrap();
            proptest::prop_assert_eq!(length, expected);
            proptest::prop_assert_eq!(path.iter().map(|it| times[it]).sum::<u64>(), length);
            for pair in path.windows(2) {
                let (_, earlier) = after.iter().find(|(it, _)| *it == pair[1]).unwrap();
                proptest::prop_assert!(earlier.contains(&pair[0]));
            }
        }
    }
}
