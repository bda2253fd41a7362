//! `git:REV`, in repositories of every kind.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::command::{NOTHING, SPEC, folder, git, run, text};

/// A repository with one commit, made of these files and symlinks.
fn repository(files: &[(&str, &str)], links: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = folder(files);
    git(dir.path(), &["init", "--quiet"]);
    for (name, target) in links {
        let link = dir.path().join(name);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(target, link).unwrap();
    }
    git(dir.path(), &["add", "."]);
    git(dir.path(), &["commit", "--quiet", "-m", "one"]);
    dir
}

/// What `diff` says of two sources, or that they are the same.
fn said(dir: &Path, old: &str, new: &str) -> String {
    let output = run(dir, &["diff", old, new], b"");
    let said = match text(&output.stdout) {
        NOTHING => "the same\n",
        _ => text(&output.stderr),
    };
    format!("$ diff {old} {new}\n{said}")
}

#[test]
fn symlinks_are_followed_as_they_are_on_disk() {
    let dir = repository(
        &[
            ("specs/a.json", SPEC),
            ("deep/er/README.md", ""),
            ("dir.json/README.md", ""),
        ],
        &[
            ("openapi", "specs"),
            ("a.json", "openapi/a.json"),
            ("linked/a.json", "../specs/a.json"),
            ("linked/dir.json", "../dir.json"),
            ("deep/er/b.json", "../../linked/a.json"),
            ("out", "/etc"),
            ("broken.json", "nowhere.json"),
            ("dangling/a.json", "nowhere.json"),
            ("circle", "circle"),
        ],
    );
    for source in [
        "openapi",
        "openapi/a.json",
        "a.json",
        "linked",
        "linked/a.json",
        "deep/er",
        "deep/er/b.json",
    ] {
        assert!(said(dir.path(), source, "specs").ends_with("the same\n"));
        let at_revision = said(dir.path(), &format!("git:HEAD:{source}"), "specs");
        assert!(at_revision.ends_with("the same\n"), "{at_revision}");
    }
    assert!(said(dir.path(), "git:HEAD", "specs").ends_with("the same\n"));
    let told = [
        "out",
        "out/a.json",
        "broken.json",
        "dangling",
        "circle",
        "a.json/b",
    ]
    .map(|source| said(dir.path(), &format!("git:HEAD:{source}"), "specs"));
    insta::assert_snapshot!("what_diff_says_of_symlinks", told.join("\n"));
}

#[test]
fn a_tree_a_bare_repository_and_submodules() {
    let dir = repository(
        &[("top/openapi/a.json", SPEC), ("top/lib/a.json", SPEC)],
        &[],
    );
    let top = dir.path().join("top");
    let git_says = |arguments: &[&str]| git(dir.path(), arguments).trim().to_string();
    let tree = git_says(&["rev-parse", "HEAD:top"]);
    let blob = git_says(&["rev-parse", "HEAD:top/lib/a.json"]);
    // A tree is a revision by itself: its top is that of the repository.
    for source in [format!("git:{tree}"), format!("git:{tree}:openapi/a.json")] {
        let said = said(dir.path(), &source, "top/openapi");
        assert!(said.ends_with("the same\n"), "{said}");
    }
    // The commit of another repository, in two places.
    let commit = git_says(&["rev-parse", "HEAD"]);
    for place in ["top/sub", "top/openapi/sub.json"] {
        let entry = format!("160000,{commit},{place}");
        git(
            dir.path(),
            &["update-index", "--add", "--cacheinfo", &entry],
        );
    }
    git(dir.path(), &["commit", "--quiet", "-m", "two"]);
    let bare = dir.path().join("bare");
    git(dir.path(), &["clone", "--quiet", "--bare", ".", "bare"]);
    for (at, prefix) in [(top.as_path(), ""), (&bare, "top/"), (&bare, "./top/")] {
        for source in ["openapi", "openapi/", "openapi/a.json"] {
            let source = format!("git:HEAD:{prefix}{source}");
            let other = dir.path().join("top/lib").display().to_string();
            let said = said(at, &source, &other);
            assert!(said.ends_with("the same\n"), "{said}");
        }
    }
    let mut told = String::new();
    for (at, source) in [
        (top.as_path(), "git:HEAD:sub"),
        (&top, "git:HEAD:sub/openapi"),
        (&top, "git:HEAD:none"),
        (&top, "git:HEAD:../.."),
        (&bare, "git:HEAD"),
        (&bare, "git:HEAD:."),
        (&bare, "git:HEAD:../top"),
        (&bare, "git:HEAD:top/sub/a.json"),
        (&top, &format!("git:{blob}")),
        (&top, &format!("git:{tree}:none")),
    ] {
        let other = dir.path().join("top/lib").display().to_string();
        told += &said(at, source, &other);
    }
    let told = told
        .replace(&dir.path().display().to_string(), "[folder]")
        .replace(&tree, "[tree]")
        .replace(&blob, "[blob]");
    insta::assert_snapshot!("what_diff_says_of_trees_and_submodules", told);
}
