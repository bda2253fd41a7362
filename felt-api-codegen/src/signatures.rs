//! What a generated client offers, short enough for one build script to tell another: the methods, by the types that
//! they take and the fields that they give.

use std::collections::HashMap;

use syn::{
    Attribute, Block, Expr, Fields, FnArg, GenericArgument, ImplItem, ImplItemFn, Item, Pat,
    PathArguments, ReturnType, Stmt, Type,
};

/// A method of the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    pub name: String,
    /// Its arguments in their order, with the fields of those that have some, then `->`, then the fields of what it
    /// gives, then `!`, then the type of an error's body. A field that may be left out has a `?`; a type of the client's
    /// own that is one value has in parentheses what it is; and of a body that is not sent as JSON that is said:
    /// `id: &str, body: &Params as form {format: Format(String), filters?: Vec<Value>} -> request_id: FeltId(String) ! ByteStream`.
    pub types: String,
}

/// The methods in the source of a client. None where it is no Rust: somebody else has said so then.
pub(crate) fn signatures(code: &str) -> Vec<Signature> {
    let Ok(file) = syn::parse_file(code) else {
        return Vec::new();
    };
    let structs = structs(&file.items);
    let mut found = Vec::new();
    for item in &file.items {
        let Item::Impl(item) = item else { continue };
        if item.trait_.is_some() || type_name(&item.self_ty) != "Client" {
            continue;
        }
        for item in &item.items {
            if let ImplItem::Fn(method) = item
                && method.sig.asyncness.is_some()
            {
                found.push(signature(method, &structs));
            }
        }
    }
    found
}

fn signature(method: &ImplItemFn, structs: &HashMap<String, String>) -> Signature {
    let (block, method) = (&method.block, &method.sig);
    let arguments = method.inputs.iter().filter_map(|argument| match argument {
        FnArg::Typed(argument) => {
            let Pat::Ident(name) = &*argument.pat else {
                return None;
            };
            let (name, of) = (&name.ident, type_name(&argument.ty));
            let is_form = name == "body" && calls(block, "form_urlencoded");
            let sent = if is_form { " as form" } else { "" };
            Some(match structs.get(of.trim_start_matches('&')) {
                Some(fields) => format!("{name}: {of}{sent} {{{fields}}}"),
                None => format!("{name}: {of}{sent}"),
            })
        }
        FnArg::Receiver(_) => None,
    });
    let arguments: Vec<String> = arguments.collect();
    // Result<ResponseValue<T>, Error<E>>
    let mut given = match &method.output {
        ReturnType::Type(_, result) => arguments_of(result),
        ReturnType::Default => Vec::new(),
    }
    .into_iter()
    .map(|of| argument(of).map(type_name).unwrap_or_default());
    let (answer, error) = (given.next().unwrap_or_default(), given.next());
    let fields = structs.get(&answer).unwrap_or(&answer);
    let error = error.unwrap_or_default();
    Signature {
        name: method.ident.to_string(),
        types: format!("{} -> {fields} ! {error}", arguments.join(", ")),
    }
}

/// Whether the request is made with this method of its builder.
fn calls(block: &Block, name: &str) -> bool {
    let made = block.stmts.iter().filter_map(|statement| match statement {
        Stmt::Local(local) => local.init.as_ref().map(|init| &*init.expr),
        _ => None,
    });
    for mut expression in made {
        loop {
            expression = match expression {
                Expr::MethodCall(call) if call.method == name => return true,
                Expr::MethodCall(call) => &call.receiver,
                Expr::Try(tried) => &tried.expr,
                _ => break,
            };
        }
    }
    false
}

/// What is in the module `types`.
fn types(items: &[Item]) -> impl Iterator<Item = &Item> {
    let modules = items.iter().filter_map(|item| match item {
        Item::Mod(module) if module.ident == "types" => module.content.as_ref(),
        _ => None,
    });
    modules.flat_map(|(_, items)| items)
}

/// The types that are one value, each with what it is: what it wraps, or `String` for what is written as text.
fn values(items: &[Item]) -> HashMap<String, String> {
    let mut found = HashMap::new();
    for item in types(items) {
        match item {
            Item::Impl(item) => {
                let of = item.trait_.as_ref().and_then(|(of, _)| of.segments.last());
                if of.is_some_and(|of| of.ident == "Display") {
                    let name = type_name(&item.self_ty);
                    found.entry(name).or_insert_with(|| "String".to_string());
                }
            }
            Item::Struct(item) => {
                if let Fields::Unnamed(fields) = &item.fields
                    && let Some(field) = fields.unnamed.first()
                {
                    found.insert(item.ident.to_string(), type_name(&field.ty));
                }
            }
            _ => {}
        }
    }
    found
}

