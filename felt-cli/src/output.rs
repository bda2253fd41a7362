//! Where a file goes, and what its name says about its format.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use felt_api::{Format, Target};

use crate::args;
use crate::failure::Failure;
use crate::report::Report;
use crate::template::{self, Now};

/// Where a file goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    place: Place,
    /// What the name says the file is.
    says: Says,
    overwrite: bool,
    skip_existing: bool,
    /// Whether the folder has a name that is made, as for a day: it is made as well.
    makes_folder: bool,
}

#[derive(Clone, Debug, PartialEq)]
enum Place {
    Stdout,
    File(PathBuf),
    /// The file's name follows from the layer and the format.
    Folder(PathBuf),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Says {
    Format(Format),
    Archive,
    Nothing,
}

impl Says {
    fn of(path: &Path) -> Self {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some(extension) if extension.eq_ignore_ascii_case("zip") => Self::Archive,
            Some(extension) => {
                Format::from_extension(extension).map_or(Self::Nothing, Self::Format)
            }
            None => Self::Nothing,
        }
    }
}

/// A path with something behind its name.
pub fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn usage(message: impl Into<String>) -> Failure {
    Failure::Usage(message.into())
}

fn ends_in_separator(path: &Path) -> bool {
    path.as_os_str()
        .to_string_lossy()
        .ends_with(std::path::is_separator)
}

impl Output {
    /// For a layer, by whose ids, and format if it is known, names may be made.
    pub fn of(
        args: &args::Output,
        keep_zip: bool,
        (map, layer): (&str, &str),
        format: Option<Format>,
        now: &Now,
    ) -> Result<Self, Failure> {
        let expand = |path: &PathBuf| match path.to_str() {
            Some(name) if template::has_places(name) => {
                template::expand(name, map, layer, format, now).map(PathBuf::from)
            }
            // What is no Unicode is a name as it stands.
            _ => Ok(path.clone()),
        };
        let expand = |path: &Option<PathBuf>| path.as_ref().map(expand).transpose();
        let is_made = |path: &Path| path.to_str().is_some_and(template::has_places);
        let named = args::Output {
            output: expand(&args.output).map_err(usage)?,
            directory: expand(&args.directory).map_err(usage)?,
            ..*args
        };
        let mut folders = args.directory.iter().map(PathBuf::as_path);
        let parent = args
            .output
            .as_deref()
            .and_then(|path| match ends_in_separator(path) {
                true => Some(path),
                false => path.parent(),
            });
        let makes_folder = folders.any(is_made) || parent.is_some_and(is_made);
        Ok(Self {
            makes_folder,
            ..Self::new(&named, keep_zip)?
        })
    }

    /// The same, and the format: each may say the other.
    pub fn and_format(
        args: &args::Output,
        keep_zip: bool,
        ids: (&str, &str),
        asked: Option<Format>,
        now: &Now,
    ) -> Result<(Self, Format), Failure> {
        let format = Self::of(args, keep_zip, ids, asked, now)?.export_format(asked)?;
        let output = Self::of(args, keep_zip, ids, Some(format), now)?;
        Ok((output, format))
    }

    fn new(args: &args::Output, keep_zip: bool) -> Result<Self, Failure> {
        let directory = args.directory.clone().unwrap_or_default();
        let mut says = Says::Nothing;
        let place = match &args.output {
            None => Place::Folder(directory),
            Some(path) if path == Path::new("-") => {
                if args.directory.is_some() {
                    return Err(usage(
                        "-o - is stdout, which is in no directory: leave out one of them",
                    ));
                }
                Place::Stdout
            }
            Some(path) => {
                let path = directory.join(path);
                match ends_in_separator(&path) || path.is_dir() {
                    true => Place::Folder(path),
                    false => {
                        says = Says::of(&path);
                        Place::File(path)
                    }
                }
            }
        };
        if keep_zip {
            if let Says::Format(format) = says {
                let message = format!(
                    "--keep-zip keeps an archive, but the name of the output says {format}: let it end in .zip"
                );
                return Err(usage(message));
            }
            says = Says::Archive;
        }
        Ok(Self {
            place,
            says,
            overwrite: args.overwrite,
            skip_existing: args.skip_existing,
            makes_folder: false,
        })
    }

    /// The format to export to: the one that was asked for, or the one that the name says.
    pub fn export_format(&self, asked: Option<Format>) -> Result<Format, Failure> {
        match (asked, self.says) {
            (Some(asked), Says::Format(said)) if asked != said => Err(Failure::Usage(format!(
                "the format is {asked}, but the name of the output says {said}: change one of them"
            ))),
            (Some(asked), _) => Ok(asked),
            (None, Says::Format(said)) => Ok(said),
            (None, _) => Err(Failure::Usage(
                "the format is not known: give -f/--format, or -o with a name that says it, such as out.gpkg"
                    .to_string(),
            )),
        }
    }

