use proptest::prelude::*;

use super::*;
use crate::answer::ContentRange;

fn etag(text: &str) -> Option<Validator> {
    Some(Validator::Etag(format!("\"{text}\"")))
}

fn known() -> Known {
    Known {
        validator: etag("a"),
        total: Some(100),
    }
}

/// A 206 with bytes 40 to 99 of the file that is known.
fn rest() -> Head {
    Head {
        status: 206,
        length: Some(60),
        framed: true,
        range: Some(ContentRange {
            bytes: Some((40, 99)),
            total: Some(100),
        }),
        validator: etag("a"),
        ..Head::default()
    }
}

fn status(status: u16) -> Head {
    Head {
        status,
        ..Head::default()
    }
}

/// In one word.
fn word(head: &Head, asked: Asked, known: &Known) -> &'static str {
    match decide(head, asked, known) {
        Decision::GoOn { .. } => "go on",
        Decision::Whole { same: true, .. } => "the same whole",
        Decision::Whole { same: false, .. } => "another whole",
        Decision::Done => "done",
        Decision::StartOver(_) => "start over",
        Decision::Renew(_) => "renew",
        Decision::Again(..) => "again",
        Decision::Stop(_) => "stop",
    }
}

const REST: Asked = Asked::Range(40, Some(100));

#[test]
fn the_rest_is_gone_on_with() {
    let decision = decide(&rest(), REST, &known());
    assert!(matches!(
        decision,
        Decision::GoOn {
            length: 60,
            total: 100
        }
    ));
    // Fewer than were asked for, and no length: it is what it says it is.
    let mut head = rest();
    head.length = None;
    head.range = Some(ContentRange {
        bytes: Some((40, 49)),
        total: Some(100),
    });
    let decision = decide(&head, REST, &known());
    assert!(matches!(decision, Decision::GoOn { length: 10, .. }));
    // The total comes to be known.
    let unknown = Known {
        total: None,
        ..known()
    };
    assert_eq!(word(&rest(), Asked::Range(40, None), &unknown), "go on");
}

#[test]
fn what_is_not_the_rest_is_not() {
    let with = |change: fn(&mut Head)| {
        let mut head = rest();
        change(&mut head);
        head
    };
    let range = |first, last, total| {
        Some(ContentRange {
            bytes: Some((first, last)),
            total,
        })
    };
    let heads = [
        with(|head| head.range = None),
        with(|head| head.validator = None),
        with(|head| head.validator = etag("b")),
        with(|head| head.length = Some(59)),
        Head {
            range: range(41, 99, Some(100)),
            length: Some(59),
            ..rest()
        },
        Head {
            range: range(0, 59, Some(100)),
            ..rest()
        },
        Head {
            range: range(40, 99, Some(101)),
            ..rest()
        },
        Head {
            range: range(40, 99, None),
            ..rest()
        },
        Head {
            range: Some(ContentRange {
                bytes: None,
                total: Some(100),
            }),
            ..rest()
        },
    ];
    let several = Head {
        multipart: true,
        ..rest()
    };
    for head in heads.into_iter().chain([several]) {
        assert_eq!(word(&head, REST, &known()), "start over", "{head:?}");
    }
    // More than was asked for.
    assert_eq!(
        word(&rest(), Asked::Range(40, Some(99)), &known()),
        "start over"
    );
    // Nobody knows whether it is the same file.
    let unknown = Known {
        validator: None,
        ..known()
    };
    for validator in [etag("a"), None] {
        let head = Head {
            validator,
            ..rest()
        };
        assert_eq!(word(&head, REST, &unknown), "start over");
    }
    assert_eq!(word(&rest(), Asked::Whole, &known()), "stop");
}

