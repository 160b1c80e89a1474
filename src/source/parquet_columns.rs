//! Columns of Parquet files: what arrays of each type become.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, DecimalType,
    Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType};
use arrow_schema::{DataType, TimeUnit};

use super::cells::{Cells, MISSING_WHOLE, TextCells};
use super::error::SourceError;
use super::growing::{Growing, PartCells};
use crate::graph::Column;

const MS_PER_DAY: i64 = 86_400_000;

/// A column while it is read.
pub(super) enum Decoded {
    /// Whole numbers.
    Integers(Vec<Option<i64>>),
    /// Whole numbers of which some may lie beyond an `i64`.
    Unsigned(Vec<Option<u64>>),
    /// With the rows that hold NaN or infinity.
    Numbers(Vec<Option<f64>>, Vec<usize>),
    /// Truth values.
    Booleans(Vec<Option<bool>>),
    /// Instants.
    Times(Vec<Option<i64>>),
    /// Texts.
    Texts(TextCells),
    /// One side of the edges within a row group; numbers stay numbers.
    Ends(PartCells),
    /// One side of the edges of several row groups.
    AllEnds(Growing),
}

impl Decoded {
    /// The empty column for values of `kind`; `None` when they are not read.
    pub(super) fn of(kind: &DataType, is_end: bool) -> Option<Self> {
        Some(match kind {
            DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32
            | DataType::UInt64
            | DataType::Utf8
            | DataType::LargeUtf8
            | DataType::Utf8View
                if is_end =>
            {
                Self::Ends(PartCells::default())
            }
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
                Self::Integers(Vec::new())
            }
            DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => Self::Integers(Vec::new()),
            DataType::UInt64 => Self::Unsigned(Vec::new()),
            DataType::Float32
            | DataType::Float64
            | DataType::Decimal32(..)
            | DataType::Decimal64(..)
            | DataType::Decimal128(..)
            | DataType::Decimal256(..) => Self::Numbers(Vec::new(), Vec::new()),
            DataType::Boolean => Self::Booleans(Vec::new()),
            DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => Self::Times(Vec::new()),
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Texts(TextCells::default()),
            _ => return None,
        })
    }

    /// Adds the values of `array`, whose first row is row `first` of the file.
    pub(super) fn extend(&mut self, array: &ArrayRef, first: usize) {
        match self {
            Self::Integers(values) => values.extend(integers(array)),
            Self::Unsigned(values) => values.extend(array.as_primitive::<UInt64Type>().iter()),
            Self::Times(values) => values.extend(times(array)),
            Self::Booleans(values) => values.extend(array.as_boolean().iter()),
            Self::Numbers(values, misfits) => {
                for (row, value) in (first..).zip(numbers(array)) {
                    let kept = value.filter(|it| it.is_finite());
                    if value.is_some() && kept.is_none() {
                        misfits.push(row);
                    }
                    values.push(kept);
                }
            }
            Self::Texts(cells) => push_texts(array, cells),
            Self::Ends(cells) => push_ends(array, cells),
            // Batches are read into groups.
            Self::AllEnds(_) => {}
        }
    }

    /// Adds the rows of the group `part`, whose first row is row `first` of the file.
    pub(super) fn append(&mut self, place: &str, part: Self, first: usize) -> Result<(), SourceError> {
        if let Self::Ends(_) = self {
            *self = Self::AllEnds(Growing::new(true));
        }
        match (self, part) {
            (Self::Integers(own), Self::Integers(more)) | (Self::Times(own), Self::Times(more)) => {
                own.extend(more);
            }
            (Self::Unsigned(own), Self::Unsigned(more)) => own.extend(more),
            (Self::Numbers(own, misfits), Self::Numbers(more, others)) => {
                own.extend(more);
                misfits.extend(others.iter().map(|it| first + it));
            }
            (Self::Booleans(own), Self::Booleans(more)) => own.extend(more),
            (Self::Texts(own), Self::Texts(more)) => own.append(&more),
            (Self::AllEnds(own), Self::Ends(more)) => own.append(place, &more)?,
            // A column has one type in all groups.
            _ => {}
        }
        Ok(())
    }

    /// The whole column.
    pub(super) fn finish(self) -> Cells {
        match self {
            Self::Integers(values) => Cells::Typed(Column::Integer(values), Vec::new()),
            Self::Unsigned(values) => unsigned(&values),
            Self::Numbers(values, misfits) => Cells::Typed(Column::Number(values), misfits),
            Self::Booleans(values) => Cells::Typed(Column::Boolean(values), Vec::new()),
            Self::Times(values) => Cells::Typed(Column::Time(values), Vec::new()),
            Self::Texts(cells) => Cells::Texts(cells),
            Self::Ends(_) => Growing::new(true).finish(),
            Self::AllEnds(cells) => cells.finish(),
        }
    }
}

fn widened<T: ArrowPrimitiveType, U>(array: &ArrayRef, widen: impl Fn(T::Native) -> U) -> Vec<Option<U>> {
    array
        .as_primitive::<T>()
        .iter()
        .map(|it| it.map(&widen))
        .collect()
}

