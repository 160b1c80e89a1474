//! From use cases to verified findings on the London Underground and on small invented graphs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use gaai::agents::findings::{FindingInput, PatternResult, claims, find};
use gaai::agents::templates::generate;
use gaai::agents::verify::verify_report;
use gaai::agents::vertical::merged;
use gaai::agents::vertical_files::load;
use gaai::algorithms::Control;
use gaai::assets::Assets;
use gaai::engine::{Cpu, Embedded, Engine, EngineOptions, ResultTables};
use gaai::graph::Direction;
use gaai::model::{
    execution::Execution,
    fact::FactValue,
    format::render_claim,
    id::{TemplateId, UseCaseId},
    report::{Lineage, Report, Verdict},
    requirements::Requirements,
    schema::{Census, Schema},
    template::TemplatePlan,
    use_case::{Feasibility, UseCase},
    vertical::Vertical,
};
use gaai::source::FileSource;

/// A graph, the vertical that answers, and what was found for each topic.
pub(crate) struct Answered {
    census: Census,
    pub(crate) plan: TemplatePlan,
    pub(crate) tables: BTreeMap<TemplateId, ResultTables>,
    pub(crate) executions: BTreeMap<TemplateId, Execution>,
    pub(crate) results: BTreeMap<String, Vec<PatternResult>>,
    use_cases: Vec<UseCase>,
}

pub(crate) fn vertical(name: &str) -> Vertical {
    let verticals = load(&Assets::embedded()).unwrap();
    let named = |name: &str| verticals.iter().find(|it| it.name == name).unwrap().clone();
    merged(&named(name), &named("generic"))
}

fn use_case(vertical: &Vertical, topic: &str, rank: u32, limit: Option<u32>) -> UseCase {
    let patterns = vertical.patterns.iter().filter(|it| it.topic == topic);
    UseCase {
        id: UseCaseId::from(topic),
        title: topic.to_owned(),
        question: topic.to_owned(),
        serves: Vec::new(),
        patterns: patterns.map(|it| it.id.clone()).collect(),
        feasibility: Feasibility::Fully {
            reason: String::new(),
        },
        rank,
        rank_reason: String::new(),
        limit,
    }
}

/// Runs the topics of a vertical on a graph and finds.
pub(crate) fn answer(source: FileSource, vertical: &Vertical, topics: &[(&str, Option<u32>)]) -> Answered {
    let control = Control::default();
    let census = source.census_now(&control).unwrap();
    let schema = Schema {
        census: census.clone(),
        ..Schema::default()
    };
    let use_cases: Vec<UseCase> = (1..)
        .zip(topics)
        .map(|(rank, (topic, limit))| use_case(vertical, topic, rank, *limit))
        .collect();
    let plan = generate(&use_cases, &schema, vertical, &Requirements::default(), None);
    let directory = tempfile::tempdir().unwrap();
    let engine = Embedded::new(Arc::new(source), Cpu::new(2).unwrap(), EngineOptions::default());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let mut answered = Answered {
        census,
        plan,
        tables: BTreeMap::new(),
        executions: BTreeMap::new(),
        results: BTreeMap::new(),
        use_cases,
    };
    for template in &answered.plan.templates {
        let execution = runtime
            .block_on(engine.execute(template, directory.path(), &control))
            .unwrap();
        let tables = ResultTables::open(directory.path(), &execution).unwrap();
        answered.tables.insert(template.id.clone(), tables);
        answered.executions.insert(template.id.clone(), execution);
    }
    for use_case in &answered.use_cases {
        let results = results(&answered, use_case, vertical);
        answered.results.insert(use_case.id.0.clone(), results);
    }
    answered
}

fn results(answered: &Answered, use_case: &UseCase, vertical: &Vertical) -> Vec<PatternResult> {
    let mut results: Vec<PatternResult> = Vec::new();
    let own = answered
        .plan
        .assignments
        .iter()
        .filter(|it| it.use_case == use_case.id);
    for (number, assignment) in (1..).zip(own) {
        let input = FindingInput {
            use_case,
            pattern: vertical
                .patterns
                .iter()
                .find(|it| it.id == assignment.pattern)
                .unwrap(),
            assignment,
            vertical,
            template: answered
                .plan
                .templates
                .iter()
                .find(|it| it.id == assignment.template)
                .unwrap(),
            execution: &answered.executions[&assignment.template],
            tables: &answered.tables[&assignment.template],
            census: &answered.census,
            graph: None,
            number,
            first_fact: results.iter().map(|it| it.facts.len() as u32).sum::<u32>() + 1,
        };
        results.push(find(&input).unwrap());
    }
    results
}

