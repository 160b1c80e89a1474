//! Replies that were paid for, kept so that nobody pays for them again.
//!
//! A reply is named by the hash of the model's name and the request, so that a resumed or repeated run finds
//! it. Only complete replies are kept. A hit has no usage: [`Reply::saved`] says what it took when it was
//! made. Of equal requests at the same time one is sent, and the others wait for it. A file that does not match its own checksum is not used and written anew; a cache that cannot be
//! written is gone without, and `tracing` tells so.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use super::kept::{request_hash, write_whole};
use super::{Finish, LlmError, Model, Reply, Request};
use crate::model::id::ContentHash;
use crate::model::usage::Usage;

/// Version of the files.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Entry {
    version: u32,
    /// Name of model and request, so that a file that was renamed is not believed.
    key: ContentHash,
    reply: Reply,
    /// Of `reply`, as JSON.
    checksum: ContentHash,
}

/// A model whose replies are kept.
pub struct Cached {
    inner: Arc<dyn Model>,
    directory: PathBuf,
    /// One permit for each request that is being answered.
    under_way: Mutex<HashMap<ContentHash, Weak<Semaphore>>>,
}

impl Cached {
    /// Keeps the replies of `inner` in `directory`, which is made when something is kept.
    pub fn new(inner: Arc<dyn Model>, directory: impl Into<PathBuf>) -> Self {
        Self {
            inner,
            directory: directory.into(),
            under_way: Mutex::default(),
        }
    }

    /// Who holds its permit may look for the reply or ask for it.
    fn turn_of(&self, key: &ContentHash) -> Arc<Semaphore> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = under_way.get(key).and_then(Weak::upgrade) {
            return turn;
        }
        // Those that ended are forgotten here, so that the map is as long as the requests under way.
        under_way.retain(|_, it| it.strong_count() > 0);
        let turn = Arc::new(Semaphore::new(1));
        under_way.insert(key.clone(), Arc::downgrade(&turn));
        turn
    }

    fn key_of(&self, request: &Request) -> ContentHash {
        ContentHash::of(format!("{}\n{}", self.inner.name(), request_hash(request).0).as_bytes())
    }

    async fn find(&self, key: &ContentHash) -> Option<Reply> {
        let path = self.directory.join(file_of(key));
        let text = match tokio::fs::read(&path).await {
            Ok(text) => text,
            Err(error) => {
                if error.kind() != std::io::ErrorKind::NotFound {
                    tracing::warn!(path = %path.display(), %error, "a kept reply cannot be read");
                }
                return None;
            }
        };
        let entry: Option<Entry> = serde_json::from_slice(&text).ok();
        // Written again, a whole entry gives the same bytes: no field was renamed or left out.
        let whole = entry.filter(|it| {
            it.version == VERSION
                && it.key == *key
                && checksum(&it.reply).as_ref() == Some(&it.checksum)
                && serde_json::to_vec(it).is_ok_and(|again| again == text)
        });
        if whole.is_none() {
            tracing::warn!(path = %path.display(), "a kept reply is damaged; the model is asked again");
        }
        whole.map(|it| it.reply)
    }

    async fn keep(&self, key: ContentHash, reply: &Reply) {
        let Some(checksum) = checksum(reply) else {
            return;
        };
        let name = file_of(&key);
        let entry = Entry {
            version: VERSION,
            key,
            reply: reply.clone(),
            checksum,
        };
        let Ok(text) = serde_json::to_string(&entry) else {
            return;
        };
        if let Err(error) = write_whole(&self.directory, &name, text).await {
            tracing::warn!(%error, "a reply is not kept for the next time");
        }
    }
}

fn file_of(key: &ContentHash) -> String {
    format!("{}.json", key.0)
}

fn checksum(reply: &Reply) -> Option<ContentHash> {
    let text = serde_json::to_vec(reply).ok()?;
    Some(ContentHash::of(&text))
}

