//! What the branch processor can refuse.

/// A request that was not carried out, or a run that did not end well. The texts begin as users of the
/// original know them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProcessorError {
    /// No place can be had: the processor takes no more runs, or a branch would wait for branches while it
    /// holds a place.
    #[error("semaphore error: {0}")]
    SemaphoreError(String),
    /// The run ended without all that was asked for; told by [`super::RunReport::completed`].
    #[error("workflow execution failed: {0}")]
    WorkflowExecutionError(String),
    /// What was handed in cannot be a run; nothing of it was started.
    #[error("message processing failed: {0}")]
    MessageProcessingError(String),
    /// The run that was to take a branch is over; nothing of the branch was started.
    #[error("channel closed")]
    ChannelClosed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_are_those_of_the_original() {
        let why = || "why".to_owned();
        let texts = [
            (ProcessorError::SemaphoreError(why()), "semaphore error: why"),
            (
                ProcessorError::WorkflowExecutionError(why()),
                "workflow execution failed: why",
            ),
            (
                ProcessorError::MessageProcessingError(why()),
                "message processing failed: why",
            ),
            (ProcessorError::ChannelClosed, "channel closed"),
        ];
        for (error, text) in texts {
            assert_eq!(error.to_string(), text);
        }
    }
}
