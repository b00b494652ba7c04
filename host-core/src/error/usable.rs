//! The effect of an error on its instance.

use crate::error::{Code, Error};

impl Error {
    /// Returns whether a call that ended with this error ended the instance: under [`CutOff::End`](crate::CutOff), every
    /// further call fails. [`Instance::is_usable`](crate::Instance::is_usable) knows it of the instance itself, also
    /// under [`CutOff::Keep`](crate::CutOff), and where the call's own result does not tell.
    ///
    /// | what the call came to | result | usable after it | with `CutOff::Keep` |
    /// |---|---|---|---|
    /// | the guest returned a result | `Ok` | yes | yes |
    /// | the guest returned an error | `H0404` | yes | yes |
    /// | the plugin has no such export | `H0403` | yes | yes |
    /// | the arguments found no room | `H0409` | yes | yes |
    /// | the result breaks the ABI | `H0407` | yes | yes |
    /// | the wrong kind of call | `H0414` | yes | yes |
    /// | too many calls at once | `H0411` | yes | yes |
    /// | the thread has too little stack | `H0416` | yes | yes |
    /// | the guest trapped | `H0405` | no | yes |
    /// | the allocator trapped before the call | `H0405` | no | yes |
    /// | the allocator trapped when a host function replied | `Ok` | no | yes |
    /// | the allocator ran out of time when a host function replied | `H0406` | no | yes |
    /// | the guest ran out of time | `H0406` | no | yes |
    /// | the guest used up its stack | `H0411` | no | yes |
    /// | the guest used up its memory | `H0411` | no | yes |
    /// | the guest used up its log | `H0411` | no | yes |
    /// | the guest used up its refusals | `H0411` | no | yes |
    /// | a host function panicked | `H0404` | no | no |
    /// | a host function panicked in an earlier call | `H0408` | no | no |
    /// | the instance was cancelled while the guest ran | `H0412` | no | no |
    /// | the future of the call was dropped half-way | none | no | no |
    /// | the instance is closed | `H0413` | no | no |
    ///
    /// After a call that cut the guest off, further calls are `H0418`. A start that fails leaves no instance.
    pub fn ends_instance(&self) -> bool {
        match self {
            Error::Trapped { .. }
            | Error::TimedOut { .. }
            | Error::Cancelled { .. }
            | Error::Closed { .. } => true,
            Error::Exhausted { cut_off, .. } => *cut_off,
            Error::Problems(problems) => {
                problems.iter().any(|problem| matches!(problem.code(), Code::Poisoned | Code::CutOff))
            }
            Error::Guest { .. } | Error::SmallStack { .. } => false,
        }
    }
}
