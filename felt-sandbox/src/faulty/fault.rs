//! What goes wrong.

use std::time::Duration;

/// What goes wrong with one answer. Whatever else belongs to the answer is as it should be.
///
/// Numbers count the bytes of this answer's body, from 0. If the body is shorter than the number, all of it is sent,
/// and then happens what would have happened there. What is about ranges changes a 206 only: where the answer is
/// another one, since no range was asked for or the file is another than `If-Range` says, nothing goes wrong.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// The connection is reset (RST) after so many bytes.
    ///
    /// The reset waits until the client's system has taken the bytes, for a second at most. On Linux the client can
    /// read them all the same; elsewhere some may be lost.
    ResetAt(u64),
    /// So many bytes, then silence until the client goes.
    StallAt(u64),
    /// So many bytes, then an orderly end, though `Content-Length` promises all.
    TruncateAt(u64),
    /// A 200 with the whole, whatever the `Range`, without `Content-Length`: it ends with the connection.
    NoLength,
    /// `Transfer-Encoding: chunked` instead of `Content-Length`.
    Chunked,
    /// As [`NoLength`](Self::NoLength), but ends after so many bytes, which nothing gives away.
    NoLengthTruncateAt(u64),
    /// A 200 with the whole, whatever the `Range`.
    IgnoreRange,
    /// A 206 that begins so many bytes later than asked for (or earlier, if negative; within the file), says so in
    /// `Content-Range`, and ends where it should.
    ShiftRange(i64),
    /// A 206 with the right bytes, both of whose positions in `Content-Range` are off by so much (not below 0).
    LieAboutRange(i64),
    /// A 206 whose total in `Content-Range` is off by so much (not below 0).
    WrongTotal(i64),
    /// A 206 with only the first so many bytes of those asked for, at least one, which says so in `Content-Range`.
    ShortRange(u64),
    /// Another strong `ETag`, which is also what `If-Range` is held against. The bytes are the same.
    OtherEtag,
    /// Another strong `ETag`, and a 206 whatever `If-Range` says.
    RangeWithOtherEtag,
    /// The `ETag` is a weak one, and never what `If-Range` means.
    WeakEtag,
    /// Neither `ETag` nor `Last-Modified`, so that no `If-Range` fits.
    NoEtag,
    /// `Last-Modified`, but no `ETag`.
    OnlyLastModified,
    /// `Content-Encoding: gzip`, which the bytes are not.
    Encoded,
    /// This status, with an XML body as S3's.
    Refuse(u16),
    /// Any answer. `Date` and `Content-Length` are added where the headers do not name them.
    Status {
        /// The status.
        status: u16,
        /// Names and values.
        headers: Vec<(String, String)>,
        /// The body.
        body: Vec<u8>,
    },
    /// A 416 whatever was asked for, with `Content-Range: bytes */N` if there is a number.
    Unsatisfiable(Option<u64>),
    /// A 302 to this `Location`.
    Redirect(String),
    /// A 302 to what was asked for.
    RedirectToSelf,
    /// Neither a byte nor an end, until the client goes.
    Silence,
    /// The connection is reset before any byte.
    Reset,
    /// One byte of the body each time so much time has passed.
    Trickle {
        /// The time before each byte.
        every: Duration,
    },
    /// A 200 with an error page in HTML.
    Html,
}
