//! The one door from async code to kernels: a thread pool of its own.
//!
//! Kernels find this pool as the current one, so what they do in parallel stays in it. A panic in a
//! kernel ends that kernel only.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rayon::{ThreadPool, ThreadPoolBuilder};
use tokio::sync::oneshot;

use super::error::EngineError;

/// A waiting thread takes up other work on its own stack, so stacks are deeper than the default.
const STACK_BYTES: usize = 8 << 20;

/// The pool in which kernels run. Clones share it.
#[derive(Clone, Debug)]
pub struct Cpu(Arc<ThreadPool>);

impl Cpu {
    /// A pool of `threads` threads; 0 takes one a core.
    ///
    /// # Errors
    ///
    /// [`EngineError::Threads`] when the system refuses to start them.
    pub fn new(threads: usize) -> Result<Self, EngineError> {
        ThreadPoolBuilder::new()
            .num_threads(threads)
            .stack_size(STACK_BYTES)
            .thread_name(|it| format!("kernel-{it}"))
            .build()
            .map(|pool| Self(Arc::new(pool)))
            .map_err(|error| EngineError::Threads {
                reason: error.to_string(),
            })
    }

    /// The pool itself, for work that shares its threads.
    pub fn pool(&self) -> Arc<ThreadPool> {
        Arc::clone(&self.0)
    }

    /// Threads of the pool.
    pub fn threads(&self) -> usize {
        self.0.current_num_threads()
    }

    /// Runs `kernel` on the pool. Dropping the future cancels it if it has not begun.
    ///
    /// # Errors
    ///
    /// [`EngineError::Defect`] with the message when `kernel` panics.
    pub async fn run<T, F>(&self, kernel: F) -> Result<T, EngineError>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let (reply, result) = oneshot::channel();
        self.0.spawn(move || {
            if !reply.is_closed() {
                // Rayon ends the process when a spawned job panics, hence the net. The receiver may
                // be gone by now; then nobody wants the answer.
                let _ = reply.send(catch_unwind(AssertUnwindSafe(kernel)));
            }
        });
        match result.await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(panic)) => Err(EngineError::Defect {
                reason: message(panic.as_ref()),
            }),
            Err(_) => Err(EngineError::Defect {
                reason: "the kernel's thread is gone".to_owned(),
            }),
        }
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("it gave no message")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::*;

    #[tokio::test]
    async fn kernels_run_in_the_pool_of_the_size_asked_for() {
        let cpu = Cpu::new(3).unwrap();
        let seen = cpu
            .run(|| {
                (
                    rayon::current_num_threads(),
                    (0..1000_u64).into_par_iter().sum::<u64>(),
                )
            })
            .await
            .unwrap();
        assert_eq!(seen, (3, 499_500));
        assert!(Cpu::new(0).unwrap().threads() >= 1);
    }

    #[tokio::test]
    async fn a_panic_is_an_error_with_its_message_and_the_pool_goes_on() {
        let cpu = Cpu::new(1).unwrap();
        let error = cpu
            .run(|| -> u8 { panic!("row {} is odd", 7) })
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), "the kernel stopped at a defect: row 7 is odd");
        assert_eq!(cpu.run(|| 1).await.unwrap(), 1);
    }
}
