//! Laws and cases of the expression language.

use std::borrow::Cow;
use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// A scope of fixed values by the text of their reference.
struct Fixed {
    values: BTreeMap<String, Value>,
    standing: Standing,
}

impl Scope for Fixed {
    fn value(&self, reference: &Reference) -> Option<Cow<'_, Value>> {
        self.values.get(&reference.to_string()).map(Cow::Borrowed)
    }

    fn standing(&self) -> Standing {
        self.standing
    }
}

fn scope() -> Fixed {
    let values = [
        ("variables.branch", json!("main")),
        ("variables.runTests", json!("false")),
        ("variables.limit", json!(3)),
        ("variables.files", json!(["a.rs", {"name": "b.rs"}])),
        ("variables.evil", json!("{{ env.HOME }} $(rm -rf /)")),
        ("env.JOBS", json!("8")),
        ("steps.build-frontend.outcome", json!("failed")),
        ("steps.build-frontend.outputs", json!({"size": 10, "odd key": 1})),
        ("item", json!("x")),
        ("index", json!(0)),
    ];
    Fixed {
        values: values
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
        standing: Standing {
            is_successful: true,
            ..Standing::default()
        },
    }
}

fn evaluated(text: &str) -> Result<Value, EvaluationError> {
    Expression::parse(text)
        .unwrap_or_else(|it| panic!("{it}"))
        .evaluate(&scope())
}

#[test]
fn expressions_have_the_values_their_page_says() {
    for (text, value) in [
        ("success() && variables.runTests != false", json!(false)),
        ("always() || failure()", json!(true)),
        ("!cancelled() && !completed()", json!(true)),
        ("variables.branch == 'main'", json!(true)),
        ("variables.branch in ['main', \"master\"]", json!(true)),
        ("'dev' not in ['main']", json!(true)),
        ("'ai' in variables.branch", json!(true)),
        ("'size' in steps.build-frontend.outputs", json!(true)),
        ("env.JOBS > 7 && env.JOBS < 10", json!(true)),
        ("env.JOBS == 8", json!(true)),
        ("steps.build-frontend.outcome == 'failed'", json!(true)),
        (
            "steps.build-frontend.outputs.size >= variables.limit",
            json!(true),
        ),
        ("steps.build-frontend.outputs['odd key']", json!(1)),
        ("variables.files[1].name", json!("b.rs")),
        ("variables.files[9].name", json!(null)),
        ("variable.limit", json!(3)),
        ("exists(env.NOBODY)", json!(false)),
        ("default(env.NOBODY, 'x')", json!("x")),
        ("length(variables.files)", json!(2)),
        ("contains(variables.files, 'a.rs')", json!(true)),
        (
            "startsWith(variables.branch, 'ma') && endsWith(variables.branch, 'in')",
            json!(true),
        ),
        ("matches('v1.2', '^v\\d+\\.\\d+$')", json!(true)),
        ("item == 'x' && index == 0", json!(true)),
        ("false", json!(false)),
        ("-1.5e3", json!(-1500.0)),
        ("[1, [2], 'it\\'s']", json!([1, [2], "it's"])),
        ("null == env.NOBODY", json!(true)),
    ] {
        assert_eq!(evaluated(text), Ok(value), "{text}");
    }
}

#[test]
fn what_has_no_value_says_why() {
    for (text, error) in [
        (
            "variables.branch && true",
            "`variables.branch` is a text, not true or false",
        ),
        (
            "!variables.limit",
            "`variables.limit` is a number, not true or false",
        ),
        (
            "variables.branch < 3",
            "a text and a number have no order in `variables.branch < 3`; compare numbers with numbers or texts with texts",
        ),
        ("1 in 2", "`1 in 2` is a number, not what can hold the other side"),
        (
            "startsWith(1, 'a')",
            "`startsWith(1, 'a')` is a number, not a text",
        ),
        (
            "length(true)",
            "`length(true)` is true or false, not what has a length",
        ),
        (
            "matches('a', variables.evil)",
            "`{{ env.HOME }} $(rm -rf /)` is no pattern: repetition operator missing expression",
        ),
    ] {
        assert_eq!(evaluated(text).unwrap_err().to_string(), error, "{text}");
    }
}