impl Model for Cached {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn ask<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<Reply, LlmError>> {
        Box::pin(async move {
            let key = self.key_of(request);
            let turn = self.turn_of(&key);
            // Never closed; and if it were, a request too many would be all that comes of it.
            let _permit = turn.acquire().await;
            if let Some(reply) = self.find(&key).await {
                return Ok(Reply {
                    usage: Usage::default(),
                    saved: reply.usage.plus(reply.saved),
                    ..reply
                });
            }
            let reply = self.inner.ask(request).await?;
            if reply.finish == Finish::Stop && !reply.text.trim().is_empty() {
                self.keep(key, &reply).await;
            }
            Ok(reply)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::time::Duration;

    use futures_util::future::join_all;

    use super::*;
    use crate::llm::scripted::tests::request;
    use crate::llm::scripted::{Answer, Scripted, is_cut_after, says};

    fn cached(place: &Path, name: &str, answer: fn() -> Answer) -> (Arc<Scripted>, Cached) {
        let model = Arc::new(Scripted::by(name, move |_| answer()));
        (model.clone(), Cached::new(model, place))
    }

    #[tokio::test]
    async fn a_kept_reply_costs_nothing_and_says_what_it_saved() {
        let place = tempfile::tempdir().unwrap();
        let (model, cache) = cached(place.path(), "test/x", || says("y"));
        let first = cache.ask(&request("x")).await.unwrap();
        let second = cache.ask(&request("x")).await.unwrap();
        assert_eq!(model.asked().len(), 1);
        assert_eq!((second.usage, second.saved), (Usage::default(), first.usage));
        assert_eq!(second.text, "y");
        let (other, cache) = cached(place.path(), "test/z", || says("z"));
        assert_eq!(cache.ask(&request("x")).await.unwrap().text, "z");
        assert_eq!(other.asked().len(), 1, "another model's reply is not taken");
    }

    #[tokio::test(start_paused = true)]
    async fn equal_requests_at_the_same_time_are_sent_once() {
        let place = tempfile::tempdir().unwrap();
        let script = Scripted::by("test/x", |_| says("y")).taking(Duration::from_secs(1));
        let model = Arc::new(script);
        let cache = Cached::new(model.clone(), place.path());
        let requests: Vec<Request> = ["a", "b", "a", "a"].map(request).to_vec();
        let replies = join_all(requests.iter().map(|it| cache.ask(it))).await;
        assert_eq!(model.asked().len(), 2);
        let paid = replies
            .iter()
            .filter(|it| it.as_ref().unwrap().usage.tokens() > 0)
            .count();
        assert_eq!(paid, 2);
        let one_more = request("c");
        cache.ask(&one_more).await.unwrap();
        assert_eq!(
            cache.under_way.lock().unwrap().len(),
            1,
            "what ended is forgotten"
        );
    }

    #[tokio::test]
    async fn only_complete_replies_are_kept() {
        let place = tempfile::tempdir().unwrap();
        let answers: [fn() -> Answer; 3] = [
            || is_cut_after("half"),
            || says("  "),
            || {
                Err(LlmError::Unusable {
                    reason: "no".to_owned(),
                })
            },
        ];
        for answer in answers {
            let (model, cache) = cached(place.path(), "test/x", answer);
            for _ in 0..2 {
                let _ = cache.ask(&request("x")).await;
            }
            assert_eq!(model.asked().len(), 2);
        }
    }

    /// Whichever byte of a file is wrong: the reply is the model's own, and the file is mended.
    #[tokio::test]
    async fn a_damaged_file_is_written_anew() {
        let place = tempfile::tempdir().unwrap();
        let (model, cache) = cached(place.path(), "test/x", || says("y"));
        cache.ask(&request("x")).await.unwrap();
        let path = fs::read_dir(place.path())
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path();
        let whole = fs::read(&path).unwrap();
        let mut asked = 1;
        for at in (0..whole.len()).step_by(7) {
            let mut damaged = whole.clone();
            damaged[at] = if damaged[at] == b'7' { b'8' } else { b'7' };
            fs::write(&path, damaged).unwrap();
            assert_eq!(cache.ask(&request("x")).await.unwrap().text, "y", "byte {at}");
            asked += 1;
            assert_eq!(model.asked().len(), asked, "byte {at}");
            assert_eq!(fs::read(&path).unwrap(), whole);
        }
    }

    #[tokio::test]
    async fn a_cache_that_cannot_be_written_is_gone_without() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, "").unwrap();
        let (_, cache) = cached(&file, "test/x", || says("y"));
        assert_eq!(cache.ask(&request("x")).await.unwrap().text, "y");
    }
}
