//! Turns use cases into templates: algorithm, typed parameters, projection; identical work once.
//!
//! A pattern that does not fit the schema is rejected with what is missing, so that coverage can
//! say why a question got no answer. Fallbacks are tried, in order, only where no other pattern of
//! the use case fits.

use std::collections::BTreeMap;

use super::binding::{Binding, Wish, bind};
use super::brief_numbers::Asked;
use crate::algorithms::Algorithm;
use crate::graph::Direction;
use crate::model::{
    id::{ContentHash, TemplateId},
    requirements::Requirements,
    schema::Schema,
    template::{Assignment, BriefSetting, Projection, Rejection, Template, TemplatePlan},
    use_case::UseCase,
    vertical::{Pattern, Vertical},
};

/// Edge visits up to which betweenness is computed exactly: about ten seconds on one core.
const EXACT_VISITS: u64 = 2_000_000_000;

/// Sources sampled at least: the error bound of shares is then below 6 % at 95 % confidence.
const LEAST_SAMPLES: u64 = 500;

/// Distinct templates for `use_cases` in rank order, at most `max_templates` of them.
pub fn generate(
    use_cases: &[UseCase],
    schema: &Schema,
    vertical: &Vertical,
    requirements: &Requirements,
    max_templates: Option<usize>,
) -> TemplatePlan {
    let mut plan = TemplatePlan::default();
    let mut ranked: Vec<&UseCase> = use_cases.iter().collect();
    ranked.sort_by_key(|it| it.rank);
    for use_case in ranked {
        for (pattern, work) in fitting(use_case, schema, vertical, requirements, &mut plan.rejected) {
            add(
                &mut plan,
                use_case,
                pattern,
                work,
                max_templates.unwrap_or(usize::MAX),
            );
        }
    }
    plan
}

/// A pattern bound to the schema.
pub(super) struct WorkItem {
    algorithm: Algorithm,
    /// What was found in the schema.
    pub(super) binding: Binding,
    reason: String,
    from_brief: Vec<BriefSetting>,
    unapplied: Vec<String>,
}

/// The patterns of a use case that fit: all that are no fallbacks, or the first fallback.
fn fitting<'a>(
    use_case: &UseCase,
    schema: &Schema,
    vertical: &'a Vertical,
    requirements: &Requirements,
    rejected: &mut Vec<Rejection>,
) -> Vec<(&'a Pattern, WorkItem)> {
    let mut patterns: Vec<&Pattern> = Vec::new();
    for id in &use_case.patterns {
        match vertical.patterns.iter().find(|it| it.id == *id) {
            Some(pattern) => patterns.push(pattern),
            None => rejected.push(Rejection {
                use_case: use_case.id.clone(),
                pattern: id.clone(),
                reason: format!("the vertical {} has no such pattern", vertical.name),
            }),
        }
    }
    let (fallbacks, own): (Vec<&Pattern>, Vec<&Pattern>) = patterns.into_iter().partition(|it| it.fallback);
    let asked = Asked::of(&use_case.serves, use_case.limit, requirements, &schema.census);
    let mut fit = Vec::new();
    for pattern in own.into_iter().chain(fallbacks) {
        if pattern.fallback && !fit.is_empty() {
            break;
        }
        match work(pattern, &asked, schema, vertical) {
            Ok(work) => fit.push((pattern, work)),
            Err(reason) => rejected.push(Rejection {
                use_case: use_case.id.clone(),
                pattern: pattern.id.clone(),
                reason,
            }),
        }
    }
    fit
}

/// Algorithm and projection of a pattern, or why there is none.
pub(super) fn work(
    pattern: &Pattern,
    asked: &Asked,
    schema: &Schema,
    vertical: &Vertical,
) -> Result<WorkItem, String> {
    let own = planned(pattern, &[])?;
    let wish = Wish {
        hint: &pattern.projection,
        kinds: &vertical.kinds,
        needs_direction: needs_direction(&own),
        unit: asked.unit.as_deref(),
        thresholds: &asked.numbers,
    };
    let binding = bind(wish, schema).map_err(|misfit| format!("the graph lacks {}", misfit.lacks))?;
    let band = binding.threshold.as_ref().map(|it| it.1.as_str());
    let (from_brief, mut unapplied) = asked.settings(pattern, band);
    unapplied.extend(asked.beyond(pattern, &binding.unit));
    keep_longest(&mut unapplied);
    // A number that the algorithm refuses is said to be left out; the pattern's own then stands.
    let (algorithm, from_brief) = match planned(pattern, &from_brief) {
        Ok(algorithm) => (algorithm, from_brief),
        Err(reason) => {
            unapplied.push(reason);
            (own, Vec::new())
        }
    };
    let algorithm = sized(algorithm, &binding.projection, schema);
    let reason = format!("{} It sees {}.", pattern.why, described(&binding.projection));
    Ok(WorkItem {
        algorithm,
        binding,
        reason,
        from_brief,
        unapplied,
    })
}

/// Drops what another item says too: the number inside a clause, the clause of a second question.
fn keep_longest(items: &mut Vec<String>) {
    let said = |it: &String| it.split('"').nth(1).unwrap_or(it).to_owned();
    let mut kept: Vec<String> = Vec::new();
    items.sort_by_key(|it| std::cmp::Reverse(said(it).len()));
    for item in items.drain(..) {
        if !kept.iter().any(|it| said(it).contains(&said(&item))) {
            kept.push(item);
        }
    }
    kept.sort();
    *items = kept;
}

