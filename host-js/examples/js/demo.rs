//! A plugin in TypeScript and one in JavaScript, what they may do, and what they did.

use std::error::Error;
use std::fmt::Write;
use std::io::{Read, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use hostfn::observe::Recorder;

use hostfn::{Grants, Host, HostFn, Plugin, Registry, host_fn};
use hostfn_js::Packer;
use hostfn_modules::{http, kv, sql};
use serde::Deserialize;

/// Somebody has come so often.
#[derive(Deserialize)]
pub struct Visit {
    name: String,
    times: u64,
}

/// Describe a visit in a sentence.
#[host_fn(capability = none, collect = false)]
pub fn describe(visit: Visit) -> String {
    let Visit { name, times } = visit;
    format!("visit {times} of {name}")
}

pub fn registry() -> hostfn::Result<Registry> {
    let stores = kv::module().memory("visits");
    let builder = Registry::builder().add(describe::SPEC).module(stores).module(sql::module());
    builder.module(http::module()).build()
}

/// Returns what the example prints.
pub fn demo() -> Result<String, Box<dyn Error>> {
    let registry = registry()?;
    let mut out = String::new();
    let names = registry.listing().functions;
    writeln!(out, "the host offers {} functions, such as", names.len())?;
    for row in names.iter().filter(|row| ["describe", "kv_increment", "http_get"].contains(&&*row.name)) {
        writeln!(out, "  {} requires {}", row.full_name(), row.capability.as_deref().unwrap_or("nothing"))?;
    }

    let recorder = Recorder::new();
    let host =
        Host::builder(registry.clone()).limits(hostfn_js::limits()).observer(recorder.clone()).build()?;
    let visits = load(&host, &registry, "visits.ts")?;
    let weather = load(&host, &registry, "weather.js")?;

    // nothing is granted: neither starts, and each refusal has the line that would grant it
    writeln!(out, "without grants, visits.ts does not start:")?;
    let refused = visits.instantiate(&Grants::none()).err().ok_or("it has no grants")?;
    for problem in refused.problems() {
        writeln!(out, "  {} {}", problem.code(), problem.message())?;
    }

    let server = server()?;
    let grants = registry.read_grants(&format!(
        r#"
        "kv.write" = {{ allow = ["visits"] }}
        "sql.read" = {{ allow = ["/var/lib/visits/*.db"] }}
        "sql.write" = {{ allow = ["/var/lib/visits/*.db"] }}
        "http.fetch" = {{ allow = ["http://{server}"] }}
        "#
    ))?;
    let mut counter = visits.instantiate(&grants)?;
    for name in ["Ada", "Grace", "Ada"] {
        writeln!(out, "{}", counter.call::<_, String>("visit", (name,))?)?;
    }
    writeln!(out, "visitors: {}", counter.call::<_, u32>("visitors", ())?)?;

    let fetched = pollster::block_on(async {
        let mut fetcher = weather.instantiate_async(&grants).await?;
        let granted: String = fetcher.call_async("fetched", (format!("http://{server}/weather"),)).await?;
        let refused: String = fetcher.call_async("refused", ("https://example.com/",)).await?;
        Ok::<_, hostfn::Error>((granted, refused))
    });
    let (granted, refused) = fetched?;
    writeln!(out, "the granted server: {granted}\nanother server: {refused}")?;

    writeln!(out, "denied calls:")?;
    for record in recorder.records().iter().filter(|record| record.is_denied()) {
        let (function, value) =
            (record.function.unwrap_or("-"), record.scope_value.as_deref().unwrap_or("-"));
        writeln!(out, "  {}: {function} {value}", record.plugin)?;
    }
    Ok(out)
}

fn load(host: &Host, registry: &Registry, name: &str) -> Result<Plugin, Box<dyn Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/js").join(name);
    let wasm = Packer::new(registry).file(path)?.pack()?;
    Ok(host.load(name, &wasm)?)
}

/// A server on this machine that answers one request.
fn server() -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || -> std::io::Result<()> {
        let (mut client, _) = listener.accept()?;
        let mut request = Vec::new();
        let mut piece = [0; 1024];
        while !request.ends_with(b"\r\n\r\n") {
            let read = client.read(&mut piece)?;
            if read == 0 {
                break;
            }
            request.extend_from_slice(&piece[..read]);
        }
        client.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nsunny")
    });
    Ok(address)
}
