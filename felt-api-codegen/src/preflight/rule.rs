//! What a rule is, and the list of all.

use std::fmt;

use super::{
    Severity, circles, cost, document, intersections, names, operations, order, parameters,
    requests, responses, schemas, shape, types, unions, values, ways,
};

/// A rule of the preflight, explained. Its `Display` is what `preflight --explain` prints.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// What it is called in findings.
    pub name: &'static str,
    /// What breaking it means.
    pub severity: Severity,
    /// What breaks it, why that goes wrong, and what to do.
    pub text: &'static str,
    /// A piece of a spec, in YAML, that breaks it.
    pub before: &'static str,
    /// The same piece put right.
    pub after: &'static str,
}

/// Every rule, sorted by name.
pub fn rules() -> &'static [&'static Rule] {
    &ALL
}

static ALL: [&Rule; 53] = [
    &intersections::ALL_OF_EMPTY,
    &unions::ANY_OF_OBJECTS,
    &schemas::ARRAY_LENGTH,
    &order::CLOSED_ALTERNATIVES,
    &unions::DISCRIMINATOR,
    &schemas::ENUM_CLASH,
    &schemas::ENUM_TYPE,
    &responses::ERROR_TYPES,
    &requests::FORM_NESTED,
    &values::HEADER_NAME,
    &schemas::IGNORED_KEYWORD,
    &requests::MEDIA_ENCODING,
    &requests::MEDIA_SCHEMA,
    &cost::MERGE_COST,
    &shape::MISSING,
    &unions::NO_VALUE,
    &order::ONE_OF_ORDER,
    &document::OPENAPI_VERSION,
    &operations::OPERATION_ID,
    &operations::OPERATION_ID_CLASH,
    &operations::OPERATION_SERVERS,
    &requests::OPTIONAL_BODY,
    &parameters::PARAMETER_CLASH,
    &parameters::PARAMETER_CONTENT,
    &parameters::PARAMETER_COOKIE,
    &values::PARAMETER_EXPLODE,
    &parameters::PARAMETER_STYLE,
    &values::PARAMETER_TYPE,
    &document::PATH,
    &document::PATH_ITEM_REFERENCE,
    &parameters::PATH_PARAMETER_OPTIONAL,
    &parameters::PATH_TEMPLATE,
    &crate::generate::PROGENITOR,
    &names::PROPERTY_CLASH,
    &values::QUERY_NESTED,
    &ways::READ_ONLY_REQUIRED,
    &responses::REDIRECT,
    &document::REFERENCE,
    &circles::REFERENCE_CIRCLE,
    &requests::REQUEST_MEDIA_TYPE,
    &requests::REQUEST_MEDIA_TYPES,
    &requests::REQUEST_SCHEMA,
    &responses::RESPONSE_MEDIA_TYPE,
    &schemas::SCHEMA_BOUND,
    &names::SCHEMA_NAME_CLASH,
    &schemas::SCHEMA_TYPE,
    &shape::SHAPE,
    &operations::STATUS,
    &responses::SUCCESS_TYPES,
    &types::TYPE_NAME_CLASH,
    &schemas::UNTYPED,
    &ways::UPDATE_ABSENT,
    &operations::WEBSOCKET,
];

/// How wide an explanation is, in characters.
const WIDTH: usize = 88;

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} ({})\n", self.name, self.severity)?;
        let mut column = 0;
        for word in self.text.split_whitespace() {
            let width = word.chars().count();
            if column > 0 && column + 1 + width > WIDTH {
                writeln!(f)?;
                column = 0;
            }
            if column > 0 {
                write!(f, " ")?;
                column += 1;
            }
            write!(f, "{word}")?;
            column += width;
        }
        writeln!(f)?;
        for (title, example) in [("before", self.before), ("after", self.after)] {
            writeln!(f, "\n{title}:")?;
            for line in example.lines() {
                writeln!(f, "    {line}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_sorted_explained_and_their_examples_are_yaml() {
        assert!(ALL.is_sorted_by(|a, b| a.name < b.name));
        for rule in ALL {
            assert!(
                rule.text.len() > 60 && rule.text.ends_with(['.', ')']),
                "{}",
                rule.name
            );
            let parsed = [rule.before, rule.after].map(|text| crate::yaml::parse(text).unwrap());
            assert_ne!(parsed[0], parsed[1], "{}", rule.name);
        }
    }
}
