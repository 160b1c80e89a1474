//! Tables as the layouts see them, and drawn with characters for Markdown and text.

use serde::Serialize;

use super::Format;
use super::escape::{clean, markdown};

/// Columns of a page of text.
pub(super) const PAGE: usize = 80;
/// Rows from which on a table can be filtered.
const FILTERED: usize = 9;
/// Characters that a cell of a cut table has at most.
const LONGEST_CELL: usize = 1_000;
/// Rows from which on a table scrolls within a box, so that what follows it stays in reach.
const LONG: usize = 16;

/// A table, ready to be drawn.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Table {
    /// Its anchor.
    pub id: String,
    pub caption: String,
    pub columns: Vec<Head>,
    pub rows: Vec<Row>,
    /// Whether a filter is offered.
    pub filter: bool,
    /// Whether it scrolls within a box on a screen.
    pub long: bool,
    /// Its lines, for the formats without markup; empty for HTML.
    pub plain: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Head {
    pub title: String,
    pub numeric: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Row {
    /// Its anchor; may be empty.
    pub anchor: String,
    pub cells: Vec<Cell>,
}

/// A cell of a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Cell {
    pub text: String,
    pub numeric: bool,
    /// The full value where the text is a rounded one.
    pub value: Option<String>,
    /// Where it links to.
    pub href: Option<String>,
}

impl Cell {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    pub(super) fn number(text: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            numeric: true,
            value: Some(value.into()),
            href: None,
        }
    }

    /// A count of things.
    pub(super) fn count(number: u64) -> Self {
        Self::number(super::words::count(number), number.to_string())
    }

    pub(super) fn link(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            href: Some(href.into()),
            ..Self::default()
        }
    }
}

impl Table {
    /// A table with these heads; `#` in front of a title makes its column numeric.
    pub(super) fn new(id: impl Into<String>, caption: impl Into<String>, titles: &[&str]) -> Self {
        let columns = titles
            .iter()
            .map(|it| match it.strip_prefix('#') {
                Some(title) => Head {
                    title: title.to_owned(),
                    numeric: true,
                },
                None => Head {
                    title: (*it).to_owned(),
                    numeric: false,
                },
            })
            .collect();
        Self {
            id: id.into(),
            caption: caption.into(),
            columns,
            ..Self::default()
        }
    }

    pub(super) fn push(&mut self, cells: Vec<Cell>) {
        self.push_at("", cells);
    }

    pub(super) fn push_at(&mut self, anchor: impl Into<String>, cells: Vec<Cell>) {
        self.rows.push(Row {
            anchor: anchor.into(),
            cells,
        });
    }

    /// The first rows only, which the caption says; a page must stay one that people can open.
    pub(super) fn at_most(mut self, most: usize) -> Self {
        let all = self.rows.len();
        if all > most {
            self.rows.truncate(most);
            let cut = format!(
                "the first {} of {}; the JSON has them all",
                super::words::count(most as u64),
                super::words::count(all as u64)
            );
            self.caption = match self.caption.as_str() {
                "" => cut,
                caption => format!("{caption} ({cut})"),
            };
        }
        for cell in self.rows.iter_mut().flat_map(|it| &mut it.cells) {
            cell.text = super::svg::cut(&cell.text, LONGEST_CELL);
        }
        self
    }

    /// The table with what `format` needs of it.
    pub(super) fn drawn(mut self, format: Format) -> Self {
        self.filter = self.rows.len() >= FILTERED;
        self.long = self.rows.len() >= LONG;
        self.plain = match format {
            Format::Markdown => self.markdown(),
            Format::Text => self.text(),
            Format::Html | Format::Json => String::new(),
        };
        self
    }

