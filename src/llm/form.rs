//! The form of an answer: a JSON Schema made from a Rust type, as endpoints that enforce one accept it.
//!
//! Every property is required (an `Option` may be null), no object takes others, references are inlined, and
//! what endpoints refuse or nobody reads (`format`, `title`, `default`, `$schema`) is left out. What is known
//! at run time only, like the names in a schema, is put in by [`Narrow`].
//!
//! Every string and list must have a greatest length: a model that keeps to the form and has nothing to say
//! writes until its tokens are used up. [`unbounded`] finds those without.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::LlmError;

/// Keywords that are left out.
const DROPPED: &[&str] = &["$schema", "$defs", "title", "format", "default", "examples"];

/// Keywords that bound values. Some endpoints refuse them in a form that they enforce.
const BOUNDS: &[&str] = &[
    "maxLength",
    "minLength",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maximum",
    "minimum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "multipleOf",
    "pattern",
];

/// The form of `T`.
pub fn form_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|it| {
        it.inline_subschemas = true;
        it.meta_schema = None;
    });
    let schema: Schema = settings.into_generator().into_root_schema_for::<T>();
    let mut form = schema.to_value();
    make_strict(&mut form);
    form
}

/// What is known of a form at run time only.
#[derive(Clone, Debug, PartialEq)]
pub enum Narrow {
    /// The texts at this JSON pointer of the form are some of these.
    Choices {
        /// Where, e.g. `/properties/claims/items/properties/kind`.
        pointer: String,
        /// What may stand there; at least one.
        words: Vec<String>,
    },
    /// The list at this JSON pointer of the form has at most so many items.
    AtMost {
        /// Where.
        pointer: String,
        /// How many.
        items: u64,
    },
}

impl Narrow {
    /// Makes `form` narrower. A pointer that does not lead to a text or a list is a defect of the caller, and
    /// said so.
    pub fn apply(&self, form: &mut Value) -> Result<(), LlmError> {
        match self {
            Self::Choices { pointer, words } => {
                let place = place_of(form, pointer, "string")?;
                if words.is_empty() {
                    return Err(LlmError::Setting(format!(
                        "nothing may be chosen at {pointer} of the form"
                    )));
                }
                let mut choices: Vec<Value> = words.iter().map(|it| json!(it)).collect();
                if is_of(place, "null") {
                    choices.push(Value::Null);
                }
                for bound in ["maxLength", "minLength", "pattern"] {
                    place.remove(bound);
                }
                place.insert("enum".to_owned(), Value::Array(choices));
            }
            Self::AtMost { pointer, items } => {
                let place = place_of(form, pointer, "array")?;
                place.insert("maxItems".to_owned(), json!(items));
                if let Some(least) = place.get("minItems").and_then(Value::as_u64) {
                    place.insert("minItems".to_owned(), json!(least.min(*items)));
                }
            }
        }
        Ok(())
    }
}

fn place_of<'a>(
    form: &'a mut Value,
    pointer: &str,
    kind: &str,
) -> Result<&'a mut Map<String, Value>, LlmError> {
    form.pointer_mut(pointer)
        .and_then(Value::as_object_mut)
        .filter(|it| is_of(it, kind))
        .ok_or_else(|| LlmError::Setting(format!("the form has no {kind} at `{pointer}`")))
}

/// Whether a schema's `type` is or contains `kind`.
fn is_of(schema: &Map<String, Value>, kind: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(one)) => one == kind,
        Some(Value::Array(many)) => many.iter().any(|it| it == kind),
        _ => false,
    }
}

/// The form without bounds, for endpoints that refuse them.
pub(super) fn without_bounds(form: &Value) -> Value {
    let mut form = form.clone();
    visit(&mut form, &mut |schema| {
        schema.retain(|keyword, _| !BOUNDS.contains(&keyword.as_str()));
    });
    form
}

/// JSON pointers of the texts, lists and objects of a form that may be of any length, and of references.
pub fn unbounded(form: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect_unbounded(form, "", &mut found);
    found
}