impl Answered {
    pub(crate) fn only(&self, topic: &str) -> &PatternResult {
        let results = &self.results[topic];
        assert_eq!(results.len(), 1, "{topic}: {:?}", self.plan.rejected);
        &results[0]
    }

    /// What a reader reads, sentence by sentence.
    pub(crate) fn sentences(&self, topic: &str) -> Vec<String> {
        let result = self.only(topic);
        claims(&result.finding)
            .map(|it| render_claim(it, &result.facts).unwrap())
            .collect()
    }

    pub(crate) fn report(&self, topic: &str) -> Report {
        let results = &self.results[topic];
        Report {
            graph: String::new(),
            brief: String::new(),
            vertical: String::new(),
            use_case: self.use_cases.iter().find(|it| it.id.0 == topic).unwrap().clone(),
            findings: results.iter().map(|it| it.finding.clone()).collect(),
            null_findings: Vec::new(),
            facts: results.iter().flat_map(|it| it.facts.clone()).collect(),
            templates: self.plan.templates.clone(),
            executions: Vec::new(),
            failures: Vec::new(),
            verdict: Verdict::default(),
            lineage: Lineage::default(),
        }
    }

    pub(crate) fn mismatches(&self, report: &Report) -> Vec<String> {
        let found = verify_report(report, &self.tables, &self.census);
        found.iter().map(ToString::to_string).collect()
    }
}

fn london() -> Answered {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/london");
    let source = FileSource::open(&folder, "london").unwrap();
    let topics = [
        ("critical_points", None),
        ("through_traffic", Some(10)),
        ("remoteness", None),
        ("communities", None),
    ];
    answer(source, &vertical("generic"), &topics)
}

#[test]
fn london_is_answered_with_sentences_that_verify() {
    let answered = london();
    for topic in ["critical_points", "through_traffic", "remoteness", "communities"] {
        for sentence in answered.sentences(topic) {
            println!("{topic}: {sentence}");
        }
        let result = answered.only(topic);
        println!(
            "{:?}\n{:?}\n{:?}",
            result.dropped, result.finding.tags, result.finding.evidence.columns
        );
        for row in result.finding.evidence.rows.iter().take(12) {
            println!("{:?}", row.values);
        }
        assert_eq!(answered.mismatches(&answered.report(topic)), [""; 0], "{topic}");
    }
    assert!(
        answered
            .plan
            .templates
            .iter()
            .all(|it| it.projection.rules.direction == Direction::Undirected)
    );
}

#[test]
fn a_changed_number_is_noticed_wherever_it_stands() {
    let answered = london();
    let sound = answered.report("critical_points");
    let mut fact = sound.clone();
    fact.facts[0].value = FactValue::Integer(17);
    assert!(answered.mismatches(&fact)[0].contains("F1 says 17"));
    let mut cell = sound.clone();
    cell.findings[0].evidence.rows[2].values[1] = Some(FactValue::Integer(99));
    assert!(answered.mismatches(&cell)[0].contains("shows"));
    let mut bar = sound.clone();
    bar.findings[0].chart.as_mut().unwrap().bars[0].value += 1.0;
    assert_eq!(answered.mismatches(&bar).len(), 1);
    let mut instance = sound.clone();
    instance.findings[0].instances[0].value += 1.0;
    assert_eq!(answered.mismatches(&instance).len(), 1);
    let mut text = sound.clone();
    text.findings[0].claims[0].text.push_str(" That is 3 more.");
    assert!(answered.mismatches(&text)[0].contains("no fact backs the number `3`"));
    let mut unknown = sound;
    unknown.findings[0].headline.text.push_str(" {F999}");
    assert!(answered.mismatches(&unknown)[0].contains("F999"));
}
