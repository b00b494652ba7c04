//! State that everything inside one engine shares.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use rquickjs_core::{Ctx, Error, Function, JsLifetime, Object, Persistent, Result, Value};

use crate::table::Table;

/// Functions of `prelude.js`, kept from before any code of a plugin ran.
pub(crate) struct Helpers {
    /// `(message, code, status, statusName, detail)`: an instance of `HostError`.
    pub(crate) host_error: Persistent<Function<'static>>,
    /// `(flat array of keys and values)`: a `Map`.
    pub(crate) map: Persistent<Function<'static>>,
    /// `(map)`: a flat array of keys and values.
    pub(crate) entries: Persistent<Function<'static>>,
    /// `(value)`: whether it is a `HostError`, and then its status, code, message and detail.
    pub(crate) parts: Persistent<Function<'static>>,
}

impl Helpers {
    pub(crate) fn new<'js>(ctx: &Ctx<'js>, made: &Object<'js>) -> Result<Self> {
        let keep = |name: &str| Ok::<_, Error>(Persistent::save(ctx, made.get::<_, Function>(name)?));
        Ok(Helpers {
            host_error: keep("hostError")?,
            map: keep("map")?,
            entries: keep("entries")?,
            parts: keep("parts")?,
        })
    }
}

pub(crate) struct Shared {
    pub(crate) table: RefCell<Rc<Table>>,
    pub(crate) helpers: RefCell<Option<Rc<Helpers>>>,
    /// The prototype of each resource's class.
    pub(crate) prototypes: RefCell<Vec<Persistent<Object<'static>>>>,
    /// The buffer of arguments. An encoder takes it: code of the plugin that runs meanwhile finds an empty one.
    pub(crate) args: Cell<Vec<u8>>,
    /// Handles whose objects are gone, with the function that closes each.
    pub(crate) dropped: Rc<RefCell<Vec<(u32, u64)>>>,
}

impl Shared {
    pub(crate) fn new() -> Rc<Self> {
        Rc::new(Shared {
            table: RefCell::default(),
            helpers: RefCell::default(),
            prototypes: RefCell::default(),
            args: Cell::default(),
            dropped: Rc::default(),
        })
    }

    pub(crate) fn of(ctx: &Ctx<'_>) -> Result<Rc<Self>> {
        ctx.userdata::<Held>().map(|held| Rc::clone(&held.0)).ok_or(Error::Unknown)
    }

    pub(crate) fn table(&self) -> Rc<Table> {
        Rc::clone(&self.table.borrow())
    }

    pub(crate) fn helper<'js>(
        &self,
        ctx: &Ctx<'js>,
        which: impl FnOnce(&Helpers) -> &Persistent<Function<'static>>,
    ) -> Result<Function<'js>> {
        let helpers = self.helpers.borrow().clone().ok_or(Error::Unknown)?;
        which(&helpers).clone().restore(ctx)
    }
}

/// [`Shared`] where every function finds it.
pub(crate) struct Held(pub(crate) Rc<Shared>);

// SAFETY: it holds no value of a context but persistent ones.
unsafe impl JsLifetime<'_> for Held {
    type Changed<'to> = Held;
}

/// The reason why a value cannot cross.
pub(crate) enum Fault {
    /// Code of the plugin that the conversion ran threw this.
    Thrown(Error),
    /// The value is not of the type; `at` is where in the argument.
    Wrong { at: String, what: String, is_range: bool },
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Fault::Thrown(error)
    }
}

impl Fault {
    pub(crate) fn wrong(what: impl Into<String>) -> Self {
        Fault::Wrong { at: String::new(), what: what.into(), is_range: false }
    }

    pub(crate) fn range(what: impl Into<String>) -> Self {
        Fault::Wrong { at: String::new(), what: what.into(), is_range: true }
    }

    /// The same inside `part` of a larger value.
    pub(crate) fn within(self, part: impl AsRef<str>) -> Self {
        match self {
            Fault::Wrong { at, what, is_range } => {
                Fault::Wrong { at: format!("{}{at}", part.as_ref()), what, is_range }
            }
            thrown @ Fault::Thrown(_) => thrown,
        }
    }

    /// Throws it: a `TypeError` or a `RangeError` that names the function and the place.
    #[cold]
    pub(crate) fn throw(self, ctx: &Ctx<'_>, function: &str) -> Error {
        use rquickjs_core::Exception;
        match self {
            Fault::Thrown(error) => error,
            Fault::Wrong { at, what, is_range } => {
                let text = if at.is_empty() {
                    format!("{function}: {what}")
                } else {
                    format!("{function}: argument {at}: {what}")
                };
                if is_range { Exception::throw_range(ctx, &text) } else { Exception::throw_type(ctx, &text) }
            }
        }
    }
}

/// Describes a value for error messages.
pub(crate) fn kind(value: &Value<'_>) -> &'static str {
    use rquickjs_core::Type;
    match value.type_of() {
        Type::Undefined | Type::Uninitialized => "undefined",
        Type::Null => "null",
        Type::Bool => "a boolean",
        Type::Int | Type::Float => "a number",
        Type::String => "a string",
        Type::Symbol => "a symbol",
        Type::BigInt => "a bigint",
        Type::Array => "an array",
        Type::Constructor | Type::Function => "a function",
        Type::Promise => "a promise; `await` it first",
        Type::Exception => "an error",
        _ => "an object",
    }
}
