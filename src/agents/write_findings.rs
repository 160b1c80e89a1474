//! Asks a model to put a report's findings into words: once, and once more for the sentences that do not hold.

use std::collections::BTreeMap;

use super::adviser::{Adviser, Ask};
use super::prose::{WordBook, labels, without_quotes};
use super::quality::Note;
use super::reports;
use super::written::{Mended, Prose, Rejected, judged, mended, proposals, put_in, shown, shown_fact};
use crate::engine::ResultTables;
use crate::llm::{Data, DataError, Less, LlmError, Narrow, Role};
use crate::model::{
    fact::Fact, format::shortened, id::TemplateId, report::Report, schema::Census, vertical::Vertical,
};

/// Tokens of the findings in a prompt at most.
const MOST_TOKENS: u64 = 12_000;

/// Characters of the question that are shown; a brief may ask at any length.
const LONGEST_QUESTION: usize = 2_000;

/// Tokens of a reply: each of the twelve findings at most has seven sentences of some forty tokens.
const REPLY_TOKENS: u32 = 2_000;

/// What the sentences are judged by.
#[derive(Clone, Copy)]
pub struct Judge<'a> {
    /// The words that there are.
    pub book: &'a WordBook,
    /// The complete tables of the report's executions.
    pub tables: &'a BTreeMap<TemplateId, ResultTables>,
    /// The census of the graph.
    pub census: &'a Census,
    /// The field's words.
    pub vertical: &'a Vertical,
}

/// The report with the sentences of the model that hold; those that do not are counted among the dropped.
///
/// # Errors
///
/// As [`Adviser::ask`].
pub async fn write(
    adviser: &Adviser,
    mut report: Report,
    judge: Judge<'_>,
) -> Result<(Report, Vec<Note>), LlmError> {
    if report.findings.is_empty() {
        return Ok((report, Vec::new()));
    }
    let ask = match asking(&report, judge.vertical) {
        Ok(ask) => ask,
        // A limit of the prompt is no fault of the run: the rules' sentences stand.
        Err(error) => return Ok((report, vec![unfit(&error)])),
    };
    let advice = adviser.ask(ask).await?;
    let mut notes = advice.notes;
    let Some(prose) = advice.value else {
        return Ok((report, notes));
    };
    let labels = labels(&report);
    let (mut good, mut bad) = judged(proposals(&prose), &report, &labels, judge.book);
    if !bad.is_empty() {
        let answer = match mending(Role::Findings, &wrong(&bad), &report.facts, values(&report)) {
            Ok(ask) => {
                let advice = adviser.ask(ask).await?;
                notes.extend(advice.notes);
                advice.value
            }
            Err(error) => {
                notes.push(unfit(&error));
                None
            }
        };
        // Without an answer the sentences are dropped as they are.
        if let Some(answer) = answer {
            let (better, worse) = judged(mended(&bad, &answer), &report, &labels, judge.book);
            // One that the model left out itself is not worth counting.
            bad = worse;
            good.extend(better);
        }
    }
    put_in(&mut report, &good);
    let dropped = wrong(&bad).into_iter().map(|it| it.told());
    report.verdict.dropped.extend(dropped);
    reports::verified(&mut report, judge.tables, judge.census);
    Ok((report, notes))
}

/// Names and texts of the data that the facts of a report hold.
pub(super) fn values(report: &Report) -> Vec<String> {
    let names = report.facts.iter().flat_map(|it| it.value.names());
    names.cloned().collect()
}

/// Data of ours that does not fit a prompt is a limit of the prompt, not a fault of the run.
pub(super) fn unfit(error: &DataError) -> Note {
    Note::remark(format!(
        "the model was not asked, and what the rules give stands: {error}"
    ))
}

fn asking<'a>(report: &Report, vertical: &Vertical) -> Result<Ask<'a, Prose>, DataError> {
    let ids = report.findings.iter().chain(&report.null_findings);
    let question = shortened(&report.use_case.question, LONGEST_QUESTION);
    Ok(Ask {
        role: Role::Findings,
        prompt: "findings/write",
        form: "prose",
        values: vec![
            (
                "question",
                Data::value("question", &question, MOST_TOKENS)?.into(),
            ),
            (
                "words",
                Data::value("words", &vertical.vocabulary, MOST_TOKENS)?.into(),
            ),
            (
                "findings",
                Data::list("findings", shown(report), MOST_TOKENS)?.into(),
            ),
        ],
        narrow: vec![Narrow::Choices {
            pointer: "/properties/findings/items/properties/finding".to_owned(),
            words: ids.map(|it| it.id.0.clone()).collect(),
        }],
        max_tokens: REPLY_TOKENS,
        less: Some(Less {
            words: "Write about at most 3 findings, with at most 2 claims each.".to_owned(),
            narrow: vec![Narrow::AtMost {
                pointer: "/properties/findings".to_owned(),
                items: 3,
            }],
        }),
        check: None,
        private: values(report),
    })
}

fn wrong(bad: &[Rejected]) -> Vec<Wrong> {
    let of = |it: &Rejected| Wrong {
        place: it.proposal.place(),
        text: it.proposal.text.clone(),
        faults: it.faults.clone(),
    };
    bad.iter().map(of).collect()
}

/// A sentence that does not hold: its place, what it says, and what is wrong.
pub(super) struct Wrong {
    pub(super) place: String,
    pub(super) text: String,
    pub(super) faults: Vec<String>,
}

impl Wrong {
    /// It as readers are told of it.
    pub(super) fn told(&self) -> String {
        let faults = without_quotes(&self.faults.join("; "));
        format!("{}, written by the model: {faults}", self.place)
    }
}

/// Asks for sentences anew, each under its place, with what is wrong with it.
pub(super) fn mending<'a>(
    role: Role,
    wrong: &[Wrong],
    facts: &[Fact],
    private: Vec<String>,
) -> Result<Ask<'a, Mended>, DataError> {
    let rejected = wrong
        .iter()
        .map(|it| serde_json::json!({ "place": it.place, "text": it.text, "wrong": it.faults }));
    Ok(Ask {
        role,
        prompt: "findings/mend",
        form: "mended",
        values: vec![
            ("rejected", Data::list("rejected", rejected, MOST_TOKENS)?.into()),
            (
                "facts",
                Data::list("facts", facts.iter().map(shown_fact), MOST_TOKENS)?.into(),
            ),
        ],
        narrow: vec![Narrow::Choices {
            pointer: "/properties/sentences/items/properties/place".to_owned(),
            words: wrong.iter().map(|it| it.place.clone()).collect(),
        }],
        max_tokens: REPLY_TOKENS,
        less: None,
        check: None,
        private,
    })
}