#[test]
fn a_200_is_the_whole() {
    for (length, validator, expected) in [
        (Some(100), etag("a"), "the same whole"),
        (None, etag("a"), "the same whole"),
        (Some(101), etag("a"), "start over"),
        (Some(99), etag("a"), "start over"),
        (Some(100), etag("b"), "another whole"),
        (Some(100), None, "another whole"),
    ] {
        let head = Head {
            status: 200,
            length,
            validator,
            ..Head::default()
        };
        for asked in [REST, Asked::Whole] {
            assert_eq!(word(&head, asked, &known()), expected, "{head:?}");
        }
        let nothing = Known {
            validator: None,
            total: Some(100),
        };
        assert_eq!(word(&head, REST, &nothing), "another whole");
    }
}

#[test]
fn a_200_with_a_part_is_none() {
    let range = |bytes, total| Some(ContentRange { bytes, total });
    let head = |range| Head {
        range,
        validator: etag("a"),
        ..status(200)
    };
    for (part, expected) in [
        (range(Some((40, 99)), Some(100)), "start over"),
        (range(Some((0, 98)), Some(100)), "start over"),
        (range(Some((0, 99)), None), "start over"),
        (range(Some((0, 99)), Some(100)), "the same whole"),
    ] {
        assert_eq!(word(&head(part), REST, &known()), expected, "{part:?}");
    }
}

#[test]
fn a_200_of_what_is_all_there_is_not_taken() {
    let at_the_end = Asked::Range(100, Some(100));
    let head = |validator| Head {
        length: Some(100),
        validator,
        ..status(200)
    };
    assert_eq!(word(&head(etag("a")), at_the_end, &known()), "done");
    assert_eq!(
        word(&head(etag("b")), at_the_end, &known()),
        "another whole"
    );
    assert_eq!(word(&head(None), at_the_end, &known()), "another whole");
}

