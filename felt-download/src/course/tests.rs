use proptest::prelude::*;

use super::*;
use crate::answer::Validator;
use crate::pieces::Pieces;

const LIMITS: Limits = Limits {
    attempts: 4,
    first_delay: Duration::ZERO,
    longest_delay: Duration::ZERO,
};
const TOTAL: u64 = 1000;

fn error() -> Error {
    Error::new(ErrorKind::Interrupted, "it broke")
}

fn refused() -> Error {
    Error::new(ErrorKind::Refused, "no").with_status(404)
}

/// A transfer without a network: what is to come of the file, the attempts that are under way, and all that has
/// been decided.
struct World {
    course: Course,
    state: State,
    running: Vec<Begun>,
    renewing: bool,
    /// The most bytes there ever were.
    mark: u64,
    /// Since the mark was last moved: failures, and links.
    failures: u32,
    renewals: u32,
    starts: u32,
}

impl World {
    fn new(connections: usize, can_rewind: bool) -> Self {
        let mut ramp = Ramp::new(connections);
        ramp.all_at_once();
        let mut world = Self {
            course: Course::new(LIMITS, ramp, can_rewind, 0),
            state: State::new(Pieces::missing(&Default::default(), None), Known::default()),
            running: Vec::new(),
            renewing: false,
            mark: 0,
            failures: 0,
            renewals: 0,
            starts: 0,
        };
        world.course.has_link(&mut world.state);
        world.begin();
        world
    }

    fn begin(&mut self) {
        if self.renewing {
            self.renewing = false;
            self.course.has_link(&mut self.state);
        }
        while let Some(begun) = self.course.begin(&mut self.state, self.running.len(), 10) {
            self.running.push(begun);
        }
    }

    /// One attempt is answered with a part of the file, and brings so many bytes.
    fn brings(&mut self, which: usize, bytes: u64) {
        let begun = self.running[which % self.running.len()];
        self.state.ranges = true;
        self.state.accepted = true;
        self.state.known = Known {
            validator: Some(Validator::Etag("\"a\"".to_string())),
            total: Some(TOTAL),
        };
        self.state.pieces.ends_at(begun.piece, TOTAL);
        self.state.pieces.arrived(begun.piece, bytes);
        let have = self.state.pieces.have();
        if have > self.mark {
            (self.mark, self.failures, self.renewals) = (have, 0, 0);
        }
    }

    fn ends(&mut self, which: usize, ended: Ended) -> Result<(), Error> {
        let begun = self.running.remove(which % self.running.len());
        let beside = Beside {
            others: self.running.len(),
            renewing: self.renewing,
        };
        let had = self.state.pieces.have();
        // Being asked to wait is no failure.
        let slowed = matches!(&ended, Ended::Passing(_, asked) if !asked.is_zero());
        match self.course.ended(&mut self.state, begun, ended, beside)? {
            Step::Go => {}
            Step::Renew(_) => {
                self.renewing = true;
                self.renewals += 1;
                assert_eq!(self.renewals, 1, "twice without progress");
            }
            Step::Wait(..) => self.failures += u32::from(!slowed),
            Step::StartOver(..) => {
                self.failures += u32::from(!slowed);
                // Where nothing was there, nothing starts over: that is a failure like others, and bounded as such.
                self.starts += u32::from(had > 0);
                self.running.clear();
                assert_eq!(self.state.pieces.have(), 0);
            }
        }
        assert!(self.failures < LIMITS.attempts && self.starts <= LIMITS.attempts);
        Ok(())
    }
}

