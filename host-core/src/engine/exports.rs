//! A running guest, of any engine.

use std::pin::Pin;

use super::callee::{Callee, GuestContract};
use super::guest_call::GuestResult;
use super::handle::{Handle, InstanceDriver};
use super::session::Session;
use crate::error::{Problems, Result};

/// The future that [`Exports::call_bytes_async`] returns.
pub type Returning<'a> = Pin<Box<dyn Future<Output = Result<GuestResult>> + Send + 'a>>;

/// A running guest that contract clients, [handles](Handle) and owners call, whatever engine runs it.
pub trait Exports: Send + 'static {
    /// The guest's session.
    fn session(&self) -> &Session;

    /// The guest's session, to change.
    fn session_mut(&mut self) -> &mut Session;

    /// Returns whether the guest exports `entry`: `None` when it does not, `Some(false)` when the export is something that the
    /// host cannot call.
    fn has(&mut self, entry: &str) -> Option<bool>;

    /// Returns whether a call of the guest may have to wait, so that it is called by
    /// [`call_bytes_async`](Exports::call_bytes_async) alone.
    fn is_async(&self) -> bool {
        false
    }

    /// Calls an export. `args` is a `MessagePack` array with one element for each of its parameters. An engine begins with
    /// [`Session::enter`], takes the result by [`Session::result`] and finishes with [`GuestCall::end`](super::GuestCall).
    ///
    /// # Errors
    /// `H0403` when there is no such export, those of [`Session::enter`] and [`Session::result`], and the engine's own.
    fn call_bytes(&mut self, export: &str, args: Vec<u8>) -> Result<GuestResult>;

    /// As [`call_bytes`](Exports::call_bytes), and waits for the guest where it has to.
    fn call_bytes_async<'a>(&'a mut self, export: &'a str, args: Vec<u8>) -> Returning<'a> {
        Box::pin(std::future::ready(self.call_bytes(export, args)))
    }

    /// Returns the client of a contract, once the guest is known to have all of its entries.
    ///
    /// # Errors
    /// `H0312` for each entry that the guest does not export, or not as a function that the host can call; `H0321` to
    /// `H0326` when the guest was built against another version of the contract.
    fn contract<'i, C: GuestContract<'i>>(&'i mut self) -> Result<C>
    where
        Self: Sized,
    {
        let plugin = self.session().subject().clone();
        Problems::check(plugin.contract_problems(C::CONTRACT, |entry| self.has(entry)))?;
        Ok(C::over(Callee::new(self)))
    }

    /// Hands the guest to an owner, and returns a handle for everyone else.
    fn into_handle(self) -> (Handle<Self>, InstanceDriver)
    where
        Self: Sized,
    {
        Handle::new(self)
    }
}
