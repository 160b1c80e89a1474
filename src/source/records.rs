//! Splits delimited text into records and fields, by the rules that spreadsheets and databases share.
//!
//! A field that begins with a quote ends at the next lone one; a doubled quote is one quote of text;
//! anything between the closing quote and the delimiter is text too. Elsewhere a quote is text. Records
//! end at `\n`, `\r` or both; empty lines are skipped. Fields are the text between delimiters.

use std::ops::Range;

use memchr::{memchr, memrchr};

/// What opens and closes text that may hold delimiters and line ends.
const QUOTE: u8 = b'"';

/// Where the content of a field is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Field {
    /// In the text itself.
    Plain(Range<usize>),
    /// Beside it, since quotes within it are written differently.
    Unquoted(Range<usize>),
}

/// What is known about a record beside its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// Line breaks before its first byte.
    pub(super) line: u64,
    /// Line breaks within its quotes.
    pub(super) inner: u64,
    /// Whether the text ends within one of its quotes.
    pub(super) is_open: bool,
}

/// The records of a text, one after another.
#[derive(Debug)]
pub(super) struct Records<'a> {
    text: &'a [u8],
    delimiter: u8,
    at: usize,
    line: u64,
    fields: Vec<Field>,
    unquoted: Vec<u8>,
}

impl<'a> Records<'a> {
    /// The records of `text`, which begins where a record does.
    pub(super) fn of(text: &'a [u8], delimiter: u8) -> Self {
        Self {
            text,
            delimiter,
            at: 0,
            line: 0,
            fields: Vec::new(),
            unquoted: Vec::new(),
        }
    }

    /// Bytes and line breaks read so far.
    pub(super) fn position(&self) -> (usize, u64) {
        (self.at, self.line)
    }

    /// Fields of the last record.
    pub(super) fn len(&self) -> usize {
        self.fields.len()
    }

    /// Field `index` of the last record.
    pub(super) fn field(&self, index: usize) -> &[u8] {
        match &self.fields[index] {
            Field::Plain(range) => &self.text[range.clone()],
            Field::Unquoted(range) => &self.unquoted[range.clone()],
        }
    }

    /// Fields of the last record in order.
    pub(super) fn fields(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map(|it| self.field(it))
    }

    /// Reads the next record.
    pub(super) fn advance(&mut self) -> Option<Record> {
        self.skip_line_ends();
        if self.at == self.text.len() {
            return None;
        }
        self.fields.clear();
        self.unquoted.clear();
        let line = self.line;
        let mut is_open = false;
        loop {
            is_open |= match self.text.get(self.at) {
                Some(&QUOTE) => self.quoted_field(),
                _ => {
                    let start = self.at;
                    self.at = self.field_end();
                    self.fields.push(Field::Plain(start..self.at));
                    false
                }
            };
            if self.text.get(self.at) != Some(&self.delimiter) {
                break;
            }
            self.at += 1;
        }
        let inner = self.line - line;
        if let Some(byte) = self.text.get(self.at) {
            self.line += u64::from(*byte == b'\n');
            self.at += 1;
        }
        Some(Record { line, inner, is_open })
    }

    /// Reads a record of plain whole numbers, one for each of `values`, and gives its line; where the
    /// next record is anything else, reads nothing.
    #[inline]
    pub(super) fn advance_whole(&mut self, values: &mut [i64]) -> Option<u64> {
        self.skip_line_ends();
        let mut at = self.at;
        let last = values.len().checked_sub(1)?;
        for (index, value) in values.iter_mut().enumerate() {
            let (number, length) = whole_prefix(&self.text[at..])?;
            *value = number;
            at += length;
            match self.text.get(at) {
                Some(byte) if index < last && *byte == self.delimiter => at += 1,
                Some(b'\n' | b'\r') if index == last => at += 1,
                _ => return None,
            }
        }
        let line = self.line;
        self.line += u64::from(self.text[at - 1] == b'\n');
        self.at = at;
        Some(line)
    }

    #[inline]
    fn skip_line_ends(&mut self) {
        while let Some(byte) = self.text.get(self.at).filter(|it| is_line_end(**it)) {
            self.line += u64::from(*byte == b'\n');
            self.at += 1;
        }
    }

