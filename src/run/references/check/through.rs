//! Reads all keys of one end of a leg, a page at a time, in whatever order is the cheapest.

use tokio::sync::mpsc::channel;

use crate::database::{DatabaseError, Session};
use crate::reference::End;
use crate::reference::keys::{KeyPage, Range, Reading};

use super::feed::PAGE;

/// Hands over every page, until `take` wants no more.
pub(super) async fn read_through(
    session: &mut Session,
    end: &End,
    mut take: impl FnMut(&KeyPage) -> bool,
) -> Result<(), DatabaseError> {
    let source = &end.source;
    let reading = end.in_any_order();
    let mut page = session.new_page(source);
    if reading == Reading::Whole {
        let (sender, mut pages) = channel(1);
        let part = Range::default();
        let read = async {
            let read = session.read_keys(source, reading, &part, page, Some(&sender)).await;
            drop(sender);
            read
        };
        let taken = async {
            let mut wants_more = true;
            while let Some(page) = pages.recv().await {
                wants_more = wants_more && take(&page);
            }
            wants_more
        };
        let (read, wants_more) = tokio::join!(read, taken);
        let last = read?.page;
        if wants_more {
            take(&last);
        }
        return Ok(());
    }
    let mut part = Range { limit: Some(PAGE), ..Range::default() };
    loop {
        let read = session.read_keys(source, reading, &part, page, None).await?;
        if !take(&read.page) || !read.is_full {
            return Ok(());
        }
        page = read.page.next();
        part.after = read.cursor;
    }
}
