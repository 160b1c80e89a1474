//! The user's wish to stop, as a handle that can be shared and awaited.

use std::sync::Arc;

use tokio::sync::watch;

/// Asks everything that shares it to stop. Cloning gives another handle on the same wish, which
/// cannot be taken back.
#[derive(Clone, Debug)]
pub struct Cancel(Arc<watch::Sender<bool>>);

impl Default for Cancel {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }
}

impl Cancel {
    /// Asks to stop; a second call changes nothing.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// Whether [`Cancel::cancel`] was called.
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns once [`Cancel::cancel`] was called.
    pub async fn cancelled(&self) {
        // The sender lives in `self`, so the channel cannot close while we wait on it.
        let _ = self.0.subscribe().wait_for(|it| *it).await;
    }
}
