//! Where a file goes, and what its name says about its format.

use std::path::{Path, PathBuf};

use felt_api::{Format, Target};

use crate::args::OutputArgs;
use crate::failure::Failure;

/// Where a file goes.
#[derive(Debug, PartialEq)]
pub struct Output {
    place: Place,
    /// What the name says the file is.
    says: Says,
}

#[derive(Debug, PartialEq)]
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

impl Output {
    pub fn new(args: &OutputArgs) -> Self {
        let Some(path) = &args.output else {
            return Self::to(Place::Folder(PathBuf::new()));
        };
        if path == Path::new("-") {
            return Self::to(Place::Stdout);
        }
        let names_a_folder = path
            .as_os_str()
            .to_string_lossy()
            .ends_with(std::path::is_separator);
        if names_a_folder || path.is_dir() {
            return Self::to(Place::Folder(path.clone()));
        }
        let says = match path.extension().and_then(|extension| extension.to_str()) {
            Some(extension) if extension.eq_ignore_ascii_case("zip") => Says::Archive,
            Some(extension) => {
                Format::from_extension(extension).map_or(Says::Nothing, Says::Format)
            }
            None => Says::Nothing,
        };
        Self {
            place: Place::File(path.clone()),
            says,
        }
    }

    fn to(place: Place) -> Self {
        Self {
            place,
            says: Says::Nothing,
        }
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

    /// Holds the place of the file, or says what is in its way; `None` is stdout.
    pub fn reserve(
        &self,
        layer_id: &str,
        format: Format,
        overwrite: bool,
    ) -> Result<Option<Target>, felt_api::Error> {
        self.path(layer_id, format)
            .map(|path| felt_api::reserve(path, overwrite))
            .transpose()
    }

    /// [`reserve`](Self::reserve), where the path is known whatever the format is.
    pub fn reserve_named(&self, overwrite: bool) -> Result<Option<Target>, felt_api::Error> {
        match &self.place {
            Place::File(path) => felt_api::reserve(path, overwrite).map(Some),
            Place::Stdout | Place::Folder(_) => Ok(None),
        }
    }

    /// The path of the file; `None` is stdout.
    fn path(&self, layer_id: &str, format: Format) -> Option<PathBuf> {
        match &self.place {
            Place::Stdout => None,
            Place::File(path) => Some(path.clone()),
            Place::Folder(folder) => {
                let extension = format.extensions().first().copied().unwrap_or("bin");
                Some(folder.join(format!("{layer_id}.{extension}")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(path: &str) -> Output {
        Output::new(&OutputArgs {
            output: Some(path.into()),
            overwrite: false,
        })
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
        let path = |place: &str| output(place).path("roads", Format::Geotiff);
        assert_eq!(path("here/"), Some("here/roads.tif".into()));
        assert_eq!(path("here/x"), Some("here/x".into()));
        assert_eq!(path("-"), None);
        let none = Output::new(&OutputArgs {
            output: None,
            overwrite: false,
        });
        assert_eq!(none.path("roads", Format::Csv), Some("roads.csv".into()));
    }
}
