//! Whether the client that was generated, perhaps from a spec of the user's own, has what the facade calls. If not, a
//! sentence says so, and not a page of the compiler's.

use std::env;
use std::fmt;

/// A method that is called: the types of its arguments, the fields of its body that are sent, and those of its answer
/// that are read.
struct Needed {
    method: &'static str,
    takes: &'static str,
    sends: &'static [Field],
    gives: &'static [Field],
}

/// A field, and the types that will do, or what they begin with; any if none is named.
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
        takes: "&str, &str",
        sends: &[],
        gives: &[field("export_link", &["String"])],
    },
    Needed {
        method: "create_map_layer_custom_export",
        takes: "&str, &str, &CustomExportParams",
        // They are sent by name, through JSON.
        sends: &[
            field("output_format", &[]),
            field("filters", &["Vec<", "Option<Vec<"]),
            field("email_on_completion", &["bool", "Option<bool>"]),
        ],
        // The id is any type that can be shown.
        gives: &[field("export_request_id", &[])],
    },
    Needed {
        method: "poll_map_layer_custom_export",
        takes: "&str, &str, &str",
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
    fn wrong(&self) -> Vec<String> {
        let method = self.method;
        let name = format!("DEP_FELT_API_CLIENT_METHOD_{}", method.to_uppercase());
        let Ok(types) = env::var(name) else {
            return vec![format!("the operation {method} is missing")];
        };
        let (takes, gives) = types.split_once(" -> ").unwrap_or((&types, ""));
        // The fields of a body stand in braces behind its type.
        let (takes, sends) = match takes.split_once(" {") {
            Some((takes, rest)) => {
                let (sends, after) = rest.split_once('}').unwrap_or((rest, ""));
                (format!("{takes}{after}"), sends)
            }
            None => (takes.to_string(), ""),
        };
        let mut wrong = Vec::new();
        if takes != self.takes {
            let needs = self.takes;
            return vec![format!(
                "{method} takes ({takes}) where ({needs}) is needed"
            )];
        }
        for needed in self.sends {
            if !needed.is_among(sends) {
                wrong.push(format!(
                    "the body of {method} has no `{needed}`, but ({sends})"
                ));
            }
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
        for needed in self.gives {
            if !needed.is_among(gives) {
                wrong.push(format!(
                    "the answer to {method} has no `{needed}`, but ({gives})"
                ));
            }
        }
        wrong
    }
}

impl Field {
    fn is_among(&self, fields: &str) -> bool {
        let fits = |of: &str| {
            let mut types = self.types.iter();
            self.types.is_empty()
                || types.any(|it| of == *it || (it.ends_with('<') && of.starts_with(it)))
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
        match self.types.first() {
            Some(of) => {
                let rest = if of.ends_with('<') { "_>" } else { "" };
                write!(f, "{}: {of}{rest}", self.name)
            }
            None => f.write_str(self.name),
        }
    }
}
