//! What is wrong with a file: where, what, and what was probably meant.

use std::fmt;

use serde::Serialize;

/// Faults told of one file at most; of what follows from the first fifty nobody learns more.
const MOST_TOLD: usize = 50;

/// Characters of a line shown; of a longer one the part around the fault.
const SHOWN: usize = 110;

/// One thing that is wrong, or a warning about something that is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1, of the file as it is on disk.
    pub column: usize,
    /// What is wrong, as a lower-case fragment.
    pub message: String,
    /// What to do about it, e.g. ``did you mean `dependsOn`?``.
    pub hint: Option<String>,
    /// The line with its neighbours and a caret below the place.
    pub snippet: String,
}

/// All that is wrong with one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
pub struct Faults {
    /// The file as its reader named it.
    pub file: String,
    /// What is wrong, in the order of the file; never empty.
    pub faults: Vec<Fault>,
    /// Faults beyond those told.
    pub untold: usize,
}

impl Fault {
    /// The fault as people read it: place, what, what to do, and the lines around it.
    pub fn told(&self, file: &str) -> String {
        let hint = self
            .hint
            .as_ref()
            .map_or_else(String::new, |it| format!("; {it}"));
        let place = format!("{file}:{}:{}", self.line, self.column);
        format!("{place}: {}{hint}\n{}", self.message, self.snippet)
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.faults.len() + self.untold;
        let noun = if count == 1 { "fault" } else { "faults" };
        writeln!(f, "{count} {noun} in {}", self.file)?;
        for fault in &self.faults {
            write!(f, "{}", fault.told(&self.file))?;
        }
        if self.untold > 0 {
            writeln!(f, "… and {} more", self.untold)?;
        }
        Ok(())
    }
}

/// Collects the faults and warnings of one text.
#[derive(Debug)]
pub(in crate::workflow) struct Report<'a> {
    file: &'a str,
    /// Lines as they are on disk, for columns.
    written: Vec<&'a str>,
    /// The text that was parsed: tabs mended.
    text: &'a str,
    starts: Vec<usize>,
    faults: Vec<Fault>,
    warnings: Vec<Fault>,
    untold: usize,
}

impl<'a> Report<'a> {
    /// A report on `text`, which stands on disk as `written`.
    pub(in crate::workflow) fn new(file: &'a str, written: &'a str, text: &'a str) -> Self {
        let starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Self {
            file,
            written: written.split('\n').collect(),
            text,
            starts,
            faults: Vec::new(),
            warnings: Vec::new(),
            untold: 0,
        }
    }

    /// Notes a fault at these bytes of the parsed text.
    pub(in crate::workflow) fn fault(
        &mut self,
        bytes: (usize, usize),
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        if self.is_full() {
            self.untold += 1;
            return;
        }
        let fault = self.at(bytes, message.into(), hint);
        // Two rules may find the same fault, and a node that is used twice shows it twice.
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    /// Notes a warning at these bytes of the parsed text.
    pub(in crate::workflow) fn warning(
        &mut self,
        bytes: (usize, usize),
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        if self.warnings.len() < MOST_TOLD {
            let warning = self.at(bytes, message.into(), hint);
            self.warnings.push(warning);
        }
    }

    /// Whether no further fault would be told.
    pub(in crate::workflow) fn is_full(&self) -> bool {
        self.faults.len() >= MOST_TOLD
    }

    /// The line, from 1, of a byte of the parsed text.
    pub(in crate::workflow) fn line_of(&self, byte: usize) -> usize {
        self.starts.partition_point(|start| *start <= byte)
    }

    /// The warnings when nothing is wrong, else what is.
    pub(in crate::workflow) fn finish(mut self) -> Result<Vec<Fault>, Faults> {
        let place = |it: &Fault| (it.line, it.column);
        self.warnings.sort_by_key(place);
        if self.faults.is_empty() {
            return Ok(self.warnings);
        }
        self.faults.sort_by_key(place);
        Err(Faults {
            file: self.file.to_owned(),
            faults: self.faults,
            untold: self.untold,
        })
    }

    fn at(&self, (from, to): (usize, usize), message: String, hint: Option<String>) -> Fault {
        let from = floor(self.text, from.min(self.text.len()));
        let line = self.line_of(from) - 1;
        let text = self.line(line);
        let before = &self.text[self.starts[line]..from];
        let column = before.chars().count();
        let to = floor(self.text, to.min(self.starts[line] + text.len())).max(from);
        let length = self.text[from..to].chars().count().max(1);
        Fault {
            line: line + 1,
            column: self.column_on_disk(line, column) + 1,
            message,
            hint,
            snippet: self.snippet(line, column, length),
        }
    }

    fn line(&self, line: usize) -> &'a str {
        let Some(start) = self.starts.get(line) else {
            return "";
        };
        let rest = &self.text[*start..];
        rest.split('\n').next().unwrap_or("").trim_end_matches('\r')
    }

