//! How fast the API is asked by all calls of a client together: as fast as they come, until the server
//! refuses one for being too many.
//!
//! From then on the rate is searched for as CUBIC does it for a connection (RFC 9438): it falls by a
//! tenth, gets back within [`PLATEAU`], hardly rises near where it was refused, and then ever faster. A
//! straight line would either be refused more often, each time at the price of a pause, or take minutes
//! to notice that there is room again.
//!
//! Here it is decided, by the clock that is passed in; `turns.rs` waits.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// What a refusal leaves of the rate.
const LEFT: f64 = 0.9;
/// How long it takes until the rate is again what was refused.
const PLATEAU: Duration = Duration::from_secs(20);
/// A rate that is a guess, and likely too low, doubles in this time until it is refused.
const DOUBLES: Duration = Duration::from_secs(5);
/// After so long without a refusal there is no limit any more.
const FORGOTTEN: Duration = Duration::from_secs(2 * 60);

/// What got through is counted over so long before a refusal.
const COUNTED: Duration = Duration::from_secs(2);
/// Limits are often so many for each second: over less time, or within it, nothing new is learned.
const SECOND: Duration = Duration::from_secs(1);
/// Requests a second to begin with where nothing has got through.
const UNKNOWN: f64 = 5.0;
/// It does not fall below a request for each ten seconds.
const SLOWEST: f64 = 0.1;
/// Less than this share of the rate in force got through: the rate is far from the limit.
const FAR: f64 = 0.7;
/// What is refused below this share of what was refused before says little, ...
const NEAR: f64 = 0.97;
/// ... unless fewer than this have got through since the last.
const ENOUGH: u32 = 40;

/// How long all hold still after a refusal without `Retry-After`; twice as long each time that nothing
/// has got through since.
const HOLD: Duration = Duration::from_millis(250);
/// How long all hold still at most, whatever the server asks for.
const LONGEST_HOLD: Duration = Duration::from_secs(60);
/// How much time without a request is made up for: timers are late, each time by a moment.
const MADE_UP: Duration = Duration::from_millis(100);
/// The time between two requests, where the rate is next to nothing.
const LONGEST_INTERVAL: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The pace of one client.
#[derive(Debug)]
pub(crate) struct Pace {
    /// What the user allows.
    max_rate: Option<f64>,
    /// What the server allows, as far as is known.
    limit: Option<Limit>,
    /// When the next request is due.
    due: Option<Instant>,
    /// When those were sent that got through lately.
    passed: VecDeque<Instant>,
}

/// What refusals have taught. Rates are in requests a second.
#[derive(Debug)]
struct Limit {
    /// The rate that was refused. `None` until the pause after the very first refusal is over: what was
    /// under way then counts.
    refused_rate: Option<f64>,
    /// Whether that is a guess.
    guess: bool,
    refused: Instant,
    /// Until when all hold still.
    hold: Instant,
    /// From when the rate rises.
    rises: Instant,
    /// Refusals in a row.
    row: u32,
    /// What got through since the pause.
    through: u32,
}

impl Pace {
    pub(crate) fn new(max_rate: Option<f64>) -> Self {
        Self {
            max_rate,
            limit: None,
            due: None,
            passed: VecDeque::new(),
        }
    }

    /// Whether nobody has to wait.
    pub(crate) fn is_free(&mut self, now: Instant) -> bool {
        self.forget(now);
        self.limit.is_none() && self.max_rate.is_none()
    }

    /// Takes a turn, or says until when there is none.
    pub(crate) fn take(&mut self, now: Instant) -> Result<(), Instant> {
        let hold = self.limit.as_ref().map(|limit| limit.hold);
        if let Some(later) = hold.max(self.due).filter(|later| *later > now) {
            return Err(later);
        }
        let Some(rate) = self.rate(now) else {
            return Ok(());
        };
        let interval = Duration::try_from_secs_f64(1.0 / rate).unwrap_or(Duration::MAX);
        let due = self.due.unwrap_or(now);
        let lost = now.duration_since(due).saturating_sub(MADE_UP);
        self.due = Some(due + lost + interval.min(LONGEST_INTERVAL));
        Ok(())
    }

    /// What was sent then got through: it was answered, in whatever way.
    pub(crate) fn passed(&mut self, sent: Instant) {
        if let Some(limit) = self.limit.as_mut().filter(|limit| sent >= limit.hold) {
            limit.through = limit.through.saturating_add(1);
        }
        // Those that came before by more than a slow answer takes are of no use any more.
        let old = |first: &Instant| sent.duration_since(*first) > 5 * COUNTED;
        while self.passed.front().is_some_and(old) {
            self.passed.pop_front();
        }
        self.passed.push_back(sent);
    }

