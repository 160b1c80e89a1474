//! Work that a cancelled caller leaves behind.
//!
//! A kernel looks once in some milliseconds whether it was cancelled, and then still frees what it holds, which
//! for a graph of 64 million edges takes longer than a person or a deadline should wait. So loading and kernels
//! run as a task of their own: its caller returns at once, and the task ends by itself, holding its reckoned
//! bytes until it has given them back.

use std::time::Duration;

use tokio::time::sleep;

use super::error::EngineError;
use crate::algorithms::{Control, KernelError};

/// How often the caller looks whether it was cancelled: nobody wakes it, since kernels know nothing of tasks.
const LOOK: Duration = Duration::from_millis(10);

/// Carries `work` to its end, or leaves it to end by itself when the run is cancelled.
///
/// # Errors
///
/// Those of `work`; [`KernelError::Cancelled`] within some milliseconds of [`Control::cancel`];
/// [`EngineError::Defect`] when `work` panics.
pub(super) async fn detached<T: Send + 'static>(
    control: &Control,
    work: impl Future<Output = Result<T, EngineError>> + Send + 'static,
) -> Result<T, EngineError> {
    let cancelled = async {
        while !control.is_cancelled() {
            sleep(LOOK).await;
        }
    };
    tokio::select! {
        biased;
        done = tokio::spawn(work) => done.unwrap_or_else(|error| Err(EngineError::Defect {
            reason: error.to_string(),
        })),
        () = cancelled => Err(KernelError::Cancelled.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::super::Cpu;
    use super::*;

    #[tokio::test]
    async fn a_cancelled_caller_returns_while_the_work_still_runs() {
        let (begin, begun) = mpsc::channel();
        let (release, released) = mpsc::channel();
        let (end, ended) = mpsc::channel();
        let (cpu, control) = (Cpu::new(1).unwrap(), Control::default());
        let cancel = control.clone();
        let work = async move {
            let done = cpu.run(move || {
                begin.send(()).unwrap();
                released.recv().unwrap();
            });
            done.await?;
            end.send(()).unwrap();
            Ok(())
        };
        let canceller = std::thread::spawn(move || {
            begun.recv().unwrap();
            cancel.cancel();
        });
        let answer = detached(&control, work).await;
        assert!(matches!(answer, Err(EngineError::Kernel(KernelError::Cancelled))));
        canceller.join().unwrap();
        assert!(ended.try_recv().is_err(), "it was not waited for");
        release.send(()).unwrap();
        let waited = tokio::task::spawn_blocking(move || ended.recv());
        assert!(waited.await.unwrap().is_ok(), "it was let end by itself");
    }

    #[tokio::test]
    async fn answers_errors_and_panics_come_through() {
        let control = Control::default();
        assert_eq!(detached(&control, async { Ok(7) }).await.unwrap(), 7);
        let failed = detached(&control, async { Err::<(), _>(KernelError::Cancelled.into()) }).await;
        assert!(matches!(failed, Err(EngineError::Kernel(KernelError::Cancelled))));
        let wrong = detached(&control, async { panic!("odd") });
        let wrong: Result<(), EngineError> = wrong.await;
        assert!(matches!(wrong, Err(EngineError::Defect { .. })));
    }
}
