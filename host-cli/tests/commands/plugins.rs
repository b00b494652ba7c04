//! The host that the plugins of the examples are made for.

use hostfn_core::{
    Call, Capability, ContractSpec, HostFnSpec, Listing, MethodSpec, Param, Registry, Reply, ScopeKind,
    reply_shape,
};

static GREET: Capability = Capability::new("greet", "Greet people by name.");
static FS_READ: Capability =
    Capability::new("fs.read", "Read files beneath granted directories.").scoped(ScopeKind::Path);
static NOTES_READ: Capability = Capability::new("notes.read", "Read notes.").scoped(ScopeKind::Name);
static NOTES_WRITE: Capability = Capability::new("notes.write", "Write notes.").scoped(ScopeKind::Name);
static MAIL_SEND: Capability =
    Capability::new("mail.send", "Send mail by a server.").scoped(ScopeKind::Host).escapes_the_sandbox();

fn call(call: Call<'_>) -> Reply {
    call.authorize()?.reply(&())
}

static GREET_FN: HostFnSpec = HostFnSpec::new("host", "greet", call)
    .requires(&GREET)
    .with_params(&[Param::new::<&str>("name")])
    .with_reply(reply_shape!(String))
    .with_docs("Build a greeting.");
static FS_READ_FN: HostFnSpec = HostFnSpec::new("host", "fs_read", call)
    .requires_on(&FS_READ, "path")
    .with_params(&[Param::new::<&str>("path")])
    .with_reply(reply_shape!(Vec<u8>))
    .with_docs("Read a whole file.");
static NOTE_READ: HostFnSpec = HostFnSpec::new("host", "note_read", call)
    .requires_on(&NOTES_READ, "name")
    .with_params(&[Param::new::<&str>("name")])
    .with_reply(reply_shape!(String))
    .with_docs("Read a note.");
static NOTE_WRITE: HostFnSpec = HostFnSpec::new("host", "note_write", call)
    .requires_on(&NOTES_WRITE, "name")
    .with_params(&[Param::new::<&str>("name"), Param::new::<&str>("text")])
    .with_docs("Write a note.");
static MAIL_SEND_FN: HostFnSpec = HostFnSpec::new("host", "mail_send", call)
    .requires_on(&MAIL_SEND, "server")
    .with_params(&[Param::new::<&str>("server"), Param::new::<&str>("text")])
    .with_reply(reply_shape!(u64))
    .with_docs("Send a mail.");
static CLOCK: HostFnSpec = HostFnSpec::new("host", "clock", call)
    .always_available()
    .with_reply(reply_shape!(u64))
    .with_docs("The seconds since the host began.");

static READER: ContractSpec = ContractSpec::new("reader.v1").with_methods(&[
    MethodSpec::new("run", "run").with_params(&[Param::new::<&str>("name")]).with_reply(reply_shape!(String)),
    MethodSpec::new("read", "read")
        .with_params(&[Param::new::<&str>("path")])
        .with_reply(reply_shape!(Vec<u8>)),
]);

pub(crate) fn registry() -> Registry {
    let specs = [&GREET_FN, &FS_READ_FN, &NOTE_READ, &NOTE_WRITE, &MAIL_SEND_FN, &CLOCK];
    Registry::builder().add_all(specs).contract(&READER).build().unwrap()
}

pub(crate) fn listing() -> Listing {
    registry().listing()
}
