//! Recordings of a model: what was asked and what came back, one file a request.
//!
//! A [`Recorder`] stands around a model; a [`Replayer`] answers from the recordings alone and opens no socket.
//! A file is named by the request's hash and the number of the asking (`<hash>-1.json`), so that neither names
//! nor content depend on which of several requests ended first. Asked the n-th time, a request gets its n-th
//! recording, and the last one from then on; what it took is told as saved, since nobody pays for it again. Errors
//! are recorded like replies. No file holds a key: requests have none.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::difference::nearest;
use super::kept::{request_hash, unusable, write_whole};
use super::{Happening, LlmError, Message, Model, Reply, Request};
use crate::model::id::ContentHash;
use crate::model::usage::Usage;

/// Version of the files.
const VERSION: u32 = 1;

/// One request and what came back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Recording {
    version: u32,
    /// Which asking of this request it was, from 1.
    number: u32,
    /// The model that answered, as people call it; without a reply, the one that was asked.
    model: String,
    request: Request,
    outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Reply(Reply),
    Error(LlmError),
}

/// Writes down what a model is asked and what it replies.
pub struct Recorder {
    inner: Arc<dyn Model>,
    directory: PathBuf,
    state: Mutex<Recorded>,
}

#[derive(Default)]
struct Recorded {
    numbers: HashMap<ContentHash, u32>,
    /// Recordings of earlier runs beyond the first, by request: they go when the request is asked anew.
    earlier: HashMap<String, Vec<PathBuf>>,
}

impl Recorder {
    /// Records `inner` into `directory`, which is made where it is not there. Recordings of the same requests
    /// are replaced, others stay.
    pub fn open(inner: Arc<dyn Model>, directory: impl Into<PathBuf>) -> Result<Self, LlmError> {
        let directory = directory.into();
        let at = |error: std::io::Error| unusable(&directory, &error.to_string());
        fs::create_dir_all(&directory).map_err(at)?;
        let mut state = Recorded::default();
        for path in files_of(&directory)? {
            let name = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            if let Some((hash, number)) = name.split_once('-').filter(|it| it.1 != "1") {
                debug_assert!(!number.is_empty());
                state.earlier.entry(hash.to_owned()).or_default().push(path);
            }
        }
        let state = Mutex::new(state);
        Ok(Self {
            inner,
            directory,
            state,
        })
    }

    /// The number of this asking, and the files that it makes obsolete.
    fn begin(&self, hash: &ContentHash) -> (u32, Vec<PathBuf>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let obsolete = state.earlier.remove(&hash.0).unwrap_or_default();
        let number = state.numbers.entry(hash.clone()).or_insert(0);
        *number += 1;
        (*number, obsolete)
    }
}

impl Model for Recorder {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn ask<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, LlmError>> {
        Box::pin(async move {
            let hash = request_hash(request);
            // Numbered when it is asked, not when it ends.
            let (number, obsolete) = self.begin(&hash);
            for path in obsolete {
                let removed = tokio::fs::remove_file(&path).await;
                removed.map_err(|error| unusable(&path, &error.to_string()))?;
            }
            let outcome = self.inner.ask(request).await;
            let recording = Recording {
                version: VERSION,
                number,
                model: answerer(&outcome).unwrap_or(self.inner.name()).to_owned(),
                request: request.clone(),
                outcome: match &outcome {
                    Ok(reply) => Outcome::Reply(reply.clone()),
                    Err(error) => Outcome::Error(error.clone()),
                },
            };
            let name = format!("{}-{number}.json", hash.0);
            let text = serde_json::to_string_pretty(&recording)
                .map_err(|error| unusable(&self.directory.join(&name), &error.to_string()))?;
            write_whole(&self.directory, &name, text + "\n").await?;
            outcome
        })
    }
}

/// The model that stood in for the one that was asked.
fn answerer(outcome: &Result<Reply, LlmError>) -> Option<&str> {
    outcome.as_ref().ok()?.stood_in.as_deref()
}

