//! Names and files of what is kept of requests: recordings and cached replies.
//!
//! A request is named by the SHA-256 of its canonical JSON: keys sorted, no blanks. A file is written beside
//! its place and moved there, so that it is whole or not there; a writer that is killed leaves a part that
//! nobody reads.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;

use super::{LlmError, Request};
use crate::model::id::ContentHash;

/// Names a request by all that is asked. Equal requests have equal names, in every run and on every machine.
pub fn request_hash(request: &Request) -> ContentHash {
    // A request is made of texts, numbers and JSON: writing it cannot fail.
    let value = serde_json::to_value(request).unwrap_or_default();
    let mut text = String::new();
    write_canonical(&value, &mut text);
    ContentHash::of(text.as_bytes())
}

fn write_canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            // Sorted here, since whether a map is sorted depends on features of the whole build.
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_by(|left, right| left.0.cmp(right.0));
            for (index, (key, one)) in sorted.into_iter().enumerate() {
                text.push(if index == 0 { '{' } else { ',' });
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write_canonical(one, text);
            }
            text.push_str(if fields.is_empty() { "{}" } else { "}" });
        }
        Value::Array(items) => {
            text.push('[');
            for (index, one) in items.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { "," });
                write_canonical(one, text);
            }
            text.push(']');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            text.push_str(&value.to_string());
        }
    }
}

/// Writes the file `name` into `directory`, whole or not at all.
pub(super) async fn write_whole(directory: &Path, name: &str, text: String) -> Result<(), LlmError> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let part = directory.join(format!(".{name}.{}-{number}.part", std::process::id()));
    let path = directory.join(name);
    let written = async {
        tokio::fs::create_dir_all(directory).await?;
        tokio::fs::write(&part, text).await?;
        tokio::fs::rename(&part, &path).await
    };
    let Err(error) = written.await else {
        return Ok(());
    };
    let _ = tokio::fs::remove_file(&part).await;
    Err(unusable(
        &path,
        &format!("{error}; check that the directory can be written"),
    ))
}

/// The error of a file that cannot be used.
pub(super) fn unusable(path: &Path, reason: &str) -> LlmError {
    LlmError::Store {
        path: path.display().to_string(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::llm::scripted::tests::request;

    #[test]
    fn a_request_is_named_by_all_that_is_asked() {
        let one = request("x");
        let name = request_hash(&one);
        assert_eq!(name, request_hash(&one.clone()));
        for other in [
            Request {
                seed: 2,
                ..one.clone()
            },
            Request {
                max_tokens: 101,
                ..one.clone()
            },
            Request {
                prompt: "findings/write 2".to_owned(),
                ..one.clone()
            },
            request("y"),
        ] {
            assert_ne!(name, request_hash(&other));
        }
    }

    /// A change of this name would make every recording and cached reply useless.
    #[test]
    fn the_name_of_a_request_does_not_change_between_versions() {
        assert_eq!(request_hash(&request("x")).short(), "6cdaf295ca71");
    }

    #[test]
    fn canonical_json_is_sorted_and_reads_back() {
        let value: Value =
            serde_json::from_str(r#"{"b": [1, {"d": null, "c": "\n"}], "a": {}, "e": []}"#).unwrap();
        let mut text = String::new();
        write_canonical(&value, &mut text);
        assert_eq!(text, r#"{"a":{},"b":[1,{"c":"\n","d":null}],"e":[]}"#);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), json!(value));
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_written_leaves_nothing() {
        let place = tempfile::tempdir().unwrap();
        tokio::fs::create_dir(place.path().join("taken")).await.unwrap();
        let fault = write_whole(place.path(), "taken", "text".to_owned())
            .await
            .unwrap_err();
        assert!(matches!(fault, LlmError::Store { .. }));
        write_whole(place.path(), "free", "text".to_owned())
            .await
            .unwrap();
        let mut names: Vec<_> = std::fs::read_dir(place.path())
            .unwrap()
            .map(|it| it.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["free", "taken"]);
    }
}
