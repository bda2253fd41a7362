//! What is committed, held against what the pipeline makes.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::command::{SPEC, folder, run, text};
use crate::pipeline::PAGE;

/// A copy of what the repository holds, and the page it comes from.
pub fn repository() -> tempfile::TempDir {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let names = [
        "openapi/layer-exports.json",
        "openapi/felt.overlay.yaml",
        "src/effective.json",
        "src/generated.rs",
    ];
    let texts = names.map(|name| (name, fs::read_to_string(root.join(name)).unwrap()));
    let mut files: Vec<(&str, &str)> = texts
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    files.push(("docs/layer-exports.md", PAGE));
    files.push(("specs/layer-exports.json", texts[0].1.as_str()));
    folder(&files)
}

/// The same with one file changed; what the command says then, of a source, if one is named.
fn said_after(file: &str, change: impl Fn(String) -> Option<String>, source: &str) -> String {
    let dir = repository();
    let path = dir.path().join(file);
    match change(fs::read_to_string(&path).unwrap_or_default()) {
        Some(text) => {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
        }
        None => fs::remove_file(&path).unwrap(),
    }
    let arguments = Vec::from_iter(["check"].into_iter().chain(source.split_terminator('\n')));
    let output = run(dir.path(), &arguments, b"");
    format!(
        "# {file} is changed, felt-api-codegen {}\n{}{}[{}]\n",
        arguments.join(" "),
        text(&output.stdout),
        text(&output.stderr),
        output.status.code().unwrap()
    )
}

#[test]
fn what_is_committed_is_up_to_date() {
    let dir = repository();
    for arguments in [
        &["check"][..],
        &["check", "docs"],
        &["check", "docs/layer-exports.md"],
    ] {
        let output = run(dir.path(), arguments, b"");
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
        assert_eq!(text(&output.stderr), "");
    }
}