    /// What was sent then was refused for being one too many, and the server asked for this pause.
    pub(crate) fn refused(&mut self, sent: Instant, now: Instant, asked: Option<Duration>) {
        // At least until it is known what becomes of those that are under way.
        let under_way = now.duration_since(sent);
        let hold = |row: u32| {
            let usual = HOLD.saturating_mul(1 << row.min(16));
            now + asked.unwrap_or(usual).max(under_way).min(LONGEST_HOLD)
        };
        let before = self.rate(now);
        let (Some(limit), Some(before)) = (&mut self.limit, before) else {
            self.limit = Some(Limit::new(now, hold(0)));
            self.due = None;
            return;
        };
        if sent < limit.hold {
            // It was under way when another was refused: the same news.
            limit.pause(limit.hold, limit.hold.max(hold(limit.row)));
            return;
        }
        limit.row = if limit.through == 0 { limit.row + 1 } else { 0 };
        let hold = hold(limit.row);
        let same_second = limit.through == 0 && now.duration_since(limit.refused) <= SECOND;
        if same_second || limit.is_accident(before) {
            limit.pause(now, hold);
        } else {
            limit.learn(before, measured(limit, sent, &self.passed), hold);
        }
        if !same_second {
            limit.refused = now;
        }
        limit.through = 0;
        // After the pause one goes at once.
        self.due = None;
    }

    /// Requests a second, if there is a limit.
    fn rate(&mut self, now: Instant) -> Option<f64> {
        self.forget(now);
        match (self.learned(now), self.max_rate) {
            (Some(learned), Some(max)) => Some(learned.min(max)),
            (learned, max) => learned.or(max),
        }
    }

    fn learned(&mut self, now: Instant) -> Option<f64> {
        let limit = self.limit.as_mut()?;
        let passed = &self.passed;
        let first = || first_rate(limit.refused, passed);
        let top = limit.refused_rate.unwrap_or_else(first);
        if now >= limit.hold {
            limit.refused_rate = Some(top);
        }
        let risen = now.duration_since(limit.rises).as_secs_f64();
        Some(if limit.guess {
            top * LEFT * (risen / DOUBLES.as_secs_f64()).exp2()
        } else {
            let x = risen / PLATEAU.as_secs_f64() - 1.0;
            top * (1.0 + (1.0 - LEFT) * x.powi(3))
        })
    }

    fn forget(&mut self, now: Instant) {
        let old = |limit: &Limit| now.duration_since(limit.hold) > FORGOTTEN;
        if self.limit.as_ref().is_some_and(old) {
            self.limit = None;
        }
    }
}

impl Limit {
    fn new(refused: Instant, hold: Instant) -> Self {
        Self {
            refused_rate: None,
            guess: true,
            refused,
            hold,
            rises: hold,
            row: 0,
            through: 0,
        }
    }

    /// Whether a refusal at this rate is a fault of the server's, or what other clients do, rather than a
    /// limit: a higher rate was not refused before, and this one was not for long.
    fn is_accident(&self, before: f64) -> bool {
        let low = |refused: f64| before < refused * NEAR;
        !self.guess && self.through >= ENOUGH && self.refused_rate.is_some_and(low)
    }

    /// All hold still, and the rate rises afterwards as if there had been no pause.
    fn pause(&mut self, from: Instant, until: Instant) {
        self.rises += until.duration_since(from);
        self.hold = until;
    }

    /// The limit is below the rate in force, and is what got through; but where that is little, it may
    /// just have been counted at a bad moment. (The rate in force may be far above all of it, where
    /// nobody has asked for so much.)
    fn learn(&mut self, before: f64, measured: f64, hold: Instant) {
        let half = before.min(self.refused_rate.unwrap_or(before)) / 2.0;
        self.guess = measured < before * FAR;
        self.refused_rate = Some(measured.max(half).min(before).max(SLOWEST));
        (self.hold, self.rises) = (hold, hold);
    }
}

/// What got through before the very first refusal.
fn first_rate(refused: Instant, passed: &VecDeque<Instant>) -> f64 {
    let lately = |sent: &&Instant| **sent <= refused && refused.duration_since(**sent) <= COUNTED;
    let count = passed.iter().filter(lately).count();
    let first = passed.iter().filter(lately).min().unwrap_or(&refused);
    let span = refused.duration_since(*first).max(SECOND);
    match count {
        0 => UNKNOWN,
        _ => count as f64 / span.as_secs_f64(),
    }
}

