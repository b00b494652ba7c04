//! The host's functions and handles as the plugin sees them.

use std::cell::RefCell;
use std::rc::Rc;

use rquickjs_core::atom::PredefinedAtom;
use rquickjs_core::class::{Class, JsClass, Readable, Trace, Tracer};
use rquickjs_core::function::{Constructor, IntoJsFunc, ParamRequirement, Params};
use rquickjs_core::module::{Declarations, Exports, ModuleDef};
use rquickjs_core::object::Property;
use rquickjs_core::{Ctx, Error, Function, JsLifetime, Object, Persistent, Result, Value};

use crate::abi;
use crate::decode::Decoder;
use crate::encode::{Encoder, with_text};
use crate::shared::{Fault, Shared};
use crate::table::{Resource, Table, Type};
use crate::wire::{self, Reader};

/// One of the host's modules, for whichever specifier it was asked.
pub(crate) struct HostModuleDef;

impl ModuleDef for HostModuleDef {
    fn declare(declarations: &Declarations<'_>) -> Result<()> {
        let module = declarations.module();
        let specifier: String = module.name()?;
        let table = Shared::of(module.ctx())?.table();
        for (name, _) in exports(&table, &specifier) {
            declarations.declare(name.as_str())?;
        }
        Ok(())
    }

    fn evaluate<'js>(ctx: &Ctx<'js>, module: &Exports<'js>) -> Result<()> {
        let specifier: String = module.module().name()?;
        let shared = Shared::of(ctx)?;
        let table = shared.table();
        for (name, at) in exports(&table, &specifier) {
            let in_memory = in_memory(&table, &specifier, name);
            let function = HostFunction { at: *at, in_memory, is_method: false, shared: Rc::clone(&shared) };
            module.export(name.as_str(), Function::new(ctx.clone(), function)?.with_name(name)?)?;
        }
        Ok(())
    }
}

fn exports<'t>(table: &'t Table, specifier: &str) -> impl Iterator<Item = &'t (String, u32)> {
    let module = table.modules.iter().find(|module| module.specifier == specifier);
    module.into_iter().flat_map(|module| &module.exports)
}

/// The function that an alias stands for where it is asked for something in memory.
fn in_memory(table: &Table, specifier: &str, name: &str) -> Option<u32> {
    let module = table.modules.iter().find(|module| module.specifier == specifier)?;
    module.in_memory.iter().find(|(known, _)| known == name).map(|(_, at)| *at)
}

/// A host function; as a method its `this` is the first argument.
struct HostFunction {
    at: u32,
    in_memory: Option<u32>,
    is_method: bool,
    shared: Rc<Shared>,
}

impl<'js> IntoJsFunc<'js, ()> for HostFunction {
    fn param_requirements() -> ParamRequirement {
        ParamRequirement::any()
    }

    fn call<'a>(&self, params: Params<'a, 'js>) -> Result<Value<'js>> {
        let ctx = params.ctx();
        let table = self.shared.table();
        let outcome = self.run(ctx, &table, &params);
        if !table.functions[self.at as usize].is_async {
            return outcome;
        }
        // the call has ended when it returns, so the promise is settled from the start
        let (promise, resolve, reject) = ctx.promise()?;
        match outcome {
            Ok(value) => resolve.call::<_, ()>((value,))?,
            Err(Error::Exception) => reject.call::<_, ()>((ctx.catch(),))?,
            Err(error) => return Err(error),
        }
        Ok(promise.into_value())
    }
}

impl HostFunction {
    fn run<'js>(&self, ctx: &Ctx<'js>, table: &Table, params: &Params<'_, 'js>) -> Result<Value<'js>> {
        close_dropped(&self.shared);
        let memory = self.in_memory.filter(|_| params.len() == 1 && asks_for_memory(params));
        let (at, given) = memory.map_or((self.at, params.len()), |memory| (memory, 0));
        let function = &table.functions[at as usize];
        let mut args = self.shared.args.take();
        args.clear();
        wire::array(&mut args, function.params.len());
        let first = usize::from(self.is_method);
        let mut encoder = Encoder { ctx, shared: &self.shared, table, out: &mut args };
        for (at, (name, ty)) in function.params.iter().enumerate() {
            let value = match at.checked_sub(first) {
                None => Some(params.this()),
                Some(at) => params.arg(at),
            };
            let value = value.unwrap_or_else(|| Value::new_undefined(ctx.clone()));
            let encoded = encoder.value(&value, *ty, 1).map_err(|fault| fault.within(format!("`{name}`")));
            if let Err(fault) = encoded {
                return Err(fault.throw(ctx, &function.name));
            }
        }
        if first + given > function.params.len() {
            let text = format!("takes {} arguments, got {given}", function.params.len() - first);
            return Err(Fault::wrong(text).throw(ctx, &function.name));
        }
        let outcome = abi::call(at, &args, |status, reply| {
            if status == 0 {
                Decoder { ctx, shared: &self.shared, table, reader: Reader::new(reply) }.reply(function.reply)
            } else {
                Err(host_error(ctx, &self.shared, table, &function.name, status, reply))
            }
        });
        if outcome.is_ok() {
            self.note_closed(table, params);
        }
        self.shared.args.set(args);
        outcome
    }

    /// A handle that was closed is not closed once more when its object goes.
    fn note_closed(&self, table: &Table, params: &Params<'_, '_>) {
        if !table.resources.iter().any(|resource| resource.close == Some(self.at)) {
            return;
        }
        let value = if self.is_method { Some(params.this()) } else { params.arg(0) };
        let object = value.as_ref().and_then(Value::as_object).and_then(Class::<HandleObject>::from_object);
        if let Some(handle) = object {
            handle.borrow().is_closed.set(true);
        }
    }
}

