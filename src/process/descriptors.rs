//! How many files this process may have open: a child takes three or four of them while it runs.

/// The limit on open files before and after it was raised; none means no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenFiles {
    /// What it was.
    pub before: Option<u64>,
    /// What it is.
    pub now: Option<u64>,
}

impl OpenFiles {
    /// Children that can run at a time: each has two streams, a notice of its end and, at its start, its input; half of
    /// the limit is left to everything else.
    pub fn children(&self) -> usize {
        const EACH: u64 = 4;
        self.now.map_or(usize::MAX, |it| {
            usize::try_from((it / 2 / EACH).max(1)).unwrap_or(usize::MAX)
        })
    }
}

/// Raises the limit to the highest this process may set. Children inherit it. To be called once, at the start.
#[cfg(unix)]
pub fn raise_open_files() -> OpenFiles {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    let now = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => maximum,
        // Some systems refuse "no limit" here.
        Err(_) => current,
    };
    OpenFiles { before: current, now }
}

/// There is no such limit here.
#[cfg(not(unix))]
pub fn raise_open_files() -> OpenFiles {
    OpenFiles {
        before: None,
        now: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_never_falls_and_says_how_many_children_fit() {
        let files = raise_open_files();
        assert!(files.now.unwrap_or(u64::MAX) >= files.before.unwrap_or(u64::MAX));
        assert_eq!(raise_open_files().before, files.now);
        let at = |now| OpenFiles { before: now, now }.children();
        assert_eq!((at(Some(1024)), at(Some(3)), at(None)), (128, 1, usize::MAX));
    }
}
