//! Serves a file of any size, for measuring downloads: `storage SIZE [RATE]`, in bytes and bytes per second for each
//! connection. Prints the URL, and runs until its standard input ends.

use std::error::Error;
use std::io::{Read, Write};

use felt_sandbox::faulty::{Content, Options, Storage};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let size = args.next().ok_or("usage: storage SIZE [RATE]")?.parse()?;
    let options = Options {
        rate: args.next().map(|rate| rate.parse()).transpose()?,
        ..Options::default()
    };
    let storage = Storage::with_script(Content::pattern(1, size), options, |_| None)?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", storage.url())?;
    out.flush()?;
    let mut input = std::io::stdin().lock();
    while input.read(&mut [0; 1024])? > 0 {}
    Ok(())
}
