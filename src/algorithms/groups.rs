//! Groups of vertices as columns: each named by its smallest member, with its size.

use super::outcome::{OutputColumn, Quantity, Values};

/// Groups with canonical names.
#[derive(Debug, PartialEq)]
pub(super) struct Groups {
    /// The smallest member of each vertex's group.
    pub(super) names: Vec<u32>,
    /// The size of each vertex's group.
    pub(super) sizes: Vec<u64>,
    /// Number of groups.
    pub(super) count: u64,
    /// Size of the largest; 0 when there is no vertex.
    pub(super) largest: u64,
    /// Groups of one vertex.
    pub(super) singletons: u64,
}

impl Groups {
    /// Groups from any labels below the number of vertices: equal labels, same group.
    pub(super) fn from_labels(labels: &[u32]) -> Groups {
        let mut first = vec![u32::MAX; labels.len()];
        let mut members = vec![0_u64; labels.len()];
        for (v, label) in (0_u32..).zip(labels) {
            let label = *label as usize;
            first[label] = first[label].min(v);
            members[label] += 1;
        }
        Groups {
            names: labels.iter().map(|label| first[*label as usize]).collect(),
            sizes: labels.iter().map(|label| members[*label as usize]).collect(),
            count: members.iter().filter(|size| **size > 0).count() as u64,
            largest: members.iter().copied().max().unwrap_or(0),
            singletons: members.iter().filter(|size| **size == 1).count() as u64,
        }
    }

    /// The summary entries that every grouping has; `groups` is what its groups are called.
    pub(super) fn summary(&self, groups: &'static str) -> Vec<(&'static str, Quantity, f64)> {
        vec![
            (groups, Quantity::Count, self.count as f64),
            ("largest", Quantity::Count, self.largest as f64),
            ("singletons", Quantity::Count, self.singletons as f64),
        ]
    }

    /// The columns `name` and `size`.
    pub(super) fn into_columns(self, name: &'static str, size: &'static str) -> Vec<OutputColumn> {
        vec![
            OutputColumn::new(name, Quantity::Name, Values::Groups(self.names)),
            OutputColumn::new(size, Quantity::Count, Values::Integers(self.sizes)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_named_by_its_smallest_member() {
        let groups = Groups::from_labels(&[4, 2, 4, 2, 0]);
        assert_eq!(groups.names, [0, 1, 0, 1, 4]);
        assert_eq!(groups.sizes, [2, 2, 2, 2, 1]);
        assert_eq!((groups.count, groups.largest, groups.singletons), (3, 2, 1));
    }
}
