//! Chooses the delimiter of a text table: the one given, else the one that splits the first lines most
//! evenly.

use super::blocks::Blocks;
use super::error::SourceError;
use super::records::Records;

/// Delimiters that are tried, in this order when equally good.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// Lines that the delimiter is guessed from.
const GUESS_LINES: usize = 50;

/// Bytes in which those lines are looked for at first, and at most.
const GUESS_BYTES: (usize, usize) = (1 << 16, 1 << 24);

/// What the extension says the delimiter is.
pub(super) fn usual(place: &str) -> u8 {
    let tabbed = place.ends_with(".tsv") || place.ends_with(".tab");
    if tabbed { b'\t' } else { b',' }
}

/// The delimiter of the table in `blocks`; `change` is the line of `graph.toml` that sets it.
pub(super) fn choose(
    place: &str,
    blocks: &mut Blocks,
    given: Option<char>,
    change: &str,
) -> Result<u8, SourceError> {
    let own = given
        .map(|it| u8::try_from(it).ok().filter(u8::is_ascii).ok_or(it))
        .transpose()
        .map_err(|it| {
            malformed(
                place,
                0,
                &format!("the delimiter `{it}` is not one ASCII character"),
            )
        });
    let tried: Vec<u8> = DELIMITERS.into_iter().chain(own.clone().ok().flatten()).collect();
    let mut size = GUESS_BYTES.0;
    while size < GUESS_BYTES.1 {
        let text = blocks.peek(size)?;
        if tried.iter().all(|it| has_lines(text, *it)) || blocks.is_at_end() {
            break;
        }
        size *= 2;
    }
    let text = blocks.peek(size)?;
    let best = best(place, text);
    let Some(given) = own? else {
        return Ok(best.map_or(usual(place), |(delimiter, _)| delimiter));
    };
    match best {
        Some((delimiter, fields)) if delimiter != given && evenness(text, given).is_none() => Err(malformed(
            place,
            1,
            &format!(
                "the delimiter {} splits no line; {} gives {fields} columns: set `{change}`",
                shown(given),
                shown(delimiter)
            ),
        )),
        _ => Ok(given),
    }
}

/// How people call a delimiter.
pub(super) fn shown(delimiter: u8) -> String {
    match delimiter {
        b'\t' => "a tab".to_owned(),
        other => format!("`{}`", char::from(other)),
    }
}

fn best(place: &str, text: &[u8]) -> Option<(u8, usize)> {
    let usual = usual(place);
    let mut best: Option<(f64, u8, usize)> = None;
    for delimiter in std::iter::once(usual).chain(DELIMITERS.into_iter().filter(|it| *it != usual)) {
        let Some((share, fields)) = evenness(text, delimiter) else {
            continue;
        };
        if best.is_none_or(|(other, _, _)| share > other) {
            best = Some((share, delimiter, fields));
        }
    }
    best.map(|(_, delimiter, fields)| (delimiter, fields))
}

/// Share of the first records that have as many fields as the first one, and that number; `None`
/// when `delimiter` does not split the first record.
fn evenness(text: &[u8], delimiter: u8) -> Option<(f64, usize)> {
    let mut records = Records::of(text, delimiter);
    let (mut fields, mut rows, mut even) = (0, 0, 0);
    while rows < GUESS_LINES && records.advance().is_some() {
        if rows == 0 {
            fields = records.len();
        }
        rows += 1;
        even += usize::from(records.len() == fields);
    }
    (fields > 1).then(|| (even as f64 / rows as f64, fields))
}

/// Whether all lines that a guess needs end in `text`.
fn has_lines(text: &[u8], delimiter: u8) -> bool {
    let mut records = Records::of(text, delimiter);
    (0..GUESS_LINES).all(|_| records.advance().is_some()) && records.position().0 < text.len()
}

fn malformed(place: &str, line: u64, reason: &str) -> SourceError {
    SourceError::Malformed {
        path: place.to_owned(),
        line,
        reason: reason.to_owned(),
    }
}
