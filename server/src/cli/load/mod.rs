//! `penstock load`: NDJSON files through the API.
//!
//! Lines with the same contentId always go through the same connection, in the file's order; so the answer does not depend on
//! how many connections there are, even where two lines have one version and different content (the first one stands). Everything
//! may be sent again safely: a file that was broken off goes on from its last noted line, and versions sort out the rest.

mod feed;
mod lines;
mod resume;
mod send;
mod summary;

use super::client::Client;
use super::{Verdict, terminal};
use anyhow::Context;
use feed::Feed;
use indicatif::{ProgressBar, ProgressStyle};
pub use lines::Lines;
use resume::Mark;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;
pub use summary::Summary;

/// How long a starting server is waited for.
const READY_TIME_MAX: Duration = Duration::from_secs(600);

#[derive(clap::Args)]
pub struct Args {
    /// NDJSON files, one content item a line; .zst and .gz are recognised by their content; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The server.
    #[arg(long, default_value = super::URL, env = "PENSTOCK_URL")]
    url: String,
    /// An API key; as TENANT=KEY for lines whose tntInstId is TENANT. May be given several times.
    #[arg(long = "key", required = true, value_name = "[TENANT=]KEY", env = "PENSTOCK_KEY", value_delimiter = ',')]
    keys: Vec<String>,
    /// Requests at once.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    connections: u16,
    /// Remove tntInstId from every line, so that content of any tenant is loaded as the key's.
    #[arg(long)]
    strip_tenant: bool,
    /// Begin at the first line, even if the file was broken off before.
    #[arg(long)]
    restart: bool,
    /// How long to go on trying when the server is busy or gone, seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    patience: u64,
    /// Exit with 0 even if lines were refused.
    #[arg(long)]
    allow_refused: bool,
    /// Show no progress.
    #[arg(long, short)]
    quiet: bool,
}

/// How to load.
pub struct Plan {
    /// The server.
    pub client: Client,
    /// Keys by tenant, and for all others.
    pub keys: Keys,
    /// Requests at once.
    pub connections: usize,
    /// Whether to remove `tntInstId`.
    pub strip_tenant: bool,
    /// How long to try again.
    pub patience: Duration,
}

/// The keys to load with.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// `(tenant, key)`; the tenant `None` is for lines that no other fits.
    pub all: Vec<(Option<String>, String)>,
}

impl Keys {
    fn parse(given: &[String]) -> anyhow::Result<Keys> {
        let mut keys = Keys::default();
        for text in given {
            let (tenant, key) = match text.split_once('=') {
                Some((tenant, key)) => (Some(tenant.to_string()), key),
                None => (None, text.as_str()),
            };
            anyhow::ensure!(keys.all.iter().all(|(other, _)| *other != tenant), "two keys for the same lines");
            keys.all.push((tenant, key.to_string()));
        }
        Ok(keys)
    }

    /// Which key a line of this tenant goes by.
    pub fn choose(&self, tenant: Option<&str>) -> Option<usize> {
        let exact = self.all.iter().position(|(name, _)| name.is_some() && name.as_deref() == tenant);
        exact.or_else(|| self.all.iter().position(|(name, _)| name.is_none()))
    }
}

pub fn run(args: Args) -> anyhow::Result<Verdict> {
    let plan = Plan {
        client: Client::new(&args.url, usize::from(args.connections)),
        keys: Keys::parse(&args.keys)?,
        connections: usize::from(args.connections),
        strip_tenant: args.strip_tenant,
        patience: Duration::from_secs(args.patience),
    };
    plan.client.wait_ready(READY_TIME_MAX)?;
    let mut summary = Summary::default();
    for file in &args.files {
        let result = load_file(&plan, file, &args, &mut summary);
        if let Err(error) = result {
            // What was done before it broke off is worth knowing.
            if summary.lines() > 0 {
                print(&summary)?;
            }
            return Err(error.context(file.display().to_string()));
        }
    }
    print(&summary)?;
    match summary.refused() == 0 || args.allow_refused {
        true => Ok(Verdict::Done),
        false => Ok(Verdict::No),
    }
}

fn print(summary: &Summary) -> anyhow::Result<()> {
    Ok(std::io::stdout().write_all(summary.to_string().as_bytes())?)
}

fn load_file(plan: &Plan, file: &Path, args: &Args, summary: &mut Summary) -> anyhow::Result<()> {
    let name = file.display().to_string();
    if file.as_os_str() == "-" {
        let lines = Lines::open(Box::new(std::io::stdin()), ProgressBar::hidden())?;
        return load(plan, "stdin", lines, None, &ProgressBar::hidden(), summary).context("broken off");
    }
    let source = std::fs::File::open(file)?;
    let mut mark = Mark::of(file, plan)?;
    if args.restart {
        mark.forget();
    }
    if mark.lines() > 0 {
        let lines = terminal::thousands(mark.lines());
        let refused = terminal::thousands(mark.refused());
        let name = terminal::safe(&name);
        eprintln!(
            "{name}: going on after line {lines}, {refused} refused so far; --restart begins anew, as a server that was emptied \
             needs"
        );
    }
    let bar = if args.quiet { ProgressBar::hidden() } else { bar(&name, source.metadata()?.len()) };
    let lines = Lines::open(Box::new(source), bar.clone())?;
    let result = load(plan, &name, lines, Some(&mut mark), &bar, summary).context("broken off");
    bar.finish_and_clear();
    result
}

/// Loads what a reader gives; also what the demo does with its embedded files.
pub fn load(
    plan: &Plan,
    name: &str,
    lines: Lines,
    mark: Option<&mut Mark>,
    bar: &ProgressBar,
    summary: &mut Summary,
) -> anyhow::Result<()> {
    Feed::new(plan, name, bar, summary).run(lines, mark)
}

/// A progress bar by bytes of the file as stored; shown on a terminal only.
pub fn bar(name: &str, bytes: u64) -> ProgressBar {
    let template = "{msg} [{bar:30}] {percent:>3}% {bytes}/{total_bytes} {eta}";
    // The template is a constant; the default is as good if it were wrong.
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let short = name.rsplit('/').next().unwrap_or(name);
    ProgressBar::new(bytes).with_style(style.progress_chars("=> ")).with_message(terminal::cut(short, 30))
}

#[cfg(test)]
mod tests {
    use super::Keys;

    #[test]
    fn lines_go_by_their_tenants_key_else_by_the_one_for_all() {
        let keys = Keys::parse(&["A=pk_a".into(), "pk_all".into()]).unwrap();
        assert_eq!(keys.choose(Some("A")), Some(0));
        assert_eq!(keys.choose(Some("B")), Some(1));
        assert_eq!(keys.choose(None), Some(1));
        let keys = Keys::parse(&["A=pk_a".into()]).unwrap();
        assert_eq!(keys.choose(None), None);
        assert!(Keys::parse(&["A=x".into(), "A=y".into()]).is_err());
    }
}
