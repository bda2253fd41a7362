//! How many connections pay. Pure.

use std::time::Duration;

use tokio::time::Instant;

/// A file that has so long to go is worth another connection: less, and it is over before that helps.
const WORTH: Duration = Duration::from_secs(4);

/// How long it is measured what the connections bring; a host that is far away gets more time, since its
/// connections take longer until they are at full speed.
const SHORTEST: Duration = Duration::from_millis(150);
const LONGEST: Duration = Duration::from_secs(4);
const ROUND_TRIPS: u32 = 4;

/// What more connections have to bring together, as a multiple of what there was before.
const GAIN: f64 = 1.25;

/// How often a connection may be turned away before there is only one.
const CHANCES: u32 = 3;

/// How many connections there should be: one at first, then twice as many, for as long as that makes the
/// whole faster.
#[derive(Debug)]
pub(crate) struct Ramp {
    most: usize,
    now: usize,
    /// Since when is measured, and how many bytes there were.
    from: Option<(Instant, u64)>,
    /// Bytes per second, before there were as many connections as now.
    before: f64,
    /// How often there had to be fewer, since more have helped.
    setbacks: u32,
    /// How often one was turned away.
    turned_away: u32,
}

impl Ramp {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            now: 1,
            from: None,
            before: 0.0,
            setbacks: 0,
            turned_away: 0,
        }
    }

    pub(crate) fn connections(&self) -> usize {
        self.now
    }

    /// As many as there may be, whether it pays or not.
    pub(crate) fn all_at_once(&mut self) {
        self.now = self.most;
    }

    /// One that was too many was refused, or sent what does not fit, and so many go on. That may be chance; more often
    /// it is not.
    pub(crate) fn turned_away(&mut self, running: usize) {
        self.fewer(running);
        self.turned_away += 1;
        if self.turned_away > CHANCES {
            (self.most, self.now) = (1, 1);
        }
    }

    /// So many go on, and one more could not be had for now. More are tried later; each time it takes twice as long
    /// until then.
    pub(crate) fn fewer(&mut self, running: usize) {
        self.now = running.clamp(1, self.now);
        (self.from, self.before) = (None, 0.0);
        self.setbacks += 1;
    }

    /// Looks at `have` of `total` bytes. `streaming` says whether every connection is up, and `latency` how
    /// long the first answer took.
    pub(crate) fn look(
        &mut self,
        now: Instant,
        have: u64,
        total: u64,
        streaming: bool,
        latency: Duration,
    ) {
        if self.now >= self.most {
            return;
        }
        let (since, bytes) = match self.from {
            // Less than before: it has started over.
            Some((since, bytes)) if streaming && have >= bytes => (since, bytes),
            _ => {
                self.from = streaming.then_some((now, have));
                return;
            }
        };
        let measured = now.duration_since(since);
        let shortest = (latency * ROUND_TRIPS).clamp(SHORTEST, LONGEST);
        if measured < shortest * (1 << self.setbacks.min(6)) {
            return;
        }
        let rate = (have - bytes) as f64 / measured.as_secs_f64();
        if self.before > 0.0 && rate >= self.before * GAIN {
            self.setbacks = 0;
        }
        if rate < self.before * GAIN {
            // It did not help: no more of them.
            self.most = self.now;
        } else if (total.saturating_sub(have)) as f64 > rate * WORTH.as_secs_f64() {
            self.before = rate;
            self.now = (self.now * 2).min(self.most);
        }
        self.from = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many connections there are in the end, when `rate` says what so many bring in a second.
    fn settled(most: usize, total: u64, rate: impl Fn(usize) -> u64) -> usize {
        let (mut ramp, mut have) = (Ramp::new(most), 0);
        let start = Instant::now();
        for tick in 0..1000 {
            if have >= total {
                break;
            }
            let now = start + Duration::from_millis(100) * tick;
            ramp.look(now, have, total, true, Duration::from_millis(1));
            have += rate(ramp.connections()) / 10;
        }
        ramp.connections()
    }

    const MB: u64 = 1_000_000;

    #[test]
    fn as_many_as_make_it_faster() {
        let gib = 1 << 30;
        assert_eq!(settled(8, gib, |n| n as u64 * 20 * MB), 8);
        assert_eq!(settled(6, gib, |n| n as u64 * 20 * MB), 6);
        assert_eq!(settled(1, gib, |n| n as u64 * 20 * MB), 1);
        // The line is full with one: the second is tried, and is the last.
        assert_eq!(settled(8, gib, |_| 20 * MB), 2);
        // Full with three.
        assert_eq!(settled(16, gib, |n| n.min(3) as u64 * 20 * MB), 8);
    }

    #[test]
    fn what_could_not_be_had_is_tried_again_later_and_later() {
        let (mut ramp, start) = (Ramp::new(8), Instant::now());
        ramp.all_at_once();
        let mut tried = Vec::new();
        for tick in 0..3000 {
            // Two is what the host allows.
            if ramp.connections() > 2 {
                ramp.fewer(2);
                tried.push(tick);
            }
            let now = start + Duration::from_millis(100) * tick;
            let have = u64::from(tick) * 4 * MB;
            ramp.look(now, have, 1 << 40, true, Duration::from_millis(1));
        }
        assert_eq!(ramp.connections(), 2);
        let pauses: Vec<u32> = tried.windows(2).map(|two| two[1] - two[0]).collect();
        assert!(pauses.windows(2).all(|two| two[0] <= two[1]), "{pauses:?}");
        assert_eq!(pauses.last(), Some(&97), "{pauses:?}");
    }

    #[test]
    fn what_is_soon_over_stays_at_one() {
        assert_eq!(settled(8, 1 << 30, |n| n as u64 * 500 * MB), 1);
        assert_eq!(settled(8, 60 * MB, |n| n as u64 * 20 * MB), 1);
        assert_eq!(settled(8, 0, |n| n as u64), 1);
    }
}
