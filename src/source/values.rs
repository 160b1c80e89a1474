//! Types text cells: integers, numbers, truth values, ISO 8601 instants, else text.
//!
//! A column has one type. Codes that only look like numbers (a leading zero or plus sign, more
//! digits than an `i64` holds) make it text, because `007` is not 7. Dates and times without an
//! offset are read as UTC.

use rustc_hash::FxHashMap;

use super::cells::{Cells, TextCells};
use crate::graph::{Column, MISSING};
use crate::model::schema::AttributeKind;

/// Of at least this many values …
const MOSTLY_FLOOR: usize = 20;
/// … this share must be of one type for the rest to be counted as faults instead of making it text.
const MOSTLY_SHARE: f64 = 0.95;

/// Words that stand for a missing value in columns of numbers, truth values and times.
const NULL_WORDS: [&str; 9] = ["null", "NULL", "Null", "NA", "N/A", "n/a", "none", "None", "-"];

/// A typed column with what did not fit.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Typed {
    /// The values.
    pub(super) column: Column,
    /// Rows whose cell is not of the column's type; they hold no value now.
    pub(super) misfits: Vec<usize>,
    /// Rows of the rarer types in a column that was kept as text although most of it is not.
    pub(super) mixed: Vec<usize>,
    /// What most of a mixed column is.
    pub(super) mostly: AttributeKind,
}

/// What one cell looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Missing,
    NullWord,
    Integer,
    Number,
    NonFinite,
    Boolean,
    Time,
    Code,
    Text,
}

/// How often each shape occurs.
#[derive(Clone, Copy, Debug, Default)]
struct Shapes {
    integer: usize,
    number: usize,
    non_finite: usize,
    boolean: usize,
    time: usize,
    code: usize,
    text: usize,
}

/// Types `cells` as the file, or failing that the texts themselves, say.
pub(super) fn infer(cells: Cells) -> Typed {
    match cells {
        Cells::Typed(column, misfits) => Typed::new(column, misfits),
        Cells::Mixed(cells, mixed) => Typed {
            mixed,
            mostly: AttributeKind::Number,
            ..Typed::new(text_column(&cells), Vec::new())
        },
        Cells::Texts(cells) => {
            let shapes = count_shapes(&cells);
            infer_most(&cells, AttributeKind::Time, shapes.time, shapes.total())
        }
        Cells::Untyped(cells) => infer_texts(&cells),
        Cells::Interned(cells) => infer_texts(&cells.into_texts()),
    }
}

/// Types `cells` as `kind`; cells that are not of it hold no value and are listed.
pub(super) fn typed_as(cells: &TextCells, kind: AttributeKind) -> Typed {
    let mut misfits = Vec::new();
    let column = match kind {
        AttributeKind::Text | AttributeKind::Empty => text_column(cells),
        AttributeKind::Integer => Column::Integer(read_all(cells, &mut misfits, |it| it.parse().ok())),
        AttributeKind::Number => Column::Number(read_all(cells, &mut misfits, finite)),
        AttributeKind::Boolean => Column::Boolean(read_all(cells, &mut misfits, truth)),
        AttributeKind::Time => Column::Time(read_all(cells, &mut misfits, instant)),
    };
    Typed::new(column, misfits)
}

impl Typed {
    fn new(column: Column, misfits: Vec<usize>) -> Self {
        Self {
            column,
            misfits,
            mixed: Vec::new(),
            mostly: AttributeKind::Text,
        }
    }
}

/// The type of a typed column.
pub(super) fn kind_of(column: &Column) -> AttributeKind {
    match column {
        Column::Text { values, .. } if values.is_empty() => AttributeKind::Empty,
        Column::Text { .. } => AttributeKind::Text,
        Column::Integer(_) => AttributeKind::Integer,
        Column::Number(_) => AttributeKind::Number,
        Column::Boolean(_) => AttributeKind::Boolean,
        Column::Time(_) => AttributeKind::Time,
    }
}

/// Dictionary-codes texts in order of first appearance.
pub(super) fn text_column(cells: &TextCells) -> Column {
    code_texts(cells.iter().map(|it| if it.is_empty() { None } else { Some(it) }))
}

