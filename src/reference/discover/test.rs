//! What a look at the data makes of a finding.

use super::{Found, Source, rounded};

/// Fewer values than this prove nothing, whatever becomes of them.
const FEW: usize = 3;

/// As many values that differ, and none of them a key, say that a name by itself was mistaken.
const MANY: usize = 20;

impl Found {
    /// Whether the data show that a name was mistaken: it is none then, and not to be offered.
    #[must_use]
    pub fn is_refuted(&self) -> bool {
        self.confidence <= 0.0
    }

    /// The same finding, of which so many values were looked up, and so many found.
    #[must_use]
    pub fn tested(mut self, values: usize, matched: usize) -> Self {
        let to = self.targets().map(ToString::to_string).next().unwrap_or_default();
        let Some(of_values) = share(values, matched) else {
            self.evidence.push("the column holds no values yet".to_owned());
            return self;
        };
        let told = if values == 1 { "1 value".to_owned() } else { format!("{values} values that differ") };
        self.evidence
            .push(format!("of {told}, {matched} {} of {to}", if matched == 1 { "is a key" } else { "are keys" }));
        let change = match of_values {
            _ if values < FEW => 0.0,
            all if all >= 1.0 => 0.15,
            most if most >= 0.9 => 0.1,
            some if some >= 0.5 => 0.0,
            few if few > 0.0 => -0.25,
            _ => -0.45,
        };
        let is_mistaken = self.source == Source::Inferred && values >= MANY && matched == 0;
        self.confidence = if is_mistaken { 0.0 } else { rounded(self.confidence + change) };
        self
    }
}

#[allow(clippy::cast_precision_loss)]
fn share(values: usize, matched: usize) -> Option<f64> {
    (values > 0).then(|| matched as f64 / values as f64)
}
