//! Signals: Ctrl-C, SIGTERM, a terminal that is closed.

use crate::stop::Stop;

/// What the second signal ends the process with, at once.
const INTERRUPTED: i32 = 130;

/// From now on a signal asks to stop, and the next one ends the process at once.
pub fn listen(stop: &Stop) {
    let (stop, mut signals) = (stop.clone(), Signals::new());
    tokio::spawn(async move {
        signals.next().await;
        stop.signalled();
        signals.next().await;
        std::process::exit(INTERRUPTED);
    });
}

#[cfg(unix)]
struct Signals(Vec<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Signals {
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        // The first one is for a terminal that is closed.
        let kinds = [
            SignalKind::hangup(),
            SignalKind::interrupt(),
            SignalKind::terminate(),
        ];
        let ignored = ignored();
        let listened = kinds
            .into_iter()
            .filter(|kind| ignored & (1 << (kind.as_raw_value() - 1)) == 0);
        // Without a handler a signal ends the program by itself.
        Self(listened.filter_map(|kind| signal(kind).ok()).collect())
    }

    async fn next(&mut self) {
        std::future::poll_fn(|context| {
            let mut signals = self.0.iter_mut();
            match signals.any(|signal| signal.poll_recv(context).is_ready()) {
                true => std::task::Poll::Ready(()),
                false => std::task::Poll::Pending,
            }
        })
        .await;
    }
}

/// The signals, as bits, that whoever started the program has it ignore, as nohup does, and shells for what runs in
/// the background. Only Linux tells without a system call; elsewhere none is known.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let bits = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok());
    bits.unwrap_or(0)
}

#[cfg(windows)]
struct Signals {
    ctrl_c: std::io::Result<tokio::signal::windows::CtrlC>,
    ctrl_break: std::io::Result<tokio::signal::windows::CtrlBreak>,
    /// The window is closed.
    close: std::io::Result<tokio::signal::windows::CtrlClose>,
    shutdown: std::io::Result<tokio::signal::windows::CtrlShutdown>,
}

#[cfg(windows)]
impl Signals {
    fn new() -> Self {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
        Self {
            ctrl_c: ctrl_c(),
            ctrl_break: ctrl_break(),
            close: ctrl_close(),
            shutdown: ctrl_shutdown(),
        }
    }

    async fn next(&mut self) {
        std::future::poll_fn(|context| {
            // Without a handler a signal ends the program by itself.
            let told = [
                self.ctrl_c
                    .as_mut()
                    .is_ok_and(|signal| signal.poll_recv(context).is_ready()),
                self.ctrl_break
                    .as_mut()
                    .is_ok_and(|signal| signal.poll_recv(context).is_ready()),
                self.close
                    .as_mut()
                    .is_ok_and(|signal| signal.poll_recv(context).is_ready()),
                self.shutdown
                    .as_mut()
                    .is_ok_and(|signal| signal.poll_recv(context).is_ready()),
            ];
            match told.contains(&true) {
                true => std::task::Poll::Ready(()),
                false => std::task::Poll::Pending,
            }
        })
        .await;
    }
}
