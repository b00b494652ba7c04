//! Initialisers and closers of an instance's states.

use std::any::{Any, TypeId, type_name};
use std::fmt;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::Arc;

use super::states::Close;
use super::{BoxError, Shared, StateCx, States};
use crate::error::{Code, Problem, Result, message_of};

type Init = dyn Fn(&StateCx<'_>) -> Result<Box<dyn Any + Send>, BoxError> + Send + Sync;

/// The initialiser of a state.
#[derive(Clone)]
pub(crate) struct StateInit {
    id: &'static str,
    type_id: TypeId,
    type_name: &'static str,
    place: &'static Location<'static>,
    init: Arc<Init>,
    close: Option<Close>,
}

/// The closer of states of one type.
#[derive(Clone)]
pub(crate) struct Closer {
    type_id: TypeId,
    type_name: &'static str,
    place: &'static Location<'static>,
    close: Close,
}

impl StateInit {
    #[track_caller]
    pub(crate) fn new<S, E>(
        id: &'static str,
        init: impl Fn(&StateCx<'_>) -> Result<S, E> + Send + Sync + 'static,
    ) -> Self
    where
        S: Any + Send,
        E: Into<BoxError>,
    {
        Self {
            id,
            type_id: TypeId::of::<S>(),
            type_name: type_name::<S>(),
            place: Location::caller(),
            init: Arc::new(move |cx| match init(cx) {
                Ok(state) => Ok(Box::new(state)),
                Err(error) => Err(error.into()),
            }),
            close: None,
        }
    }

    #[track_caller]
    pub(crate) fn shared<S: Any + Send + Sync>(id: &'static str, state: S) -> Self {
        let shared = Shared::new(state);
        Self::new(id, move |_| Ok::<_, BoxError>(shared.clone()))
    }

    /// The type of the state.
    pub(crate) fn type_id(&self) -> TypeId {
        self.type_id
    }

    pub(crate) fn make(&self, cx: &StateCx<'_>, states: &mut States) -> Result<()> {
        let value = catch_unwind(AssertUnwindSafe(|| (self.init)(cx)))
            .unwrap_or_else(|panic| Err(format!("it panicked: {}", message_of(panic)).into()))
            .map_err(|error| {
                Problem::new(
                    Code::StateFailed,
                    format!("state `{}` of plugin `{}`", self.id, cx.plugin()),
                    format!("its initialiser failed: {error}"),
                    "fix the initialiser, or what it needs",
                )
                .caused_at(self.place)
            })?;
        states.push_boxed(self.id, self.type_id, value, self.close.clone());
        Ok(())
    }
}

impl Closer {
    #[track_caller]
    pub(crate) fn new<S, E>(close: impl Fn(S) -> Result<(), E> + Send + Sync + 'static) -> Self
    where
        S: Any + Send,
        E: Into<BoxError>,
    {
        Self {
            type_id: TypeId::of::<S>(),
            type_name: type_name::<S>(),
            place: Location::caller(),
            close: Arc::new(move |state| match state.downcast() {
                Ok(state) => close(*state).map_err(Into::into),
                Err(_) => Ok(()),
            }),
        }
    }
}

impl fmt::Debug for StateInit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.id, self.type_name)
    }
}

impl fmt::Debug for Closer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.type_name)
    }
}

/// Hands each closer to the state that it closes.
pub(crate) fn give_closers(states: &mut [StateInit], closers: Vec<Closer>, problems: &mut Vec<Problem>) {
    let mut given: Vec<(TypeId, &'static Location<'static>)> = Vec::new();
    for Closer { type_id, type_name, place, close } in closers {
        let at = format!("closer of `{type_name}` ({place})");
        if let Some((_, other)) = given.iter().find(|(given, _)| *given == type_id) {
            let what = format!("there is a closer of this type already, from {other}");
            problems.push(Problem::new(Code::DuplicateCloser, at, what, "keep one of the two"));
            continue;
        }
        given.push((type_id, place));
        match states.iter_mut().find(|state| state.type_id == type_id) {
            Some(state) => state.close = Some(close),
            None => problems.push(Problem::new(
                Code::CloserWithoutState,
                at,
                "there is no state of this type",
                "provide it with `state`, or leave the closer out",
            )),
        }
    }
}

/// Reports errors of the states of one instance.
pub(crate) fn state_problems(states: &[StateInit], problems: &mut Vec<Problem>) {
    for (i, state) in states.iter().enumerate() {
        let place = format!("state `{}` ({})", state.id, state.place);
        if state.id.trim().is_empty() {
            let remedy = "name it, for the messages that are about it";
            problems.push(Problem::new(Code::BlankStateId, place.clone(), "its id is blank", remedy));
        }
        for other in &states[..i] {
            if other.id == state.id {
                let what = format!("there is a state of this id already, from {}", other.place);
                problems.push(Problem::new(
                    Code::DuplicateStateId,
                    place.clone(),
                    what,
                    "give it another id",
                ));
            }
            if other.type_id == state.type_id {
                problems.push(Problem::new(
                    Code::DuplicateStateType,
                    place.clone(),
                    format!("there is a state of type `{}` already, from {}", state.type_name, other.place),
                    "wrap one of them in a type of its own",
                ));
            }
        }
    }
}
