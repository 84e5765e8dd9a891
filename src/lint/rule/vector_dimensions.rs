//! Vectors whose length differs from what is said of it elsewhere: by the index, by a check, by a neighbour of the same name.

use std::collections::BTreeMap;

use crate::graph::RevisionIndex;
use crate::lint::branch::BranchScripts;
use crate::lint::code::Code;
use crate::lint::finding::{Found, FoundIn};
use crate::lint::project::Project;
use crate::lint::script::found_at;
use crate::lint::tables::Tables;
use crate::sql::{
    AlterTable, ChangeKind, Column, ConstraintKind, CreateIndex, CreateTable, DataType, Ddl, ObjectName, ReadStatement,
    TableItem,
};

const VECTORS: &[&str] = &["vector", "halfvec", "sparsevec"];

/// Kinds of index that need to know the length.
const METHODS: &[&str] = &["hnsw", "ivfflat"];

/// Calls that leave a vector as long as it is.
const KEEP_LENGTH: &[&str] = &["vector", "halfvec", "sparsevec", "bit", "cast", "binary_quantize", "l2_normalize"];

/// Where a column's length is said.
#[derive(Clone)]
struct Said {
    /// None where the type does not say.
    length: Option<usize>,
    data_type: String,
    by: RevisionIndex,
    line: usize,
}

/// The vectors of a branch as its ways up go on.
struct Vectors<'a> {
    project: &'a Project<'a>,
    scripts: &'a BranchScripts<'a>,
    columns: BTreeMap<(String, String), Said>,
}

pub fn check(project: &Project<'_>, found: &mut Vec<FoundIn>) {
    for (scripts, tables) in project.branches() {
        let mut vectors = Vectors { project, scripts, columns: BTreeMap::new() };
        for (revision, up) in scripts.ups() {
            for statement in &up.reading.statements {
                let one = vectors.look(revision, statement);
                found.extend(one.into_iter().map(|one| project.in_file(scripts, revision, &up.file, one)));
            }
        }
        vectors.neighbours(tables, found);
    }
}