/// Dictionary-codes texts, missing ones included, in order of first appearance.
pub(super) fn code_texts<'a>(texts: impl Iterator<Item = Option<&'a str>>) -> Column {
    let mut codes = Vec::new();
    let mut values: Vec<String> = Vec::new();
    let mut known: FxHashMap<&str, u32> = FxHashMap::default();
    for text in texts {
        codes.push(text.map_or(MISSING, |text| {
            *known.entry(text).or_insert_with(|| {
                values.push(text.to_owned());
                // A column holds at most u32::MAX - 1 rows, hence no more values.
                (values.len() - 1) as u32
            })
        }));
    }
    Column::Text { codes, values }
}

/// The rows of `column` that `rows` names, in that order.
pub(super) fn pick(column: &Column, rows: &[usize]) -> Column {
    match column {
        Column::Text { codes, values } => code_texts(
            rows.iter()
                .map(|row| values.get(codes[*row] as usize).map(String::as_str)),
        ),
        Column::Integer(values) => Column::Integer(rows.iter().map(|row| values[*row]).collect()),
        Column::Number(values) => Column::Number(rows.iter().map(|row| values[*row]).collect()),
        Column::Boolean(values) => Column::Boolean(rows.iter().map(|row| values[*row]).collect()),
        Column::Time(values) => Column::Time(rows.iter().map(|row| values[*row]).collect()),
    }
}

/// One column of several, end to end; an absent part has only missing values. Parts of one type keep
/// it, integers and numbers become numbers, anything else becomes text.
pub(super) fn concatenate(parts: &[(Option<&Column>, usize)]) -> Column {
    let rows = || {
        parts
            .iter()
            .flat_map(|(column, rows)| (0..*rows).map(move |row| (*column, row)))
    };
    let all = |fits: fn(&Column) -> bool| parts.iter().filter_map(|it| it.0).all(fits);
    if all(|it| matches!(it, Column::Integer(_))) {
        return Column::Integer(rows().map(|(column, row)| whole(column, row)).collect());
    }
    if all(|it| matches!(it, Column::Time(_))) {
        return Column::Time(rows().map(|(column, row)| whole(column, row)).collect());
    }
    if all(|it| matches!(it, Column::Integer(_) | Column::Number(_))) {
        return Column::Number(rows().map(|(column, row)| column?.number(row)).collect());
    }
    if all(|it| matches!(it, Column::Boolean(_))) {
        let truth = |column: Option<&Column>, row: usize| column?.number(row).map(|it| it != 0.0);
        return Column::Boolean(rows().map(|(column, row)| truth(column, row)).collect());
    }
    let texts: Vec<Option<String>> = rows().map(|(column, row)| column?.text(row)).collect();
    code_texts(texts.iter().map(Option::as_deref))
}

fn whole(column: Option<&Column>, row: usize) -> Option<i64> {
    match column? {
        Column::Integer(values) | Column::Time(values) => values[row],
        Column::Text { .. } | Column::Number(_) | Column::Boolean(_) => None,
    }
}

/// Milliseconds since 1970-01-01 UTC of an ISO 8601 date, or date and time with or without offset.
pub(super) fn instant(text: &str) -> Option<i64> {
    if !looks_like_date(text) {
        return None;
    }
    if let Ok(stamp) = text.parse::<jiff::Timestamp>() {
        return Some(stamp.as_millisecond());
    }
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(zoned.timestamp().as_millisecond())
}

impl Shapes {
    fn numeric(self) -> usize {
        self.integer + self.number + self.non_finite
    }

    fn total(self) -> usize {
        self.numeric() + self.boolean + self.time + self.code + self.text
    }
}