/// What got through of what was sent since the last pause and before this.
fn measured(limit: &Limit, before: Instant, passed: &VecDeque<Instant>) -> f64 {
    let span = before.duration_since(limit.hold).min(COUNTED);
    let lately = |sent: &&Instant| {
        **sent >= limit.hold && **sent < before && before.duration_since(**sent) <= span
    };
    let count = passed.iter().filter(lately).count();
    // Refused again so soon: what got through is what the pause had left room for.
    let span = if span < SECOND {
        before.duration_since(limit.refused)
    } else {
        span
    };
    count as f64 / span.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// A pace at which 20 requests of the last second got through before one was refused.
    fn limited(began: Instant) -> (Pace, Instant) {
        let mut pace = Pace::new(None);
        for number in 0..20 {
            pace.passed(began + number * 50 * MS);
        }
        let now = began + 1000 * MS;
        pace.refused(now - 10 * MS, now, Some(Duration::from_secs(3)));
        (pace, now + Duration::from_secs(3))
    }

    #[test]
    fn a_refusal_holds_all_and_leaves_nine_tenths() {
        let (mut pace, hold) = limited(Instant::now());
        assert!(!pace.is_free(hold));
        assert_eq!(pace.take(hold - MS), Err(hold));
        assert_eq!(pace.take(hold), Ok(()));
        assert_eq!(
            pace.take(hold),
            Err(hold + Duration::from_secs_f64(1.0 / 18.0))
        );
    }

    #[test]
    fn what_was_under_way_is_the_same_news() {
        let (mut pace, hold) = limited(Instant::now());
        for late in 1..50 {
            pace.refused(hold - 4000 * MS, hold - (3000 - late) * MS, Some(3000 * MS));
        }
        let hold = hold + 49 * MS;
        assert_eq!(pace.take(hold - MS), Err(hold));
        let rate = pace.rate(hold).unwrap();
        assert!((17.9..=18.1).contains(&rate), "{rate}");
    }

    #[test]
    fn the_rate_recovers_and_is_forgotten() {
        let (mut pace, hold) = limited(Instant::now());
        // It was a guess, and is refused: from then on it is looked for with care.
        let again = hold + 1500 * MS;
        for number in 0..30 {
            pace.passed(hold + number * 50 * MS);
        }
        pace.refused(again - MS, again, Some(Duration::ZERO));
        let rates: Vec<f64> = [0, 10, 20, 30, 40, 60, 100]
            .map(|seconds| {
                pace.rate(again + MS + Duration::from_secs(seconds))
                    .unwrap()
            })
            .to_vec();
        assert!(
            rates.is_sorted() && rates[0] < 18.5 && rates[2] > 19.5,
            "{rates:?}"
        );
        assert!(rates[4] < 23.0 && rates[6] > 100.0, "{rates:?}");
        assert!(pace.is_free(again + FORGOTTEN + Duration::from_secs(1)));
        // A limit of the user's own is not.
        let mut own = Pace::new(Some(7.0));
        assert_eq!(own.rate(again + 2 * FORGOTTEN), Some(7.0));
    }

    /// It has risen beyond all bounds meanwhile, and means nothing any more.
    #[test]
    fn a_rate_that_nobody_used_is_no_measure() {
        for quiet in [30, 60, 110] {
            let (mut pace, hold) = limited(Instant::now());
            let (mut now, mut through) = (hold + Duration::from_secs(quiet), 0);
            let until = now + Duration::from_secs(20);
            let mut refused = 0;
            let began = now;
            while now < until {
                match pace.take(now) {
                    // 20 a second, in a bucket that holds as many.
                    Ok(()) if f64::from(through) < 20.0 * (1.0 + (now - began).as_secs_f64()) => {
                        through += 1;
                        pace.passed(now);
                    }
                    Ok(()) => {
                        refused += 1;
                        pace.refused(now, now, Some(SECOND));
                    }
                    Err(later) => now = later,
                }
            }
            assert!(
                through > 360 && refused < 6,
                "{quiet}: {through}, {refused}"
            );
        }
    }

    /// Without `Retry-After` the pauses grow as long as nothing gets through, and the rate falls.
    #[test]
    fn a_server_that_takes_nothing_is_left_alone() {
        let began = Instant::now();
        let (mut pace, mut now, mut requests) = (Pace::new(None), began, 0);
        while now < began + Duration::from_secs(600) {
            match pace.take(now) {
                Ok(()) => {
                    requests += 1;
                    pace.refused(now, now + MS, None);
                    now += MS;
                }
                Err(later) => now = later,
            }
        }
        assert!((10..25).contains(&requests), "{requests}");
        assert!(pace.rate(now).unwrap() >= SLOWEST * LEFT);
    }

    #[test]
    fn no_number_is_too_large_or_too_small() {
        let now = Instant::now();
        for rate in [f64::MIN_POSITIVE, 1e-9, 1e300, f64::MAX] {
            let mut pace = Pace::new(Some(rate));
            assert_eq!(pace.take(now), Ok(()));
            let _ = pace.take(now);
            pace.refused(now, now, Some(Duration::MAX));
            assert_eq!(pace.take(now), Err(now + LONGEST_HOLD));
            let _ = pace.take(now + LONGEST_HOLD);
        }
        // A clock that goes backwards between threads, too.
        let mut pace = Pace::new(None);
        for _ in 0..100 {
            pace.refused(now + MS, now, Some(Duration::ZERO));
            pace.passed(now);
            let _ = pace.take(now);
        }
    }
}
