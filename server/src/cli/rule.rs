//! `penstock rule`: rule texts without a server.

use super::Verdict;
use anyhow::Context;
use penstock_dsl::check::{CheckOptions, check};
use penstock_dsl::diagnostic::render;
use std::io::{Read, Write};
use std::path::PathBuf;

/// More than any rule text may have; what is over is the checker's to refuse.
const BYTES_READ_MAX: u64 = 1024 * 1024;

#[derive(clap::Subcommand)]
pub enum Command {
    /// Check a rule text: every error at once, each with its place.
    Check {
        /// The file, or `-` for standard input.
        file: PathBuf,
    },
}

pub fn run(command: Command) -> anyhow::Result<Verdict> {
    let Command::Check { file } = command;
    let (name, text) = read(&file)?;
    let checked = check(&text, &CheckOptions::default());
    eprint!("{}", render(&text, &name, &checked.diagnostics));
    let Some(expr) = checked.expr else { return Ok(Verdict::No) };
    writeln!(std::io::stdout(), "ok {:032x}", expr.hash())?;
    Ok(Verdict::Done)
}

fn read(file: &PathBuf) -> anyhow::Result<(String, String)> {
    let name = if file.as_os_str() == "-" { "stdin".to_string() } else { file.display().to_string() };
    let reader: Box<dyn Read> = match file.as_os_str() == "-" {
        true => Box::new(std::io::stdin()),
        false => Box::new(std::fs::File::open(file).with_context(|| name.clone())?),
    };
    let mut bytes = Vec::new();
    reader.take(BYTES_READ_MAX).read_to_end(&mut bytes).with_context(|| name.clone())?;
    let text = String::from_utf8(bytes).with_context(|| format!("{name} is not UTF-8"))?;
    Ok((name, text))
}
