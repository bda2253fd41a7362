//! The recipe of `openapi/README.md`, run with stand-ins for what is not here.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use crate::check::repository;
use crate::command::{git, text};
use crate::pipeline::{PAGE, openapi};

/// What the job runs when `check` has failed, as it stands there.
fn recipe() -> String {
    let readme = fs::read_to_string(openapi().join("README.md")).unwrap();
    let (_, script) = readme.split_once("        run: |\n").unwrap();
    let lines = script
        .lines()
        .map_while(|line| line.strip_prefix("          "));
    lines.map(|line| format!("{line}\n")).collect()
}

fn program(folder: &Path, name: &str, script: &str) {
    let path = folder.join(name);
    fs::write(&path, format!("#!/usr/bin/env bash\n{script}")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A clone of a repository, in which the job runs.
struct Job(tempfile::TempDir);

impl Job {
    fn new(page: &str) -> Self {
        let dir = repository();
        git(dir.path(), &["init", "--quiet"]);
        git(dir.path(), &["add", "openapi", "src"]);
        git(dir.path(), &["commit", "--quiet", "-m", "one"]);
        git(dir.path(), &["clone", "--quiet", ".", "clone"]);
        let programs = dir.path().join("programs");
        fs::create_dir(&programs).unwrap();
        // What comes after `cargo run -p felt-api-codegen --`.
        let codegen = env!("CARGO_BIN_EXE_felt-api-codegen");
        program(
            &programs,
            "cargo",
            &format!("exec {codegen} \"${{@:5}}\"\n"),
        );
        // There is one pull request of a branch.
        let gh = r#"
echo "$1 $2" >> ../gh
[ "$2" = edit ] || mkdir ../pull-request || exit 1
cp "${@: -1}" ../pull-request/body
"#;
        program(&programs, "gh", gh);
        fs::write(dir.path().join("clone/layer-exports.md"), page).unwrap();
        Self(dir)
    }

    fn run(&self) -> Output {
        let path = self.0.path().join("programs").display().to_string();
        let path = format!("{path}:{}", std::env::var("PATH").unwrap());
        // As GitHub runs it.
        let mut bash = Command::new("bash");
        bash.args(["-e", "-c", &recipe()])
            .current_dir(self.0.path().join("clone"))
            .env("PATH", path)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GITHUB_SERVER_URL", "https://example.com")
            .env("GITHUB_REPOSITORY", "a/b")
            .env("GITHUB_RUN_ID", "7");
        bash.output().unwrap()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join(name)).unwrap()
    }
}

#[test]
fn a_page_that_has_changed_becomes_a_pull_request_once() {
    let job = Job::new(&PAGE.replace("geotiff", "cog"));
    let output = job.run();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(job.read("gh"), "pr create\n");
    assert_eq!(job.read("pull-request/body"), job.read("clone/report.md"));
    let changed = git(job.0.path(), &["diff", "--stat", "HEAD", "felt-spec"]);
    let files: Vec<_> = changed
        .lines()
        .filter_map(|line| line.split_once('|'))
        .collect();
    let files: Vec<_> = files.iter().map(|(name, _)| name.trim()).collect();
    let expected = [
        "openapi/layer-exports.json",
        "src/effective.json",
        "src/generated.rs",
    ];
    assert_eq!(files, expected);

    // A week later, in a clone of its own.
    fs::remove_dir_all(job.0.path().join("clone")).unwrap();
    git(job.0.path(), &["clone", "--quiet", ".", "clone"]);
    let page = PAGE.replace("geotiff", "tiff");
    fs::write(job.0.path().join("clone/layer-exports.md"), page).unwrap();
    let output = job.run();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(job.read("gh"), "pr create\npr create\npr edit\n");
    assert_eq!(job.read("pull-request/body"), job.read("clone/report.md"));
    assert!(job.read("pull-request/body").contains("tiff"));
}

#[test]
fn a_report_that_is_too_long_for_a_pull_request_is_cut() {
    let schema = |number: u32| {
        format!(
            "\"Schema{number}\":{{\"title\":\"Schema{number}\",\"type\":\"string\",\"description\":\"ä\"}},"
        )
    };
    let schemas: String = (0..2000).map(schema).collect();
    let job = Job::new(&PAGE.replacen("\"schemas\":{", &format!("\"schemas\":{{{schemas}"), 1));
    let output = job.run();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let (report, body) = (job.read("clone/report.md"), job.read("pull-request/body"));
    assert!(report.chars().count() > 65_536);
    assert!(body.chars().count() < 61_000);
    let (note, beginning) = body.split_once("\n\n").unwrap();
    assert_eq!(
        note,
        "This is the beginning of it. https://example.com/a/b/actions/runs/7 has the whole report."
    );
    assert!(report.starts_with(beginning) && beginning.ends_with('\n'));
}

#[test]
fn what_a_person_has_to_look_at_fails_the_job_and_opens_nothing() {
    let block = "```json\n{\"openapi\"";
    for (page, said) in [
        (
            "<html></html>\n".to_string(),
            "there is no OpenAPI in this page",
        ),
        (
            PAGE.replace("\"3.0.0\"", "\"3.1.0\""),
            "but progenitor takes",
        ),
        (PAGE.replacen(block, &format!("{block}:"), 1), "broken JSON"),
        // Taken, but of no use to the generator.
        (
            PAGE.replace("\"in\":\"path\"", "\"in\":\"nowhere\""),
            "in the way of the generator",
        ),
        // Something else is out of date than what comes of the page.
        (PAGE.to_string(), "nothing added to commit"),
    ] {
        let job = Job::new(&page);
        let output = job.run();
        assert!(!output.status.success());
        let told = format!("{}{}", text(&output.stdout), text(&output.stderr));
        assert!(told.contains(said), "{said}: {told}");
        assert!(!job.0.path().join("gh").exists());
        assert_eq!(git(job.0.path(), &["branch", "--list", "felt-spec"]), "");
    }
}
