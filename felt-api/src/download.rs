//! `felt-download` with what the facade knows: the format that is expected, and errors of one type.

use std::fs::File;
use std::path::Path;

use felt_download::signature::describe;
use felt_download::{Content, LinkSource, Target};

use crate::{Client, Error, Format};

/// A download of an export or of a direct link, to a path, a folder or a writer.
///
/// The file is what was asked for: if it arrives in a zip archive, as custom exports do, it is taken
/// out of it (feature `zip`), and what begins as something else that is known (a page of HTML or XML,
/// an API's error, a file of another format) is an error and no file. What happens on the way, and how
/// long it goes on over a bad network, is described in [felt-download](felt_download). Its errors are of
/// this crate's one type: where its methods name a kind of felt-download's, it is the one of
/// [`ErrorKind`](crate::ErrorKind) that says the same.
pub type Download<'a> = felt_download::Download<'a, Error>;

/// A download of one of these formats. `name` is what the file is called in a folder, and `subject` is
/// told by its errors.
pub(crate) fn download<'a>(
    client: &Client,
    source: &'a dyn LinkSource,
    formats: Vec<Format>,
    name: Option<String>,
    subject: String,
) -> Download<'a> {
    let extensions = formats.iter().flat_map(|format| format.extensions());
    let content = Content::OneFile {
        extensions: extensions.map(ToString::to_string).collect(),
    };
    let wanted = formats.clone();
    let fits = move |head: &[u8]| {
        if wanted.iter().any(|format| format.may_begin_with(head)) {
            return Ok(());
        }
        let wanted: Vec<_> = wanted.iter().map(|format| format.as_str()).collect();
        let (arrived, wanted) = (describe(head), wanted.join(" or "));
        Err(format!("{arrived} arrived where {wanted} was asked for"))
    };
    // Whichever of the formats it is, it has to have that format's end.
    let is_whole = move |file: &File| match formats.iter().all(|format| format.is_whole(file)) {
        true => Ok(()),
        false => Err("what arrived is cut off: the file has no end".to_string()),
    };
    let download = felt_download::Download::new(&client.0.storage, source);
    let download = match name {
        Some(name) => download.file_name(name),
        None => download,
    };
    download
        .subject(&subject)
        .content(content)
        .check_head(fits)
        .check_file(is_whole)
        .map_err(move |error| Error::from(error).during(|| format!("downloading {subject}")))
}

/// `LAYER.EXTENSION`, as a file is called in a folder.
pub(crate) fn file_name(layer_id: &str, format: Format) -> String {
    let extension = format.extensions().first().copied().unwrap_or("bin");
    format!("{layer_id}.{extension}")
}

/// Holds a place for a file before an export is started: what stands in the way (no such folder, a
/// file that is there, another process, a disk that cannot be written to) is told while nothing has
/// been created at Felt. [`Download::to_target`] takes it; dropping it gives it up.
///
/// ```no_run
/// # async fn example(layer: felt_api::Layer) -> Result<(), felt_api::Error> {
/// let target = felt_api::reserve("roads.csv", false)?;
/// let export = layer.export(felt_api::Format::Csv).start().await?;
/// export.wait().await?.download().to_target(target).await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// `FileExists`, `InTheWay`, `Folder`, `Busy` or `Disk` of [`ErrorKind`](crate::ErrorKind).
pub fn reserve(path: impl AsRef<Path>, overwrite: bool) -> Result<Target, Error> {
    Ok(Target::reserve(path.as_ref(), overwrite)?)
}

/// Unpacks a zip archive that was kept ([`Download::keep_archive`]) into `folder`, which must not exist yet;
/// how is described at [`felt_download::extract`].
///
/// # Errors
///
/// `FileExists`, `Folder`, `Content` or `Disk` of [`ErrorKind`](crate::ErrorKind).
#[cfg(feature = "zip")]
pub fn extract(
    archive: impl AsRef<Path>,
    folder: impl AsRef<Path>,
    limits: &crate::ZipLimits,
) -> Result<crate::Extracted, Error> {
    Ok(felt_download::extract(archive, folder, limits)?)
}
