//! The examples that help shows for the verbs that work on databases; those of the other verbs stand with them.

pub const STATUS: &str = "Examples:\n  \
    branchline status\n  \
    branchline status auth --exit-code     fails where something is pending";

pub const PLAN: &str = "Examples:\n  \
    branchline plan\n  \
    branchline plan specs@0004 --with-dependencies\n  \
    branchline plan --down auth@-1 --sql\n  \
    branchline plan --out release.plan";

pub const UPGRADE: &str = "Examples:\n  \
    branchline upgrade\n  \
    branchline upgrade auth specs@+1\n  \
    branchline upgrade specs --with-dependencies --dry-run\n  \
    branchline upgrade --wait 60s --lock-timeout 5min";

pub const DOWNGRADE: &str = "Examples:\n  \
    branchline downgrade specs@-1\n  \
    branchline downgrade auth@0002 --with-dependents --dry-run\n  \
    branchline downgrade auth@base specs@base --yes";

pub const APPLY: &str = "Example:\n  \
    branchline plan --out release.plan     somebody reads it\n  \
    branchline apply release.plan";

pub const STAMP: &str = "Examples:\n  \
    branchline stamp auth@0003     its database was brought there by other means\n  \
    branchline stamp auth@base --dry-run";

pub const RESUME: &str = "Examples:\n  \
    branchline status auth             says which statement it stopped at\n  \
    branchline resume auth\n  \
    branchline resume auth --from 3    the second statement took effect";

pub const REPAIR: &str = "Example:\n  \
    branchline repair auth --not-applied     after undoing by hand what it had begun";

pub const RUNS: &str = "Examples:\n  \
    branchline runs\n  \
    branchline runs auth --last 3\n  \
    branchline runs --run 01a1fa09 --format json     what became of every step";

pub const EVENTS: &str = "Examples:\n  \
    branchline events\n  \
    branchline events specs --last 10\n  \
    branchline events --run 01a1fa09";

pub const CHECK: &str = "Examples:\n  \
    branchline check\n  \
    branchline check --offline     without any database\n  \
    branchline check auth --format json";

pub const SWEEP: &str = "Examples:\n  \
    branchline references sweep --install specs:projects.user_id\n  \
    branchline references sweep --dry-run\n  \
    branchline references sweep --yes --follow --rate 1000\n  \
    branchline references sweep --status --max-backlog 100000     for a monitor: 3 where more wait";

pub const EXPORT: &str = "Examples:\n  \
    branchline references export --engine trino --out candidates.sql\n  \
    branchline references export --engine spark --reference specs:projects.user_id > candidates.py";
