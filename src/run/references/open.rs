//! Sessions that have done what they were opened for, and that somebody may go on with: each costs a server a process, and both
//! sides a handshake.

use std::cell::RefCell;
use std::collections::BTreeMap;

use futures_util::future::join_all;

use crate::database::Session;
use crate::names::BranchName;

/// Open sessions, by branch. Whoever holds them closes them.
#[derive(Default)]
pub struct OpenSessions {
    by_branch: RefCell<BTreeMap<BranchName, Vec<Session>>>,
}

impl OpenSessions {
    pub(super) fn give(&self, branch: &BranchName, session: Session) {
        self.by_branch.borrow_mut().entry(branch.clone()).or_default().push(session);
    }

    pub(super) fn take(&self, branch: &BranchName) -> Option<Session> {
        self.by_branch.borrow_mut().get_mut(branch)?.pop()
    }

    /// Closes all, at once.
    pub async fn close_all(&self) {
        let all = self.by_branch.take();
        join_all(all.into_values().flatten().map(Session::close)).await;
    }
}