/// Returns true if the first argument is `:memory:`.
fn asks_for_memory(params: &Params<'_, '_>) -> bool {
    let text = params.arg(0).and_then(|value| value.as_string().cloned());
    text.is_some_and(|text| with_text(&text, |text| text == ":memory:").unwrap_or(false))
}

/// The error of a call that failed, thrown.
#[cold]
fn host_error<'js>(
    ctx: &Ctx<'js>,
    shared: &Shared,
    table: &Table,
    function: &str,
    status: i32,
    reply: &[u8],
) -> Error {
    let make = || -> Result<Value<'js>> {
        let mut decoder = Decoder { ctx, shared, table, reader: Reader::new(reply) };
        let info = decoder.reply(0)?;
        let member = |name: &str| match info.as_object() {
            Some(object) => object.get::<_, Value>(name),
            None => Ok(Value::new_undefined(ctx.clone())),
        };
        let named = hostfn_abi::Status::new(status).name();
        let name = named.map_or_else(|| status.to_string(), str::to_owned);
        let message = match member("message")?.as_string() {
            Some(text) => text.clone(),
            None => rquickjs_core::String::from_str(ctx.clone(), &format!("{function}: {name}"))?,
        };
        let make = shared.helper(ctx, |helpers| &helpers.host_error)?;
        make.call((message, member("code")?, status, name, member("detail")?))
    };
    match make() {
        Ok(error) => ctx.throw(error),
        Err(error) => error,
    }
}

/// An object for a handle. Its prototype is that of its class, and the number is out of the plugin's reach.
pub(crate) struct HandleObject {
    pub(crate) resource: u32,
    pub(crate) id: u64,
    pub(crate) close: Option<u32>,
    pub(crate) is_closed: std::cell::Cell<bool>,
    pub(crate) dropped: Rc<RefCell<Vec<(u32, u64)>>>,
}

impl Drop for HandleObject {
    /// Only notes it: this runs wherever memory is collected, where nothing may be called.
    fn drop(&mut self) {
        if let Some(close) = self.close.filter(|_| !self.is_closed.get())
            && let Ok(mut dropped) = self.dropped.try_borrow_mut()
        {
            dropped.push((close, self.id));
        }
    }
}

impl<'js> Trace<'js> for HandleObject {
    fn trace<'a>(&self, _: Tracer<'a, 'js>) {}
}

// SAFETY: it holds no value of a context.
unsafe impl JsLifetime<'_> for HandleObject {
    type Changed<'to> = HandleObject;
}

impl<'js> JsClass<'js> for HandleObject {
    const NAME: &'static str = "Handle";
    type Mutable = Readable;

    fn constructor(_: &Ctx<'js>) -> Result<Option<Constructor<'js>>> {
        Ok(None)
    }
}

/// Closes the handles whose objects are gone. What the host answers is in its records, and nobody here asks.
pub(crate) fn close_dropped(shared: &Shared) {
    while let Some((close, id)) = { shared.dropped.borrow_mut().pop() } {
        let mut args = Vec::with_capacity(10);
        wire::array(&mut args, 1);
        wire::unsigned(&mut args, id);
        abi::call(close, &args, |_, _| ());
    }
}

/// The prototypes of the resources' classes.
pub(crate) fn prototypes<'js>(ctx: &Ctx<'js>, shared: &Rc<Shared>, table: &Table) -> Result<()> {
    let made: Result<Vec<_>> =
        table.resources.iter().map(|resource| prototype(ctx, shared, resource)).collect();
    *shared.prototypes.borrow_mut() = made?;
    Ok(())
}

fn prototype<'js>(
    ctx: &Ctx<'js>,
    shared: &Rc<Shared>,
    resource: &Resource,
) -> Result<Persistent<Object<'static>>> {
    let prototype = Object::new(ctx.clone())?;
    let method = |at: u32, name: &str| {
        let function = HostFunction { at, in_memory: None, is_method: true, shared: Rc::clone(shared) };
        Function::new(ctx.clone(), function)?.with_name(name)
    };
    for (name, at) in &resource.methods {
        prototype.prop(name.as_str(), Property::from(method(*at, name)?).writable().configurable())?;
    }
    if let Some(at) = resource.close {
        let symbol: Value = ctx.globals().get::<_, Object>("Symbol")?.get("dispose")?;
        if symbol.is_symbol() {
            prototype.prop(symbol, Property::from(method(at, "dispose")?).writable().configurable())?;
        }
    }
    prototype
        .prop(PredefinedAtom::SymbolToStringTag, Property::from(resource.class.as_str()).configurable())?;
    Ok(Persistent::save(ctx, prototype))
}

/// Returns true when a reply of the type is nothing.
pub(crate) fn is_unit(table: &Table, ty: u32) -> bool {
    matches!(table.types[ty as usize], Type::Unit)
}