fn infer_texts(cells: &TextCells) -> Typed {
    let shapes = count_shapes(cells);
    let total = shapes.total();
    let numeric = shapes.numeric();
    let numbers = if shapes.integer == numeric {
        AttributeKind::Integer
    } else {
        AttributeKind::Number
    };
    if shapes.code > 0 || numeric == shapes.non_finite && numeric == total {
        return typed_as(cells, AttributeKind::Text);
    }
    let families = [
        (numeric, numbers),
        (shapes.time, AttributeKind::Time),
        (shapes.boolean, AttributeKind::Boolean),
    ];
    let (most, kind) = families
        .into_iter()
        .max_by_key(|it| it.0)
        .unwrap_or((0, AttributeKind::Text));
    infer_most(cells, kind, most, total)
}

/// Types `cells`, of whose `total` values `most` are of `kind`: all or nearly all of them make it
/// the column's type, with the rest as misfits; else it is text, and what is rarer is listed.
fn infer_most(cells: &TextCells, kind: AttributeKind, most: usize, total: usize) -> Typed {
    let nearly_all = total >= MOSTLY_FLOOR && most as f64 >= MOSTLY_SHARE * total as f64;
    if most > 0 && (most == total || nearly_all) {
        return typed_as(cells, kind);
    }
    let mut typed = typed_as(cells, AttributeKind::Text);
    if most > total / 2 {
        let rarer = |row: &usize| !shape_of(cells.get(*row)).may_be(kind);
        typed.mixed = (0..cells.len()).filter(rarer).collect();
        typed.mostly = kind;
    }
    typed
}

impl Shape {
    /// Whether a cell of this shape has a place in a column of `kind`.
    fn may_be(self, kind: AttributeKind) -> bool {
        match self {
            Self::Missing | Self::NullWord => true,
            Self::Integer | Self::Number | Self::NonFinite => {
                matches!(kind, AttributeKind::Integer | AttributeKind::Number)
            }
            Self::Boolean => kind == AttributeKind::Boolean,
            Self::Time => kind == AttributeKind::Time,
            Self::Code | Self::Text => kind == AttributeKind::Text,
        }
    }
}

fn count_shapes(cells: &TextCells) -> Shapes {
    let mut shapes = Shapes::default();
    for cell in cells.iter() {
        match shape_of(cell) {
            Shape::Missing | Shape::NullWord => {}
            Shape::Integer => shapes.integer += 1,
            Shape::Number => shapes.number += 1,
            Shape::NonFinite => shapes.non_finite += 1,
            Shape::Boolean => shapes.boolean += 1,
            Shape::Time => shapes.time += 1,
            Shape::Code => shapes.code += 1,
            Shape::Text => shapes.text += 1,
        }
    }
    shapes
}

/// What `cell` looks like; blanks around it say nothing.
fn shape_of(cell: &str) -> Shape {
    let cell = cell.trim();
    let Some(first) = cell.bytes().next() else {
        return Shape::Missing;
    };
    if NULL_WORDS.contains(&cell) {
        return Shape::NullWord;
    }
    let digits = cell.strip_prefix('-').unwrap_or(cell).as_bytes();
    let all_digits = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let leading_zero = digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit();
    let leading_plus = first == b'+' && cell.len() > 1 && cell[1..].bytes().all(|it| it.is_ascii_digit());
    if leading_plus || (all_digits && (leading_zero || cell.parse::<i64>().is_err())) {
        return Shape::Code;
    }
    if all_digits {
        return Shape::Integer;
    }
    if looks_like_date(cell) && instant(cell).is_some() {
        return Shape::Time;
    }
    match cell.parse::<f64>() {
        Ok(value) if value.is_finite() => Shape::Number,
        Ok(_) => Shape::NonFinite,
        Err(_) if truth(cell).is_some() => Shape::Boolean,
        Err(_) => Shape::Text,
    }
}

fn looks_like_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 10 && bytes[4] == b'-' && bytes[7] == b'-' && bytes[..4].iter().all(u8::is_ascii_digit)
}

fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|it: &f64| it.is_finite())
}

