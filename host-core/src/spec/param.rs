//! Parameters and replies of a host function, as types.

use std::any::{TypeId, type_name};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

use crate::spec::{ErrorKind, HostArg, HostError, TypeShape, shape};

/// A type that can cross from the guest as an argument: any `T: Deserialize`, borrowed `&str` and
/// `&[u8]` included.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be passed by a guest",
    label = "this does not cross the wire",
    note = "derive `serde::Deserialize` for it, or mark the parameter `#[state]` if it is the host's own",
    note = "of the borrowed types only `&str` and `&[u8]` can read the guest's memory in place"
)]
pub trait GuestArg<'de>: Deserialize<'de> {}
#[diagnostic::do_not_recommend]
impl<'de, T: Deserialize<'de>> GuestArg<'de> for T {}

/// A type that can cross to the guest as a reply: any `T: Serialize`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the reply of a host function",
    label = "this does not cross the wire",
    note = "derive `serde::Serialize` for it"
)]
pub trait IntoReply: Serialize {}
#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> IntoReply for T {}

/// One parameter of a host function.
#[derive(Clone, Copy)]
pub struct Param {
    name: &'static str,
    type_name: fn() -> &'static str,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    Wire(fn() -> TypeShape),
    State(fn() -> TypeId),
    Caller,
    Grant,
}

impl Param {
    /// A parameter that the guest passes, of type `T`.
    pub const fn new<T: GuestArg<'static>>(name: &'static str) -> Self {
        Self { name, type_name: type_name::<T>, kind: Kind::Wire(shape::of::<T>) }
    }

    /// A parameter that the host passes to a guest, of type `T` and of the shape that `shape` tells; write
    /// [`passed!("name", T)`](crate::passed).
    pub const fn passed<T: HostArg>(name: &'static str, shape: fn() -> TypeShape) -> Self {
        Self { name, type_name: type_name::<T>, kind: Kind::Wire(shape) }
    }

    /// A parameter that the host passes: a state of the instance, of this type.
    pub(crate) const fn of_state(
        name: &'static str,
        type_name: fn() -> &'static str,
        id: fn() -> TypeId,
    ) -> Self {
        Self { name, type_name, kind: Kind::State(id) }
    }

    /// A parameter that the host passes: who is calling.
    pub const fn caller(name: &'static str) -> Self {
        Self { name, type_name: || "hostfn_core::Caller", kind: Kind::Caller }
    }

    /// A parameter that the host passes: the grant that the arguments were matched against.
    pub const fn grant(name: &'static str) -> Self {
        Self { name, type_name: || "hostfn_core::Scope", kind: Kind::Grant }
    }

    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its Rust type, for people.
    pub fn type_name(&self) -> &'static str {
        (self.type_name)()
    }

    /// Returns whether the guest passes it.
    pub const fn is_wire(&self) -> bool {
        matches!(self.kind, Kind::Wire(_))
    }

    /// Its shape on the wire; `None` when it does not cross.
    pub fn shape(&self) -> Option<TypeShape> {
        match self.kind {
            Kind::Wire(shape) => Some(shape()),
            Kind::State(_) | Kind::Caller | Kind::Grant => None,
        }
    }

    /// The state it reaches, if it is one.
    pub fn state_id(&self) -> Option<TypeId> {
        match self.kind {
            Kind::State(id) => Some(id()),
            Kind::Wire(_) | Kind::Caller | Kind::Grant => None,
        }
    }
}

/// Places of the states that a function takes, in the order of its parameters. They are resolved when an instance is
/// created, so that a call need not search. A place that is wrong costs a search and nothing else.
#[derive(Clone, Copy, Debug, Default)]
pub struct StateSlots([u8; 4]);

impl StateSlots {
    pub(crate) fn new(places: impl Iterator<Item = usize>) -> Self {
        let mut slots = Self::default();
        for (slot, place) in slots.0.iter_mut().zip(places) {
            *slot = u8::try_from(place).unwrap_or_default();
        }
        slots
    }

    #[inline]
    pub(crate) fn places(self) -> [u8; 4] {
        self.0
    }
}

impl fmt::Debug for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Wire(_) => "",
            Kind::State(_) => "#[state] ",
            Kind::Caller => "#[caller] ",
            Kind::Grant => "#[grant] ",
        };
        write!(f, "{kind}{}: {}", self.name, self.type_name())
    }
}

