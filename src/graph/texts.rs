//! Many texts in one allocation: what takes 50 bytes each as `String`s takes their own bytes and 8.

use std::ops::Index;

/// Texts end to end, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    text: String,
    /// Where each text ends in `text`.
    ends: Vec<usize>,
}

impl Texts {
    /// Adds a text behind the others.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len());
    }

    /// Adds empty texts until there are `count`.
    pub fn pad(&mut self, count: usize) {
        if self.ends.len() < count {
            self.ends.resize(count, self.text.len());
        }
    }

    /// Adds all texts of `others` behind these.
    pub fn append(&mut self, others: &Self) {
        let start = self.text.len();
        self.text.push_str(&others.text);
        self.ends.extend(others.ends.iter().map(|it| start + it));
    }

    /// The text `at`.
    ///
    /// # Panics
    ///
    /// When there are not so many.
    #[inline]
    pub fn get(&self, at: usize) -> &str {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.text[start..self.ends[at]]
    }

    /// Number of texts.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The texts in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        (0..self.len()).map(|at| self.get(at))
    }

    /// Bytes held.
    pub fn bytes(&self) -> u64 {
        self.text.len() as u64 + 8 * self.ends.len() as u64
    }

    /// All texts without a gap, and where each ends in them.
    pub fn parts(&self) -> (&str, &[usize]) {
        (&self.text, &self.ends)
    }

    /// The texts that [`Texts::parts`] took apart; `None` when `ends` do not cut `text` into texts.
    pub fn of_parts(text: String, ends: Vec<usize>) -> Option<Self> {
        let ascend = ends.is_sorted() && ends.last().copied().unwrap_or(0) == text.len();
        let is_cut = ascend && ends.iter().all(|it| text.is_char_boundary(*it));
        is_cut.then_some(Self { text, ends })
    }
}

impl Index<usize> for Texts {
    type Output = str;

    fn index(&self, at: usize) -> &str {
        self.get(at)
    }
}

impl<T: AsRef<str>> FromIterator<T> for Texts {
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Self {
        let mut made = Self::default();
        texts.into_iter().for_each(|it| made.push(it.as_ref()));
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_as_they_were_given() {
        let given = ["", "a", "", "süd", "b"];
        let mut texts: Texts = given.iter().collect();
        assert!(texts.iter().eq(given));
        assert_eq!((&texts[3], texts.len(), texts.is_empty()), ("süd", 5, false));
        texts.append(&["x", ""].iter().collect());
        texts.pad(8);
        assert_eq!(texts.iter().skip(5).collect::<Vec<_>>(), ["x", "", ""]);
        let (text, ends) = texts.parts();
        assert_eq!(Texts::of_parts(text.to_owned(), ends.to_vec()), Some(texts));
    }

    #[test]
    fn ends_that_cut_no_texts_are_refused() {
        for ends in [vec![1, 3], vec![2, 1, 4], vec![4, 5], vec![2, 4]] {
            assert_eq!(Texts::of_parts("aäb".to_owned(), ends.clone()), None, "{ends:?}");
        }
        assert!(Texts::of_parts(String::new(), Vec::new()).is_some());
    }
}