fn integers(array: &ArrayRef) -> Vec<Option<i64>> {
    match array.data_type() {
        DataType::Int8 => widened::<Int8Type, _>(array, i64::from),
        DataType::Int16 => widened::<Int16Type, _>(array, i64::from),
        DataType::Int32 => widened::<Int32Type, _>(array, i64::from),
        DataType::Int64 => widened::<Int64Type, _>(array, |it| it),
        DataType::UInt8 => widened::<UInt8Type, _>(array, i64::from),
        DataType::UInt16 => widened::<UInt16Type, _>(array, i64::from),
        DataType::UInt32 => widened::<UInt32Type, _>(array, i64::from),
        _ => vec![None; array.len()],
    }
}

/// Whole numbers where all fit; else texts, since a number of that size is a code and no quantity.
fn unsigned(values: &[Option<u64>]) -> Cells {
    let fitting: Result<Vec<Option<i64>>, _> = values
        .iter()
        .map(|it| it.map(i64::try_from).transpose())
        .collect();
    match fitting {
        Ok(values) => Cells::Typed(Column::Integer(values), Vec::new()),
        Err(_) => {
            let mut cells = TextCells::default();
            for value in values {
                cells.push(&value.map(|it| it.to_string()).unwrap_or_default());
            }
            Cells::Texts(cells)
        }
    }
}

/// The numbers nearest to the decimals.
fn decimals<T: DecimalType + ArrowPrimitiveType>(array: &ArrayRef) -> Vec<Option<f64>> {
    let array = array.as_primitive::<T>();
    (0..array.len())
        .map(|row| array.is_valid(row).then(|| array.value_as_string(row)))
        .map(|text| text.and_then(|it| it.parse().ok()))
        .collect()
}

fn numbers(array: &ArrayRef) -> Vec<Option<f64>> {
    match array.data_type() {
        DataType::Float32 => widened::<Float32Type, _>(array, f64::from),
        DataType::Float64 => widened::<Float64Type, _>(array, |it| it),
        DataType::Decimal32(..) => decimals::<Decimal32Type>(array),
        DataType::Decimal64(..) => decimals::<Decimal64Type>(array),
        DataType::Decimal128(..) => decimals::<Decimal128Type>(array),
        DataType::Decimal256(..) => decimals::<Decimal256Type>(array),
        _ => vec![None; array.len()],
    }
}

fn times(array: &ArrayRef) -> Vec<Option<i64>> {
    match array.data_type() {
        DataType::Date32 => widened::<Date32Type, _>(array, |it| i64::from(it) * MS_PER_DAY),
        DataType::Date64 => widened::<Date64Type, _>(array, |it| it),
        DataType::Timestamp(TimeUnit::Second, _) => {
            widened::<TimestampSecondType, _>(array, |it| it.saturating_mul(1000))
        }
        DataType::Timestamp(TimeUnit::Millisecond, _) => {
            widened::<TimestampMillisecondType, _>(array, |it| it)
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            widened::<TimestampMicrosecondType, _>(array, |it| it.div_euclid(1000))
        }
        DataType::Timestamp(TimeUnit::Nanosecond, _) => {
            widened::<TimestampNanosecondType, _>(array, |it| it.div_euclid(1_000_000))
        }
        _ => vec![None; array.len()],
    }
}

/// Adds ends of edges: numbers as numbers unless one is beyond those that are kept so.
fn push_ends(array: &ArrayRef, cells: &mut PartCells) {
    let whole: Option<Vec<i64>> = match array.data_type() {
        DataType::UInt64 => array
            .as_primitive::<UInt64Type>()
            .iter()
            .map(|it| it.map_or(Some(MISSING_WHOLE), |it| i64::try_from(it).ok()))
            .collect(),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => None,
        DataType::Int64 if array.null_count() == 0 => {
            let values = array.as_primitive::<Int64Type>().values();
            (!values.contains(&MISSING_WHOLE)).then(|| values.to_vec())
        }
        _ => integers(array)
            .into_iter()
            .map(|it| match it {
                Some(MISSING_WHOLE) => None,
                other => Some(other.unwrap_or(MISSING_WHOLE)),
            })
            .collect(),
    };
    match whole {
        Some(whole) => cells.append(&PartCells::Whole(whole)),
        None => {
            let mut texts = TextCells::default();
            match array.data_type() {
                DataType::UInt64 => array
                    .as_primitive::<UInt64Type>()
                    .iter()
                    .for_each(|it| texts.push(&it.map(|it| it.to_string()).unwrap_or_default())),
                DataType::Int64 => integers(array)
                    .into_iter()
                    .for_each(|it| texts.push(&it.map(|it| it.to_string()).unwrap_or_default())),
                _ => push_texts(array, &mut texts),
            }
            cells.append(&PartCells::Texts(texts));
        }
    }
}

fn push_texts(array: &ArrayRef, cells: &mut TextCells) {
    let mut push = |text: Option<&str>| cells.push(text.unwrap_or_default());
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().iter().for_each(&mut push),
        DataType::LargeUtf8 => array.as_string::<i64>().iter().for_each(&mut push),
        DataType::Utf8View => array.as_string_view().iter().for_each(&mut push),
        _ => (0..array.len()).for_each(|_| push(None)),
    }
}
