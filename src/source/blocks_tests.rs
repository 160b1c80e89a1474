//! Whatever the size of the blocks that a text is read in, it is the same table.

use bolero::check;

use super::blocks::Blocks;
use super::cells::{Cells, RawTable};
use super::error::SourceError;
use super::layout::{self, Entry};
use super::{csv, edge_list, jsonl};
use crate::algorithms::Control;

type Read = fn(&Entry, &mut Blocks) -> Result<RawTable, SourceError>;

fn entry(name: &str) -> Entry {
    let listing = layout::list_memory(vec![(name.to_owned(), Vec::new())]).unwrap();
    listing.entries[0].clone()
}

/// The table with all cells as texts: whether numbers were seen to be numbers in each block does not
/// matter, but for the type of the whole column.
fn table(entry: &Entry, bytes: &[u8], size: usize, read: Read) -> Result<RawTable, SourceError> {
    let mut blocks = Blocks::of(&entry.place, bytes, size, &Control::default());
    let read = read(entry, &mut blocks);
    let mut table = read?;
    for column in &mut table.columns {
        if let Cells::Interned(cells) = &column.cells {
            column.cells = Cells::Untyped(cells.clone().into_texts());
        }
    }
    Ok(table)
}

/// Random bytes, made likely to hold what a table is made of.
fn text(bytes: &[u8], alphabet: &[&str]) -> Vec<u8> {
    let piece = |it: &u8| match alphabet.get(usize::from(*it) % (alphabet.len() + 1)) {
        Some(piece) => piece.as_bytes().to_vec(),
        None => vec![*it],
    };
    bytes.iter().flat_map(piece).collect()
}

fn same_in_any_blocks(name: &str, head: &str, alphabet: &[&str], read: Read) {
    let entry = entry(name);
    check!()
        .with_iterations(2_000)
        .with_type::<(u8, Vec<u8>)>()
        .for_each(|(size, bytes)| {
            let text = [head.as_bytes(), &text(bytes, alphabet)].concat();
            let whole = table(&entry, &text, 1 << 20, read);
            assert_eq!(table(&entry, &text, 1 + usize::from(*size), read), whole);
        });
}

#[test]
fn fuzz_csv_blocks() {
    let alphabet = [
        "1", "23", ",", ",", "\n", "\n", "\"", "\"", "a", "\r\n", ";", " ", "-7", "007", "1.5", "ü",
    ];
    same_in_any_blocks("x.csv", "_from,_to\n", &alphabet, csv::read);
    same_in_any_blocks("x.csv", "_key,note\n", &alphabet, csv::read);
    same_in_any_blocks("x.csv", "", &alphabet, csv::read);
}

#[test]
fn fuzz_edge_list_blocks() {
    let alphabet = [
        "1", "23", " ", " ", "\n", "\n", "\t", "#", "a", "\r\n", ",", "0.5",
    ];
    let read: Read = |entry, blocks| edge_list::read(&entry.place, blocks);
    same_in_any_blocks("x.el", "", &alphabet, read);
    same_in_any_blocks("x.el", "7 8\n", &alphabet, read);
}

#[test]
fn fuzz_jsonl_blocks() {
    let alphabet = [
        "{\"_key\": 1}\n",
        "{\"a\": \"x\", \"b\": [1]}\n",
        "{\"b\": true}\n",
        "\n",
        "{",
        "}",
        "null\n",
        "\r",
    ];
    let read: Read = |entry, blocks| jsonl::read(&entry.place, blocks);
    same_in_any_blocks("x.jsonl", "", &alphabet, read);
    same_in_any_blocks("x.jsonl", "{\"_key\": null}\n", &alphabet, read);
}

/// A table of a few blocks at once gives the rows that were written, at any number of threads.
#[test]
fn threads_change_no_row() {
    let mut text = String::from("src,dst,w,note\n");
    for it in 0..20_000_u64 {
        let note = if it % 97 == 0 {
            "\"two\nlines, and \"\"quotes\"\"\""
        } else {
            "x"
        };
        text += &format!("{},{},{}.5,{note}\n", it * 7919 % 1009, it % 501, it % 9);
    }
    let entry = entry("e.csv");
    let expected = table(&entry, text.as_bytes(), 1 << 24, csv::read).unwrap();
    assert_eq!(expected.lines.len(), 20_000);
    assert_eq!(expected.lines.get(19_999), 20_001 + 207);
    for threads in [1, 2, 3, 8] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let read = pool.install(|| table(&entry, text.as_bytes(), 4096, csv::read));
        assert_eq!(read.as_ref(), Ok(&expected), "{threads}");
    }
}
