//! Indexes, constraints, enums, rows and SQL, in every dialect.

use super::all;

#[test]
fn indexes() {
    insta::assert_snapshot!(all("create_index = \"ix\"\ntable = \"t\"\ncolumns = [\"a\"]\nunique = true\ninclude = [\"b\"]\nconcurrently = true\nfallback = \"plain\""), @r#"
[postgres]
CREATE UNIQUE INDEX CONCURRENTLY "ix" ON "t" ("a") INCLUDE ("b");
-- down
DROP INDEX CONCURRENTLY "ix";
[mysql]
CREATE UNIQUE INDEX `ix` ON `t` (`a`);
-- down
<alter table t: drop index ix>
[mariadb]
CREATE UNIQUE INDEX `ix` ON `t` (`a`);
-- down
<alter table t: drop index ix>
[sqlite]
CREATE UNIQUE INDEX "ix" ON "t" ("a");
-- down
DROP INDEX "ix";
"#);
    insta::assert_snapshot!(all("create_index = \"ix\"\ntable = \"t\"\ncolumns = [\"a\"]\nmethod = \"gin\""), @r#"
[postgres]
CREATE INDEX "ix" ON "t" USING gin ("a");
-- down
DROP INDEX "ix";
[mysql]
error: up.toml:5:1: mysql has no index method gin (index `ix`)
  hint: write `fallback = "plain"` for the index without it, or `fallback = "skip"` for none
-- down
error: up.toml:5:1: mysql has no index method gin (index `ix`)
  hint: write `fallback = "plain"` for the index without it, or `fallback = "skip"` for none
[mariadb]
error: up.toml:5:1: mariadb has no index method gin (index `ix`)
  hint: write `fallback = "plain"` for the index without it, or `fallback = "skip"` for none
-- down
error: up.toml:5:1: mariadb has no index method gin (index `ix`)
  hint: write `fallback = "plain"` for the index without it, or `fallback = "skip"` for none
[sqlite]
error: up.toml:5:1: sqlite has no index method gin (index `ix`)
  hint: write `fallback = "plain"` for the index without it, or `fallback = "skip"` for none
-- down
error: up.toml:5:1: sqlite has no index method gin (index `ix`)
  hint: write `fallback = "plain"` for the index without it, or `fallback = "skip"` for none
"#);
    insta::assert_snapshot!(all("create_index = \"ix\"\ntable = \"t\"\ncolumns = [\"a\"]\nwhere = \"a > 1\"\nunique = true\nfallback = \"plain\""), @r#"
[postgres]
CREATE UNIQUE INDEX "ix" ON "t" ("a") WHERE a > 1;
-- down
DROP INDEX "ix";
[mysql]
error: up.toml:6:1: index `ix` is unique among some rows only; without its `where` it would refuse others
  hint: write `fallback = "skip"`, or `sql` for this dialect
-- down
error: up.toml:6:1: index `ix` is unique among some rows only; without its `where` it would refuse others
  hint: write `fallback = "skip"`, or `sql` for this dialect
[mariadb]
error: up.toml:6:1: index `ix` is unique among some rows only; without its `where` it would refuse others
  hint: write `fallback = "skip"`, or `sql` for this dialect
-- down
error: up.toml:6:1: index `ix` is unique among some rows only; without its `where` it would refuse others
  hint: write `fallback = "skip"`, or `sql` for this dialect
[sqlite]
CREATE UNIQUE INDEX "ix" ON "t" ("a") WHERE a > 1;
-- down
DROP INDEX "ix";
"#);
    insta::assert_snapshot!(all("create_index = \"ix\"\ntable = \"t\"\ncolumns = [\"a\"]\nmethod = \"fulltext\"\nfallback = \"skip\""), @r#"
[postgres]
-- down
[mysql]
CREATE FULLTEXT INDEX `ix` ON `t` (`a`);
-- down
<alter table t: drop index ix>
[mariadb]
CREATE FULLTEXT INDEX `ix` ON `t` (`a`);
-- down
<alter table t: drop index ix>
[sqlite]
-- down
"#);
    insta::assert_snapshot!(all("drop_index = \"ix\"\nif_exists = true"), @r#"
[postgres]
DROP INDEX IF EXISTS "ix";
-- down
error: up.toml:2:1: `drop_index` has no way down
  hint: give the `table` of the index; or write the step's own `down = "..."`, or `irreversible = "why"` in revision.toml
[mysql]
error: up.toml:2:14: mysql must know the table of index `ix`
  hint: write `table = "..."`
-- down
error: up.toml:2:1: `drop_index` has no way down
  hint: give the `table` of the index; or write the step's own `down = "..."`, or `irreversible = "why"` in revision.toml
[mariadb]
error: up.toml:2:14: mariadb must know the table of index `ix`
  hint: write `table = "..."`
-- down
error: up.toml:2:1: `drop_index` has no way down
  hint: give the `table` of the index; or write the step's own `down = "..."`, or `irreversible = "why"` in revision.toml
[sqlite]
DROP INDEX IF EXISTS "ix";
-- down
error: up.toml:2:1: `drop_index` has no way down
  hint: give the `table` of the index; or write the step's own `down = "..."`, or `irreversible = "why"` in revision.toml
"#);
    insta::assert_snapshot!(all("drop_index = \"ix\"\ntable = \"t\"\ncolumns = [\"a\"]"), @r#"
[postgres]
DROP INDEX "ix";
-- down
CREATE INDEX "ix" ON "t" ("a");
[mysql]
<alter table t: drop index ix>
-- down
<alter table t: create index ix>
[mariadb]
<alter table t: drop index ix>
-- down
<alter table t: create index ix>
[sqlite]
DROP INDEX "ix";
-- down
CREATE INDEX "ix" ON "t" ("a");
"#);
    insta::assert_snapshot!(all("rename_index = \"ix\"\ntable = \"t\"\nto = \"iy\""), @r#"
[postgres]
ALTER INDEX "ix" RENAME TO "iy";
-- down
ALTER INDEX "iy" RENAME TO "ix";
[mysql]
ALTER TABLE `t` RENAME INDEX `ix` TO `iy`;
-- down
ALTER TABLE `t` RENAME INDEX `iy` TO `ix`;
[mariadb]
ALTER TABLE `t` RENAME INDEX `ix` TO `iy`;
-- down
ALTER TABLE `t` RENAME INDEX `iy` TO `ix`;
[sqlite]
<alter table t: rename index ix to iy>
-- down
<alter table t: rename index iy to ix>
"#);
}

#[test]
fn constraints() {
    insta::assert_snapshot!(all("add_primary_key = \"t\"\ncolumns = [\"a\", \"b\"]"), @r#"
[postgres]
ALTER TABLE "t" ADD PRIMARY KEY ("a", "b");
-- down
ALTER TABLE "t" DROP CONSTRAINT "t_pkey";
[mysql]
ALTER TABLE `t` ADD PRIMARY KEY (`a`, `b`);
-- down
ALTER TABLE `t` DROP PRIMARY KEY;
[mariadb]
ALTER TABLE `t` ADD PRIMARY KEY (`a`, `b`);
-- down
ALTER TABLE `t` DROP PRIMARY KEY;
[sqlite]
<alter table t: add PRIMARY KEY ("a", "b")>
-- down
<alter table t: drop primary key>
"#);
    insta::assert_snapshot!(all("add_unique = \"t\"\ncolumns = [\"a\", \"b\"]"), @r#"
[postgres]
ALTER TABLE "t" ADD CONSTRAINT "uq_t_a_b" UNIQUE ("a", "b");
-- down
ALTER TABLE "t" DROP CONSTRAINT "uq_t_a_b";
[mysql]
ALTER TABLE `t` ADD CONSTRAINT `uq_t_a_b` UNIQUE (`a`, `b`);
-- down
<alter table t: drop unique constraint uq_t_a_b>
[mariadb]
ALTER TABLE `t` ADD CONSTRAINT `uq_t_a_b` UNIQUE (`a`, `b`);
-- down
<alter table t: drop unique constraint uq_t_a_b>
[sqlite]
<alter table t: add CONSTRAINT "uq_t_a_b" UNIQUE ("a", "b")>
-- down
<alter table t: drop unique constraint uq_t_a_b>
"#);
    insta::assert_snapshot!(all("add_foreign_key = \"t\"\ncolumns = [\"a\"]\nreferences = \"u.id\"\non_delete = \"restrict\""), @r#"
[postgres]
ALTER TABLE "t" ADD CONSTRAINT "fk_t_a" FOREIGN KEY ("a") REFERENCES "u" ("id") ON DELETE RESTRICT;
-- down
ALTER TABLE "t" DROP CONSTRAINT "fk_t_a";
[mysql]
ALTER TABLE `t` ADD CONSTRAINT `fk_t_a` FOREIGN KEY (`a`) REFERENCES `u` (`id`) ON DELETE RESTRICT;
-- down
<alter table t: drop foreign key fk_t_a>
[mariadb]
ALTER TABLE `t` ADD CONSTRAINT `fk_t_a` FOREIGN KEY (`a`) REFERENCES `u` (`id`) ON DELETE RESTRICT;
-- down
<alter table t: drop foreign key fk_t_a>
[sqlite]
<alter table t: add CONSTRAINT "fk_t_a" FOREIGN KEY ("a") REFERENCES "u" ("id") ON DELETE RESTRICT>
-- down
<alter table t: drop foreign key fk_t_a>
"#);
    insta::assert_snapshot!(all("add_foreign_key = \"t\"\ncolumns = [\"a\"]\nreferences = \"u.id\"\non_delete = \"set_default\""), @r#"
[postgres]
ALTER TABLE "t" ADD CONSTRAINT "fk_t_a" FOREIGN KEY ("a") REFERENCES "u" ("id") ON DELETE SET DEFAULT;
-- down
ALTER TABLE "t" DROP CONSTRAINT "fk_t_a";
[mysql]
error: up.toml:5:13: mysql has no set_default for foreign keys
  hint: write `set_null`, `cascade` or `restrict`
-- down
<alter table t: drop foreign key fk_t_a>
[mariadb]
error: up.toml:5:13: mariadb has no set_default for foreign keys
  hint: write `set_null`, `cascade` or `restrict`
-- down
<alter table t: drop foreign key fk_t_a>
[sqlite]
<alter table t: add CONSTRAINT "fk_t_a" FOREIGN KEY ("a") REFERENCES "u" ("id") ON DELETE SET DEFAULT>
-- down
<alter table t: drop foreign key fk_t_a>
"#);
    insta::assert_snapshot!(all("add_check = \"t\"\nname = \"ck\"\nexpression = \"a > 0\""), @r#"
[postgres]
ALTER TABLE "t" ADD CONSTRAINT "ck" CHECK (a > 0);
-- down
ALTER TABLE "t" DROP CONSTRAINT "ck";
[mysql]
ALTER TABLE `t` ADD CONSTRAINT `ck` CHECK (a > 0);
-- down
ALTER TABLE `t` DROP CONSTRAINT `ck`;
[mariadb]
ALTER TABLE `t` ADD CONSTRAINT `ck` CHECK (a > 0);
-- down
ALTER TABLE `t` DROP CONSTRAINT `ck`;
[sqlite]
<alter table t: add CONSTRAINT "ck" CHECK (a > 0)>
-- down
<alter table t: drop check ck>
"#);
    insta::assert_snapshot!(all("drop_foreign_key = \"t\"\nname = \"fk\""), @r#"
[postgres]
ALTER TABLE "t" DROP CONSTRAINT "fk";
-- down
error: up.toml:2:1: `drop_foreign_key` has no way down
  hint: say what it was, as the operation that adds it does; or write the step's own `down = "..."`, or `irreversible = "why"` in revision.toml
[mysql]
<alter table t: drop foreign key fk>
-- down
error: up.toml:2:1: `drop_foreign_key` has no way down
  hint: say what it was, as the operation that adds it does; or write the step's own `down = "..."`, or `irreversible = "why"` in revision.toml
[mariadb]
<alter table t: drop foreign key fk>
-- down
error: up.toml:2:1: `drop_foreign_key` has no way down
  hint: say what it was, as the operation that adds it does; or write the step's own `down = "..."`, or `irreversible = "why"` in revision.toml
[sqlite]
<alter table t: drop foreign key fk>
-- down
error: up.toml:2:1: `drop_foreign_key` has no way down
  hint: say what it was, as the operation that adds it does; or write the step's own `down = "..."`, or `irreversible = "why"` in revision.toml
"#);
}

#[test]
fn enums_rows_and_sql() {
    insta::assert_snapshot!(all("create_enum = \"mood\"\nvalues = [\"a\", \"it's\"]"), @r#"
[postgres]
CREATE TYPE "mood" AS ENUM ('a', 'it''s');
-- down
DROP TYPE "mood";
[mysql]
-- down
[mariadb]
-- down
[sqlite]
-- down
"#);
    insta::assert_snapshot!(all("add_enum_value = \"mood\"\nvalue = \"b\"\nbefore = \"c\"\ncolumns = [\"t.mood\", \"u.mood\"]"), @r#"
[postgres]
ALTER TYPE "mood" ADD VALUE 'b' BEFORE 'c';
-- down
error: up.toml:2:1: `add_enum_value` has no way down
  hint: write the step's own `down = "..."`, or `irreversible = "why"` in revision.toml
[mysql]
<alter table t: add value b to column mood>
<alter table u: add value b to column mood>
-- down
error: up.toml:2:1: `add_enum_value` has no way down
  hint: write the step's own `down = "..."`, or `irreversible = "why"` in revision.toml
[mariadb]
<alter table t: add value b to column mood>
<alter table u: add value b to column mood>
-- down
error: up.toml:2:1: `add_enum_value` has no way down
  hint: write the step's own `down = "..."`, or `irreversible = "why"` in revision.toml
[sqlite]
<alter table t: add value b to column mood>
<alter table u: add value b to column mood>
-- down
error: up.toml:2:1: `add_enum_value` has no way down
  hint: write the step's own `down = "..."`, or `irreversible = "why"` in revision.toml
"#);
    insta::assert_snapshot!(all(r#"
insert = "t"
key = ["id"]
rows = [
  { id = { uuid = "6f1c8a52-7a5e-4a57-9d4b-0d6f3f0f7b11" }, name = "it's \\", n = 1, f = 1.5, ok = true, at = 2024-02-03T04:05:06+01:00 },
  { id = { uuid = "6f1c8a52-7a5e-4a57-9d4b-0d6f3f0f7b12" }, data = { a = [1, "b"] }, list = ["x"], at = { function = "now" }, n = { sql = "1 + 1" } },
]
types = { at = "timestamptz", list = "string[]" }
"#), @r#"
[postgres]
INSERT INTO "t" ("at", "f", "id", "n", "name", "ok") VALUES ('2024-02-03T04:05:06+01:00', 1.5, '6f1c8a52-7a5e-4a57-9d4b-0d6f3f0f7b11', 1, 'it''s \', true);
INSERT INTO "t" ("at", "data", "id", "list", "n") VALUES (now(), '{"a":[1,"b"]}', '6f1c8a52-7a5e-4a57-9d4b-0d6f3f0f7b12', '{"x"}', (1 + 1));
-- down
DELETE FROM "t" WHERE "id" = ('6f1c8a52-7a5e-4a57-9d4b-0d6f3f0f7b12');
DELETE FROM "t" WHERE "id" = ('6f1c8a52-7a5e-4a57-9d4b-0d6f3f0f7b11');
[mysql]
INSERT INTO `t` (`at`, `f`, `id`, `n`, `name`, `ok`) VALUES ('2024-02-03 03:05:06.000000', 1.5, X'6f1c8a527a5e4a579d4b0d6f3f0f7b11', 1, 'it''s \\', 1);
INSERT INTO `t` (`at`, `data`, `id`, `list`, `n`) VALUES ((utc_timestamp(6)), '{"a":[1,"b"]}', X'6f1c8a527a5e4a579d4b0d6f3f0f7b12', '["x"]', (1 + 1));
-- down
DELETE FROM `t` WHERE `id` = (X'6f1c8a527a5e4a579d4b0d6f3f0f7b12');
DELETE FROM `t` WHERE `id` = (X'6f1c8a527a5e4a579d4b0d6f3f0f7b11');
[mariadb]
INSERT INTO `t` (`at`, `f`, `id`, `n`, `name`, `ok`) VALUES ('2024-02-03 03:05:06.000000', 1.5, '6f1c8a52-7a5e-4a57-9d4b-0d6f3f0f7b11', 1, 'it''s \\', 1);
INSERT INTO `t` (`at`, `data`, `id`, `list`, `n`) VALUES ((utc_timestamp(6)), '{"a":[1,"b"]}', '6f1c8a52-7a5e-4a57-9d4b-0d6f3f0f7b12', '["x"]', (1 + 1));
-- down
DELETE FROM `t` WHERE `id` = ('6f1c8a52-7a5e-4a57-9d4b-0d6f3f0f7b12');
DELETE FROM `t` WHERE `id` = ('6f1c8a52-7a5e-4a57-9d4b-0d6f3f0f7b11');
[sqlite]
INSERT INTO "t" ("at", "f", "id", "n", "name", "ok") VALUES ('2024-02-03T03:05:06.000Z', 1.5, '6f1c8a52-7a5e-4a57-9d4b-0d6f3f0f7b11', 1, 'it''s \', 1);
INSERT INTO "t" ("at", "data", "id", "list", "n") VALUES ((strftime('%Y-%m-%dT%H:%M:%fZ', 'now')), '{"a":[1,"b"]}', '6f1c8a52-7a5e-4a57-9d4b-0d6f3f0f7b12', '["x"]', (1 + 1));
-- down
DELETE FROM "t" WHERE "id" = ('6f1c8a52-7a5e-4a57-9d4b-0d6f3f0f7b12');
DELETE FROM "t" WHERE "id" = ('6f1c8a52-7a5e-4a57-9d4b-0d6f3f0f7b11');
"#);
    insta::assert_snapshot!(all("sql.postgres = \"A\"\nsql.mysql = \"\"\ndown = \"B\""), @r#"
[postgres]
A;
-- down
B;
[mysql]
-- down
B;
[mariadb]
-- down
B;
[sqlite]
error: up.toml:2:1: nothing is said for sqlite in `sql`
  hint: write `sql.sqlite = "..."`, or leave the step out there with `dialects = [...]`
-- down
B;
"#);
}