fn ended(kind: u8) -> Ended {
    match kind {
        0 => Ended::Passing(error(), Duration::ZERO),
        1 => Ended::Passing(error(), Duration::from_secs(1)),
        2 => Ended::Refused(refused()),
        3 => Ended::StartOver(error()),
        4 => Ended::OnlyWhole,
        5 => Ended::Finally(refused()),
        6 => Ended::Finally(error()),
        7 => Ended::NoSink,
        _ => Ended::Well,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// Whatever happens in whichever order: there are no more connections than there may be, no more links than
    /// there is progress, and in the end everything is there, or there is an error.
    #[test]
    fn every_course_ends(
        connections in 1..6_usize,
        can_rewind: bool,
        // Good and passing things are more likely, or no course is long.
        events in proptest::collection::vec((0..8_usize, 0..300_u64, prop_oneof![5 => 0..5_u8, 1 => 5..8_u8, 8 => Just(8_u8)]), 0..200),
    ) {
        let mut world = World::new(connections, can_rewind);
        for (which, bytes, kind) in events {
            prop_assert!(world.running.len() <= connections);
            if world.running.is_empty() {
                break;
            }
            let good = kind == 8;
            // An attempt that ends well has brought something.
            world.brings(which, bytes.max(u64::from(good)));
            if world.ends(which, ended(kind)).is_err() {
                return Ok(());
            }
            world.begin();
        }
        // From now on all is well.
        while !world.running.is_empty() {
            world.brings(0, 50);
            world.ends(0, ended(8)).unwrap();
            world.begin();
        }
        prop_assert_eq!(world.state.pieces.have(), TOTAL);
    }

    /// Where nothing arrives there is an error soon.
    #[test]
    fn every_course_without_progress_ends_soon(
        connections in 1..6_usize,
        before in 0..900_u64,
        kinds in proptest::collection::vec(prop_oneof![Just(0_u8), 2..5_u8], 60),
    ) {
        let mut world = World::new(connections, true);
        world.brings(0, before);
        world.begin();
        for kind in kinds {
            if world.running.is_empty() || world.ends(0, ended(kind)).is_err() {
                return Ok(());
            }
            world.begin();
        }
        prop_assert!(false, "it goes on and on");
    }
}

/// One connection streams, the other meets this for the second time, with a fresh link.
fn beside_a_good_one(kind: u8) -> World {
    let mut world = World::new(2, true);
    world.brings(0, 100);
    world.begin();
    assert_eq!(world.running.len(), 2);
    world.ends(1, ended(kind)).unwrap();
    world.begin();
    // For a fresh link, which the other has no use for.
    if world.running.len() == 2 {
        world.ends(1, ended(kind)).unwrap();
        world.begin();
    }
    world
}

#[test]
fn a_connection_that_is_refused_beside_another_is_left_out() {
    for kind in [2, 3, 4, 5] {
        let mut world = beside_a_good_one(kind);
        assert_eq!(world.running.len(), 1, "{kind}");
        // And the one brings all.
        world.brings(0, TOTAL);
        world.ends(0, Ended::Well).unwrap();
        world.begin();
        assert!(world.running.is_empty() && world.starts == 0);
        assert_eq!(world.state.pieces.have(), TOTAL);
    }
}

/// The first has just ended when the other is refused: for the host it may still be there.
#[test]
fn one_refusal_after_others_have_ended_is_waited_out() {
    for kind in [3, 5] {
        let mut world = World::new(2, true);
        world.brings(0, 100);
        world.begin();
        world.brings(0, TOTAL);
        world.ends(0, Ended::Well).unwrap();
        world.ends(0, ended(kind)).unwrap();
        assert_eq!((world.failures, world.starts), (1, 0));
        world.begin();
        // Not twice.
        match world.ends(0, ended(kind)) {
            Ok(()) => assert_eq!((kind, world.starts), (3, 1)),
            Err(error) => assert_eq!((kind, error.status()), (5, Some(404))),
        }
    }
}

/// A host that sends the whole each time, and breaks off a little later each time.
#[test]
fn whole_files_that_replace_what_was_there_are_counted() {
    let mut world = World::new(1, true);
    for starts in 0.. {
        let begun = world.running[0];
        let known = world.state.known.clone();
        world.state.start_over(known);
        let piece = world.state.pieces.take(1).unwrap();
        world.running[0] = Begun { piece, ..begun };
        world.brings(0, 10 + starts);
        let ended = world.ends(0, Ended::Passing(error(), Duration::ZERO));
        if ended.is_err() {
            assert_eq!(starts, u64::from(LIMITS.attempts) + 1);
            break;
        }
        world.begin();
    }
}

/// All break at once, and none can be had again at first: that says nothing about their number.
#[test]
fn a_short_outage_leaves_as_many_connections_as_before() {
    let mut world = World::new(4, true);
    world.brings(0, 100);
    world.begin();
    for round in 0..2 {
        assert_eq!(world.running.len(), 4, "{round}");
        for which in 0..4 {
            world.brings(which, u64::from(round == 0));
        }
        while !world.running.is_empty() {
            world.ends(0, ended(0)).unwrap();
        }
        world.begin();
    }
    assert_eq!(world.running.len(), 4);
}

/// A link expires that was good: another is asked for, and there are as many connections as before.
#[test]
fn a_link_that_was_good_is_renewed_beside_others() {
    let mut world = World::new(3, true);
    world.brings(0, 100);
    world.begin();
    for links in 2..5 {
        world.brings(0, 10);
        world.ends(2, ended(2)).unwrap();
        assert!(world.renewing, "{links}");
        world.begin();
        assert_eq!(world.running.len(), 3, "{links}");
    }
}

#[test]
fn what_a_writer_has_got_is_not_taken_back() {
    let mut world = World::new(1, false);
    world.brings(0, 100);
    world.ends(0, ended(0)).unwrap();
    world.begin();
    assert!(world.ends(0, ended(3)).is_err());
}
