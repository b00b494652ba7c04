/// Read files.
///
/// More about it.
pub static FS_READ: ::hostfn::Capability = ::hostfn::Capability::new(
        "fs.read",
        "Read files.",
    )
    .scoped(::hostfn::scope::ScopeKind::Path)
    .declared_at(::hostfn::spec::here!());
/// Look up names.
#[allow(unused)]
pub(crate) static DNS: ::hostfn::Capability = ::hostfn::Capability::new(
        "net.dns",
        "Look up names.",
    )
    .scoped(::hostfn::scope::ScopeKind::Host)
    .declared_at(::hostfn::spec::here!());
/// Say hello.
static GREET: ::hostfn::Capability = ::hostfn::Capability::new("greet", "Say hello.")
    .declared_at(::hostfn::spec::here!());
