//! Tasks and tickets as everybody calls them: the source wallet and a number, such as `GOF-12`.

use super::no_such_task;
use crate::app::App;
use crate::auth::{Actor, TargetSight};
use crate::problem::Problem;
use crate::rights::Operation;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use penstock_engine::api::TenantId;
use penstock_engine::task::state::TaskState;
use penstock_engine::task::{DraftState, Task, TaskId};
use penstock_engine::tasks::TaskView;
use std::sync::Arc;

/// The number of a source wallet's task or ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered {
    /// The source wallet.
    pub source: TenantId,
    /// The number.
    pub number: u32,
}

impl Numbered {
    /// Reads an id; a wallet's name may have hyphens of its own.
    pub fn read(id: &str) -> Option<Numbered> {
        let (source, number) = id.rsplit_once('-')?;
        let number = number.parse().ok().filter(|number| *number > 0)?;
        // One spelling each, so that ids can be compared as texts.
        (of(source, number) == id && !source.is_empty())
            .then(|| Numbered { source: TenantId(Arc::from(source)), number })
    }
}

/// The id of a task or ticket.
pub fn of(source: &str, number: u32) -> String {
    format!("{source}-{number}")
}

impl FromRequestParts<App> for Numbered {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, app).await;
        let Path(id) = path.map_err(|e| Problem::bad_request(e.body_text()))?;
        Numbered::read(&id).ok_or_else(no_such_task)
    }
}

/// Whether somebody may see a source wallet's task.
pub fn sees(actor: &Actor, source: &TenantId, task: &Task) -> bool {
    let sight = actor.task_sight();
    if actor.tenant() == source && sight.as_source {
        return true;
    }
    // A draft is the source's own text, also where an earlier one of it was submitted once.
    let offered = task.state != TaskState::Draft && !task.tickets.is_empty();
    let delivered = task.delivery.job.is_some();
    *task.target_wallet == *actor.tenant().0
        && match sight.as_target {
            TargetSight::Nothing => false,
            TargetSight::Delivered => delivered,
            TargetSight::Offered => offered,
        }
}

/// Whether somebody may see a live task's next revision: whoever acts for its target, only while it is under review.
pub fn sees_next(actor: &Actor, source: &TenantId, task: &Task) -> bool {
    let own = actor.tenant() == source && actor.task_sight().as_source;
    own || task.draft.as_ref().is_some_and(|draft| draft.state == DraftState::UnderReview)
}

/// A task that somebody may see.
pub async fn seen(app: &App, actor: &Actor, id: &Numbered) -> Result<TaskView, Problem> {
    actor.require(Operation::ReadTasks)?;
    let view = super::view(app, &id.source, id.number).await?;
    if sees(actor, &id.source, &view.task) { Ok(view) } else { Err(no_such_task()) }
}

/// A task whose items somebody may see; `of_next`: those of its next revision.
pub async fn seen_items(app: &App, actor: &Actor, id: &Numbered, of_next: bool) -> Result<TaskId, Problem> {
    let task = seen(app, actor, id).await?.task;
    if of_next && !sees_next(actor, &id.source, &task) {
        return Err(Problem::not_found("the task has no next revision that you can see"));
    }
    Ok(task.id)
}

/// The number of a task of the own source wallet that somebody may change.
pub fn own(actor: &Actor, id: &Numbered, operation: Operation) -> Result<TaskId, Problem> {
    actor.require(operation)?;
    match actor.tenant() == &id.source && actor.task_sight().as_source {
        true => Ok(id.number),
        false => Err(no_such_task()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_a_wallet_and_a_number() {
        let read = |id| Numbered::read(id).map(|n| (n.source.0.to_string(), n.number));
        assert_eq!(read("GOF-12"), Some(("GOF".to_owned(), 12)));
        assert_eq!(read("a-b-7"), Some(("a-b".to_owned(), 7)));
        for bad in ["", "GOF", "GOF-", "-1", "GOF-0", "GOF-01", "GOF-+1", "GOF-x", "GOF-99999999999"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
