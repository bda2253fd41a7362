//! The examples, run as a stranger runs them: no token, an empty folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Cargo builds the examples with the tests, and puts them beside them.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let path = profile
        .join("examples")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.exists(),
        "build it with: cargo build -p felt-api --examples"
    );
    path
}

fn command(name: &str, folder: &Path) -> Command {
    let mut command = Command::new(example(name));
    command
        .current_dir(folder)
        .env_remove("FELT_API_TOKEN")
        .env_remove("FELT_BASE_URL")
        .env_remove("RUST_BACKTRACE");
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What it printed, where it has to succeed.
fn run(name: &str, folder: &Path) -> (String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command(name, folder).output().unwrap();
    let (stdout, stderr) = (text(&stdout), text(&stderr));
    assert!(status.success(), "{name}: {stdout}{stderr}");
    (stdout, stderr)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

#[cfg(feature = "zip")]
#[test]
fn export_to_file() {
    let folder = tempfile::tempdir().unwrap();
    let (stdout, _) = run("export_to_file", folder.path());
    let expected = "exporting where pop_est > 1000000 and continent in (\"Africa\", \"Asia\")\nexport.geojson: ";
    assert!(stdout.starts_with(expected), "{stdout}");
    let file = std::fs::read_to_string(folder.path().join("export.geojson")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&file).unwrap();
    let features = json["features"].as_array().unwrap();
    assert!(features.len() > 20);
    for feature in features {
        let properties = &feature["properties"];
        assert!(properties["pop_est"].as_f64().unwrap() > 1e6);
        assert!(["Africa", "Asia"].contains(&properties["continent"].as_str().unwrap()));
    }

    // Once more: the file is there, and nothing is created at Felt for nothing.
    let again = command("export_to_file", folder.path()).output().unwrap();
    assert!(!again.status.success());
    assert!(
        text(&again.stderr).contains("FileExists"),
        "{}",
        text(&again.stderr)
    );
    let kept = std::fs::read_to_string(folder.path().join("export.geojson")).unwrap();
    assert_eq!(kept, file);
}

#[cfg(feature = "zip")]
#[test]
fn show_progress() {
    let folder = tempfile::tempdir().unwrap();
    let (stdout, stderr) = run("show_progress", folder.path());
    assert_eq!(stdout, "progress.csv\n");
    for expected in ["in_progress\n", "completed\n", "...", " bytes\n"] {
        assert!(stderr.contains(expected), "{expected}: {stderr}");
    }
    assert_eq!(names(folder.path()), ["progress.csv"]);
}

#[cfg(feature = "zip")]
#[test]
fn resume_later() {
    let folder = tempfile::tempdir().unwrap();
    let (stdout, _) = run("resume_later", folder.path());
    assert!(
        stdout.contains("it goes on, and can be resumed\n"),
        "{stdout}"
    );
    assert!(stdout.ends_with("resumed.gpkg\n"), "{stdout}");
    assert_eq!(names(folder.path()), ["resumed.gpkg"]);
}

#[test]
fn handle_errors() {
    let folder = tempfile::tempdir().unwrap();
    let (stdout, _) = run("handle_errors", folder.path());
    let lines: Vec<&str> = stdout.lines().collect();
    assert_eq!(lines.len(), 5, "{stdout}");
    assert!(lines[0].contains("404 Not Found"), "{stdout}");
    let mend = "  -> mend the job; Felt says: ";
    assert!(
        lines[1].starts_with(mend) && lines[1].ends_with("(parameter layer_id)"),
        "{stdout}"
    );
    assert!(lines[2].contains("422 Unprocessable Entity"), "{stdout}");
    assert!(
        lines[3].starts_with(mend) && lines[3].ends_with("(at /output_format)"),
        "{stdout}"
    );
    assert_eq!(lines[4], "exported");
}

#[test]
fn direct_link() {
    let folder = tempfile::tempdir().unwrap();
    let (stdout, _) = run("direct_link", folder.path());
    assert!(stdout.starts_with("whole-layer.gpkg: "), "{stdout}");
    let file = std::fs::read(folder.path().join("whole-layer.gpkg")).unwrap();
    assert!(file.starts_with(b"SQLite format 3\0"));
    assert_eq!(names(folder.path()), ["whole-layer.gpkg"]);
}

#[cfg(feature = "generated")]
#[test]
fn generated_client() {
    let folder = tempfile::tempdir().unwrap();
    let (stdout, _) = run("generated_client", folder.path());
    assert_eq!(stdout, "a link: true\n");
}

/// With a token it is Felt that is asked. Without CA certificates there is no way to it, and that is an
/// error of its own kind.
#[cfg(target_os = "linux")]
#[test]
fn without_certificates() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command("direct_link", folder.path());
    command
        .args(["map", "layer"])
        .env("FELT_API_TOKEN", "felt_pat_secret")
        .env("SSL_CERT_FILE", "/nowhere")
        .env("SSL_CERT_DIR", "/nowhere");
    let output = command.output().unwrap();
    let said = text(&output.stderr);
    assert!(!output.status.success());
    assert!(
        said.contains("kind: Setup") && said.contains("CA certificates"),
        "{said}"
    );
    assert!(!said.contains("secret"), "{said}");
}

#[test]
fn with_a_token_ids_are_needed() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command("direct_link", folder.path());
    let output = command
        .env("FELT_API_TOKEN", "felt_pat_secret")
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("give the ids of a map and of a layer on it"));
}
