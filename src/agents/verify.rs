//! Recomputes a report from its result tables: every fact, claim, evidence cell, instance and bar.
//!
//! Nothing is believed because it was written down: facts come from their derivations, instances
//! from the finding's detector, cells from the rows that they name. What does not agree is a value
//! that names the place; the caller decides whether it drops a claim or fails a run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::evidence::shown;
use super::findings::claims;
use super::hints::{THRESHOLD, parameter};
use super::naming::plural;
use crate::engine::{Detected, FactContext, Found, ResultTables, detect, evaluate};
use crate::model::{
    fact::{Claim, Derivation, Fact, FactValue},
    finding::{Evidence, Finding},
    format::{Piece, pieces, render},
    id::{ClaimId, FactId, FindingId, TemplateId},
    report::Report,
    schema::Census,
    template::Template,
    vertical::Detector,
};

/// Something in a report that does not agree with the tables.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mismatch {
    /// The finding, unless the fault lies in a fact that nothing cites.
    pub finding: Option<FindingId>,
    /// The claim; `None` where evidence, instances, chart or a fact disagree.
    pub claim: Option<ClaimId>,
    /// The fact.
    pub fact: Option<FactId>,
    /// What disagrees with what.
    pub reason: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.claim, &self.finding, &self.fact) {
            (Some(claim), _, _) => write!(f, "claim {claim}: {}", self.reason),
            (None, Some(finding), _) => write!(f, "finding {finding}: {}", self.reason),
            (None, None, Some(fact)) => write!(f, "fact {fact}: {}", self.reason),
            (None, None, None) => f.write_str(&self.reason),
        }
    }
}

/// Everything in `report` that does not follow from `tables` and `census`, in the report's order.
pub fn verify_report(
    report: &Report,
    tables: &BTreeMap<TemplateId, ResultTables>,
    census: &Census,
) -> Vec<Mismatch> {
    let wrong = wrong_facts(report, tables, census);
    let ids: BTreeSet<&FactId> = report.facts.iter().map(|it| &it.id).collect();
    let names = names(census);
    let mut mismatches = Vec::new();
    let mut cited: BTreeSet<&FactId> = BTreeSet::new();
    for finding in report.findings.iter().chain(&report.null_findings) {
        for claim in claims(finding) {
            cited.extend(&claim.facts);
            for (fact, reason) in claim_faults(claim, &ids, &wrong, &names) {
                mismatches.push(Mismatch {
                    finding: Some(finding.id.clone()),
                    claim: Some(claim.id.clone()),
                    fact,
                    reason,
                });
            }
        }
        for reason in finding_faults(finding, report.use_case.limit, tables) {
            mismatches.push(Mismatch {
                finding: Some(finding.id.clone()),
                reason,
                ..Mismatch::default()
            });
        }
    }
    for (fact, reason) in &wrong {
        if !cited.contains(fact) {
            mismatches.push(Mismatch {
                fact: Some(fact.clone()),
                reason: reason.clone(),
                ..Mismatch::default()
            });
        }
    }
    mismatches
}

/// Facts whose value is not what their derivation gives, with both values.
fn wrong_facts(
    report: &Report,
    tables: &BTreeMap<TemplateId, ResultTables>,
    census: &Census,
) -> BTreeMap<FactId, String> {
    let mut known = BTreeMap::new();
    let mut wrong = BTreeMap::new();
    for fact in &report.facts {
        let recomputed = match &fact.derivation {
            Derivation::Given { by } => given(fact, by, &report.templates, report.use_case.limit),
            derivation => {
                let context = FactContext {
                    tables: fact.execution.as_ref().and_then(|it| tables.get(it)),
                    census,
                    known: &known,
                };
                evaluate(derivation, &context).map_err(|error| error.to_string())
            }
        };
        match recomputed {
            Ok(value) => {
                if value != fact.value {
                    let write = |it: &FactValue| render(it, fact.quantity, &fact.unit);
                    let reason = format!(
                        "{} says {} ({:?}), the tables say {} ({:?})",
                        fact.id,
                        write(&fact.value),
                        fact.value,
                        write(&value),
                        value
                    );
                    wrong.insert(fact.id.clone(), reason);
                }
                // Later facts rest on what the tables say, so that one fault is reported once.
                known.insert(fact.id.0.clone(), value);
            }
            Err(reason) => {
                wrong.insert(
                    fact.id.clone(),
                    format!("{} cannot be computed: {reason}", fact.id),
                );
            }
        }
    }
    wrong
}

