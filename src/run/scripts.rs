//! What was found in the scripts of a run: each is read and checked once.
//!
//! The plan is made a second time under the locks, and then each step's script is read to be run. A script that still has the
//! checksum that was found with it is what it was, and is not looked at again; only one that is held is read once more then.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::rc::Rc;

use crate::dialect::Dialect;
use crate::direction::Direction;
use crate::names::RevisionKey;
use crate::plan::{Lost, StepScript};
use crate::revision::{Checksum, Revision};
use crate::script::{self, Program, ScriptError};

/// Looks at a program once, and says what it destroys.
pub(super) type Look<'a> = &'a mut dyn FnMut(&Program) -> Vec<Lost>;

/// What was found so far.
#[derive(Default)]
pub(super) struct Scripts(RefCell<HashMap<(RevisionKey, Direction, Dialect), Found>>);

struct Found {
    script: StepScript,
    /// The program, where keeping it costs nothing: of a script that is not held.
    long: Option<Rc<Program>>,
}

impl Scripts {
    /// What a plan says of a script, as it stands now. Where somebody wants to `look` at it, it is read in any case.
    pub(super) fn plan(
        &self,
        root: &Path,
        revision: &Revision,
        direction: Direction,
        dialect: Dialect,
        look: Option<Look<'_>>,
    ) -> Result<StepScript, ScriptError> {
        let key = (revision.key.clone(), direction, dialect);
        let known = self.0.borrow().get(&key).map(|found| found.script.clone());
        if let Some(known) = known
            && look.is_none()
            && script::checksum(root, revision, direction, dialect) == Some(known.checksum)
        {
            return Ok(known);
        }
        let program = Rc::new(script::load(root, revision, direction, dialect)?);
        let losses = look.map(|look| look(&program)).unwrap_or_default();
        let script = StepScript {
            file: program.file.clone(),
            checksum: program.checksum,
            transaction: program.transaction,
            destructive: program.destructive,
            losses,
        };
        let long = program.long().is_some().then_some(program);
        self.0.borrow_mut().insert(key, Found { script: script.clone(), long });
        Ok(script)
    }

    /// The script to be run, as it stands now. One that is not held, of which nothing stays if it turns out to be another while
    /// it runs, is not looked at before that.
    pub(super) fn program(
        &self,
        root: &Path,
        revision: &Revision,
        direction: Direction,
        dialect: Dialect,
        planned: Checksum,
    ) -> Result<Rc<Program>, ScriptError> {
        let key = (revision.key.clone(), direction, dialect);
        let long = self.0.borrow().get(&key).and_then(|found| found.long.clone());
        if let Some(long) = long.filter(|long| long.checksum == planned)
            && (long.transaction || script::checksum(root, revision, direction, dialect) == Some(planned))
        {
            return Ok(long);
        }
        script::load(root, revision, direction, dialect).map(Rc::new)
    }
}