#[test]
fn what_decides_alone_keeps_the_rest_unread() {
    assert_eq!(evaluated("false && variables.branch"), Ok(json!(false)));
    assert_eq!(evaluated("true || variables.branch"), Ok(json!(true)));
}

#[test]
fn only_functions_of_standing_ask_how_the_run_stands() {
    for (text, asks) in [
        ("always()", true),
        ("env.A == 'b' || !(failure() && true)", true),
        ("env.A == 'success()'", false),
        ("exists(env.A)", false),
    ] {
        assert_eq!(Expression::parse(text).unwrap().asks_standing(), asks, "{text}");
    }
}

#[test]
fn one_template_alone_keeps_its_type_and_values_are_inert() {
    let value = |text: &str| Template::parse(text).unwrap().value(&scope());
    assert_eq!(
        value("{{ variables.files }}"),
        Ok(json!(["a.rs", {"name": "b.rs"}]))
    );
    assert_eq!(value("{{variables.limit}}"), Ok(json!(3)));
    assert_eq!(value("n={{ variables.limit }}!"), Ok(json!("n=3!")));
    assert_eq!(
        value("{{ variables.files }}."),
        Ok(json!(r#"["a.rs",{"name":"b.rs"}]."#))
    );
    assert_eq!(
        value("{{ variables.evil }}"),
        Ok(json!("{{ env.HOME }} $(rm -rf /)"))
    );
    assert_eq!(value("{{ '{{' }} and }}"), Ok(json!("{{ and }}")));
    assert_eq!(value("no template }} here"), Ok(json!("no template }} here")));
    let error = value("a{{ env.NOBODY }}").unwrap_err().to_string();
    assert_eq!(
        error,
        "`env.NOBODY` has no value; `default(env.NOBODY, '…')` gives one"
    );
}

#[test]
fn bounds_hold() {
    let deep =
        |open: &str, close: &str, levels: usize| format!("{}1{}", open.repeat(levels), close.repeat(levels));
    for (open, close) in [("(", ")"), ("[", "]"), ("!", ""), ("exists(", ")")] {
        assert!(Expression::parse(&deep(open, close, 32)).is_ok(), "{open}");
        let error = Expression::parse(&deep(open, close, 33)).unwrap_err();
        assert!(error.problem.contains("deeper than 32"), "{open}");
    }
    let long = vec!["true"; 1000].join(" && ");
    assert!(
        Expression::parse(&long)
            .unwrap_err()
            .problem
            .contains("longer than 4096")
    );
    let template = format!("{{{{ {} }}}}", vec!["true"; 1000].join(" && "));
    assert!(Template::parse(&template).is_err());
}

#[test]
fn operators_as_objects_are_the_same_expressions() {
    for (form, text) in [
        (
            json!({"type": "equals", "left": "{{variable.status}}", "right": "success"}),
            "variables.status == 'success'",
        ),
        (
            json!({"type": "not_equals", "left": "{{steps.a.exitCode}}", "right": 0}),
            "steps.a.exitCode != 0",
        ),
        (
            json!({"type": "not_contains", "left": ["a"], "right": "b"}),
            "!contains(['a'], 'b')",
        ),
        (
            json!({"type": "not_exists", "left": "{{env.A}}"}),
            "!exists(env.A)",
        ),
        (
            json!({"operator": "greater_than_or_equal", "left": "{{env.A}}", "right": 3}),
            "env.A >= 3",
        ),
        (
            json!({"type": "not_matches", "left": "{{env.A}}", "right": "^v"}),
            "!matches(env.A, '^v')",
        ),
        (
            json!({"type": "or", "conditions": [
                {"type": "and", "conditions": [
                    {"type": "exists", "left": "{{env.A}}"},
                    {"type": "not", "conditions": [{"type": "less_than", "left": 1, "right": 2}]},
                ]},
                {"type": "equals", "left": "{{env.A}}", "right": null},
            ]}),
            "exists(env.A) && !(1 < 2) || env.A == null",
        ),
        (json!("{{ env.A == 1 }}"), "env.A == 1"),
        (json!(false), "false"),
    ] {
        let condition: Condition = serde_json::from_value(form).unwrap();
        assert_eq!(condition.to_string(), text);
        assert_eq!(condition.expression(), &Expression::parse(text).unwrap());
    }
    for form in [
        json!({"type": "equals", "left": 1}),
        json!({"type": "not", "conditions": []}),
        json!({"type": "exists", "left": 1, "right": 2}),
        json!({"type": "and", "left": 1}),
        json!({"type": "equals", "left": "a {{env.A}}", "right": 1}),
        json!(1),
    ] {
        assert!(
            serde_json::from_value::<Condition>(form.clone()).is_err(),
            "{form}"
        );
    }
}

fn references() -> impl Strategy<Value = Reference> {
    let field = proptest::sample::select(StepField::ALL.to_vec());
    prop_oneof![
        ("[a-z0-9-]{1,6}", field).prop_map(|(id, field)| Reference::Step { id, field }),
        ".{1,6}".prop_map(Reference::Variable),
        "[A-Z_]{1,6}".prop_map(Reference::Environment),
        Just(Reference::Index),
        Just(Reference::Item("item".to_owned())),
        Just(Reference::RunId),
        Just(Reference::WorkflowName),
    ]
}

fn segments() -> impl Strategy<Value = Segment> {
    prop_oneof![
        ".{1,5}".prop_map(Segment::Key),
        (0..1000_usize).prop_map(Segment::Index)
    ]
}

fn literals() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        proptest::num::f64::NORMAL.prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ]
}

