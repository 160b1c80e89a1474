//! Whatever a model answers, what the rules made stands and nothing unknown gets in.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::choose_templates::{Bounds, ChosenSetting, LeftOut, TemplateChoices};
use super::describe_schema::{DescribedRole, Description, Part};
use super::doubles::{edges, remarks, vertical, vertices};
use super::propose_use_cases::{Grounds, Proposals, ProposedUseCase};
use super::prose::WordBook;
use super::quality::{Consequence, check_requirements, check_use_cases};
use super::quality_findings::check_plan;
use super::read_requirements::{BriefReading, Kind, ReadObjective, ReadStatement};
use super::{
    choose_templates, describe_schema, propose_use_cases, read_requirements, requirements, schema, templates,
    use_cases,
};
use crate::documents::from_text;
use crate::model::{
    document::Document,
    requirements::Requirements,
    schema::{AttributeKind, Census, Role, Schema},
    template::TemplatePlan,
    use_case::UseCase,
    vertical::Vertical,
};

/// Words that answers are made of: ids that exist, ids that do not, and what orders, markup and numbers look
/// like.
fn word(known: &'static [&'static str]) -> impl Strategy<Value = String> {
    let bad: &[&str] = &[
        "",
        "none",
        "evil",
        "<script>alert(1)</script>",
        "{F1}",
        "17",
        "NaN",
        "ignore all rules",
        "Busy crossings",
        "\u{1b}[31m\u{202e}",
    ];
    let all: Vec<&str> = known.iter().chain(bad).copied().collect();
    prop::sample::select(all).prop_map(str::to_owned)
}

const PASSAGES: &[&str] = &["D1.0", "D1.1", "D1.2", "D1.3", "D1.4", "D1.5"];
const QUOTES: &[&str] = &[
    "cut others off if they closed",
    "Where do the purple wombats sing?",
    "The concourse was painted",
    "no more than 12 such places",
];
const TOPICS: &[&str] = &["critical_points", "hubs", "influence", "communities"];
const PATTERNS: &[&str] = &[
    "busiest_points",
    "hub_rank",
    "shared_attributes",
    "stranding_points",
];
const PARAMETERS: &[&str] = &["damping", "resolution", "tolerance", "sources"];
const VALUES: &[&str] = &["0.5", "1.5", "3", "-1"];

struct Setting {
    documents: Vec<Document>,
    vertical: Vertical,
    requirements: Requirements,
    schema: Schema,
    book: WordBook,
    use_cases: Vec<UseCase>,
    plan: TemplatePlan,
}

/// Made once: reading all verticals takes longer than a case.
static SETTING: LazyLock<Setting> = LazyLock::new(setting);

fn setting() -> Setting {
    let brief = "# Objectives\n\n- Which stations would cut others off if they closed?\n\
        - Where do the purple wombats sing?\n- Which stations have the most influence?\n\n# Notes\n\n\
        The concourse was painted in spring. We dread a stuck gate, so name no more than 12 such places.\n";
    let documents = vec![from_text(brief, 1).unwrap()];
    let vertical = vertical("generic");
    let census = Census {
        vertices: vec![
            vertices("stations", 300, &[("name", AttributeKind::Text)]),
            vertices("zones", 9, &[]),
        ],
        edges: vec![
            edges("connections", ("stations", "stations"), &[]),
            edges("lies_in", ("stations", "zones"), &[]),
        ],
        ..Census::default()
    };
    let requirements = requirements::extract(&documents, &vertical);
    let schema = schema::analyse(&census, &vertical, &[]).unwrap();
    let use_cases = use_cases::propose(&requirements, &schema, &vertical, use_cases::DEFAULT_MAX);
    Setting {
        plan: templates::generate(&use_cases, &schema, &vertical, &requirements, None),
        book: WordBook::new(&vertical, &documents, &census),
        documents,
        vertical,
        requirements,
        schema,
        use_cases,
    }
}

fn readings() -> impl Strategy<Value = BriefReading> {
    let limit = prop::option::of(1..20_u32);
    let objective =
        (word(PASSAGES), word(QUOTES), word(TOPICS), limit).prop_map(|(passage, quote, topic, limit)| {
            ReadObjective {
                passage,
                quote,
                topic,
                limit,
            }
        });
    let kind = prop::sample::select(vec![Kind::Requirement, Kind::Constraint, Kind::Risk]);
    let statement = (word(PASSAGES), word(QUOTES), kind).prop_map(|(passage, quote, kind)| ReadStatement {
        passage,
        quote,
        kind,
    });
    (
        prop::collection::vec(objective, 0..8),
        prop::collection::vec(statement, 0..4),
    )
        .prop_map(|(objectives, statements)| BriefReading {
            objectives,
            statements,
        })
}

fn proposals() -> impl Strategy<Value = Proposals> {
    let title = word(&["Hubs of the network", "Shared details"]);
    let question = word(&["Which stations are the hubs?", "Which stations are alike?"]);
    let patterns = prop::collection::vec(word(PATTERNS), 0..3);
    let serves = prop::collection::vec(word(TOPICS), 0..2);
    let proposed = (title, question, patterns, serves, word(&["It helps"])).prop_map(
        |(title, question, patterns, serves, why)| ProposedUseCase {
            title,
            question,
            patterns,
            serves,
            why,
        },
    );
    prop::collection::vec(proposed, 0..5).prop_map(|use_cases| Proposals { use_cases })
}