/// The fields of every struct in the module `types`.
fn structs(items: &[Item]) -> HashMap<String, String> {
    let values = values(items);
    let mut found = HashMap::new();
    for item in types(items) {
        if let Item::Struct(item) = item
            && let Fields::Named(fields) = &item.fields
        {
            let fields = fields.named.iter().filter_map(|field| {
                let name = field.ident.as_ref()?;
                let mut of = type_name(&field.ty);
                let mut inner = values.get(&of);
                // What is wrapped may be a wrapper.
                while let Some(next) = inner.and_then(|inner| values.get(inner)) {
                    inner = Some(next);
                }
                if let Some(inner) = inner {
                    of = format!("{of}({inner})");
                }
                let may_be_left_out = of.starts_with("Option<") || has_default(&field.attrs);
                let mark = if may_be_left_out { "?" } else { "" };
                Some(format!("{name}{mark}: {of}"))
            });
            let fields: Vec<String> = fields.collect();
            found.insert(item.ident.to_string(), fields.join(", "));
        }
    }
    found
}

/// Whether serde makes something of a field that is not there.
fn has_default(attributes: &[Attribute]) -> bool {
    let serde = attributes.iter().filter(|it| it.path().is_ident("serde"));
    let mut found = false;
    for attribute in serde {
        // What else is said in it need not be understood.
        let _ = attribute.parse_nested_meta(|meta| {
            found |= meta.path.is_ident("default");
            if let Ok(value) = meta.value() {
                value.parse::<Expr>()?;
            }
            Ok(())
        });
    }
    found
}

/// The first of the types in angle brackets.
fn argument(of: &Type) -> Option<&Type> {
    arguments_of(of).into_iter().next()
}

/// The types in angle brackets.
fn arguments_of(of: &Type) -> Vec<&Type> {
    let last = match of {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    let Some(PathArguments::AngleBracketed(arguments)) = last.map(|last| &last.arguments) else {
        return Vec::new();
    };
    let arguments = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(argument) => Some(argument),
        _ => None,
    });
    arguments.collect()
}

/// `&'a types::FeltId` as `&FeltId`, `::std::option::Option<::std::string::String>` as `Option<String>`.
fn type_name(of: &Type) -> String {
    match of {
        Type::Reference(reference) => format!("&{}", type_name(&reference.elem)),
        Type::Path(path) => {
            let last = path.path.segments.last();
            let name = last.map_or_else(String::new, |last| last.ident.to_string());
            match argument(of) {
                Some(argument) => format!("{name}<{}>", type_name(argument)),
                None => name,
            }
        }
        Type::Tuple(_) => "()".to_string(),
        _ => "?".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_client_has_three_methods() {
        let code = include_str!("../../src/generated.rs");
        let lines: Vec<String> = signatures(code)
            .iter()
            .map(|it| format!("{}({})", it.name, it.types))
            .collect();
        assert_eq!(
            lines,
            [
                "create_map_layer_custom_export(map_id: &str, layer_id: &str, body: &CustomExportParams {email_on_completion?: Option<bool>, filters?: Vec<Value>, output_format: CustomExportParamsOutputFormat(String)} -> export_request_id: FeltId(String), poll_endpoint: String ! ByteStream)",
                "poll_map_layer_custom_export(map_id: &str, layer_id: &str, export_id: &str -> download_url?: Option<String>, export_id: String, filters: Vec<Value>, status: String ! ByteStream)",
                "create_map_layer_export_link(map_id: &str, layer_id: &str -> export_link: String ! ByteStream)",
            ]
        );
    }

    #[test]
    fn types_of_the_clients_own_are_told_apart_and_forms_from_json() {
        let code = r#"
            impl Client {
                pub async fn send<'a>(&'a self, body: &'a types::Params) -> Result<ResponseValue<()>, Error<()>> {
                    let url = format!("{}/form_urlencoded", self.baseurl);
                    let mut request = self.client.post(url).form_urlencoded(&body)?.headers(header_map).build()?;
                }
                pub async fn send_json<'a>(&'a self, body: &'a types::Params) -> Result<ResponseValue<()>, Error<()>> {
                    let mut request = self.client.post(url).json(&body).build()?;
                }
            }
            pub mod types {
                pub struct Params { pub a: Text, pub b: Number, pub c: Wrapper, pub d: Kind, pub e: Object, pub f: Any }
                pub struct Text(pub ::std::string::String);
                impl ::std::fmt::Display for Text {}
                pub struct Number(pub i64);
                impl ::std::fmt::Display for Number {}
                pub struct Wrapper(pub Text);
                pub enum Kind { A, B }
                impl ::std::fmt::Display for Kind {}
                pub struct Object { pub a: i64 }
                pub enum Any { A(Object), B(i64) }
            }
        "#;
        let fields = "{a: Text(String), b: Number(i64), c: Wrapper(String), d: Kind(String), e: Object, f: Any}";
        let found = signatures(code);
        let types: Vec<&str> = found.iter().map(|it| it.types.as_str()).collect();
        assert_eq!(
            types,
            [
                format!("body: &Params as form {fields} -> () ! ()"),
                format!("body: &Params {fields} -> () ! ()"),
            ]
        );
    }

    #[test]
    fn what_is_no_client_offers_nothing() {
        assert_eq!(signatures("fn main() {"), []);
        assert_eq!(signatures("struct Client; impl Client { fn new() {} }"), []);
    }
}