    /// What a direct link must give: only two formats are on offer; `None` is either.
    pub fn direct_format(&self) -> Result<Option<Format>, Failure> {
        match self.says {
            Says::Format(format @ (Format::Gpkg | Format::Geotiff)) => Ok(Some(format)),
            Says::Format(format) => Err(Failure::Usage(format!(
                "a direct link gives a GeoPackage (.gpkg) or a GeoTIFF (.tif): for {format} use felt export"
            ))),
            Says::Archive | Says::Nothing => Ok(None),
        }
    }

    pub fn keeps_archive(&self) -> bool {
        self.says == Says::Archive
    }

    /// Whether what is in the file has to be what its name says: the name tells a format, or is made
    /// from one.
    pub fn name_says_format(&self) -> bool {
        matches!(self.says, Says::Format(_)) || matches!(self.place, Place::Folder(_))
    }

    /// The same, but for another file.
    pub fn at(&self, path: &Path) -> Self {
        Self {
            place: Place::File(path.to_path_buf()),
            ..self.clone()
        }
    }

    /// Both the file and the events would go to stdout.
    pub fn check_with(&self, report: &Report) -> Result<(), Failure> {
        match self.place == Place::Stdout && report.is_json() {
            true => Err(usage(
                "-o - and --json both need stdout: leave out one of them",
            )),
            false => Ok(()),
        }
    }

    /// The file, if there is one already and it is to be left.
    pub fn existing(&self, layer_id: &str, format: Format) -> Option<PathBuf> {
        self.path(layer_id, format)
            .filter(|path| self.skip_existing && path.is_file())
    }

    /// [`existing`](Self::existing), where the path is known whatever the format is.
    pub fn existing_named(&self) -> Option<PathBuf> {
        let path = self.named().cloned();
        path.filter(|path| self.skip_existing && path.is_file())
    }

    /// The file of another name, if it is there and to be left.
    pub fn existing_at(&self, path: &Path) -> bool {
        self.skip_existing && path.is_file()
    }

    /// The folder that has to be there and is not.
    pub fn missing_folder(&self, layer_id: &str, format: Format) -> Option<PathBuf> {
        let path = self.path(layer_id, format)?;
        let folder = path.parent().filter(|_| !self.makes_folder)?;
        let is_there = folder.as_os_str().is_empty() || folder.exists();
        (!is_there).then(|| folder.to_path_buf())
    }

    /// Holds the place of the file, or says what is in its way; `None` is stdout.
    pub fn reserve(&self, layer_id: &str, format: Format) -> Result<Option<Target>, Failure> {
        self.reserve_at(self.path(layer_id, format))
    }

    /// [`reserve`](Self::reserve), where the path is known whatever the format is.
    pub fn reserve_named(&self) -> Result<Option<Target>, Failure> {
        self.reserve_at(self.named().cloned())
    }

    fn reserve_at(&self, path: Option<PathBuf>) -> Result<Option<Target>, Failure> {
        let folder = path.as_deref().and_then(Path::parent);
        if let Some(folder) = folder.filter(|_| self.makes_folder) {
            std::fs::create_dir_all(folder).map_err(|error| {
                let folder = folder.display();
                Failure::Local(format!("cannot make the folder {folder}: {error}"))
            })?;
        }
        let target = path.map(|path| felt_api::reserve(path, self.overwrite));
        Ok(target.transpose()?)
    }

    /// The path of the file, if it is named in full.
    fn named(&self) -> Option<&PathBuf> {
        match &self.place {
            Place::File(path) => Some(path),
            Place::Stdout | Place::Folder(_) => None,
        }
    }

    /// The path of the file; `None` is stdout.
    pub fn path(&self, layer_id: &str, format: Format) -> Option<PathBuf> {
        match &self.place {
            Place::Stdout => None,
            Place::File(path) => Some(path.clone()),
            Place::Folder(folder) => {
                let extension = match self.keeps_archive() {
                    true => "zip",
                    false => format.extension(),
                };
                Some(folder.join(format!("{layer_id}.{extension}")))
            }
        }
    }

