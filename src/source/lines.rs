//! The line of each row, in as little memory as the file is regular.

/// Line of each row from 1, ascending. Rows on lines that follow one another take nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lines {
    /// First row and its line of each run of rows on consecutive lines.
    runs: Vec<(usize, u64)>,
    rows: usize,
}

impl Lines {
    /// Lines 1 to `rows`.
    pub(super) fn consecutive(rows: usize) -> Self {
        Self {
            runs: if rows == 0 { Vec::new() } else { vec![(0, 1)] },
            rows,
        }
    }

    /// Adds a row on `line`.
    #[inline]
    pub(super) fn push(&mut self, line: u64) {
        let follows = self
            .runs
            .last()
            .is_some_and(|(row, first)| first + (self.rows - row) as u64 == line);
        if !follows {
            self.runs.push((self.rows, line));
        }
        self.rows += 1;
    }

    /// Adds the rows of `others`, whose lines are counted from `shift`.
    pub(super) fn append(&mut self, others: &Self, shift: u64) {
        for (at, (row, line)) in others.runs.iter().enumerate() {
            let end = others.runs.get(at + 1).map_or(others.rows, |it| it.0);
            self.push(line + shift);
            self.rows += end - row - 1;
        }
    }

    /// The line of `row`.
    ///
    /// # Panics
    ///
    /// When there is no such row.
    pub(super) fn get(&self, row: usize) -> u64 {
        assert!(row < self.rows, "row {row} of {}", self.rows);
        let (first, line) = self.runs[self.runs.partition_point(|it| it.0 <= row) - 1];
        line + (row - first) as u64
    }

    /// Number of rows.
    pub(super) fn len(&self) -> usize {
        self.rows
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> u64 {
        16 * self.runs.len() as u64
    }
}

impl FromIterator<u64> for Lines {
    fn from_iter<T: IntoIterator<Item = u64>>(lines: T) -> Self {
        let mut made = Self::default();
        lines.into_iter().for_each(|it| made.push(it));
        made
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_row_keeps_its_line(gaps in prop::collection::vec(1_u64..3, 0..60), cut in 0_usize..60) {
            let lines: Vec<u64> = gaps.iter().scan(0, |at, gap| { *at += gap; Some(*at) }).collect();
            let cut = cut.min(lines.len());
            let mut made: Lines = lines[..cut].iter().copied().collect();
            let shift = 5.min(lines.get(cut).map_or(0, |it| it - 1));
            let rest: Lines = lines[cut..].iter().map(|it| it - shift).collect();
            made.append(&rest, shift);
            prop_assert_eq!(made.len(), lines.len());
            prop_assert!((0..lines.len()).all(|row| made.get(row) == lines[row]));
            prop_assert_eq!(made, lines.into_iter().collect());
        }
    }

    #[test]
    fn lines_in_a_row_take_one_run() {
        let lines: Lines = (1..=1000).collect();
        assert_eq!((lines.bytes(), lines), (16, Lines::consecutive(1000)));
    }
}
