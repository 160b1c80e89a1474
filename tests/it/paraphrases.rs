//! Briefs that ask the questions of the London and Debian briefs, and those of three verticals, in
//! the words of other writers: e-mails, minutes, tickets, tables, telegrams. `expected.tsv` beside
//! them says which topic each asks, and with which words of the brief.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use gaai::agents::requirements::extract;
use gaai::agents::vertical::{VerticalChoice, resolve};
use gaai::agents::vertical_files::load;
use gaai::assets::Assets;
use gaai::documents::read_files;
use gaai::model::requirements::Requirements;
use gaai::model::schema::Census;
use gaai::model::vertical::Vertical;

fn vertical(name: &str) -> Vertical {
    let all = load(&Assets::embedded()).unwrap();
    let choice = VerticalChoice::Named(name.to_owned());
    resolve(&choice, &all, &Census::default(), &[]).unwrap().vertical
}

fn read(folder: &str, brief: &str, vertical: &Vertical) -> Requirements {
    let file = format!("tests/data/briefs/{folder}/{brief}.md");
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file);
    extract(&read_files(&[path]).unwrap(), vertical)
}

/// Letters and digits only, so that markup and line breaks do not matter.
fn bare(text: &str) -> String {
    let kept = text.chars().filter(|it| it.is_alphanumeric());
    kept.flat_map(char::to_lowercase).collect()
}

/// Whether a passage and a quotation are the same words, or one is part of the other.
fn overlaps(passage: &str, quotations: &[&str]) -> bool {
    let passage = bare(passage);
    quotations.iter().any(|it| {
        let quotation = bare(it);
        passage.contains(&quotation) || quotation.contains(&passage)
    })
}

/// How many questions of a folder's briefs may be missed or cited from elsewhere, and how many
/// objectives that nobody asked for may stand beside them; only to be lowered.
struct Ceilings {
    missing: usize,
    beside: usize,
}

/// Reads the briefs of a folder and compares them with its `expected.tsv`. What stands in a folder
/// named after a vertical is read with that vertical, the rest as generic.
fn compare(folder: &str, expected: &str, ceilings: &Ceilings) {
    let mut briefs: BTreeMap<&str, Vec<(&str, Vec<&str>)>> = BTreeMap::new();
    for line in expected.lines() {
        let mut cells = line.split('\t');
        let (brief, topic) = (cells.next().unwrap(), cells.next().unwrap());
        briefs.entry(brief).or_default().push((topic, cells.collect()));
    }
    let verticals = ["generic", "fraud", "supply_chain", "social"].map(|it| (it, vertical(it)));
    let mut missing = Vec::new();
    let mut beside = Vec::new();
    for (brief, expected) in &briefs {
        let own = verticals.iter().find(|it| brief.starts_with(it.0));
        let found = read(folder, brief, &own.unwrap_or(&verticals[0]).1);
        let topics: BTreeSet<&str> = expected.iter().map(|it| it.0).collect();
        for (topic, quotations) in expected {
            match found
                .objectives
                .iter()
                .find(|it| it.topic.as_deref() == Some(topic))
            {
                None => missing.push(format!("{brief}: {topic} is not found")),
                Some(it) if !overlaps(&it.text, quotations) => {
                    missing.push(format!("{brief}: {topic} cites {:?}", it.text));
                }
                Some(_) => {}
            }
        }
        for other in found
            .objectives
            .iter()
            .filter(|it| !topics.contains(it.id.0.as_str()))
        {
            beside.push(format!(
                "{brief}: {} beside, from {:?} ({})",
                other.id,
                other.text,
                other.cues.join(" ")
            ));
        }
    }
    let list = format!("{}\n{}", missing.join("\n"), beside.join("\n"));
    assert!(
        missing.len() <= ceilings.missing,
        "{} missing\n{list}",
        missing.len()
    );
    assert!(beside.len() <= ceilings.beside, "{} beside\n{list}", beside.len());
}

#[test]
fn briefs_of_other_writers_ask_the_same_questions() {
    let expected = include_str!("../data/briefs/paraphrased/expected.tsv");
    compare(
        "paraphrased",
        expected,
        &Ceilings {
            missing: 3,
            beside: 2,
        },
    );
}

#[test]
fn briefs_of_five_trades_ask_their_questions() {
    let expected = include_str!("../data/briefs/trades/expected.tsv");
    compare(
        "trades",
        expected,
        &Ceilings {
            missing: 1,
            beside: 2,
        },
    );
}

/// What no example and no cue was written for: how far the reading carries.
#[test]
fn most_questions_in_wordings_that_nobody_taught_are_understood() {
    let expected = include_str!("../data/briefs/unseen/expected.tsv");
    compare(
        "unseen",
        expected,
        &Ceilings {
            missing: 27,
            beside: 5,
        },
    );
}

#[test]
fn no_unseen_question_is_an_example() {
    let mut examples: BTreeSet<String> = BTreeSet::new();
    for name in ["generic", "fraud", "supply_chain", "social"] {
        let vertical = vertical(name);
        let topics = vertical.topics.iter().flat_map(|it| &it.examples);
        let others = vertical.background.iter().chain(&vertical.other);
        examples.extend(topics.chain(others).map(|it| bare(it)));
    }
    assert!(examples.len() > 1_000);
    for line in include_str!("../data/briefs/unseen/expected.tsv").lines() {
        let question = line.split('\t').next_back().unwrap();
        assert!(!examples.contains(&bare(question)), "{question}");
    }
}
