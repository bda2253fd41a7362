//! Every kind of difference, by name.

/// A kind of difference between two specs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiffRule {
    /// What it is called in reports: stable, so that a program can look for it.
    pub name: &'static str,
    /// What has changed when it is reported.
    pub about: &'static str,
}

/// A constant for each rule, and the list of them all: a rule that is not listed cannot be reported.
macro_rules! rules {
    ($($constant:ident = $name:literal: $about:literal;)*) => {
        $(pub(super) const $constant: &str = $name;)*

        /// Every rule by which [`diff()`](crate::diff()) can report a difference.
        pub const DIFF_RULES: &[DiffRule] = &[$(DiffRule { name: $name, about: $about }),*];
    };
}

rules! {
    // The document.
    API_VERSION_CHANGED = "api-version-changed": "the version of the API";
    API_DESCRIBED_OTHERWISE = "api-described-otherwise": "the title or description of the API, its tags or other words about the whole";
    OPENAPI_VERSION_CHANGED = "openapi-version-changed": "the version of OpenAPI that the spec is written in";
    SERVER_ADDED = "server-added": "a server's address";
    SERVER_REMOVED = "server-removed": "a server's address is gone";
    SERVER_CHANGED = "server-changed": "the description or variables of a server";
    SECURITY_ADDED = "security-added": "one more way to authorize a request";
    SECURITY_REMOVED = "security-removed": "a way to authorize a request is gone";
    SECURITY_SCOPE_ADDED = "security-scope-added": "a way to authorize asks for one more scope";
    SECURITY_SCOPE_REMOVED = "security-scope-removed": "a way to authorize asks for a scope less";
    SECURITY_SCHEME_ADDED = "security-scheme-added": "a security scheme that can be named";
    SECURITY_SCHEME_REMOVED = "security-scheme-removed": "a security scheme is gone";
    SECURITY_SCHEME_CHANGED = "security-scheme-changed": "how a security scheme works, or what it is called";
    COMPONENT_ADDED = "component-added": "a shared part that is no schema";
    COMPONENT_REMOVED = "component-removed": "a shared part that is no schema is gone";
    COMPONENT_CHANGED = "component-changed": "a shared part that no operation refers to";
    EXTENSION_CHANGED = "extension-changed": "a member whose name begins with `x-`";
    OTHER_CHANGED = "other-changed": "something that has no rule of its own";

    // Operations.
    OPERATION_ADDED = "operation-added": "an operation";
    OPERATION_REMOVED = "operation-removed": "an operation is gone";
    OPERATION_RENAMED = "operation-renamed": "the operationId";
    OPERATION_MOVED = "operation-moved": "the path or method of an operation that kept its operationId";
    OPERATION_DESCRIBED_OTHERWISE = "operation-described-otherwise": "the words about an operation, or its tags";
    CALLBACKS_CHANGED = "callbacks-changed": "what the server calls";
    DEPRECATED = "deprecated": "an operation, parameter or schema became deprecated";
    NO_LONGER_DEPRECATED = "no-longer-deprecated": "an operation, parameter or schema is no longer deprecated";

    // Parameters.
    PARAMETER_ADDED_REQUIRED = "parameter-added-required": "a parameter that has to be given";
    PARAMETER_ADDED_OPTIONAL = "parameter-added-optional": "a parameter that may be given";
    PARAMETER_REMOVED = "parameter-removed": "a parameter is gone";
    PARAMETER_MOVED = "parameter-moved": "where a parameter stands: path, query, header or cookie";
    PARAMETER_RENAMED = "parameter-renamed": "the name of a path parameter, which is not sent, or of another one in another style: `pageSize` and `page_size`";
    PARAMETER_BECAME_REQUIRED = "parameter-became-required": "a parameter has to be given now";
    PARAMETER_BECAME_OPTIONAL = "parameter-became-optional": "a parameter may be left out now";
    PARAMETER_SERIALIZED_OTHERWISE = "parameter-serialized-otherwise": "how a parameter's value is written";
    PARAMETER_DESCRIBED_OTHERWISE = "parameter-described-otherwise": "the words about a parameter";

    // Request bodies.
    REQUEST_BODY_ADDED_REQUIRED = "request-body-added-required": "a body that has to be sent";
    REQUEST_BODY_ADDED_OPTIONAL = "request-body-added-optional": "a body that may be sent";
    REQUEST_BODY_REMOVED = "request-body-removed": "a request has no body any more";
    REQUEST_BODY_BECAME_REQUIRED = "request-body-became-required": "a body has to be sent now";
    REQUEST_BODY_BECAME_OPTIONAL = "request-body-became-optional": "a body may be left out now";
    REQUEST_BODY_DESCRIBED_OTHERWISE = "request-body-described-otherwise": "the words about a request body";
    REQUEST_MEDIA_TYPE_ADDED = "request-media-type-added": "one more type in which a body may be sent";
    REQUEST_MEDIA_TYPE_REMOVED = "request-media-type-removed": "a type in which a body could be sent is gone";
    ENCODING_CHANGED = "encoding-changed": "how the parts of a body are encoded";

    // Responses.
    RESPONSE_ADDED = "response-added": "one more status that is a success";
    RESPONSE_REMOVED = "response-removed": "a status that was a success is gone";
    ERROR_RESPONSE_ADDED = "error-response-added": "one more status that is an error";
    ERROR_RESPONSE_REMOVED = "error-response-removed": "a status that was an error is gone";
    RESPONSE_DESCRIBED_OTHERWISE = "response-described-otherwise": "the words about a response, or its links";
    RESPONSE_MEDIA_TYPE_ADDED = "response-media-type-added": "one more type in which a response may come";
    RESPONSE_MEDIA_TYPE_REMOVED = "response-media-type-removed": "a type in which a response could come is gone";
    RESPONSE_HEADER_ADDED = "response-header-added": "a header of a response";
    RESPONSE_HEADER_REMOVED = "response-header-removed": "a header of a response is gone";
    RESPONSE_HEADER_CHANGED = "response-header-changed": "what a header of a response may be";
    SCHEMA_APPEARED = "schema-appeared": "a place that said nothing about its content has a schema";
    SCHEMA_VANISHED = "schema-vanished": "a place that had a schema says nothing about its content";

    // Schemas by name.
    SCHEMA_ADDED = "schema-added": "a named schema";
    SCHEMA_REMOVED = "schema-removed": "a named schema is gone";
    SCHEMA_RENAMED = "schema-renamed": "the name of a schema";
    REFERENCE_CHANGED = "reference-changed": "which schema a `$ref` names";
    REFERENCE_ADDED = "reference-added": "a schema that stood in its place is a `$ref` now";
    REFERENCE_REMOVED = "reference-removed": "what was a `$ref` stands in its place now";

    WRAPPING_CHANGED = "wrapping-changed": "whether a schema stands alone, in an `allOf`, `oneOf` or `anyOf` of one, or in other parts of an `allOf`";

    // What a schema says of a value.
    TITLE_CHANGED = "title-changed": "the title of a schema, after which types may be named";
    DESCRIPTION_CHANGED = "description-changed": "the description or an example of a schema";
    TYPE_CHANGED = "type-changed": "the type of a value";
    FORMAT_CHANGED = "format-changed": "the format of a value";
    BECAME_NULLABLE = "became-nullable": "a value may be null now";
    BECAME_NOT_NULLABLE = "became-not-nullable": "a value can no longer be null";
    ENUM_ADDED = "enum-added": "the values are listed now";
    ENUM_REMOVED = "enum-removed": "the values are no longer listed";
    ENUM_VALUE_ADDED = "enum-value-added": "one more value in the list";
    ENUM_VALUE_REMOVED = "enum-value-removed": "a value less in the list";
    ENUM_VALUE_RENAMED = "enum-value-renamed": "a value in the list, in another style that makes the same variant: `x` and `X`";
    ENUM_VALUES_REORDERED = "enum-values-reordered": "the order of the values in the list";
    DEFAULT_ADDED = "default-added": "a default";
    DEFAULT_CHANGED = "default-changed": "another default";
    DEFAULT_REMOVED = "default-removed": "no default any more";
    BOUND_ADDED = "bound-added": "a bound that was not there";
    BOUND_REMOVED = "bound-removed": "a bound is gone";
    BOUND_TIGHTENED = "bound-tightened": "a bound allows less";
    BOUND_LOOSENED = "bound-loosened": "a bound allows more";
    MULTIPLE_CHANGED = "multiple-changed": "what a number is a multiple of";
    PATTERN_ADDED = "pattern-added": "a pattern that text has to match";
    PATTERN_CHANGED = "pattern-changed": "another pattern";
    PATTERN_REMOVED = "pattern-removed": "no pattern any more";
    UNIQUE_ITEMS_ADDED = "unique-items-added": "the items of a list have to differ";
    UNIQUE_ITEMS_REMOVED = "unique-items-removed": "the items of a list may be equal";
    ADAPTED_OTHERWISE = "adapted-otherwise": "what is made of a schema that says the same, by who reaches it, and by what is said elsewhere";
    ACCESS_CHANGED = "access-changed": "`readOnly` or `writeOnly`";

    // Objects.
    PROPERTY_ADDED_REQUIRED = "property-added-required": "a property that has to be there";
    PROPERTY_ADDED_OPTIONAL = "property-added-optional": "a property that may be there";
    PROPERTY_REMOVED = "property-removed": "a property is gone";
    PROPERTY_RENAMED = "property-renamed": "the name of a property, in another style that makes the same field: `exportId` and `export_id`";
    PROPERTY_BECAME_REQUIRED = "property-became-required": "a property has to be there now";
    PROPERTY_BECAME_OPTIONAL = "property-became-optional": "a property may be left out now";
    FURTHER_PROPERTIES_CLOSED = "further-properties-closed": "properties that are not listed are no longer allowed";
    FURTHER_PROPERTIES_OPENED = "further-properties-opened": "properties that are not listed are allowed";
    FURTHER_PROPERTIES_TYPED = "further-properties-typed": "whether there is a schema for properties that are not listed";

    // Composition.
    ALL_OF_ADDED = "all-of-added": "a schema that a value has to match as well";
    ALL_OF_REMOVED = "all-of-removed": "a schema that a value need no longer match";
    ONE_OF_ADDED = "one-of-added": "one more branch of a `oneOf`";
    ONE_OF_REMOVED = "one-of-removed": "a branch less in a `oneOf`";
    ANY_OF_ADDED = "any-of-added": "one more branch of an `anyOf`";
    ANY_OF_REMOVED = "any-of-removed": "a branch less in an `anyOf`";
    BRANCHES_REORDERED = "branches-reordered": "the order of the branches of a `oneOf` or `anyOf`";
    DISCRIMINATOR_CHANGED = "discriminator-changed": "how the branches are told apart";
    NOT_CHANGED = "not-changed": "what a value must not be";
}
