//! Asks a model to look over a plan, and takes what the registry and the plan allow.
//!
//! A model may give a parameter another value in its range, unless the brief set it, and may leave out a
//! template whose questions another one answers. It adds no template and touches no projection. Parameters
//! that say yes or no, name vertices or list values decide what is asked, those of `EXACTNESS` how exact the
//! answer is; they stay, and so does what a pattern sets itself without saying that a number may stand in for
//! it. A value by which the work would grow beyond `MOST_TIMES` of what was planned is refused.

use garde::Validate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::adviser::{Adviser, Ask};
use super::prose::{WordBook, plain_faults};
use super::quality::Note;
use super::showing::{choices, list, told};
use super::templates::{described, size, sized, template_id};
use crate::algorithms::{Algorithm, Extent, ParameterInfo};
use crate::llm::{Filling, LlmError, Role};
use crate::model::{
    id::{TemplateId, UseCaseId},
    schema::Schema,
    template::{Assignment, Projection, Rejection, Template, TemplatePlan},
    use_case::UseCase,
    vertical::{Pattern, Vertical},
};

/// Settings, and templates left out, that a model may name.
const MOST: u64 = 10;
/// By how much a setting may make the work grow.
const MOST_TIMES: u64 = 10;
/// Parameters that decide how exact an answer is, or how much of it is kept.
const EXACTNESS: [&str; 16] = [
    "delta",
    "epochs",
    "max_cycles",
    "max_iterations",
    "max_levels",
    "max_links",
    "max_pairs",
    "max_searches",
    "max_walks",
    "method",
    "negatives",
    "samples",
    "seed",
    "simulations",
    "tolerance",
    "trials",
];
/// Tokens of each list in a prompt at most.
const LIST_TOKENS: u64 = 6_000;
/// Tokens of a reply: twenty choices of some 60 tokens.
const REPLY_TOKENS: u32 = 1_200;

/// What a model chooses otherwise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
pub struct TemplateChoices {
    /// Parameters with other values.
    #[garde(length(max = 10), dive)]
    pub settings: Vec<ChosenSetting>,
    /// Templates that do not help.
    #[garde(length(max = 10), dive)]
    pub leave_out: Vec<LeftOut>,
}

/// A parameter with another value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
pub struct ChosenSetting {
    /// Id of the template.
    #[garde(length(chars, max = 120))]
    pub template: String,
    /// Name of the parameter.
    #[garde(length(chars, max = 40))]
    pub parameter: String,
    /// The value, as text.
    #[garde(length(chars, max = 40))]
    pub value: String,
    /// Why, in one sentence.
    #[garde(length(chars, max = 200))]
    pub why: String,
}

/// A template that does not help.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
pub struct LeftOut {
    /// Id of the template.
    #[garde(length(chars, max = 120))]
    pub template: String,
    /// Why, in one sentence.
    #[garde(length(chars, max = 200))]
    pub why: String,
}

/// What choices are judged by.
#[derive(Clone, Copy)]
pub struct Bounds<'a> {
    /// What is in the graph.
    pub schema: &'a Schema,
    /// The field's patterns.
    pub vertical: &'a Vertical,
    /// The words that there are.
    pub book: &'a WordBook,
}

/// `base` with what a model chooses otherwise, where registry and plan allow it.
///
/// # Errors
///
/// As [`Adviser::ask`].
pub async fn choose(
    adviser: &Adviser,
    base: TemplatePlan,
    use_cases: &[UseCase],
    bounds: Bounds<'_>,
) -> Result<(TemplatePlan, Vec<Note>), LlmError> {
    if base.templates.is_empty() {
        return Ok((base, Vec::new()));
    }
    let advice = adviser.ask(asking(&base, use_cases, bounds.vertical)?).await?;
    let mut notes = advice.notes;
    let Some(answer) = advice.value else {
        return Ok((base, notes));
    };
    let (plan, more) = adopt(base, &answer, bounds);
    notes.extend(more);
    Ok((plan, notes))
}

/// A template as a model is shown it.
#[derive(Debug, Serialize)]
struct ShownTemplate<'a> {
    template: &'a TemplateId,
    questions: &'a [UseCaseId],
    algorithm: &'static str,
    tells: &'static str,
    sees: String,
    parameters: Vec<ShownParameter>,
}

#[derive(Debug, Serialize)]
struct ShownParameter {
    parameter: &'static str,
    value: Value,
    range: &'static str,
    meaning: &'static str,
}