impl PartialEq for Param {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.type_name() == other.type_name()
            && self.is_wire() == other.is_wire()
            && self.state_id() == other.state_id()
            && self.shape() == other.shape()
    }
}

/// Tells the shape of what a host passes to a guest, by which of four `shape` methods is nearest: that of a
/// type that can be traced, of a reference to one, of a slice of one, of anything else. Who passes a value
/// need not own it. [`passed!`](crate::passed) calls it where the type is known.
#[derive(Debug)]
pub struct HostArgProbe<T>(PhantomData<fn() -> T>);

#[doc(hidden)]
#[derive(Debug)]
pub struct PassedRef<T>(PhantomData<fn() -> T>);
#[doc(hidden)]
#[derive(Debug)]
pub struct PassedSlice<T>(PhantomData<fn() -> T>);
#[doc(hidden)]
#[derive(Debug)]
pub struct PassedAny<T>(PhantomData<fn() -> T>);

impl<T> HostArgProbe<T> {
    /// A question about `T`.
    #[expect(clippy::new_without_default, reason = "a question has no default")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: Serialize + Deserialize<'static>> HostArgProbe<T> {
    /// The value's shape.
    pub fn shape(&self) -> TypeShape {
        shape::written::<T>()
    }
}

#[expect(clippy::unused_self, reason = "`self` is what tells the four methods apart")]
impl<T: Serialize + Deserialize<'static>> PassedRef<&T> {
    /// The shape of what it refers to.
    pub fn shape(&self) -> TypeShape {
        shape::written::<T>()
    }
}

#[expect(clippy::unused_self, reason = "`self` is what tells the four methods apart")]
impl<T: Serialize + Deserialize<'static>> PassedSlice<&[T]> {
    /// A sequence of the elements' shape.
    pub fn shape(&self) -> TypeShape {
        shape::written::<Vec<T>>()
    }
}

#[expect(clippy::unused_self, reason = "`self` is what tells the four methods apart")]
impl<T> PassedAny<T> {
    /// The value has no `Deserialize` to trace it by.
    pub fn shape(&self) -> TypeShape {
        shape::untraced::<T>()
    }
}

/// The [`Param`] of a value that a host passes to a guest: `passed!("name", &str)`.
#[macro_export]
macro_rules! passed {
    ($name:expr, $ty:ty) => {
        $crate::Param::passed::<$ty>($name, || $crate::HostArgProbe::<$ty>::new().shape())
    };
}

/// The reply of a host function: its Rust type, its shape on the wire and the errors it can answer.
/// Made by [`reply_shape!`](crate::reply_shape).
#[derive(Clone, Copy)]
pub struct ReplyShape {
    type_name: fn() -> &'static str,
    parts: fn() -> ReplyParts,
}

impl ReplyShape {
    /// `()`.
    pub const NOTHING: ReplyShape = ReplyShape::new::<()>(|| ReplyProbe::<()>::new().parts());

    /// The reply type `T`, whose parts `parts` tells.
    pub const fn new<T>(parts: fn() -> ReplyParts) -> Self {
        Self { type_name: type_name::<T>, parts }
    }

    /// The Rust type, for people.
    pub fn type_name(&self) -> &'static str {
        (self.type_name)()
    }

    /// The shape on the wire of a reply that is no error.
    pub fn shape(&self) -> TypeShape {
        (self.parts)().shape
    }

    /// The error type; `None` for a function that cannot fail by itself.
    pub fn error(&self) -> Option<ErrorShape> {
        (self.parts)().error
    }
}

impl fmt::Debug for ReplyShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.type_name())
    }
}

impl PartialEq for ReplyShape {
    fn eq(&self, other: &Self) -> bool {
        self.type_name() == other.type_name() && (self.parts)() == (other.parts)()
    }
}

/// The two sides of a reply.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplyParts {
    shape: TypeShape,
    error: Option<ErrorShape>,
}

/// A function's own error type and the kinds it declares.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorShape {
    /// The Rust type, for people.
    pub type_name: &'static str,
    /// The kinds it declares; empty where it declares none.
    pub kinds: &'static [ErrorKind],
}

impl ErrorShape {
    fn new<E: HostError>() -> Self {
        ErrorShape { type_name: type_name::<E>(), kinds: E::KINDS }
    }
}

