//! What holds for every filter, and for every text that may be one.

use felt_api::{Error, Filter, Scalar, attr};
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

/// Pieces that go wrong where they are not quoted, and any text.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("a"),
        Just("Name_1"),
        Just("面"),
        Just("e\u{301}"),
        Just("`"),
        Just("``"),
        Just("\""),
        Just("'"),
        Just("\\"),
        Just("\n"),
        Just("\r"),
        Just("\0"),
        Just(" "),
        Just("in"),
        Just("NOT"),
        Just("null"),
        Just("-1"),
        Just("("),
        Just(")"),
        Just(","),
        Just("="),
        Just("\u{2028}"),
        Just("\u{feff}"),
    ];
    prop_oneof![
        prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat()),
        any::<String>(),
    ]
}

fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        prop::num::f64::ANY.prop_filter("JSON has it", |number| number.is_finite()),
        prop::num::f64::SUBNORMAL,
        Just(-0.0),
        Just(f64::MAX),
        Just(f64::MIN_POSITIVE),
        any::<i32>().prop_map(f64::from),
    ]
}

fn scalar() -> impl Strategy<Value = Scalar> {
    prop_oneof![
        text().prop_map(Scalar::from),
        number().prop_map(Scalar::from),
        any::<i64>().prop_map(Scalar::from),
        any::<u64>().prop_map(Scalar::from),
        Just(Scalar::from(i64::MIN)),
        Just(Scalar::from(u64::MAX)),
        any::<bool>().prop_map(Scalar::from),
        Just(Scalar::from(None::<&str>)),
    ]
}

fn filter() -> impl Strategy<Value = Filter> {
    let name = || text().prop_filter("it has a name", |name| !name.is_empty());
    let comparison = (name(), 0..10, scalar()).prop_map(|(name, operator, value)| {
        let name = attr(name);
        match operator {
            0 => name.eq(value),
            1 => name.ne(value),
            2 => name.lt(value),
            3 => name.le(value),
            4 => name.gt(value),
            5 => name.ge(value),
            6 => name.contains(value),
            7 => name.not_contains(value),
            8 => name.is(value),
            _ => name.is_not(value),
        }
    });
    let list = (name(), any::<bool>(), prop::collection::vec(scalar(), 0..4));
    let list = list.prop_map(|(name, among, values)| match among {
        true => attr(name).one_of(values),
        false => attr(name).none_of(values),
    });
    let constant = prop_oneof![any::<bool>().prop_map(Filter::from), Just(Filter::NULL)];
    let leaf = prop_oneof![4 => comparison, 2 => list, 1 => constant];
    leaf.prop_recursive(8, 24, 2, |inner| {
        (inner.clone(), any::<bool>(), inner).prop_map(|(left, and, right)| match and {
            true => left.and(right),
            false => left.or(right),
        })
    })
}

/// The same to the last bit: a negative zero equals a positive one.
fn exactly(one: &Filter, other: &Filter) -> Result<(), TestCaseError> {
    prop_assert_eq!(one, other);
    let [one, other] = [one, other].map(|filter| serde_json::to_string(filter).unwrap());
    prop_assert_eq!(one, other);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn a_filter_survives_text_and_json(filter in filter()) {
        exactly(&Filter::parse(&filter.to_string()).unwrap(), &filter)?;
        let json = serde_json::to_string(&filter).unwrap();
        exactly(&serde_json::from_str(&json).unwrap(), &filter)?;
        let json = serde_json::to_value(&filter).unwrap();
        exactly(&Filter::from_json(&json).unwrap(), &filter)?;
    }

    #[test]
    fn no_text_harms_the_parser(text in any::<String>()) {
        harmless(&text)?;
    }

    #[test]
    fn no_change_of_a_text_harms_the_parser(
        filter in filter(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..3_usize, text()), 1..4),
    ) {
        let mut chars: Vec<char> = filter.to_string().chars().collect();
        for (place, length, new) in changes {
            let start = place.index(chars.len() + 1);
            let end = chars.len().min(start + length);
            chars.splice(start..end, new.chars());
        }
        harmless(&chars.into_iter().collect::<String>())?;
    }
}

/// Read as a filter that survives, or refused at a place that is one.
fn harmless(text: &str) -> Result<(), TestCaseError> {
    match Filter::parse(text) {
        Ok(filter) => exactly(&Filter::parse(&filter.to_string()).unwrap(), &filter),
        Err(error) => {
            prop_assert!(text.is_char_boundary(error.offset()));
            let lines = error.to_string();
            let [message, excerpt, caret] = lines.split('\n').collect::<Vec<_>>()[..] else {
                return Err(TestCaseError::fail(lines));
            };
            prop_assert!(message.starts_with("column ") || message.starts_with("line "));
            prop_assert!(excerpt.width() < 76, "{}", lines);
            // The caret is under the character at the offset.
            let shown = |char: char| if char.is_control() { ' ' } else { char };
            let line = text.trim_end()[error.offset()..]
                .split('\n')
                .next()
                .unwrap();
            let under = line.chars().next().map(shown);
            let ends = excerpt
                .char_indices()
                .map(|(at, _)| at)
                .chain([excerpt.len()]);
            let mut under_caret = ends.filter(|at| excerpt[..*at].width() + 1 == caret.len());
            prop_assert!(
                under_caret.any(|at| excerpt[at..].chars().next() == under || under.is_none()),
                "{}",
                lines
            );
            prop_assert!(!lines.chars().any(|char| char.is_control() && char != '\n'));
            prop_assert!(!Error::from(error).to_string().contains('\n'));
            Ok(())
        }
    }
}
