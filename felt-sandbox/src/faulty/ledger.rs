//! What came in and went out, and how much of it at once.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Asked;

/// The book of one server.
#[derive(Default)]
pub(super) struct Ledger {
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    asked: Vec<Asked>,
    sent: u64,
    under_way: usize,
    most: usize,
}

impl Ledger {
    fn book(&self) -> MutexGuard<'_, Book> {
        // Nothing that is done under the lock is left half done by a panic.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.book().asked.clone()
    }

    pub(super) fn sent(&self) -> u64 {
        self.book().sent
    }

    pub(super) fn most(&self) -> usize {
        self.book().most
    }

    /// Enters a request, gives it its number, and counts its answer as under way.
    pub(super) fn enter(self: &Arc<Self>, asked: &mut Asked) -> Entry {
        let mut book = self.book();
        asked.number = book.asked.len();
        asked.others = book.under_way;
        book.asked.push(asked.clone());
        book.under_way += 1;
        book.most = book.most.max(book.under_way);
        Entry {
            ledger: Arc::clone(self),
            number: asked.number,
            open: true,
        }
    }
}

/// An answer under way, until it is closed or dropped.
pub(super) struct Entry {
    ledger: Arc<Ledger>,
    number: usize,
    open: bool,
}

/// What is written: what of it counts, and whether the answer ends with it.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Kind {
    /// A part of the body, and not of what is around it.
    pub(super) body: bool,
    /// Nothing comes after it.
    pub(super) last: bool,
}

impl Entry {
    /// Notes the status, before anybody can have seen it.
    pub(super) fn status(&self, status: u16) {
        if let Some(asked) = self.ledger.book().asked.get_mut(self.number) {
            asked.status = Some(status);
        }
    }

    /// Writes once, and counts what was written. `write` must not block, and gives how many of the `length` bytes it
    /// took.
    ///
    /// The lock is held meanwhile: whoever has read these bytes and then asks how many there were, or sends the next
    /// request, finds them counted and the answer over.
    pub(super) fn write(
        &mut self,
        length: usize,
        kind: Kind,
        write: impl FnOnce() -> io::Result<usize>,
    ) -> io::Result<usize> {
        let mut book = self.ledger.book();
        let written = write()?;
        if kind.body
            && let Some(asked) = book.asked.get_mut(self.number)
        {
            asked.sent += written as u64;
            if asked.status.is_some_and(|status| status / 100 == 2) {
                book.sent += written as u64;
            }
        }
        if kind.last && written == length && self.open {
            self.open = false;
            book.under_way -= 1;
        }
        Ok(written)
    }

    /// The answer is over.
    pub(super) fn close(&mut self) {
        if std::mem::take(&mut self.open) {
            self.ledger.book().under_way -= 1;
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.close();
    }
}
