//! Processes that are killed at any moment, and the ones that come after them.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use felt_download::FixedLink;
use felt_sandbox::faulty::{Asked, Content, Options, Storage};

use crate::resume::is;
use crate::{download, names};

const URL: &str = "FELT_TEST_URL";
const PATH: &str = "FELT_TEST_PATH";
const CONNECTIONS: &str = "FELT_TEST_CONNECTIONS";
/// What arrives is unpacked.
pub const EXTRACTS: &str = "FELT_TEST_EXTRACTS";

/// The process that is killed: this test alone, in a process of its own.
#[tokio::test]
async fn child() {
    let (Ok(url), Ok(path)) = (std::env::var(URL), std::env::var(PATH)) else {
        return;
    };
    let link = FixedLink::new(url);
    let download = download(&link);
    // On a slow machine it would be for the moment to decide whether several pay.
    let download = match std::env::var(CONNECTIONS).as_deref() {
        Ok("1") => download.connections(1),
        Ok(several) => download.connections_at_once(several.parse().unwrap(), 1_000_000),
        Err(_) => download,
    };
    #[cfg(feature = "zip")]
    if std::env::var(EXTRACTS).is_ok() {
        download.extract_to(path).await.unwrap();
        return;
    }
    download.to_path(path).await.unwrap();
}

fn start(storage: &Storage, path: &Path, connections: u32) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    prepared(&mut command, storage, path)
        .env(CONNECTIONS, connections.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

pub fn prepared<'a>(command: &'a mut Command, storage: &Storage, path: &Path) -> &'a mut Command {
    command
        .args(["--exact", "killed::child"])
        .env(URL, storage.url())
        .env(PATH, path)
}

/// Bytes that are recorded, as another reader of the sidecar sees them.
pub fn recorded(path: &Path) -> u64 {
    let mut sidecar = PathBuf::from(path).into_os_string();
    sidecar.push(".part.json");
    let Ok(text) = std::fs::read(sidecar) else {
        return 0;
    };
    let Ok(record) = serde_json::from_slice::<serde_json::Value>(&text) else {
        return 0;
    };
    let ranges = record["written"].as_array().cloned().unwrap_or_default();
    let number = |value: &serde_json::Value| value.as_u64().unwrap();
    ranges
        .iter()
        .map(|range| number(&range[1]) - number(&range[0]))
        .sum()
}

/// Bytes that were on their way when a process was killed: in the sockets of both sides, which may hold tens of
/// megabytes, in the queue, and not yet recorded.
const ON_THE_WAY: u64 = 64 * 1024 * 1024;

#[test]
fn a_download_that_is_killed_is_finished_by_the_next() {
    killed(100, 1);
}

#[test]
fn one_on_several_connections_as_well() {
    killed(10, 4);
}

