//! What a model writes over all reports: the executive summary, and recommendations tied to objectives.

use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::adviser::{Adviser, Ask};
use super::prose::{Ground, Said, WordBook, labels, sentence_faults};
use super::quality::Note;
use super::write_findings::{Wrong, mending, unfit, values};
use super::written::{Mended, ShownFact, cited, shown_fact};
use crate::llm::{Data, DataError, Filling, Less, LlmError, Narrow, Role};
use crate::model::{
    fact::{Claim, Fact},
    id::{ClaimId, FactId, FindingId, RequirementId},
    report::{Advised, Executive, Report, RunReport},
};

/// Sentences of the summary at most.
pub const MOST_SENTENCES: usize = 5;

/// Tokens of the findings in the prompt at most.
const MOST_TOKENS: u64 = 12_000;

/// Tokens of the reply.
const REPLY_TOKENS: u32 = 1_500;

/// An executive summary as a model writes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
pub struct SummaryProse {
    /// What matters most, in order.
    #[garde(length(max = 5), inner(length(chars, max = 400)))]
    pub sentences: Vec<String>,
    /// What to do.
    #[garde(length(max = 5), dive)]
    pub recommendations: Vec<RecommendationProse>,
}

/// A recommendation as a model writes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
pub struct RecommendationProse {
    /// Id of the objective that it serves, or `none`.
    #[garde(length(max = 120))]
    pub objective: String,
    /// Id of the finding that it follows from.
    #[garde(length(max = 120))]
    pub finding: String,
    /// What to do, in one sentence.
    #[garde(length(chars, max = 400))]
    pub text: String,
}

/// The index with what of the model's summary holds; what does not is counted among the dropped.
///
/// # Errors
///
/// As [`Adviser::ask`].
pub async fn write(
    adviser: &Adviser,
    mut index: RunReport,
    book: &WordBook,
) -> Result<(RunReport, Vec<Note>), LlmError> {
    if index.reports.iter().all(|(_, it)| it.findings.is_empty()) {
        return Ok((index, Vec::new()));
    }
    let facts = facts(&index);
    let ask = match asking(&index, &facts) {
        Ok(ask) => ask,
        Err(error) => return Ok((index, vec![unfit(&error)])),
    };
    let advice = adviser.ask(ask).await?;
    let Some(prose) = advice.value else {
        return Ok((index, advice.notes));
    };
    let labels = index.reports.iter().flat_map(|(_, it)| labels(it)).collect();
    let ground = Ground {
        facts: &facts,
        labels: &labels,
        book,
        said: &Said::default(),
        is_advice: false,
    };
    let mut notes = advice.notes;
    let said = said(&index, &facts);
    let (mut executive, mut wrong) = adopt(&prose, &index, &ground, &said);
    if !wrong.is_empty() {
        let private = index.reports.iter().flat_map(|(_, it)| values(it)).collect();
        match mending(Role::Summary, &wrong, &facts, private) {
            Ok(ask) => {
                let advice = adviser.ask(ask).await?;
                notes.extend(advice.notes);
                if let Some(answer) = advice.value {
                    (executive, wrong) = adopt(&anew(prose, &wrong, &answer), &index, &ground, &said);
                }
            }
            Err(error) => notes.push(unfit(&error)),
        }
    }
    index.verdict.verified += u32::try_from(executive.citing().count()).unwrap_or(u32::MAX);
    let dropped = wrong.iter().map(|it| format!("claim {}", it.told()));
    index.verdict.dropped.extend(dropped);
    let holds = executive.claims().next().is_some();
    index.executive = holds.then_some(executive);
    Ok((index, notes))
}

/// The summary with the sentences at `wrong` places as the model wrote them anew; those that it took back are empty.
fn anew(prose: SummaryProse, wrong: &[Wrong], answer: &Mended) -> SummaryProse {
    let mended = |place: String, text: String| {
        if wrong.iter().all(|it| it.place != place) {
            return text;
        }
        let found = answer.sentences.iter().find(|it| it.place == place);
        found.map(|it| it.text.clone()).unwrap_or_default()
    };
    let sentences = prose.sentences.into_iter().enumerate();
    let recommendations = prose.recommendations.into_iter().enumerate();
    SummaryProse {
        sentences: sentences.map(|(at, it)| mended(sentence_place(at), it)).collect(),
        recommendations: recommendations
            .map(|(at, it)| RecommendationProse {
                text: mended(recommendation_place(at), it.text.clone()),
                ..it
            })
            .collect(),
    }
}

fn sentence_place(at: usize) -> String {
    format!("summary.{}", at + 1)
}

fn recommendation_place(at: usize) -> String {
    format!("recommendation.{}", at + 1)
}

