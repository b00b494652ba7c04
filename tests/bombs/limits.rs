//! The limits themselves.

use hostfn::error::Code;
use hostfn::wasm::{LoadLimits, Metric};
use hostfn::{CancelToken, Limits, Problem};
use hostfn_core::link::{Features, ModuleInfo};

use crate::host;
use crate::module::{Module, name, times};
use crate::shapes::{Expected, SHAPES};

pub const TESTS: &[(&str, fn())] = &[
    ("limits::each_metric_has_a_bomb", each_metric_has_a_bomb),
    ("limits::each_limit_can_be_raised", each_limit_can_be_raised),
    ("limits::error_names_function_value_and_limit", error_names_function_value_and_limit),
    ("limits::problems_are_capped_at_64", problems_are_capped_at_64),
    ("limits::cached_entry_does_not_skip_limits", cached_entry_does_not_skip_limits),
    ("limits::file_over_the_limit_is_not_read", file_over_the_limit_is_not_read),
    ("limits::load_stops_at_cancel_and_deadline", load_stops_at_cancel_and_deadline),
    ("limits::imports_are_checked_before_compiling", imports_are_checked_before_compiling),
];

fn each_metric_has_a_bomb() {
    for metric in Metric::ALL {
        let refused = |shape: &&crate::Shape| shape.expected == Expected::Refused(*metric);
        assert!(SHAPES.iter().any(|shape| refused(&shape)), "{metric:?}");
    }
}

fn exceeded(wasm: &[u8], limits: &LoadLimits) -> Vec<Problem> {
    let mut module = ModuleInfo::read("bomb", wasm, Features::Host).unwrap();
    module.measure("bomb", limits, || Ok::<_, Problem>(())).unwrap();
    module.exceeded("bomb", limits)
}

/// A value at the limit passes, and one above does not.
fn each_limit_can_be_raised() {
    for shape in SHAPES {
        let Expected::Refused(metric) = shape.expected else { continue };
        let wasm = (shape.build)();
        let mut module = ModuleInfo::read("bomb", &wasm, Features::Host).unwrap();
        module.measure("bomb", &LoadLimits::UNLIMITED, || Ok::<_, Problem>(())).unwrap();
        let value = module.metrics.get(metric).unwrap().value;
        assert!(value > LoadLimits::default().get(metric), "{}", shape.name);
        let mut limits = LoadLimits::UNLIMITED;
        limits.set(metric, value);
        assert_eq!(exceeded(&wasm, &limits), [], "{}", shape.name);
        limits.set(metric, value - 1);
        let problems = exceeded(&wasm, &limits);
        assert!(!problems.is_empty(), "{}", shape.name);
        for problem in problems {
            assert!(
                problem.to_string().contains(metric.field()) || problem.message().contains("more"),
                "{problem}"
            );
        }
    }
}

fn error_names_function_value_and_limit() {
    let mut module = Module::new(0, 0);
    module.function(0, 0, &[]).function(0, 0, &times(300_000, &[0x01]));
    let names = [vec![2, 0], name("small"), vec![1], name("large\u{1b}[2J")].concat();
    module.custom.push(("name", [vec![1, u8::try_from(names.len()).unwrap()], names].concat()));
    let error = host(Limits::default()).load("p", &module.build()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "H0340 plugin `p`: sum of squared body bytes: 90001200008, limit 50000000000; split the module, or raise \
         `Limits::load.body_squares` if you trust the plugin\n\
         H0340 plugin `p`, function 1 (`large\\u{1b}[2J`): bytes of its body: 300002, limit 262144; split the \
         function, or raise `Limits::load.body_bytes` if you trust the plugin"
    );
}

fn problems_are_capped_at_64() {
    let wasm = Module::new(0, 0).functions(1_000, 0, 3_000, &[]).build();
    let error = host(Limits::default()).load("p", &wasm).unwrap_err();
    assert_eq!(error.problems().len(), 64);
    assert!(error.to_string().contains("937 more limits are exceeded"), "{error}");
}

fn cached_entry_does_not_skip_limits() {
    let directory = tempfile::tempdir().unwrap();
    let wasm = Module::new(0, 0).function(0, 0, &times(1_000, &[0x01])).build();
    let load = |body_bytes: u32| {
        let mut limits = Limits::default();
        limits.load.body_bytes = body_bytes;
        let registry = hostfn::Registry::builder().build().unwrap();
        let host = hostfn::Host::builder(registry).limits(limits).cache(directory.path()).build().unwrap();
        host.load("p", &wasm)
    };
    assert!(!load(2_000).unwrap().from_cache());
    assert!(load(2_000).unwrap().from_cache());
    assert_eq!(load(500).unwrap_err().code(), Code::LoadLimit);
}

fn file_over_the_limit_is_not_read() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("large.wasm");
    // nothing is written: a read would take a terabyte
    std::fs::File::create(&path).unwrap().set_len(1 << 40).unwrap();
    let error = host(Limits::default()).load_file(&path).unwrap_err();
    assert_eq!(error.code(), Code::LoadLimit);
    assert!(error.to_string().contains("1099511627776"), "{error}");
}

fn load_stops_at_cancel_and_deadline() {
    let (host, wasm) = (host(Limits::default()), Module::new(0, 0).build());
    let token = CancelToken::new();
    host.loader().cancelled_by(&token).load("p", &wasm).unwrap();
    token.cancel();
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("p.wasm"), &wasm).unwrap();
    let cancelled = host.loader().cancelled_by(&token);
    let late = host.loader().deadline(std::time::Instant::now());
    for (loader, code) in [(cancelled, Code::Cancelled), (late, Code::LoadTimedOut)] {
        assert_eq!(loader.load("p", &wasm).unwrap_err().code(), code);
        assert_eq!(loader.load_with_manifest("name = \"p\"", &wasm).unwrap_err().code(), code);
        assert_eq!(loader.load_file(directory.path().join("p.wasm")).unwrap_err().code(), code);
        let report = loader.load_dir(directory.path()).unwrap();
        assert_eq!(report.refused()[0].1.code(), code);
    }
}

/// The observers see no compilation of a module that is refused for anything else.
fn imports_are_checked_before_compiling() {
    use std::sync::{Arc, Mutex};

    use hostfn::observe::{Event, EventKind, Phase};

    let phases = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&phases);
    let observer = move |event: &Event<'_>| {
        if let EventKind::Ended(ended) = event.what {
            sink.lock().unwrap().push(ended.phase);
        }
    };
    let registry = hostfn::Registry::builder().build().unwrap();
    let host = hostfn::Host::builder(registry).observer(observer).build().unwrap();
    let mut module = Module::new(0, 0);
    module.imports.push([name("host"), name("missing"), vec![0, 0]].concat());
    let good = Module::new(0, 0).build();
    for (wasm, manifest, code) in [
        (module.build(), None, Code::UnknownImport),
        (good.clone(), Some("name = 1"), Code::ManifestInvalid),
        (Module::new(65, 65).build(), None, Code::LoadLimit),
    ] {
        let error = match manifest {
            Some(manifest) => host.load_with_manifest(manifest, &wasm).unwrap_err(),
            None => host.load("p", &wasm).unwrap_err(),
        };
        assert_eq!(error.code(), code, "{error}");
        let phases = std::mem::take(&mut *phases.lock().unwrap());
        assert!(!phases.contains(&Phase::Compile), "{phases:?}");
    }
}