    fn markdown(&self) -> String {
        let cell = |it: &Cell| match &it.href {
            Some(href) if !href.starts_with('#') => {
                format!("[{}](<{}>)", markdown(&it.text), link_target(href))
            }
            Some(_) | None => markdown(&it.text),
        };
        let heads: Vec<String> = self.columns.iter().map(|it| markdown(&it.title)).collect();
        let rows: Vec<Vec<String>> = self
            .rows
            .iter()
            .map(|row| row.cells.iter().map(cell).collect())
            .collect();
        let width = |at: usize| {
            let cells = rows.iter().filter_map(|row| row.get(at)).map(|it| length(it));
            // One long cell must not push all others off the screen.
            cells
                .filter(|it| *it <= 44)
                .chain([length(&heads[at]), 3])
                .max()
                .unwrap_or(3)
        };
        let widths: Vec<usize> = (0..heads.len()).map(width).collect();
        let mut lines = vec![self.markdown_row(&heads, &widths)];
        let rule = self.columns.iter().zip(&widths).map(|(column, width)| {
            if column.numeric {
                format!("{}:", "-".repeat(width - 1))
            } else {
                "-".repeat(*width)
            }
        });
        lines.push(format!("| {} |", rule.collect::<Vec<_>>().join(" | ")));
        lines.extend(rows.iter().map(|row| self.markdown_row(row, &widths)));
        lines.join("\n")
    }

    fn markdown_row(&self, cells: &[String], widths: &[usize]) -> String {
        let cells = cells.iter().zip(widths).zip(&self.columns);
        let padded = cells.map(|((cell, width), column)| pad(cell, *width, column.numeric));
        format!("| {} |", padded.collect::<Vec<_>>().join(" | "))
    }

    fn text(&self) -> String {
        const GAP: usize = 2;
        const LEAST: usize = 7;
        let rows: Vec<Vec<String>> = self
            .rows
            .iter()
            .map(|row| row.cells.iter().map(|it| clean(&it.text)).collect())
            .collect();
        let natural = |at: usize| {
            let cells = rows.iter().filter_map(|row| row.get(at)).map(|it| length(it));
            cells
                .chain([length(&self.columns[at].title)])
                .max()
                .unwrap_or(1)
                .max(1)
        };
        let mut widths: Vec<usize> = (0..self.columns.len()).map(natural).collect();
        let gaps = GAP * widths.len().saturating_sub(1);
        while widths.iter().sum::<usize>() + gaps > PAGE {
            // Numbers are not broken: columns of words give way, the widest first.
            let widest = (0..widths.len())
                .filter(|at| !self.columns[*at].numeric && widths[*at] > LEAST)
                .max_by_key(|at| (widths[*at], std::cmp::Reverse(*at)));
            match widest {
                Some(at) => widths[at] -= 1,
                None => return self.records(&rows),
            }
        }
        let heads: Vec<String> = self.columns.iter().map(|it| it.title.clone()).collect();
        let mut lines = self.text_row(&heads, &widths);
        lines.push(
            widths
                .iter()
                .map(|it| "-".repeat(*it))
                .collect::<Vec<_>>()
                .join("  "),
        );
        for row in &rows {
            lines.extend(self.text_row(row, &widths));
        }
        lines.join("\n")
    }

    /// A row as one or more lines, its cells wrapped.
    fn text_row(&self, cells: &[String], widths: &[usize]) -> Vec<String> {
        let wrapped: Vec<Vec<String>> = cells
            .iter()
            .zip(widths)
            .map(|(cell, width)| wrap_hard(cell, *width))
            .collect();
        let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
        (0..height)
            .map(|line| {
                let parts = wrapped.iter().enumerate().map(|(at, cell)| {
                    pad(
                        cell.get(line).map_or("", String::as_str),
                        widths[at],
                        self.columns[at].numeric,
                    )
                });
                parts.collect::<Vec<_>>().join("  ").trim_end().to_owned()
            })
            .collect()
    }

    /// One line a cell, for tables that are too wide for the page.
    fn records(&self, rows: &[Vec<String>]) -> String {
        let record = |row: &Vec<String>| {
            let pairs = self.columns.iter().zip(row).filter(|(_, cell)| !cell.is_empty());
            let lines = pairs.map(|(column, cell)| format!("  {}: {cell}", column.title));
            lines.collect::<Vec<_>>().join("\n").replacen("  ", "- ", 1)
        };
        rows.iter().map(record).collect::<Vec<_>>().join("\n")
    }
}

