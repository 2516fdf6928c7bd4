//! Where in the document we are, and the first thing that went wrong.

use alloc::vec::Vec;
use core::cell::RefCell;
use core::fmt;

use serde::de::Error;

use super::error::JsonReason;
use super::fault::Fault;

/// A place in the document: a chain up to the root on the call stack, so that nothing is
/// allocated unless something fails.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    above: Option<(&'a Place<'a>, Step)>,
    first_failure: &'a RefCell<Option<Failure>>,
}

impl<'a> Place<'a> {
    pub(super) const fn root(first_failure: &'a RefCell<Option<Failure>>) -> Self {
        Self {
            above: None,
            first_failure,
        }
    }

    pub(super) const fn child(&'a self, name: Name, position: usize) -> Self {
        Self {
            above: Some((self, Step { name, position })),
            first_failure: self.first_failure,
        }
    }

    /// Takes the result of code above us to the deserializer below: failures are recorded here,
    /// and go on as an empty error.
    pub(super) fn settle<T, E: Error>(&self, result: Result<T, Fault<E>>) -> Result<T, E> {
        match result {
            Ok(value) => {
                // Whoever succeeds has overcome what failed before, such as a field with a
                // default for values it cannot read.
                self.first_failure.take();
                Ok(value)
            }
            Err(Fault::Fresh(reason)) => {
                self.record(Some(reason));
                Err(E::custom("the value could not be read"))
            }
            Err(Fault::Below(error)) => Err(error),
        }
    }

    /// Takes the result of the deserializer below to the code above us: failures that are not
    /// recorded yet are its own.
    pub(super) fn lift<T, E>(&self, result: Result<T, E>) -> Result<T, Fault<E>> {
        result.map_err(|error| {
            self.record(None);
            Fault::Below(error)
        })
    }

    /// Records a failure here, unless one is recorded already. Without a reason, it is one of the
    /// deserializer's own.
    pub(super) fn record(&self, reason: Option<JsonReason>) {
        self.first_failure
            .borrow_mut()
            .get_or_insert_with(|| Failure {
                path: self.path(),
                reason,
            });
    }

    fn path(&self) -> Path {
        let mut steps = Vec::new();
        let mut place = self;
        while let Some((above, step)) = place.above {
            steps.push(step);
            place = above;
        }
        steps.reverse();
        Path(steps)
    }
}

/// What failed first.
#[derive(Default)]
pub(super) struct Failure {
    pub(super) path: Path,
    /// `None` when serde_json itself objected.
    pub(super) reason: Option<JsonReason>,
}

/// From the root down to a place. Shows names and indexes; `.` for the root.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Path(Vec<Step>);

impl Path {
    pub(super) fn steps(&self) -> &[Step] {
        &self.0
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut is_root = true;
        for step in &self.0 {
            let dot = if is_root { "" } else { "." };
            match step.name {
                Name::Unknown => continue,
                Name::Known(name) => write!(f, "{dot}{name}")?,
                Name::Entry | Name::Key => write!(f, "{dot}*")?,
                Name::Index => write!(f, "[{}]", step.position)?,
            }
            is_root = false;
        }
        if is_root { f.write_str(".") } else { Ok(()) }
    }
}

/// One level down.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) name: Name,
    /// Which child of its container, counted from 0.
    pub(super) position: usize,
}

/// What a step may be called: never what the input calls it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    /// A field or a variant, by the constant in the Rust type.
    Known(&'static str),
    /// A field or a variant that the Rust type has no name for.
    Unknown,
    /// An element of a list, called by its position.
    Index,
    /// The value of an entry of a map.
    Entry,
    /// The key of an entry of a map.
    Key,
}
