//! Notices: who is told what of tasks and tickets, and how it gets there (R020, R081, D-72, F-5.5, F-9.7).
//!
//! A follower reads every source wallet's audit trail and writes inboxes and an outbox (`store`); a sender empties the outbox
//! over channels. The two share the file `notices.db` alone: what is told is told exactly once, what is sent is sent at least
//! once, and nothing that happens to a channel holds up another, or the engine.

mod address;
mod channel;
mod dingtalk;
mod endpoints;
mod file;
mod follower;
mod inbox;
mod kind;
mod mail;
mod outbox;
mod sender;
mod store;
mod told;
mod webhook;

use crate::people::People;
use anyhow::Context;
use crossbeam_channel::bounded;
use follower::Follower;
use parking_lot::Mutex;
use penstock_engine::Engine;
use sender::{Channels, Sender};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

pub use address::{LOOPBACK_REFUSED, is_this_machine};
pub use channel::Retries;
pub use dingtalk::Robot;
pub use endpoints::Endpoint;
pub use inbox::{Notice, Which};
pub use kind::Kind;
pub use mail::MailSettings;
pub use store::{FILE, Notices, NoticesError, Routes};
pub use told::Told;

/// For so long fixed items of a task are collected before they are told.
pub const DIGEST: Duration = Duration::from_secs(60);

/// How notices go out, beside inboxes and the wallets' own webhooks.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whether notices are written to a file in the data folder.
    pub file: bool,
    /// The mail server, if there is one.
    pub mail: Option<MailSettings>,
    /// The DingTalk robot, if there is one.
    pub dingtalk: Option<Robot>,
    /// Whether webhooks may go to this machine.
    pub webhook_loopback: bool,
    /// When what could not be sent is tried again.
    pub retries: Retries,
    /// For so long fixed items of a task are collected before they are told.
    pub digest: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            file: true,
            mail: None,
            dingtalk: None,
            webhook_loopback: false,
            retries: Retries::default(),
            digest: DIGEST,
        }
    }
}

/// The two threads that tell and send.
pub struct Notifier {
    running: Mutex<Option<Running>>,
}

struct Running {
    stop: crossbeam_channel::Sender<()>,
    threads: Vec<JoinHandle<()>>,
}

/// Everything but the engine: what can be wrong about it is known before the server listens.
pub struct Prepared {
    options: Options,
    people: People,
    notices: Arc<Notices>,
    channels: Channels,
}

impl Prepared {
    /// Sets the channels up.
    pub fn new(options: Options, data: &Path, notices: Arc<Notices>) -> anyhow::Result<Prepared> {
        let mut channels = Channels::new();
        channels.insert("webhook", Arc::new(webhook::Webhooks::new(notices.clone(), options.webhook_loopback)));
        if options.file {
            channels.insert("file", Arc::new(file::NoticeFile::new(data)));
        }
        if let Some(settings) = &options.mail {
            channels.insert("mail", Arc::new(mail::Mail::new(settings).context("mail cannot be set up")?));
        }
        if let Some(robot) = &options.dingtalk {
            channels.insert("dingtalk", Arc::new(dingtalk::DingTalk::new(robot.clone())));
        }
        Ok(Prepared { options, people: People::open(data)?, notices, channels })
    }

    /// Begins to tell and to send.
    pub fn start(self, engine: Arc<Engine>) -> anyhow::Result<Notifier> {
        let Prepared { options, people, notices, channels } = self;
        let routes = Routes { file: options.file, mail: options.mail.is_some(), dingtalk: options.dingtalk.is_some() };
        let (stop, stopped) = bounded::<()>(0);
        let follower = Follower { engine, people, notices: notices.clone(), routes, digest: options.digest };
        let sender = Sender { notices, channels, retries: options.retries };
        let its = stopped.clone();
        let threads = vec![
            std::thread::Builder::new().name("notices".into()).spawn(move || follower.run(&its))?,
            std::thread::Builder::new().name("outbox".into()).spawn(move || sender.run(&stopped))?,
        ];
        Ok(Notifier { running: Mutex::new(Some(Running { stop, threads })) })
    }
}

impl Notifier {
    /// Stops both; what is not told or sent yet is, at the next start.
    pub fn stop(&self) {
        let Some(Running { stop, threads }) = self.running.lock().take() else { return };
        drop(stop);
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread for notices panicked");
            }
        }
    }
}