    /// The arguments that name the same place.
    pub fn arguments(&self, layer_id: &str, format: Format) -> Vec<OsString> {
        let path = match self.path(layer_id, format) {
            // Or it would be an option, or stdout.
            Some(path) if path.as_os_str().as_encoded_bytes().starts_with(b"-") => {
                Path::new(".").join(path).into_os_string()
            }
            Some(path) => path.into_os_string(),
            None => "-".into(),
        };
        // What is there has no places any more.
        let path = match path.to_str() {
            Some(name) => name.replace('{', "{{").replace('}', "}}").into(),
            None => path,
        };
        let mut arguments = vec!["-o".into(), path];
        // Otherwise the name says it.
        if self.keeps_archive() && self.place_is_named_otherwise() {
            arguments.push("--keep-zip".into());
        }
        if self.overwrite {
            arguments.push("--overwrite".into());
        }
        arguments
    }

    fn place_is_named_otherwise(&self) -> bool {
        match &self.place {
            Place::File(path) => Says::of(path) != Says::Archive,
            Place::Stdout => true,
            Place::Folder(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(
        path: Option<&str>,
        directory: Option<&str>,
        keep_zip: bool,
    ) -> Result<Output, Failure> {
        let args = args::Output {
            output: path.map(Into::into),
            directory: directory.map(Into::into),
            ..Default::default()
        };
        Output::new(&args, keep_zip)
    }

    fn output(path: &str) -> Output {
        made(Some(path), None, false).unwrap()
    }

    #[test]
    fn the_name_says_the_format() {
        let format = |path, asked| output(path).export_format(asked).ok();
        assert_eq!(format("out.gpkg", None), Some(Format::Gpkg));
        assert_eq!(format("a.b/OUT.TIFF", None), Some(Format::Geotiff));
        assert_eq!(
            format("out.json", Some(Format::Geojson)),
            Some(Format::Geojson)
        );
        assert_eq!(format("out.gpkg", Some(Format::Csv)), None);
        for silent in ["out.bin", "out", "out.zip", "-", "folder/"] {
            assert_eq!(format(silent, None), None, "{silent}");
            assert_eq!(
                format(silent, Some(Format::Csv)),
                Some(Format::Csv),
                "{silent}"
            );
        }
        assert!(output("out.zip").keeps_archive() && output("OUT.ZIP").keeps_archive());
        assert!(!output("out.gpkg").keeps_archive());
    }

    #[test]
    fn a_direct_link_has_two_formats() {
        assert!(matches!(
            output("x.gpkg").direct_format(),
            Ok(Some(Format::Gpkg))
        ));
        assert!(matches!(
            output("x.tif").direct_format(),
            Ok(Some(Format::Geotiff))
        ));
        assert!(matches!(output("x").direct_format(), Ok(None)));
        assert!(matches!(
            output("x.csv").direct_format(),
            Err(Failure::Usage(_))
        ));
    }

    #[test]
    fn a_folder_gets_a_file_named_after_the_layer() {
        let path = |output: Option<&str>, directory, keep_zip| {
            let output = made(output, directory, keep_zip).unwrap();
            output.path("roads", Format::Geotiff)
        };
        assert_eq!(
            path(Some("here/"), None, false),
            Some("here/roads.tif".into())
        );
        assert_eq!(path(Some("here/x"), None, false), Some("here/x".into()));
        assert_eq!(path(Some("-"), None, false), None);
        assert_eq!(path(None, None, false), Some("roads.tif".into()));
        assert_eq!(
            path(None, Some("maps"), false),
            Some("maps/roads.tif".into())
        );
        assert_eq!(
            path(None, Some("maps"), true),
            Some("maps/roads.zip".into())
        );
        assert_eq!(
            path(Some("x.tif"), Some("maps"), false),
            Some("maps/x.tif".into())
        );
        assert!(made(Some("-"), Some("maps"), false).is_err());
        assert!(made(Some("x.tif"), None, true).is_err());
    }

    #[test]
    fn the_same_place_has_the_same_arguments() {
        let arguments = |path, directory, keep_zip| {
            let output = made(path, directory, keep_zip).unwrap();
            let arguments = output.arguments("roads", Format::Csv);
            arguments.join(" ".as_ref()).into_string().unwrap()
        };
        assert_eq!(arguments(None, Some("maps"), false), "-o maps/roads.csv");
        assert_eq!(arguments(Some("-"), None, false), "-o -");
        assert_eq!(arguments(Some("-x.csv"), None, false), "-o ./-x.csv");
        assert_eq!(arguments(Some("{x}.csv"), None, false), "-o {{x}}.csv");
        assert_eq!(arguments(Some("x.zip"), None, false), "-o x.zip");
        assert_eq!(arguments(Some("x.bin"), None, true), "-o x.bin --keep-zip");
        assert_eq!(arguments(None, None, true), "-o roads.zip");
    }
}