impl Vectors<'_> {
    fn look(&mut self, by: RevisionIndex, statement: &ReadStatement) -> Vec<Found> {
        match &statement.reading.ddl {
            Some(Ddl::CreateTable(create)) => self.create(by, statement, create),
            Some(Ddl::AlterTable(alter)) => self.alter(by, statement, alter),
            Some(Ddl::CreateIndex(create)) => self.index(statement, create),
            _ => Vec::new(),
        }
    }

    fn create(&mut self, by: RevisionIndex, statement: &ReadStatement, create: &CreateTable) -> Vec<Found> {
        for item in &create.items {
            if let TableItem::Column(column) = item {
                self.learn(&create.name, &column.name, column.data_type.as_ref(), by, statement.line);
            }
        }
        create.items.iter().filter_map(|item| self.check(statement, &create.name, item)).collect()
    }

    fn alter(&mut self, by: RevisionIndex, statement: &ReadStatement, alter: &AlterTable) -> Vec<Found> {
        let mut found = Vec::new();
        for change in &alter.changes {
            match &change.kind {
                ChangeKind::Add(item, _) => {
                    if let TableItem::Column(column) = item {
                        self.learn(&alter.name, &column.name, column.data_type.as_ref(), by, statement.line);
                    }
                    found.extend(self.check(statement, &alter.name, item));
                }
                ChangeKind::SetType { column, data_type, using } => {
                    let before = self.columns.get(&key(&alter.name, column)).cloned();
                    self.learn(&alter.name, column, Some(data_type), by, statement.line);
                    let after = self.columns.get(&key(&alter.name, column));
                    let lengths = before.as_ref().and_then(|before| before.length).zip(after.and_then(|it| it.length));
                    let Some((before, (one, other))) = before.as_ref().zip(lengths).filter(|_| !using) else {
                        continue;
                    };
                    if one != other {
                        let message = format!(
                            "{column} of {} is {} ({}), and no vector of {one} becomes one of {other}: it fails where \
                             there are rows",
                            alter.name,
                            before.data_type,
                            self.place(before),
                        );
                        let hint = "add a column of the new length, and fill it anew; or say USING NULL";
                        found.push(found_at(statement, change.offset, Code::VectorDimensions, message).hint(hint));
                    }
                }
                ChangeKind::Redefine { from, column } => {
                    self.columns.remove(&key(&alter.name, from));
                    self.learn(&alter.name, &column.name, column.data_type.as_ref(), by, statement.line);
                }
                ChangeKind::RenameColumn { from, to } => {
                    if let Some(said) = self.columns.remove(&key(&alter.name, from)) {
                        self.columns.insert(key(&alter.name, to), said);
                    }
                }
                ChangeKind::DropColumn { name, .. } => {
                    self.columns.remove(&key(&alter.name, name));
                }
                ChangeKind::RenameTable(to) => self.rename(&alter.name, to),
                _ => {}
            }
        }
        found
    }

    fn rename(&mut self, from: &ObjectName, to: &ObjectName) {
        let columns = std::mem::take(&mut self.columns);
        let renamed = |(table, column): (String, String)| {
            (if table.eq_ignore_ascii_case(&from.name) { to.name.to_lowercase() } else { table }, column)
        };
        self.columns = columns.into_iter().map(|(of, said)| (renamed(of), said)).collect();
    }

    fn learn(
        &mut self,
        table: &ObjectName,
        column: &str,
        data_type: Option<&DataType>,
        by: RevisionIndex,
        line: usize,
    ) {
        let vector = data_type.filter(|data_type| is_vector(data_type));
        match vector {
            Some(data_type) => {
                let said = Said { length: length(data_type), data_type: data_type.to_string(), by, line };
                self.columns.insert(key(table, column), said);
            }
            None => {
                self.columns.remove(&key(table, column));
            }
        }
    }

    /// A check that asks for another length.
    fn check(&self, statement: &ReadStatement, table: &ObjectName, item: &TableItem) -> Option<Found> {
        let (code, offset) = match item {
            TableItem::Column(Column { check: Some(check), offset, .. }) => (check, *offset),
            TableItem::Constraint(constraint) => match &constraint.kind {
                ConstraintKind::Check(check) => (check, constraint.offset),
                _ => return None,
            },
            _ => return None,
        };
        let (column, asked) = asked_by(code)?;
        let (said, length) = self.known(table, &column)?;
        (asked != length).then(|| {
            let message = format!(
                "the check asks for {asked} dimensions, and {column} of {table} is {} ({})",
                said.data_type,
                self.place(said)
            );
            found_at(statement, offset, Code::VectorDimensions, message).hint("no row passes it: correct one of them")
        })
    }

    /// An index of another length, or one that cannot know it.
    fn index(&self, statement: &ReadStatement, create: &CreateIndex) -> Vec<Found> {
        let needs_length = create.method.as_deref().is_some_and(|method| METHODS.contains(&method));
        let mut found = Vec::new();
        for item in &create.items {
            let mut say = |message: String, hint: &str| {
                let one = found_at(statement, statement.start, Code::VectorDimensions, message);
                found.push(one.hint(hint));
            };
            if let Some(column) = &item.column {
                let Some(said) = self.columns.get(&key(&create.table, column)) else { continue };
                if said.length.is_none() && needs_length {
                    let message = format!(
                        "{column} of {} has no dimensions ({}), and such an index cannot be built",
                        create.table,
                        self.place(said)
                    );
                    say(message, "say them in the column's type, or index an expression that does: `((c::vector(N)))`");
                }
            } else if let Some((column, asked)) = cast_to(&item.code)
                && let Some((said, length)) = self.known(&create.table, &column)
                && asked != length
            {
                let message = format!(
                    "the index is of {asked} dimensions, and {column} of {} is {} ({})",
                    create.table,
                    said.data_type,
                    self.place(said)
                );
                say(message, "it fails at the first row: use the column's dimensions");
            }
        }
        found
    }

    fn known(&self, table: &ObjectName, column: &str) -> Option<(&Said, usize)> {
        let said = self.columns.get(&key(table, column))?;
        Some((said, said.length?))
    }

    /// Columns of the same name with vectors of different lengths, as all revisions leave them.
    fn neighbours(&self, tables: &Tables, found: &mut Vec<FoundIn>) {
        let place = |by: RevisionIndex| self.scripts.revisions.iter().position(|(index, _)| *index == by);
        let mut all: Vec<(&str, &ObjectName, usize, &Said)> = Vec::new();
        for (name, table) in tables.iter() {
            for column in table.columns.keys() {
                if let Some((said, length)) = self.known(name, column) {
                    all.push((column, name, length, said));
                }
            }
        }
        all.sort_by_key(|(_, _, _, said)| (place(said.by), said.line));
        let mut first: BTreeMap<&str, (&ObjectName, usize, &Said)> = BTreeMap::new();
        for (column, table, length, said) in all {
            let &mut (other, usual, known) = first.entry(column).or_insert((table, length, said));
            if usual == length {
                continue;
            }
            let message = format!(
                "{column} of {table} is {}, and {column} of {other} is {} ({})",
                said.data_type,
                known.data_type,
                self.place(known)
            );
            let one = Found::at_line(said.line, None, Code::VectorDimensions, message)
                .hint("vectors of different models are not compared: name the columns by their models, or use one");
            found.extend(self.project.found_in(self.scripts, said.by, one));
        }
    }

    fn place(&self, said: &Said) -> String {
        let file = self.scripts.up(said.by).map(|up| up.file.display().to_string()).unwrap_or_default();
        format!("{file}:{}", said.line)
    }
}

fn key(table: &ObjectName, column: &str) -> (String, String) {
    (table.name.to_lowercase(), column.to_lowercase())
}

fn is_vector(data_type: &DataType) -> bool {
    VECTORS.contains(&data_type.name.as_str())
}

fn length(data_type: &DataType) -> Option<usize> {
    data_type.arguments.first()?.parse().ok()
}

