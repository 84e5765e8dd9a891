//! What scripts do, in all dialects: reading it comes to an end, breaks nothing, and says the same each time.

#![no_main]

use branchline::dialect::Dialect;
use branchline::sql;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for dialect in Dialect::ALL {
        let Ok(found) = sql::statements(dialect, text) else { continue };
        for statement in &found {
            let effects = sql::effects(dialect, text, statement);
            assert_eq!(effects, sql::effects(dialect, text, statement), "{dialect}");
            for effect in &effects.known {
                assert!(!effect.to_string().is_empty());
            }
            let reading = sql::read(dialect, text, statement);
            assert_eq!(reading.effects, effects, "{dialect}");
            assert_eq!(reading.loss.is_some(), sql::is_destructive(dialect, statement.text(text)), "{dialect}");
            let _ = sql::moves_names(dialect, text, statement);
        }
    }
});
