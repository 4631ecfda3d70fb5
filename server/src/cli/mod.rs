//! The command line: one module a command.
//!
//! Exit codes: 0 done; 1 the command ran and says no (refused lines, rule errors); 2 it could not run.

mod channels;
mod client;
mod demo;
mod gen_content;
mod key;
mod lint;
mod load;
mod preview;
mod role;
mod rule;
mod serve;
pub mod terminal;
mod user;
mod verify;
mod wallet;
mod webhook;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Where the server listens unless told otherwise: loopback only.
const LISTEN: &str = "127.0.0.1:7878";
/// Where clients look for it.
const URL: &str = "http://127.0.0.1:7878";

/// A streaming content-indexing engine with a rule language.
#[derive(Parser)]
#[command(name = "penstock", version, about, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server.
    Serve(Box<serve::Args>),
    /// Run the server on bundled real content, with three previews to try.
    Demo(demo::Args),
    /// Send NDJSON files to a server.
    Load(load::Args),
    /// Show what a rule set matches.
    Preview(preview::Args),
    /// Work with rule texts.
    #[command(subcommand)]
    Rule(rule::Command),
    /// Work with API keys.
    #[command(subcommand)]
    Key(key::Command),
    /// Work with the wallets that people work for.
    #[command(subcommand)]
    Wallet(wallet::Command),
    /// Work with people's accounts.
    #[command(subcommand)]
    User(user::Command),
    /// Say who is what at which wallet.
    #[command(subcommand)]
    Role(role::Command),
    /// Say where wallets' systems are told of tasks and tickets.
    #[command(subcommand)]
    Webhook(webhook::Command),
    /// Compare every standing set of a stopped server with what its rules select.
    Verify(verify::Args),
    /// Write made-up merchants' content as NDJSON.
    Gen(gen_content::Args),
}

/// What a command came to, if it could run.
enum Verdict {
    Done,
    /// It ran, and the answer is no.
    No,
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Serve(args) => serve::run(*args),
        Command::Demo(args) => demo::run(args),
        Command::Load(args) => load::run(args),
        Command::Preview(args) => preview::run(&args),
        Command::Rule(command) => rule::run(command),
        Command::Key(command) => key::run(command),
        Command::Wallet(command) => wallet::run(command),
        Command::User(command) => user::run(command),
        Command::Role(command) => role::run(command),
        Command::Webhook(command) => webhook::run(command),
        Command::Verify(args) => verify::run(&args),
        Command::Gen(args) => gen_content::run(&args),
    };
    match result {
        Ok(Verdict::Done) => ExitCode::SUCCESS,
        Ok(Verdict::No) => ExitCode::from(1),
        // A reader that has seen enough, like `head`, is no error.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("penstock: {}", terminal::safe(&format!("{error:#}")));
            ExitCode::from(2)
        }
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}