/// The pattern's algorithm with its parameters, some of them set by the brief.
fn planned(pattern: &Pattern, from_brief: &[BriefSetting]) -> Result<Algorithm, String> {
    let mut parameters = BTreeMap::new();
    for (name, value) in &pattern.parameters {
        let value = serde_json::to_value(value)
            .map_err(|error| format!("parameter `{name}` cannot be read: {error}"))?;
        parameters.insert(name.clone(), value);
    }
    for setting in from_brief {
        // Whole numbers stay whole, because most parameters count something.
        let whole = setting.value.fract() == 0.0 && setting.value.abs() < 9e15;
        if let Some(value) = parameters.get_mut(&setting.sets) {
            *value = match whole {
                true => (setting.value as i64).into(),
                false => setting.value.into(),
            };
        }
    }
    Algorithm::from_parameters(&pattern.algorithm, &parameters)
        .map_err(|error| format!("{}: {error}", pattern.algorithm))
}

/// Adds an assignment, and its template unless the same work is planned already.
fn add(plan: &mut TemplatePlan, use_case: &UseCase, pattern: &Pattern, work: WorkItem, most: usize) {
    let id = template_id(&plan.templates, &work.algorithm, &work.binding.projection);
    let full = plan.templates.len() >= most;
    match plan.templates.iter_mut().find(|it| it.id == id) {
        Some(template) if template.use_cases.contains(&use_case.id) => {}
        Some(template) => template.use_cases.push(use_case.id.clone()),
        None if full => {
            plan.rejected.push(Rejection {
                use_case: use_case.id.clone(),
                pattern: pattern.id.clone(),
                reason: format!("the limit of {most} templates was reached by use cases of higher rank"),
            });
            return;
        }
        None => plan.templates.push(Template {
            id: id.clone(),
            use_cases: vec![use_case.id.clone()],
            algorithm: work.algorithm,
            projection: work.binding.projection,
            reason: work.reason,
        }),
    }
    plan.assignments.push(Assignment {
        use_case: use_case.id.clone(),
        pattern: pattern.id.clone(),
        template: id,
        unit: work.binding.unit,
        threshold: work.binding.threshold,
        from_brief: work.from_brief,
        unapplied: work.unapplied,
    });
}

/// Algorithm name and the first six hexadecimal digits of the hash of algorithm and projection; as
/// many more as it takes where other work of the plan has the same.
pub(super) fn template_id(
    planned: &[Template],
    algorithm: &Algorithm,
    projection: &Projection,
) -> TemplateId {
    // Field order is declaration order and floats have one shortest form, so the JSON is canonical.
    let text = serde_json::json!({ "algorithm": algorithm, "projection": projection }).to_string();
    let hash = ContentHash::of(text.as_bytes());
    let id = |digits: usize| TemplateId(format!("{}-{}", algorithm.info().name, &hash.0[..digits]));
    let other = |id: &TemplateId| {
        let mut known = planned.iter().filter(|it| it.id == *id);
        known.any(|it| it.algorithm != *algorithm || it.projection != *projection)
    };
    let lengths = (6..hash.0.len()).step_by(6);
    let mut ids = lengths.map(id).filter(|it| !other(it));
    ids.next().unwrap_or_else(|| id(hash.0.len()))
}

/// Whether the algorithm's question is void, or trivial, on edges without direction.
fn needs_direction(algorithm: &Algorithm) -> bool {
    let through_edges = matches!(algorithm, Algorithm::Linkage(config) if config.through_edges);
    through_edges || algorithm.info().needs_direction
}

/// The algorithm with sampling where exact work would be too much and sampling is known.
pub(super) fn sized(algorithm: Algorithm, projection: &Projection, schema: &Schema) -> Algorithm {
    let Algorithm::Betweenness(mut config) = algorithm else {
        return algorithm;
    };
    let (n, m) = size(projection, schema);
    let both_ways = if projection.rules.direction == Direction::Undirected {
        2
    } else {
        1
    };
    let per_source = n.saturating_add(m.saturating_mul(both_ways)).max(1);
    if config.samples == 0 && n.saturating_mul(per_source) > EXACT_VISITS {
        let samples = (EXACT_VISITS / per_source).max(LEAST_SAMPLES).min(n);
        config.samples = u32::try_from(samples).unwrap_or(u32::MAX);
    }
    Algorithm::Betweenness(config)
}

/// Vertices and edges of a projection, at most, by the census.
pub(super) fn size(projection: &Projection, schema: &Schema) -> (u64, u64) {
    let census = &schema.census;
    let vertices = census
        .vertices
        .iter()
        .filter(|it| projection.vertices.contains(&it.name));
    let edges = census
        .edges
        .iter()
        .filter(|it| projection.edges.contains(&it.name));
    (vertices.map(|it| it.count).sum(), edges.map(|it| it.count).sum())
}

/// What a projection shows, for people.
pub(super) fn described(projection: &Projection) -> String {
    let mut text = projection.vertices.join(", ");
    if !projection.edges.is_empty() {
        text.push_str(&format!(" joined by {}", projection.edges.join(", ")));
        text.push_str(match projection.rules.direction {
            Direction::Directed => ", as directed",
            Direction::Reversed => ", against their direction",
            Direction::Undirected => ", both ways",
        });
    }
    if let Some(weight) = &projection.weight {
        text.push_str(&format!(", weighted by {weight}"));
    }
    if let Some(time) = &projection.time {
        text.push_str(&format!(", in time by {time}"));
    }
    if !projection.attributes.is_empty() {
        text.push_str(&format!(
            ", with the attributes {}",
            projection.attributes.join(", ")
        ));
    }
    text
}
