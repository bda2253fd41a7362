//! Turns, and clients that share a server's limit, on tokio's paused clock.

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::*;

/// How a server counts.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// So many at once, and then as many as flow in.
    Bucket(f64),
    /// So many within each second of its clock.
    Window,
}

/// A server that takes 20 requests a second.
struct Server {
    kind: Kind,
    began: Instant,
    level: f64,
    seen: Duration,
    taken: u32,
    refused: u32,
}

const RATE: f64 = 20.0;

impl Server {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            began: Instant::now(),
            level: Self::room(kind),
            seen: Duration::ZERO,
            taken: 0,
            refused: 0,
        }
    }

    /// For how many at once.
    fn room(kind: Kind) -> f64 {
        match kind {
            Kind::Bucket(size) => size,
            Kind::Window => RATE,
        }
    }

    fn takes(&mut self) -> bool {
        let now = self.began.elapsed();
        match self.kind {
            Kind::Bucket(size) => {
                let flowed = (now - self.seen).as_secs_f64() * RATE;
                self.level = (self.level + flowed).min(size);
            }
            Kind::Window if now.as_secs() != self.seen.as_secs() => self.level = RATE,
            Kind::Window => {}
        }
        self.seen = now;
        if self.level < 1.0 {
            self.refused += 1;
            return false;
        }
        self.level -= 1.0;
        self.taken += 1;
        true
    }

    /// What was made of what it would have taken, and which share of the requests was refused.
    fn figures(&self) -> (f64, f64) {
        let (taken, refused) = (f64::from(self.taken), f64::from(self.refused));
        let allowed = self.began.elapsed().as_secs_f64() * RATE
            + match self.kind {
                Kind::Bucket(size) => size,
                Kind::Window => 0.0,
            };
        (taken / allowed, refused / (taken + refused))
    }
}

/// Half of the way to the server, or back.
async fn way() {
    sleep(Duration::from_millis(fastrand::u64(10..40))).await;
}

/// Clients of so many jobs each ask as often as they may, for so long.
async fn busy(kind: Kind, asked: Option<u64>, clients: usize, seconds: u64) -> (f64, f64) {
    let server = Arc::new(Mutex::new(Server::new(kind)));
    let asked = asked.map(Duration::from_secs);
    let mut jobs = JoinSet::new();
    for _ in 0..clients {
        let turns = Arc::new(Turns::new(None));
        for _ in 0..16 {
            let (turns, server) = (turns.clone(), server.clone());
            jobs.spawn(async move {
                loop {
                    turns.wait().await;
                    let sent = Instant::now();
                    way().await;
                    let taken = server.lock().unwrap().takes();
                    way().await;
                    if taken {
                        turns.passed(sent);
                    } else {
                        turns.refused(sent, asked);
                        // As `Retry` does.
                        let jitter = Duration::from_millis(fastrand::u64(0..500));
                        sleep(asked.unwrap_or_default() + jitter).await;
                    }
                }
            });
        }
    }
    sleep(Duration::from_secs(seconds)).await;
    jobs.shutdown().await;
    let server = server.lock().unwrap();
    server.figures()
}

/// With the burst of the beginning, when nothing is known yet, and in the long run.
#[tokio::test(start_paused = true)]
async fn what_a_server_takes_is_used_and_little_is_refused() {
    fastrand::seed(20_261_124);
    for (kind, used_soon, used_later) in [
        (Kind::Bucket(20.0), 0.93, 0.96),
        (Kind::Bucket(100.0), 0.93, 0.95),
        (Kind::Bucket(5.0), 0.75, 0.9),
        (Kind::Window, 0.86, 0.9),
    ] {
        for asked in [Some(1), None, Some(0)] {
            for (clients, refused_soon) in [(1, 0.05), (3, 0.1)] {
                for (seconds, least, most) in
                    [(50, used_soon, refused_soon), (300, used_later, 0.025)]
                {
                    let (used, refused) = busy(kind, asked, clients, seconds).await;
                    let (used_percent, refused_percent) = (100.0 * used, 100.0 * refused);
                    let told = format!(
                        "{kind:?}, Retry-After {asked:?}, {clients} clients, {seconds} s: used {used_percent:.1} %, refused {refused_percent:.1} %"
                    );
                    println!("{told}");
                    assert!(used >= least && refused <= most, "{told}");
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_refusal_nobody_waits() {
    let (turns, began) = (Turns::new(None), Instant::now());
    for _ in 0..10_000 {
        assert_eq!(turns.wait().await, Duration::ZERO);
        turns.passed(Instant::now());
    }
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_is_known_is_kept_from_the_start() {
    for (rate, requests, least, most) in [
        (20.0, 101, 4.8, 5.1),
        (0.5, 4, 5.8, 6.1),
        (5000.0, 5001, 0.8, 1.1),
    ] {
        let (turns, began) = (Turns::new(Some(rate)), Instant::now());
        for _ in 0..requests {
            turns.wait().await;
        }
        let took = began.elapsed().as_secs_f64();
        assert!((least..=most).contains(&took), "{rate}: {took} s");
    }
}

/// First come, first served; who goes away leaves no gap.
#[tokio::test(start_paused = true)]
async fn turns_come_in_order() {
    let (turns, began) = (Arc::new(Turns::new(Some(1.0))), Instant::now());
    turns.wait().await;
    let served = Arc::new(Mutex::new(Vec::new()));
    let mut jobs = JoinSet::new();
    for number in 0..9 {
        let (turns, served) = (turns.clone(), served.clone());
        jobs.spawn(async move {
            // Three of them lose patience: the first, who is next, one in the middle, and the last.
            let patience = if number % 4 == 0 { 500 } else { 60_000 };
            let turn = timeout(Duration::from_millis(patience), turns.wait()).await;
            if turn.is_ok() {
                served.lock().unwrap().push(number);
            }
        });
        tokio::task::yield_now().await;
    }
    while jobs.join_next().await.is_some() {}
    assert_eq!(*served.lock().unwrap(), [1, 2, 3, 5, 6, 7]);
    let took = began.elapsed().as_secs_f64();
    assert!((5.9..6.1).contains(&took), "{took} s");
}

/// Who has slept for a turn looks again whether it is one.
#[tokio::test(start_paused = true)]
async fn a_refusal_holds_those_who_are_waiting_already() {
    let (turns, began) = (Arc::new(Turns::new(Some(1.0))), Instant::now());
    turns.wait().await;
    let next = tokio::spawn({
        let turns = turns.clone();
        async move { turns.wait().await }
    });
    sleep(Duration::from_millis(500)).await;
    turns.refused(began, Some(Duration::from_secs(7)));
    assert!(next.await.unwrap() >= Duration::from_secs(7));
}