fn asking<'a>(index: &RunReport, facts: &[Fact]) -> Result<Ask<'a, SummaryProse>, DataError> {
    let findings = index.reports.iter().flat_map(|(_, it)| &it.findings);
    let objectives = &index.requirements.objectives;
    let wanted = objectives
        .iter()
        .map(|it| serde_json::json!({ "objective": it.id, "text": it.text, "priority": it.priority }));
    let place = |name: &str| format!("/properties/recommendations/items/properties/{name}");
    let none = std::iter::once("none".to_owned());
    Ok(Ask {
        role: Role::Summary,
        prompt: "summary/write",
        form: "summary",
        values: vec![
            (
                "objectives",
                Data::list("objectives", wanted, MOST_TOKENS)?.into(),
            ),
            (
                "findings",
                Data::list("findings", shown(index, facts), MOST_TOKENS)?.into(),
            ),
            ("most", Filling::Number(MOST_SENTENCES as u64)),
        ],
        narrow: vec![
            Narrow::Choices {
                pointer: place("objective"),
                words: objectives.iter().map(|it| it.id.0.clone()).chain(none).collect(),
            },
            Narrow::Choices {
                pointer: place("finding"),
                words: findings.map(|it| it.id.0.clone()).collect(),
            },
        ],
        max_tokens: REPLY_TOKENS,
        less: Some(Less {
            words: "Write at most 2 sentences and 1 recommendation.".to_owned(),
            narrow: vec![
                Narrow::AtMost {
                    pointer: "/properties/sentences".to_owned(),
                    items: 2,
                },
                Narrow::AtMost {
                    pointer: "/properties/recommendations".to_owned(),
                    items: 1,
                },
            ],
        }),
        check: None,
        private: index.reports.iter().flat_map(|(_, it)| values(it)).collect(),
    })
}

/// The facts of all reports under ids that are unique over them: `R1_F3` is fact `F3` of the first.
pub fn facts(index: &RunReport) -> Vec<Fact> {
    let reports = index.reports.iter().zip(1..);
    reports
        .flat_map(|((_, report), number): (_, u32)| {
            report.facts.iter().map(move |it| Fact {
                id: FactId(format!("R{number}_{}", it.id)),
                ..it.clone()
            })
        })
        .collect()
}

/// What each report says of its facts, under the ids of the summary.
fn said(index: &RunReport, facts: &[Fact]) -> Vec<Said> {
    let of_report = |(report, number): (&Report, u32)| {
        let prefix = format!("R{number}_");
        let own: Vec<Fact> = facts
            .iter()
            .filter(|it| it.id.0.starts_with(&prefix))
            .cloned()
            .collect();
        let findings = report.findings.iter().chain(&report.null_findings);
        let claims = findings.clone().flat_map(super::findings::claims);
        let texts: Vec<String> = claims.map(|it| under_prefix(&it.text, number)).collect();
        let said = Said::new(texts.iter().map(String::as_str), &own).with(&report.use_case.question);
        findings.fold(said, |said, it| said.with(&it.title))
    };
    index
        .reports
        .iter()
        .map(|it| &it.1)
        .zip(1..)
        .map(of_report)
        .collect()
}

/// The report that a sentence is about: that of the first fact that it cites.
fn about(text: &str) -> Option<usize> {
    let first = cited(text).into_iter().next()?;
    let (number, _) = first.0.strip_prefix('R')?.split_once('_')?;
    number.parse::<usize>().ok()?.checked_sub(1)
}

/// A sentence of the report `number` with its facts under the ids of the summary.
fn under_prefix(text: &str, number: u32) -> String {
    text.replace("{F", &format!("{{R{number}_F"))
}

/// A finding as the model is shown it for the summary.
#[derive(Debug, Serialize)]
pub struct ShownFinding<'a> {
    finding: &'a str,
    question: &'a str,
    severity: String,
    headline: String,
    facts: Vec<ShownFact<'a>>,
}

/// The findings of all reports as the model is shown them, the gravest first.
pub fn shown<'a>(index: &'a RunReport, facts: &'a [Fact]) -> Vec<ShownFinding<'a>> {
    let mut all = Vec::new();
    for ((_, report), number) in index.reports.iter().zip(1_u32..) {
        for finding in &report.findings {
            let own = |id: &FactId| FactId(format!("R{number}_{id}"));
            let said: Vec<FactId> = super::findings::claims(finding)
                .flat_map(|it| &it.facts)
                .map(own)
                .collect();
            let headline = under_prefix(&finding.headline.text, number);
            all.push((
                std::cmp::Reverse(finding.severity),
                ShownFinding {
                    finding: &finding.id.0,
                    question: &report.use_case.question,
                    severity: format!("{:?}", finding.severity).to_lowercase(),
                    headline,
                    facts: facts
                        .iter()
                        .filter(|it| said.contains(&it.id))
                        .map(shown_fact)
                        .collect(),
                },
            ));
        }
    }
    all.sort_by_key(|it| it.0);
    all.into_iter().map(|it| it.1).collect()
}

