//! Portable operations: whatever stands in an up.toml, it is read or refused, and rendered or refused, in all dialects.

#![no_main]

use std::path::Path;

use branchline::dialect::Dialect;
use branchline::schema;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let script = match schema::parse(Path::new("up.toml"), text) {
        Ok(script) => script,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let wrong = script.check(&Dialect::ALL);
    for dialect in Dialect::ALL {
        let up = script.up(dialect);
        assert_eq!(up, script.up(dialect), "{dialect}");
        assert!(up.is_ok() || !wrong.is_empty(), "{dialect}: check does not see {up:?}");
        let _ = script.down(dialect);
        let _ = script.irreversible(dialect);
    }
    let _ = (script.is_destructive(true), script.is_destructive(false));
});
