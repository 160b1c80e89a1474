//! Data that gives orders to a model that follows every one changes no analysis, forges no fact, leaves its blocks in
//! no prompt, reaches nobody, and survives as markup in no page and on no console.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use pulldown_cmark::{Event as MarkdownEvent, Options, Parser, Tag};
use serde_json::{Value, json};

use gaai::app::{self, Finished};
use gaai::llm::Speaker;
use gaai::llm::scripted::Scripted;
use gaai::model::format::{Piece, pieces};
use gaai::model::report::RunReport;
use gaai::model::template::Template;

use super::html::{Element, elements};
use super::models::{claims, index};
use super::program::{done, expect};
use super::strangers::{MARK, Place, obedient};

/// A run over hostile data with the model that obeys it.
fn obeyed() -> (Place, Arc<Scripted>, Finished) {
    let place = Place::new(true);
    let model = obedient(&place.orders);
    let finished = place.run("obeyed", Some(model.clone()));
    (place, model, finished)
}

/// The parameters by which two templates differ, with the values of the first.
fn differing(one: &Template, other: &Template) -> Vec<(String, Value)> {
    let parameters = |it: &Template| serde_json::to_value(&it.algorithm).unwrap();
    let (one, other) = (parameters(one), parameters(other));
    let one = one.as_object().unwrap().iter();
    let differing = one.filter(|it| other[it.0] != *it.1);
    differing.map(|it| (it.0.clone(), it.1.clone())).collect()
}

fn templates(index: &RunReport) -> Vec<&Template> {
    let reports = index.reports.iter();
    reports.flat_map(|(_, report)| &report.templates).collect()
}

#[test]
fn orders_in_data_change_no_analysis() {
    let (place, model, finished) = obeyed();
    let without = place.run("without", None);
    let (with, without) = (index(&finished), index(&without));
    let orders = model.asked();
    let obeyed: BTreeSet<_> = orders
        .iter()
        .filter_map(|it| it.prompt.split(' ').next())
        .collect();
    assert_eq!(obeyed.len(), 9, "{obeyed:?}");
    assert_eq!(with.schema, without.schema);
    let pairs = templates(&with).into_iter().zip(templates(&without));
    for (one, other) in pairs.clone() {
        assert_eq!(one.use_cases, other.use_cases);
        assert_eq!(one.projection, other.projection);
        assert_eq!(one.algorithm.info().name, other.algorithm.info().name);
    }
    assert_eq!(templates(&with).len(), templates(&without).len());
    // What the brief leaves open a model may set within its range, and the reader is told so.
    let changed: Vec<_> = pairs.flat_map(|it| differing(it.0, it.1)).collect();
    assert_eq!(changed, [("damping".to_owned(), json!(0.1))]);
    let is_told = with
        .quality
        .iter()
        .any(|it| it.contains("a model set `damping`") && it.contains("`0.1`"));
    assert!(is_told, "{:?}", with.quality);
    assert!(!place.was_called(), "somebody asked for an address in the data");
}

#[test]
fn orders_in_data_forge_no_fact() {
    let (place, _, finished) = obeyed();
    let without = index(&place.run("without", None));
    let with = index(&finished);
    assert!(!with.verdict.dropped.is_empty(), "the model was not heard");
    for ((_, one), (_, other)) in with.reports.iter().zip(&without.reports) {
        let known: BTreeSet<_> = one.facts.iter().map(|it| &it.id).collect();
        for claim in one.findings.iter().flat_map(gaai::agents::findings::claims) {
            let cited = pieces(&claim.text).into_iter();
            let cited = cited.filter_map(|it| match it {
                Piece::Fact(id) => Some(id),
                Piece::Words(_) => None,
            });
            let forged: Vec<_> = cited.filter(|it| !known.contains(it)).collect();
            assert!(forged.is_empty(), "{forged:?} in {}", claim.text);
        }
        if one.templates == other.templates {
            assert_eq!(one.facts, other.facts);
        }
    }
    // No brace but those of citations, no address, no mark of HTML or Markdown.
    for claim in claims(&with).iter().filter(|it| it.by_model) {
        let strange = ["{{", "}}", "://", "<", ">", "[", "]", "`", "|", "\u{1b}"];
        assert!(!strange.iter().any(|it| claim.text.contains(it)), "{claim:?}");
    }
    let verified = app::verify(&finished.directory).unwrap();
    assert!(verified.mismatches.is_empty(), "{verified:?}");
}