/// Answers from recordings and from nothing else.
pub struct Replayer {
    name: String,
    recordings: BTreeMap<ContentHash, Vec<Recording>>,
    asked: Mutex<HashMap<ContentHash, usize>>,
}

impl Replayer {
    /// Reads all recordings of `directory`. A file that is no recording is an error, and so is a directory
    /// without any.
    pub fn open(name: impl Into<String>, directory: &Path) -> Result<Self, LlmError> {
        let mut recordings: BTreeMap<ContentHash, Vec<Recording>> = BTreeMap::new();
        for path in files_of(directory)? {
            let text = fs::read_to_string(&path).map_err(|error| unusable(&path, &error.to_string()))?;
            let recording: Recording = serde_json::from_str(&text).map_err(|error| {
                unusable(
                    &path,
                    &format!("it is no recording: {error}; delete or record it again"),
                )
            })?;
            if recording.version != VERSION {
                let reason = format!(
                    "it is of version {}, not {VERSION}; record it again",
                    recording.version
                );
                return Err(unusable(&path, &reason));
            }
            // By its content, so that a request changed by hand answers what it now asks.
            recordings
                .entry(request_hash(&recording.request))
                .or_default()
                .push(recording);
        }
        if recordings.is_empty() {
            return Err(unusable(
                directory,
                "it holds no recordings; make some with --record",
            ));
        }
        recordings
            .values_mut()
            .for_each(|it| it.sort_by_key(|one| one.number));
        Ok(Self {
            name: name.into(),
            recordings,
            asked: Mutex::default(),
        })
    }

    fn answer(&self, request: &Request) -> Result<Reply, LlmError> {
        let hash = request_hash(request);
        let Some(recordings) = self.recordings.get(&hash) else {
            if let Some(refused) = self.asked_otherwise(request) {
                return Err(refused);
            }
            let known = self.recordings.values().flatten().map(|it| &it.request);
            let reason = nearest(request, known).unwrap_or_default();
            return Err(LlmError::NoRecording { reason });
        };
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let before = asked.entry(hash).or_insert(0);
        let at = (*before).min(recordings.len() - 1);
        *before += 1;
        let recording = &recordings[at];
        match &recording.outcome {
            // It was paid for when it was recorded.
            Outcome::Reply(reply) => Ok(Reply {
                usage: Usage::default(),
                saved: reply.usage.plus(reply.saved),
                stood_in: (recording.model != self.name).then(|| recording.model.clone()),
                ..reply.clone()
            }),
            Outcome::Error(error) => Err(error.clone()),
        }
    }
}

impl Replayer {
    /// A refusal of the request's form, where the same was recorded by a less strict way: while a run was
    /// recorded, requests that came after the endpoint's refusal were not asked in the strict way any more, and
    /// which ones came after depends on chance.
    fn asked_otherwise(&self, request: &Request) -> Option<LlmError> {
        let mode = request.shape.as_ref()?.mode;
        let known = self.recordings.values().flatten().map(|it| &it.request);
        let others = known.filter(|it| asks_the_same(request, it));
        let modes = others.filter_map(|it| it.shape.as_ref()).map(|it| it.mode);
        let nearest = modes.filter(|it| *it >= mode).min()?;
        Some(LlmError::ShapeRefused {
            host: self.name.clone(),
            mode,
            // The words by which a refusal of bounds is known, where all but they is the same.
            detail: match nearest == mode {
                true => "it was recorded without bounds such as maxLength".to_owned(),
                false => "it was recorded in another way".to_owned(),
            },
        })
    }
}