/// Tells what a reply type is made of, by which of six `parts` methods is nearest: that of a `Result`
/// whose value can be read and written, only be read, or neither, and the same of any other value.
/// A trait cannot decide this: `Result` is itself `Serialize`, and not every `Serialize` type can be
/// traced. [`reply_shape!`](crate::reply_shape) calls it where the type is known.
#[derive(Debug)]
pub struct ReplyProbe<T: ?Sized>(PhantomData<fn() -> T>);

#[doc(hidden)]
#[derive(Debug)]
pub struct OfReadResult<T: ?Sized>(PhantomData<fn() -> T>);
#[doc(hidden)]
#[derive(Debug)]
pub struct OfResult<T: ?Sized>(PhantomData<fn() -> T>);
#[doc(hidden)]
#[derive(Debug)]
pub struct OfWritten<T: ?Sized>(PhantomData<fn() -> T>);
#[doc(hidden)]
#[derive(Debug)]
pub struct OfTraced<T: ?Sized>(PhantomData<fn() -> T>);
#[doc(hidden)]
#[derive(Debug)]
pub struct OfAny<T: ?Sized>(PhantomData<fn() -> T>);

impl<T> ReplyProbe<T> {
    /// A question about `T`.
    #[expect(clippy::new_without_default, reason = "a question has no default")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: Serialize + Deserialize<'static>, E: HostError> ReplyProbe<Result<T, E>> {
    /// The value's shape and the error's kinds.
    pub fn parts(&self) -> ReplyParts {
        ReplyParts { shape: shape::written::<T>(), error: Some(ErrorShape::new::<E>()) }
    }
}

#[expect(clippy::unused_self, reason = "`self` is what tells the six methods apart")]
impl<T: Deserialize<'static>, E: HostError> OfReadResult<Result<T, E>> {
    /// The shape of a value that is only read, and the error's kinds.
    pub fn parts(&self) -> ReplyParts {
        ReplyParts { shape: shape::of::<T>(), error: Some(ErrorShape::new::<E>()) }
    }
}

#[expect(clippy::unused_self, reason = "`self` is what tells the six methods apart")]
impl<T, E: HostError> OfResult<Result<T, E>> {
    /// The error's kinds; the value has no `Deserialize` to trace it by.
    pub fn parts(&self) -> ReplyParts {
        ReplyParts { shape: shape::untraced::<T>(), error: Some(ErrorShape::new::<E>()) }
    }
}

#[expect(clippy::unused_self, reason = "`self` is what tells the six methods apart")]
impl<T: Serialize + Deserialize<'static>> OfWritten<T> {
    /// The value's shape.
    pub fn parts(&self) -> ReplyParts {
        ReplyParts { shape: shape::written::<T>(), error: None }
    }
}

#[expect(clippy::unused_self, reason = "`self` is what tells the six methods apart")]
impl<T: Deserialize<'static>> OfTraced<T> {
    /// The shape of a value that is only read.
    pub fn parts(&self) -> ReplyParts {
        ReplyParts { shape: shape::of::<T>(), error: None }
    }
}

#[expect(clippy::unused_self, reason = "`self` is what tells the six methods apart")]
impl<T> OfAny<T> {
    /// The value has no `Deserialize` to trace it by.
    pub fn parts(&self) -> ReplyParts {
        ReplyParts { shape: shape::untraced::<T>(), error: None }
    }
}

macro_rules! falls_back {
    ($($nearer:ident => $farther:ident),+) => {
        $(impl<T> Deref for $nearer<T> {
            type Target = $farther<T>;
            fn deref(&self) -> &$farther<T> {
                &$farther(PhantomData)
            }
        })+
    };
}
falls_back!(
    ReplyProbe => OfReadResult, OfReadResult => OfResult, OfResult => OfWritten, OfWritten => OfTraced, OfTraced => OfAny
);
falls_back!(HostArgProbe => PassedRef, PassedRef => PassedSlice, PassedSlice => PassedAny);

/// The [`ReplyShape`] of a reply type: `reply_shape!(Result<Vec<u8>, FsError>)`.
#[macro_export]
macro_rules! reply_shape {
    ($reply:ty) => {
        $crate::ReplyShape::new::<$reply>(|| $crate::ReplyProbe::<$reply>::new().parts())
    };
}
