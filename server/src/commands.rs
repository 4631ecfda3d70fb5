//! Commands on their way to the log: durable and decided before they are answered.

use crate::app::App;
use crate::problem::Problem;
use crate::sync::now_ms;
use axum::http::StatusCode;
use penstock_engine::api::{Seq, SubmitError, TenantId};
use penstock_engine::command::{Command, CommandOutcome, Refusal};
use penstock_engine::engine::Asker;
use tokio::sync::oneshot;

/// Hands a command to the log; the record that decided it, and how.
pub async fn decide(
    app: &App,
    tenant: &TenantId,
    by: Asker,
    command: Command,
) -> Result<(Seq, CommandOutcome), Problem> {
    let (reply, replied) = oneshot::channel();
    let (engine, tenant) = (app.ready_engine()?.clone(), tenant.clone());
    // A thousand entries take a while to write down: off the async threads.
    app.decode(move || {
        // The receiver is gone when the client went away: what is decided stands all the same.
        engine.command(&tenant, command, by, now_ms(), Box::new(move |result| drop(reply.send(result))));
    })
    .await;
    let (seq, outcome) = match tokio::time::timeout(app.settings().submit_timeout, replied).await {
        Ok(Ok(result)) => result.map_err(|e| Problem::submit(&e))?,
        Ok(Err(_)) | Err(_) => return Err(Problem::submit(&SubmitError::Unknown)),
    };
    match outcome.command {
        Some(outcome) => Ok((seq, outcome)),
        None => Err(Problem::internal("a command was answered without an outcome")),
    }
}

/// The answer to a command that was refused; `rules` are those that it named, if any.
pub fn refused(refusal: Refusal, rules: &str) -> Problem {
    match refusal {
        Refusal::Fx(refused) => {
            Problem::new(StatusCode::CONFLICT, "rates-refused", "The rates were refused", refused.to_string())
        }
        Refusal::Rules(found) => Problem::rules(rules, &found),
        Refusal::NoRates(error) => Problem::no_rates(error.to_string()),
        Refusal::NoSuchSet => Problem::no_such_set(),
        Refusal::Task(refusal) => Problem::task(&refusal),
        Refusal::Risk(refusal) => Problem::risk_request(&refusal),
        refusal @ Refusal::SetOfTask => {
            Problem::new(StatusCode::CONFLICT, "set-of-task", "The set is a task's", refusal.to_string())
        }
        refusal @ (Refusal::TooManySets | Refusal::TooManyWallets) => Problem::limit_reached(refusal.to_string()),
    }
}

/// The answer to an outcome that the command cannot have.
pub fn unexpected(outcome: &CommandOutcome) -> Problem {
    Problem::internal(&format!("a command was answered with {outcome:?}"))
}