    /// A leading tab was mended to two spaces, so the column on disk is smaller.
    fn column_on_disk(&self, line: usize, column: usize) -> usize {
        let written = self.written.get(line).copied().unwrap_or("");
        if written.trim_end_matches('\r') == self.line(line) {
            return column;
        }
        let tabs = written
            .chars()
            .take_while(|it| matches!(it, ' ' | '\t'))
            .filter(|it| *it == '\t');
        column.saturating_sub(tabs.count())
    }

    fn snippet(&self, line: usize, column: usize, length: usize) -> String {
        let last = (line + 1).min(self.starts.len() - 1);
        let width = (last + 1).to_string().len();
        let first = column.saturating_sub(SHOWN / 2);
        let mut shown = String::new();
        for at in line.saturating_sub(1)..=last {
            // The empty text after the last line end is no line.
            if at == last && at > line && self.line(at).is_empty() && at + 1 == self.starts.len() {
                continue;
            }
            let text: String = self
                .line(at)
                .chars()
                .skip(first)
                .take(SHOWN)
                .map(visible)
                .collect();
            shown.push_str(format!("  {:>width$} | {text}", at + 1).trim_end());
            shown.push('\n');
            if at == line {
                let caret = "^".repeat(length.min(SHOWN - (column - first).min(SHOWN - 1)));
                let blank = " ".repeat(column - first);
                shown.push_str(&format!("  {:>width$} | {blank}{caret}\n", ""));
            }
        }
        shown
    }
}

/// Control characters would steer the terminal.
fn visible(character: char) -> char {
    match character {
        '\t' => ' ',
        it if it.is_control() => '·',
        it => it,
    }
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_shows_its_line_its_neighbours_and_a_caret() {
        let text = "a: 1\nb: zwei\nc: 3\n";
        let mut report = Report::new("x.yaml", text, text);
        report.fault((8, 12), "expected a number", None);
        let told = report.finish().unwrap_err().to_string();
        assert_eq!(
            told,
            "1 fault in x.yaml\nx.yaml:2:4: expected a number\n  1 | a: 1\n  2 | b: zwei\n    |    ^^^^\n  3 | c: 3\n"
        );
    }

    #[test]
    fn columns_are_those_of_the_file_on_disk() {
        let mut report = Report::new("x", "a:\n\t\tb: c", "a:\n    b: c");
        report.fault((10, 11), "no", None);
        assert_eq!(report.finish().unwrap_err().faults[0].column, 6);
    }

    #[test]
    fn long_lines_and_control_characters_are_tamed() {
        let text = format!("{}\u{1b}[31mx: y", "é".repeat(400));
        let mut report = Report::new("x", &text, &text);
        report.fault((800, 801), "no", None);
        let fault = report.finish().unwrap_err().faults.remove(0);
        assert_eq!(fault.column, 401);
        assert!(!fault.snippet.contains('\u{1b}'));
        assert!(
            fault.snippet.lines().all(|it| it.chars().count() < 130),
            "{}",
            fault.snippet
        );
    }

    #[test]
    fn faults_beyond_the_told_ones_are_counted() {
        let text = "x".repeat(200);
        let mut report = Report::new("x", &text, &text);
        (0..60).for_each(|at| report.fault((at, at + 1), "no", None));
        let faults = report.finish().unwrap_err();
        assert_eq!((faults.faults.len(), faults.untold), (50, 10));
        assert!(faults.to_string().ends_with("… and 10 more\n"));
    }
}
