//! Pages that share a schema, of which each has a copy.

use std::fs;

use crate::command::{NOTHING, folder, git, run, text};

/// A page with an operation, and the schema as it is there.
fn page(name: &str, values: &str) -> String {
    let spec = format!(
        r##"{{"openapi": "3.0.0", "info": {{"title": "{name}", "version": "1"}}, "paths": {{"/{name}": {{"get": {{"operationId": "{name}",
"responses": {{"200": {{"description": "", "content": {{"application/json": {{"schema": {{"$ref": "#/components/schemas/Group"}}}}}}}}}}}}}}}},
"components": {{"schemas": {{"Group": {{"title": "Group", "type": "string", "enum": [{values}], "description": "As {name} have it"}}}}}}}}"##
    );
    format!("# {name}\n\n```json\n{spec}\n```\n\n```json\n{{\"data\": [ ... ]}}\n```\n")
}

/// A folder whose spec comes from two pages, with what is generated.
fn repository() -> tempfile::TempDir {
    let dir = folder(&[
        ("docs/layers.md", &page("layers", "\"a\"")),
        ("docs/maps.md", &page("maps", "\"a\"")),
        (
            "openapi/README.md",
            "# Example\n\n```yaml\nopenapi: 3.0.0\n```\n",
        ),
        ("src/effective.json", ""),
    ]);
    for name in ["layers", "maps"] {
        import(&dir, &format!("docs/{name}.md"), name);
    }
    generate(&dir);
    dir
}

fn import(dir: &tempfile::TempDir, page: &str, name: &str) {
    let out = format!("openapi/{name}.json");
    assert!(
        run(dir.path(), &["import", page, "--out", &out], b"")
            .status
            .success()
    );
}

fn generate(dir: &tempfile::TempDir) {
    let arguments = [
        "generate",
        "--effective",
        "src/effective.json",
        "--out",
        "src/generated.rs",
    ];
    let output = run(dir.path(), &arguments, b"");
    assert!(output.status.success(), "{}", text(&output.stderr));
}

/// What a command says, under what it was called for.
fn said(dir: &tempfile::TempDir, when: &str, arguments: &[&str]) -> String {
    let output = run(dir.path(), arguments, b"");
    let code = output.status.code().unwrap();
    let command = arguments.join(" ");
    format!(
        "# {when}\n$ {command}\n{}{}[{code}]\n\n",
        text(&output.stdout),
        text(&output.stderr)
    )
}

const OVERLAY: &str = "overlay: 1.0.0\ninfo: {title: O, version: '1'}\nextends: maps.json\nactions:\n\
    - {target: $.components.schemas.Group.enum, update: b}\n";

#[test]
fn a_shared_schema_that_changed_on_one_page_is_told_with_what_mends_it() {
    let dir = repository();
    let check = |when: &str, source: &str| said(&dir, when, &["check", source]);
    let mut told = check("as it was", "docs");
    fs::write(dir.path().join("layers.md"), page("layers", "\"a\", \"b\"")).unwrap();
    told += &check("one page is new", "layers.md");
    import(&dir, "layers.md", "layers");
    told += &check("it is imported nevertheless", "layers.md");
    told += &said(&dir, "without the page", &["check"]);
    told += &said(&dir, "the build", &["preflight"]);
    fs::copy(
        dir.path().join("layers.md"),
        dir.path().join("docs/layers.md"),
    )
    .unwrap();
    told += &check("the vendor has changed one page only", "docs");
    fs::write(dir.path().join("openapi/maps.overlay.yaml"), OVERLAY).unwrap();
    told += &check("an overlay says what the other one will be", "docs");
    generate(&dir);
    told += &check("then", "docs");
    told += &check("of one page", "docs/maps.md");
    fs::write(
        dir.path().join("docs/maps.md"),
        page("maps", "\"a\", \"b\""),
    )
    .unwrap();
    told += &check("the vendor has changed the other one, too", "docs");
    import(&dir, "docs/maps.md", "maps");
    fs::remove_file(dir.path().join("openapi/maps.overlay.yaml")).unwrap();
    told += &check("it is imported, and the overlay removed", "docs");
    fs::write(
        dir.path().join("openapi/maps.overlay.yaml"),
        OVERLAY.replace("maps", "map"),
    )
    .unwrap();
    told += &check("an overlay for a file that is not there", "docs");
    insta::assert_snapshot!(told);
}

#[test]
fn a_folder_of_pages_is_compared_as_the_spec_that_they_make() {
    let dir = repository();
    git(dir.path(), &["init", "--quiet"]);
    git(dir.path(), &["add", "."]);
    git(dir.path(), &["commit", "--quiet", "-m", "one"]);
    let diff = |old: &str, new: &str| {
        let output = run(dir.path(), &["diff", old, new], b"");
        assert_eq!(text(&output.stderr), "", "{old} {new}");
        text(&output.stdout).to_string()
    };
    for (old, new) in [
        ("openapi", "docs"),
        ("git:main", "git:main:docs"),
        ("git:main:docs", "docs"),
        ("docs", "openapi"),
    ] {
        assert_eq!(diff(old, new), NOTHING, "{old} {new}");
    }
    // The overlay of a file is for its page.
    let path = |name: &str| dir.path().join(name);
    fs::write(path("openapi/maps.overlay.yaml"), OVERLAY).unwrap();
    fs::write(path("docs/layers.md"), page("layers", "\"a\", \"b\"")).unwrap();
    import(&dir, "docs/layers.md", "layers");
    assert_eq!(diff("openapi", "docs"), NOTHING);
    assert_eq!(diff("openapi/maps.json", "docs/maps.md"), NOTHING);
    // Also under another name, and not for others.
    fs::copy(path("docs/maps.md"), path("Maps (1).md")).unwrap();
    assert_eq!(diff("openapi/maps.json", "Maps (1).md"), NOTHING);
    assert_eq!(diff("openapi/layers.json", "docs/layers.md"), NOTHING);
    git(dir.path(), &["add", "."]);
    git(dir.path(), &["commit", "--quiet", "-m", "two"]);
    assert_eq!(diff("git:main", "git:main:docs"), NOTHING);
    assert_eq!(diff("git:main:openapi/maps.json", "docs/maps.md"), NOTHING);
    assert!(diff("git:main~", "git:main").contains("enum-value-added"));
    // What cannot be read of it is not passed over.
    fs::write(path("docs/maps.md"), "```json\n{\"openapi\": ...\n```\n").unwrap();
    let output = run(dir.path(), &["diff", "openapi", "docs"], b"");
    assert!(text(&output.stderr).contains("docs/maps.md: block 1 (line 1): broken JSON"));
}
