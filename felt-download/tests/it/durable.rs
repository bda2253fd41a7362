//! What is on disk, and when: syncs as a library sees them that is loaded before the C library.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use felt_sandbox::faulty::{Content, Fault, Options, Storage};

use crate::killed::{prepared, recorded};
use crate::names;
use crate::resume::is;

const SIZE: u64 = 100_000_000;

/// One sync of a file or folder.
#[derive(Debug, PartialEq)]
struct Sync {
    name: String,
    bytes: u64,
    /// Bytes that are in the part.
    part: u64,
    /// Whether the target is there.
    published: bool,
}

struct Watched {
    folder: tempfile::TempDir,
    library: PathBuf,
}

impl Watched {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("syncs.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/syncs.c");
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .args([&library, &source])
            .arg("-ldl")
            .status()
            .unwrap();
        assert!(compiled.success());
        fs::create_dir(folder.path().join("maps")).unwrap();
        Self { folder, library }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("maps/out.bin")
    }

    /// Downloads in a process of its own, in which the sync of the part of this number fails.
    fn run(&self, storage: &Storage, failing: u32, setting: Option<&str>) -> (Output, Vec<Sync>) {
        let log = self.folder.path().join("log");
        let _ = fs::remove_file(&log);
        let mut command = Command::new(std::env::current_exe().unwrap());
        let output = prepared(&mut command, storage, &self.path())
            .envs(setting.map(|name| (name, "1")))
            .env("LD_PRELOAD", &self.library)
            .env("FELT_TEST_SYNCS", &log)
            .env("FELT_TEST_FAILS", failing.to_string())
            .output()
            .unwrap();
        let log = fs::read_to_string(log).unwrap_or_default();
        let syncs = log.lines().map(|line| {
            let [name, bytes, part, published] = line.split(' ').collect::<Vec<_>>()[..] else {
                panic!("{line}");
            };
            Sync {
                name: name.to_string(),
                bytes: bytes.parse().unwrap(),
                part: part.parse().unwrap(),
                published: published == "1",
            }
        });
        (output, syncs.collect())
    }
}

fn storage(size: u64) -> (Content, Storage) {
    let content = Content::pattern(21, size);
    let storage = Storage::start(content.clone()).unwrap();
    (content, storage)
}

#[test]
fn a_file_is_on_disk_before_it_has_its_name_and_the_name_afterwards() {
    let watched = Watched::new();
    let (content, storage) = storage(SIZE);
    let (output, syncs) = watched.run(&storage, 0, None);
    assert!(output.status.success(), "{output:?}");
    assert!(is(&watched.path(), &content));
    let before: Vec<_> = syncs.iter().filter(|sync| !sync.published).collect();
    let whole = before
        .iter()
        .rposition(|sync| (sync.name.as_str(), sync.bytes) == ("out.bin.part", SIZE));
    assert_eq!(whole, Some(before.len() - 1), "{syncs:#?}");
    // Not only at the end; and what tells how far it is comes after it, as do the names of both.
    let early = before.iter().position(|sync| sync.name == "out.bin.part");
    let early = early.unwrap();
    assert!(before[early].bytes < SIZE, "{syncs:#?}");
    let then: Vec<_> = before[early + 1..].iter().map(|sync| &sync.name).collect();
    assert!(then.starts_with(&[&"out.bin.part.json".to_string(), &"maps".to_string()]));
    let after: Vec<_> = syncs.iter().filter(|sync| sync.published).collect();
    assert_eq!(after.len(), 1, "{syncs:#?}");
    assert_eq!(after[0].name, "maps");
}

/// The system tells once that it could not write: what it was told before is all that counts.
#[test]
fn what_could_not_be_synced_is_not_gone_on_with() {
    // Of the smallest only the last sync comes, before it would get its name.
    for (size, failing) in [(SIZE, 1), (SIZE, 2), (3_000_000, 1)] {
        let watched = Watched::new();
        let (content, storage) = storage(size);
        let (output, syncs) = watched.run(&storage, failing, None);
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("kind: Disk"), "{said}");
        assert!(!watched.path().exists());
        let mut parts = syncs.iter().filter(|sync| sync.name == "out.bin.part");
        let sure = if failing == 1 {
            0
        } else {
            parts.next().unwrap().bytes
        };
        let kept = recorded(&watched.path());
        assert!(kept <= sure, "{kept} of {sure}");
        let (output, _) = watched.run(&storage, 0, None);
        assert!(output.status.success(), "{output:?}");
        assert!(is(&watched.path(), &content));
        let range = storage.asked().last().unwrap().range();
        assert_eq!(range, (kept > 0).then_some((kept, None)));
        assert!(failing == 1 || kept > 0, "nothing was kept");
    }
}

/// Or the bytes of the old file could be taken for those of the new one.
#[test]
fn that_a_part_is_another_file_s_is_on_disk_before_it_is_emptied() {
    let watched = Watched::new();
    let old = Content::pattern(22, 3_000_000);
    let options = Options::default();
    let storage = Storage::with_script(old, options, |asked| match asked.number {
        0 => Some(Fault::ResetAt(2_000_000)),
        1 => Some(Fault::Refuse(404)),
        _ => None,
    })
    .unwrap();
    let (output, _) = watched.run(&storage, 0, None);
    assert!(!output.status.success());
    assert_eq!(recorded(&watched.path()), 2_000_000);
    let new = Content::pattern(23, 3_000_000);
    storage.replace(new.clone());
    let (output, syncs) = watched.run(&storage, 0, None);
    assert!(output.status.success(), "{output:?}");
    assert!(is(&watched.path(), &new));
    let memory = syncs.iter().find(|sync| sync.name == "out.bin.part.json");
    assert_eq!(memory.unwrap().part, 2_000_000, "{syncs:#?}");
}

#[cfg(feature = "zip")]
#[test]
fn everything_in_an_archive_is_on_disk_before_the_folder_has_its_name() {
    use crate::raw_zip::{stored, zip};

    let watched = Watched::new();
    let archive = zip(&[
        stored("readme", b"four"),
        stored("roads/a.csv", b"seven b"),
        stored("roads/old/b.csv", b"eight by"),
    ]);
    let storage = Storage::start(Content::bytes(archive)).unwrap();
    let (output, syncs) = watched.run(&storage, 0, Some(crate::killed::EXTRACTS));
    assert!(output.status.success(), "{output:?}");
    assert_eq!(names(&watched.path()), ["readme", "roads"]);
    for (name, bytes) in [("readme", 4), ("a.csv", 7), ("b.csv", 8)] {
        let synced =
            |sync: &Sync| (sync.name.as_str(), sync.bytes, sync.published) == (name, bytes, false);
        assert!(syncs.iter().any(synced), "{name}: {syncs:#?}");
    }
    for name in ["out.bin.part.dir", "roads", "old"] {
        let synced = |sync: &Sync| (sync.name.as_str(), sync.published) == (name, false);
        assert!(syncs.iter().any(synced), "{name}: {syncs:#?}");
    }
    let last = syncs.last().unwrap();
    assert_eq!((last.name.as_str(), last.published), ("maps", true));
}
