//! An industry's vocabulary, topics and patterns: one file in `verticals/`.
//!
//! The types mirror the TOML; unknown keys are errors.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fact::{Condition, Derivation};
use super::requirements::Bound;
use crate::algorithms::Quantity;
use crate::graph::ProjectionRules;

/// A vertical.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vertical {
    /// `fraud`; the file's name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Version of the file's content.
    pub version: u32,
    /// What it is for, in one sentence.
    pub description: String,
    /// Words of collections that speak for this vertical, lower case, singular.
    #[serde(default)]
    pub entities: Vec<String>,
    /// Words of attributes that speak for this vertical.
    #[serde(default)]
    pub attributes: Vec<String>,
    /// Words and phrases of briefs that speak for this vertical.
    #[serde(default)]
    pub cues: Vec<String>,
    /// Kinds of things: name in patterns → words that collections of that kind have in their names.
    #[serde(default)]
    pub kinds: BTreeMap<String, Vec<String>>,
    /// What a graph is about, in a few words, e.g. `transport network` → words of collections that tell.
    #[serde(default)]
    pub domains: BTreeMap<String, Vec<String>>,
    /// What the field calls things: neutral word → the field's, e.g. `vertex` → `account`.
    #[serde(default)]
    pub vocabulary: BTreeMap<String, String>,
    /// The questions that this vertical knows.
    #[serde(default)]
    pub topics: Vec<Topic>,
    /// How they are answered.
    #[serde(default)]
    pub patterns: Vec<Pattern>,
    /// Sentences that stand around questions and ask nothing, as examples; never written down.
    #[serde(default, skip_serializing)]
    pub background: Vec<String>,
    /// Sentences that ask what no topic knows, as examples; never written down.
    #[serde(default, skip_serializing)]
    pub other: Vec<String>,
}

/// A question, and the words in which briefs ask it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Topic {
    /// Its id, e.g. `critical_points`.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// The question in one sentence.
    pub question: String,
    /// Topics of `generic` that this one asks more precisely: where a passage fits both, it asks
    /// this one only.
    #[serde(default)]
    pub instead_of: Vec<String>,
    /// Whether it was taken over from `generic` by another vertical; no file can set it.
    #[serde(skip)]
    pub general: bool,
    /// Groups of cues. A passage names the topic when the weights of the groups it touches reach 1.
    #[serde(default)]
    pub cues: Vec<CueGroup>,
    /// Sentences that ask it, as examples. They teach what cues cannot list. There are many, and only
    /// the reading of briefs needs them: what is written down leaves them out.
    #[serde(default, skip_serializing)]
    pub examples: Vec<String>,
    /// Whether the vertical proposes it without being asked.
    #[serde(default)]
    pub proposed: bool,
    /// Words that ask for more than the patterns answer, with the attribute kinds that would be
    /// needed and what is missing without them.
    #[serde(default)]
    pub demands: Vec<Demand>,
}

/// Words with one weight; a group counts once, however many of its words occur.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CueGroup {
    /// Share of the evidence that one of these words gives, 0..=1.
    pub weight: f64,
    /// Lower-case words, word stems ending in `*`, alternatives `a|b`, or phrases of these, in which
    /// `..` stands for up to six words; an alternative of several words is written `each_other`.
    pub any: Vec<String>,
}

/// A part of a question that needs something of the data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Demand {
    /// Words that make the demand, as in [`CueGroup::any`].
    pub any: Vec<String>,
    /// Attribute names that would answer it (matched as words); empty when no attribute can.
    #[serde(default)]
    pub attributes: Vec<String>,
    /// What is answered in part when an attribute is there, or without it.
    pub answered: String,
    /// Why the rest cannot be answered; `None` when an attribute answers it fully.
    #[serde(default)]
    pub lacking: Option<String>,
}

