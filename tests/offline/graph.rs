//! `graph` in its four languages, and the formats that other verbs lack.

use crate::project;

#[test]
fn graph_draws_in_four_languages() {
    let project = project();
    let text = project.run_line("graph").success();
    assert_eq!(text, project.run_line("graph --format text").success());
    assert_printed!(project, text, @r"
    exit code: 0
    ----- stdout -----
    auth: 3 revisions
    o  auth@0003 (head)  Sessions
    │ o  auth@0002 (head)  Table 2
    ├─╯
    o  auth@0001 (base)  Table 1

    specs: 2 revisions
    o  specs@0002 (head)  No old ids
    o  specs@0001 (base)  Projects  needs auth@0002  refers to auth by projects.user_id
    ----- stderr -----
    ");
    assert_printed!(project, project.run_line("graph --format dot").success(), @r#"
    exit code: 0
    ----- stdout -----
    digraph branchline {
      rankdir=TB;
      compound=true;
      node [shape=box, style=rounded, fontname="sans-serif"];
      subgraph "cluster_auth" {
        label="auth";
        "auth@0003" [label="0003 (head)\nSessions"];
        "auth@0002" [label="0002 (head)\nTable 2"];
        "auth@0001" [label="0001 (base)\nTable 1"];
      }
      subgraph "cluster_specs" {
        label="specs";
        "specs@0002" [label="0002 (head)\nNo old ids"];
        "specs@0001" [label="0001 (base)\nProjects"];
      }
      "auth@0002" -> "auth@0001";
      "auth@0003" -> "auth@0001";
      "specs@0001" -> "auth@0002" [style=dashed];
      "specs@0002" -> "specs@0001";
      "specs@0001" -> "auth@0002" [style=bold, constraint=false, lhead="cluster_auth", label="projects.user_id"];
    }
    ----- stderr -----
    "#);
    assert_printed!(project, project.run_line("graph --format mermaid").success(), @r#"
    exit code: 0
    ----- stdout -----
    flowchart TB
      subgraph b0["auth"]
        r2["0003 (head)<br/>Sessions"]
        r1["0002 (head)<br/>Table 2"]
        r0["0001 (base)<br/>Table 1"]
      end
      subgraph b1["specs"]
        r4["0002 (head)<br/>No old ids"]
        r3["0001 (base)<br/>Projects"]
      end
      r1 --> r0
      r2 --> r0
      r3 -.-> r1
      r4 --> r3
      r3 ==>|"projects.user_id"| b0
    ----- stderr -----
    "#);
    assert_printed!(project, project.run_line("graph --format json").success(), @r#"
    exit code: 0
    ----- stdout -----
    {
      "command": "graph",
      "ok": true,
      "branches": [
        {
          "branch": "auth",
          "heads": [
            "0002",
            "0003"
          ],
          "bases": [
            "0001"
          ]
        },
        {
          "branch": "specs",
          "heads": [
            "0002"
          ],
          "bases": [
            "0001"
          ]
        }
      ],
      "revisions": [
        {
          "branch": "auth",
          "revision": "0001",
          "description": "Table 1",
          "parents": [],
          "depends_on": [],
          "marks": [
            "base"
          ]
        },
        {
          "branch": "auth",
          "revision": "0002",
          "description": "Table 2",
          "parents": [
            "0001"
          ],
          "depends_on": [],
          "marks": [
            "head"
          ]
        },
        {
          "branch": "auth",
          "revision": "0003",
          "description": "Sessions",
          "parents": [
            "0001"
          ],
          "depends_on": [],
          "marks": [
            "head"
          ]
        },
        {
          "branch": "specs",
          "revision": "0001",
          "description": "Projects",
          "parents": [],
          "depends_on": [
            "auth@0002"
          ],
          "marks": [
            "base"
          ]
        },
        {
          "branch": "specs",
          "revision": "0002",
          "description": "No old ids",
          "parents": [
            "0001"
          ],
          "depends_on": [],
          "marks": [
            "head"
          ]
        }
      ],
      "edges": [
        {
          "kind": "parent",
          "from": "auth@0002",
          "to": "auth@0001"
        },
        {
          "kind": "parent",
          "from": "auth@0003",
          "to": "auth@0001"
        },
        {
          "kind": "depends_on",
          "from": "specs@0001",
          "to": "auth@0002"
        },
        {
          "kind": "parent",
          "from": "specs@0002",
          "to": "specs@0001"
        },
        {
          "kind": "reference",
          "from": "specs@0001",
          "to_branch": "auth",
          "label": "projects.user_id"
        }
      ]
    }
    ----- stderr -----
    "#);
    let alone = project.run_line("graph specs --format dot").success().stdout;
    assert!(!alone.contains("auth@") && !alone.contains("dotted"), "{alone}");
    let alone = project.run_line("graph specs --format json").success().json();
    assert!(alone["edges"].as_array().unwrap().iter().all(|edge| edge["kind"] == "parent"), "{alone}");
    assert_printed!(project, project.run_line("graph auht --format dot").expect(2), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: there is no branch `auht`
      help: did you mean `auth`?
    ");
}

#[test]
fn a_format_that_a_verb_lacks_is_wrong_usage() {
    let project = project();
    for line in ["status --format dot", "history --format mermaid", "man --format text", "init --format dot"] {
        let outcome = project.run_line(line).expect(2);
        assert!(outcome.stdout.is_empty(), "{outcome}");
        assert!(outcome.stderr.contains("has no format"), "{outcome}");
    }
    assert_printed!(project, project.run_line("status --format dot").expect(2), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: `status` has no format `dot`
      help: it has table and json
    ");
    assert_printed!(project, project.run_line("graph --format svgg").expect(2), @r"
    exit code: 2
    ----- stdout -----
    ----- stderr -----
    error: invalid value 'svgg' for '--format <FORMAT>'
      [possible values: table, json, text, dot, mermaid, sarif, junit, csv, markdown, html]

      tip: a similar value exists: 'csv'

    For more information, try '--help'.
    ");
}
