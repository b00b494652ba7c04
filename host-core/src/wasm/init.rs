//! The start of an instance: the guest's own initialisation.

use hostfn_abi::{Status, names};
use wasmtime::{Extern, ModuleExport, TypedFunc, WasmParams, WasmResults};

use super::guest::{Allocator, Guest, enter, leave};
use super::instance::Instance;
use super::plugin::Entries;
use super::stop::into_error;
use super::{places, reserve};
use crate::engine::{Exports, Session};
use crate::error::{Code, Error, Problem, Result, last_line};
use crate::link::{self, place_of_export};

impl Instance {
    /// Runs the guest's own initialisation: section 7 of the ABI.
    pub(super) async fn initialize(&mut self, entries: &Entries) -> Result<()> {
        let memory = self.exported(entries.memory).and_then(Extern::into_memory);
        let alloc = self.function(entries.alloc);
        let guest = self.store.data_mut();
        guest.memory = memory;
        guest.alloc = Allocator::new(alloc);
        self.run_if_there::<()>(entries.initialize).await?;
        if let Some(version) = self.run_if_there::<i32>(entries.abi_version).await?
            && let Some(problem) = link::wrong_version(self.plugin(), version)
        {
            return Err(problem.into());
        }
        let status = self.run_if_there::<i32>(entries.init).await?.map(Status::new);
        match status {
            None | Some(Status::OK) => self.session().refuse_if_poisoned(),
            Some(status) => Err(init_answered(self.session(), status)),
        }
    }

    fn exported(&mut self, export: Option<ModuleExport>) -> Option<Extern> {
        self.exports.get_module_export(&mut self.store, &export?)
    }

    /// The function, if the module has it; loading has checked its type.
    fn function<P: WasmParams, R: WasmResults>(
        &mut self,
        export: Option<ModuleExport>,
    ) -> Option<TypedFunc<P, R>> {
        self.exported(export)?.into_func()?.typed(&self.store).ok()
    }

    /// Runs an export that takes nothing, if the module has it.
    async fn run_if_there<R: WasmResults + Sync>(
        &mut self,
        export: Option<ModuleExport>,
    ) -> Result<Option<R>> {
        let Some(func) = self.function::<(), R>(export) else {
            return Ok(None);
        };
        let outer = enter(self.store.data_mut());
        let result = self.run(&func, ()).await;
        leave(self.store.data_mut(), outer);
        result.map(Some).map_err(|error| init_failed(self.store.data(), error))
    }
}

pub(super) fn init_failed(guest: &Guest, error: wasmtime::Error) -> Error {
    let plugin = guest.session.subject().name();
    if let Some(problem) = places::in_use(plugin, &error) {
        return problem.into();
    }
    match into_error(guest, "initialisation", error) {
        Error::Trapped { source, .. } => reserve::exhausted(plugin, source.as_ref())
            .unwrap_or_else(|| {
                Problem::new(
                    Code::InitFailed,
                    format!("plugin `{plugin}`"),
                    format!("it could not be started: {source}{}", causes(source.as_ref())),
                    "fix the guest's start code, or raise the limit that it ran into",
                )
            })
            .into(),
        error => error,
    }
}

fn causes(error: &dyn std::error::Error) -> String {
    std::iter::successors(error.source(), |cause| cause.source()).map(|cause| format!(": {cause}")).collect()
}

/// A status is all that `plugin_init` can answer, so the error has the last line of the guest's log beside it.
fn init_answered(session: &Session, status: Status) -> Error {
    let plugin = session.subject().name();
    let log = session.last_log().map(last_line);
    Problem::new(
        Code::InitFailed,
        place_of_export(plugin, names::PLUGIN_INIT),
        format!("it returned {status}{}", log.unwrap_or_default()),
        "fix the guest's start code",
    )
    .into()
}
