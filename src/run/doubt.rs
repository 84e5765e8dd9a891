//! The statement that a run was at when it died: what the database shows of it.

use crate::database::{Begin, DatabaseError};
use crate::dialect::Dialect;
use crate::names::RevisionKey;
use crate::plan::{Recorded, RefusalKind, ask as to_ask};
use crate::script::Program;
use crate::sql::{Answer, Question, Verdict};

use super::error::RunError;
use super::unfinished::refuse_with;

/// Where to go on, and what was found; refused where nothing tells.
pub(super) async fn look_up(
    key: &RevisionKey,
    recorded: &Recorded,
    program: &Program,
    dialect: Dialect,
    ask: impl AsyncFnOnce(&[Question]) -> Result<Vec<Answer>, DatabaseError>,
) -> Result<(Begin, Option<String>), RunError> {
    let done = recorded.statements.done;
    let Ok(doubt) = program.doubt(dialect, done) else {
        let message = "its script is being edited";
        return refuse_with(key, RefusalKind::ChecksumMismatch, message, "run it again once that is done");
    };
    // A script that is shorter than it was is refused by its length.
    let Some(doubt) = doubt else { return Ok((Begin::After(done), None)) };
    let questions = doubt.questions();
    let answers = if questions.is_empty() {
        Vec::new()
    } else {
        ask(&questions).await.map_err(|error| RunError::database(&key.branch, error))?
    };
    let number = done.saturating_add(1);
    let (begin, found) = match doubt.settle(&answers) {
        Verdict::TookEffect(shown) => (Begin::After(number), format!("statement {number} took effect: {shown}")),
        Verdict::TookNone(shown) => (Begin::InDoubtAfter(done), format!("statement {number} took no effect: {shown}")),
        Verdict::Repeatable => {
            (Begin::InDoubtAfter(done), format!("statement {number} is run again, which does no harm"))
        }
        Verdict::Untold(why) => return untold(key, recorded, &why),
    };
    Ok((begin, Some(found)))
}

/// Refuses to guess.
pub(super) fn untold<T>(key: &RevisionKey, recorded: &Recorded, why: &str) -> Result<T, RunError> {
    let statements = recorded.statements;
    let next = statements.done.saturating_add(1);
    refuse_with(
        key,
        RefusalKind::Unfinished,
        &format!("the run died, and nobody knows whether statement {next} of {} took effect: {why}", statements.total),
        &format!("{}; `branchline repair` settles it by hand", to_ask(&key.branch, statements)),
    )
}
