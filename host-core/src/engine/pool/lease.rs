//! An instance that one request has.

use std::fmt;
use std::ops::{Deref, DerefMut};

use super::PoolSource;
use super::queue::Permit;

/// An instance out of a [`Pool`](super::Pool), of which nobody else has a lease. It goes back when the lease is dropped; one
/// that ended meanwhile is closed instead.
pub struct Lease<S: PoolSource>(pub(super) Permit<S>);

impl<S: PoolSource> Deref for Lease<S> {
    type Target = S::Guest;

    fn deref(&self) -> &S::Guest {
        self.0.guest.as_ref().expect("a permit becomes a lease when it has an instance")
    }
}

impl<S: PoolSource> DerefMut for Lease<S> {
    fn deref_mut(&mut self) -> &mut S::Guest {
        self.0.guest.as_mut().expect("a permit becomes a lease when it has an instance")
    }
}

impl<S: PoolSource> fmt::Debug for Lease<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").finish_non_exhaustive()
    }
}
