use proptest::prelude::*;

use super::*;

fn there(ranges: &[(u64, u64)]) -> RangeSet<u64> {
    ranges.iter().map(|(start, end)| *start..*end).collect()
}

fn open(pieces: &Pieces) -> Vec<(u64, Option<u64>)> {
    pieces
        .open
        .values()
        .map(|piece| (piece.next, piece.end))
        .collect()
}

#[test]
fn what_is_missing_is_what_is_not_there() {
    for (ranges, total, expected, have) in [
        (&[][..], Some(10), vec![(0, Some(10))], 0),
        (&[(0, 4)], Some(10), vec![(4, Some(10))], 4),
        (
            &[(2, 4), (6, 7)],
            Some(10),
            vec![(0, Some(2)), (4, Some(6)), (7, Some(10))],
            3,
        ),
        // To ask whether that is so.
        (&[(0, 10)], Some(10), vec![(10, Some(10))], 10),
        (&[], Some(0), vec![(0, Some(0))], 0),
        (&[], None, vec![(0, None)], 0),
        (&[(0, 4)], None, vec![(4, None)], 4),
        // Without a total nobody has written elsewhere than from the beginning on.
        (&[(2, 4)], None, vec![(0, None)], 0),
    ] {
        let pieces = Pieces::missing(&there(ranges), total);
        assert_eq!(
            (open(&pieces), pieces.have()),
            (expected, have),
            "{ranges:?}"
        );
    }
}

#[test]
fn a_single_connection_takes_one_piece_after_the_other() {
    let mut pieces = Pieces::missing(&there(&[(2, 4)]), Some(10));
    let first = pieces.take(1).unwrap();
    assert_eq!(
        pieces.arrived(first, 5),
        (0, 2),
        "the rest is there already"
    );
    pieces.give_back(first);
    let second = pieces.take(1).unwrap();
    assert_eq!(pieces.arrived(second, 3), (4, 3));
    // It breaks, and another connection goes on.
    pieces.give_back(second);
    let third = pieces.take(1).unwrap();
    assert_eq!(pieces.arrived(third, 3), (7, 3));
    assert_eq!(pieces.get(third).unwrap().missing(), Some(0));
    pieces.give_back(third);
    assert_eq!((pieces.take(1), pieces.have()), (None, 10));
}

#[test]
fn a_piece_without_end_gets_one() {
    let mut pieces = Pieces::missing(&there(&[]), None);
    let number = pieces.take(1).unwrap();
    assert_eq!(pieces.arrived(number, 5), (0, 5));
    assert_eq!(pieces.take(1), None, "what has no end cannot be cut");
    pieces.ends_at(number, 5);
    pieces.give_back(number);
    assert_eq!((pieces.take(1), pieces.have()), (None, 5));
}

#[test]
fn ends_are_cut_off_the_longest_and_joined_again() {
    let mut pieces = Pieces::missing(&there(&[]), Some(1000));
    let first = pieces.take(10).unwrap();
    let second = pieces.take(10).unwrap();
    assert_eq!(open(&pieces), [(0, Some(750)), (750, Some(1000))]);
    assert!(pieces.streaming() < pieces.taken());
    pieces.arrived(first, 1);
    assert!(pieces.streaming() < pieces.taken());
    // What goes to its end gets the end back: this server sends only the whole.
    pieces.give_back(second);
    assert!(pieces.join(second));
    assert_eq!(open(&pieces), [(1, Some(1000))]);
    assert!(pieces.streaming() == pieces.taken());
    assert!(!pieces.join(first), "there is nothing before it");
    // Nothing is cut into pieces that are too small.
    let mut pieces = Pieces::missing(&there(&[]), Some(19));
    pieces.take(10).unwrap();
    assert_eq!(pieces.take(10), None);
}

#[test]
fn who_was_at_a_piece_that_is_given_up_brings_nothing() {
    let mut pieces = Pieces::missing(&there(&[]), Some(1000));
    let old = pieces.take(10).unwrap();
    let mut pieces = pieces.once_more(Some(500));
    let new = pieces.take(10).unwrap();
    assert_ne!(old, new);
    assert_eq!(pieces.arrived(old, 10), (0, 0));
    pieces.give_back(old);
    assert_eq!(open(&pieces), [(0, Some(500))]);
}

proptest! {
    /// However many connections there are, and wherever they break: every byte arrives once.
    #[test]
    fn every_byte_arrives_once(
        total in 0..5000_u64,
        least in 1..50_u64,
        gaps in proptest::collection::vec((0..5000_u64, 1..500_u64), 0..4),
        steps in proptest::collection::vec((0..8_usize, 0..4_u8, 1..300_u64), 0..400),
    ) {
        let mut covered: RangeSet<u64> = gaps
            .into_iter()
            .map(|(start, length)| start.min(total)..(start + length).min(total))
            .filter(|range| !range.is_empty())
            .collect();
        let mut pieces = Pieces::missing(&covered, Some(total));
        let mut taken: Vec<Number> = Vec::new();
        let arrive = |pieces: &mut Pieces, covered: &mut RangeSet<u64>, number, bytes| {
            let (at, wanted) = pieces.arrived(number, bytes);
            if wanted > 0 {
                assert!(!covered.overlaps(&(at..at + wanted)), "{at} + {wanted} came before");
                covered.insert(at..at + wanted);
            }
        };
        for (which, what, bytes) in steps {
            let number = taken.get(which % taken.len().max(1)).copied();
            match (what, number) {
                (0, _) if taken.len() < 8 => taken.extend(pieces.take(least)),
                (1 | 2, Some(number)) => arrive(&mut pieces, &mut covered, number, bytes),
                (3, Some(number)) => {
                    pieces.give_back(number);
                    taken.retain(|other| *other != number);
                }
                _ => {}
            }
        }
        for number in taken {
            pieces.give_back(number);
        }
        while let Some(number) = pieces.take(least) {
            arrive(&mut pieces, &mut covered, number, u64::MAX);
            pieces.give_back(number);
        }
        prop_assert_eq!(pieces.have(), total);
        prop_assert_eq!(covered.gaps(&(0..total)).count(), 0);
    }
}
