//! Whether the command is to stop, because of a signal or of what went wrong beside.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

/// How long the answer to what was sent already is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// After so long people are told what is being waited for.
const SOON: Duration = Duration::from_secs(1);

/// Whether the command is to stop.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<watch::Sender<State>>);

#[derive(Debug, Default)]
struct State {
    asked: Option<Instant>,
    by_signal: bool,
    /// How many are at something that should not be cut short.
    held: usize,
}

impl Stop {
    /// Nothing new is begun from now on.
    pub fn ask(&self) {
        self.0.send_modify(|state| {
            state.asked.get_or_insert_with(Instant::now);
        });
    }

    pub fn signalled(&self) {
        self.0.send_modify(|state| state.by_signal = true);
        self.ask();
    }

    pub fn is_asked(&self) -> bool {
        self.0.borrow().asked.is_some()
    }

    /// Whether it was from outside.
    pub fn is_by_signal(&self) -> bool {
        self.0.borrow().by_signal
    }

    /// Over when it is asked to stop.
    pub async fn asked(&self) {
        self.when(|state| state.asked.is_some()).await;
    }

    /// Over when it is asked to stop and has been given a while to do so.
    pub async fn patience_ends(&self) {
        self.asked().await;
        let asked = self.0.borrow().asked;
        sleep_until(asked.unwrap_or_else(Instant::now) + PATIENCE).await;
    }

    /// Over when it is asked to stop, and nobody is at something that should not be cut short; `slow` is called
    /// if that takes a while.
    pub async fn cuts_short(&self, slow: impl FnOnce()) {
        self.when(|state| state.by_signal).await;
        let released = self.when(|state| state.held == 0);
        tokio::pin!(released);
        tokio::select! {
            () = &mut released => return,
            () = sleep(SOON) => slow(),
        }
        released.await;
    }

    /// As long as the other lives, the command is not cut short: who holds it stops by itself, soon.
    pub fn hold(&self) -> Hold {
        self.0.send_modify(|state| state.held += 1);
        Hold(self.clone())
    }

    async fn when(&self, is: impl FnMut(&State) -> bool) {
        // The other end is `self`.
        if self.0.subscribe().wait_for(is).await.is_err() {
            pending::<()>().await;
        }
    }
}

/// See [`Stop::hold`].
#[derive(Debug)]
pub struct Hold(Stop);

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.0.send_modify(|state| state.held -= 1);
    }
}