fn collect_unbounded(form: &Value, pointer: &str, found: &mut Vec<String>) {
    let Some(schema) = form.as_object() else {
        found.push(pointer.to_owned());
        return;
    };
    let has = |keyword: &str| schema.contains_key(keyword);
    let is_listed = has("enum") || has("const");
    let alternatives = schema.get("anyOf").and_then(Value::as_array);
    let is_untyped = !has("type") && !is_listed && alternatives.is_none();
    let is_long = (is_of(schema, "string") && !is_listed && !has("maxLength"))
        || (is_of(schema, "array") && !has("maxItems"))
        || (is_of(schema, "object") && schema.get("additionalProperties") != Some(&Value::Bool(false)));
    if is_untyped || is_long || has("$ref") {
        found.push(pointer.to_owned());
    }
    for (name, property) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        collect_unbounded(property, &format!("{pointer}/properties/{name}"), found);
    }
    if let Some(items) = schema.get("items") {
        collect_unbounded(items, &format!("{pointer}/items"), found);
    }
    for (index, one) in alternatives.into_iter().flatten().enumerate() {
        collect_unbounded(one, &format!("{pointer}/anyOf/{index}"), found);
    }
}

/// Calls `change` on a schema and all schemas within it, the inner ones first.
fn visit(schema: &mut Value, change: &mut impl FnMut(&mut Map<String, Value>)) {
    let Some(fields) = schema.as_object_mut() else {
        return;
    };
    // Only where a schema stands: a property may well be named `title` or `items`.
    for (keyword, value) in fields.iter_mut() {
        match keyword.as_str() {
            "properties" => {
                for (_, property) in value.as_object_mut().into_iter().flatten() {
                    visit(property, change);
                }
            }
            "items" | "additionalProperties" | "not" => visit(value, change),
            "anyOf" | "oneOf" | "allOf" | "prefixItems" => {
                for one in value.as_array_mut().into_iter().flatten() {
                    visit(one, change);
                }
            }
            _ => {}
        }
    }
    change(fields);
}

fn make_strict(form: &mut Value) {
    visit(form, &mut |schema| {
        schema.retain(|keyword, _| !DROPPED.contains(&keyword.as_str()));
        if let Some(Value::Array(one_of)) = schema.remove("oneOf") {
            unite(schema, one_of);
        }
        let names = schema.get("properties").and_then(Value::as_object);
        if let Some(names) = names.map(|it| it.keys().cloned().collect::<Vec<_>>()) {
            schema.insert("required".to_owned(), json!(names));
            schema.insert("additionalProperties".to_owned(), Value::Bool(false));
        }
    });
}