#[test]
fn the_same_file_is_as_long_as_it_was() {
    let total = |length, validator| {
        let head = Head {
            length,
            validator,
            ..status(200)
        };
        match decide(&head, REST, &known()) {
            Decision::Whole { known, .. } => known.total,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(total(None, etag("a")), Some(100));
    assert_eq!(total(None, etag("b")), None);
    assert_eq!(total(None, None), None);
    assert_eq!(total(Some(7), etag("b")), Some(7));
}

#[test]
fn a_date_may_be_left_out_where_it_was_asked_with() {
    let date = Some(Validator::LastModified("then".to_string()));
    let dated = Known {
        validator: date.clone(),
        total: Some(100),
    };
    let head = |validator, undated| Head {
        validator,
        undated,
        ..rest()
    };
    assert_eq!(word(&head(date, false), REST, &dated), "go on");
    assert_eq!(word(&head(None, true), REST, &dated), "go on");
    // A date that is no strong validator is another one.
    assert_eq!(word(&head(None, false), REST, &dated), "start over");
    assert_eq!(word(&head(None, true), REST, &known()), "start over");
}

#[test]
fn a_416_is_done_only_at_the_known_end() {
    let at_the_end = Asked::Range(100, Some(100));
    let says = |total| Head {
        range: total,
        ..status(416)
    };
    let total = |total| {
        Some(ContentRange {
            bytes: None,
            total: Some(total),
        })
    };
    assert_eq!(word(&says(total(100)), at_the_end, &known()), "done");
    assert_eq!(word(&says(None), at_the_end, &known()), "done");
    let same = Head {
        validator: etag("a"),
        ..says(total(100))
    };
    assert_eq!(word(&same, at_the_end, &known()), "done");
    let other = Head {
        validator: etag("b"),
        ..says(total(100))
    };
    for (head, asked) in [
        (says(None), REST),
        (says(total(99)), at_the_end),
        (says(total(100)), REST),
        (says(total(40)), REST),
        (other, at_the_end),
    ] {
        assert_eq!(word(&head, asked, &known()), "start over", "{head:?}");
    }
    let unknown = Known {
        total: None,
        ..known()
    };
    let asked = Asked::Range(100, None);
    assert_eq!(word(&says(total(100)), asked, &unknown), "start over");
    assert_eq!(word(&says(total(100)), Asked::Whole, &known()), "stop");
}

#[test]
fn the_other_statuses() {
    for (code, expected) in [
        (400, "renew"),
        (401, "renew"),
        (403, "renew"),
        (404, "stop"),
        (410, "stop"),
        (408, "again"),
        (429, "again"),
        (500, "again"),
        (599, "again"),
        (204, "stop"),
        (304, "stop"),
        (405, "stop"),
    ] {
        for asked in [REST, Asked::Whole] {
            assert_eq!(word(&status(code), asked, &known()), expected, "{code}");
        }
    }
    assert_eq!(word(&status(412), REST, &known()), "start over");
    assert_eq!(word(&status(412), Asked::Whole, &known()), "stop");
    let mut busy = status(503);
    busy.retry_after = Duration::from_secs(7);
    let decision = decide(&busy, REST, &known());
    assert!(matches!(decision, Decision::Again(_, wait) if wait == busy.retry_after));
}

#[test]
fn an_encoded_body_is_not_taken() {
    for head in [rest(), status(200)] {
        let head = Head {
            encoding: Some("gzip".to_string()),
            ..head
        };
        assert_eq!(word(&head, REST, &known()), "stop");
    }
}

/// Numbers near those that are known, and some that are far off.
fn number() -> impl Strategy<Value = u64> {
    prop_oneof![38..42_u64, 97..103_u64, Just(0), any::<u64>()]
}

fn validators() -> impl Strategy<Value = Option<Validator>> {
    prop_oneof![
        Just(None),
        Just(etag("a")),
        Just(etag("b")),
        Just(Some(Validator::LastModified("\"a\"".to_string())))
    ]
}

proptest! {
    /// Whatever a server says: bytes are added to others only where they belong, and are of the same file.
    #[test]
    fn nothing_is_added_where_it_does_not_belong(
        code in prop_oneof![Just(200_u16), Just(206), Just(416), 100..1000_u16],
        length in proptest::option::of(number()),
        range in proptest::option::of((proptest::option::of((number(), number())), proptest::option::of(number()))),
        (validator, kept) in (validators(), validators()),
        total in proptest::option::of(number()),
        from in number(),
        more in proptest::option::of(0..100_u64),
        whole in any::<bool>(),
    ) {
        let range = range.map(|(bytes, total)| ContentRange {
            bytes: bytes.filter(|(first, last)| first <= last && *last < u64::MAX),
            total,
        });
        let head = Head { status: code, length, range, validator, ..Head::default() };
        let known = Known { validator: kept, total };
        let asked = match whole {
            true => Asked::Whole,
            false => Asked::Range(from, more.map(|more| from.saturating_add(more))),
        };
        match decide(&head, asked, &known) {
            Decision::GoOn { length, total } => {
                prop_assert_eq!(code, 206);
                let Asked::Range(from, to) = asked else { panic!("the whole was asked for") };
                let (first, last) = range.unwrap().bytes.unwrap();
                prop_assert!(first == from && last - first + 1 == length && length > 0);
                prop_assert!(to.is_none_or(|to| last < to));
                prop_assert!(known.validator.is_some() && head.validator == known.validator);
                prop_assert!(known.total.is_none_or(|known| known == total));
                prop_assert!(head.length.is_none_or(|said| said == length));
            }
            Decision::Whole { known: now, same } => {
                prop_assert_eq!(code, 200);
                prop_assert_eq!(&now.validator, &head.validator);
                prop_assert!(!same || now.validator == known.validator);
            }
            Decision::Done => {
                let Asked::Range(from, _) = asked else { panic!("the whole was asked for") };
                prop_assert!(known.total == Some(from));
                let same = known.validator.is_some() && head.validator == known.validator;
                prop_assert!(code == 416 || code == 200 && same);
            }
            _ => {}
        }
    }
}