/// Whether both ask for the same, however the endpoint is asked to keep to the form: that changes the schema, and
/// adds it to the first turn.
fn asks_the_same(asked: &Request, known: &Request) -> bool {
    let form = |it: &Request| it.shape.as_ref().map(|it| it.name.clone());
    let settings = |it: &Request| (it.role, it.max_tokens, it.seed, it.temperature.to_bits());
    let turns = asked.messages.iter().zip(&known.messages).enumerate();
    let is_same_turn = |(at, (asked, known)): (usize, (&Message, &Message))| {
        asked.speaker == known.speaker
            && match at {
                0 => known.text.starts_with(&asked.text),
                _ => known.text == asked.text,
            }
    };
    settings(asked) == settings(known)
        && asked.prompt == known.prompt
        && form(asked) == form(known)
        && asked.messages.len() == known.messages.len()
        && turns.into_iter().all(is_same_turn)
}

impl Model for Replayer {
    fn name(&self) -> &str {
        &self.name
    }

    fn ask<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, LlmError>> {
        Box::pin(async move {
            let answer = self.answer(request);
            if let Err(error) = &answer {
                request.witness.tell(Happening::Failed {
                    model: &self.name,
                    error,
                    tokens: 0,
                    cost_usd: Some(0.0),
                });
            }
            answer
        })
    }
}

