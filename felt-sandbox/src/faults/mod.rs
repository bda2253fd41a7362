//! What is to go wrong, as data: rules that say for which operation and which of its calls something happens.
//!
//! A rule is a JSON object, and rules are an array of them:
//!
//! ```json
//! [
//!   { "operation": "status", "calls": "1-2", "effect": { "type": "status", "code": 503, "headers": { "Retry-After": "1" } } },
//!   { "operation": "download", "calls": 1, "effect": { "type": "reset", "at": 100000 } },
//!   { "probability": 0.1, "seed": 7, "effect": { "type": "delay", "ms": 500 } }
//! ]
//! ```
//!
//! - `operation`: `link` (the direct link), `export` (creating a custom export), `status` (asking about one),
//!   `download` (from the storage), or `any`, which it is if nothing is said. The specification's own names of the
//!   first three, its `operationId`s, work too.
//! - `calls`: which of its calls, counted from 1 for each rule since the rule was made: a number, a list of numbers, or
//!   ranges as text, `"1-3,7,10-"`. All of them, if nothing is said.
//! - `probability`, from 0 to 1, and `seed`: which of them by chance. The same seed gives the same calls.
//! - `effect`: what happens, by its `type`; see [`Effect`].
//!
//! If several rules apply to a call, delays add up, and everything that can happen together does. Of effects that
//! exclude each other the first one's happens.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use felt_sandbox::Sandbox;
//! use felt_sandbox::faults::{Effect, Operation, Rule};
//!
//! let expired = Rule::new(Effect::ExpireLinks).on(Operation::Download).calls(2..=2);
//! let sandbox = Sandbox::builder().fault(expired).start().await?;
//! // ... and once it runs:
//! sandbox.add_faults(felt_sandbox::faults::parse(r#"[{ "operation": "link", "effect": { "type": "hang" } }]"#)?);
//! sandbox.clear_faults();
//! # Ok(())
//! # }
//! ```

mod book;
mod calls;
mod effect;
mod rule;

pub(crate) use book::{Book, Cut, Mishap, Shape, Twist};
pub use calls::Calls;
pub use effect::{Effect, Oddity};
pub(crate) use rule::check;
pub use rule::{Operation, Rule, parse};