fn asking<'a>(
    base: &TemplatePlan,
    use_cases: &[UseCase],
    vertical: &Vertical,
) -> Result<Ask<'a, TemplateChoices>, LlmError> {
    let questions = use_cases
        .iter()
        .filter(|it| base.assignments.iter().any(|known| known.use_case == it.id))
        .map(|it| serde_json::json!({ "question": it.id, "asks": it.question, "limit": it.limit }));
    let shown: Vec<ShownTemplate<'_>> = base
        .templates
        .iter()
        .map(|it| shown(it, base, vertical))
        .collect();
    let settable = shown.iter().flat_map(|it| &it.parameters);
    let mut parameters: Vec<String> = settable.map(|it| it.parameter.to_owned()).collect();
    parameters.sort();
    parameters.dedup();
    let ids: Vec<String> = base.templates.iter().map(|it| it.id.0.clone()).collect();
    let narrow = [
        choices("/properties/settings/items/properties/template", ids.clone()),
        choices("/properties/settings/items/properties/parameter", parameters),
        choices("/properties/leave_out/items/properties/template", ids),
    ];
    Ok(Ask {
        role: Role::Templates,
        prompt: "templates/choose",
        form: "template_choices",
        values: vec![
            ("questions", list("questions", questions, LIST_TOKENS)?),
            ("templates", list("templates", shown, LIST_TOKENS)?),
            ("most", Filling::Number(MOST)),
        ],
        narrow: narrow.into_iter().flatten().collect(),
        max_tokens: REPLY_TOKENS,
        less: None,
        check: None,
        private: Vec::new(),
    })
}

fn shown<'a>(template: &'a Template, plan: &TemplatePlan, vertical: &Vertical) -> ShownTemplate<'a> {
    let info = template.algorithm.info();
    let values = values(&template.algorithm);
    let settable = info
        .parameters
        .iter()
        .filter(|it| fixed(it, &template.id, plan, vertical).is_none());
    ShownTemplate {
        template: &template.id,
        questions: &template.use_cases,
        algorithm: info.name,
        tells: info.summary,
        sees: described(&template.projection),
        parameters: settable
            .map(|it| ShownParameter {
                parameter: it.name,
                value: values.get(it.name).cloned().unwrap_or(Value::Null),
                range: it.range,
                meaning: it.meaning,
            })
            .collect(),
    }
}

/// Why a parameter of a template stays as it is, if it does.
fn fixed(
    parameter: &ParameterInfo,
    template: &TemplateId,
    plan: &TemplatePlan,
    vertical: &Vertical,
) -> Option<&'static str> {
    if !matches!(parameter.kind, "number" | "whole number" | "text") {
        return Some("it decides what is asked");
    }
    if EXACTNESS.contains(&parameter.name) {
        return Some("it decides how exact the answer is");
    }
    let own = plan.assignments.iter().filter(|it| it.template == *template);
    let of_brief = |it: &Assignment| it.from_brief.iter().any(|it| it.sets == parameter.name);
    if own.clone().any(of_brief) {
        return Some("the brief sets it");
    }
    let of_pattern = |it: &Pattern| {
        let may_vary = it.from_brief.iter().any(|it| it.sets == parameter.name);
        it.parameters.contains_key(parameter.name) && !may_vary
    };
    let patterns = own.filter_map(|it| vertical.patterns.iter().find(|known| known.id == it.pattern));
    patterns
        .into_iter()
        .any(of_pattern)
        .then_some("the pattern sets it")
}

/// The parameters of an algorithm by name.
fn values(algorithm: &Algorithm) -> serde_json::Map<String, Value> {
    match serde_json::to_value(algorithm) {
        Ok(Value::Object(mut values)) => {
            values.remove("name");
            values
        }
        // An algorithm is an object with a name; anything else has no parameters to show.
        Ok(_) | Err(_) => serde_json::Map::new(),
    }
}

/// `base` with the choices that hold, and the reasons why others do not.
pub fn adopt(
    mut base: TemplatePlan,
    answer: &TemplateChoices,
    bounds: Bounds<'_>,
) -> (TemplatePlan, Vec<Note>) {
    let mut notes = Vec::new();
    // A template that has another value has another id; later choices name it by the first.
    let mut renamed: Vec<(String, TemplateId)> = Vec::new();
    let now = |renamed: &[(String, TemplateId)], id: &str| {
        let known = renamed.iter().rev().find(|it| it.0 == id);
        known.map_or_else(|| TemplateId::from(id), |it| it.1.clone())
    };
    for setting in &answer.settings {
        let id = now(&renamed, &setting.template);
        match set(&mut base, &id, setting, bounds) {
            Ok(new) => {
                notes.push(Note::remark(format!(
                    "a model set {} of {new} to {}",
                    told(&setting.parameter),
                    told(&setting.value)
                )));
                renamed.push((setting.template.clone(), new));
            }
            Err(reason) => notes.push(Note::remark(format!(
                "the value {} of {} that a model chose for {} was not taken: {reason}",
                told(&setting.value),
                told(&setting.parameter),
                told(&setting.template)
            ))),
        }
    }
    for left in &answer.leave_out {
        let id = now(&renamed, &left.template);
        match leave_out(&mut base, &id, &left.why, bounds.book) {
            Ok(()) => notes.push(Note::remark(format!("a model left out {id}"))),
            Err(reason) => notes.push(Note::remark(format!(
                "{} was not left out, as a model chose: {reason}",
                told(&left.template)
            ))),
        }
    }
    (base, notes)
}

fn position(plan: &TemplatePlan, id: &TemplateId) -> Result<usize, String> {
    let at = plan.templates.iter().position(|it| it.id == *id);
    at.ok_or_else(|| "the plan has no such template".to_owned())
}

