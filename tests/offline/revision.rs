//! `revision` and `merge`: which files they write, and when they write none.

use crate::{ids, project};

#[test]
fn revision_follows_the_one_head() {
    let project = project();
    let outcome = project.run(["revision", "specs", "Owners of projects", "--portable", "--depends-on", "auth@0001"]);
    assert_printed!(project, outcome.success(), @r"
    exit code: 0
    ----- stdout -----
    specs@0003: follows 0002
      migrations/specs/0003_owners_of_projects/revision.toml
      migrations/specs/0003_owners_of_projects/up.toml
    ----- stderr -----
    ");
    assert_eq!(
        project.read("migrations/specs/0003_owners_of_projects/revision.toml"),
        "description = \"Owners of projects\"\nparents = [\"0002\"]\ndepends_on = [\"auth@0001\"]\n"
    );
    assert_eq!(ids(&project.run_line("heads specs --format json").success().json(), "heads"), ["specs@0003"]);
}

#[test]
fn revision_on_a_fork_must_be_told_where() {
    let project = project();
    assert_printed!(project, project.run_line("revision auth More").expect(2), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: branch auth has 2 heads: 0002, 0003
      help: join them with `branchline merge auth`, or name the one to follow with --parent 0002
    ");
    let outcome = project.run_line("revision auth More --parent 0003 --format json").success();
    assert_printed!(project, outcome, @r#"
    exit code: 0
    ----- stdout -----
    {
      "command": "revision",
      "ok": true,
      "branch": "auth",
      "revision": "0004",
      "parents": [
        "0003"
      ],
      "depends_on": [],
      "folder": "migrations/auth/0004_more",
      "files": [
        "migrations/auth/0004_more/revision.toml",
        "migrations/auth/0004_more/up.postgres.sql",
        "migrations/auth/0004_more/up.sqlite.sql",
        "migrations/auth/0004_more/down.postgres.sql",
        "migrations/auth/0004_more/down.sqlite.sql"
      ]
    }
    ----- stderr -----
    "#);
    // Several parents make a merge, which needs no scripts; `base` is none.
    let outcome =
        project.run_line("revision auth Join --parent 0002 --parent auth@0004 --format json").success().json();
    assert_eq!(outcome["parents"], serde_json::json!(["0002", "0004"]));
    assert_eq!(outcome["files"].as_array().unwrap().len(), 1);
    let outcome = project.run_line("revision auth Apart --parent base --format json").success().json();
    assert_eq!(outcome["parents"], serde_json::json!([]));
    project.run_line("history").success();
}

#[test]
fn revision_refuses_what_would_not_fit() {
    let project = project();
    let listing = project.listing();
    let mut said = Vec::new();
    for line in [
        "revision auht x",
        "revision specs x --parent 0009",
        "revision specs x --parent auth@0001",
        "revision specs x --depends-on auth@0009",
        "revision specs x --depends-on auth",
        "revision specs x --depends-on auth@base",
        "revision specs x --depends-on auth@+1",
        "revision specs x --parent specs@@",
        "merge auht",
        "merge specs -m x",
        "merge auth 0001 0002 -m x",
        "merge auth 0002 0002 -m x",
        "merge auth 0007 0002 -m x",
    ] {
        let document = project.run_line(&format!("{line} --format json")).expect(2).json();
        let error = &document["error"];
        said.push(format!("{line}\n    {}: {}\n    {}", error["kind"], error["message"], error["hint"]));
    }
    assert_eq!(project.listing(), listing);
    insta::assert_snapshot!(said.join("\n"), @r#"
    revision auht x
        "unknown_branch": "there is no branch `auht`"
        "did you mean `auth`?"
    revision specs x --parent 0009
        "invalid_target": "`specs@0009`: branch specs has no revision `0009`"
        "did you mean `0001`, or `0002`?"
    revision specs x --parent auth@0001
        "usage": "auth@0001 cannot be a parent of a revision of branch specs"
        "a revision follows others of its branch only; what else must be applied before it is `--depends-on auth@0001`"
    revision specs x --depends-on auth@0009
        "invalid_target": "`auth@0009`: branch auth has no revision `0009`"
        "did you mean `0001`, or `0002`, or `0003`?"
    revision specs x --depends-on auth
        "invalid_target": "`auth` is more than one revision: auth@0002, auth@0003"
        "write `auth@0002`, or `auth@0003`"
    revision specs x --depends-on auth@base
        "invalid_target": "`auth@base` does not name one revision: it means the base, before the first revision"
        "write BRANCH@ID; `branchline history` lists the revisions"
    revision specs x --depends-on auth@+1
        "invalid_target": "`auth@+1` is relative to what a database has applied, and no database is asked here"
        "name a revision"
    revision specs x --parent specs@@
        "invalid_target": "`specs@@` is no target: nothing stands between `@` and `@`"
        "write BRANCH@POINT; or, for the line through a revision, BRANCH@REVISION@POINT"
    merge auht
        "unknown_branch": "there is no branch `auht`"
        "did you mean `auth`?"
    merge specs -m x
        "usage": "there is nothing to join on branch specs: a merge has two heads or more"
        "its one head is 0002"
    merge auth 0001 0002 -m x
        "usage": "0001 is no head of branch auth"
        "its heads are 0002, 0003"
    merge auth 0002 0002 -m x
        "usage": "there is nothing to join on branch auth: a merge has two heads or more"
        "its heads are 0002, 0003"
    merge auth 0007 0002 -m x
        "invalid_target": "`auth@0007`: branch auth has no revision `0007`"
        "did you mean `0001`, or `0002`, or `0003`?"
    "#);
    project.run(["revision", "specs", "  "]).expect(2);
    project.run(["revision", "specs"]).expect(2);
    assert_eq!(project.listing(), listing);
}

#[test]
fn merge_joins_all_heads_or_the_named_ones() {
    let project = project();
    let outcome = project.run(["merge", "auth", "-m", "Sessions and tables"]).success();
    assert_printed!(project, outcome, @r"
    exit code: 0
    ----- stdout -----
    auth@0004: follows 0002 and 0003
      migrations/auth/0004_sessions_and_tables/revision.toml
    ----- stderr -----
    ");
    assert_eq!(ids(&project.run_line("heads auth --format json").success().json(), "heads"), ["auth@0004"]);
    project.run_line("revision auth Left").success();
    project.run_line("revision auth Middle --parent 0004").success();
    project.run_line("revision auth Right --parent 0004").success();
    let document = project.run_line("merge auth 0005 auth@0007 --format json").success().json();
    assert_eq!(document["parents"], serde_json::json!(["0005", "0007"]));
    assert_eq!(
        ids(&project.run_line("heads auth --format json").success().json(), "heads"),
        ["auth@0006", "auth@0008"]
    );
    assert_printed!(project, project.run_line("history auth@0004: --graph").success(), @r"
    exit code: 0
    ----- stdout -----
    o    auth@0008 (head, merge)  Merge 0005 and 0007
    ├─╮
    │ o  auth@0007  Right
    │ │ o  auth@0006 (head)  Middle
    │ ├─╯
    o │  auth@0005  Left
    ├─╯
    o    auth@0004 (merge)  Sessions and tables
    ├─╮
    │ │
    ~ ~
    ----- stderr -----
    ");
}