fn killed(times: u32, connections: u32) {
    const SIZE: u64 = 200_000_000;
    let content = Content::pattern(11, SIZE);
    let storage = Storage::with_script(content.clone(), Options::default(), |_| None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.bin");

    // How long it takes, in order to know which moments there are.
    let started = Instant::now();
    assert!(
        start(&storage, &path, connections)
            .wait()
            .unwrap()
            .success()
    );
    let whole = started.elapsed();
    let mut gone_on = 0;

    let mut kills = 0;
    while kills < times {
        std::fs::remove_file(&path).unwrap();
        let begun = storage.asked().len();
        let mut child = start(&storage, &path, connections);
        // The moment is random: nothing is waited for.
        std::thread::sleep(whole.mul_f64(fastrand::f64()));
        child.kill().unwrap();
        child.wait().unwrap();
        let asked = storage.asked().len();
        if path.exists() {
            assert!(is(&path, &content), "a file that is not whole");
            continue;
        }
        kills += 1;
        let kept = recorded(&path);
        assert!(
            start(&storage, &path, connections)
                .wait()
                .unwrap()
                .success()
        );
        assert!(is(&path, &content));
        let mut killed: Vec<Asked> = storage.asked().split_off(begun);
        let requests = killed.split_off(asked - begun);
        if kept > 0 && connections == 1 {
            assert_eq!(requests.len(), 1);
            assert_eq!(requests[0].range(), Some((kept, None)), "it starts over");
            // If nothing was missing, it is the page of a 416.
            if kept < SIZE {
                assert_eq!(requests[0].sent, SIZE - kept);
            }
        }
        if kept > 0 {
            let parts = requests.iter().all(|asked| asked.range().is_some());
            assert!(parts, "it starts over");
            gone_on += 1;
        }
        let transferred: u64 = killed.iter().chain(&requests).map(|asked| asked.sent).sum();
        assert!(transferred <= SIZE + ON_THE_WAY, "{transferred}");
        assert_eq!(names(folder.path()), ["out.bin"]);
    }
    assert!(gone_on * 2 >= times, "only {gone_on} had begun to write");
}

/// Either nothing has its name, or all of it has; and what is left is gone on with, and is gone in the end.
#[cfg(feature = "zip")]
#[test]
fn an_archive_that_is_killed_while_it_is_unpacked() {
    use crate::raw_zip::{stored, zip};

    let file = vec![b'x'; 100_000];
    let entries: Vec<_> = (0..200)
        .map(|n| stored(format!("{}/{n}.csv", n % 7), &file))
        .collect();
    let storage = Storage::start(Content::bytes(zip(&entries))).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let extract = || {
        let mut command = Command::new(std::env::current_exe().unwrap());
        prepared(&mut command, &storage, &path)
            .env(EXTRACTS, "1")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let is_whole = || {
        let files = (0..200).all(|n| {
            std::fs::read(path.join(format!("{}/{n}.csv", n % 7))).is_ok_and(|found| found == file)
        });
        files && names(&path).len() == 7
    };
    let started = Instant::now();
    assert!(extract().wait().unwrap().success());
    assert!(is_whole());
    let whole = started.elapsed();
    let mut while_unpacking = 0;
    for _ in 0..30 {
        std::fs::remove_dir_all(&path).unwrap();
        let mut child = extract();
        std::thread::sleep(whole.mul_f64(fastrand::f64()));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!path.exists() || is_whole());
        while_unpacking += usize::from(names(folder.path()).contains(&"out.part.dir".to_string()));
        if !path.exists() {
            assert!(extract().wait().unwrap().success());
            assert!(is_whole());
        } else if names(folder.path()) != ["out"] {
            // It was killed between the last rename and the removal of what has served: the next download to
            // this name does that.
            std::fs::remove_dir_all(&path).unwrap();
            assert!(extract().wait().unwrap().success());
            assert!(is_whole());
        }
        assert_eq!(names(folder.path()), ["out"]);
    }
    assert!(while_unpacking > 0, "no kill came while it was unpacked");
}

/// A file that may not get larger stands for a disk that is full: what fits is kept.
#[cfg(unix)]
#[test]
fn a_full_disk_keeps_what_fits() {
    const SIZE: u64 = 3_000_000;
    let content = Content::pattern(12, SIZE);
    let storage = Storage::with_script(content.clone(), Options::default(), |_| None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.bin");
    let mut shell = Command::new("sh");
    // Without the signal that says so, the write fails. The unit is 512 bytes, or 1024.
    let limited = "trap '' XFSZ; ulimit -f 2000; exec \"$@\"";
    shell
        .args(["-c", limited, "sh"])
        .arg(std::env::current_exe().unwrap());
    let child = prepared(&mut shell, &storage, &path).output().unwrap();
    let said = String::from_utf8_lossy(&child.stdout).into_owned();
    assert!(
        !child.status.success() && said.contains("kind: Disk"),
        "{said}"
    );
    assert!(said.contains("larger than may be here"), "{said}");
    let kept = recorded(&path);
    assert!(said.contains(&format!("kept: Some({kept})")), "{said}");
    assert!((500_000..=2_048_000).contains(&kept), "{kept}");
    assert_eq!(names(folder.path()), ["out.bin.part", "out.bin.part.json"]);

    assert!(start(&storage, &path, 1).wait().unwrap().success());
    assert!(is(&path, &content));
    assert_eq!(storage.asked()[1].range(), Some((kept, None)));
}
