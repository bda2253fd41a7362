//! Exports: how a layer is named, what is exported of it, and where the file goes.

use std::fs;

use crate::{felt, names, rows, run};

/// Runs `felt export ARGS --sandbox`, which has to succeed; gives what it printed.
fn export(folder: &std::path::Path, args: &[&str]) -> String {
    let mut command = felt(folder, &["export", "--sandbox"]);
    let ended = run(command.args(args));
    assert_eq!(
        (ended.code, ended.stderr.as_str()),
        (Some(0), ""),
        "{args:?}"
    );
    ended.stdout
}

#[test]
fn a_layer_is_named_in_many_ways() {
    let folder = tempfile::tempdir().unwrap();
    for layer in [
        &["demo", "cities"][..],
        &["demo/cities"],
        &["https://felt.com/map/Some-Title-demo?loc=1,2,3z", "cities"],
        &["https://felt.com/map/demo/cities"],
    ] {
        let args = [layer, &["-f", "csv", "--overwrite"]].concat();
        assert_eq!(export(folder.path(), &args), "cities.csv\n", "{layer:?}");
    }
    assert_eq!(rows(&folder.path().join("cities.csv")), 243);
}

#[test]
fn conditions_in_both_languages_and_from_files_all_have_to_pass() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("africa"), "continent = \"Africa\"\n").unwrap();
    fs::write(
        folder.path().join("big.json"),
        "[\"pop_est\", \"gt\", 1000000]",
    )
    .unwrap();
    let count = |args: &[&str]| {
        export(
            folder.path(),
            &[&["demo", "countries", "-o", "c.csv", "--overwrite"], args].concat(),
        );
        rows(&folder.path().join("c.csv"))
    };
    assert_eq!(count(&[]), 177);
    let africa = count(&["--where", "continent = \"Africa\""]);
    assert_eq!(africa, 51);
    assert_eq!(count(&["--where", "@africa"]), africa);
    let both = count(&["--where", "@africa", "--filter", "@big.json"]);
    assert!(both < africa && both > 0, "{both}");
    assert_eq!(
        count(&["--where", "continent = 'Africa' and pop_est > 1e6"]),
        both
    );
    assert_eq!(
        count(&["--where", "@africa", "--where", "pop_est > 1000000"]),
        both
    );
}

#[test]
fn the_file_goes_to_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("maps")).unwrap();
    for (args, path) in [
        (&["-D", "maps", "-f", "csv"][..], "maps/cities.csv"),
        (&["-D", "maps", "-o", "x.geojson"], "maps/x.geojson"),
        (
            &["-D", "maps", "-f", "csv", "--keep-zip"],
            "maps/cities.zip",
        ),
        (
            &["-o", "maps/y.bin", "-f", "csv", "--keep-zip"],
            "maps/y.bin",
        ),
    ] {
        let args = [&["demo", "cities"], args].concat();
        assert_eq!(export(folder.path(), &args), format!("{path}\n"));
    }
    let maps = folder.path().join("maps");
    assert_eq!(
        names(&maps),
        ["cities.csv", "cities.zip", "x.geojson", "y.bin"]
    );
    for archive in ["cities.zip", "y.bin"] {
        assert!(
            fs::read(maps.join(archive))
                .unwrap()
                .starts_with(b"PK\x03\x04")
        );
    }
}

#[test]
fn what_is_there_is_skipped_and_nothing_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    for (command, file) in [("export", "cities.csv"), ("download", "cities.gpkg")] {
        fs::write(folder.path().join(file), "mine").unwrap();
        // There is no token, and none is needed.
        let args = [command, "demo", "cities", "-o", file, "--skip-existing"];
        let ended = run(&mut felt(folder.path(), &args));
        assert_eq!(
            (ended.code, ended.stdout),
            (Some(0), format!("{file}\n")),
            "{}",
            ended.stderr
        );
        assert_eq!(fs::read(folder.path().join(file)).unwrap(), b"mine");
    }
    // By the name that follows from what Felt says.
    let args = ["download", "demo", "cities", "--skip-existing", "--sandbox"];
    let ended = run(&mut felt(folder.path(), &args));
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (Some(0), "cities.gpkg\n")
    );
    assert_eq!(
        fs::read(folder.path().join("cities.gpkg")).unwrap(),
        b"mine"
    );
}
