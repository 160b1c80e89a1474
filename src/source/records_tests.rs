//! The splitter against the `csv` crate, and its cuts against itself.

use csv::ReaderBuilder;
use proptest::prelude::*;

use super::*;

/// Text in which all that matters is frequent.
fn text() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(b"aa1-\"\"\",,;\n\n\r \xc3".to_vec()), 0..60)
}

fn split(text: &[u8], delimiter: u8) -> Vec<Vec<Vec<u8>>> {
    let mut records = Records::of(text, delimiter);
    let mut found = Vec::new();
    while records.advance().is_some() {
        found.push(records.fields().map(<[u8]>::to_vec).collect());
    }
    found
}

proptest! {
    #[test]
    fn records_are_those_of_the_csv_crate(text in text(), delimiter in prop::sample::select(b",;\"1".to_vec())) {
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_slice());
        let expected: Vec<Vec<Vec<u8>>> = reader
            .byte_records()
            .map(|it| it.unwrap().iter().map(<[u8]>::to_vec).collect())
            .collect();
        prop_assert_eq!(split(&text, delimiter), expected);
    }

    /// Whatever stands behind a cut, the records on both sides are those of the whole.
    #[test]
    fn a_cut_divides_no_record(before in text(), behind in text()) {
        let whole = [before.clone(), behind].concat();
        if let Some(cut) = last_end(&before, b',') {
            let parts = [split(&whole[..cut], b','), split(&whole[cut..], b',')].concat();
            prop_assert_eq!(parts, split(&whole, b','));
        }
    }

    #[test]
    fn a_record_is_open_when_more_lines_belong_to_it(text in text()) {
        let mut records = Records::of(&text, b',');
        let mut is_open = false;
        while let Some(record) = records.advance() {
            is_open = record.is_open;
        }
        let more = [text.as_slice(), b"\nx\n"].concat();
        let grown = split(&more, b',').len() > split(&text, b',').len();
        prop_assert_eq!(is_open, !grown);
    }

    #[test]
    fn lines_are_those_of_the_first_bytes(text in text()) {
        let mut records = Records::of(&text, b',');
        let mut expected = 0;
        while let Some(record) = records.advance() {
            expected += skipped(&text, expected);
            let breaks = |end: usize| text[..end].iter().filter(|it| **it == b'\n').count() as u64;
            prop_assert_eq!(record.line, breaks(expected));
            expected = records.position().0;
            prop_assert_eq!(records.position().1, breaks(expected));
        }
    }
}

fn skipped(text: &[u8], from: usize) -> usize {
    text[from..].iter().take_while(|it| is_line_end(**it)).count()
}

#[test]
fn numbers_are_plain_when_they_are_written_as_numbers_are() {
    for text in ["0", "7", "-5", "123456789012345678"] {
        assert_eq!(
            whole(text.as_bytes()).map(|it| it.to_string()).as_deref(),
            Some(text)
        );
    }
    for text in [
        "",
        "-",
        "-0",
        "007",
        "+1",
        "1.0",
        " 1",
        "1 ",
        "1234567890123456789",
        "٣",
    ] {
        assert_eq!(whole(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn a_record_of_numbers_is_read_at_once_and_anything_else_is_left() {
    let mut records = Records::of(b"\n1,-2\n3,4\r\n5\n6,7,8\n9,10", b',');
    let mut values = [0; 2];
    assert_eq!((records.advance_whole(&mut values), values), (Some(1), [1, -2]));
    assert_eq!((records.advance_whole(&mut values), values), (Some(2), [3, 4]));
    for (line, fields) in [(3, 1), (4, 3), (5, 2)] {
        assert_eq!(records.advance_whole(&mut values), None);
        assert_eq!((records.advance().unwrap().line, records.len()), (line, fields));
    }
    assert_eq!(records.advance(), None);
}
