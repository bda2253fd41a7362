//! What to answer: as a good host does, but for the fault.

use super::answer::{Answer, Body, Cut, Framing, Reply, header};
use super::validators::Validators;
use super::{Asked, Content, Fault, Options};
use crate::range::{self, Part};
use crate::s3::refusal;

/// What there is to answer from.
pub(super) struct Served<'a> {
    pub(super) content: &'a Content,
    /// `Last-Modified`.
    pub(super) modified: String,
    /// The smallest number of a link that has not expired.
    pub(super) first_link: u64,
    pub(super) options: &'a Options,
}

/// What to answer to this request.
pub(super) fn plan(served: &Served<'_>, asked: &Asked, fault: Option<&Fault>) -> Reply {
    // Not even the fault of a link that works is to be had for one that does not.
    if asked.link.is_some_and(|link| link < served.first_link) {
        let answer = Answer::xml(403, "AccessDenied", "Request has expired");
        return Reply::Answer(answer);
    }
    let mut answer = match fault {
        Some(Fault::Silence) => return Reply::Silence,
        Some(Fault::Reset) => return Reply::Reset,
        Some(fault) => instead(fault, asked).unwrap_or_else(|| file(served, asked, Some(fault))),
        None => file(served, asked, None),
    };
    match fault {
        Some(Fault::ResetAt(at)) => answer.cut = Some((*at, Cut::Reset)),
        Some(Fault::StallAt(at)) => answer.cut = Some((*at, Cut::Stall)),
        Some(Fault::TruncateAt(at)) => answer.cut = Some((*at, Cut::Close)),
        Some(Fault::NoLengthTruncateAt(at)) => {
            answer.framing = Framing::Close;
            answer.cut = Some((*at, Cut::Close));
        }
        Some(Fault::NoLength) => answer.framing = Framing::Close,
        Some(Fault::Chunked) => answer.framing = Framing::Chunked,
        Some(Fault::Trickle { every }) => answer.every = Some(*every),
        _ => {}
    }
    Reply::Answer(answer)
}

/// What is answered instead of the file, if the fault is of that kind.
fn instead(fault: &Fault, asked: &Asked) -> Option<Answer> {
    let redirect = |to: &str| {
        Answer::new(
            302,
            vec![header("Location", to)],
            Body::Bytes(Vec::default()),
        )
    };
    Some(match fault {
        Fault::Refuse(status) => {
            let (code, message) = refusal(*status);
            Answer::xml(*status, code, message)
        }
        Fault::Status {
            status,
            headers,
            body,
        } => {
            let mut answer = Answer::new(*status, headers.clone(), Body::Bytes(body.clone()));
            // Neither an answer without a body nor one that says itself how long it is gets another length.
            if matches!(status, 100..200 | 204 | 304)
                || answer.has("content-length")
                || answer.has("transfer-encoding")
            {
                answer.framing = Framing::AsIs;
            }
            answer
        }
        Fault::Unsatisfiable(total) => unsatisfiable(*total),
        Fault::Redirect(to) => redirect(to),
        Fault::RedirectToSelf => redirect(&asked.target),
        Fault::Html => Answer::new(
            200,
            vec![header("Content-Type", "text/html; charset=utf-8")],
            Body::Bytes(
                b"<!DOCTYPE html>\n<html><head><title>Error</title></head><body><h1>Please try again later</h1></body></html>\n"
                    .to_vec(),
            ),
        ),
        _ => return None,
    })
}

/// The file, or the part of it that was asked for.
fn file(served: &Served<'_>, asked: &Asked, fault: Option<&Fault>) -> Answer {
    if asked.header("authorization").is_some() {
        return Answer::xml(
            400,
            "InvalidArgument",
            "Only one auth mechanism allowed: a signed link, or an Authorization header.",
        );
    }
    // A link is signed for GET, so that with another method, HEAD too, the signature is wrong.
    if asked.method != "GET" {
        return Answer::xml(
            403,
            "SignatureDoesNotMatch",
            "The signature does not fit this method and address.",
        );
    }
    let size = served.content.size();
    let validators = Validators::new(served.content.etag(), served.modified.clone(), fault);
    let same_file = matches!(fault, Some(Fault::RangeWithOtherEtag))
        || asked
            .header("if-range")
            .is_none_or(|validator| validators.fit(validator));
    let whole_anyway = matches!(
        fault,
        Some(Fault::IgnoreRange | Fault::NoLength | Fault::NoLengthTruncateAt(_))
    );
    let part = match asked.header("range") {
        Some(range) if same_file && !whole_anyway => range::part(range, size),
        _ => Part::Whole,
    };
    let mut answer = match part {
        Part::Unsatisfiable => unsatisfiable(Some(size)),
        Part::Whole => good(200, 0, size, served.options),
        Part::Bytes(bytes) => ranged(*bytes.start(), *bytes.end(), served, fault),
    };
    answer.headers.push(header("Accept-Ranges", "bytes"));
    let known = [
        ("ETag", validators.etag),
        ("Last-Modified", validators.modified),
    ];
    for (name, value) in known {
        answer
            .headers
            .extend(value.map(|value| header(name, value)));
    }
    if matches!(fault, Some(Fault::Encoded)) {
        answer.headers.push(header("Content-Encoding", "gzip"));
    }
    answer
}

/// A 206 with the bytes from `first` to `last`, but for the fault.
fn ranged(mut first: u64, mut last: u64, served: &Served<'_>, fault: Option<&Fault>) -> Answer {
    let mut total = served.content.size();
    match fault {
        Some(Fault::ShiftRange(by)) => first = first.saturating_add_signed(*by).min(last),
        Some(Fault::ShortRange(length)) => {
            last = last.min(first.saturating_add(length.saturating_sub(1)));
        }
        Some(Fault::WrongTotal(by)) => total = total.saturating_add_signed(*by),
        _ => {}
    }
    let off = match fault {
        Some(Fault::LieAboutRange(by)) => *by,
        _ => 0,
    };
    let mut answer = good(206, first, last - first + 1, served.options);
    let value = format!(
        "bytes {}-{}/{total}",
        first.saturating_add_signed(off),
        last.saturating_add_signed(off)
    );
    answer.headers.push(header("Content-Range", value));
    answer
}

fn good(status: u16, first: u64, length: u64, options: &Options) -> Answer {
    let mut headers = vec![header("Content-Type", options.media_type.as_str())];
    if let Some(name) = &options.file_name {
        let name = name.replace('\\', "\\\\").replace('"', "\\\"");
        headers.push(header(
            "Content-Disposition",
            format!("attachment; filename=\"{name}\""),
        ));
    }
    Answer::new(status, headers, Body::Part { first, length })
}

fn unsatisfiable(total: Option<u64>) -> Answer {
    let (code, message) = refusal(416);
    let mut answer = Answer::xml(416, code, message);
    let total = total.map(|total| header("Content-Range", format!("bytes */{total}")));
    answer.headers.extend(total);
    answer
}
