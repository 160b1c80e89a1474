//! The client against servers that say too little too slowly, too much, or stop within a reply.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use super::openai_tests::{model_with, request, watched};
use super::*;

/// What a server does once it has read a request.
#[derive(Clone, Copy)]
enum Manner {
    /// One byte a second, for ever.
    Drips,
    /// Events without end, as fast as they are taken.
    Floods,
    /// Less than it announced, then it hangs up.
    Breaks,
    /// A reply within gzip.
    Zips,
    /// Nothing; then it waits for the client to hang up.
    Hangs,
    /// The beginning of a stream; then it waits for the client to hang up.
    Pauses,
}

/// `{"choices":[{"message":{"content":"zipped"},"finish_reason":"stop"}]}`, compressed.
const ZIPPED: &str = "1f8b08000000000002030dc9b10d80300c04c05dbe6682ac82108a8c212eb02d3e155176876b6f405a982\
    851d6815bc97a29ca808477f58e82d732f5c05c709a1bdbfe6865f83fec9198dbfc008616b98345000000";

/// Told when a server has read a request, and when the client has hung up.
#[derive(Default)]
struct Ends {
    read: Notify,
    gone: Notify,
}

async fn serve(manner: Manner) -> (String, Arc<AtomicUsize>) {
    serve_telling(manner, Arc::default()).await
}

async fn serve_telling(manner: Manner, ends: Arc<Ends>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&requests);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(reply(stream, manner, Arc::clone(&ends)));
        }
    });
    (format!("http://{address}"), requests)
}

/// Writes until it is done or the client is gone.
async fn reply(mut stream: TcpStream, manner: Manner, ends: Arc<Ends>) -> std::io::Result<()> {
    let mut asked = [0; 4096];
    let _ = stream.read(&mut asked).await?;
    ends.read.notify_one();
    let head = |more: &str| format!("HTTP/1.1 200 OK\r\n{more}\r\n\r\n");
    match manner {
        Manner::Drips => {
            let head = head("content-type: application/json\r\ncontent-length: 1000000");
            stream.write_all(head.as_bytes()).await?;
            loop {
                stream.write_all(b" ").await?;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
        Manner::Floods => {
            let head = head("content-type: text/event-stream\r\nconnection: close");
            stream.write_all(head.as_bytes()).await?;
            loop {
                let event = b"data: {\"choices\":[{\"delta\":{\"content\":\"more \"}}]}\n\n";
                stream.write_all(event).await?;
            }
        }
        Manner::Breaks => {
            let head = head("content-type: application/json\r\ncontent-length: 1000");
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(b"{\"choices\":[").await
        }
        Manner::Zips => {
            let bytes: Vec<u8> = (0..ZIPPED.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&ZIPPED[at..at + 2], 16).unwrap())
                .collect();
            let length = bytes.len();
            let head = head(&format!(
                "content-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {length}"
            ));
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(&bytes).await
        }
        Manner::Hangs => wait_for_the_end(&mut stream, &ends).await,
        Manner::Pauses => {
            let head = head("content-type: text/event-stream\r\nconnection: close");
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(b"data: {\"choices\":[]}\n\n").await?;
            wait_for_the_end(&mut stream, &ends).await
        }
    }
}

async fn wait_for_the_end(stream: &mut TcpStream, ends: &Ends) -> std::io::Result<()> {
    let mut rest = [0; 64];
    while stream.read(&mut rest).await? > 0 {}
    ends.gone.notify_one();
    Ok(())
}

#[tokio::test]
async fn a_request_that_is_dropped_is_given_up_at_the_server_too() {
    for (manner, is_stream) in [
        (Manner::Hangs, false),
        (Manner::Hangs, true),
        (Manner::Pauses, true),
    ] {
        let ends = Arc::new(Ends::default());
        let (base, requests) = serve_telling(manner, Arc::clone(&ends)).await;
        let model = model_with(&base, |_| {});
        let begun = Arc::new(Notify::new());
        let told = Arc::clone(&begun);
        let request = match is_stream {
            true => watched(move |_| told.notify_one()),
            false => request(None),
        };
        let waits = async {
            ends.read.notified().await;
            if matches!(manner, Manner::Pauses) {
                begun.notified().await;
            }
        };
        tokio::select! {
            outcome = model.ask(&request) => panic!("{outcome:?}"),
            () = waits => {}
        }
        ends.gone.notified().await;
        assert_eq!(requests.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_drips_ends_with_the_time_of_its_attempt() {
    let (base, requests) = serve(Manner::Drips).await;
    let model = model_with(&base, |it| {
        it.timeout = Duration::from_secs(20);
        it.retry.max_attempts = 2;
    });
    let error = model.ask(&request(None)).await.unwrap_err();
    assert!(
        matches!(error, LlmError::Timeout { limit, .. } if limit.as_secs() == 20),
        "{error}"
    );
    assert_eq!(requests.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_stream_without_end_ends_at_the_limit_of_its_bytes() {
    let (base, requests) = serve(Manner::Floods).await;
    let model = model_with(&base, |it| it.max_reply_bytes = 100_000);
    let error = model.ask(&watched(|_| {})).await.unwrap_err();
    assert!(error.to_string().ends_with("longer than 100000 bytes"), "{error}");
    assert_eq!(requests.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_reply_that_breaks_off_is_asked_for_again() {
    let (base, requests) = serve(Manner::Breaks).await;
    let error = model_with(&base, |_| {}).ask(&request(None)).await.unwrap_err();
    assert!(matches!(error, LlmError::Transport { .. }), "{error}");
    assert_eq!(requests.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_compressed_reply_is_read_and_its_limit_is_that_of_its_content() {
    let (base, _) = serve(Manner::Zips).await;
    let reply = model_with(&base, |_| {}).ask(&request(None)).await.unwrap();
    assert_eq!(reply.text, "zipped");
    let error = model_with(&base, |it| it.max_reply_bytes = 68)
        .ask(&request(None))
        .await;
    assert!(matches!(error, Err(LlmError::Unusable { .. })), "{error:?}");
}
