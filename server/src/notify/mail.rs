//! Mail by SMTP, one letter a recipient, in plain text.

use super::channel::{Channel, Failure};
use super::outbox::Letter;
use crate::cli::terminal::safe;
use anyhow::{Context, ensure};
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{SmtpTransport, Transport};
use std::time::Duration;

/// How long the mail server may take for one step.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(15);
/// The longest subject, characters.
const SUBJECT_CHARS_MAX: usize = 150;

/// The mail server, and as whom to use it.
#[derive(Clone)]
pub struct MailSettings {
    /// `smtps://HOST`, `smtp://HOST?tls=required`, or, without a password, `smtp://HOST`.
    pub url: String,
    /// The sender, as `Name <name@host>` or an address alone.
    pub from: String,
    /// The account there, and its password.
    pub account: Option<(String, String)>,
}

impl std::fmt::Debug for MailSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let account = self.account.as_ref().map(|(name, _)| name);
        f.debug_struct("MailSettings")
            .field("url", &self.url)
            .field("from", &self.from)
            .field("account", &account)
            .finish()
    }
}

/// The channel to people's mail addresses.
pub struct Mail {
    transport: SmtpTransport,
    from: Mailbox,
}

impl Mail {
    /// Fails where the settings cannot be; connects to nothing yet.
    pub fn new(settings: &MailSettings) -> anyhow::Result<Mail> {
        let MailSettings { url, from, account } = settings;
        let encrypted = url.starts_with("smtps://") || (url.starts_with("smtp://") && url.ends_with("?tls=required"));
        ensure!(encrypted || account.is_none(), "a password goes over smtps://HOST or smtp://HOST?tls=required alone");
        ensure!(!url.contains('@'), "give the account and its password on their own, not in the URL");
        let mut builder = SmtpTransport::from_url(url).with_context(|| format!("{url:?} is no mail server's URL"))?;
        if let Some((name, password)) = account {
            builder = builder.credentials(Credentials::new(name.clone(), password.clone()));
        }
        let from = from.parse().with_context(|| format!("{from:?} is no sender's address"))?;
        Ok(Mail { transport: builder.timeout(Some(ANSWER_TIME_MAX)).build(), from })
    }

    fn message(&self, letter: &Letter) -> Result<Message, Failure> {
        let wrong = |e: String| Failure::Never(format!("no mail can be made of it: {e}"));
        let to: Mailbox = letter.address.parse().map_err(|e| wrong(format!("{:?}: {e}", letter.address)))?;
        let line = safe(&letter.told.line()).into_owned();
        let subject: String = line.chars().take(SUBJECT_CHARS_MAX).collect();
        let about = letter.told.ticket.as_deref().map_or_else(String::new, |ticket| format!("\nTicket: {ticket}"));
        let body = format!("{line}\n\nTask: {}{about}\n", letter.told.task);
        Message::builder()
            .from(self.from.clone())
            .to(to)
            // The same each time, so that mail programs show a letter once that was sent again.
            .message_id(Some(format!("<{}@{}>", letter.told.id, self.from.email.domain())))
            .subject(subject)
            .header(ContentType::TEXT_PLAIN)
            .body(body)
            .map_err(|e| wrong(e.to_string()))
    }
}

impl Channel for Mail {
    fn send(&self, _: &str, letters: &[Letter]) -> (usize, Result<(), Failure>) {
        let Some(letter) = letters.first() else { return (0, Ok(())) };
        let sent = self.message(letter).and_then(|message| {
            self.transport.send(&message).map(drop).map_err(|e| Failure::Again(format!("the mail server: {e}")))
        });
        (1, sent)
    }
}

#[cfg(test)]
mod tests {
    use super::super::store::tests::telling;
    use super::*;

    fn settings(url: &str, password: bool) -> MailSettings {
        let account = password.then(|| ("penstock".to_string(), "secret".to_string()));
        MailSettings { url: url.to_string(), from: "Penstock <penstock@example.com>".to_string(), account }
    }

    #[test]
    fn a_password_goes_over_tls_alone_and_is_never_shown() {
        for (url, password, good) in [
            ("smtps://mail.example.com", true, true),
            ("smtp://mail.example.com:587?tls=required", true, true),
            ("smtp://127.0.0.1:2525", false, true),
            ("smtp://mail.example.com", true, false),
            ("smtp://mail.example.com?tls=opportunistic", true, false),
            ("smtps://me:secret@mail.example.com", false, false),
            ("http://mail.example.com", false, false),
            ("", false, false),
        ] {
            assert_eq!(Mail::new(&settings(url, password)).is_ok(), good, "{url}");
        }
        assert!(Mail::new(&MailSettings { from: "nobody".to_string(), ..settings("smtp://a", false) }).is_err());
        assert!(!format!("{:?}", settings("smtps://a", true)).contains("secret"));
    }

    #[test]
    fn hostile_names_stay_in_their_line() {
        let mail = Mail::new(&settings("smtp://127.0.0.1:2525", false)).unwrap();
        let mut told = telling(1, &[]).told;
        told.task_name = "a\r\nBcc: evil@example.com\r\n\r\nラ\u{202e}".into();
        let letter = Letter { id: 1, address: "anna@example.com".to_string(), told, tries: 0 };
        let text = String::from_utf8(mail.message(&letter).unwrap().formatted()).unwrap();
        assert!(!text.to_lowercase().contains("\nbcc:"), "{text}");
        assert!(text.contains("Message-ID: <msg_1@example.com>") && text.contains("To: anna@example.com"), "{text}");
        let bad = Letter { address: "anna@example.com\r\nBcc: x@y.z".to_string(), ..letter };
        assert!(matches!(mail.message(&bad), Err(Failure::Never(_))));
    }
}
