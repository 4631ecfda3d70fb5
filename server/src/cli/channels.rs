//! How a server's notices go out, as `penstock serve` takes it. Secrets come from files, never from arguments.

use crate::notify::{DIGEST, MailSettings, Options, Retries, Robot};
use anyhow::{Context, ensure};
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(clap::Args)]
#[command(next_help_heading = "Notices")]
pub struct ChannelArgs {
    /// Write no notices to notices.ndjson in the data folder.
    #[arg(long)]
    no_notice_file: bool,
    /// The mail server: smtps://HOST, smtp://HOST?tls=required, or, without a password, smtp://HOST.
    #[arg(long, value_name = "URL", env = "PENSTOCK_SMTP", requires = "mail_from")]
    smtp: Option<String>,
    /// The sender of mail, as `Penstock <penstock@example.com>`.
    #[arg(long, value_name = "ADDRESS", env = "PENSTOCK_MAIL_FROM", requires = "smtp")]
    mail_from: Option<String>,
    /// The account at the mail server.
    #[arg(long, value_name = "NAME", env = "PENSTOCK_SMTP_USER", requires_all = ["smtp", "smtp_password_file"])]
    smtp_user: Option<String>,
    /// A file with its password.
    #[arg(long, value_name = "FILE", env = "PENSTOCK_SMTP_PASSWORD_FILE", requires = "smtp_user")]
    smtp_password_file: Option<PathBuf>,
    /// A file with the address of a DingTalk robot, which has its access token.
    #[arg(long, value_name = "FILE", env = "PENSTOCK_DINGTALK_URL_FILE")]
    dingtalk_url_file: Option<PathBuf>,
    /// A file with the secret (`SEC...`) that the robot's messages are signed with.
    #[arg(long, value_name = "FILE", env = "PENSTOCK_DINGTALK_SECRET_FILE", requires = "dingtalk_url_file")]
    dingtalk_secret_file: Option<PathBuf>,
    /// Let webhooks go to this machine too.
    #[arg(long)]
    webhook_loopback: bool,
    /// The pause after the first try that failed; then twice as long each time, up to six hours.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = Retries::default().first.as_millis() as u64, value_parser = clap::value_parser!(u64).range(1..=3_600_000))]
    notice_retry_ms: u64,
    /// After so many tries a letter is dead.
    #[arg(long, value_name = "N", default_value_t = Retries::default().tries_max, value_parser = clap::value_parser!(u32).range(1..=100))]
    notice_tries: u32,
    /// For so long fixed items of a task are collected before they are told.
    #[arg(long, value_name = "MILLISECONDS", default_value_t = DIGEST.as_millis() as u64, value_parser = clap::value_parser!(u64).range(0..=3_600_000))]
    notice_digest_ms: u64,
}

impl ChannelArgs {
    /// What they say; fails where a file cannot be read.
    pub fn options(self) -> anyhow::Result<Options> {
        let account = match (self.smtp_user, self.smtp_password_file) {
            (Some(name), Some(file)) => Some((name, secret(&file)?)),
            _ => None,
        };
        let mail = self.smtp.zip(self.mail_from).map(|(url, from)| MailSettings { url, from, account });
        let robot = |url: PathBuf| -> anyhow::Result<Robot> {
            Ok(Robot { url: secret(&url)?, secret: self.dingtalk_secret_file.as_deref().map(secret).transpose()? })
        };
        Ok(Options {
            file: !self.no_notice_file,
            mail,
            dingtalk: self.dingtalk_url_file.map(robot).transpose()?,
            webhook_loopback: self.webhook_loopback,
            retries: Retries { first: Duration::from_millis(self.notice_retry_ms), tries_max: self.notice_tries },
            digest: Duration::from_millis(self.notice_digest_ms),
        })
    }
}

/// The one line of a file.
fn secret(path: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let line = text.trim();
    ensure!(!line.is_empty() && !line.contains('\n'), "{} must have one line, the secret", path.display());
    Ok(line.to_string())
}
