//! What a check asks of the keys on record: whether a parent is known to be deleted, and its rows are still to be swept.

use std::collections::BTreeSet;
use std::time::Duration;

use branchline::catalog::ColumnKind;
use branchline::database::{Capture, Session, SessionOptions};
use branchline::revision::Checksum;
use branchline::run::Cancel;
use branchline::sql::ObjectName;

use crate::support::Engine;
use crate::world::{World, uuid};

async fn open(url: &str) -> Session {
    let options = SessionOptions {
        connect_timeout: Duration::from_secs(10),
        lock_timeout: Duration::ZERO,
        statement_timeout: Duration::ZERO,
        state_schema: "public".to_owned(),
        run_id: uuid::Uuid::nil(),
        cancel: Cancel::new(),
    };
    Session::open(&url.parse().unwrap(), &options).await.unwrap()
}

fn pending(world: &World, table: &str, columns: &[&str], keys: &[&[String]], kinds: &[ColumnKind]) -> BTreeSet<usize> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut session = open(world.auth.url()).await;
        let catalog = session.catalog().await.unwrap();
        let found = catalog.table(None, table).unwrap();
        let of = |name: &&str| ((*name).to_owned(), found.column(name).unwrap().kind);
        let ObjectName { schema, name } = found.name.clone();
        let capture = Capture::new(ObjectName { schema, name }, columns.iter().map(of).collect());
        let keys: Vec<Vec<String>> = keys.iter().map(|key| key.to_vec()).collect();
        let pending = session.pending_deletes(&capture, &Checksum::of("a reference"), &keys, kinds).await.unwrap();
        session.close().await;
        pending
    })
}

#[test]
fn what_waits_is_known_by_its_key() {
    for engine in Engine::ALL {
        let world = World::new(engine, engine);
        let keys = [1, 2, 3].map(|number| [uuid(number)]);
        let keys: Vec<&[String]> = keys.iter().map(<[String; 1]>::as_slice).collect();
        let of_users = |world: &World| pending(world, "users", &["id"], &keys, &[ColumnKind::Uuid]);
        assert!(of_users(&world).is_empty(), "{engine}: nothing is captured");
        world.install().create([1, 2, 3]).refer(&["projects"], [1, 2, 3]).delete([1, 3]);
        assert_eq!(of_users(&world), BTreeSet::from([0, 2]), "{engine}");
        world.sweep();
        assert!(of_users(&world).is_empty(), "{engine}: swept");

        world.auth.execute("INSERT INTO tenants VALUES (1, 'it''s \"b\"'), (2, 'a')");
        world.auth.execute("DELETE FROM tenants WHERE tenant = 1");
        let integer = ColumnKind::Integer { bits: 64, unsigned: false };
        let text = ColumnKind::Text { bytewise: true, exact: true, padded: false, length: None };
        let keys = [["2", "a"], ["1", "it's \"b\""], ["1", "a"]].map(|key| key.map(str::to_owned));
        let keys: Vec<&[String]> = keys.iter().map(<[String; 2]>::as_slice).collect();
        let found = pending(&world, "tenants", &["tenant", "code"], &keys, &[integer, text]);
        assert_eq!(found, BTreeSet::from([1]), "{engine}");
    }
}