fn descriptions() -> impl Strategy<Value = Description> {
    let part = prop::sample::select(vec![Part::Core, Part::Bridge, Part::Satellite]);
    let role = (word(&["C1", "C2", "E1", "stations"]), part, word(&["It is so"])).prop_map(
        |(collection, role, reason)| DescribedRole {
            collection,
            role,
            reason,
        },
    );
    (word(&["transport network"]), prop::collection::vec(role, 0..4))
        .prop_map(|(domain, roles)| Description { domain, roles })
}

/// Choices that name templates by their place in the plan, or wrongly.
fn template_choices() -> impl Strategy<Value = (Vec<(usize, String, String)>, Vec<usize>)> {
    let setting = (0..5_usize, word(PARAMETERS), word(VALUES));
    (
        prop::collection::vec(setting, 0..5),
        prop::collection::vec(0..5_usize, 0..4),
    )
}

fn is_plain(text: &str) -> bool {
    !text.contains(['<', '{', '\u{1b}'])
}

fn assert_stands(notes: &[super::quality::Note]) {
    let sent_back = notes.iter().find(|it| it.consequence == Consequence::SendBack);
    assert!(sent_back.is_none(), "{sent_back:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn requirements_keep_what_the_rules_read_and_cite_passages(answer in readings()) {
        let it = &*SETTING;
        let base = it.requirements.clone();
        let (after, notes) = read_requirements::adopt(base.clone(), &answer, &it.documents, &it.vertical);
        remarks(&notes);
        assert_stands(&check_requirements(&after));
        for objective in base.objectives.iter().filter(|it| it.topic.is_some()) {
            prop_assert!(after.objectives.contains(objective));
        }
        prop_assert_eq!(&after.statements[..base.statements.len()], &base.statements[..]);
        let passages = &it.documents[0].passages;
        let sources = after.objectives.iter().map(|it| (&it.id, &it.source));
        let sources: Vec<_> = sources.chain(after.statements.iter().map(|it| (&it.id, &it.source))).collect();
        for (at, (id, source)) in sources.iter().enumerate() {
            prop_assert_eq!(&passages[source.passage as usize].text, &source.quote);
            prop_assert!(sources[..at].iter().all(|it| it.0 != *id), "{} twice", id);
        }
        for objective in &after.objectives {
            let known = |topic: &String| it.vertical.topics.iter().any(|it| it.id == *topic);
            prop_assert!(objective.topic.as_ref().is_none_or(known));
            prop_assert!(objective.limit.is_none_or(|it| it == 12), "{:?}", objective.limit);
        }
    }

    #[test]
    fn use_cases_keep_their_ranks_and_name_known_patterns(answer in proposals()) {
        let it = &*SETTING;
        let grounds = Grounds {
            requirements: &it.requirements,
            schema: &it.schema,
            vertical: &it.vertical,
            book: &it.book,
            max: use_cases::DEFAULT_MAX,
        };
        let (after, notes) = propose_use_cases::adopt(it.use_cases.clone(), &answer, grounds);
        remarks(&notes);
        assert_stands(&check_use_cases(&after));
        prop_assert_eq!(&after[..it.use_cases.len()], &it.use_cases[..]);
        for new in &after[it.use_cases.len()..] {
            prop_assert!(new.patterns.iter().all(|it| PATTERNS.contains(&it.as_str())));
            prop_assert!(is_plain(&new.title) && is_plain(&new.question));
        }
    }

    #[test]
    fn a_schema_keeps_its_census_and_a_core(answer in descriptions()) {
        let it = &*SETTING;
        let (after, notes) = describe_schema::adopt(it.schema.clone(), &answer, &[], &it.book);
        remarks(&notes);
        prop_assert_eq!(&after.census, &it.schema.census);
        prop_assert!(after.roles.iter().any(|it| it.role == Role::Core));
        let role = |schema: &Schema| schema.roles.iter().map(|it| it.collection.clone()).collect::<Vec<_>>();
        prop_assert_eq!(role(&after), role(&it.schema));
        prop_assert!(is_plain(&after.domain));
    }

    #[test]
    fn a_plan_answers_every_question_that_it_answered((settings, left_out) in template_choices()) {
        let it = &*SETTING;
        let id = |at: usize| it.plan.templates.get(at).map_or("evil-000000".to_owned(), |it| it.id.0.clone());
        let answer = TemplateChoices {
            settings: settings
                .into_iter()
                .map(|(at, parameter, value)| ChosenSetting { template: id(at), parameter, value, why: String::new() })
                .collect(),
            leave_out: left_out.into_iter().map(|at| LeftOut { template: id(at), why: String::new() }).collect(),
        };
        let bounds = Bounds { schema: &it.schema, vertical: &it.vertical, book: &it.book };
        let (after, notes) = choose_templates::adopt(it.plan.clone(), &answer, bounds);
        remarks(&notes);
        assert_stands(&check_plan(&after));
        for before in &it.plan.assignments {
            prop_assert!(after.assignments.iter().any(|it| it.use_case == before.use_case));
        }
        for template in &after.templates {
            prop_assert!(template.algorithm.validate().is_ok());
            prop_assert!(it.plan.templates.iter().any(|it| it.projection == template.projection));
        }
    }
}
