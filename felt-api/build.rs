//! Whether the client that was generated, perhaps from a spec of the user's own, has what the facade calls. If not, a
//! sentence says so, and not a page of the compiler's.

use std::env;
use std::fmt;

/// A method that is called: its arguments, the fields of its body that are sent, and those of its answer that are read.
struct Needed {
    method: &'static str,
    takes: &'static [(&'static str, &'static str)],
    sends: &'static [Field],
    gives: &'static [Field],
}

/// A field, and the types that will do, the first of them usual. `_(String)` is a type of any name that is text.
struct Field {
    name: &'static str,
    types: &'static [&'static str],
}

const fn field(name: &'static str, types: &'static [&'static str]) -> Field {
    Field { name, types }
}

const NEEDED: [Needed; 3] = [
    Needed {
        method: "create_map_layer_export_link",
        takes: &[("map_id", "&str"), ("layer_id", "&str")],
        sends: &[],
        gives: &[field("export_link", &["String"])],
    },
    Needed {
        method: "create_map_layer_custom_export",
        takes: &[
            ("map_id", "&str"),
            ("layer_id", "&str"),
            ("body", "&CustomExportParams"),
        ],
        // They are sent by name, through JSON.
        sends: &[
            field("output_format", &["_(String)", "String"]),
            field(
                "filters",
                &["Vec<Value>", "Vec<Vec<Value>>", "Option<Vec<Value>>"],
            ),
            field("email_on_completion", &["bool", "Option<bool>"]),
        ],
        // It is made text, whatever it is.
        gives: &[field(
            "export_request_id",
            &["_(String)", "String", "_(i64)", "i64"],
        )],
    },
    Needed {
        method: "poll_map_layer_custom_export",
        takes: &[
            ("map_id", "&str"),
            ("layer_id", "&str"),
            ("export_id", "&str"),
        ],
        sends: &[],
        gives: &[
            field("status", &["String"]),
            field("download_url", &["Option<String>"]),
            field("filters", &["Vec<Value>"]),
        ],
    },
];

fn main() {
    // Where the client was not generated, it is the one that belongs to this crate.
    let Ok(spec) = env::var("DEP_FELT_API_CLIENT_SPEC") else {
        return;
    };
    let wrong: Vec<String> = NEEDED.iter().flat_map(Needed::wrong).collect();
    if !wrong.is_empty() {
        println!(
            "cargo::error=felt-api cannot be built on the spec in {spec}: {}. Take a felt-api that was made for this \
             spec, or depend on felt-api-client alone",
            wrong.join("; ")
        );
    }
}

impl Needed {
    /// Arguments are told apart by their places: a name may change, but not move.
    fn takes(&self, given: &str) -> bool {
        let given: Vec<_> = given
            .split(", ")
            .filter_map(|it| it.split_once(": "))
            .collect();
        let mut both = self.takes.iter().zip(&given);
        given.len() == self.takes.len()
            && both.all(|((needed, of), (name, given))| {
                let has_moved = name != needed && self.takes.iter().any(|(other, _)| name == other);
                of == given && !has_moved
            })
    }

    fn wrong(&self) -> Vec<String> {
        let method = self.method;
        let name = format!("DEP_FELT_API_CLIENT_METHOD_{}", method.to_uppercase());
        let Ok(types) = env::var(name) else {
            return vec![format!("the operation {method} is missing")];
        };
        let (takes, gives) = types.split_once(" -> ").unwrap_or((&types, ""));
        let (gives, error) = gives.split_once(" ! ").unwrap_or((gives, ""));
        // The fields of a body stand in braces behind its type.
        let (takes, sends) = match takes.split_once(" {") {
            Some((takes, rest)) => {
                let (sends, after) = rest.split_once('}').unwrap_or((rest, ""));
                (format!("{takes}{after}"), sends)
            }
            None => (takes.to_string(), ""),
        };
        let mut wrong = Vec::new();
        if !self.takes(&takes) {
            let needs = self.takes.iter().map(|(name, of)| format!("{name}: {of}"));
            let needs = needs.collect::<Vec<_>>().join(", ");
            return vec![format!(
                "{method} takes ({takes}) where ({needs}) is needed"
            )];
        }
        if error != "ByteStream" {
            wrong.push(format!(
                "{method} has no error responses (4XX, 5XX or default)"
            ));
        }
        for (what, needed, given) in [
            ("body of", self.sends, sends),
            ("answer to", self.gives, gives),
        ] {
            let missing = needed.iter().filter(|needed| !needed.is_among(given));
            wrong.extend(
                missing
                    .map(|needed| format!("the {what} {method} has no `{needed}`, but ({given})")),
            );
        }
        for given in sends.split(", ") {
            // What may be left out has a mark behind its name.
            let name = given.split(':').next().unwrap_or_default();
            let is_sent = self.sends.iter().any(|sent| sent.name == name);
            if !name.is_empty() && !name.ends_with('?') && !is_sent {
                wrong.push(format!(
                    "the body of {method} needs `{given}`, which felt-api does not send"
                ));
            }
        }
        wrong
    }
}

impl Field {
    fn is_among(&self, fields: &str) -> bool {
        let fits = |of: &str| {
            self.types.iter().any(|it| match it.strip_prefix('_') {
                Some(value) => of.ends_with(value),
                None => of == *it,
            })
        };
        fields
            .split(", ")
            .any(|given| match given.split_once(": ") {
                Some((name, of)) => name.trim_end_matches('?') == self.name && fits(of),
                None => false,
            })
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What it is called is left to the spec.
        let of = self.types.first().unwrap_or(&"_");
        let of = of.trim_start_matches("_(").trim_end_matches(')');
        write!(f, "{}: {of}", self.name)
    }
}