#[test]
fn data_stands_in_prompts_as_json_within_blocks_only() {
    let (_, model, _) = obeyed();
    let (mut within, mut shown_again) = (0, 0);
    for request in model.asked() {
        let form = serde_json::to_string(&request.shape).unwrap();
        assert!(!form.contains(MARK), "{}: {form}", request.prompt);
        for turn in request
            .messages
            .iter()
            .filter(|it| it.speaker != Speaker::Assistant)
        {
            let own = outside(&turn.text);
            assert!(!own.contains(MARK), "{}: {own}", request.prompt);
            within += turn.text.matches(MARK).count();
        }
        shown_again += usize::from(request.messages.iter().any(|it| it.speaker == Speaker::Assistant));
    }
    assert!(
        within > 100 && shown_again > 0,
        "{within} within blocks, {shown_again} asked again"
    );
}

/// What stands outside of the blocks of data of a turn; each block is JSON as a whole.
fn outside(text: &str) -> String {
    let (mut own, mut block) = (String::new(), None::<String>);
    for line in text.lines() {
        match &mut block {
            Some(json) if line == "```" => {
                serde_json::from_str::<Value>(json).unwrap_or_else(|it| panic!("{it}: {json}"));
                block = None;
            }
            Some(json) => {
                assert!(!line.contains("```"), "a mark of a block within one: {line}");
                json.push_str(line);
            }
            None if line.starts_with("```json ") => {
                own.push_str(line);
                block = Some(String::new());
            }
            None => own.push_str(line),
        }
    }
    assert_eq!(block, None, "a block without an end: {text}");
    own
}

#[test]
fn markup_in_data_is_markup_in_no_page() {
    let (place, _, finished) = obeyed();
    let harmless = Place::new(false);
    let plain = harmless.run("plain", None);
    let names = written(&finished.directory, ".html");
    assert!(names.len() > 3, "{names:?}");
    for name in names {
        let page = |it: &Finished| fs::read_to_string(it.directory.join(&name)).unwrap();
        assert!(page(&finished).contains(MARK), "{name}");
        let (hostile, plain) = (elements(&page(&finished)), elements(&page(&plain)));
        let mut known = parts(&plain);
        // The mark of what a model worded.
        known.extend(["sup", "sup class", "sup title"].map(str::to_owned));
        let more: Vec<_> = parts(&hostile).difference(&known).cloned().collect();
        assert!(more.is_empty(), "{name}: {more:?}");
        assert_eq!(scripts(&hostile), scripts(&plain), "{name}");
        let (hostile, plain) = (links(&hostile), links(&plain));
        assert!(!plain.is_empty() || name.starts_with("trace"), "{name}");
        for link in hostile.difference(&plain) {
            let is_plain = |it: char| it.is_ascii_alphanumeric() || "#._-/".contains(it);
            assert!(
                link.chars().all(is_plain) && !link.contains("//"),
                "{name}: {link}"
            );
        }
    }
    assert!(!place.was_called());
}

/// The sorts of elements of a page, and of their attributes.
fn parts(page: &[Element]) -> BTreeSet<String> {
    let mut parts = BTreeSet::new();
    for element in page {
        parts.insert(element.name.clone());
        let attributes = element.attributes.iter();
        parts.extend(attributes.map(|it| format!("{} {}", element.name, it.0)));
    }
    parts
}

fn scripts(page: &[Element]) -> usize {
    page.iter().filter(|it| it.name == "script").count()
}

/// What a page leads to or loads.
fn links(page: &[Element]) -> BTreeSet<String> {
    let leads = |it: &&(String, String)| ["href", "src", "action", "xlink:href"].contains(&it.0.as_str());
    let attributes = page.iter().flat_map(|it| &it.attributes);
    attributes.filter(leads).map(|it| it.1.clone()).collect()
}

