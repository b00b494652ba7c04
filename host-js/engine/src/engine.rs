//! One context with a plugin in it.

use std::rc::Rc;

use rquickjs_core::context::intrinsic;
use rquickjs_core::loader::{ImportAttributes, Loader, Resolver};
use rquickjs_core::module::Declared;
use rquickjs_core::{
    CatchResultExt, Context, Ctx, Error, Function, Module, Object, Persistent, Result, Runtime, Value,
    function::Args,
};

use crate::decode::Decoder;
use crate::encode::Encoder;
use crate::functions::{HostModuleDef, close_dropped, is_unit, prototypes};
use crate::shared::{Fault, Held, Helpers, Shared};
use crate::table::{Entry, Table};
use crate::thrown::{Thrown, thrown};
use crate::wire::Reader;

/// Bytes of the shadow stack that scripts may use. Together with 1 MiB of the instance's own stack most recursion ends
/// as a `RangeError` of the script.
const STACK: usize = 96 << 10;

const PRELUDE: &str = include_str!("prelude.js");

/// The language without authority: no clock and no performance counter.
type Intrinsics = (
    intrinsic::Eval,
    intrinsic::RegExpCompiler,
    intrinsic::RegExp,
    intrinsic::Json,
    intrinsic::Proxy,
    intrinsic::MapSet,
    intrinsic::TypedArrays,
    intrinsic::Promise,
    intrinsic::WeakRef,
);

pub(crate) struct Engine {
    pub(crate) context: Context,
    shared: Rc<Shared>,
    entries: Vec<Option<Persistent<Function<'static>>>>,
    _runtime: Runtime,
}

impl Engine {
    pub(crate) fn new() -> Result<Self> {
        let runtime = Runtime::new()?;
        runtime.set_max_stack_size(STACK);
        runtime.set_loader(Modules, Modules);
        let context = Context::custom::<Intrinsics>(&runtime)?;
        let shared = Shared::new();
        context.with(|ctx| -> Result<()> {
            ctx.store_userdata(Held(Rc::clone(&shared))).map_err(|_| Error::Unknown)?;
            let natives = crate::natives::natives(&ctx)?;
            let prelude: Function = ctx.eval(PRELUDE)?;
            let made: Object = prelude.call((natives,))?;
            *shared.helpers.borrow_mut() = Some(Rc::new(Helpers::new(&ctx, &made)?));
            Ok(())
        })?;
        Ok(Engine { context, shared, entries: Vec::new(), _runtime: runtime })
    }

    /// Runs the plugin's modules.
    pub(crate) fn start(&mut self, table: Table) -> std::result::Result<(), Thrown> {
        *self.shared.table.borrow_mut() = Rc::new(table);
        let table = self.shared.table();
        let shared = &self.shared;
        self.entries = self.context.with(|ctx| {
            let start = || -> Result<Vec<_>> {
                prototypes(&ctx, shared, &table)?;
                let Some(main) = table.sources.first() else { return Ok(Vec::new()) };
                let module = Module::declare(ctx.clone(), main.name.as_str(), main.text.as_str())?;
                let (module, promise) = module.eval()?;
                settle(&ctx, &promise.into_value())?;
                table.entries.iter().map(|entry| function(&ctx, &module, entry)).collect()
            };
            start().catch(&ctx).map_err(|error| thrown(&ctx, shared, &error))
        })?;
        Ok(())
    }

    /// Calls an entry with arguments from the host.
    pub(crate) fn call(&self, at: usize, args: &[u8]) -> std::result::Result<Vec<u8>, Thrown> {
        let table = self.shared.table();
        let shared = &self.shared;
        let outcome = self.context.with(|ctx| {
            let call = || -> Result<Vec<u8>> {
                let entry = table.entries.get(at).ok_or(Error::Unknown)?;
                let Some(Some(function)) = self.entries.get(at) else {
                    let text = format!("`{}` is not a function", entry.name);
                    return Err(rquickjs_core::Exception::throw_type(&ctx, &text));
                };
                let function = function.clone().restore(&ctx)?;
                let mut decoder = Decoder { ctx: &ctx, shared, table: &table, reader: Reader::new(args) };
                let values = decoder.list(entry.params.as_deref())?;
                let mut list = Args::new_unsized(ctx.clone());
                for value in values {
                    list.push_arg(value)?;
                }
                let reply = settle(&ctx, &function.call_arg::<Value>(list)?)?;
                let mut out = Vec::new();
                if !is_unit(&table, entry.reply) && !(entry.reply == 0 && reply.is_undefined()) {
                    Encoder { ctx: &ctx, shared, table: &table, out: &mut out }
                        .value(&reply, entry.reply, 0)
                        .map_err(|fault: Fault| fault.within("of the reply").throw(&ctx, &entry.name))?;
                }
                Ok(out)
            };
            call().catch(&ctx).map_err(|error| thrown(&ctx, shared, &error))
        });
        close_dropped(shared);
        outcome
    }
}

/// Runs jobs until the value is there, where it is a promise.
fn settle<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> Result<Value<'js>> {
    while ctx.execute_pending_job() {}
    let Some(promise) = value.as_promise() else { return Ok(value.clone()) };
    promise.result::<Value>().unwrap_or_else(|| {
        let text = "the promise is pending, and nothing is left that could settle it";
        Err(rquickjs_core::Exception::throw_type(ctx, text))
    })
}

/// The function behind an entry; `None` where the export is something else.
fn function<'js>(
    ctx: &Ctx<'js>,
    module: &Module<'js, rquickjs_core::module::Evaluated>,
    entry: &Entry,
) -> Result<Option<Persistent<Function<'static>>>> {
    let export: Value = module.get(entry.name.as_str())?;
    let found = match (&entry.member, export.as_object()) {
        (None, _) => export,
        (Some(member), Some(object)) => object.get(member.as_str())?,
        (Some(_), None) => return Ok(None),
    };
    Ok(found.into_function().map(|function| Persistent::save(ctx, function)))
}

/// Resolves the plugin's own modules by their names and the host's by their exact specifiers.
struct Modules;

impl Resolver for Modules {
    fn resolve<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        base: &str,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<String> {
        let table = Shared::of(ctx)?.table();
        // before a plugin is packed, any module may be named
        if table.sources.is_empty() || table.modules.iter().any(|module| module.specifier == name) {
            return Ok(name.to_owned());
        }
        let resolved = crate::relative::resolve(base, name);
        let known = resolved.filter(|name| table.sources.iter().any(|source| source.name == *name));
        known.ok_or_else(|| Error::new_resolving(base, name))
    }
}

impl Loader for Modules {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<Module<'js, Declared>> {
        let table = Shared::of(ctx)?.table();
        match table.sources.iter().find(|source| source.name == name) {
            Some(source) => Module::declare(ctx.clone(), name, source.text.as_str()),
            None => Module::declare_def::<HostModuleDef, _>(ctx.clone(), name),
        }
    }
}
