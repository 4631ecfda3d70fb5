//! `/api/v1/tasks`: cross-wallet tasks, from draft to delivered supply and back.
//!
//! Whoever acts for the source wallet changes its tasks; whoever acts for a target wallet sees those that lead to it, from
//! their first review on. A change says which version of the task it is about (`If-Match`), and may have a key under which it
//! is carried out once (`Idempotency-Key`).

pub mod actions;
pub mod blockers;
pub mod clone;
pub mod conditions;
pub mod drafts;
pub mod id;
pub mod ineligible;
pub mod items;
pub mod list;
pub mod moves;
pub mod wire;

use crate::app::App;
use crate::auth::Actor;
use crate::commands::{decide, refused, unexpected};
use crate::entries::invalid;
use crate::people::Review;
use crate::problem::Problem;
use crate::rights::Role;
use conditions::Conditions;
use penstock_engine::api::TenantId;
use penstock_engine::command::{Command, CommandOutcome};
use penstock_engine::engine::Asker;
use penstock_engine::task::TaskId;
use penstock_engine::task::command::{TaskCommand, TaskOutcome};
use penstock_engine::task::ticket::Side;
use penstock_engine::tasks::TaskView;

/// Has a command about tasks decided; `rules` are those that it has, if any.
pub async fn decide_task(
    app: &App,
    actor: &Actor,
    tenant: &TenantId,
    conditions: &Conditions,
    command: TaskCommand,
    rules: &str,
) -> Result<TaskOutcome, Problem> {
    app.pace().keep(actor.name())?;
    let by = Asker { actor: actor.name().into(), request_key: conditions.request_key.clone() };
    match decide(app, tenant, by, Command::Task(command)).await?.1 {
        CommandOutcome::Task(outcome) => Ok(outcome),
        CommandOutcome::Refused(refusal) => Err(refused(refusal, rules)),
        other => Err(unexpected(&other)),
    }
}

/// Refuses, at a JSON pointer of the body if it is there, a wallet that nothing can be delivered to.
pub async fn require_target(app: &App, pointer: &str, wallet: &str) -> Result<(), Problem> {
    match no_target(app, wallet).await? {
        Some(why) if pointer.is_empty() => Err(Problem::bad_request(why)),
        Some(why) => Err(Problem::invalid(vec![invalid(pointer, why)])),
        None => Ok(()),
    }
}

/// Why nothing can be delivered to a wallet, if so.
pub async fn no_target(app: &App, wallet: &str) -> Result<Option<String>, Problem> {
    let wallet = wallet.to_owned();
    let found = app.people(move |people| people.no_target(&wallet)).await;
    found.map_err(|e| Problem::internal(&e.to_string()))
}

/// A task as it stands.
pub async fn view(app: &App, tenant: &TenantId, task: TaskId) -> Result<TaskView, Problem> {
    let of = tenant.clone();
    let found = app.ask(move |engine| engine.task(&of, task)).await?;
    found.ok_or_else(no_such_task)
}

/// 404: no such task, or none that the asker may know of.
pub fn no_such_task() -> Problem {
    Problem::not_found("there is no such task among those that you can see")
}

/// 404: no such ticket, or none that the asker may know of.
pub fn no_such_ticket() -> Problem {
    Problem::not_found("there is no such ticket among those that you can see")
}

/// The sides at which nobody could decide.
pub async fn unstaffed(app: &App, sides: &[Side], source: &str, target: &str) -> Result<Vec<Side>, Problem> {
    let (source, target, sides) = (source.to_owned(), target.to_owned(), sides.to_vec());
    let asked = app.people(move |people| {
        let mut missing = Vec::new();
        for side in sides {
            let staffed = match side {
                Side::Source => people.staffed(Role::SourceSupervisor, &source)?,
                Side::Target => people.staffed(Role::SupplyOperator, &target)?,
            };
            if !staffed {
                missing.push(side);
            }
        }
        Ok::<_, crate::people::PeopleError>(missing)
    });
    asked.await.map_err(|e| Problem::internal(&e.to_string()))
}

/// Whether the two sides of a wallet's reviews decide in any order (D-51).
pub async fn is_parallel(app: &App, wallet: &str) -> Result<bool, Problem> {
    let wallet = wallet.to_owned();
    let found = app.people(move |people| people.wallet(&wallet)).await;
    let found = found.map_err(|e| Problem::internal(&e.to_string()))?;
    Ok(found.is_some_and(|wallet| wallet.review == Review::Parallel))
}