/// What a run wrote for readers in files whose names end so, relative to its directory.
fn written(run: &Path, end: &str) -> Vec<String> {
    let mut found = Vec::new();
    for folder in ["reports", "trace"] {
        for entry in fs::read_dir(run.join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(end) {
                found.push(format!("{folder}/{name}"));
            }
        }
    }
    found
}

#[test]
fn markup_in_data_is_markup_in_no_markdown() {
    let (_place, _, finished) = obeyed();
    let harmless = Place::new(false);
    let plain = harmless.run("plain", None);
    let names = written(&finished.directory, ".md");
    assert!(names.len() > 3, "{names:?}");
    for name in names {
        let text = |it: &Finished| fs::read_to_string(it.directory.join(&name)).unwrap();
        let hostile = text(&finished);
        // Some readers make links of addresses that stand by themselves.
        assert!(hostile.contains(MARK) && !hostile.contains("http://"), "{name}");
        let (hostile, plain) = (active(&hostile), active(&text(&plain)));
        for part in hostile.difference(&plain) {
            assert!(!part.contains(MARK) && !part.contains("//"), "{name}: {part}");
        }
    }
}

/// What does more than be read in a text of Markdown: elements of HTML, and what links lead to.
fn active(text: &str) -> BTreeSet<String> {
    let events = Parser::new_ext(text, Options::all());
    let part = |it: MarkdownEvent<'_>| match it {
        MarkdownEvent::Html(html) | MarkdownEvent::InlineHtml(html) => Some(html.to_string()),
        MarkdownEvent::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
            Some(dest_url.to_string())
        }
        _ => None,
    };
    events.filter_map(part).collect()
}

#[test]
fn no_order_to_a_terminal_is_passed_on() {
    let (place, _, _) = obeyed();
    let run = [
        "run",
        "--graph",
        "g",
        "--documents",
        "brief.md",
        "--run-id",
        "told",
        "-v",
    ];
    let replay = [
        "--model",
        "custom/obedient",
        "--accept-vertical",
        "--replay",
        "tape",
    ];
    let commands = [
        &[&run[..], &replay].concat()[..],
        &["explain", "told", "critical_points.1"],
        &["trace", "show", "told"],
        &["inspect", "g"],
        &["verify", "told"],
        &["catalog", "show", "told"],
        &["catalog", "lineage", "told"],
        &["algo", "run", "pagerank", "--graph", "g"],
    ];
    let mut shown = 0;
    for words in commands {
        let output = done(place.path(), words);
        let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(0), "{words:?}: {told}");
        assert!(!told.chars().any(steers), "{words:?}: {told:?}");
        shown += told.matches(MARK).count();
    }
    assert!(shown > 5, "nothing hostile was shown");
    files_steer_nothing(place.path());
}

/// Whether a terminal might act on it.
fn steers(it: char) -> bool {
    it.is_control() && it != '\n' && it != '\t' || ('\u{202a}'..='\u{202e}').contains(&it)
}

/// No text that was written below `place` holds an order to a terminal. What strangers wrote is not ours, and
/// tables are no texts.
fn files_steer_nothing(place: &Path) {
    for entry in fs::read_dir(place).unwrap() {
        let path = entry.unwrap().path();
        let is_input = path.ends_with("g") || path.ends_with("brief.md");
        let is_table = path.extension().is_some_and(|it| it == "parquet" || it == "bin");
        if path.is_dir() && !is_input {
            files_steer_nothing(&path);
        } else if !path.is_dir() && !is_input && !is_table {
            let bytes = fs::read(&path).unwrap();
            let is_text = std::str::from_utf8(&bytes).is_ok();
            assert!(
                !is_text || !bytes.contains(&0x1b),
                "{} steers a terminal",
                path.display()
            );
        }
    }
}

/// A document may be of any length, and what it asks is shown to a model in part.
#[test]
fn a_question_of_any_length_leaves_a_report() {
    let place = Place::new(false);
    let long = " and of those behind them".repeat(1_600);
    let ask = format!("Which stations are single points of failure, whose loss cuts others off{long}?");
    fs::write(place.path().join("brief.md"), ask).unwrap();
    let finished = place.run("long", Some(obedient(&place.orders)));
    assert!(index(&finished).failures.is_empty());
    assert_eq!(index(&finished).reports.len(), 1);
    expect(place.path(), &["verify", "long"], 0);
}
