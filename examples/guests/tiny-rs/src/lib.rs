//! A guest without an allocator: it greets as the host does, in less than a kilobyte.

#![cfg_attr(target_arch = "wasm32", no_std)]

use hostfn_guest::Status;
use hostfn_guest::bare::{Pack, Unpack};

hostfn_guest::panic_handler!();

hostfn_guest::bare_guest! {
    memory = 128;

    imports {
        /// Build a greeting.
        fn greet = "host" "greet";
    }

    exports {
        /// Greets a person: it takes the arguments of `greet`.
        fn run(args: Unpack<'_>, result: Pack<'_>) -> Result<(), Status> {
            hostfn_guest::info("greeting");
            let name = args.rest();
            greet(
                |args| {
                    args.raw(name);
                },
                |greeting| {
                    result.raw(greeting.rest());
                },
            )
        }
    }
}
