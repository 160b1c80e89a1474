//! A server of a model on this machine: it answers every form with nothing in it, after a while.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;
use std::{io, thread};

use anyhow::Context;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::sleep;

/// Connections that may wait to be accepted: more than the calls that are made at once.
const BACKLOG: u32 = 2048;

/// How long a reply takes, by the name of the form that is asked for.
pub(crate) type Latency = fn(&str) -> Duration;

/// A server; it lives as long as the process, on a thread of its own.
pub(crate) struct Server {
    address: SocketAddr,
    at_once: Arc<AtOnce>,
}

/// Requests that wait for their reply.
#[derive(Default)]
struct AtOnce {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Server {
    /// Starts one whose replies take `latency`.
    pub(crate) fn start(latency: Latency) -> anyhow::Result<Self> {
        let (tell, told) = mpsc::channel();
        let at_once: Arc<AtOnce> = Arc::default();
        let counted = Arc::clone(&at_once);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        thread::spawn(move || {
            runtime.block_on(async {
                // A listener that cannot be had leaves the channel without an address.
                if let Ok(listener) = listener() {
                    let _ = tell.send(listener.local_addr());
                    accept(&listener, &counted, latency).await;
                }
            });
        });
        let address = told.recv().context("no port of this machine could be had")??;
        Ok(Self { address, at_once })
    }

    /// Where it serves the protocol.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The most requests that waited at once so far.
    pub(crate) fn most_at_once(&self) -> usize {
        self.at_once.most.load(Ordering::Relaxed)
    }
}

fn listener() -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    socket.listen(BACKLOG)
}

async fn accept(listener: &TcpListener, at_once: &Arc<AtOnce>, latency: Latency) {
    while let Ok((stream, _)) = listener.accept().await {
        let at_once = Arc::clone(at_once);
        // A connection that breaks is its client's to tell of.
        tokio::spawn(async move { converse(stream, &at_once, latency).await });
    }
}

async fn converse(mut stream: TcpStream, at_once: &AtOnce, latency: Latency) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut read = Vec::new();
    while let Some(request) = request(&mut stream, &mut read).await? {
        let now = at_once.now.fetch_add(1, Ordering::Relaxed) + 1;
        at_once.most.fetch_max(now, Ordering::Relaxed);
        let form = &request["response_format"]["json_schema"];
        let wait = latency(form["name"].as_str().unwrap_or_default());
        if !wait.is_zero() {
            sleep(wait).await;
        }
        let reply = reply(&nothing(&form["schema"]).to_string());
        at_once.now.fetch_sub(1, Ordering::Relaxed);
        stream.write_all(reply.as_bytes()).await?;
    }
    Ok(())
}

/// The next request's body; `None` at the end. `read` keeps what came of the request behind it.
async fn request(stream: &mut TcpStream, read: &mut Vec<u8>) -> io::Result<Option<Value>> {
    loop {
        if let Some(head) = memchr::memmem::find(read, b"\r\n\r\n").map(|it| it + 4) {
            let whole = head + content_length(&read[..head]);
            if read.len() >= whole {
                let body = serde_json::from_slice(&read[head..whole])?;
                read.drain(..whole);
                return Ok(Some(body));
            }
        }
        if stream.read_buf(read).await? == 0 {
            return Ok(None);
        }
    }
}

fn content_length(head: &[u8]) -> usize {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let length = head.lines().find_map(|it| it.strip_prefix("content-length:"));
    length.and_then(|it| it.trim().parse().ok()).unwrap_or(0)
}

/// The least value of `form`: empty lists and texts.
fn nothing(form: &Value) -> Value {
    match form["type"].as_str() {
        Some("object") => {
            let properties = form["properties"].as_object().into_iter().flatten();
            properties
                .map(|(name, form)| (name.clone(), nothing(form)))
                .collect()
        }
        Some("array") => json!([]),
        Some("integer" | "number") => json!(0),
        Some("boolean") => json!(false),
        _ => json!(""),
    }
}

fn reply(text: &str) -> String {
    let message = json!({ "role": "assistant", "content": text });
    let body = json!({
        "id": "reply", "object": "chat.completion", "created": 0, "model": "bench",
        "choices": [{ "index": 0, "message": message, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 1000, "completion_tokens": 20, "total_tokens": 1020 },
    });
    let body = body.to_string();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}