/// How a topic is answered: what to run, what to look for, what to say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    /// Its id, unique over all verticals.
    pub id: String,
    /// The topic it answers.
    pub topic: String,
    /// What people call it.
    pub title: String,
    /// Why this algorithm answers the question, in one sentence.
    pub why: String,
    /// Whether it is used only where no other pattern of its topic fits the schema. Patterns that a
    /// vertical takes over from `generic` are fallbacks to its own.
    #[serde(default)]
    pub fallback: bool,
    /// Algorithm name in the registry.
    pub algorithm: String,
    /// Its parameters; the registry checks them.
    #[serde(default)]
    pub parameters: BTreeMap<String, toml_value::Scalar>,
    /// Numbers of the brief that stand in for its own.
    #[serde(default)]
    pub from_brief: Vec<BriefNumber>,
    /// What it sees.
    #[serde(default)]
    pub projection: ProjectionHint,
    /// What it looks for.
    #[serde(default)]
    pub detector: Detector,
    /// Facts by name, in order; later ones may cite earlier ones.
    #[serde(default)]
    pub facts: Vec<FactHint>,
    /// First match wins; the last should have no condition.
    #[serde(default)]
    pub severity: Vec<SeverityRule>,
    /// What is said.
    #[serde(default)]
    pub wording: Wording,
    /// What to do.
    #[serde(default)]
    pub action: Action,
    /// What a reader must know before acting.
    #[serde(default)]
    pub caveats: Vec<String>,
}

/// A number that a brief may set for a pattern ("within two days", "at least 3 accounts").
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BriefNumber {
    /// What it sets: a parameter of the algorithm, `group_share` or `group_size` (the least) of the
    /// detector, or the column of one of the detector's conditions.
    pub sets: String,
    /// Which side the number must bound.
    pub bound: Bound,
    /// What it must count: `duration` (set in milliseconds), `share` (set as 0..=1), `things` of any
    /// kind, or a word for some in the singular.
    pub counts: Vec<String>,
}

/// Parameter values as they stand in TOML.
pub mod toml_value {
    use serde::{Deserialize, Serialize};

    /// A scalar or a list of texts.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(untagged)]
    pub enum Scalar {
        /// `true`.
        Flag(bool),
        /// `3`.
        Integer(i64),
        /// `0.85`.
        Number(f64),
        /// `"text"`.
        Text(String),
        /// `["a", "b"]`.
        Texts(Vec<String>),
    }
}

/// Which collections and attributes a pattern wants, by kind; the template agent finds them in the schema.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectionHint {
    /// Kinds of vertices (keys of [`Vertical::kinds`]); empty: all core and bridge collections.
    #[serde(default)]
    pub vertices: Vec<String>,
    /// Kinds of edges; empty: all edge collections between the vertices.
    #[serde(default)]
    pub edges: Vec<String>,
    /// Kinds of vertices that the others share, e.g. the devices of accounts: only edges between one
    /// of these and a vertex of `vertices` are seen.
    #[serde(default)]
    pub shared: Vec<String>,
    /// Whether attributes alone answer: no edge is needed, and none is loaded.
    #[serde(default)]
    pub attributes_only: bool,
    /// Direction, self-loops, parallel edges.
    #[serde(default)]
    pub rules: ProjectionRules,
    /// Edge attributes that may serve as weight, best first; matched as words.
    #[serde(default)]
    pub weight: Vec<String>,
    /// Greatest value that a weight may have; 1 for shares, so that percentages are not taken for them.
    #[serde(default)]
    pub weight_at_most: Option<f64>,
    /// Whether the pattern needs a weight.
    #[serde(default)]
    pub weight_required: bool,
    /// Edge attributes that may serve as time.
    #[serde(default)]
    pub time: Vec<String>,
    /// Whether the pattern needs times.
    #[serde(default)]
    pub time_required: bool,
    /// Vertex attributes that are joined to the result, matched as words; those found are used.
    #[serde(default)]
    pub attributes: Vec<String>,
    /// How many of `attributes` must be found.
    #[serde(default)]
    pub attributes_required: u32,
    /// Keeps edges whose weight lies in a band.
    #[serde(default)]
    pub band: Option<Band>,
}

/// A band of weights below a threshold: `from × threshold ≤ weight < threshold`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// Lower end as a part of the threshold.
    pub from: f64,
    /// The threshold when the brief sets none.
    pub threshold: f64,
    /// Words next to a number of the brief that make it the threshold.
    #[serde(default)]
    pub words: Vec<String>,
}