#[test]
fn each_thing_that_is_out_of_date_is_told_with_what_mends_it() {
    let replaced = |from: &'static str, to: &'static str| {
        move |text: String| {
            assert!(text.contains(from));
            Some(text.replace(from, to))
        }
    };
    let said = [
        said_after("docs/layer-exports.md", replaced("geotiff", "cog"), "docs"),
        said_after("docs/v2.1-maps.md", |_| Some(PAGE.to_string()), "docs"),
        said_after("docs/maps.md", |_| Some(other_page()), "docs"),
        // Under another name, alone and beside others.
        said_after(
            "Layer Exports (1).md",
            |_| Some(PAGE.replace("geotiff", "cog")),
            "Layer Exports (1).md",
        ),
        said_after("again/page.md", |_| Some(PAGE.to_string()), "again"),
        said_after(
            "docs/README.md",
            |_| Some("# No spec\n".to_string()),
            "docs",
        ),
        said_after(
            "docs/maps.md",
            |_| Some("```json\n{\"openapi\"\n```\n".to_string()),
            "docs",
        ),
        said_after(
            "openapi/maps.yaml",
            |_| Some("openapi: 3.0.0\npaths: {}\n".to_string()),
            "docs",
        ),
        said_after("newer/a.json", |_| Some("{".to_string()), "newer"),
        said_after(
            "newer/a.json",
            |_| Some("{\"openapi\": \"3.0.0\"}".to_string()),
            "newer",
        ),
        said_after(
            "openapi/layer-exports.json",
            replaced("geotiff", "cog"),
            "docs/layer-exports.md",
        ),
        said_after(
            "openapi/felt.overlay.yaml",
            replaced("['429']", "['430']"),
            "docs",
        ),
        // The vendor has it so by now.
        said_after(
            "openapi/layer-exports.json",
            replaced("\"Unprocessable Entity\"", "\"Too Many Requests\""),
            "",
        ),
        said_after(
            "openapi/layer-exports.json",
            replaced(
                "poll_map_layer_custom_export",
                "create_map_layer_custom_export",
            ),
            "",
        ),
        // What becomes of it is told before it is imported.
        said_after(
            "docs/layer-exports.md",
            replaced(
                "poll_map_layer_custom_export",
                "create_map_layer_custom_export",
            ),
            "docs/layer-exports.md",
        ),
        said_after(
            "docs/layer-exports.md",
            replaced("\"Unprocessable Entity\"", "\"Too Many Requests\""),
            "docs",
        ),
        said_after(
            "docs/layer-exports.md",
            replaced("\"429\":", "\"430\":"),
            "docs",
        ),
        said_after(
            "docs/layer-exports.md",
            replaced("\"required\":false", "\"required\":{}"),
            "docs",
        ),
        said_after("src/effective.json", replaced("geotiff", "cog"), "docs"),
        said_after("src/generated.rs", |_| None, "docs"),
        said_after(
            "openapi/layer-exports.json",
            |_| Some("{".to_string()),
            "docs",
        ),
        said_after(
            "openapi/felt.overlay.yaml",
            |_| Some("overlay: 3\n".to_string()),
            "docs",
        ),
        said_after(
            "openapi/layer-exports.json",
            replaced(
                "poll_map_layer_custom_export",
                "create_map_layer_custom_export",
            ),
            "docs",
        ),
        said_after(
            "docs/layer-exports.md",
            |_| Some("# Nothing\n".to_string()),
            "docs/layer-exports.md",
        ),
        said_after(
            "docs/layer-exports.md",
            |_| Some("# Nothing\n".to_string()),
            "docs",
        ),
        // Specs as they are, alone and in a folder, beside a README.
        said_after(
            "openapi/README.md",
            |_| Some("# Where they come from\n".to_string()),
            "openapi",
        ),
        said_after(
            "openapi/README.md",
            |_| Some("# Where they come from\n".to_string()),
            "openapi/layer-exports.json",
        ),
        said_after(
            "specs/README.md",
            |_| Some("# Where they come from\n".to_string()),
            "specs",
        ),
        said_after(
            "specs/layer-exports.json",
            replaced("geotiff", "cog"),
            "specs/layer-exports.json",
        ),
        said_after("newer.yaml", |_| Some(SPEC.to_string()), "newer.yaml"),
        said_after(
            "newer.json",
            |_| Some("{\"swagger\": \"2.0\"}".to_string()),
            "newer.json",
        ),
    ];
    insta::assert_snapshot!(said.join("\n"));
}

/// A page with an operation that is on no other.
fn other_page() -> String {
    format!("```json\n{}\n```\n", SPEC)
}

/// What it says mends it, does: for a page and for a spec.
#[test]
fn what_mends_it_mends_it() {
    let page = PAGE.replace("geotiff", "cog");
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/layer-exports.json");
    let spec = fs::read_to_string(spec).unwrap();
    let spec = spec.replace("geotiff", "cog");
    for (source, newer) in [("docs/layer-exports.md", page), ("docs/newer.json", spec)] {
        let dir = repository();
        fs::write(dir.path().join(source), newer).unwrap();
        let mut commands = 0;
        while let output = run(dir.path(), &["check", source], b"")
            && !output.status.success()
        {
            let said = text(&output.stdout);
            let (_, mend) = said.split_once("mend it: felt-api-codegen ").unwrap();
            let words: Vec<&str> = mend.lines().next().unwrap().split(' ').collect();
            assert!(run(dir.path(), &words, b"").status.success(), "{mend}");
            commands += 1;
            assert!(commands < 5, "{said}");
        }
        assert_eq!(commands, 2);
    }
}

/// The commands that are said to mend it, without the program's name.
fn mends<'a>(said: &'a str, program: &str) -> Vec<Vec<&'a str>> {
    let mends = said.lines().filter_map(|line| {
        let (_, mend) = line.split_once("  mend it: ")?;
        mend.strip_prefix(program)
    });
    mends
        .map(|mend| mend.split_whitespace().collect())
        .collect()
}