fn expressions() -> impl Strategy<Value = Expression> {
    let path = (references(), proptest::collection::vec(segments(), 0..3));
    let leaf = prop_oneof![
        literals().prop_map(Expression::Literal),
        path.prop_map(|(reference, way)| Expression::Path(Path { reference, way })),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        let several = proptest::collection::vec(inner.clone(), 2..4);
        let functions = proptest::sample::select(Function::ALL.to_vec());
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Expression::List),
            inner.clone().prop_map(|it| Expression::Not(Box::new(it))),
            several.clone().prop_map(Expression::And),
            several.prop_map(Expression::Or),
            (
                proptest::sample::select(Comparison::ALL.to_vec()),
                inner.clone(),
                inner.clone()
            )
                .prop_map(|(comparison, left, right)| Expression::Compare {
                    comparison,
                    left: Box::new(left),
                    right: Box::new(right),
                }),
            (functions, proptest::collection::vec(inner, 2..3)).prop_map(
                |((function, _, takes), mut arguments)| {
                    arguments.truncate(takes);
                    if function == Function::Matches {
                        arguments[1] = Expression::Literal(Value::from("^a+$"));
                    }
                    Expression::Call { function, arguments }
                }
            ),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_reads_back_as_the_same(expression in expressions()) {
        let text = expression.to_string();
        prop_assume!(text.len() < 4000);
        match Expression::parse(&text) {
            Ok(again) => prop_assert_eq!(again, expression),
            Err(error) => prop_assert!(false, "{text}: {error}"),
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,60}") {
        let _ = Expression::parse(&text);
        let _ = Template::parse(&text);
    }

    #[test]
    fn evaluation_never_panics_and_is_repeatable(expression in expressions()) {
        prop_assert_eq!(expression.evaluate(&scope()), expression.evaluate(&scope()));
    }

    #[test]
    fn a_text_without_braces_is_its_own_value(text in "[^{]{0,40}") {
        prop_assert_eq!(Template::parse(&text).unwrap().value(&scope()), Ok(Value::String(text)));
    }
}