fn truth(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

fn read_all<T>(
    cells: &TextCells,
    misfits: &mut Vec<usize>,
    read: impl Fn(&str) -> Option<T>,
) -> Vec<Option<T>> {
    let mut values = Vec::with_capacity(cells.len());
    for (row, cell) in cells.iter().map(str::trim).enumerate() {
        let value = if cell.is_empty() { None } else { read(cell) };
        if value.is_none() && !cell.is_empty() && !NULL_WORDS.contains(&cell) {
            misfits.push(row);
        }
        values.push(value);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::instant_text;

    fn typed(cells: &[&str]) -> Typed {
        infer(Cells::Untyped(cells.iter().copied().collect()))
    }

    #[test]
    fn codes_that_look_like_numbers_stay_text() {
        for code in ["007", "+4420", "99999999999999999999"] {
            assert_eq!(
                kind_of(&typed(&["1", code]).column),
                AttributeKind::Text,
                "{code}"
            );
        }
    }

    #[test]
    fn each_type_is_recognised_and_missing_values_do_not_matter() {
        let kind = |cells: &[&str]| kind_of(&typed(cells).column);
        assert_eq!(kind(&["1", "", "-2"]), AttributeKind::Integer);
        assert_eq!(kind(&["1", "2.5", "n/a"]), AttributeKind::Number);
        assert_eq!(kind(&["true", "", "False"]), AttributeKind::Boolean);
        assert_eq!(
            kind(&["2024-02-29", "2024-03-01T10:00:00+01:00"]),
            AttributeKind::Time
        );
        assert_eq!(kind(&["", ""]), AttributeKind::Empty);
        assert_eq!(kind(&["2024-02-30"]), AttributeKind::Text);
    }

    #[test]
    fn nan_and_infinity_are_misfits_of_a_number_column() {
        let typed = typed(&["1", "NaN", "inf", "2.5"]);
        assert_eq!(
            typed.column,
            Column::Number(vec![Some(1.0), None, None, Some(2.5)])
        );
        assert_eq!(typed.misfits, [1, 2]);
    }

    #[test]
    fn a_mostly_numeric_short_column_is_text_and_says_so() {
        let typed = typed(&["1", "2", "abc"]);
        assert_eq!(kind_of(&typed.column), AttributeKind::Text);
        assert_eq!(typed.mixed, [2]);
    }

    #[test]
    fn one_bad_date_of_many_is_a_misfit_and_one_of_few_is_said() {
        let mut cells = vec!["2024-02-28"; 39];
        cells.push("2024-02-30");
        assert_eq!(kind_of(&typed(&cells).column), AttributeKind::Time);
        assert_eq!(typed(&cells).misfits, [39]);
        let given_as_text = infer(Cells::Texts(cells.iter().copied().collect()));
        assert_eq!(kind_of(&given_as_text.column), AttributeKind::Time);
        let few = typed(&["2024-02-28", "", "2024-02-29", "2024-02-30"]);
        assert_eq!(kind_of(&few.column), AttributeKind::Text);
        assert_eq!((few.mixed, few.mostly), (vec![3], AttributeKind::Time));
        let truths = typed(&["true", "false", "yes"]);
        assert_eq!((truths.mixed, truths.mostly), (vec![2], AttributeKind::Boolean));
    }

    #[test]
    fn blanks_around_a_number_do_not_make_it_text() {
        assert_eq!(
            typed(&[" 1", "2 "]).column,
            Column::Integer(vec![Some(1), Some(2)])
        );
    }

    #[test]
    fn instants_are_read_as_utc_and_written_back() {
        assert_eq!(instant("1970-01-02"), Some(86_400_000));
        assert_eq!(instant("1970-01-01T01:00:00+01:00"), Some(0));
        assert_eq!(instant("1970-01-01 00:00:01"), Some(1000));
        assert_eq!(instant_text(86_400_000), "1970-01-02");
        assert_eq!(instant_text(1500), "1970-01-01T00:00:01.5Z");
    }

    #[test]
    fn picked_rows_are_coded_by_first_appearance() {
        let column = text_column(&["a", "b", "c"].into_iter().collect());
        let Column::Text { codes, values } = pick(&column, &[2, 0, 2]) else {
            panic!("text stays text")
        };
        assert_eq!(
            (codes, values),
            (vec![0, 1, 0], vec!["c".to_owned(), "a".to_owned()])
        );
    }
}
