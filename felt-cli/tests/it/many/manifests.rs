//! Manifests that cannot work.

use std::fs;

use crate::{felt, holds, run};

#[test]
fn what_is_for_many_needs_a_manifest() {
    let folder = tempfile::tempdir().unwrap();
    for more in [&["--jobs", "2"][..], &["--fail-fast"]] {
        let args = [
            &["export", "demo", "cities", "-f", "csv", "--sandbox"],
            more,
        ]
        .concat();
        let ended = run(&mut felt(folder.path(), &args));
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
        assert!(ended.stderr.contains("need --manifest"), "{}", ended.stderr);
    }
}

#[test]
fn a_manifest_that_cannot_work_is_refused_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut said = String::new();
    for (name, text) in [
        (
            "a.csv",
            "map,layer,format\ndemo,cities,shp\ndemo,a b,csv\ndemo,,csv\n",
        ),
        ("b.csv", "map,layer,formt\ndemo,cities,csv\n"),
        ("c.csv", "map,layer,format,where\ndemo,cities,csv,name >\n"),
        (
            "d.csv",
            "map,layer,format\ndemo,cities,csv\nother,cities,csv\n",
        ),
        (
            "e.csv",
            "map,layer,output\ndemo,cities,{layr}.csv\ndemo,cities,\"{layer\"\n",
        ),
        ("f.csv", "map,layer\n"),
        ("g.csv", "map,layer\ndemo,cities\n"),
        (
            "h.json",
            "[{\"map\": \"demo\", \"layer\": \"cities\", \"format\": \"csv\"}, 3, {\"layer\": \"x\"}]",
        ),
        ("i.json", "[{\"map\": "),
        ("j.csv", "map,layer,format\ndemo,cities\n"),
        ("k.json", "{\"map\": \"demo\"}"),
        ("l.csv", "demo,cities,csv\n"),
        (
            "m.csv",
            "map,layer,output\ndemo,cities,a.csv\ndemo,countries,./a.csv\ndemo,relief,none/../a.tif\n",
        ),
        (
            "n.csv",
            "map,layer,output\ndemo,cities,n.csv\ndemo,countries,n.csv.state\n",
        ),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
        let before = holds(folder.path());
        let ended = run(&mut felt(
            folder.path(),
            &["export", "--manifest", name, "--sandbox"],
        ));
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{name}");
        assert!(ended.stderr.lines().count() <= 3, "{}", ended.stderr);
        said.push_str(&ended.stderr);
        assert_eq!(holds(folder.path()), before);
    }
    // A program is told all of it.
    let args = ["export", "--manifest", "a.csv", "--json"];
    let ended = run(&mut felt(folder.path(), &args));
    said.push_str(&ended.stdout);
    // A folder is missing for both, and is told once.
    fs::write(
        folder.path().join("o.csv"),
        "map,layer,output\ndemo,cities,none/a.csv\ndemo,countries,none/b.csv\n",
    )
    .unwrap();
    let ended = run(&mut felt(
        folder.path(),
        &["export", "--manifest", "o.csv", "--sandbox"],
    ));
    assert_eq!(ended.code, Some(1));
    said.push_str(&ended.stderr);
    let args = ["export", "--manifest", "-", "--token-file", "-"];
    said.push_str(&run(&mut felt(folder.path(), &args)).stderr);
    insta::assert_snapshot!(said);
}
