//! Puts numbers of the brief in place of a pattern's own: windows, shares, sizes.
//!
//! Only numbers of the passages that a use case serves are taken: another question's window is not
//! this one's. What fits nothing is kept in words, so that no number is ignored silently.

use super::lexicon::{self as lists, is_listed};
use super::naming::singular;
use super::numbers::is_unit;
use super::purpose::unit_named;
use super::scopes::scopes;
use crate::model::{
    fact::Test,
    id::RequirementId,
    requirements::{Bound, Objective, Requirements, StatementKind, Threshold},
    schema::Census,
    template::BriefSetting,
    vertical::{BriefNumber, Detector, Pattern},
};

/// What a use case asks beyond its topic.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    /// Unit that the answer is wanted in.
    pub(super) unit: Option<String>,
    /// The brief's numbers, those of the passages that the use case serves first.
    pub(super) numbers: Vec<Threshold>,
    /// How many of them are its own.
    own: usize,
    /// How many subjects may be named.
    limit: Option<u32>,
    /// Clauses by which the questions narrow the graph, each with its place.
    scopes: Vec<String>,
    /// Units that the questions name, each with the place.
    units: Vec<(String, String)>,
}

impl Asked {
    /// What the items that a use case serves ask.
    pub(super) fn of(
        serves: &[RequirementId],
        limit: Option<u32>,
        requirements: &Requirements,
        census: &Census,
    ) -> Self {
        let objectives = requirements
            .objectives
            .iter()
            .filter(|it| serves.contains(&it.id));
        let narrowed = |it: &Objective| {
            let (clauses, place) = (scopes(it, census), it.source.place());
            clauses.into_iter().map(move |it| format!("\"{it}\" ({place})"))
        };
        let in_unit = |it: &Objective| Some((it.unit.clone()?, it.source.place()));
        let scopes = objectives.clone().flat_map(narrowed).collect();
        let units = objectives.clone().filter_map(in_unit).collect();
        let unit = objectives.clone().find_map(|it| it.unit.clone());
        let sets_numbers = |kind: StatementKind| match kind {
            StatementKind::Requirement | StatementKind::SuccessCriterion | StatementKind::Constraint => true,
            StatementKind::Kpi | StatementKind::Risk | StatementKind::Assumption => false,
        };
        let statements = requirements.statements.iter();
        let statements = statements.filter(|it| serves.contains(&it.id) && sets_numbers(it.kind));
        let places: Vec<_> = objectives
            .map(|it| &it.source)
            .chain(statements.map(|it| &it.source))
            .map(|it| (&it.document, it.passage))
            .collect();
        let is_own = |it: &&Threshold| places.contains(&(&it.source.document, it.source.passage));
        let (own, others): (Vec<&Threshold>, Vec<&Threshold>) =
            requirements.thresholds.iter().partition(is_own);
        Self {
            scopes,
            units,
            unit,
            own: own.len(),
            numbers: own.into_iter().chain(others).cloned().collect(),
            limit,
        }
    }

    /// The numbers that a pattern takes, and in words those that it cannot; `band` is the place of
    /// the number that is the threshold of its band.
    pub(super) fn settings(&self, pattern: &Pattern, band: Option<&str>) -> (Vec<BriefSetting>, Vec<String>) {
        let mut settings: Vec<BriefSetting> = Vec::new();
        let mut unapplied = Vec::new();
        for number in &self.numbers[..self.own] {
            let wanted = pattern.from_brief.iter().find_map(|it| {
                let free = settings.iter().all(|known| known.sets != it.sets);
                Some((it, value(it, number)?)).filter(|_| free)
            });
            let source = number.source.place();
            if let Some((wanted, value)) = wanted {
                settings.push(BriefSetting {
                    sets: wanted.sets.clone(),
                    value,
                    source,
                });
            } else if !self.is_limit(number) && band != Some(source.as_str()) {
                unapplied.push(format!("\"{}\" ({source})", number.text));
            }
        }
        (settings, unapplied)
    }

    /// What the questions ask beyond what a pattern can do: clauses that narrow the graph, and a unit
    /// that the answer is not in; `unit` is the one that it is in.
    pub(super) fn beyond(&self, pattern: &Pattern, unit: &str) -> Vec<String> {
        // "in minutes" of a pattern that takes a duration is its window.
        let mut counted = pattern.from_brief.iter().flat_map(|it| &it.counts);
        let takes_time = counted.any(|it| it == "duration");
        let other = |wanted: &str| !takes_time && unit_named(wanted).is_some_and(|it| it != unit);
        let units = self.units.iter().filter(|it| other(&it.0));
        let units = units.map(|(wanted, place)| format!("\"in {wanted}\" ({place})"));
        self.scopes.iter().cloned().chain(units).collect()
    }

    /// Whether the number is the limit on how many subjects are named.
    fn is_limit(&self, number: &Threshold) -> bool {
        let counts_things = !number.subject.is_empty() && !is_unit(&number.subject);
        self.limit.is_some() && counts_things && number.bound == Bound::AtMost
    }
}

/// Whether a number may be an amount: it counts nothing, a currency, or says so.
pub(super) fn is_amount(number: &Threshold) -> bool {
    let first = number.subject.split(' ').next().unwrap_or_default();
    first.is_empty() || is_listed(lists::MONEY, first)
}

/// The number in the unit of what it sets, if it is meant.
fn value(wanted: &BriefNumber, number: &Threshold) -> Option<f64> {
    if number.bound != wanted.bound && number.bound != Bound::Value {
        return None;
    }
    let counted = singular(&number.subject);
    wanted.counts.iter().find_map(|it| match it.as_str() {
        "duration" => milliseconds(&counted).map(|scale| number.value * scale),
        "share" => (counted == "percent").then_some(number.value / 100.0),
        "things" => (!counted.is_empty() && !is_unit(&number.subject)).then_some(number.value),
        thing => (counted == thing).then_some(number.value),
    })
}

fn milliseconds(unit: &str) -> Option<f64> {
    const SECOND: f64 = 1_000.0;
    Some(match unit {
        "second" => SECOND,
        "minute" => 60.0 * SECOND,
        "hour" => 3_600.0 * SECOND,
        "day" => 86_400.0 * SECOND,
        "week" => 7.0 * 86_400.0 * SECOND,
        "month" => 30.0 * 86_400.0 * SECOND,
        "year" => 365.0 * 86_400.0 * SECOND,
        _ => return None,
    })
}

/// The detector with the brief's numbers in place of its own.
pub(super) fn with_settings(mut detector: Detector, settings: &[BriefSetting]) -> Detector {
    for setting in settings {
        match setting.sets.as_str() {
            "group_share" => detector.group_share = setting.value,
            "group_size" => {
                let most = detector.group_size.map_or(u64::MAX, |it| it.1);
                detector.group_size = Some((setting.value.max(1.0) as u64, most));
            }
            column => {
                for condition in detector.hits.iter_mut().filter(|it| it.column == column) {
                    if matches!(condition.test, Test::AtLeast(_)) {
                        condition.test = Test::AtLeast(setting.value);
                    }
                }
            }
        }
    }
    detector
}
