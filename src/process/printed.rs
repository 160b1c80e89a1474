//! What a child printed, cut in the middle when it was too much.

/// One stream of a child: all of it, or its beginning and its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Printed {
    /// The beginning; everything when nothing was left out.
    pub head: Vec<u8>,
    /// The end; empty when nothing was left out.
    pub tail: Vec<u8>,
    /// Bytes printed in all.
    pub total: u64,
}

impl Printed {
    /// Bytes between `head` and `tail` that nobody kept.
    pub fn left_out(&self) -> u64 {
        self.total
            .saturating_sub(self.head.len() as u64)
            .saturating_sub(self.tail.len() as u64)
    }

    /// The bytes that were kept, with a line of its own that says how many are missing.
    pub fn bytes(&self) -> Vec<u8> {
        let mut all = self.head.clone();
        if self.left_out() > 0 {
            if all.last().is_some_and(|it| *it != b'\n') {
                all.push(b'\n');
            }
            all.extend(format!("… {} bytes left out …\n", self.left_out()).bytes());
        }
        all.extend(&self.tail);
        all
    }

    /// [`Printed::bytes`] as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    /// The last lines that fit into `most` bytes, without the end of the last one; for messages of failure.
    pub fn last_lines(&self, most: usize) -> String {
        let end = if self.tail.is_empty() {
            &self.head
        } else {
            &self.tail
        };
        let end = end.trim_ascii_end();
        if end.len() <= most {
            return String::from_utf8_lossy(end).into_owned();
        }
        let cut = &end[end.len() - most..];
        let whole = cut
            .iter()
            .position(|it| *it == b'\n')
            .map_or(cut, |at| &cut[at + 1..]);
        String::from_utf8_lossy(whole).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_is_marked_with_what_is_missing() {
        let printed = Printed {
            head: b"one\ntw".to_vec(),
            tail: b"nine\n".to_vec(),
            total: 30,
        };
        assert_eq!(printed.text(), "one\ntw\n… 19 bytes left out …\nnine\n");
        assert_eq!(printed.last_lines(100), "nine");
    }

    #[test]
    fn the_last_lines_begin_at_a_line() {
        let printed = Printed {
            head: b"first\nsecond\nthird\n\n".to_vec(),
            tail: Vec::new(),
            total: 20,
        };
        assert_eq!(printed.text(), "first\nsecond\nthird\n\n");
        assert_eq!(printed.last_lines(9), "third");
        assert_eq!(printed.last_lines(3), "ird");
    }
}
