//! The JSON Schema of workflow files, for editors.

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{Schema, json_schema};
use serde_json::Value;

use super::workflow::Workflow;

/// The schema, made from the types that read the files. `x-` keys are allowed wherever keys are fixed.
pub fn schema() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<Workflow>();
    RecursiveTransform(allow_own_keys).transform(&mut schema);
    schema.insert("title".to_owned(), "gaai workflow".into());
    schema.to_value()
}

fn allow_own_keys(schema: &mut Schema) {
    let is_closed = ["additionalProperties", "unevaluatedProperties"]
        .iter()
        .any(|it| schema.get(*it) == Some(&Value::Bool(false)));
    if is_closed {
        schema.insert(
            "patternProperties".to_owned(),
            json_schema!({"^x-": true}).to_value(),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflow::definition::load;
    use crate::workflow::yaml::{Report, decode, parse};

    fn value(text: &str) -> Value {
        let mut report = Report::new("x", text, text);
        let mut tree = parse(text, &mut report).unwrap();
        let root = tree.root();
        decode(&mut tree, root, &mut report).unwrap()
    }

    /// Every key of a step that the types know, and forms that editors should accept.
    const RICH: &str = r#"
name: Rich
version: 1.0.0
timeout: 30m
x-own: 1
variables: { branch: main, files: [a] }
secrets: { DB: { env: DATABASE_URL }, K: { command: [pass, show, k] } }
schedule: [ { cron: "0 3 * * *", timezone: UTC, overlap: cancelRunning, catchup: latest } ]
concurrency: { limit: 1, behavior: skip }
parallel:
  defaultMaxConcurrency: auto
  failFast: cancelAll
  resources: { cpu: 2, llm: { slots: 8, adaptive: { min: 1, max: 16 }, scope: host }, tokens: { rate: 60, per: 1m } }
defaults: { retry: { maxAttempts: 1 }, stopGrace: 10s }
steps:
  - id: a
    type: script
    config: { command: cargo, args: [test, 8080], timeout: 60000, env: { DB: "{{ secrets.DB }}" } }
    condition: variables.branch == 'main'
    resources: { cpu: 2, tokens: 5 }
    retry: { maxAttempts: 3, backoff: { initial: 1s, jitter: full }, retryOn: [timeout, exit:75, signal:KILL] }
    breaker: { key: db }
    forEach: { items: "{{ variables.files }}", maxConcurrency: 3, as: file }
    outputs: [coverage]
    limits: { memory: 512MB, cpu: 0.5, require: true }
    log: file
    onFailure: { command: ./notify.sh }
    x-mine: true
  - id: b
    type: condition
    config: { expression: { type: exists, left: "{{ variables.branch }}" }, onTrue: c }
    dependsOn: [ { step: a, condition: completed, onSkipped: skip } ]
  - { id: c, type: agent, config: { prompt: "{{ steps.a.outputs.results }}" }, dependsOn: [a] }
verify: [ { log: { step: a, pattern: ok } }, { tcp: 8080 } ]
"#;

    #[test]
    fn what_loads_fits_the_schema_and_what_does_not_fit_does_not_load() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        load(RICH, "x").unwrap_or_else(|it| panic!("{it}"));
        let errors: Vec<String> = validator
            .iter_errors(&value(RICH))
            .map(|it| it.to_string())
            .collect();
        assert_eq!(errors, Vec::<String>::new());
        for (right, wrong) in [
            ("log: file", "log: files"),
            ("catchup: latest", "catchup: maybe"),
            ("as: file", "az: file"),
            ("type: agent", "type: agnt"),
            ("prompt:", "promt:"),
            ("outputs: [coverage]", "output: [coverage]"),
            ("limit: 1", "limit: one"),
            ("name: Rich", "nam: Rich"),
        ] {
            let text = RICH.replace(right, wrong);
            assert!(load(&text, "x").is_err(), "{wrong}");
            assert!(!validator.is_valid(&value(&text)), "{wrong}");
        }
    }
}
