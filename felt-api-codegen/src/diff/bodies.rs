//! What is sent, and what is in a body: media types and their schemas.

use super::comparison::{Comparison, Site, Verdict, Why, say};
use super::reach::Reach;
use super::responses::UNEXPECTED;
use super::rules;
use super::rust;
use super::sides::Part;
use super::texts::Text;
use super::variants::takes_name;
use super::words::quoted;
use super::{RustEffect, WireEffect};

use WireEffect::{Breaks, Care, Safe};

const ONE_TYPE: &str =
    "the generator takes one type for a request's body: `preflight` refuses more";
const SENDS_JSON: &str = "of several types the client sends JSON (`one-request-type`)";
const SAME_JSON: &str = "JSON is sent in any case, as `application/json` without parameters";
const JSON_STAYS: &str = "installed clients ask for JSON, which is still there";
const JSON_OF_A_KIND: &str = "installed clients ask for `application/json`, and may be refused; what comes they read as JSON, whatever it \
     is called";
const HANDED_ON: &str =
    "installed clients ask for nothing in particular, and hand on the bytes of whatever comes";
const ALWAYS_SENT: &str = "generated methods send a body in any case, required or not";

impl<'a> Comparison<'a, '_> {
    pub fn request_bodies(&mut self, old: &Part<'a>, new: &Part<'a>) {
        let site = Site::new(Reach::REQUEST);
        let (was, is) = (old.get("requestBody"), new.get("requestBody"));
        let (was, is) = match (was, is) {
            (None, None) => return,
            (None, Some(is)) => return self.body_added(&is, &site),
            (Some(was), None) => {
                let why =
                    "installed clients send it: the server may refuse that, or take no notice";
                let rust = "the method loses its last argument, so that every call has to change";
                let rust = (RustEffect::Breaks, rust.to_string());
                let verdict = Verdict::both(Care, why, rust);
                let (rule, what) = (rules::REQUEST_BODY_REMOVED, "the body");
                return self.gone(rule, &was.pointer, what.to_string(), &site, verdict);
            }
            (Some(was), Some(is)) => (self.old.resolved(&was), self.new.resolved(&is)),
        };
        let (Some(was), Some(is)) = (was, is) else {
            return self.leads_nowhere(old, new, "requestBody", &site);
        };
        if self.is_first(&was, &is) {
            self.told((&was, &is), &[], &site, |it| {
                it.two_bodies(&was, &is, &site)
            });
        }
    }

    fn two_bodies(&mut self, was: &Part<'a>, is: &Part<'a>, site: &Site) {
        let rust = || (RustEffect::None, ALWAYS_SENT.to_string());
        if was.is("required") != is.is("required") {
            let (rule, why) = if is.is("required") {
                (rules::REQUEST_BODY_BECAME_REQUIRED, ALWAYS_SENT)
            } else {
                let why = "installed clients send it, as they may";
                (rules::REQUEST_BODY_BECAME_OPTIONAL, why)
            };
            let what = "the body".to_string();
            let verdict = Verdict::both(Safe, why, rust());
            self.now(rule, &is.pointer, what, site, verdict);
        }
        let rule = rules::REQUEST_BODY_DESCRIBED_OTHERWISE;
        let words = ("description", "the words about the body", rule);
        self.words(was, is, words, site);
        self.contents(was, is, site);
        let known = |key: &str| matches!(key, "required" | "description" | "content");
        self.others(was, is, &known, site);
    }

    fn body_added(&mut self, new: &Part<'a>, site: &Site) {
        let body = self.new.resolved(new);
        let is_required = body.is_some_and(|body| body.is("required"));
        let (rule, wire, why) = if is_required {
            let why = "installed clients do not send it, and are refused";
            (rules::REQUEST_BODY_ADDED_REQUIRED, Breaks, why)
        } else {
            let why = "installed clients do not send it, and need not";
            (rules::REQUEST_BODY_ADDED_OPTIONAL, Safe, why)
        };
        let rust = "the method gets an argument, so that every call has to change";
        let verdict = Verdict::both(wire, why, (RustEffect::Breaks, rust.to_string()));
        self.now(rule, &new.pointer, "a body".to_string(), site, verdict);
    }

    /// The media types of a body or response, and what comes in each.
    pub fn contents(&mut self, old: &Part<'a>, new: &Part<'a>, site: &Site) {
        let is_request = site.reach.request;
        let (was, is) = (old.get("content"), new.get("content"));
        let has = |content: &Option<Part<'a>>, name: &str| {
            content
                .as_ref()
                .is_some_and(|content| content.value.get(name).is_some())
        };
        // What comes with a status that is no success is given by no method.
        let is_given = is_request
            || site.reach.response
            || [old, new].iter().any(|response| makes_types(response));
        let rust = |other: RustEffect, why: &str| match (returned(old), returned(new)) {
            (was, is) if was != is && !is_given => (RustEffect::None, UNEXPECTED.to_string()),
            (was, is) if was != is => {
                let why = format!("the method gave {was} and gives {is}");
                (RustEffect::Breaks, why)
            }
            _ => (other, why.to_string()),
        };
        let count =
            |content: &Option<Part<'a>>| content.as_ref().map_or(0, |all| all.keys().count());
        // Of several, JSON is what is sent (`one-request-type`).
        const JSON: &str = "application/json";
        let sent = |content: &Option<Part<'a>>| match has(content, JSON) {
            true => 1,
            false => count(content),
        };
        let several = sent(&was).max(sent(&is)) > 1;
        let stays_json = has(&was, JSON) && has(&is, JSON);
        let is_fields = |name: &str| {
            let essence = name.split(';').next().unwrap_or(name);
            matches!(
                essence,
                "application/json" | "application/x-www-form-urlencoded"
            )
        };
        let has_both = count(&was) > 0 && count(&is) > 0;
        let all_fields = was.iter().chain(&is).flat_map(Part::keys).all(is_fields);
        let is_same = json(&was).is_some() && json(&is).is_some() && json(&was) != json(&is);
        let request = || match (several, all_fields && has_both) {
            (false, _) if is_same => (RustEffect::None, SAME_JSON.to_string()),
            _ if stays_json => (RustEffect::None, SENDS_JSON.to_string()),
            (true, _) => (RustEffect::Breaks, ONE_TYPE.to_string()),
            (false, true) => {
                let why =
                    "what the method takes, which is compared apart, is sent as another media type";
                (RustEffect::Behaviour, why.to_string())
            }
            (false, false) => {
                let why = "the method takes another type";
                (RustEffect::Breaks, why.to_string())
            }
        };
        let answer = "of all media types JSON alone has a Rust type, so that others change nothing";
        let reads = Reads::of(&was);
        let stays = reads == Reads::Json && Reads::of(&is) == Reads::Json;
        for name in is.iter().flat_map(Part::keys) {
            let Some(media) = is.as_ref().and_then(|is| is.get(name)) else {
                continue;
            };
            if let Some(old_media) = was.as_ref().and_then(|was| was.get(name)) {
                let site = media_site(site, is_request || is_json(name));
                let reach = site.reach.sent_as(Text::of_form(name));
                let site = Site { reach, ..site };
                self.media(&old_media, &media, rust(RustEffect::None, answer), &site);
                continue;
            }
            let (rule, rust) = match is_request {
                true => (rules::REQUEST_MEDIA_TYPE_ADDED, request()),
                false => (
                    rules::RESPONSE_MEDIA_TYPE_ADDED,
                    rust(RustEffect::None, answer),
                ),
            };
            let verdict = Verdict {
                request: say(Safe, "what was sent before is allowed"),
                response: match reads {
                    Reads::Nothing => say(Safe, "installed clients leave unread what comes"),
                    Reads::Json if stays => say(Safe, JSON_STAYS),
                    Reads::Json => say(Care, "installed clients ask for JSON, and not for this"),
                    Reads::Bytes => say(Care, HANDED_ON),
                },
                rust,
            };
            self.now(rule, &media.pointer, quoted(name), site, verdict);
        }
        for name in was
            .iter()
            .flat_map(Part::keys)
            .filter(|name| !has(&is, name))
        {
            let (rule, rust) = match is_request {
                true => (rules::REQUEST_MEDIA_TYPE_REMOVED, request()),
                false => (
                    rules::RESPONSE_MEDIA_TYPE_REMOVED,
                    rust(RustEffect::None, answer),
                ),
            };
            let verdict = Verdict {
                request: match stays_json {
                    true => say(Safe, SENDS_JSON),
                    false if is_same && is_json(name) => say(Care, SAME_JSON),
                    false => say(Breaks, "installed clients send it, and are refused"),
                },
                response: match reads {
                    Reads::Json if stays => say(Safe, JSON_STAYS),
                    Reads::Json if like_json(&is).is_some() => say(Care, JSON_OF_A_KIND),
                    Reads::Json => say(Breaks, "installed clients cannot read what comes instead"),
                    Reads::Nothing | Reads::Bytes => say(Care, HANDED_ON),
                },
                rust,
            };
            if let Some(media) = was.as_ref().and_then(|was| was.get(name)) {
                self.gone(rule, &media.pointer, quoted(name), site, verdict);
            }
        }
        let only = |content: &Option<Part<'a>>| {
            let mut names = content.iter().flat_map(Part::keys);
            names
                .next()
                .filter(|name| names.next().is_none() && is_fields(name))
        };
        let sent_by_name = |content: &Option<Part<'a>>| match has(content, JSON) {
            true => Some(JSON),
            false => only(content),
        };
        let (old_name, new_name) = match is_request {
            true => (sent_by_name(&was), sent_by_name(&is)),
            false => (json(&was), json(&is).or(like_json(&is))),
        };
        // The same body by another name.
        if let (Some(old_name), Some(new_name)) = (old_name, new_name)
            && old_name != new_name
            && let Some(old) = was.as_ref().and_then(|was| was.get(old_name))
            && let Some(new) = is.as_ref().and_then(|is| is.get(new_name))
        {
            let site = Site {
                is_generated: site.is_generated && (is_request || is_json(new_name)),
                ..media_site(site, is_request || is_json(old_name))
            };
            self.media(&old, &new, rust(RustEffect::None, answer), &site);
        }
    }

    /// `rust` is what a schema that comes or goes does in Rust.
    fn media(&mut self, old: &Part<'a>, new: &Part<'a>, rust: Why<RustEffect>, site: &Site) {
        match (old.get("schema"), new.get("schema")) {
            (Some(_), Some(_)) => self.schema_at(old, new, "schema", &site.inner()),
            (None, Some(schema)) => {
                let verdict = Verdict {
                    request: say(Care, "what was sent before may be refused"),
                    response: say(Safe, "installed clients read anything here"),
                    rust,
                };
                let what = "what the body may be".to_string();
                self.now(rules::SCHEMA_APPEARED, &schema.pointer, what, site, verdict);
            }
            (Some(schema), None) => {
                let verdict = Verdict {
                    request: say(Safe, "what was sent before is allowed"),
                    response: say(Breaks, "installed clients read what the schema said"),
                    rust,
                };
                let what = "what the body may be".to_string();
                self.gone(rules::SCHEMA_VANISHED, &schema.pointer, what, site, verdict);
            }
            (None, None) => {}
        }
        for key in ["example", "examples"] {
            let rule = rules::DESCRIPTION_CHANGED;
            self.words(old, new, (key, "the words about the content", rule), site);
        }
        if old.value.get("encoding") != new.value.get("encoding") {
            let why = "installed clients encode the parts in the old way";
            let rust = if new.get("encoding").is_some() {
                let why = "the generator knows no `encoding`: `preflight` refuses it";
                (RustEffect::Breaks, why.to_string())
            } else {
                (RustEffect::None, "the generator knows none".to_string())
            };
            let verdict = Verdict::both(Care, why, rust);
            let what = "how the parts are encoded".to_string();
            self.now(rules::ENCODING_CHANGED, &new.pointer, what, site, verdict);
        }
        let known = |key: &str| matches!(key, "schema" | "example" | "examples" | "encoding");
        self.others(old, new, &known, site);
    }
}