/// A given value as the plan has it: the brief's limit, or of the fact's own template a parameter
/// or the end of its band.
fn given(fact: &Fact, by: &str, templates: &[Template], limit: Option<u32>) -> Result<FactValue, String> {
    if by == "limit" {
        let limit = limit.map(|it| FactValue::Integer(i64::from(it)));
        return limit.ok_or_else(|| "the brief sets no limit".to_owned());
    }
    let template = templates
        .iter()
        .find(|it| Some(&it.id) == fact.execution.as_ref())
        .ok_or_else(|| "it does not name the template that was given the value".to_owned())?;
    if let Some(name) = by.strip_prefix("parameter ") {
        let value = parameter(&template.algorithm, name);
        return value.ok_or_else(|| format!("{} has no parameter `{name}`", template.id));
    }
    if !by.starts_with(THRESHOLD) {
        return Err(format!("nothing gives a value by `{by}`"));
    }
    let mut ends = template.projection.filters.iter().filter_map(|it| it.below);
    let end = ends.next().map(FactValue::Number);
    end.ok_or_else(|| format!("{} has no threshold", template.id))
}

/// What is wrong with a claim: unknown or wrong facts, and numbers that no fact backs.
pub(super) fn claim_faults(
    claim: &Claim,
    ids: &BTreeSet<&FactId>,
    wrong: &BTreeMap<FactId, String>,
    names: &BTreeSet<String>,
) -> Vec<(Option<FactId>, String)> {
    let mut faults = Vec::new();
    let mut cited = Vec::new();
    for piece in pieces(&claim.text) {
        match piece {
            Piece::Fact(id) => {
                if !ids.contains(&id) {
                    faults.push((Some(id.clone()), format!("it cites {id}, which the report lacks")));
                } else if let Some(reason) = wrong.get(&id) {
                    faults.push((Some(id.clone()), reason.clone()));
                }
                if !cited.contains(&id) {
                    cited.push(id);
                }
            }
            Piece::Words(words) => {
                let numeral = words
                    .split(|it: char| !it.is_alphanumeric() && it != '_')
                    .find(|it| is_number(it) && !names.contains(&it.to_lowercase()));
                if let Some(numeral) = numeral {
                    faults.push((None, format!("no fact backs the number `{numeral}`")));
                }
            }
        }
    }
    if cited != claim.facts {
        faults.push((
            None,
            "its list of facts is not the facts that it cites".to_owned(),
        ));
    }
    faults
}

/// Numbers in words, which must be facts as digits must; "one" and "two" have other uses.
const NUMBER_WORDS: [&str; 20] = [
    "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "dozen", "twenty",
    "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundreds",
];

pub(super) fn is_number(word: &str) -> bool {
    word.contains(|it: char| it.is_ascii_digit()) || NUMBER_WORDS.contains(&word.to_lowercase().as_str())
}

/// Words with digits that are names of the schema.
pub(super) fn names(census: &Census) -> BTreeSet<String> {
    let vertices = census.vertices.iter().map(|it| (&it.name, &it.attributes));
    let edges = census.edges.iter().map(|it| (&it.name, &it.attributes));
    let mut names = BTreeSet::new();
    for (name, attributes) in vertices.chain(edges) {
        for name in std::iter::once(name).chain(attributes.iter().map(|it| &it.name)) {
            for word in super::naming::words(name) {
                // Wording speaks of collections in the plural, which spelling need not share.
                names.insert(plural(&word));
                names.insert(word);
            }
            names.insert(name.to_lowercase());
        }
    }
    names
}

/// What of a finding's evidence, instances and chart is not in the tables.
fn finding_faults(
    finding: &Finding,
    limit: Option<u32>,
    tables: &BTreeMap<TemplateId, ResultTables>,
) -> Vec<String> {
    let Some(tables) = tables.get(&finding.template) else {
        return vec![format!("the tables of {} are missing", finding.template)];
    };
    let detected = match detect(&finding.detector, tables) {
        Ok(detected) => detected,
        Err(error) => return vec![error.to_string()],
    };
    let mut faults = Vec::new();
    let instances = detected.found.iter().map(|it| &it.instance);
    if !instances.eq(&finding.instances) || finding.found == detected.found.is_empty() {
        faults.push("its instances are not what the detector finds".to_owned());
    }
    let limit = limit.filter(|_| !finding.detector.all);
    let (evidence, detector) = (&finding.evidence, &finding.detector);
    faults.extend(evidence_faults(evidence, detector, limit, &detected, tables));
    if let Some(chart) = &finding.chart {
        let bars = chart.bars.iter().zip(&detected.found);
        let agree = |(bar, found): (&crate::model::finding::Bar, &Found)| {
            bar.value == found.instance.value && bar.label == found.instance.label
        };
        if chart.bars.len() > detected.found.len() || !bars.into_iter().all(agree) {
            faults.push("its chart does not show what the detector finds".to_owned());
        }
    }
    faults
}

