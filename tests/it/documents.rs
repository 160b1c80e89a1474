//! Documents are read whole or refused, and passages stand where they say.

use std::fs;

use gaai::documents::{DocumentError, LARGEST, from_bytes, from_text, read_files};
use gaai::model::document::{Document, PassageKind};
use proptest::prelude::*;

/// What every document must hold: passages in order, apart from each other, within the text, on
/// lines that exist, and made of the words of their slice.
pub(crate) fn check_passages(document: &Document) {
    let mut behind = 0;
    for (index, passage) in document.passages.iter().enumerate() {
        assert_eq!(passage.index as usize, index);
        assert!(
            passage.start >= behind && passage.start < passage.end,
            "{passage:?}"
        );
        behind = passage.end;
        let slice = document
            .text
            .get(passage.start..passage.end)
            .expect("on character boundaries");
        let line = document.text[..passage.start].matches('\n').count() + 1;
        assert_eq!(passage.line as usize, line);
        assert!(!passage.text.is_empty());
        if !slice.contains('&') {
            // Markup may stand within a word, so letters are compared, in order.
            let mut letters = slice.chars();
            for letter in passage.text.chars().filter(|it| it.is_alphanumeric()) {
                assert!(
                    letters.any(|it| it == letter),
                    "`{letter}` of {passage:?} is not in {slice:?}"
                );
            }
        }
    }
}

fn shape(document: &Document) -> Vec<(PassageKind, &str)> {
    document
        .passages
        .iter()
        .map(|it| (it.kind, it.text.as_str()))
        .collect()
}

#[test]
fn markdown_becomes_headings_items_sentences_and_rows() {
    use PassageKind::{Heading, Item, Row, Sentence};
    let text = "# Title\n\n**Sponsor:** Head, *Ops*. **Audience:** board.\n\n## Aims\n1. First\n   goes on.\n2. Second\n   - nested `x`\n\nWe want to know these things about it:\n\n- third\n\nAfter.\n\n**Limits**\n\nNone.\n\n| What | When |\n|---|---|\n| | soon |\n| a | b |\n";
    let document = from_bytes(text.as_bytes(), "b.md", 1).unwrap();
    check_passages(&document);
    assert_eq!(
        shape(&document),
        [
            (Heading, "Title"),
            (Sentence, "Sponsor: Head, Ops."),
            (Sentence, "Audience: board."),
            (Heading, "Aims"),
            (Item, "First goes on."),
            (Item, "Second"),
            (Item, "nested x"),
            (Sentence, "We want to know these things about it:"),
            (Item, "third"),
            (Sentence, "After."),
            (Heading, "Limits"),
            (Sentence, "None."),
            (Row, "What | When"),
            (Row, "soon"),
            (Row, "a | b"),
        ]
    );
    let above = |index: usize| document.passages[index].headings.join(" > ");
    assert_eq!(above(4), "Title > Aims");
    assert_eq!(above(8), "Title > Aims > We want to know these things about it");
    assert_eq!(above(9), "Title > Aims");
    assert_eq!(above(11), "Title > Aims > Limits");
    assert_eq!(above(14), "Title > Aims > Limits > What | When");
}

#[test]
fn plain_text_becomes_headings_items_and_sentences() {
    use PassageKind::{Heading, Item, Sentence};
    let text = "Resilience of the network\n\nAIMS\nWe ask two things. Here they are:\n1) which stops\n   strand others\n2) which are far\n\nLimits\n------\n• At most 10.\n\nSuccess criteria\n\nA list.\n";
    let document = from_bytes(text.as_bytes(), "b.txt", 1).unwrap();
    check_passages(&document);
    assert_eq!(
        shape(&document),
        [
            (Heading, "Resilience of the network"),
            (Heading, "AIMS"),
            (Sentence, "We ask two things."),
            (Sentence, "Here they are:"),
            (Item, "which stops strand others"),
            (Item, "which are far"),
            (Heading, "Limits"),
            (Item, "At most 10."),
            (Heading, "Success criteria"),
            (Sentence, "A list."),
        ]
    );
}

#[test]
fn offsets_point_at_the_words_despite_marks_line_ends_and_references() {
    let text = "\u{feff}# A\r\n\r\nFish &amp; chips **cost** 5 \\* 2 €. Next?\r\n";
    let document = from_bytes(text.as_bytes(), "b.md", 3).unwrap();
    assert_eq!(document.id.0, "D3");
    let slices: Vec<&str> = document
        .passages
        .iter()
        .map(|it| &document.text[it.start..it.end])
        .collect();
    assert_eq!(slices, ["A", "Fish &amp; chips **cost** 5 \\* 2 €.", "Next?"]);
    assert_eq!(document.passages[1].text, "Fish & chips cost 5 * 2 €.");
}