/// Where what is in a body stands, which is read or not.
fn media_site(site: &Site, is_read: bool) -> Site {
    Site {
        reach: match is_read {
            true => site.reach,
            false => site.reach.not_read(),
        },
        is_generated: site.is_generated && is_read,
        ..site.clone()
    }
}

/// Whether types of their own are made of what is in a response, apart from the components.
pub(super) fn makes_types(response: &Part<'_>) -> bool {
    let content = response.made.and_then(|made| made.get("content"));
    let types = content.and_then(serde_json::Value::as_object);
    let json = types.and_then(|types| types.iter().find(|(name, _)| is_json(name)));
    let schema = json.and_then(|(_, media)| media.get("schema"));
    schema.is_some_and(|schema| rust::is_named(Some(schema)) || takes_name(schema))
}

/// What progenitor takes for JSON: by its own name only.
pub(super) fn is_json(name: &str) -> bool {
    name.split(';').next() == Some("application/json")
}

/// The media type of which a method makes its result.
fn json<'a>(content: &Option<Part<'a>>) -> Option<&'a str> {
    content
        .iter()
        .flat_map(Part::keys)
        .find(|name| is_json(name))
}

/// A media type that is JSON and called otherwise.
fn like_json<'a>(content: &Option<Part<'a>>) -> Option<&'a str> {
    let is_like = |name: &&str| {
        let essence = name.split(';').next().unwrap_or(name).trim();
        essence.ends_with("+json") || essence.ends_with("/json")
    };
    content.iter().flat_map(Part::keys).find(is_like)
}

/// What a method does with the body of a response.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reads {
    Nothing,
    Json,
    Bytes,
}

impl Reads {
    fn of(content: &Option<Part<'_>>) -> Self {
        match content.iter().flat_map(Part::keys).count() {
            0 => Self::Nothing,
            _ if json(content).is_some() => Self::Json,
            _ => Self::Bytes,
        }
    }
}

/// What a method gives for a response: the type of its JSON, bytes, or nothing.
pub(super) fn returned(response: &Part<'_>) -> String {
    let content = response.made.and_then(|made| made.get("content"));
    let types = content.and_then(serde_json::Value::as_object);
    let Some(types) = types.filter(|types| !types.is_empty()) else {
        return "nothing".to_string();
    };
    let json = types.iter().find(|(name, _)| is_json(name));
    match json {
        Some((_, media)) => media
            .get("schema")
            .map_or("any JSON".to_string(), |schema| rust::type_of(Some(schema))),
        None => "bytes".to_string(),
    }
}