/// `vector_dims(column) = 3`.
fn asked_by(code: &[String]) -> Option<(String, usize)> {
    let words: Vec<&str> = code.iter().map(String::as_str).collect();
    let [call, "(", column, ")", "=", number] = words.as_slice() else { return None };
    call.eq_ignore_ascii_case("vector_dims").then_some(())?;
    Some((unquoted(column), number.parse().ok()?))
}

/// The column, and the length of the type that it is cast to, where nothing else is done to it.
fn cast_to(code: &[String]) -> Option<(String, usize)> {
    let words: Vec<String> = code.iter().map(|word| word.to_lowercase()).collect();
    let is_word = |word: &String| word.starts_with(|first: char| first.is_alphabetic() || first == '_' || first == '"');
    let calls = words.windows(2).filter(|pair| is_word(&pair[0]) && pair[1] == "(");
    if !calls.map(|pair| pair[0].as_str()).all(|name| KEEP_LENGTH.contains(&name)) {
        return None;
    }
    let is_type = |word: &String| VECTORS.contains(&word.as_str()) || word == "bit";
    let mut casts = words.windows(4).filter(|four| is_type(&four[0]) && four[1] == "(" && four[3] == ")");
    let cast = casts.next().filter(|_| casts.next().is_none())?;
    let column = words.iter().position(|word| is_word(word) && !KEEP_LENGTH.contains(&word.as_str()))?;
    Some((unquoted(&code[column]), cast[2].parse().ok()?))
}

fn unquoted(name: &str) -> String {
    name.trim_matches('"').to_owned()
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::lint::code::Code;
    use crate::lint::testing::{revision, said_of_project};

    fn on(dialect: Dialect, script: &str) -> Vec<String> {
        said_of_project(&[revision("auth@1", script).on(dialect)], Code::VectorDimensions)
    }

    fn found(script: &str) -> Vec<String> {
        on(Dialect::Postgres, &format!("CREATE TABLE t (v vector(3), w vector);\n{script}"))
    }

    #[test]
    fn what_differs_from_the_column() {
        for (script, says) in [
            (
                "CREATE INDEX i ON t USING hnsw ((v::vector(4)) vector_l2_ops)",
                "the index is of 4 dimensions, and v of t is vector(3) (auth/1.sql:1)",
            ),
            (
                "CREATE INDEX i ON t USING hnsw ((binary_quantize(v)::bit(4)) bit_hamming_ops)",
                "the index is of 4 dimensions, and v of t is vector(3) (auth/1.sql:1)",
            ),
            (
                "CREATE INDEX i ON t USING ivfflat (w vector_l2_ops)",
                "w of t has no dimensions (auth/1.sql:1), and such an index cannot be built",
            ),
            (
                "ALTER TABLE t ADD CHECK (vector_dims(v) = 4)",
                "the check asks for 4 dimensions, and v of t is vector(3) (auth/1.sql:1)",
            ),
            (
                "ALTER TABLE t ALTER v TYPE vector(4)",
                "v of t is vector(3) (auth/1.sql:1), and no vector of 3 becomes one of 4: it fails where there are rows",
            ),
            ("CREATE TABLE u (v halfvec(4))", "v of u is halfvec(4), and v of t is vector(3) (auth/1.sql:1)"),
        ] {
            assert_eq!(found(script), [format!("auth/1.sql:2 {says}")], "{script}");
        }
        let mariadb = "CREATE TABLE t (v VECTOR(3) NOT NULL, VECTOR INDEX (v));\nCREATE TABLE u (v VECTOR(4) NOT NULL)";
        assert_eq!(
            on(Dialect::Mariadb, mariadb),
            ["auth/1.sql:2 v of u is vector(4), and v of t is vector(3) (auth/1.sql:1)"]
        );
    }

    #[test]
    fn what_fits() {
        for script in [
            "CREATE INDEX i ON t USING hnsw (v vector_l2_ops)",
            "CREATE INDEX i ON t USING hnsw ((w::vector(4)) vector_l2_ops)",
            "CREATE INDEX i ON t USING hnsw ((v::halfvec(3)) halfvec_l2_ops)",
            "CREATE INDEX i ON t USING hnsw ((subvector(v, 1, 2)::vector(2)) vector_l2_ops)",
            "CREATE INDEX i ON t (w)",
            "ALTER TABLE t ADD CHECK (vector_dims(v) = 3)",
            "ALTER TABLE t ADD CHECK (vector_dims(w) = 4)",
            "ALTER TABLE t ADD CHECK (vector_dims(v) = 4 OR v IS NULL)",
            "ALTER TABLE t ALTER v TYPE vector(4) USING NULL",
            "ALTER TABLE t DROP v; ALTER TABLE t ADD v vector(4); CREATE INDEX i ON t USING hnsw ((v::vector(4)) x)",
            "CREATE TABLE u (v vector(3), other vector(4))",
            "CREATE TABLE u (v vector(4)); DROP TABLE u",
            "ALTER TABLE t RENAME v TO old; CREATE TABLE u (v vector(4))",
        ] {
            assert_eq!(found(script), [] as [String; 0], "{script}");
        }
    }
}
