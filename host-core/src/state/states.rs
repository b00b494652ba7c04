//! The states of an instance.

use std::any::{Any, TypeId, type_name};
use std::error::Error as StdError;
use std::fmt;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::error::message_of;
use crate::observe::Fault;
use crate::spec::{Param, StateSlots};

/// The states of one instance, each of its own type, closed and dropped in reverse order.
#[derive(Default)]
pub struct States(Vec<State>);

struct State {
    id: &'static str,
    type_id: TypeId,
    value: Box<dyn Any + Send>,
    close: Option<Close>,
}

pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// The closer of a state.
pub(crate) type Close = Arc<dyn Fn(Box<dyn Any + Send>) -> Result<(), BoxError> + Send + Sync>;

impl States {
    /// No states.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a state; a type can be there once, and a second one of it is never found.
    pub fn push<S: Any + Send>(&mut self, id: &'static str, state: S) {
        self.push_boxed(id, TypeId::of::<S>(), Box::new(state), None);
    }

    pub(crate) fn push_boxed(
        &mut self,
        id: &'static str,
        type_id: TypeId,
        value: Box<dyn Any + Send>,
        close: Option<Close>,
    ) {
        self.0.push(State { id, type_id, value, close });
    }

    /// Closes them all, the last one first, and returns what went wrong, each with the id of its state. A
    /// panic counts as an error, and keeps none of the others from being closed.
    pub(crate) fn close(&mut self) -> Vec<(&'static str, String)> {
        let mut wrong = Vec::new();
        while let Some(state) = self.0.pop() {
            let State { id, value, close, .. } = state;
            let closed = catch_unwind(AssertUnwindSafe(|| match close {
                Some(close) => close(value),
                None => Ok(()),
            }));
            match closed {
                Ok(Ok(())) => {}
                Ok(Err(error)) => wrong.push((id, error.to_string())),
                Err(panic) => wrong.push((id, format!("it panicked: {}", message_of(panic)))),
            }
        }
        wrong
    }

    /// The state of type `S`.
    pub fn get<S: Any>(&self) -> Option<&S> {
        self.0.iter().find_map(|state| state.value.downcast_ref())
    }

    /// The state of type `S`, to change.
    pub fn get_mut<S: Any>(&mut self) -> Option<&mut S> {
        self.0.iter_mut().find_map(|state| state.value.downcast_mut())
    }

    /// Resolves the states that a function with these parameters takes.
    pub(crate) fn slots_of(&self, params: &[Param]) -> StateSlots {
        // what is not found here, each call searches for: it has an error to report
        let ids = params.iter().filter_map(Param::state_id);
        StateSlots::new(ids.map(|id| self.position(id).unwrap_or_default()))
    }

    pub(crate) fn has(&self, type_id: TypeId) -> bool {
        self.position(type_id).is_some()
    }

    /// The place of the state of type `S`, which is probably this one.
    #[inline]
    fn place<S: Any>(&self, likely: u8) -> Result<usize, Fault> {
        let likely = usize::from(likely);
        match self.0.get(likely) {
            Some(state) if state.type_id == TypeId::of::<S>() => Ok(likely),
            _ => self.search(TypeId::of::<S>()).ok_or_else(|| missing(type_name::<S>())),
        }
    }

    #[cold]
    fn search(&self, type_id: TypeId) -> Option<usize> {
        self.position(type_id)
    }

    fn position(&self, type_id: TypeId) -> Option<usize> {
        self.0.iter().position(|state| state.type_id == type_id)
    }
}

impl Drop for States {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|state| state.id)).finish()
    }
}

/// The way a host function holds a state: `&S` or `&mut S` of the instance's own, `Shared<S>` of one that
/// the host's instances share.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not how a host function holds a state",
    label = "expected `&mut S`, `&S` or `Shared<S>`",
    note = "a state belongs to the instance, and the function borrows it for the call; one that all instances share \
            is a `Shared<S>`",
    note = "`S` is `Send`, and `Sync` too where it is shared"
)]
pub trait StateRef<'a> {
    /// The state's type.
    type State: Any + Send;

    /// The reference, from the state.
    fn from_state(state: &'a mut Self::State) -> Self;
}

impl<'a, S: Any + Send> StateRef<'a> for &'a S {
    type State = S;
    fn from_state(state: &'a mut S) -> Self {
        state
    }
}

impl<'a, S: Any + Send> StateRef<'a> for &'a mut S {
    type State = S;
    fn from_state(state: &'a mut S) -> Self {
        state
    }
}

impl Param {
    /// A parameter that the host passes: the instance's state `S`, as `T` = `&S` or `&mut S`.
    pub const fn state<T: StateRef<'static>>(name: &'static str) -> Self {
        Param::of_state(name, type_name::<T::State>, TypeId::of::<T::State>)
    }
}

/// A state that all instances of a host share: `#[state] s: Shared<S>`. A clone is a handle on the same
/// state, which changes only as far as `S` itself allows, by a lock or an atomic.
///
/// `Host::builder(registry).shared("id", value)` provides it.
#[derive(Debug)]
pub struct Shared<S: ?Sized>(Arc<S>);

impl<S> Shared<S> {
    /// A handle on `state`.
    pub fn new(state: S) -> Self {
        Self(Arc::new(state))
    }
}

impl<S: ?Sized> Clone for Shared<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: ?Sized> Deref for Shared<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.0
    }
}

impl<'a, S: Any + Send + Sync> StateRef<'a> for Shared<S> {
    type State = Shared<S>;
    fn from_state(state: &'a mut Shared<S>) -> Self {
        state.clone()
    }
}

/// Several states at once, each of another type: a tuple of `&S`, `&mut S` and `Shared<S>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not how a host function holds its states",
    label = "expected at most four, each `&mut S`, `&S` or `Shared<S>`",
    note = "`S` is `Send`, and `Sync` too where it is shared"
)]
pub trait StateRefs<'a>: Sized {
    /// Borrows them all. `at` has the place of each, if it is known.
    ///
    /// # Errors
    /// `INTERNAL` when one is not there or is asked for twice. A host that was built has checked that
    /// its functions' states are there.
    fn borrow(states: &'a mut States, at: StateSlots) -> Result<Self, Fault>;
}

macro_rules! state_refs {
    ($($name:ident $value:ident),+) => {
        #[diagnostic::do_not_recommend]
        impl<'a, $($name: StateRef<'a>),+> StateRefs<'a> for ($($name,)+) {
            #[inline]
            fn borrow(states: &'a mut States, at: StateSlots) -> Result<Self, Fault> {
                let [$($value,)+ ..] = at.places();
                let at = [$(states.place::<$name::State>($value)?),+];
                let [$($value),+] = states.0.get_disjoint_mut(at).map_err(|_| twice())?;
                Ok(($($name::from_state(
                    $value.value.downcast_mut().ok_or_else(|| missing(type_name::<$name::State>()))?,
                ),)+))
            }
        }
    };
}
state_refs!(A a);
state_refs!(A a, B b);
state_refs!(A a, B b, C c);
state_refs!(A a, B b, C c, D d);

#[cold]
fn missing(name: &str) -> Fault {
    Fault::internal(format!("the instance has no state of type `{name}`"))
}

#[cold]
fn twice() -> Fault {
    Fault::internal("one state was asked for twice in one call".to_owned())
}
