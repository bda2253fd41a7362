//! Which features to export: filters in Felt Style Language.

mod error;
mod json;
mod text;

use serde::Serialize;
use serde_json::{Number, Value};

use crate::Error;

pub use error::ParseFilterError;

/// Which features to export: a filter in
/// [Felt Style Language](https://developers.felt.com/js-sdk-api-reference/layers/filters).
///
/// It can be written in Rust, as text ([`Filter::parse`]) and as JSON ([`Filter::from_json`]; it is
/// `Serialize` and `Deserialize`, too), and the three are equal:
///
/// ```
/// use felt_api::{Filter, attr};
/// use serde_json::json;
///
/// let filter = attr("acres").gt(50).and(attr("state").one_of(["CA", "OR"]));
/// assert_eq!(filter, Filter::parse(r#"acres > 50 and state in ("CA", "OR")"#)?);
/// assert_eq!(
///     filter,
///     Filter::from_json(&json!([["acres", "gt", 50], "and", ["state", "in", ["CA", "OR"]]]))?
/// );
/// assert_eq!(filter.to_string(), r#"acres > 50 and state in ("CA", "OR")"#);
/// # Ok::<(), felt_api::Error>(())
/// ```
///
/// | Rust | Text | JSON |
/// |---|---|---|
/// | `attr("a").eq(1)` | `a = 1` | `["a", "eq", 1]` |
/// | `attr("a").ne(1)` | `a != 1` | `["a", "ne", 1]` |
/// | `attr("a").lt(1)` | `a < 1` | `["a", "lt", 1]` |
/// | `attr("a").le(1)` | `a <= 1` | `["a", "le", 1]` |
/// | `attr("a").gt(1)` | `a > 1` | `["a", "gt", 1]` |
/// | `attr("a").ge(1)` | `a >= 1` | `["a", "ge", 1]` |
/// | `attr("a").contains("x")` | `a contains "x"` | `["a", "cn", "x"]` |
/// | `attr("a").not_contains("x")` | `a not contains "x"` | `["a", "nc", "x"]` |
/// | `attr("a").is_null()` | `a is null` | `["a", "is", null]` |
/// | `attr("a").is_not_null()` | `a is not null` | `["a", "isnt", null]` |
/// | `attr("a").one_of([1, 2])` | `a in (1, 2)` | `["a", "in", [1, 2]]` |
/// | `attr("a").none_of([1, 2])` | `a not in (1, 2)` | `["a", "ni", [1, 2]]` |
/// | `one.and(other)` | `… and …` | `[…, "and", …]` |
/// | `one.or(other)` | `… or …` | `[…, "or", …]` |
/// | `Filter::from(true)` | `true` | `true` |
/// | `Filter::NULL` | `null` | `null` |
///
/// An operator with a value that it does not take is an error: of the compiler, or of what reads the
/// text or the JSON.
///
/// ```compile_fail
/// felt_api::attr("state").gt(["CA"]);
/// ```
///
/// ```compile_fail
/// felt_api::attr("state").one_of("CA");
/// ```
///
/// # What cannot be sent
///
/// An attribute without a name, a comparison with NaN or an infinity, which JSON does not have, and more
/// than 100 pairs within each other, which a server may refuse to read. A filter of that kind can be built in Rust; it serializes
/// to an error, and starting an export with it is one, of
/// [`InvalidInput`](crate::ErrorKind::InvalidInput).
///
/// # What Felt does not say
///
/// Felt documents the operators' names and how they combine. How they treat null and missing
/// attributes, upper and lower case, and values of different kinds (`5` and `"5"`) is the server's
/// affair, as is what the whole filter `null` lets through. Nothing is simplified here: what you write
/// is what is sent.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a filter does nothing before it is sent with an export request"]
// An error stands for what JSON cannot say; it is told when the filter is used.
pub struct Filter(Result<Expression, String>);

