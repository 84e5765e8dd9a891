//! What people write into comments, and what is understood of it.

use super::phrase::{Known, Place, lists, mentions};
use super::words::place;

struct World;

impl Known for World {
    fn is_place(&self, place: &str) -> bool {
        ["auth", "socrates_auth", "billing"].contains(&place)
    }

    fn is_table(&self, word: &str) -> bool {
        ["user", "users", "account", "accounts", "tenant", "tenants"].contains(&word.to_lowercase().as_str())
    }
}

fn read(comment: &str) -> String {
    let Some(first) = mentions(comment, &World).into_iter().next() else { return "-".to_owned() };
    let mut parts = first.parts.clone();
    parts.reverse();
    let place = match first.place {
        Place::Unsaid => String::new(),
        Place::Own => " here".to_owned(),
        Place::Elsewhere => " elsewhere".to_owned(),
        Place::Named(name) => format!(" in {}", place(&name)),
    };
    let flags = [(first.strong, "!"), (first.copied, " copied"), (first.several, " several")];
    let flags: String = flags.into_iter().filter(|(is, _)| *is).map(|(_, flag)| flag).collect();
    format!("{}{place}{flags}", parts.join("."))
}

#[test]
fn what_people_write() {
    let mut wrong = Vec::new();
    for (comment, expected) in [
        ("Reference to users.id in socrates_auth (no FK - cross-db)", "users.id in socrates_auth!"),
        ("Reference to users.id in auth (no foreign key: another database)", "users.id in auth!"),
        ("Logical foreign key to tenants.id", "tenants.id!"),
        ("References users.id in User Service (no FK, optional)", "users.id in user!"),
        ("FK -> billing.accounts.id", "billing.accounts.id!"),
        ("points to auth.users(id)", "auth.users.id!"),
        ("ref: users.id", "users.id!"),
        ("see users.id", "users.id"),
        ("users.id from the auth database", "users.id in auth"),
        ("soft FK to `orders`.`id`", "orders.id!"),
        ("Cross-DB reference: auth.users.id", "auth.users.id elsewhere!"),
        ("auth:users.id", "users.id in auth"),
        ("users.id@auth", "users.id in auth"),
        ("=> users.id (auth service)", "users.id in auth!"),
        ("id of the user in the auth service", "user in auth"),
        ("User ID from auth-service", "User in auth"),
        ("FK to users, not enforced", "users!"),
        ("Belongs to a tenant in the billing database", "tenant in billing!"),
        ("references accounts(id) in billing_db, no constraint", "accounts.id in billing!"),
        ("Not a real foreign key: users.id lives in auth", "users.id in auth!"),
        ("the ids of the users", "users several"),
        ("Soft reference to the auth service's users.id", "users.id in auth!"),
        ("user_id from auth.users", "auth.users"),
        ("-> auth.users.id", "auth.users.id!"),
        ("FK: users(id)", "users.id!"),
        ("FK to auth DB users.id", "users.id in auth!"),
        ("Foreign key to user in Auth Service. Not enforced at DB level.", "user in auth!"),
        ("ID of the user (stored in the auth database)", "user in auth"),
        ("The user this belongs to (auth.users.id)", "auth.users.id!"),
        ("The owning user; lives in auth.users", "auth.users"),
        ("External reference: auth.users.id - no FK because it is another database", "auth.users.id elsewhere!"),
        ("@ref users.id", "users.id!"),
        ("@references auth.users.id", "auth.users.id!"),
        ("REFERENCES auth.users (id)", "auth.users.id!"),
        ("Cross-service reference to accounts.id (billing)", "accounts.id in billing!"),
        ("UUID of a record in the users table of the auth service", "users in auth"),
        ("Matches users.id in auth", "users.id in auth"),
        ("Same as auth.users.id", "auth.users.id"),
        ("Holds the id of a tenant", "tenant"),
        ("Points at tenants", "tenants!"),
        ("tenant.id", "tenant.id"),
        ("Id in auth.users", "auth.users"),
        ("refs tenants#id", "tenants.id!"),
        ("No FK constraint (cross-database). References users.id in the auth db.", "users.id in auth!"),
        ("app-level FK: users.id (auth)", "users.id in auth!"),
        ("virtual foreign key => auth::users.id", "users.id in auth!"),
        ("links to the user account, see auth.users.id", "auth.users.id!"),
        ("loose FK to users in auth, on purpose without constraint", "users in auth!"),
        ("foreign key (logical): accounts.id", "accounts.id!"),
        ("users.id of auth; nullable for system jobs", "users.id in auth"),
        ("Reference to auth database: users.id", "users.id in auth!"),
        ("(auth) users.id", "users.id in auth"),
        ("Author. FK users.id @ auth", "users.id in auth!"),
        ("Ref. to users.id", "users.id!"),
        ("Maps to auth's users.id", "users.id in auth!"),
        ("User who uploaded (users.id, auth DB)", "users.id in auth"),
        ("soft link to accounts in the billing service", "accounts in billing!"),
        ("JOIN users ON users.id = user_id (auth db)", "users.id in auth"),
    ] {
        let got = read(comment);
        if got != expected {
            wrong.push(format!("{comment}: {got}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_none() {
    let mut wrong = Vec::new();
    for comment in [
        "Not a reference to users.id",
        "no longer references users.id",
        "formerly users.id",
        "does not point to users.id",
        "In the vector store, outside this database",
        "see https://example.com/users.id",
        "mail to someone@users.id",
        "e.g. 12.5 or 1.2.3",
        "see app/models/user.rb",
        "Stripe customer id",
        "Reference number",
        "Reference to the original document",
        "Link to the user manual",
        "Points to be awarded",
        "Foreign language name",
        "Related links",
        "Key of the cache entry",
        "The user agent of the browser",
        "Set to the id of the run",
        "Stored in S3, see file.json",
        "URL of the account page, e.g. https://x.example.com/users.id",
        "A user-friendly name",
        "Version, as in 1.2.3",
        "Number of accounts in use",
        "was users.id before the split",
        "never references users.id",
        "External reference number",
        "The id of what it was done to, of the kind that resource_type names",
        "A question, if it is one that was asked and not a template",
    ] {
        let got = read(comment);
        if got != "-" {
            wrong.push(format!("{comment}: {got}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(read("copied from users.email"), "users.email copied");
}

#[test]
fn what_is_said_of_several_columns() {
    let read = |comment: &str| {
        let told = lists(comment, &World).into_iter().map(|list| {
            let mut parts = list.parts;
            parts.reverse();
            let columns = list.columns.join("+");
            format!("{}: {}({columns}){}", list.words.join(" "), parts.join("."), if list.strong { "!" } else { "" })
        });
        told.collect::<Vec<_>>().join("; ")
    };
    for (comment, expected) in [
        ("(tenant_id, no) -> auth.users(tenant, no)", "tenant_id no: auth.users(tenant+no)!"),
        ("(tenant_id, no) -> auth.users", "tenant_id no: auth.users()!"),
        ("a and b together point to users (x, y) in auth", "a and b together point to: users(x+y)!"),
        ("references auth.users(x, y) by a, b", "references: auth.users(x+y)!"),
        ("auth.users.(x, y): a, b", "a b: auth.users(x+y)"),
        ("a, b: users(x, y); c, d: accounts(x, y)", "a b: users(x+y); c d: accounts(x+y)"),
        ("not users(x, y)", ""),
        ("copied from users(x, y)", ""),
        ("users.id (no FK)", ""),
        ("(a, b) of the row in users", ""),
        ("kept for years (law, audit)", ""),
    ] {
        assert_eq!(read(comment), expected, "{comment}");
    }
}
