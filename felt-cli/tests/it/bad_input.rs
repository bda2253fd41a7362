//! Arguments and settings that cannot work: what is said, which exit code, and nothing changed.

use std::fs;

use crate::{felt, holds, run};

#[test]
fn each_is_named_and_nothing_is_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("there.gpkg"), "mine").unwrap();
    let before = holds(folder.path());

    let sandbox: Vec<(&str, i32)> = vec![
        ("export|a/b|countries|-f|gpkg", 2),
        ("export|..|countries|-f|gpkg", 2),
        ("export|a b|countries|-f|gpkg", 2),
        ("export||countries|-f|gpkg", 2),
        ("export|demo|a/b|-f|gpkg", 2),
        ("download|demo|..", 2),
        ("link||countries", 2),
        ("export|demo|countries|-f|shp", 2),
        ("export|demo|countries", 2),
        ("export|demo|countries|-o|out.bin", 2),
        ("export|demo|countries|-f|csv|-o|out.gpkg", 2),
        ("export|demo|countries|-f|csv|--filter|pop > 3", 2),
        (r#"export|demo|countries|-f|csv|--filter|["a","??",1]"#, 2),
        (r#"export|demo|countries|-f|csv|--filter|["a","in",1]"#, 2),
        ("download|demo|countries|-o|out.csv", 2),
        ("export|demo|countries|-o|none/out.gpkg", 1),
        ("export|demo|countries|-f|gpkg|-o|none/", 1),
        ("export|demo|countries|-o|there.gpkg/out.gpkg", 1),
        ("export|demo|countries|-o|there.gpkg", 1),
        ("download|demo|countries|-o|there.gpkg", 1),
        ("export|nope|countries|-f|gpkg", 1),
        ("export|demo|nope|-f|gpkg", 1),
        ("download|demo|nope", 1),
        ("link|nope|countries", 1),
        ("export|demo|relief|-f|csv", 1),
        ("export|demo|countries|-f|geotiff", 1),
    ];
    let mut said = Vec::new();
    for (args, code) in sandbox {
        let args: Vec<&str> = args.split('|').chain(["--sandbox"]).collect();
        let ended = run(&mut felt(folder.path(), &args));
        said.push(format!(
            "$ felt {}\n[{code}] {}",
            args.join(" "),
            ended.stderr
        ));
        assert_eq!(
            (ended.code, ended.stdout.as_str()),
            (Some(code), ""),
            "{said:?}"
        );
    }
    for (token, base_url, code) in [
        (None, None, 4),
        (Some(""), None, 4),
        (Some("felt_pat_secret\n"), None, 2),
        (Some("felt pat secret"), None, 2),
        (Some("felt_pat_secret"), Some("felt"), 2),
        (Some("felt_pat_secret"), Some("http://felt.com/api/v2/"), 2),
        (
            Some("felt_pat_secret"),
            Some("https://me:secret@felt.com/"),
            2,
        ),
    ] {
        for args in [
            "export demo cities -f csv",
            "download demo cities",
            "link demo cities",
            "status demo cities e",
        ] {
            let mut command = felt(folder.path(), &args.split(' ').collect::<Vec<_>>());
            command.envs(token.map(|token| ("FELT_API_TOKEN", token)));
            command.envs(base_url.map(|url| ("FELT_BASE_URL", url)));
            let ended = run(&mut command);
            if args.starts_with("link") {
                said.push(format!("[{code}] {}", ended.stderr));
            }
            assert_eq!(
                (ended.code, ended.stdout.as_str()),
                (Some(code), ""),
                "{}",
                ended.stderr
            );
            assert!(!ended.stderr.contains("secret"), "{}", ended.stderr);
        }
    }
    assert_eq!(holds(folder.path()), before);
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn bad_ids_are_told_before_a_missing_token() {
    let folder = tempfile::tempdir().unwrap();
    for args in [
        "status|demo|cities|a/b",
        "export|..|x|-f|csv",
        "download|demo|a b",
        "link|demo|",
    ] {
        let ended = run(&mut felt(
            folder.path(),
            &args.split('|').collect::<Vec<_>>(),
        ));
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains(" id "), "{}", ended.stderr);
    }
}
