//! `penstock serve`

use super::Verdict;
use super::channels::ChannelArgs;
use crate::app::Settings;
use crate::serve::{Hooks, ServeOptions, serve};
use crate::session::oidc::OidcOptions;
use anyhow::Context;
use clap::ValueEnum;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use tracing_subscriber::EnvFilter;

#[derive(clap::Args)]
pub struct Args {
    /// The data folder; made if there is none.
    #[arg(long, value_name = "DIR", env = "PENSTOCK_DATA")]
    data: PathBuf,
    /// The address to listen on; port 0 is any free one.
    #[arg(long, value_name = "HOST:PORT", default_value = super::LISTEN, env = "PENSTOCK_LISTEN")]
    listen: String,
    #[command(flatten)]
    log: LogArgs,
    #[command(flatten)]
    channels: ChannelArgs,
    /// Answer synchronizeContent with `result` alone, without its flat copy.
    #[arg(long)]
    no_flat_result: bool,
    #[command(flatten)]
    oidc: OidcArgs,
}

/// The provider at which people can sign in, by OpenID Connect: all of these, or none.
#[derive(clap::Args)]
struct OidcArgs {
    /// Let people sign in at this provider, too; as its documents spell it, without `/.well-known/...`.
    #[arg(
        long,
        value_name = "URL",
        env = "PENSTOCK_OIDC_ISSUER",
        requires_all = ["oidc_client_id", "oidc_client_secret_file", "public_url"]
    )]
    oidc_issuer: Option<String>,
    /// What the provider calls this server.
    #[arg(long, value_name = "ID", env = "PENSTOCK_OIDC_CLIENT_ID", requires = "oidc_issuer")]
    oidc_client_id: Option<String>,
    /// The file with the secret that the provider shares with this server.
    #[arg(long, value_name = "PATH", env = "PENSTOCK_OIDC_CLIENT_SECRET_FILE", requires = "oidc_issuer")]
    oidc_client_secret_file: Option<PathBuf>,
    /// Where browsers find this server, as https://penstock.example.
    #[arg(long, value_name = "URL", env = "PENSTOCK_PUBLIC_URL", requires = "oidc_issuer")]
    public_url: Option<String>,
}

impl OidcArgs {
    fn options(self) -> anyhow::Result<Option<OidcOptions>> {
        let OidcArgs { oidc_issuer, oidc_client_id, oidc_client_secret_file, public_url } = self;
        let (Some(issuer), Some(client_id), Some(file), Some(public_url)) =
            (oidc_issuer, oidc_client_id, oidc_client_secret_file, public_url)
        else {
            return Ok(None);
        };
        let secret =
            std::fs::read_to_string(&file).with_context(|| format!("cannot read the secret of {}", file.display()))?;
        Ok(Some(OidcOptions::new(&issuer, &client_id, &secret, &public_url)?))
    }
}

/// How to log; logs go to stderr.
#[derive(clap::Args)]
pub struct LogArgs {
    /// The form of log lines.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
    /// What to log, as `info` or `info,penstock_server=debug`.
    #[arg(long, value_name = "FILTER", default_value = "info,tantivy=warn", env = "PENSTOCK_LOG")]
    log: String,
}

#[derive(Clone, Copy, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

impl LogArgs {
    /// Sets the process's log up; call once.
    pub fn start(&self) -> anyhow::Result<()> {
        let filter = EnvFilter::try_new(&self.log)?;
        let ansi = std::io::IsTerminal::is_terminal(&std::io::stderr());
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(ansi);
        match self.log_format {
            LogFormat::Text => log.init(),
            LogFormat::Json => log.json().flatten_event(true).with_span_list(false).init(),
        }
        Ok(())
    }
}

pub fn run(args: Args) -> anyhow::Result<Verdict> {
    args.log.start()?;
    let oidc = args.oidc.options()?;
    let notices = args.channels.options()?;
    let webhook_loopback = notices.webhook_loopback;
    let settings = Settings { flat_result: !args.no_flat_result, webhook_loopback, oidc, ..Settings::default() };
    let options = ServeOptions { data: args.data, listen: args.listen, settings, notices };
    serve(options, Hooks { bound: Box::new(announce), opened: Box::new(|| {}) })?;
    Ok(Verdict::Done)
}

/// Prints the address on stdout, where scripts that asked for port 0 read it.
pub fn announce(address: SocketAddr) {
    // A closed stdout is no reason not to serve.
    let _ = writeln!(std::io::stdout(), "listening on http://{address}").and_then(|()| std::io::stdout().flush());
}
