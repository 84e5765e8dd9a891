//! What a statement makes and takes away, one thing after the other, and what of that can be seen when it is over.

use super::{Doubt, Thing, Trace};

/// The things that a statement touches, in its order.
#[derive(Debug, Default)]
pub struct Traces {
    touched: Vec<Touched>,
    /// There is more that leaves no trace, and may not be done twice.
    hides: bool,
}

#[derive(Debug)]
struct Touched {
    thing: Thing,
    before: bool,
    after: bool,
    /// The statement fails where it was otherwise before.
    strict: bool,
}

impl Traces {
    /// Something is made.
    pub fn makes(&mut self, thing: Thing, lenient: bool) {
        self.touch(thing, true, lenient);
    }

    /// Something is taken away.
    pub fn drops(&mut self, thing: Thing, lenient: bool) {
        self.touch(thing, false, lenient);
    }

    /// Something gets another name.
    pub fn renames(&mut self, from: Thing, to: Thing) {
        self.drops(from, false);
        self.makes(to, false);
    }

    /// Something is done that cannot be seen, and may not be done twice.
    pub const fn hides(&mut self) {
        self.hides = true;
    }

    /// The table is called otherwise afterwards: what was done to it is seen under neither name alone.
    pub(super) fn only_relations(&mut self) {
        self.touched.retain(|touched| matches!(touched.thing, Thing::Relation(..)));
    }

    fn touch(&mut self, thing: Thing, after: bool, lenient: bool) {
        if let Some(touched) = self.touched.iter_mut().find(|touched| touched.thing == thing) {
            touched.after = after;
            touched.strict |= !lenient;
        } else {
            self.touched.push(Touched { thing, before: !after, after, strict: !lenient });
        }
    }

    /// What that comes to for a statement that takes effect as a whole or not at all, or of which the parts can all be seen.
    #[must_use]
    pub fn doubt(self) -> Doubt {
        let Self { touched, hides } = self;
        // What was taken away and made again looks as it did before.
        let hides = hides || touched.iter().any(|touched| touched.strict && touched.before == touched.after);
        let traces: Vec<Trace> = touched
            .into_iter()
            .filter(|touched| touched.strict && touched.before != touched.after)
            .map(|touched| Trace { thing: touched.thing, after: touched.after })
            .collect();
        match (traces.is_empty(), hides) {
            (false, _) => Doubt::Told { traces, fills: false },
            (true, false) => Doubt::Repeatable,
            (true, true) => Doubt::Untold("what it does leaves nothing to look for"),
        }
    }
}