/// Endpoints take no `oneOf`: words with notes become one list of words, other alternatives `anyOf`.
fn unite(schema: &mut Map<String, Value>, alternatives: Vec<Value>) {
    let mut words = Vec::new();
    let mut notes = Vec::new();
    for one in &alternatives {
        let of_one = one.get("const").map(std::slice::from_ref);
        let listed = of_one.or_else(|| one.get("enum").and_then(Value::as_array).map(Vec::as_slice));
        let Some(listed) = listed else {
            schema.insert("anyOf".to_owned(), Value::Array(alternatives));
            return;
        };
        words.extend_from_slice(listed);
        if let (Some(note), [word]) = (one.get("description").and_then(Value::as_str), listed) {
            notes.push(format!("{}: {note}", word.as_str().unwrap_or_default()));
        }
    }
    schema.insert("type".to_owned(), json!("string"));
    schema.insert("enum".to_owned(), Value::Array(words));
    if !notes.is_empty() {
        let own = schema
            .get("description")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let text = format!("{own} {}", notes.join(" "));
        schema.insert("description".to_owned(), json!(text.trim()));
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, JsonSchema, garde::Validate)]
    #[allow(dead_code, reason = "only its form is looked at")]
    struct Answer {
        /// What it is about.
        #[garde(length(chars, max = 80))]
        title: String,
        #[garde(length(max = 40))]
        note: Option<String>,
        #[garde(range(max = 9))]
        rank: u32,
        #[garde(skip)]
        kind: Kind,
        #[garde(length(max = 3), dive)]
        parts: Vec<Part>,
        #[garde(skip)]
        other: Option<Kind>,
    }

    #[derive(Deserialize, JsonSchema, garde::Validate)]
    struct Part {
        #[garde(length(max = 8), inner(length(max = 20)))]
        names: Vec<String>,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    enum Kind {
        /// One or none.
        Single,
        /// Several.
        Many,
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "only its form is looked at")]
    struct Loose {
        text: String,
        list: Vec<bool>,
        any: Value,
        map: std::collections::BTreeMap<String, u32>,
        next: Option<Box<Loose>>,
    }

    #[test]
    fn every_property_is_required_and_no_other_is_taken() {
        let form = form_of::<Answer>();
        assert_eq!(
            form["required"],
            json!(["kind", "note", "other", "parts", "rank", "title"])
        );
        assert_eq!(form["additionalProperties"], json!(false));
        assert_eq!(
            form["properties"]["title"],
            json!({
                "type": "string", "maxLength": 80, "description": "What it is about."
            })
        );
        assert_eq!(form["properties"]["note"]["type"], json!(["string", "null"]));
        assert_eq!(
            form["properties"]["rank"],
            json!({"type": "integer", "minimum": 0, "maximum": 9})
        );
        let part = &form["properties"]["parts"]["items"];
        assert_eq!(part["additionalProperties"], json!(false));
        assert_eq!(part["properties"]["names"]["items"]["maxLength"], json!(20));
        let text = form.to_string();
        for refused in ["$ref", "$defs", "$schema", "oneOf", "format"] {
            assert!(!text.contains(refused), "{refused} in {text}");
        }
    }

    #[test]
    fn words_with_notes_become_one_list() {
        let form = form_of::<Answer>();
        let kind = &form["properties"]["kind"];
        assert_eq!(kind["enum"], json!(["single", "many"]));
        assert_eq!(kind["description"], json!("single: One or none. many: Several."));
    }

    #[test]
    fn a_form_without_greatest_lengths_is_told_of() {
        assert_eq!(unbounded(&form_of::<Answer>()), Vec::<String>::new());
        let loose = unbounded(&form_of::<Loose>());
        for name in ["text", "list", "any", "map"] {
            assert!(
                loose.contains(&format!("/properties/{name}")),
                "{name}: {loose:?}"
            );
        }
        assert!(
            loose.iter().any(|it| it.starts_with("/properties/next")),
            "{loose:?}"
        );
        assert!(!unbounded(&without_bounds(&form_of::<Answer>())).is_empty());
    }

    #[test]
    fn what_is_known_at_run_time_narrows_the_form() {
        let mut form = form_of::<Answer>();
        let choices = |pointer: &str, words: &[&str]| Narrow::Choices {
            pointer: pointer.to_owned(),
            words: words.iter().map(|it| (*it).to_owned()).collect(),
        };
        choices("/properties/title", &["a", "b"])
            .apply(&mut form)
            .unwrap();
        choices("/properties/note", &["a"]).apply(&mut form).unwrap();
        let fewer = Narrow::AtMost {
            pointer: "/properties/parts".to_owned(),
            items: 1,
        };
        fewer.apply(&mut form).unwrap();
        assert_eq!(form["properties"]["title"]["enum"], json!(["a", "b"]));
        assert_eq!(form["properties"]["title"].get("maxLength"), None);
        assert_eq!(form["properties"]["note"]["enum"], json!(["a", null]));
        assert_eq!(form["properties"]["parts"]["maxItems"], json!(1));
        for fault in [
            choices("/properties/gone", &["a"]),
            choices("/properties/title", &[]),
        ] {
            assert!(matches!(fault.apply(&mut form), Err(LlmError::Setting(_))));
        }
        assert!(matches!(
            choices("/properties/rank", &["a"]).apply(&mut form),
            Err(LlmError::Setting(_))
        ));
    }
}
