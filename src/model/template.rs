//! What to run: algorithm, typed parameters, projection.

use serde::{Deserialize, Serialize};

use super::id::{TemplateId, UseCaseId};
use super::schema::{Census, Issue};
use crate::algorithms::Algorithm;
use crate::graph::ProjectionRules;

/// Which part of a graph a run of an algorithm sees. Its content hash names the loaded graph, so
/// equal projections are loaded once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Projection {
    /// Vertex collections, by name order.
    pub vertices: Vec<String>,
    /// Edge collections, by name order; only edges with both ends in `vertices` are seen.
    pub edges: Vec<String>,
    /// Direction, self-loops, parallel edges.
    pub rules: ProjectionRules,
    /// Edge attribute used as weight.
    pub weight: Option<String>,
    /// Edge attribute used as time.
    pub time: Option<String>,
    /// Only edges that pass all filters are seen.
    pub filters: Vec<EdgeFilter>,
    /// Vertex attributes that are joined to the result table (columns of the same name, `@` in front).
    pub attributes: Vec<String>,
}

impl Projection {
    /// Whether a fault of the data lies in what the projection sees; one in a place that is no collection may.
    pub fn may_see(&self, issue: &Issue, census: &Census) -> bool {
        let names = |it: &String| issue.place == *it || issue.place.starts_with(&format!("{it}."));
        let seen = self.vertices.iter().chain(&self.edges).any(names);
        let vertices = census.vertices.iter().map(|it| &it.name);
        let known = vertices.chain(census.edges.iter().map(|it| &it.name)).any(names);
        seen || !known
    }
}

/// Keeps edges whose attribute lies in `at_least..below`; edges without the value are left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EdgeFilter {
    /// Edge attribute, a number.
    pub attribute: String,
    /// Least value kept.
    pub at_least: Option<f64>,
    /// Values from here on are left out.
    pub below: Option<f64>,
    /// Text value that the attribute must have.
    pub equals: Option<String>,
}

/// A validated piece of work for an engine. Identical work has one template that serves several
/// use cases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Template {
    /// Algorithm and a short content hash of algorithm, parameters and projection.
    pub id: TemplateId,
    /// What it serves, in rank order.
    pub use_cases: Vec<UseCaseId>,
    /// Algorithm with parameters.
    pub algorithm: Algorithm,
    /// What it sees.
    pub projection: Projection,
    /// Why this algorithm and projection, in one sentence.
    pub reason: String,
}

/// What a template will take, before anything runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Vertices in the projection, at most.
    pub vertices: u64,
    /// Edges in the projection, at most.
    pub edges: u64,
    /// Peak bytes, load included.
    pub memory_bytes: u64,
    /// Elementary steps of the kernel.
    pub operations: u64,
    /// Milliseconds on one core at the measured rate of the kernel.
    pub time_ms: u64,
    /// Price in USD; the embedded engine costs nothing.
    pub cost_usd: f64,
    /// How the figures were made, in one sentence.
    pub basis: String,
}

/// Which pattern of which use case a template answers, with what was found in the schema for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// The use case.
    pub use_case: UseCaseId,
    /// Id of the vertical's pattern.
    pub pattern: String,
    /// The template that answers it.
    pub template: TemplateId,
    /// Unit of the weight for people, e.g. `minutes`; empty when unweighted.
    pub unit: String,
    /// Where the weight band's threshold comes from, when the pattern has one, and its value.
    pub threshold: Option<(f64, String)>,
    /// Numbers of the brief that stand in for the pattern's own.
    #[serde(default)]
    pub from_brief: Vec<BriefSetting>,
    /// Numbers of the brief, as written and with their place, that the pattern cannot apply.
    #[serde(default)]
    pub unapplied: Vec<String>,
}

/// A number of the brief in place of a pattern's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BriefSetting {
    /// What it sets (see [`super::vertical::BriefNumber::sets`]).
    pub sets: String,
    /// The value, in the unit of what it sets.
    pub value: f64,
    /// Where it stands.
    pub source: String,
}

/// The templates stage's artefact.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TemplatePlan {
    /// Distinct templates in rank order of the first use case they serve.
    pub templates: Vec<Template>,
    /// What they answer, by use case rank, then the order of the patterns.
    pub assignments: Vec<Assignment>,
    /// Patterns that could not be turned into a template.
    pub rejected: Vec<Rejection>,
}

impl TemplatePlan {
    /// Numbers, units and narrowing clauses of the brief that no pattern of the use case applies.
    pub fn unapplied(&self, use_case: &UseCaseId) -> Vec<&str> {
        let mut own = self.assignments.iter().filter(|it| it.use_case == *use_case);
        let first = own.next().map_or(&[][..], |it| it.unapplied.as_slice());
        let rest: Vec<&Assignment> = own.collect();
        let by_none = |it: &&String| rest.iter().all(|other| other.unapplied.contains(it));
        first.iter().filter(by_none).map(String::as_str).collect()
    }
}

/// A pattern that got no template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rejection {
    /// The use case.
    pub use_case: UseCaseId,
    /// The pattern.
    pub pattern: String,
    /// What the schema lacks, or which parameter was wrong.
    pub reason: String,
}
