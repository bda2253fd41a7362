//! What a file is taken for, by all commands alike.

use crate::command::{NOTHING, SPEC, folder, run, text};

#[test]
fn what_a_file_is_says_its_name_in_any_case_or_else_what_it_holds() {
    let operation =
        r#"{"/a": {"get": {"operationId": "a", "responses": {"204": {"description": ""}}}}}"#;
    let spec = &SPEC.replace("{}", operation);
    let page = format!("```json\n{spec}\n```\n");
    let yaml = spec
        .replace("\"openapi\"", "openapi")
        .replace("{openapi", "{ openapi");
    let dir = folder(&[
        ("spec.json", spec),
        ("A.JSON", spec),
        ("A.YAML", &yaml),
        ("A.Yml", &yaml),
        ("A.MD", &page),
        ("A.Markdown", &page),
        ("spec", spec),
        ("page", &page),
        ("spec.txt", &format!("\u{feff}\n{spec}")),
        ("capitals/A.JSON", spec),
        (
            "capitals/B.Overlay.Yaml",
            "overlay: 1.0.0\ninfo: {title: O, version: '1'}\nactions: [{target: $.info, update: {description: Maps}}]\n",
        ),
        ("src/effective.json", ""),
    ]);
    let sources = [
        "A.JSON",
        "A.YAML",
        "A.Yml",
        "A.MD",
        "A.Markdown",
        "spec",
        "page",
        "spec.txt",
    ];
    let expected = run(dir.path(), &["import", "spec.json"], b"").stdout;
    for source in sources {
        let imported = run(dir.path(), &["import", source], b"");
        assert_eq!(text(&imported.stderr), "", "{source}");
        assert!(imported.stdout == expected, "{source}");
    }
    assert!(run(dir.path(), &["import", "-"], spec.as_bytes()).stdout == expected);
    for source in sources.into_iter().chain(["capitals"]) {
        let compared = run(dir.path(), &["diff", source, "spec.json"], b"");
        assert_eq!(text(&compared.stdout), NOTHING, "{source}");
        let checked = run(dir.path(), &["check", source, "--spec", "capitals"], b"");
        let said = text(&checked.stdout);
        assert!(
            ["capitals/A.JSON: up to date\n", "capitals: up to date\n"]
                .iter()
                .any(|it| said.starts_with(it)),
            "{source}: {said}"
        );
        assert!(
            said.contains("\ncapitals/B.Overlay.Yaml (1 action): up to date\n"),
            "{said}"
        );
    }
}

#[test]
fn all_commands_say_the_same_of_what_is_no_spec() {
    let dir = folder(&[
        ("openapi/a.json", SPEC),
        ("empty.json", ""),
        ("empty.yaml", ""),
        ("empty.md", ""),
        ("open.json", "{\n"),
        ("text", "Words\n"),
    ]);
    for (source, said) in [
        (
            "empty.json",
            "line 1, column 1: broken JSON: EOF while parsing a value",
        ),
        ("empty.yaml", "not an OpenAPI document: "),
        ("empty.md", "there is no OpenAPI in this page: "),
        (
            "open.json",
            "line 2, column 1: broken JSON: EOF while parsing an object",
        ),
        ("text", "there is no OpenAPI in this page: "),
        ("/dev/null", "there is no OpenAPI in this page: "),
    ] {
        let line = |arguments: &[&str]| {
            let output = run(dir.path(), arguments, b"");
            assert_eq!(output.status.code(), Some(1));
            let told = text(&output.stdout).to_string() + text(&output.stderr);
            told.lines()
                .next()
                .unwrap()
                .trim_start_matches("error: ")
                .to_string()
        };
        let imported = line(&["import", source]);
        assert!(
            imported.starts_with(&format!("{source}: {said}")),
            "{imported}"
        );
        assert_eq!(line(&["diff", source, "openapi"]), imported);
        assert_eq!(line(&["check", source]), imported);
    }
}