/// Which rows of which table are hits, and what one instance is. In columns, here and in facts, `@1`
/// stands for the first attribute that was found for the projection, `@2` for the second.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detector {
    /// Table; `vertices` unless said.
    #[serde(default)]
    pub table: String,
    /// Conditions, all of which must hold.
    #[serde(default)]
    pub hits: Vec<Condition>,
    /// Column that orders hits, greatest first unless `ascending`.
    #[serde(default)]
    pub order_by: String,
    /// Least first.
    #[serde(default)]
    pub ascending: bool,
    /// Instances are the groups of hits by this column; empty: each row is one.
    #[serde(default)]
    pub group_by: String,
    /// Least and greatest number of members of a group that counts.
    #[serde(default)]
    pub group_size: Option<(u64, u64)>,
    /// Least part, 0..=1, of all rows with a group (or of the sum of `group_sum`) that a group must hold.
    #[serde(default)]
    pub group_share: f64,
    /// Column summed to weigh a group; empty: its rows are counted.
    #[serde(default)]
    pub group_sum: String,
    /// Column of a list of members (tables of cycles): each row is an instance with these members.
    #[serde(default)]
    pub members: String,
    /// Rows of the evidence table that are shown; 10 unless said or the brief sets a limit.
    #[serde(default)]
    pub show: Option<u32>,
    /// Whether a brief's limit is set aside, because leaving out one instance defeats the question.
    #[serde(default)]
    pub all: bool,
    /// Fewer instances than this are nothing found.
    #[serde(default)]
    pub least: u32,
    /// Columns of the evidence table as `name` or `name: title`; those that the result lacks are left
    /// out. Empty: label, group and the column that orders. With [`MEMBERS`] among them each group has
    /// one row, that of its first member.
    #[serde(default)]
    pub columns: Vec<String>,
    /// Whether hits are alerts (something is wrong with them) or merely the answer (a ranking).
    #[serde(default)]
    pub alert: bool,
    /// Instances kept at most, the first by order; for rankings, where all rows are hits.
    #[serde(default)]
    pub most: Option<u32>,
    /// Instances that share at least half of their members become one (rings found in several
    /// rotations or with one more step).
    #[serde(default)]
    pub merge_overlapping: bool,
}

/// Column of an evidence table that no result has: the next members of a group, after its first.
pub const MEMBERS: &str = "members";

impl Detector {
    /// Whether its evidence has one row for each group instead of one for each member.
    pub fn has_group_rows(&self) -> bool {
        let mut names = self.columns.iter().filter_map(|it| it.split(": ").next());
        !self.group_by.is_empty() && names.any(|it| it == MEMBERS)
    }

    /// The table that it reads; `vertices` unless said.
    pub fn table_name(&self) -> &str {
        match self.table.as_str() {
            "" => "vertices",
            name => name,
        }
    }
}

/// A fact that a pattern computes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactHint {
    /// Its name, used in wording as `{name}`.
    pub name: String,
    /// What it measures.
    pub quantity: Quantity,
    /// How it is computed. `filter = "hits"` cannot be said in a derivation, so `hits = true` adds
    /// the detector's conditions to its filter.
    pub derive: Derivation,
    /// Adds the detector's conditions.
    #[serde(default)]
    pub hits: bool,
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    #[default]
    Info,
    /// Watch it.
    Low,
    /// Plan for it.
    Medium,
    /// Act on it.
    High,
    /// Act now.
    Critical,
}

/// A severity with the condition under which it holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeverityRule {
    /// How grave.
    pub level: Severity,
    /// Name of a fact; empty: always.
    #[serde(default)]
    pub fact: String,
    /// The fact must be at least this.
    #[serde(default)]
    pub at_least: f64,
    /// Why, in one sentence; may cite facts.
    pub reason: String,
}

/// What is said; facts are cited as `{name}`, the vertical's words as `{word:vertex}` and
/// `{words:vertex}` (plural).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wording {
    /// At most 25 words, with the number that matters.
    pub headline: String,
    /// Further sentences, 1 to 4. One whose facts cannot be computed is left out.
    #[serde(default)]
    pub claims: Vec<String>,
    /// What it means for the business.
    #[serde(default)]
    pub so_what: String,
    /// What is said when nothing was hit; facts over the whole table may be cited.
    #[serde(default)]
    pub nothing: String,
}

/// A recommended action.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// What to do; may cite facts.
    pub what: String,
    /// Who.
    #[serde(default)]
    pub owner: String,
    /// `hours`, `days`, `weeks`.
    #[serde(default)]
    pub effort: String,
    /// What it should bring.
    #[serde(default)]
    pub effect: String,
    /// How to see that it worked.
    #[serde(default)]
    pub check: String,
}
