//! What is logged on the thread of a test.

use std::io;
use std::sync::{Arc, Mutex};

use tracing::subscriber::DefaultGuard;

/// Hears what passes a filter, until it is dropped.
pub(super) struct Heard {
    text: Arc<Mutex<Vec<u8>>>,
    _listening: DefaultGuard,
    _second: tracing::Dispatch,
}

impl Heard {
    /// Listens from now on.
    pub(super) fn by(filter: &str) -> Self {
        // With one subscriber alone, a call that another test makes first would stay silent here too.
        let second = tracing::Dispatch::new(tracing_subscriber::fmt().with_writer(io::sink).finish());
        let text = Arc::new(Mutex::new(Vec::new()));
        let pen = Pen(Arc::clone(&text));
        let log = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(false)
            .with_writer(move || pen.clone())
            .finish();
        Self {
            text,
            _listening: tracing::subscriber::set_default(log),
            _second: second,
        }
    }

    /// All of it so far.
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.text.lock().unwrap().clone()).unwrap()
    }

    /// How many lines have these words.
    pub(super) fn count(&self, words: &str) -> usize {
        self.text().lines().filter(|it| it.contains(words)).count()
    }
}

#[derive(Clone)]
struct Pen(Arc<Mutex<Vec<u8>>>);

impl io::Write for Pen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
