//! Calls that are kept open until somebody lets them go.

use tokio::sync::watch;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct State {
    held: usize,
    released: u64,
}

/// The gate in which held calls stand.
#[derive(Debug)]
pub(crate) struct Holds(watch::Sender<State>);

impl Default for Holds {
    fn default() -> Self {
        Self(watch::Sender::new(State::default()))
    }
}

impl Holds {
    /// Waits for the next release.
    pub(crate) async fn stand(&self) {
        // Read at the moment of stepping in: whoever sees this call held may release it at once.
        let mut before = 0;
        self.0.send_modify(|state| {
            state.held += 1;
            before = state.released;
        });
        let _leaving = Leaving(&self.0);
        // The sender lives as long as `self`, so the wait cannot fail.
        let _ = self
            .0
            .subscribe()
            .wait_for(|state| state.released > before)
            .await;
    }

    /// Lets every call go that stands here now; says how many.
    pub(crate) fn release(&self) -> usize {
        let mut held = 0;
        self.0.send_modify(|state| {
            held = state.held;
            state.released += 1;
        });
        held
    }

    pub(crate) fn held(&self) -> usize {
        self.0.borrow().held
    }

    /// Waits until so many calls stand here at once.
    pub(crate) async fn until_held(&self, count: usize) {
        let mut state = self.0.subscribe();
        let _ = state.wait_for(|state| state.held >= count).await;
    }
}

/// Counts a call out even when its connection is dropped.
struct Leaving<'a>(&'a watch::Sender<State>);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|state| state.held -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[tokio::test]
    async fn a_release_frees_those_who_stand_and_not_those_who_come_later() {
        let holds = Arc::new(Holds::default());
        assert_eq!(holds.release(), 0);
        let stander = Arc::clone(&holds);
        let first = tokio::spawn(async move { stander.stand().await });
        holds.until_held(1).await;
        assert_eq!(holds.release(), 1);
        first.await.expect("freed");
        assert_eq!(holds.held(), 0);
    }
}
