/// Declares host functions and makes each a typed Rust function.
///
/// ```
/// hostfn_guest::imports! {
///     /// Build a greeting.
///     pub fn greet(name: &str) -> String;
///
///     /// Read a whole file.
///     #[module = "files"]
///     #[name = "read"]
///     fn read_file(path: &str) -> Vec<u8>;
/// }
///
/// fn polite(name: &str) -> Result<String, hostfn_guest::CallError> {
///     Ok(greet(name)? + " How do you do?")
/// }
/// ```
///
/// | part | is |
/// |---|---|
/// | parameter | any `T: Serialize`, borrowed ones included |
/// | reply | any `T: DeserializeOwned`; left out, `()` |
/// | `#[module = "..."]` | the module to import from; `host` when left out |
/// | `#[name = "..."]` | the function's name there; its Rust name when left out |
/// | any other attribute | put on the Rust function |
///
/// The function returns `Result<reply, `[`CallError`](crate::CallError)`>`. A host that does not have the
/// function refuses to load the guest, and one that does not grant its capability refuses to start it,
/// unless it was told to answer such calls with `NO_CAPABILITY`.
///
/// Outside of WebAssembly a call reaches the host that [`native::with_host`](crate::native::with_host) names, and fails with
/// `INTERNAL` where that is nobody.
#[macro_export]
macro_rules! imports {
    ($(
        $(#[$($attr:tt)*])*
        $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $reply:ty)?;
    )*) => {$(
        $crate::__import! {
            [$([$($attr)*])*] [] "host", stringify!($name);
            $vis fn $name($($arg: $ty),*) -> ($($reply)?)
        }
    )*};
}

