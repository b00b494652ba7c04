use std::fmt;
use std::sync::Arc;

use hostfn::scope::{PatternErrors, ScopeKind};
use hostfn::state::MemoryReservation;
use hostfn::{MemoryBudget, Scope};
use zeroize::Zeroizing;

use super::SecretError;

/// A secret of the host's, wiped when it is dropped. It is never printed.
///
/// ```
/// use hostfn_modules::secret::Secret;
///
/// let key = Secret::new("sk-5dfb2b0c4d7a").may_go_to(&["https://api.example.com"])?;
/// assert_eq!(key.header("https://api.example.com/v1/notes")?, "sk-5dfb2b0c4d7a");
/// assert!(key.header("https://example.org/").is_err());
/// assert!(!format!("{key:?}").contains("sk-"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Secret {
    value: Arc<Zeroizing<Vec<u8>>>,
    /// The servers that it may be sent to; none, unless somebody says so.
    servers: Option<Arc<Scope>>,
    /// The memory that it takes of an instance that has it open.
    held: Option<MemoryReservation>,
}

impl Secret {
    /// A secret of this value, text or bytes, that may be sent nowhere.
    pub fn new(value: impl Into<Vec<u8>>) -> Self {
        Self { value: Arc::new(Zeroizing::new(value.into())), servers: None, held: None }
    }

    /// Returns where it may be sent: patterns of a scope of [hosts](Scope#hosts), in place of what was said before. One without
    /// `https://` lets it go over plain HTTP, too.
    ///
    /// # Errors
    /// Every bad pattern.
    pub fn may_go_to<S: AsRef<str>>(mut self, servers: &[S]) -> Result<Self, PatternErrors> {
        let scope = Scope::new(ScopeKind::Host, servers, &[])?;
        self.servers = Some(Arc::new(scope));
        Ok(self)
    }

    /// Returns what a header of a request to the URL `to` holds for it.
    ///
    /// # Errors
    /// When the host does not let it go there, and when it is not printable ASCII without spaces at its ends.
    pub fn header(&self, to: &str) -> Result<&str, SecretError> {
        if !self.servers.as_ref().is_some_and(|servers| servers.allows(to)) {
            return Err(SecretError::NotForThisServer(to.to_owned()));
        }
        let text = str::from_utf8(&self.value).map_err(|_| SecretError::NotAHeader)?;
        let printable = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if printable && !text.is_empty() && text.trim_ascii() == text {
            Ok(text)
        } else {
            Err(SecretError::NotAHeader)
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.value
    }

    /// The same secret, once more.
    pub(super) fn again(&self) -> Self {
        Self { value: Arc::clone(&self.value), servers: self.servers.clone(), held: None }
    }

    /// The same, out of an instance's memory.
    pub(super) fn held_by(mut self, memory: &MemoryBudget) -> Result<Self, SecretError> {
        self.held = Some(memory.take(self.value.len())?);
        Ok(self)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("may_go_to", &self.servers).finish_non_exhaustive()
    }
}
