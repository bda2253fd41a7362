//! Whether the client that was generated, perhaps from a spec of the user's own, has what the facade calls. If not, a
//! sentence says so, and not a page of the compiler's.

use std::env;

/// A method that is called: the types of its arguments, and the fields of its answer that are read.
struct Needed {
    method: &'static str,
    takes: &'static str,
    gives: &'static [&'static str],
}

const NEEDED: [Needed; 3] = [
    Needed {
        method: "create_map_layer_export_link",
        takes: "&str, &str",
        gives: &["export_link: String"],
    },
    Needed {
        method: "create_map_layer_custom_export",
        takes: "&str, &str, &CustomExportParams",
        // The id is any type that can be shown.
        gives: &["export_request_id: "],
    },
    Needed {
        method: "poll_map_layer_custom_export",
        takes: "&str, &str, &str",
        gives: &[
            "status: String",
            "download_url: Option<String>",
            "filters: Vec<Value>",
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
        let mut wrong = Vec::new();
        if takes != self.takes {
            let needs = self.takes;
            wrong.push(format!(
                "{method} takes ({takes}) where ({needs}) is needed"
            ));
        }
        for field in self.gives {
            // A field ends at a comma, or is the last.
            let is_there = gives.split(", ").any(|given| match field.ends_with(' ') {
                true => given.starts_with(field),
                false => given == *field,
            });
            if !is_there {
                let field = field.trim_end_matches([':', ' ']);
                wrong.push(format!(
                    "the answer to {method} has no `{field}`, but ({gives})"
                ));
            }
        }
        wrong
    }
}