/// Gives a parameter of a template another value; the template's new id.
fn set(
    plan: &mut TemplatePlan,
    id: &TemplateId,
    setting: &ChosenSetting,
    bounds: Bounds<'_>,
) -> Result<TemplateId, String> {
    let at = position(plan, id)?;
    let before = &plan.templates[at];
    let mut known = before.algorithm.info().parameters.iter();
    let parameter = known
        .find(|it| it.name == setting.parameter)
        .ok_or_else(|| format!("{} has no such parameter", before.algorithm.info().name))?;
    if let Some(reason) = fixed(parameter, id, plan, bounds.vertical) {
        return Err(reason.to_owned());
    }
    let algorithm = with(before, parameter, &setting.value)?;
    let algorithm = sized(algorithm, &before.projection, bounds.schema);
    if algorithm == before.algorithm {
        return Err("it has that value".to_owned());
    }
    let extent = extent(&before.projection, bounds.schema);
    let (planned, wanted) = (before.algorithm.work(extent), algorithm.work(extent));
    let grows = |now: u64, then: u64| now > then.max(1).saturating_mul(MOST_TIMES);
    if grows(wanted.operations, planned.operations) || grows(wanted.bytes, planned.bytes) {
        return Err(format!("it takes more than {MOST_TIMES} times the work"));
    }
    let why = setting.why.trim().trim_end_matches('.');
    let why = match plain_faults(why, bounds.book).as_slice() {
        [] => format!(": {why}"),
        _ => String::new(),
    };
    let reason = format!(
        "{} A model chose {} otherwise{why}.",
        before.reason, parameter.name
    );
    Ok(replace(plan, at, algorithm, reason))
}

/// The algorithm of a template with this value of a parameter.
fn with(template: &Template, parameter: &ParameterInfo, value: &str) -> Result<Algorithm, String> {
    let value = value.trim();
    let read = match parameter.kind {
        "text" => {
            let names_attribute = parameter.range.starts_with("an attribute");
            if names_attribute && !template.projection.attributes.iter().any(|it| it == value) {
                return Err("the template sees no such attribute".to_owned());
            }
            Value::from(value)
        }
        _ => match value.parse::<i64>() {
            Ok(whole) => Value::from(whole),
            Err(_) => match value.parse::<f64>() {
                Ok(number) if number.is_finite() => Value::from(number),
                Ok(_) | Err(_) => return Err("it is no number".to_owned()),
            },
        },
    };
    let mut parameters = values(&template.algorithm);
    parameters.insert(parameter.name.to_owned(), read);
    let parameters = parameters.into_iter().collect();
    Algorithm::from_parameters(template.algorithm.info().name, &parameters).map_err(|it| it.to_string())
}

fn extent(projection: &Projection, schema: &Schema) -> Extent {
    let (n, m) = size(projection, schema);
    Extent {
        n,
        m,
        attributes: projection.attributes.len() as u64,
    }
}

/// Puts another algorithm into the template at `at`. Where the plan has that work already, it serves the
/// use cases of both.
fn replace(plan: &mut TemplatePlan, at: usize, algorithm: Algorithm, reason: String) -> TemplateId {
    let mut template = plan.templates.remove(at);
    let new = template_id(&plan.templates, &algorithm, &template.projection);
    let old = std::mem::replace(&mut template.id, new.clone());
    for assignment in plan.assignments.iter_mut().filter(|it| it.template == old) {
        assignment.template = new.clone();
    }
    match plan.templates.iter_mut().find(|it| it.id == new) {
        Some(same) => {
            template.use_cases.retain(|it| !same.use_cases.contains(it));
            same.use_cases.extend(template.use_cases);
        }
        None => plan.templates.insert(
            at,
            Template {
                algorithm,
                reason,
                ..template
            },
        ),
    }
    new
}

/// Takes a template out of the plan, with what it answered among what was rejected.
fn leave_out(plan: &mut TemplatePlan, id: &TemplateId, why: &str, book: &WordBook) -> Result<(), String> {
    let at = position(plan, id)?;
    let is_last = |use_case: &&UseCaseId| {
        let mut own = plan.assignments.iter().filter(|it| it.use_case == **use_case);
        own.all(|it| it.template == *id)
    };
    if let Some(use_case) = plan.templates[at].use_cases.iter().find(is_last) {
        return Err(format!("nothing else answers {use_case}"));
    }
    let why = why.trim().trim_end_matches('.');
    let reason = match plain_faults(why, book).as_slice() {
        [] => format!("a model left it out: {why}"),
        _ => "a model left it out".to_owned(),
    };
    plan.templates.remove(at);
    let (gone, kept) = std::mem::take(&mut plan.assignments)
        .into_iter()
        .partition(|it| it.template == *id);
    plan.assignments = kept;
    let gone: Vec<Assignment> = gone;
    plan.rejected.extend(gone.into_iter().map(|it| Rejection {
        use_case: it.use_case,
        pattern: it.pattern,
        reason: reason.clone(),
    }));
    Ok(())
}
