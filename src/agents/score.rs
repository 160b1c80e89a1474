//! Compares findings with the planted truth of a demo graph: recall and precision.
//!
//! Only alerts are answers that can be right or wrong; rankings are not counted. A division into
//! communities counts where at least one of its groups was planted: where none was, nobody knows
//! whether a division is right. The rule, by the number of members that were planted:
//!
//! * one: an instance of at most three members that contains it matches;
//! * several: an instance whose Jaccard overlap with them is at least a half matches;
//! * several, found one by one: single instances of one finding that together cover at least a half
//!   of them match, since a detector of vertices names members and no groups.
//!
//! Recall is the share of planted patterns that are matched, precision the share of answers that
//! match a planted pattern. An answer that matches nothing and overlaps a decoy is counted as fooled.
//! Nothing in a report depends on this: reports never see the truth.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{
    finding::{Finding, Instance},
    id::FindingId,
};
use crate::source::demo::{Decoy, Planted, Truth};

/// Members of an instance that still names a single vertex.
const SINGLE: usize = 3;

/// How well findings agree with the truth.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Planted patterns.
    pub planted: u32,
    /// Planted patterns that were found.
    pub found: u32,
    /// Answers given.
    pub answers: u32,
    /// Answers that match a planted pattern.
    pub right: u32,
    /// Answers that match none and share a member with a decoy.
    pub fooled: u32,
    /// Share of planted patterns found, 0..=1; 1 when none was planted.
    pub recall: f64,
    /// Share of answers that are right, 0..=1; 1 when none was given.
    pub precision: f64,
    /// By kind: planted and found.
    pub kinds: BTreeMap<String, (u32, u32)>,
    /// Planted patterns with the finding that matches, if one does.
    pub matches: Vec<Match>,
    /// Answers that match nothing.
    pub wrong: Vec<Wrong>,
}

/// What became of a planted pattern.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Match {
    /// Its kind.
    pub kind: String,
    /// Its members.
    pub members: Vec<String>,
    /// The finding that contains it; `None` when it was missed.
    pub finding: Option<FindingId>,
}

/// An answer that matches nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wrong {
    /// The finding.
    pub finding: FindingId,
    /// What it named.
    pub label: String,
    /// Kind of the decoy that it fell for, if any.
    pub decoy: Option<String>,
}

/// An instance that claims something, with its members as a set.
struct Answer<'a> {
    finding: &'a Finding,
    instance: &'a Instance,
    members: BTreeSet<&'a str>,
    right: bool,
}

/// Scores `findings` against `truth`.
pub fn score(findings: &[Finding], truth: &Truth) -> Score {
    let mut answers: Vec<Answer<'_>> = findings
        .iter()
        .filter(|it| is_answer(it))
        .flat_map(answers_of)
        .collect();
    let mut score = Score::default();
    for planted in &truth.patterns {
        let matched = matching(planted, &mut answers);
        let kind = score.kinds.entry(planted.kind.clone()).or_default();
        kind.0 += 1;
        kind.1 += u32::from(matched.is_some());
        score.found += u32::from(matched.is_some());
        score.matches.push(Match {
            kind: planted.kind.clone(),
            members: planted.members.clone(),
            finding: matched,
        });
    }
    let judged: BTreeSet<&FindingId> = answers
        .iter()
        .filter(|it| it.right || it.finding.alert)
        .map(|it| &it.finding.id)
        .collect();
    answers.retain(|it| judged.contains(&it.finding.id));
    for answer in answers.iter().filter(|it| !it.right) {
        let touches = |it: &&Decoy| {
            it.members
                .iter()
                .any(|member| answer.members.contains(member.as_str()))
        };
        let decoy = truth.decoys.iter().find(touches).map(|it| it.kind.clone());
        score.fooled += u32::from(decoy.is_some());
        score.wrong.push(Wrong {
            finding: answer.finding.id.clone(),
            label: answer.instance.label.clone(),
            decoy,
        });
    }
    let count = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    score.planted = count(truth.patterns.len());
    score.answers = count(answers.len());
    score.right = score.answers - count(score.wrong.len());
    score.recall = share(score.found, score.planted);
    score.precision = share(score.right, score.answers);
    score
}

fn share(part: u32, whole: u32) -> f64 {
    if whole == 0 {
        1.0
    } else {
        f64::from(part) / f64::from(whole)
    }
}

/// Alerts, and divisions into communities; everything else is a ranking.
fn is_answer(finding: &Finding) -> bool {
    finding.found && (finding.alert || finding.detector.group_by == "community")
}

fn answers_of(finding: &Finding) -> impl Iterator<Item = Answer<'_>> {
    finding.instances.iter().map(move |instance| Answer {
        finding,
        instance,
        members: instance.members.iter().map(String::as_str).collect(),
        right: false,
    })
}

/// The first finding that contains a planted pattern; marks all answers that match it as right.
fn matching(planted: &Planted, answers: &mut [Answer<'_>]) -> Option<FindingId> {
    let wanted: BTreeSet<&str> = planted.members.iter().map(String::as_str).collect();
    let mut first: Option<FindingId> = None;
    for answer in answers.iter_mut().filter(|it| overlaps(&wanted, &it.members)) {
        answer.right = true;
        first.get_or_insert_with(|| answer.finding.id.clone());
    }
    // Members found one by one, in the finding that names most of them.
    let mut singles: BTreeMap<&FindingId, BTreeSet<&str>> = BTreeMap::new();
    let one_by_one =
        |it: &Answer<'_>| wanted.len() > 1 && it.members.len() == 1 && it.members.is_subset(&wanted);
    for answer in answers.iter().filter(|it| one_by_one(it)) {
        singles
            .entry(&answer.finding.id)
            .or_default()
            .extend(&answer.members);
    }
    let enough: BTreeSet<FindingId> = singles
        .into_iter()
        .filter(|(_, members)| 2 * members.len() >= wanted.len())
        .map(|(id, _)| id.clone())
        .collect();
    for answer in answers
        .iter_mut()
        .filter(|it| one_by_one(it) && enough.contains(&it.finding.id))
    {
        answer.right = true;
        first.get_or_insert_with(|| answer.finding.id.clone());
    }
    first
}

fn overlaps(wanted: &BTreeSet<&str>, members: &BTreeSet<&str>) -> bool {
    let shared = wanted.intersection(members).count();
    match wanted.len() {
        0 => false,
        1 => shared == 1 && members.len() <= SINGLE,
        _ => 2 * shared >= wanted.len() + members.len() - shared,
    }
}