#[test]
fn one_run_tells_all_that_is_to_be_done() {
    let dir = repository();
    fs::write(
        dir.path().join("docs/layer-exports.md"),
        PAGE.replace("geotiff", "cog"),
    )
    .unwrap();
    let output = run(dir.path(), &["check", "docs"], b"");
    let mends = mends(text(&output.stdout), "felt-api-codegen");
    assert_eq!(mends.len(), 3, "{}", text(&output.stdout));
    for mend in &mends {
        assert!(run(dir.path(), mend, b"").status.success(), "{mend:?}");
    }
    assert!(run(dir.path(), &["check", "docs"], b"").status.success());
}

#[test]
fn commands_are_as_it_was_started() {
    let dir = repository();
    fs::remove_file(dir.path().join("src/generated.rs")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_felt-api-codegen"))
        .arg("check")
        .current_dir(dir.path())
        // As cargo does.
        .env("CARGO_PKG_NAME", "felt-api-codegen")
        .output()
        .unwrap();
    let said = text(&output.stdout);
    let mends = mends(said, "cargo run -p felt-api-codegen -- ");
    assert_eq!(mends.len(), 1, "{said}");
    assert_eq!(mends[0][0], "generate", "{said}");
}

/// One line for an overlay that is fine; of others what is to be done, after which it is still an overlay.
#[test]
fn overlays_are_told_by_what_is_to_be_done() {
    let overlay = |actions: &[&str]| {
        let actions: String = actions
            .iter()
            .map(|action| format!("- {action}\n"))
            .collect();
        format!("overlay: 1.0.0\ninfo: {{title: O, version: '1'}}\nactions:\n{actions}")
    };
    let fine = |number| format!("{{target: $.info, update: {{x-{number}: 1}}}}");
    let fine: Vec<String> = (0..60).map(fine).collect();
    let fine: Vec<&str> = fine.iter().map(String::as_str).collect();
    let (gone, done) = (
        "{target: $.a, remove: true}",
        "{target: $.info, update: {title: T}}",
    );
    let dir = folder(&[
        ("openapi/a.json", SPEC),
        ("openapi/a.overlay.yaml", &overlay(&fine)),
        (
            "openapi/b.overlay.yaml",
            &overlay(&[fine[0].replace("x-0", "x-b").as_str(), gone, done]),
        ),
        ("openapi/c.overlay.yaml", &overlay(&[gone])),
        ("openapi/d.overlay.yaml", &overlay(&[done])),
        ("openapi/e.overlay.yaml", &overlay(&[gone, done])),
    ]);
    let output = run(dir.path(), &["check"], b"");
    let said = text(&output.stdout);
    let overlays: String = said
        .split_inclusive('\n')
        .take_while(|line| !line.starts_with("src/"))
        .collect();
    insta::assert_snapshot!(overlays);
}

/// A vendor who does something in a way that the generator does not take does it everywhere.
#[test]
fn what_is_refused_of_a_large_spec_is_told_in_one_screen() {
    let path = |number| {
        let wrong = "{name: a, in: query, style: deepObject, schema: {type: string}}";
        format!(
            "  /p{number}/{{id}}:\n    get: {{operationId: o{number}, parameters: [{wrong}], responses: {{'200': {{description: ''}}}}}}\n"
        )
    };
    let paths: String = (0..100).map(path).collect();
    let spec = format!("openapi: 3.0.0\ninfo: {{title: T}}\npaths:\n{paths}");
    let dir = folder(&[
        ("openapi/a.yaml", SPEC),
        ("openapi.md", &format!("```yaml\n{spec}```\n")),
        ("large/a.yaml", &spec),
    ]);
    let mut said = String::new();
    for arguments in [
        &["check", "--spec", "large"][..],
        &["check", "openapi.md"],
        &["generate", "--spec", "large"],
    ] {
        let output = run(dir.path(), arguments, b"");
        assert_eq!(output.status.code(), Some(1));
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        said += &format!("$ {}\n{out}{err}\n", arguments.join(" "));
    }
    insta::assert_snapshot!(said);
    let all = run(dir.path(), &["preflight", "--spec", "large"], b"");
    assert_eq!(text(&all.stdout).lines().count(), 201);
}
