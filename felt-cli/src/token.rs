//! A token in a file.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::failure::Failure;
use crate::quote;

/// More than any token has.
const LONGEST: u64 = 4096;

/// The token in a file, or on stdin (`-`). A file that others may read is refused: it would not be secret.
pub async fn read(path: &Path) -> Result<String, Failure> {
    // Whoever types it may take his time, or give up.
    let path = path.to_path_buf();
    aside(move || read_now(&path)).await?
}

/// Off the threads that have to hear of signals.
pub async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Failure::Local(error.to_string()))
}

fn read_now(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        io::stdin().lock().take(LONGEST).read_to_string(&mut text)
    } else {
        let failed = |error| unreadable(path, &error);
        let file = File::open(path).map_err(failed)?;
        check_private(&file, path)?;
        file.take(LONGEST).read_to_string(&mut text)
    };
    read.map_err(|error| unreadable(path, &error))?;
    match text.trim() {
        "" => Err(Failure::Usage(format!(
            "there is no token in {}",
            shown(path)
        ))),
        token => Ok(token.to_string()),
    }
}

#[cfg(unix)]
fn check_private(file: &File, path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::MetadataExt;
    let found = file.metadata().map_err(|error| unreadable(path, &error))?;
    // A pipe, as shells make it, has no other readers.
    if found.is_file() && found.mode() & 0o077 != 0 {
        return Err(Failure::Usage(format!(
            "others can read {}, so the token in it is no secret: chmod 600 {}",
            path.display(),
            quote::line([path.as_os_str()])
        )));
    }
    Ok(())
}

/// Who may read a file is a matter of its access list there, which is inherited from the user's folder.
#[cfg(not(unix))]
fn check_private(_: &File, _: &Path) -> Result<(), Failure> {
    Ok(())
}

fn unreadable(path: &Path, error: &io::Error) -> Failure {
    Failure::Usage(format!("cannot read the token in {}: {error}", shown(path)))
}

fn shown(path: &Path) -> String {
    match path == Path::new("-") {
        true => "stdin".to_string(),
        false => path.display().to_string(),
    }
}
