//! The orchestrator: orders the stages of a run, recovers and resumes them.