/// A path as the target of a Markdown link in angle brackets.
fn link_target(href: &str) -> String {
    clean(href)
        .replace('<', "%3C")
        .replace('>', "%3E")
        .replace('|', "%7C")
        .replace('\\', "%5C")
}

fn length(text: &str) -> usize {
    text.chars().count()
}

fn pad(text: &str, width: usize, right: bool) -> String {
    let blanks = " ".repeat(width.saturating_sub(length(text)));
    if right {
        format!("{blanks}{text}")
    } else {
        format!("{text}{blanks}")
    }
}

/// The text in lines of at most `width` characters; longer words are broken.
fn wrap_hard(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        loop {
            let line = lines.last_mut().map_or(0, |it| length(it));
            let gap = usize::from(line > 0);
            if line + gap + word.len() <= width {
                if let Some(last) = lines.last_mut() {
                    last.push_str(if gap == 1 { " " } else { "" });
                    last.extend(word);
                }
                break;
            }
            if line == 0 {
                let rest = word.split_off(width.min(word.len()));
                lines.last_mut().into_iter().for_each(|it| it.extend(&word));
                word = rest;
            }
            lines.push(String::new());
        }
    }
    lines
}

/// Every line that is longer than the page, folded at blanks; what follows stands below the first
/// word of its line.
pub(super) fn fold(page: &str) -> String {
    let mut folded = String::with_capacity(page.len() + page.len() / 16);
    for line in page.lines() {
        if length(line) <= PAGE {
            folded.push_str(line.trim_end());
            folded.push('\n');
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let hang = indent
            + if line.trim_start().starts_with(['-', '*']) {
                2
            } else {
                0
            };
        let mut at = 0;
        for word in line.split(' ').filter(|it| !it.is_empty()) {
            if at == 0 {
                folded.push_str(&" ".repeat(indent));
                at = indent;
            } else if at + 1 + length(word) > PAGE {
                folded.push('\n');
                folded.push_str(&" ".repeat(hang));
                at = hang;
            } else {
                folded.push(' ');
                at += 1;
            }
            folded.push_str(word);
            at += length(word);
        }
        folded.push('\n');
    }
    folded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(cells: &[&[&str]]) -> Table {
        let mut table = Table::new("t", "T", &["Name", "#Count"]);
        for row in cells {
            table.push(row.iter().map(|it| Cell::text(*it)).collect());
        }
        table
    }

    #[test]
    fn markdown_tables_line_up_and_data_adds_no_column() {
        let drawn = table(&[&["a|b", "1"], &["Baker Street", "12"]]).drawn(Format::Markdown);
        insta::assert_snapshot!(drawn.plain, @r"
        | Name         | Count |
        | ------------ | ----: |
        | a\|b         |     1 |
        | Baker Street |    12 |
        ");
    }

    #[test]
    fn text_tables_fit_the_page() {
        let long = "word ".repeat(40);
        let drawn = table(&[&[&long, "1"], &["x", "123,456"]]).drawn(Format::Text);
        assert!(
            drawn.plain.lines().all(|it| length(it) <= PAGE),
            "{}",
            drawn.plain
        );
        assert_eq!(drawn.plain.matches("word").count(), 40);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn folding_loses_no_word_and_keeps_to_the_page(words in prop::collection::vec("[a-z]{1,20}", 1..60)) {
            let line = format!("  - {}", words.join(" "));
            let folded = fold(&line);
            prop_assert!(folded.lines().all(|it| length(it) <= PAGE));
            let kept: Vec<&str> = folded.split_whitespace().skip(1).collect();
            prop_assert_eq!(kept, words.iter().map(String::as_str).collect::<Vec<_>>());
        }

        #[test]
        fn a_word_longer_than_its_column_is_broken_not_lost(word in "[a-z]{1,60}", width in 3usize..20) {
            let lines = wrap_hard(&word, width);
            prop_assert!(lines.iter().all(|it| length(it) <= width));
            prop_assert_eq!(lines.concat(), word);
        }
    }
}
