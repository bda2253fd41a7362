//! Calls code that may panic, and keeps the panic: no message on stderr, no unwinding further.

use std::any::Any;
use std::panic::{self, PanicHookInfo};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};

/// Schemas are handled recursively, by frames that are large when built without optimization, as build
/// scripts are. JSON nests up to 128 deep; this is reserved, not used.
const STACK: usize = 64 * 1024 * 1024;

/// How much of a panic's message is kept, in characters.
const LONGEST: usize = 300;

/// The panic hook belongs to the whole process: one of us at a time changes it.
static HOOK: Mutex<()> = Mutex::new(());

/// What `call` returns, or what it said when it panicked.
pub(super) fn caught<T: Send>(call: impl FnOnce() -> T + Send) -> Result<T, String> {
    let _alone = HOOK.lock().unwrap_or_else(PoisonError::into_inner);
    let previous = Arc::new(panic::take_hook());
    let worker: Arc<Mutex<Option<ThreadId>>> = Arc::default();
    panic::set_hook(Box::new({
        let (previous, worker) = (Arc::clone(&previous), Arc::clone(&worker));
        move |info: &PanicHookInfo<'_>| {
            let worker = *worker.lock().unwrap_or_else(PoisonError::into_inner);
            // Other threads panic as loudly as ever.
            if worker != Some(thread::current().id()) {
                previous(info);
            }
        }
    }));
    let result = thread::scope(|scope| {
        let run = || {
            *worker.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread::current().id());
            call()
        };
        match thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, run)
        {
            Ok(thread) => thread
                .join()
                .map_err(|panic| format!("it panicked: {}", said(&*panic))),
            Err(error) => Err(format!("no thread to run it in: {error}")),
        }
    });
    drop(panic::take_hook());
    // With our hook gone nobody else has it, so that the very same hook is in place again.
    match Arc::try_unwrap(previous) {
        Ok(previous) => panic::set_hook(previous),
        Err(shared) => panic::set_hook(Box::new(move |info| shared(info))),
    }
    result
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    // Some of progenitor's messages print whole values over many lines.
    let words: Vec<_> = text
        .unwrap_or("without a message")
        .split_whitespace()
        .collect();
    let line = words.join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => line.get(..end).unwrap_or("").to_string() + " ...",
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_message_and_the_next_call_works() {
        assert_eq!(caught(|| 1), Ok(1));
        assert_eq!(
            caught(|| assert!(std::hint::black_box(false), "a {}", 3)),
            Err("it panicked: a 3".to_string())
        );
        assert_eq!(
            caught(|| -> u8 { panic!("b\nc") }),
            Err("it panicked: b c".to_string())
        );
        assert_eq!(caught(|| 2), Ok(2));
    }
}