/// The recordings of a directory, in order of their names.
fn files_of(directory: &Path) -> Result<Vec<PathBuf>, LlmError> {
    let at = |error: std::io::Error| unusable(directory, &error.to_string());
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(at)? {
        let path = entry.map_err(at)?.path();
        let is_hidden = path
            .file_name()
            .is_some_and(|it| it.to_string_lossy().starts_with('.'));
        if !is_hidden && path.extension().is_some_and(|it| it == "json") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::future::join_all;

    use super::*;
    use crate::llm::scripted::tests::request;
    use crate::llm::scripted::{Scripted, When, says};
    use crate::llm::{Shape, ShapeMode};

    /// All files of a directory with their bytes.
    fn bytes_of(directory: &Path) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(directory).unwrap().map(|it| it.unwrap());
        let named = entries.map(|it| {
            (
                it.file_name().into_string().unwrap(),
                fs::read(it.path()).unwrap(),
            )
        });
        named.collect()
    }

    /// Answers after a time that depends on the request; `backwards` turns the order of ends round.
    struct Uneven {
        backwards: bool,
    }

    impl Model for Uneven {
        fn name(&self) -> &str {
            "test/uneven"
        }

        fn ask<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, LlmError>> {
            Box::pin(async move {
                let text = &request.messages[0].text;
                let number: u64 = text.parse().unwrap();
                let wait = if self.backwards { 100 - number } else { number };
                tokio::time::sleep(Duration::from_millis(wait)).await;
                if number.is_multiple_of(5) {
                    return Err(LlmError::Unusable {
                        reason: format!("no {text}"),
                    });
                }
                says(format!("reply to {text}"))
            })
        }
    }

    async fn ask_all(model: &dyn Model) -> Vec<Result<Reply, LlmError>> {
        let requests: Vec<Request> = (1..20).map(|it| request(&it.to_string())).collect();
        join_all(requests.iter().map(|it| model.ask(it))).await
    }

    #[tokio::test]
    async fn what_was_recorded_in_a_less_strict_way_is_stepped_down_to() {
        let place = tempfile::tempdir().unwrap();
        let shaped = |mode, text: &str| Request {
            shape: Some(Shape {
                name: "form".to_owned(),
                schema: serde_json::json!({}),
                mode,
            }),
            ..request(text)
        };
        let model = Arc::new(Scripted::new("test/one").on(When::Always, says("yes")));
        let recorder = Recorder::open(model, place.path()).unwrap();
        recorder.ask(&shaped(ShapeMode::ToolCall, "what")).await.unwrap();
        let replayer = Replayer::open("test/one", place.path()).unwrap();
        let refused = replayer
            .ask(&shaped(ShapeMode::JsonSchema, "what"))
            .await
            .unwrap_err();
        assert!(matches!(refused, LlmError::ShapeRefused { .. }), "{refused}");
        let lower = replayer
            .ask(&shaped(ShapeMode::JsonObject, "what"))
            .await
            .unwrap_err();
        assert!(matches!(lower, LlmError::NoRecording { .. }), "{lower}");
        let other = replayer
            .ask(&shaped(ShapeMode::JsonSchema, "else"))
            .await
            .unwrap_err();
        assert!(matches!(other, LlmError::NoRecording { .. }), "{other}");
    }

    #[tokio::test(start_paused = true)]
    async fn recordings_do_not_depend_on_the_order_of_ends() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let open = |backwards, place: &Path| Recorder::open(Arc::new(Uneven { backwards }), place).unwrap();
        let first = ask_all(&open(false, one.path())).await;
        let second = ask_all(&open(true, other.path())).await;
        assert_eq!(first, second);
        assert_eq!(bytes_of(one.path()).len(), 19);
        assert_eq!(bytes_of(one.path()), bytes_of(other.path()));
        let replayed = ask_all(&Replayer::open("test/uneven", one.path()).unwrap()).await;
        let unpaid = |reply: Reply| Reply {
            usage: Usage::default(),
            saved: reply.usage,
            ..reply
        };
        let first: Vec<_> = first.into_iter().map(|it| it.map(unpaid)).collect();
        assert_eq!(replayed, first);
    }

    #[tokio::test]
    async fn the_nth_asking_gets_the_nth_recording_and_then_the_last() {
        let place = tempfile::tempdir().unwrap();
        let script = Scripted::new("test/script")
            .once(When::Always, says("one"))
            .once(When::Always, says("two"));
        let recorder = Recorder::open(Arc::new(script), place.path()).unwrap();
        for _ in 0..2 {
            recorder.ask(&request("x")).await.unwrap();
        }
        let replayer = Replayer::open("test/script", place.path()).unwrap();
        let mut heard = Vec::new();
        for _ in 0..3 {
            heard.push(replayer.ask(&request("x")).await.unwrap().text);
        }
        assert_eq!(heard, ["one", "two", "two"]);
    }

    #[tokio::test]
    async fn a_new_recording_replaces_all_of_the_old_one() {
        let place = tempfile::tempdir().unwrap();
        let record = |text: &'static str| {
            Recorder::open(
                Arc::new(Scripted::by("test/x", move |_| says(text))),
                place.path(),
            )
            .unwrap()
        };
        let old = record("old");
        for _ in 0..3 {
            old.ask(&request("x")).await.unwrap();
        }
        old.ask(&request("other")).await.unwrap();
        record("new").ask(&request("x")).await.unwrap();
        let replayer = Replayer::open("test/x", place.path()).unwrap();
        for _ in 0..2 {
            assert_eq!(replayer.ask(&request("x")).await.unwrap().text, "new");
        }
        assert_eq!(replayer.ask(&request("other")).await.unwrap().text, "old");
    }

    #[tokio::test]
    async fn a_miss_names_the_nearest_recording_and_the_difference() {
        let place = tempfile::tempdir().unwrap();
        let recorder = Recorder::open(Arc::new(Scripted::by("test/x", |_| says("y"))), place.path()).unwrap();
        recorder
            .ask(&request("How many users are there in all?"))
            .await
            .unwrap();
        recorder.ask(&request("Something else")).await.unwrap();
        let replayer = Replayer::open("test/x", place.path()).unwrap();
        let miss = replayer
            .ask(&request("How many orders are there in all?"))
            .await
            .unwrap_err();
        let text = miss.to_string();
        assert!(matches!(miss, LlmError::NoRecording { .. }));
        assert!(
            text.contains("turn 1 (user)") && text.contains("users are") && text.contains("orders are"),
            "{text}"
        );
    }

    #[test]
    fn a_directory_without_recordings_and_a_damaged_one_are_errors() {
        let place = tempfile::tempdir().unwrap();
        let open = || {
            Replayer::open("test/x", place.path())
                .map(|_| ())
                .unwrap_err()
                .to_string()
        };
        assert!(open().contains("holds no recordings"));
        fs::write(place.path().join("a-1.json"), "{\"version\": 1").unwrap();
        assert!(open().contains("a-1.json: it is no recording"), "{}", open());
    }
}