/// Takes `module` and `name` out of the attributes, one attribute at a time.
#[doc(hidden)]
#[macro_export]
macro_rules! __import {
    ([[module = $module:literal] $($attrs:tt)*] $kept:tt $_:expr, $import:expr; $($function:tt)*) => {
        $crate::__import! { [$($attrs)*] $kept $module, $import; $($function)* }
    };
    ([[name = $import:literal] $($attrs:tt)*] $kept:tt $module:expr, $_:expr; $($function:tt)*) => {
        $crate::__import! { [$($attrs)*] $kept $module, $import; $($function)* }
    };
    ([$attr:tt $($attrs:tt)*] [$($kept:tt)*] $module:expr, $import:expr; $($function:tt)*) => {
        $crate::__import! { [$($attrs)*] [$($kept)* $attr] $module, $import; $($function)* }
    };
    (
        [] [$([$($attr:tt)*])*] $module:expr, $import:expr;
        $vis:vis fn $name:ident($($arg:ident: $ty:ty),*) -> ($($reply:ty)?)
    ) => {
        $(#[$($attr)*])*
        ///
        /// # Errors
        /// Whenever the host does not answer: denied, over quota, or failed.
        $vis fn $name($($arg: $ty),*) -> ::core::result::Result<$crate::__reply!($($reply)?), $crate::CallError> {
            #[cfg(target_arch = "wasm32")]
            {
                // SAFETY: the type is the one that section 3 of the ABI gives to every host function. It
                // writes only to the reply window and to blocks of `plugin_alloc`.
                #[link(wasm_import_module = $module)]
                unsafe extern "C" {
                    #[link_name = $import]
                    safe fn import(ptr: i32, len: i32) -> i64;
                }
                $crate::__private::call($import, |ptr, len| import(ptr, len), &($($arg,)*))
            }
            #[cfg(not(target_arch = "wasm32"))]
            $crate::__private::call_native($module, $import, &($($arg,)*))
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __reply {
    () => {
        ()
    };
    ($reply:ty) => {
        $reply
    };
}

/// Puts what the guest was built against where the host finds it: the records of host functions and of contract entries, as
/// generated bindings carry them.
///
/// ```
/// hostfn_guest::function_records!(
///     b"{\"module\":\"host\",\"name\":\"greet\",\"fingerprint\":\"4f892a36cc99a1d8\",\
///       \"convention\":\"messagepack\",\"capability\":\"greet\",\
///       \"params\":[{\"name\":\"name\",\"shape\":\"str\"}],\"reply\":\"str\"}\n"
/// );
/// ```
///
/// It takes a byte string or `include_bytes!`, and adds it to the guest's section `hostfn.functions`. A host whose
/// functions have changed since refuses to load the guest, and says what has changed. Only functions that the guest
/// imports, and entries that it exports, count. The place for it is the crate that becomes the guest.
#[macro_export]
macro_rules! function_records {
    ($records:expr $(,)?) => {
        const _: () = {
            const __RECORDS: &[u8] = $records;
            // SAFETY: a custom section is not part of the program.
            #[cfg_attr(target_arch = "wasm32", unsafe(link_section = "hostfn.functions"))]
            #[allow(dead_code)]
            static __SECTION: [u8; __RECORDS.len()] = *$records;
        };
    };
}

/// Exports functions for the host to call.
///
/// ```
/// hostfn_guest::export! {
///     /// The sum of all.
///     fn sum(numbers: Vec<i64>) -> i64 {
///         numbers.iter().sum()
///     }
///
///     /// The number that `text` is.
///     fn parse(text: &str) -> Result<i64, core::num::ParseIntError> {
///         text.parse()
///     }
/// }
///
/// assert_eq!(sum(vec![1, 2]), 3); // still a plain function
/// ```
///
/// | part | is |
/// |---|---|
/// | parameter | any `T: Deserialize`; `&str` and `&[u8]` borrow from what the host wrote, without a copy |
/// | result | any `T: Serialize`, left out `()`, or `Result<T, E>` with `E: Display + 'static` |
/// | `Err(CallError)` | its status and error reply, passed on as they are |
/// | any other `Err` | `FAILED`, with an error reply of code `failed` and the error's text |
///
/// Arguments that are not of these types are answered with `BAD_INPUT`; the function is not called.
///
/// A method of a host's contract is exported under its entry symbol. For `fn greet(&mut self, name: &str) ->
/// String` of the contract `greeter.v1` that is:
///
/// ```
/// hostfn_guest::export! {
///     fn greeter_v1_greet(name: String) -> String {
///         format!("Hello, {name}!")
///     }
/// }
/// # assert_eq!(greeter_v1_greet("you".to_owned()), "Hello, you!");
/// ```
#[macro_export]
macro_rules! export {
    ($(
        $(#[$attr:meta])*
        $vis:vis fn $name:ident($($arg:ident: $ty:ty),* $(,)?) $(-> $result:ty)? $body:block
    )*) => {$(
        $(#[$attr])*
        $vis fn $name($($arg: $ty),*) $(-> $result)? $body

        const _: () = {
            #[cfg_attr(target_arch = "wasm32", unsafe(export_name = stringify!($name)))]
            #[cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]
            extern "C" fn __export(ptr: i32, len: i32) -> i64 {
                let incoming = $crate::__private::Incoming::claim(ptr, len);
                match incoming.args::<($($ty,)*)>(&[$(stringify!($arg)),*]) {
                    Ok(($($arg,)*)) => $crate::__private::Returned::new($name($($arg),*)).answer(),
                    Err(error) => $crate::__private::refuse(&error),
                }
            }
        };
    )*};
}

/// Exports functions that take the host's words as they are: for generated bindings, whose entries decode and
/// answer by themselves.
///
/// ```
/// struct Guest;
///
/// impl Guest {
///     fn nothing(_ptr: i32, _len: i32) -> i64 {
///         0
///     }
/// }
///
/// hostfn_guest::entries! {
///     "greeter_v1_nothing" => Guest::nothing,
/// }
/// ```
#[macro_export]
macro_rules! entries {
    ($($name:literal => $entry:expr),* $(,)?) => {$(
        const _: () = {
            #[cfg_attr(target_arch = "wasm32", unsafe(export_name = $name))]
            #[cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]
            extern "C" fn __entry(ptr: i32, len: i32) -> i64 {
                $entry(ptr, len)
            }
        };
    )*};
}

/// Names the function that runs once, before any export is called.
///
/// ```
/// hostfn_guest::init! {
///     fn start() {
///         hostfn_guest::set_window(64 * 1024);
///     }
/// }
/// ```
///
/// It returns nothing, or `Result<(), E>` with `E: Display + 'static`: an error is logged, and the host
/// does not start the guest. There can be one in a guest.
#[macro_export]
macro_rules! init {
    ($(#[$attr:meta])* $vis:vis fn $name:ident() $(-> $result:ty)? $body:block) => {
        $(#[$attr])*
        $vis fn $name() $(-> $result)? $body

        const _: () = {
            #[cfg_attr(target_arch = "wasm32", unsafe(export_name = "plugin_init"))]
            #[cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]
            extern "C" fn __init() -> i32 {
                $crate::__private::report_panics();
                $crate::__private::Started::status($name())
            }
        };
    };
}

/// Defines what happens when a guest without `std` panics: the place and message are reported to the host's log, as an
/// error, and the guest traps.
///
/// ```ignore
/// #![no_std]
///
/// hostfn_guest::panic_handler!();
/// ```
///
/// It allocates nothing. A guest with `std` needs no handler: the feature `std` reports its panics.
#[macro_export]
macro_rules! panic_handler {
    () => {
        #[cfg(target_arch = "wasm32")]
        #[panic_handler]
        fn __panic(info: &::core::panic::PanicInfo<'_>) -> ! {
            $crate::__private::report(info);
            ::core::arch::wasm32::unreachable()
        }
    };
}

/// A whole guest without an allocator: its memory, what it imports and what it exports.
///
/// ```
/// use hostfn_guest::bare::{Pack, Unpack};
/// use hostfn_guest::Status;
///
/// hostfn_guest::bare_guest! {
///     memory = 64;
///
///     imports {
///         /// Add two numbers.
///         fn add = "host" "add";
///     }
///
///     exports {
///         /// The sum of the two numbers and one.
///         fn run(args: Unpack<'_>, result: Pack<'_>) -> Result<(), Status> {
///             let (2, a, b) = (args.array(), args.unsigned(), args.unsigned()) else {
///                 return Err(Status::BAD_INPUT);
///             };
///             args.end()?;
///             let sum = add(|args| { args.array(2).unsigned(a).unsigned(b); }, |reply| reply.unsigned())?;
///             result.unsigned(sum + 1);
///             Ok(())
///         }
///     }
/// }
/// # let mut room = [0; 16];
/// # let failed = run(Unpack::new(b"\x92\x01\x02"), &mut Pack::new(&mut room));
/// # assert_eq!(failed, Err(Status::INTERNAL)); // there is no host here
/// ```
///
/// | part | is |
/// |---|---|
/// | `memory = 64;` | bytes of the longest arguments, reply and result, each |
/// | `fn name = "module" "name";` | a host function: a call puts its arguments down, and reads its reply |
/// | `fn name(args: Unpack<'_>, result: Pack<'_>) -> Result<(), Status> { ... }` | what the host calls: `result` is a `&mut Pack` |
///
/// The guest has this crate without its default features, and no allocator: what would allocate fails.
#[macro_export]
macro_rules! bare_guest {
    (
        memory = $memory:literal;
        imports {$(
            $(#[$import_attr:meta])*
            fn $import:ident = $module:literal $name:literal;
        )*}
        exports {$(
            $(#[$attr:meta])*
            fn $export:ident($args:ident: $unpack:ty, $out:ident: $pack:ty) -> $result:ty $body:block
        )*}
    ) => {
        static __MEMORY: $crate::bare::Memory<$memory> = $crate::bare::Memory::new();

        #[cfg(target_arch = "wasm32")]
        #[global_allocator]
        static __NONE: $crate::bare::NoAllocator = $crate::bare::NoAllocator;

        const _: () = {
            // SAFETY: the ABI keeps the name, so nothing else in a guest without an allocator has it.
            #[cfg_attr(target_arch = "wasm32", unsafe(export_name = "plugin_alloc"))]
            #[cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]
            extern "C" fn __alloc(len: i32) -> i32 {
                __MEMORY.block(len)
            }
        };

        $(
            $(#[$import_attr])*
            ///
            /// # Errors
            /// Whenever the host does not answer: denied, over quota, or failed.
            fn $import<R>(
                write: impl FnOnce(&mut $crate::bare::Pack<'_>),
                read: impl FnOnce(&mut $crate::bare::Unpack<'_>) -> R,
            ) -> ::core::result::Result<R, $crate::Status> {
                #[cfg(target_arch = "wasm32")]
                {
                    // SAFETY: the type is the one that section 3 of the ABI gives to every host function. It
                    // writes only to the reply window and to blocks of `plugin_alloc`.
                    #[link(wasm_import_module = $module)]
                    unsafe extern "C" {
                        #[link_name = $name]
                        safe fn import(ptr: i32, len: i32) -> i64;
                    }
                    __MEMORY.call(|ptr, len| import(ptr, len), write, read)
                }
                #[cfg(not(target_arch = "wasm32"))]
                {
                    let _ = (write, read);
                    Err($crate::Status::INTERNAL)
                }
            }
        )*

        $(
            $(#[$attr])*
            #[allow(unused_mut)]
            fn $export(mut $args: $unpack, $out: &mut $pack) -> $result $body

            const _: () = {
                #[cfg_attr(target_arch = "wasm32", unsafe(export_name = stringify!($export)))]
                #[cfg_attr(not(target_arch = "wasm32"), allow(dead_code))]
                extern "C" fn __export(ptr: i32, len: i32) -> i64 {
                    __MEMORY.answer(ptr, len, |args, result| $export(args, result))
                }
            };
        )*
    };
}