    /// Where the field that goes on here without quotes ends.
    fn field_end(&self) -> usize {
        let ends = |it: &u8| *it == self.delimiter || is_line_end(*it);
        let rest = &self.text[self.at..];
        self.at + rest.iter().position(ends).unwrap_or(rest.len())
    }

    /// Reads a field that begins with a quote; whether that is never closed.
    fn quoted_field(&mut self) -> bool {
        let start = self.unquoted.len();
        let first = self.at + 1;
        let mut from = first;
        let mut is_changed = false;
        let is_open = loop {
            let Some(length) = memchr(QUOTE, &self.text[from..]) else {
                break true;
            };
            let quote = from + length;
            if self.text.get(quote + 1) != Some(&QUOTE) {
                self.count_lines(from..quote);
                self.at = quote + 1;
                let end = self.field_end();
                if !is_changed && end == quote + 1 {
                    self.fields.push(Field::Plain(first..quote));
                    self.at = end;
                    return false;
                }
                self.unquoted.extend_from_slice(&self.text[from..quote]);
                self.unquoted.extend_from_slice(&self.text[quote + 1..end]);
                self.at = end;
                break false;
            }
            is_changed = true;
            self.count_lines(from..quote);
            self.unquoted.extend_from_slice(&self.text[from..=quote]);
            from = quote + 2;
        };
        if is_open {
            self.count_lines(from..self.text.len());
            self.unquoted.extend_from_slice(&self.text[from..]);
            self.at = self.text.len();
        }
        self.fields.push(Field::Unquoted(start..self.unquoted.len()));
        is_open
    }

    fn count_lines(&mut self, within: Range<usize>) {
        self.line += memchr::memchr_iter(b'\n', &self.text[within]).count() as u64;
    }
}

fn is_line_end(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

/// The number that `text` begins with, written as numbers are written: no plus sign, no leading zero,
/// no more than 18 digits; and its length.
#[inline]
pub(super) fn whole_prefix(text: &[u8]) -> Option<(i64, usize)> {
    let is_negative = text.first() == Some(&b'-');
    let digits = &text[usize::from(is_negative)..];
    let mut value = 0_i64;
    let mut length = 0;
    while let Some(digit) = digits
        .get(length)
        .map(|it| it.wrapping_sub(b'0'))
        .filter(|it| *it < 10)
    {
        if length == 18 {
            return None;
        }
        value = value * 10 + i64::from(digit);
        length += 1;
    }
    if length == 0 || (digits[0] == b'0' && (length > 1 || is_negative)) {
        return None;
    }
    Some((
        if is_negative { -value } else { value },
        length + usize::from(is_negative),
    ))
}

/// The number that `text` is, if it is one in the form that `i64` is written in.
pub(super) fn whole(text: &[u8]) -> Option<i64> {
    whole_prefix(text).filter(|it| it.1 == text.len()).map(|it| it.0)
}

/// Where the last record in `text`, which begins where a record does, surely ends; `None` when none
/// does.
pub(super) fn last_end(text: &[u8], delimiter: u8) -> Option<usize> {
    if delimiter == QUOTE || is_line_end(delimiter) {
        return None;
    }
    let mut found = None;
    let mut from = 0;
    loop {
        let quote = memchr(QUOTE, &text[from..]).map(|it| from + it);
        let plain = &text[from..quote.unwrap_or(text.len())];
        if let Some(at) = memrchr(b'\n', plain) {
            found = Some(from + at + 1);
        }
        let Some(quote) = quote else {
            return found;
        };
        let opens = quote == 0 || is_line_end(text[quote - 1]) || text[quote - 1] == delimiter;
        from = quote + 1;
        if opens {
            match behind_closing(text, from) {
                Some(end) => from = end,
                None => return found,
            }
        }
    }
}

/// Where the text goes on behind the quote that closes the field whose content begins at `from`; `None`
/// when it is not there, or could be the first of two.
fn behind_closing(text: &[u8], mut from: usize) -> Option<usize> {
    loop {
        let quote = from + memchr(QUOTE, &text[from..])?;
        match text.get(quote + 1)? {
            &QUOTE => from = quote + 2,
            _ => return Some(quote + 1),
        }
    }
}

#[cfg(test)]
#[path = "records_tests.rs"]
mod tests;
