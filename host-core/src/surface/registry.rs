use crate::registry::Registry;
use crate::surface::Listing;

impl Registry {
    /// The registry as data, for an auditor.
    pub fn listing(&self) -> Listing {
        Listing::from_registry(self)
    }
}