fn evidence_faults(
    evidence: &Evidence,
    detector: &Detector,
    limit: Option<u32>,
    detected: &Detected,
    tables: &ResultTables,
) -> Vec<String> {
    let mut faults = Vec::new();
    if evidence.hits != detected.hits.len() as u64 || evidence.total != detected.total as u64 {
        faults.push(format!(
            "its evidence speaks of {} of {} rows, the table has {} of {}",
            evidence.hits,
            evidence.total,
            detected.hits.len(),
            detected.total
        ));
    }
    let Some(table) = tables.table(&evidence.table) else {
        faults.push(format!("there is no table `{}`", evidence.table));
        return faults;
    };
    // In the order of the instances: a row that two of them have is shown for each.
    let expected = shown(detector, limit, detected);
    if evidence.rows.len() != expected.len() {
        faults.push(format!(
            "its evidence has {} rows, the detector shows {}",
            evidence.rows.len(),
            expected.len()
        ));
    }
    for (row, (instance, at)) in evidence.rows.iter().zip(expected) {
        if row.row != at as u64 || row.values.len() != evidence.columns.len() {
            faults.push(format!(
                "row {} is not row {at}, which the detector shows in its place, or is not whole",
                row.row
            ));
        }
        for (column, shown) in evidence.columns.iter().zip(&row.values) {
            let value = instance.shown(detector, table, &column.name, at);
            if value != *shown {
                faults.push(format!(
                    "row {at}, column `{}` shows {shown:?}, the table has {value:?}",
                    column.name
                ));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithms::Quantity;
    use crate::engine::Table;
    use crate::model::finding::{EvidenceColumn, EvidenceRow, Instance};
    use crate::model::schema::VertexCollection;
    use crate::model::vertical::MEMBERS;

    /// An instance of row 0 whose second member is `next`.
    fn with_row_0(next: &str) -> Found {
        let label = |it: &str| (format!("v/{it}"), it.to_owned());
        Found {
            rows: vec![0],
            instance: Instance {
                members: Vec::new(),
                label: "first".to_owned(),
                value: 2.0,
            },
            labels: vec![label("first"), label(next)],
        }
    }

    /// What evidence shows of row 0 where the second member is `next`.
    fn row_0(next: &str) -> EvidenceRow {
        EvidenceRow {
            row: 0,
            values: vec![Some(FactValue::List(vec![next.to_owned()]))],
        }
    }

    #[test]
    fn a_row_of_two_instances_is_checked_for_each() {
        let detector = Detector {
            group_by: "group".to_owned(),
            columns: vec![MEMBERS.to_owned()],
            ..Detector::default()
        };
        let mut evidence = Evidence {
            table: "vertices".to_owned(),
            columns: vec![EvidenceColumn {
                name: MEMBERS.to_owned(),
                title: String::new(),
                quantity: Quantity::Name,
                unit: String::new(),
            }],
            rows: vec![row_0("a"), row_0("b")],
            hits: 1,
            total: 1,
        };
        let tables = ResultTables {
            tables: vec![Table {
                name: "vertices".to_owned(),
                rows: 1,
                columns: Vec::new(),
            }],
            summary: Vec::new(),
        };
        let detected = Detected {
            hits: vec![0],
            total: 1,
            found: vec![with_row_0("a"), with_row_0("b")],
        };
        let faults = |evidence: &Evidence| evidence_faults(evidence, &detector, None, &detected, &tables);
        assert_eq!(faults(&evidence), [""; 0]);
        evidence.rows.swap(0, 1);
        assert_eq!(faults(&evidence).len(), 2);
        evidence.rows.swap(0, 1);
        evidence.rows.pop();
        assert_eq!(
            faults(&evidence),
            ["its evidence has 1 rows, the detector shows 2"]
        );
    }

    #[test]
    fn digits_in_names_are_names_in_the_plural_too() {
        let census = Census {
            vertices: vec![VertexCollection {
                name: "accounts_v2".to_owned(),
                ..VertexCollection::default()
            }],
            ..Census::default()
        };
        let claim = |text: &str| Claim {
            id: "c".into(),
            text: text.to_owned(),
            facts: Vec::new(),
            by_model: false,
        };
        let faults = |text: &str| {
            claim_faults(&claim(text), &BTreeSet::new(), &BTreeMap::new(), &names(&census)).len()
        };
        assert_eq!(faults("All account v2s are linked."), 0);
        assert_eq!(faults("All 7 account v2s are linked."), 1);
    }

    #[test]
    fn a_value_given_by_nothing_known_is_refused() {
        let fact = Fact {
            id: "F1".into(),
            name: String::new(),
            value: FactValue::Number(1.0),
            quantity: Quantity::Weight,
            unit: String::new(),
            execution: None,
            derivation: Derivation::Given {
                by: "hand".to_owned(),
            },
        };
        assert!(given(&fact, "hand", &[], None).is_err());
        assert!(given(&fact, "parameter window_ms", &[], None).is_err());
    }
}