#[test]
fn what_cannot_be_read_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let fails = |name: &str| read_files(&[path(name)]).unwrap_err().to_string();
    fs::create_dir(path("none")).unwrap();
    fs::write(path("none/data.csv"), "a,b\n").unwrap();
    fs::write(path("empty.md"), "").unwrap();
    fs::write(path("blank.txt"), " \n\t\n").unwrap();
    fs::write(path("brief.docx"), "PK").unwrap();
    fs::write(path("latin.md"), b"caf\xe9 is closed").unwrap();
    fs::File::create(path("huge.md"))
        .unwrap()
        .set_len(50 * 1024 * 1024)
        .unwrap();
    assert!(fails("absent.md").contains("absent.md"));
    assert!(fails("none").contains("no .md or .txt file"));
    assert!(fails("empty.md").starts_with("the brief is empty: empty.md"));
    assert!(fails("blank.txt").starts_with("the brief is empty: blank.txt"));
    assert!(fails("brief.docx").contains(".md and .txt are supported"));
    assert!(fails("latin.md").contains("byte 3"));
    let huge = fails("huge.md");
    assert!(
        huge.contains("52428800") && huge.contains(&LARGEST.to_string()),
        "{huge}"
    );
    assert!(matches!(from_text("", 1), Err(DocumentError::Empty { .. })));
}

#[test]
fn a_directory_stands_for_its_documents_in_name_order() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["b.md", "a.txt", "C.MD", "data.csv"] {
        fs::write(folder.path().join(name), "Which?").unwrap();
    }
    let documents = read_files(&[folder.path().to_owned(), folder.path().join("b.md")]).unwrap();
    let names: Vec<(&str, &str)> = documents
        .iter()
        .map(|it| (it.id.0.as_str(), it.name.as_str()))
        .collect();
    assert_eq!(
        names,
        [("D1", "C.MD"), ("D2", "a.txt"), ("D3", "b.md"), ("D4", "b.md")]
    );
    assert_eq!(from_text("Which?", 5).unwrap().name, "inline-5");
}

/// Texts made of what matters to the two readers.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zäé0-9€]{1,6}",
        Just("# ".to_owned()),
        Just("\n".to_owned()),
        Just("\n\n".to_owned()),
        Just("- ".to_owned()),
        Just("1. ".to_owned()),
        Just("**".to_owned()),
        Just("`".to_owned()),
        Just("| ".to_owned()),
        Just("|---|---|\n".to_owned()),
        Just(". ".to_owned()),
        Just(":\n".to_owned()),
        Just("    ".to_owned()),
        Just("> ".to_owned()),
        Just("[x](y) ".to_owned()),
        Just("<b>".to_owned()),
        Just("\\*".to_owned()),
        Just("===\n".to_owned()),
        Just("\r\n".to_owned()),
    ];
    prop::collection::vec(piece, 1..40).prop_map(|it| it.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn passages_stand_where_they_say(text in text()) {
        for name in ["b.md", "b.txt"] {
            if let Ok(document) = from_bytes(text.as_bytes(), name, 1) {
                check_passages(&document);
            }
        }
    }

    #[test]
    fn no_word_of_a_plain_text_is_lost(text in "([a-z]{1,5}[ .\n]{1,2}){1,30}") {
        let document = from_bytes(text.as_bytes(), "b.txt", 1).unwrap();
        let words = |it: &str| it.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        let found: Vec<String> = document.passages.iter().flat_map(|it| words(&it.text)).collect();
        let expected: Vec<String> = words(&text);
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn the_words_of_html_blocks_are_read_and_their_markup_is_not() {
    let text = "<!-- a note\nfor us -->\n<p>Find the <b>critical</b> stations.</p>\n<style>\np { color: red }\n</style>\n";
    let document = from_text(text, 1).unwrap();
    check_passages(&document);
    let texts: Vec<&str> = document.passages.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(texts, ["Find the critical stations."]);
    let error = from_text("<!-- nothing but a note -->\n", 1).unwrap_err();
    assert!(matches!(error, DocumentError::Empty { .. }), "{error}");
}
