//! The scheduler: tasks with dependencies, bounded concurrency, no barriers.