/// What a filter says, in the order of its JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
enum Expression {
    Constant(Option<bool>),
    Compare(String, Op, Plain),
    Among(String, ListOp, Vec<Plain>),
    /// With its depth, so that no builder has to walk down.
    Pair(Box<Self>, Join, Box<Self>, #[serde(skip)] usize),
}

/// A value that is no list and no object.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Plain(Value);

/// An enum of operators, each with its names in JSON and in text.
macro_rules! operators {
    ($kind:ident: $($operator:ident $json:literal $text:literal),+) => {
        #[derive(Clone, Copy, Debug, PartialEq, Serialize)]
        enum $kind { $(#[serde(rename = $json)] $operator),+ }

        impl $kind {
            const ALL: &[(Self, &str, &str)] = &[$((Self::$operator, $json, $text)),+];

            fn text(self) -> &'static str { match self { $(Self::$operator => $text),+ } }
        }
    };
}

operators! { Op: Eq "eq" "=", Ne "ne" "!=", Lt "lt" "<", Le "le" "<=", Gt "gt" ">", Ge "ge" ">=",
Contains "cn" "contains", NotContains "nc" "not contains", Is "is" "is", IsNot "isnt" "is not" }
operators! { ListOp: In "in" "in", NotIn "ni" "not in" }
// The greater one binds tighter.
operators! { Join: Or "or" "or", And "and" "and" }

/// Pairs, and parentheses, that may be within each other. `serde_json` reads 128 levels; an export
/// request and a list of values need some.
const DEPTH: usize = 100;
const TOO_DEEP: &str = "more than 100 pairs within each other: use `in` for many values of one \
     attribute, and Filter::all or Filter::any in Rust for many conditions";

impl Expression {
    fn pair(self, join: Join, right: Self) -> Result<Self, String> {
        let depth = |side: &Self| if let Self::Pair(.., n) = side { *n } else { 0 };
        match 1 + depth(&self).max(depth(&right)) {
            depth @ ..=DEPTH => Ok(Self::Pair(self.into(), join, right.into(), depth)),
            _ => Err(TOO_DEEP.to_owned()),
        }
    }
}

impl Filter {
    /// The filter `null`. Felt says that it is a filter, and not what it lets through.
    pub const NULL: Self = Self(Ok(Expression::Constant(None)));

    /// Both this and another filter.
    ///
    /// For many filters use [`Filter::all`]: each call of this one makes the filter deeper by one
    /// pair, and no more than 100 can be sent.
    pub fn and(self, other: Self) -> Self {
        self.join(Join::And, other)
    }

    /// This or another filter, or both.
    ///
    /// For many filters use [`Filter::any`]: each call of this one makes the filter deeper by one
    /// pair, and no more than 100 can be sent.
    pub fn or(self, other: Self) -> Self {
        self.join(Join::Or, other)
    }

    /// All of these, however many: as pairs of pairs, since Felt combines exactly two. None at all is
    /// the filter `true`.
    ///
    /// ```
    /// use felt_api::{Filter, attr};
    ///
    /// let filter = Filter::all(["a", "b", "c", "d"].map(|name| attr(name).gt(0)));
    /// assert_eq!(filter.to_string(), "a > 0 and b > 0 and (c > 0 and d > 0)");
    /// ```
    pub fn all(filters: impl IntoIterator<Item = Self>) -> Self {
        Self::balanced(filters.into_iter().collect(), Join::And)
    }

    /// Any of these, however many: as pairs of pairs, since Felt combines exactly two. None at all is
    /// the filter `false`.
    pub fn any(filters: impl IntoIterator<Item = Self>) -> Self {
        Self::balanced(filters.into_iter().collect(), Join::Or)
    }

    fn balanced(mut left: Vec<Self>, join: Join) -> Self {
        if left.len() < 2 {
            return left.pop().unwrap_or((join == Join::And).into());
        }
        let right = left.split_off(left.len().div_ceil(2));
        Self::balanced(left, join).join(join, Self::balanced(right, join))
    }

    fn join(self, join: Join, other: Self) -> Self {
        Self(self.0.and_then(|left| left.pair(join, other.0?)))
    }

    /// Whether it can be sent.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let error = |why| Error::invalid(format!("filter: {why}"));
        self.0.as_ref().map(|_| ()).map_err(error)
    }
}

impl From<bool> for Filter {
    fn from(constant: bool) -> Self {
        Self(Ok(Expression::Constant(Some(constant))))
    }
}

/// An attribute of a layer's features, to be compared with something. Any name will do: Felt says
/// which attributes a layer has, and a filter does not know it.
///
/// ```
/// let filter = felt_api::attr("acres").ge(12.5);
/// assert_eq!(filter.to_string(), "acres >= 12.5");
/// ```
pub fn attr(name: impl Into<String>) -> Attribute {
    Attribute(name.into())
}

/// An attribute that is to be compared with something. Made by [`attr`].
#[derive(Clone, Debug)]
#[must_use = "an attribute is no filter before it is compared with something"]
pub struct Attribute(String);

macro_rules! comparisons {
    ($($(#[$doc:meta])+ $method:ident $operator:ident;)+) => {$(
        $(#[$doc])+
        pub fn $method(self, value: impl Into<Scalar>) -> Filter {
            let compare = |name, value| Expression::Compare(name, Op::$operator, value);
            self.filter(value.into().0, compare)
        }
    )+};
}

impl Attribute {
    comparisons! {
        /// Equal to the value: `eq`.
        eq Eq;
        /// Not equal to the value: `ne`.
        ne Ne;
        /// Less than the value: `lt`.
        lt Lt;
        /// Less than the value or equal to it: `le`.
        le Le;
        /// Greater than the value: `gt`.
        gt Gt;
        /// Greater than the value or equal to it: `ge`.
        ge Ge;
        /// With the value in it: `cn`.
        contains Contains;
        /// Without the value in it: `nc`.
        not_contains NotContains;
        /// `is`, for null as a rule: [`is_null`](Self::is_null).
        is Is;
        /// `isnt`, for null as a rule: [`is_not_null`](Self::is_not_null).
        is_not IsNot;
    }

    /// Null: `["…", "is", null]`.
    pub fn is_null(self) -> Filter {
        self.is(None::<bool>)
    }

    /// Not null: `["…", "isnt", null]`.
    pub fn is_not_null(self) -> Filter {
        self.is_not(None::<bool>)
    }

    /// Equal to one of the values: `in`.
    pub fn one_of(self, values: impl IntoIterator<Item = impl Into<Scalar>>) -> Filter {
        self.among(ListOp::In, values.into_iter().map(Into::into))
    }

    /// Equal to none of the values: `ni`.
    pub fn none_of(self, values: impl IntoIterator<Item = impl Into<Scalar>>) -> Filter {
        self.among(ListOp::NotIn, values.into_iter().map(Into::into))
    }

    fn among(self, operator: ListOp, values: impl Iterator<Item = Scalar>) -> Filter {
        let values: Result<Vec<_>, _> = values.map(|value| value.0).collect();
        self.filter(values, |name, values| {
            Expression::Among(name, operator, values)
        })
    }

    /// What JSON has becomes an expression.
    fn filter<T>(self, value: Result<T, f64>, f: impl FnOnce(String, T) -> Expression) -> Filter {
        let name = self.0;
        Filter(match value {
            _ if name.is_empty() => Err("an attribute's name is empty: give one".to_owned()),
            Ok(value) => Ok(f(name, value)),
            Err(n) => Err(format!(
                "{name:?} is compared with {n}: give a finite number"
            )),
        })
    }
}

/// What an attribute is compared with: a string, a number, a boolean or null.
///
/// Made by `From`, also of references; `None` is null. Integers are sent exactly.
#[derive(Clone, Debug, PartialEq)]
// A number that JSON does not have is an error of the filter that it gets into.
pub struct Scalar(Result<Plain, f64>);

macro_rules! scalars {
    ($($from:ty)+) => {$(
        impl From<$from> for Scalar {
            fn from(value: $from) -> Self { Self(Ok(Plain(value.into()))) }
        }
    )+};
}

scalars! { bool &str String i8 i16 i32 i64 isize u8 u16 u32 u64 usize }

impl From<f64> for Scalar {
    fn from(value: f64) -> Self {
        let number = Number::from_f64(value).ok_or(value);
        Self(number.map(|number| Plain(Value::Number(number))))
    }
}

impl<T: Into<Self>> From<Option<T>> for Scalar {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self(Ok(Plain(Value::Null))), Into::into)
    }
}

impl<T: Clone + Into<Self>> From<&T> for Scalar {
    fn from(value: &T) -> Self {
        value.clone().into()
    }
}
