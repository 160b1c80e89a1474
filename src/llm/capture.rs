//! The lowest part of the stack: one exchange over HTTP, caught before the protocol's crate sees it.
//!
//! That crate forgets the status of replies whose error it cannot read, reads bodies of any length, fails on
//! a byte order mark and logs what it cannot parse. So everything but a good reply becomes a [`Caught`] here,
//! and a good one is passed on as JSON that was checked, or as events that are counted.

use std::io;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use async_openai::middleware::HttpRequestFactory;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER};
use serde::de::IgnoredAny;
use tower::{BoxError, Service};

/// Bytes of an error's body that are read; what matters stands at its beginning.
const MOST_OF_AN_ERROR: usize = 64 << 10;

/// What was caught in place of a good reply.
#[derive(Debug, thiserror::Error)]
pub(super) enum Caught {
    /// A status other than 2xx.
    #[error("status {status}")]
    Status {
        /// The status.
        status: u16,
        /// What the headers ask to wait.
        retry_after: Option<Duration>,
        /// The beginning of the body.
        body: Bytes,
    },
    /// A good status, and something that is not JSON.
    #[error("the reply is not JSON")]
    NotJson {
        /// The status.
        status: u16,
        /// What the reply says it is.
        content_type: String,
    },
    /// More bytes than are taken.
    #[error("the reply is longer than {0} bytes")]
    TooLong(usize),
    /// No connection: nothing was sent.
    #[error("{0}")]
    Unreachable(String),
    /// The connection broke.
    #[error("{0}")]
    Broken(String),
}

/// Sends requests and catches replies.
#[derive(Clone, Debug)]
pub(super) struct Capture {
    /// The client that all share.
    pub(super) http: reqwest::Client,
    /// Bytes of a body at most.
    pub(super) max_bytes: usize,
    /// Whether events are expected.
    pub(super) is_stream: bool,
    /// Why the events ended, if it was not by themselves.
    pub(super) ended: Arc<OnceLock<Caught>>,
}

impl Service<HttpRequestFactory> for Capture {
    type Response = Response;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, factory: HttpRequestFactory) -> Self::Future {
        let capture = self.clone();
        async move {
            let request = factory.build().await?;
            capture.exchange(request).await.map_err(BoxError::from)
        }
        .boxed()
    }
}

impl Capture {
    /// The reply to `request`, with a body that is JSON or events.
    pub(super) async fn exchange(&self, request: reqwest::Request) -> Result<Response, Caught> {
        let response = self.http.execute(request).await.map_err(broken)?;
        let status = response.status();
        let headers = response.headers().clone();
        if !status.is_success() {
            return Err(Caught::Status {
                status: status.as_u16(),
                retry_after: retry_after(&headers),
                body: beginning(response).await,
            });
        }
        let content_type = header(&headers, CONTENT_TYPE.as_str()).to_ascii_lowercase();
        if self.is_stream && content_type.starts_with("text/event-stream") {
            return Ok(self.counted(response));
        }
        let body = self.whole(response).await?;
        let json = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&body);
        if serde_json::from_slice::<IgnoredAny>(json).is_err() {
            return Err(Caught::NotJson {
                status: status.as_u16(),
                content_type,
            });
        }
        let body = body.slice_ref(json);
        let body = if self.is_stream { one_event(&body) } else { body };
        Ok(http::Response::new(reqwest::Body::from(body)).into())
    }

    /// The body of `response`, if it is not too long.
    async fn whole(&self, mut response: Response) -> Result<Bytes, Caught> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > self.max_bytes {
                return Err(Caught::TooLong(self.max_bytes));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Bytes::from(body))
    }

    /// `response` with a body that ends in an error when it breaks off or gets too long.
    fn counted(&self, response: Response) -> Response {
        let capture = self.clone();
        let counted = stream::unfold((response, 0), move |(mut response, seen)| {
            let capture = capture.clone();
            async move {
                let caught = match response.chunk().await {
                    // An error was given; nothing comes after it.
                    _ if seen > capture.max_bytes => return None,
                    Ok(None) => return None,
                    Ok(Some(chunk)) if seen + chunk.len() <= capture.max_bytes => {
                        let seen = seen + chunk.len();
                        return Some((Ok(chunk), (response, seen)));
                    }
                    Ok(Some(_)) => Caught::TooLong(capture.max_bytes),
                    Err(error) => broken(error),
                };
                let error = io::Error::other(caught.to_string());
                // What passes through the crate loses its kind, so it is kept aside.
                let _ = capture.ended.set(caught);
                Some((Err(error), (response, usize::MAX)))
            }
        });
        http::Response::new(reqwest::Body::wrap_stream(counted.boxed())).into()
    }
}

/// A whole reply as the only event of a stream: from servers that do not stream although they are asked to.
fn one_event(json: &[u8]) -> Bytes {
    // Line breaks would end the event; in JSON, they are spaces outside of texts and not found within.
    let line = json
        .iter()
        .map(|it| if matches!(it, b'\n' | b'\r') { b' ' } else { *it });
    b"data: ".iter().copied().chain(line).chain(*b"\n\n").collect()
}

/// As much of an error's body as is looked at; what cannot be read is left out.
async fn beginning(mut response: Response) -> Bytes {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = MOST_OF_AN_ERROR - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == MOST_OF_AN_ERROR {
            break;
        }
    }
    Bytes::from(body)
}

/// What the headers ask to wait: seconds, or a date, which is taken from the reply's own `Date`, so that no
/// clock of ours needs to agree with theirs.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = header(headers, RETRY_AFTER.as_str());
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = |text: &str| {
        let parser = jiff::fmt::rfc2822::DateTimeParser::new();
        parser.parse_timestamp(text).ok()
    };
    let (until, now) = (date(text)?, date(header(headers, DATE.as_str()))?);
    let seconds = until.as_second().saturating_sub(now.as_second());
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .and_then(|it| it.to_str().ok())
        .unwrap_or_default()
        .trim()
}

/// What happened, without the URL: the innermost cause says most.
fn broken(error: reqwest::Error) -> Caught {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    match error.is_connect() {
        true => Caught::Unreachable(format!("no connection: {cause}")),
        false => Caught::Broken(cause.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&'static str, &'static str)]) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        retry_after(&headers)
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date() {
        let date = ("date", "Wed, 21 Oct 2026 07:28:00 GMT");
        assert_eq!(asked(&[("retry-after", "7")]), Some(Duration::from_secs(7)));
        assert_eq!(
            asked(&[("retry-after", "0.25")]),
            Some(Duration::from_millis(250))
        );
        let later = ("retry-after", "Wed, 21 Oct 2026 07:29:30 GMT");
        assert_eq!(asked(&[date, later]), Some(Duration::from_secs(90)));
        let earlier = ("retry-after", "Wed, 21 Oct 2026 07:00:00 GMT");
        assert_eq!(asked(&[date, earlier]), Some(Duration::ZERO));
    }

    #[test]
    fn what_is_not_a_wait_is_none() {
        assert_eq!(asked(&[]), None);
        assert_eq!(asked(&[("retry-after", "-5")]), None);
        assert_eq!(asked(&[("retry-after", "NaN")]), None);
        assert_eq!(asked(&[("retry-after", "soon")]), None);
        assert_eq!(asked(&[("retry-after", "Wed, 21 Oct 2026 07:29:30 GMT")]), None);
    }

    #[test]
    fn a_whole_reply_becomes_one_event() {
        let event = one_event(b"{\r\n\"a\": 1}\n");
        assert_eq!(&event[..], b"data: {  \"a\": 1} \n\n");
    }
}
