use super::{branches, graph, node, nodes, try_graph};
use crate::graph::draw::{Picture, ReferenceEdge, text_of};
use crate::graph::{Graph, HistoryRange, history};

fn sample() -> Graph {
    try_graph(
        "auth specs end",
        "auth@0001: ; auth@0002: 0001; auth@0003: 0001; auth@0004: 0002 3 0003; auth@3: 0001; auth@0005: 0004;
         specs@0001: | auth@0001; specs@0002: 0001 | auth@0003 auth@0002; specs@0009: ",
    )
    .unwrap()
}

fn references() -> Vec<ReferenceEdge> {
    let edge = |from: &str, to: &str, label: &str| ReferenceEdge {
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
        label: label.to_owned(),
    };
    vec![
        edge("specs@0002", "auth", "projects.\"user_id\""),
        edge("specs@0001", "end", ""),
        edge("specs@0001", "specs", "within a branch"),
        edge("specs@0001", "nowhere", "to no branch"),
        edge("specs@7777", "auth", "from no revision"),
    ]
}

#[test]
fn as_text() {
    insta::assert_snapshot!(Picture::of(&sample()).to_text(), @r"
    auth: 6 revisions
    o  auth@0005 (head)  what auth@0005 does
    o      auth@0004 (merge)  what auth@0004 does
    ├─┬─╮
    │ │ o  auth@3  what auth@3 does
    │ o │  auth@0003  what auth@0003 does
    │ ├─╯
    o │  auth@0002  what auth@0002 does
    ├─╯
    o  auth@0001 (base)  what auth@0001 does

    end: no revisions yet

    specs: 3 revisions
    o  specs@0009 (head, base)  what specs@0009 does

    o  specs@0002 (head)  what specs@0002 does  needs auth@0002, auth@0003
    o  specs@0001 (base)  what specs@0001 does  needs auth@0001
    ");
}

#[test]
fn one_branch_as_text() {
    insta::assert_snapshot!(Picture::of(&sample()).only(branches("specs")).to_text(), @r"
    specs: 3 revisions
    o  specs@0009 (head, base)  what specs@0009 does

    o  specs@0002 (head)  what specs@0002 does  needs auth@0002, auth@0003
    o  specs@0001 (base)  what specs@0001 does  needs auth@0001
    ");
}

#[test]
fn a_stretch_as_text() {
    let graph = sample();
    let range: HistoryRange = "auth@0002:auth@0004".parse().unwrap();
    insta::assert_snapshot!(text_of(&graph, &history(&graph, &range).unwrap()), @r"
    o      auth@0004 (merge)  what auth@0004 does
    ├─┬─╮
    │ │ │
    │ ~ ~
    │
    o  auth@0002  what auth@0002 does
    │
    ~
    ");
}

#[test]
fn as_dot() {
    insta::assert_snapshot!(Picture::of(&sample()).with_references(&references()).to_dot(), @r#"
    digraph branchline {
      rankdir=TB;
      compound=true;
      node [shape=box, style=rounded, fontname="sans-serif"];
      subgraph "cluster_auth" {
        label="auth";
        "auth@0005" [label="0005 (head)\nwhat auth@0005 does"];
        "auth@0004" [label="0004 (merge)\nwhat auth@0004 does"];
        "auth@3" [label="3\nwhat auth@3 does"];
        "auth@0003" [label="0003\nwhat auth@0003 does"];
        "auth@0002" [label="0002\nwhat auth@0002 does"];
        "auth@0001" [label="0001 (base)\nwhat auth@0001 does"];
      }
      subgraph "cluster_end" {
        label="end";
        "end@" [label="no revisions yet", style=dashed];
      }
      subgraph "cluster_specs" {
        label="specs";
        "specs@0009" [label="0009 (head) (base)\nwhat specs@0009 does"];
        "specs@0002" [label="0002 (head)\nwhat specs@0002 does"];
        "specs@0001" [label="0001 (base)\nwhat specs@0001 does"];
      }
      "auth@0002" -> "auth@0001";
      "auth@0003" -> "auth@0001";
      "auth@3" -> "auth@0001";
      "auth@0004" -> "auth@0002";
      "auth@0004" -> "auth@0003";
      "auth@0004" -> "auth@3";
      "auth@0005" -> "auth@0004";
      "specs@0001" -> "auth@0001" [style=dashed];
      "specs@0002" -> "specs@0001";
      "specs@0002" -> "auth@0002" [style=dashed];
      "specs@0002" -> "auth@0003" [style=dashed];
      "specs@0001" -> "end@" [style=bold, constraint=false, lhead="cluster_end", label=""];
      "specs@0002" -> "auth@0005" [style=bold, constraint=false, lhead="cluster_auth", label="projects.\"user_id\""];
    }
    "#);
}

#[test]
fn as_mermaid() {
    insta::assert_snapshot!(Picture::of(&sample()).with_references(&references()).to_mermaid(), @r#"
    flowchart TB
      subgraph b0["auth"]
        r4["0005 (head)<br/>what auth@0005 does"]
        r3["0004 (merge)<br/>what auth@0004 does"]
        r5["3<br/>what auth@3 does"]
        r2["0003<br/>what auth@0003 does"]
        r1["0002<br/>what auth@0002 does"]
        r0["0001 (base)<br/>what auth@0001 does"]
      end
      subgraph b1["end"]
        e1["no revisions yet"]
      end
      subgraph b2["specs"]
        r8["0009 (head) (base)<br/>what specs@0009 does"]
        r7["0002 (head)<br/>what specs@0002 does"]
        r6["0001 (base)<br/>what specs@0001 does"]
      end
      r1 --> r0
      r2 --> r0
      r5 --> r0
      r3 --> r1
      r3 --> r2
      r3 --> r5
      r4 --> r3
      r6 -.-> r0
      r7 --> r6
      r7 -.-> r1
      r7 -.-> r2
      r6 ==> b1
      r7 ==>|"projects.#34;user_id#34;"| b0
    "#);
}

#[test]
fn one_branch_without_arrows_out_of_it() {
    let graph = sample();
    let references = references();
    let picture = Picture::of(&graph).only(branches("specs")).with_references(&references);
    assert!(!picture.to_dot().contains("auth"));
    assert!(!picture.to_mermaid().contains("-.->"));
}

#[test]
fn what_people_write_stays_text() {
    let mut evil = node("a@1:");
    evil.description =
        "say \"hi\"\n; end \\N [x] `**` %%{init}%% <b>&amp; #quot; ünï 🎉\u{1b}[31m\u{2028}x\u{202e}y".to_owned();
    let graph = Graph::build(&branches("a"), vec![evil]).unwrap();
    let picture = Picture::of(&graph);
    insta::assert_snapshot!(format!("{}\n{}\n{}", picture.to_text(), picture.to_dot(), picture.to_mermaid()), @r#"
    a: 1 revision
    o  a@1 (head, base)  say "hi" ; end \N [x] `**` %%{init}%% <b>&amp; #quot; ünï 🎉 [31m x y

    digraph branchline {
      rankdir=TB;
      compound=true;
      node [shape=box, style=rounded, fontname="sans-serif"];
      subgraph "cluster_a" {
        label="a";
        "a@1" [label="1 (head) (base)\nsay \"hi\" ; end \\N [x] `**` %%{init}%% <b>&amp;amp; #quot; ünï 🎉 [31m x y"];
      }
    }

    flowchart TB
      subgraph b0["a"]
        r0["1 (head) (base)<br/>say #34;hi#34; #59; end #92;N #91;x#93; #96;#42;#42;#96; #37;#37;#123;init#125;#37;#37; #60;b#62;#38;amp#59; #35;quot#59; ünï 🎉 #91;31m x y"]
      end
    "#);
}

#[test]
fn long_and_wide_is_no_matter() {
    let chain: String = (1..5000).map(|place| format!("a@{place:04}: {:04};", place - 1)).collect();
    let chain = graph(&format!("a@0000: ;{chain}"));
    assert_eq!(Picture::of(&chain).to_text().lines().count(), 5001);
    let above = |row: usize| (0..10).map(|place| format!("{:03}.{place} ", row - 1)).collect::<String>();
    let rows = (0..300).flat_map(|row| {
        (0..10).map(move |place| match row {
            0 => format!("a@000.{place}: "),
            _ => format!("a@{row:03}.{place}: {}", above(row)),
        })
    });
    let lattice = Graph::build(&branches("a"), nodes(&rows.collect::<Vec<_>>().join(";"))).unwrap();
    assert!(Picture::of(&lattice).to_text().lines().count() > 3000);
    assert_eq!(Picture::of(&lattice).to_mermaid().lines().filter(|line| line.contains("-->")).count(), 299 * 100);
    assert_eq!(Picture::of(&lattice).to_dot().lines().filter(|line| line.contains("->")).count(), 299 * 100);
}
