//! The rules that hold now, and how many calls each has seen.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Effect, Oddity, Operation, Rule};
use crate::Error;

/// More rules at once are a mistake.
const MAX_RULES: usize = 10_000;

/// The rules that hold now.
#[derive(Debug, Default)]
pub(crate) struct Book(Mutex<Vec<Entry>>);

#[derive(Debug)]
struct Entry {
    rule: Rule,
    calls: u64,
}

/// All that happens to one call.
#[derive(Debug, Default)]
pub(crate) struct Mishap {
    pub(crate) names: Vec<&'static str>,
    pub(crate) delay: Duration,
    pub(crate) expire_links: bool,
    pub(crate) instead: Option<Instead>,
    pub(crate) twist: Twist,
    pub(crate) odd: Option<Oddity>,
    pub(crate) shape: Shape,
}

/// What happens instead of the real answer: `Status`, `Html`, `Hang`, or `Reset` before any byte.
pub(crate) type Instead = Effect;

/// What is different about the export that a call is about.
#[derive(Clone, Debug, Default)]
pub(crate) struct Twist {
    pub(crate) fail: bool,
    pub(crate) status: Option<String>,
    pub(crate) no_link: bool,
}

/// What is different about how an answer arrives.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    /// Where it ends, and how.
    pub(crate) cut: Option<(u64, Cut)>,
    /// Bytes per second.
    pub(crate) rate: Option<u64>,
    pub(crate) length_by: Option<i64>,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    Reset,
    Close,
}

impl Book {
    /// These rules hold as well, from the next call on; none of them, if they were too many.
    pub(crate) fn add(&self, rules: Vec<Rule>) -> Result<(), Error> {
        let mut entries = self.entries();
        if entries.len().saturating_add(rules.len()) > MAX_RULES {
            return Err(Error::new(format!(
                "there may be {MAX_RULES} fault rules at once: take some away first"
            )));
        }
        entries.extend(rules.into_iter().map(|rule| Entry { rule, calls: 0 }));
        Ok(())
    }

    pub(crate) fn clear(&self) {
        self.entries().clear();
    }

    /// The rules that hold now.
    pub(crate) fn rules(&self) -> Vec<Rule> {
        self.entries()
            .iter()
            .map(|entry| entry.rule.clone())
            .collect()
    }

    /// Counts a call, and says what happens to it.
    pub(crate) fn call(&self, operation: Operation) -> Mishap {
        let mut mishap = Mishap::default();
        for entry in self.entries().iter_mut() {
            if entry.rule.is_about(operation) {
                entry.calls += 1;
                if let Some(effect) = entry.rule.effect(entry.calls)
                    && effect.fits(operation)
                {
                    mishap.add(effect);
                }
            }
        }
        mishap
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        // Nothing that is done under the lock is left half done by a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mishap {
    /// Of what can happen only once, the first stays.
    fn add(&mut self, effect: &Effect) {
        self.names.push(effect.name());
        let shape = &mut self.shape;
        match effect {
            Effect::Delay { ms } => {
                self.delay = self.delay.saturating_add(Duration::from_millis(*ms));
            }
            Effect::Status { .. } | Effect::Html | Effect::Hang | Effect::Reset { at: None } => {
                self.instead.get_or_insert_with(|| effect.clone());
            }
            Effect::Reset { at: Some(at) } => {
                shape.cut.get_or_insert((*at, Cut::Reset));
            }
            Effect::Truncate { at } => {
                shape.cut.get_or_insert((*at, Cut::Close));
            }
            Effect::Throttle { bytes_per_second } => {
                shape.rate.get_or_insert(*bytes_per_second);
            }
            Effect::WrongContentLength { by } => {
                shape.length_by.get_or_insert(*by);
            }
            Effect::OddJson { how } => {
                self.odd.get_or_insert(*how);
            }
            Effect::ExpireLinks => self.expire_links = true,
            Effect::FailJob => self.twist.fail = true,
            Effect::UnknownStatus { status } => {
                self.twist.status.get_or_insert_with(|| status.clone());
            }
            Effect::NullLink => self.twist.no_link = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_counts_its_own_calls_from_when_it_was_made() {
        let book = Book::default();
        book.add(vec![
            Rule::new(Effect::Hang).on(Operation::Status).calls(2..=2),
        ])
        .unwrap();
        let instead = |operation| book.call(operation).instead;
        assert_eq!(instead(Operation::Status), None);
        assert_eq!(instead(Operation::Link), None);
        book.add(vec![Rule::new(Effect::Html).calls(1..=1)])
            .unwrap();
        assert_eq!(instead(Operation::Status), Some(Effect::Hang));
        assert_eq!(instead(Operation::Status), None);
        book.add(vec![Rule::new(Effect::Html)]).unwrap();
        assert_eq!(instead(Operation::Export), Some(Effect::Html));
        book.clear();
        assert_eq!(instead(Operation::Export), None);
    }

    #[test]
    fn what_can_happen_together_does() {
        let effects = [
            Effect::Delay { ms: 5 },
            Effect::Throttle {
                bytes_per_second: 9,
            },
            Effect::Delay { ms: 6 },
            Effect::Truncate { at: 3 },
            Effect::Reset { at: Some(4) },
            Effect::FailJob,
        ];
        let book = Book::default();
        book.add(effects.map(Rule::new).into()).unwrap();
        let mishap = book.call(Operation::Download);
        assert_eq!(mishap.delay, Duration::from_millis(11));
        assert_eq!(
            (mishap.shape.cut, mishap.shape.rate),
            (Some((3, Cut::Close)), Some(9))
        );
        // It means nothing for a download.
        assert!(!mishap.twist.fail && !mishap.names.contains(&"fail_job"));
        assert!(book.call(Operation::Export).twist.fail);
    }
}
