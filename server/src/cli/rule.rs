//! `penstock rule`: work with rule texts, without a server where none is named.

use super::Verdict;
use super::terminal::{safe, safe_lines, thousands};
use crate::fx::FxRequest;
use anyhow::Context;
use penstock_dsl::check::{CheckOptions, check};
use penstock_dsl::cost::{Level, cost};
use penstock_dsl::diagnostic::render;
use penstock_dsl::echo::{Language, echo};
use penstock_dsl::format::format;
use std::io::{IsTerminal, Read, Write};
use std::path::PathBuf;

/// More than any rule text may have; what is over is the checker's to refuse.
const BYTES_READ_MAX: u64 = 1024 * 1024;

#[derive(clap::Subcommand)]
pub enum Command {
    /// Check a rule text: every error at once, each with its place; of a right text its hash and what it about costs.
    Check {
        /// The file, or `-` for standard input.
        file: PathBuf,
        #[command(flatten)]
        rates: RatesFile,
    },
    /// Print a rule text in its one layout.
    Fmt {
        /// The file, or `-` for standard input.
        file: PathBuf,
        /// Write the file instead of printing it.
        #[arg(long, conflicts_with = "check")]
        write: bool,
        /// Print nothing; exit with 1 if the layout is another.
        #[arg(long)]
        check: bool,
    },
    /// Say in plain words what a rule text selects.
    Echo {
        /// The file, or `-` for standard input.
        file: PathBuf,
        /// The language.
        #[arg(long, value_enum, default_value = "en")]
        language: EchoLanguage,
        #[command(flatten)]
        rates: RatesFile,
    },
    /// Find what a right rule text says that you hardly want: contradictions, rules in vain, values that no item has.
    Lint(super::lint::Args),
}

/// Exchange rates of one's own, for a text with `~fx`.
#[derive(clap::Args)]
pub struct RatesFile {
    /// A JSON file with the exchange rates that `~fx` converts at, as `POST /api/v1/fx` takes it.
    #[arg(long, value_name = "FILE")]
    rates: Option<PathBuf>,
}

impl RatesFile {
    /// What a check with these rates depends on.
    pub fn options(&self) -> anyhow::Result<CheckOptions> {
        let Some(file) = &self.rates else { return Ok(CheckOptions::default()) };
        let (name, text) = read(file)?;
        let request: FxRequest = serde_json::from_str(&text).with_context(|| name.clone())?;
        let table = request.table().with_context(|| name)?;
        Ok(CheckOptions { rates: Some(table.into()), ..CheckOptions::default() })
    }
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub enum EchoLanguage {
    /// English.
    En,
    /// Traditional Chinese.
    #[value(name = "zh-Hant", alias = "zh-hant")]
    ZhHant,
}

pub fn run(command: Command) -> anyhow::Result<Verdict> {
    match command {
        Command::Check { file, rates } => check_file(&file, &rates.options()?),
        Command::Fmt { file, write, check } => format_file(&file, write, check),
        Command::Echo { file, language, rates } => echo_file(&file, language, &rates.options()?),
        Command::Lint(args) => super::lint::run(&args),
    }
}

fn check_file(file: &PathBuf, options: &CheckOptions) -> anyhow::Result<Verdict> {
    let (name, text) = read(file)?;
    let checked = check(&text, options);
    eprint!("{}", render(&text, &name, &checked.diagnostics));
    let Some(expr) = checked.expr else { return Ok(Verdict::No) };
    let mut out = std::io::stdout();
    writeln!(out, "ok {:032x}", expr.hash())?;
    let cost = cost(&expr);
    let level = match cost.level {
        Level::Low => "low",
        Level::Middle => "middle",
        Level::High => "high",
    };
    writeln!(out, "cost {} look-ups ({level})", thousands(cost.total))?;
    Ok(Verdict::Done)
}

fn format_file(file: &PathBuf, write: bool, check: bool) -> anyhow::Result<Verdict> {
    let (name, text) = read(file)?;
    let formatted = match format(&text) {
        Ok(formatted) => formatted,
        Err(errors) => {
            eprint!("{}", render(&text, &name, &errors));
            return Ok(Verdict::No);
        }
    };
    match (check, write && file.as_os_str() != "-") {
        (true, _) if formatted != text => {
            eprintln!("{name}: the layout is another; penstock rule fmt --write mends it");
            return Ok(Verdict::No);
        }
        (true, _) => {}
        (false, true) if formatted == text => {}
        (false, true) => std::fs::write(file, formatted).with_context(|| name)?,
        (false, false) => print(&formatted)?,
    }
    Ok(Verdict::Done)
}

/// Prints a text as it is; a terminal gets its control characters spelled out, for comments may hold any.
fn print(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    match out.is_terminal() {
        true => out.write_all(safe_lines(text).as_bytes()),
        false => out.write_all(text.as_bytes()),
    }
}

fn echo_file(file: &PathBuf, language: EchoLanguage, options: &CheckOptions) -> anyhow::Result<Verdict> {
    let (name, text) = read(file)?;
    let language = match language {
        EchoLanguage::En => Language::English,
        EchoLanguage::ZhHant => Language::Chinese,
    };
    match echo(&text, options, language) {
        Ok(said) => write!(std::io::stdout(), "{said}")?,
        Err(errors) => {
            eprint!("{}", render(&text, &name, &errors));
            return Ok(Verdict::No);
        }
    }
    Ok(Verdict::Done)
}

/// A file's name as messages show it, and its text.
pub fn read(file: &PathBuf) -> anyhow::Result<(String, String)> {
    let name = match file.as_os_str() == "-" {
        true => "stdin".to_string(),
        false => safe(&file.display().to_string()).into_owned(),
    };
    let reader: Box<dyn Read> = match file.as_os_str() == "-" {
        true => Box::new(std::io::stdin()),
        false => Box::new(std::fs::File::open(file).with_context(|| name.clone())?),
    };
    let mut bytes = Vec::new();
    reader.take(BYTES_READ_MAX).read_to_end(&mut bytes).with_context(|| name.clone())?;
    let text = String::from_utf8(bytes).with_context(|| format!("{name} is not UTF-8"))?;
    Ok((name, text))
}
