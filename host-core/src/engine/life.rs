//! The end of an instance: a call that ended it, and the closing of its states.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::composition::CutOff;
use super::session::Session;
use crate::error::{Code, Error, Problem, Problems, Result, printable};
use crate::observe::{Phase, PhaseContext, PhaseGuard};

/// Facts on an instance, for those who look from elsewhere.
#[derive(Default)]
pub(super) struct LifeStatus {
    /// The instance takes no more calls, because of an earlier one.
    spent: AtomicBool,
    /// The guest exists, and observers receive its end.
    announced: AtomicBool,
}

impl LifeStatus {
    pub(super) fn announce(&self) {
        self.announced.store(true, Ordering::Release);
    }

    pub(super) fn is_spent(&self) -> bool {
        self.spent.load(Ordering::Acquire)
    }
}

/// The reason an instance takes no more calls.
pub(super) struct Poison {
    code: Code,
    what: String,
}

impl Session {
    /// A panic of a host function: nothing that host functions left behind can be trusted any more.
    #[cold]
    pub(super) fn poison(&mut self, message: String) {
        self.shut();
        self.spend(Code::Poisoned, shortened(message));
    }

    /// Reports that the guest was cut off in the middle of `export`, with the error code that the embedder gets. The
    /// instance ends, unless the host was built with [`CutOff::Keep`]. Host functions go on, for an outer call that is
    /// under way.
    #[cold]
    pub fn cut_off(&mut self, export: &str, code: Code) {
        self.cut_offs = self.cut_offs.saturating_add(1);
        if self.subject.composition().cut_off() == CutOff::End {
            self.spend(Code::CutOff, format!("a call of `{}` was cut off by {code}", printable(export)));
        }
    }

    /// Returns how often the guest was cut off.
    pub fn cut_offs(&self) -> u32 {
        self.cut_offs
    }

    fn spend(&mut self, code: Code, what: String) {
        self.poison.get_or_insert(Poison { code, what });
        self.standing.spent.store(true, Ordering::Release);
    }

    /// No host function is called any more.
    fn shut(&mut self) {
        for function in &mut self.functions {
            function.access.shut();
        }
    }

    /// Returns why the instance takes no more calls, if that is because of an earlier one: the function and message of a host
    /// function's panic, or the export that was cut off.
    pub fn poisoned(&self) -> Option<&str> {
        self.poison.as_ref().map(|poison| poison.what.as_str())
    }

    /// Returns whether the instance takes calls: it was not closed or cancelled, no host function panicked, and the guest was
    /// not cut off. [`Error::ends_instance`] has the state after each way in which a call can end.
    #[inline]
    pub fn is_usable(&self) -> bool {
        !self.has_ended() && self.poison.is_none()
    }

    pub(super) fn standing(&self) -> &Arc<LifeStatus> {
        &self.standing
    }

    /// Checks that the instance was not closed or cancelled.
    ///
    /// # Errors
    /// `H0413` when it was.
    pub fn refuse_if_closed(&self) -> Result<()> {
        if self.has_ended() { Err(self.ended()) } else { Ok(()) }
    }

    #[inline]
    pub(crate) fn has_ended(&self) -> bool {
        self.closed || self.life.is_cancelled()
    }

    /// Returns why it takes no calls.
    #[cold]
    pub(super) fn unusable(&self) -> Error {
        match &self.poison {
            Some(poison) if !self.has_ended() => self.spent_by(poison),
            _ => self.ended(),
        }
    }

    #[cold]
    fn ended(&self) -> Error {
        Error::Closed { plugin: self.subject.name().to_owned() }
    }

    /// Checks that no earlier call ended the instance.
    ///
    /// # Errors
    /// `H0408` when a host function panicked, `H0418` when the guest was cut off.
    pub fn refuse_if_poisoned(&self) -> Result<()> {
        self.poison.as_ref().map_or(Ok(()), |poison| Err(self.spent_by(poison)))
    }

    #[cold]
    fn spent_by(&self, Poison { code, what }: &Poison) -> Error {
        let place = format!("plugin `{}`", self.subject.name());
        let what = match code {
            Code::CutOff => format!("{what}, so its memory cannot be trusted"),
            _ => format!("a host function panicked, so its state cannot be trusted: {what}"),
        };
        Problem::new(*code, place, what, "drop the instance and create another").into()
    }

    /// Ends the instance: no call is taken any more, and its states are closed, the last one first. Closing it again
    /// does nothing.
    ///
    /// # Errors
    /// An `H0415` for each state whose closer failed; the others are closed all the same.
    pub fn close(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.closed, true) {
            return Ok(());
        }
        self.life.cancel();
        self.shut();
        let mut states = self.env.take_states();
        let announced = self.standing.announced.load(Ordering::Acquire);
        let mut watch = if announced { self.watch(Phase::Close, |scene| scene) } else { PhaseGuard::NOTHING };
        let failed = watch.within(|| states.close());
        let (plugin, number) = (self.subject.name(), self.number());
        let place = |id: &str| format!("state `{id}` of plugin `{plugin}`, instance {number}");
        let problem = |(id, what): (&str, String)| {
            let what = format!("it could not be closed: {what}");
            Problem::new(Code::CloseFailed, place(id), what, "fix the closer of the state")
        };
        let closed = Problems::check(failed.into_iter().map(problem).collect()).map_err(Error::from);
        if announced {
            let scene = PhaseContext::new(plugin, Some(number), Phase::Close);
            self.observers.end(&scene, (0, 0), &watch, closed.as_ref().err());
        }
        closed
    }
}

/// A message that is kept for as long as the instance: a guest may have chosen it.
fn shortened(mut message: String) -> String {
    const LONGEST: usize = 4096;
    if message.len() > LONGEST {
        message.truncate(message.floor_char_boundary(LONGEST));
        message.push_str("...");
        message.shrink_to_fit();
    }
    message
}

impl Drop for Session {
    fn drop(&mut self) {
        // `Drop` cannot report errors; `close` returns them
        let _ = self.close();
    }
}