/// The sentences and recommendations that hold, and those that do not. What is empty was taken back.
fn adopt(
    prose: &SummaryProse,
    index: &RunReport,
    ground: &Ground<'_>,
    said: &[Said],
) -> (Executive, Vec<Wrong>) {
    let mut wrong = Vec::new();
    let mut executive = Executive::default();
    let is_left = |text: &str| !text.trim().is_empty();
    let sentences = prose.sentences.iter().take(MOST_SENTENCES).enumerate();
    for (at, text) in sentences.filter(|it| is_left(it.1)) {
        let said = about(text).and_then(|it| said.get(it));
        let faults = match said {
            Some(said) => sentence_faults(text, &Ground { said, ..*ground }),
            None => vec!["it cites no fact of a report".to_owned()],
        };
        let place = sentence_place(at);
        match faults.is_empty() {
            true => executive.sentences.push(claim(place, text)),
            false => wrong.push(Wrong {
                place,
                text: text.clone(),
                faults,
            }),
        }
    }
    let recommendations = prose.recommendations.iter().enumerate();
    for (at, advice) in recommendations.filter(|it| is_left(&it.1.text)) {
        let place = recommendation_place(at);
        match advised(advice, &place, index, ground, said) {
            Ok(advised) => executive.recommendations.push(advised),
            Err(reason) => wrong.push(Wrong {
                place,
                text: advice.text.clone(),
                faults: vec![reason],
            }),
        }
    }
    let used: Vec<FactId> = executive.claims().flat_map(|it| it.facts.clone()).collect();
    executive.facts = ground
        .facts
        .iter()
        .filter(|it| used.contains(&it.id))
        .cloned()
        .collect();
    (executive, wrong)
}

fn advised<'r>(
    advice: &RecommendationProse,
    id: &str,
    index: &'r RunReport,
    ground: &Ground<'_>,
    said: &'r [Said],
) -> Result<Advised, String> {
    let finding = FindingId(advice.finding.clone());
    let mut reports = index.reports.iter().map(|it| &it.1).zip(said);
    let of = |(report, said): (&'r Report, &'r Said)| {
        let own = report.findings.iter().find(|it| it.id == finding)?;
        Some((report, said, own.template.clone()))
    };
    let Some((report, said, template)) = reports.find_map(of) else {
        return Err(format!("there is no finding `{finding}`"));
    };
    let number = index.reports.iter().position(|it| std::ptr::eq(&it.1, report));
    let foreign = cited(&advice.text).into_iter().find(|id| {
        let fact = ground.facts.iter().find(|it| it.id == *id);
        let of = |it: &Fact| it.execution.as_ref().is_none_or(|it| *it == template);
        about(&format!("{{{id}}}")) != number || !fact.is_none_or(of)
    });
    if let Some(id) = foreign {
        return Err(format!("{{{id}}} is no fact of `{finding}`; cite its own"));
    }
    let objectives = &index.requirements.objectives;
    let objective = RequirementId(advice.objective.clone());
    let objective = match advice.objective.as_str() {
        "none" | "" => None,
        _ if objectives.iter().any(|it| it.id == objective) => Some(objective),
        other => return Err(format!("there is no objective `{other}`")),
    };
    let ground = Ground {
        said,
        is_advice: true,
        ..*ground
    };
    let faults = sentence_faults(&advice.text, &ground);
    if !faults.is_empty() {
        return Err(faults.join("; "));
    }
    Ok(Advised {
        objective,
        finding,
        what: claim(id.to_owned(), &advice.text),
    })
}

fn claim(id: String, text: &str) -> Claim {
    Claim {
        id: ClaimId(id),
        text: text.trim().to_owned(),
        facts: cited(text),
        by_model: true,
    }
}

/// What of an executive summary is not what the reports say: a fact with another value, or a sentence that
/// cites one that is not there.
pub fn summary_faults(executive: &Executive, index: &RunReport) -> Vec<String> {
    let known = facts(index);
    let mut faults = Vec::new();
    for fact in &executive.facts {
        if known.iter().all(|it| it != fact) {
            faults.push(format!("fact {} of the summary is in no report", fact.id));
        }
    }
    for claim in executive.claims() {
        let lost = cited(&claim.text)
            .into_iter()
            .find(|id| executive.facts.iter().all(|it| it.id != *id));
        if let Some(id) = lost {
            faults.push(format!(
                "claim {}: it cites {id}, which the summary lacks",
                claim.id
            ));
        }
    }
    faults
}
