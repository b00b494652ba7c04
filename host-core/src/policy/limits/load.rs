//! Limits that a module has to keep before code is generated for it.

use crate::error::{Code, Problem};

/// A limit's number. What is counted for one function fits in 32 bits, and `Limits` is passed by value.
trait Amount: Copy {
    fn saturated(limit: u64) -> Self;
    fn get(self) -> u64;
}

impl Amount for u32 {
    fn saturated(limit: u64) -> Self {
        u32::try_from(limit).unwrap_or(u32::MAX)
    }

    fn get(self) -> u64 {
        self.into()
    }
}

impl Amount for u64 {
    fn saturated(limit: u64) -> Self {
        limit
    }

    fn get(self) -> u64 {
        self
    }
}

macro_rules! load_limits {
    ($($(#[doc = $doc:literal])+ $field:ident: $amount:ty, $metric:ident, $text:literal = $default:expr, $unit:literal;)+) => {
        /// Limits that a module has to keep before code is generated for it: [`Limits::load`](crate::Limits::load).
        ///
        /// They bound what compiling costs: with the defaults, less than 1 GiB of memory and at most about a minute
        /// of one core for each load, whatever the module. They do not bound the time for each byte: small modules
        /// can be expensive. A module that exceeds one is refused with `H0340`, which names the function, the
        /// metric, the value and the limit.
        ///
        /// The defaults come from measurements of wasmtime 48 and of 246 real modules: below 1 MiB, one of 164 is
        /// refused; below 16 MiB, about one in eight. Raise a limit for a module that you trust, or compile it in a
        /// child process with limits of its own.
        ///
        /// ```
        /// use hostfn_core::{Limits, LoadLimits};
        ///
        /// let mut limits = Limits::default();
        /// limits.load.body_bytes = 1 << 20;
        /// assert_eq!(LoadLimits::default().body_bytes, 256 << 10);
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct LoadLimits {
            $($(#[doc = $doc])+ pub $field: $amount,)+
        }

        impl Default for LoadLimits {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }

        /// A property of a module that predicts what compiling it costs; each has a field in [`LoadLimits`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Metric {
            $($(#[doc = $doc])+ $metric,)+
        }

        impl Metric {
            /// Every metric, in the order of the fields of [`LoadLimits`].
            pub const ALL: &'static [Metric] = &[$(Metric::$metric,)+];

            /// The field of [`LoadLimits`] that limits it.
            pub const fn field(self) -> &'static str {
                match self {
                    $(Metric::$metric => stringify!($field),)+
                }
            }

            /// Returns what is counted, in a few words.
            pub const fn text(self) -> &'static str {
                match self {
                    $(Metric::$metric => $text,)+
                }
            }

            /// The unit of the count: `module`, `type` or `function`.
            pub const fn unit(self) -> &'static str {
                match self {
                    $(Metric::$metric => $unit,)+
                }
            }
        }

        impl LoadLimits {
            /// No limits: what a module costs to compile is then unbounded.
            pub const UNLIMITED: LoadLimits = LoadLimits { $($field: <$amount>::MAX,)+ };

            /// The limit of a metric.
            pub fn get(&self, metric: Metric) -> u64 {
                match metric {
                    $(Metric::$metric => self.$field.get(),)+
                }
            }

            /// Sets the limit of a metric, or the largest that its field can hold.
            pub fn set(&mut self, metric: Metric, limit: u64) {
                match metric {
                    $(Metric::$metric => self.$field = <$amount>::saturated(limit),)+
                }
            }
        }
    };
}

load_limits! {
    /// Bytes of the module: 16 MiB. Ordinary modules take 1.3 to 2.2 seconds for each MiB.
    module_bytes: u64, ModuleBytes, "bytes of the module" = 16 << 20, "module";
    /// Imports: 10,000. Each may get a trampoline.
    imports: u32, Imports, "imports" = 10_000, "module";
    /// Functions of the module's own: 50,000. An empty one takes 0.1 ms and 5 KB.
    functions: u32, Functions, "functions" = 50_000, "module";
    /// Parameters and results of one type: 128. The largest of 246 real modules has 91.
    type_slots: u32, TypeSlots, "parameters and results" = 128, "type";
    /// Parameters and results of all functions and imported functions: 524,288. Each takes 8 microseconds, mostly in
    /// trampolines.
    signature_slots: u64, SignatureSlots, "parameters and results of all functions" = 512 << 10, "module";
    /// Bytes of one function's body: 256 KiB. The time of some shapes is quadratic in it.
    body_bytes: u32, BodyBytes, "bytes of its body" = 256 << 10, "function";
    /// Control operators of one function (`block`, `loop`, `if`, `else`, `try_table`, `br`, `br_if`, `br_table`,
    /// `return`): 8,192. Time and memory of some shapes are quadratic in it.
    control: u32, Control, "control operators" = 8_192, "function";
    /// Locals of one function with its parameters: 2,048.
    locals: u32, Locals, "locals" = 2_048, "function";
    /// Blocks inside each other in one function: 16,384.
    block_depth: u32, BlockDepth, "nested blocks" = 16_384, "function";
    /// Loops inside each other in one function: 32. The time of nested loops is cubic in it.
    loop_depth: u32, LoopDepth, "nested loops" = 32, "function";
    /// Nested loops times locals of one function: 8,192.
    loop_locals: u32, LoopLocals, "nested loops times locals" = 8_192, "function";
    /// Values on the operand stack of one function: 512.
    stack_height: u32, StackHeight, "values on the operand stack" = 512, "function";
    /// Parameters and results of the blocks of one function: 8,192. Memory is quadratic in it: 413 MB were measured.
    block_values: u32, BlockValues, "parameters and results of blocks" = 8_192, "function";
    /// Parameters and results of the calls of one function: 65,536. Each takes 3 to 5 microseconds.
    call_values: u32, CallValues, "parameters and results of calls" = 65_536, "function";
    /// Indirect calls of one function: 4,096. Time is quadratic in it; each takes 17 KB.
    indirect_calls: u32, IndirectCalls, "indirect calls" = 4_096, "function";
    /// Targets of the `br_table`s of one function: 32,768. Each takes 620 bytes.
    branch_targets: u32, BranchTargets, "targets of `br_table`" = 32_768, "function";
    /// Sum over all functions of the square of `control`: 100,000,000, at most 40 seconds.
    control_squares: u64, ControlSquares, "sum of squared control operators" = 100_000_000, "module";
    /// Sum over all functions of the square of `body_bytes`: 50,000,000,000, at most 18 seconds.
    body_squares: u64, BodySquares, "sum of squared body bytes" = 50_000_000_000, "module";
    /// Sum over all functions of loops times nested loops times locals squared: 1,000,000,000, at most 8 seconds.
    loop_squares: u64, LoopSquares, "sum of loops times nested loops times locals squared" = 1_000_000_000, "module";
    /// Sum over all functions of the square of `stack_height`: 100,000,000, at most 3 seconds.
    stack_squares: u64, StackSquares, "sum of squared heights of the operand stack" = 100_000_000, "module";
    /// Parameters and results of the blocks of all functions: 1,048,576.
    block_value_sum: u64, BlockValueSum, "parameters and results of all blocks" = 1 << 20, "module";
    /// Parameters and results of the calls of all functions: 4,194,304, at most 20 seconds.
    call_value_sum: u64, CallValueSum, "parameters and results of all calls" = 4 << 20, "module";
    /// Sum over all functions of the square of `indirect_calls`: 500,000,000, at most 9
    /// seconds.
    indirect_squares: u64, IndirectSquares, "sum of squared indirect calls" = 500_000_000, "module";
    /// Targets of the `br_table`s of all functions: 524,288.
    branch_target_sum: u64, BranchTargetSum, "targets of all `br_table`s" = 512 << 10, "module";
}

impl LoadLimits {
    /// Reports errors of the limits themselves: one that is zero admits no module.
    pub(crate) fn problems(&self, problems: &mut Vec<Problem>) {
        for metric in [Metric::ModuleBytes, Metric::Functions, Metric::BodyBytes] {
            if self.get(metric) == 0 {
                problems.push(Problem::new(
                    Code::BadLimit,
                    format!("limits.load.{}", metric.field()),
                    "0 admits no module",
                    "make it at least 1",
                ));
            }
        }
    }
}
