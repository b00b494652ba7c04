//! One linear pass over a module's code: it is validated, and what predicts the cost of compiling it is counted.

use wasmparser::{
    BlockType, FrameKind, FuncToValidate, FuncValidatorAllocations, FunctionBody, Operator,
    ValidatorResources,
};

use super::module::{ModuleInfo, invalid, place};
use crate::error::{Code, Problem, printable};
use crate::policy::{LoadLimits, Metric};

/// So many functions that exceed a limit are kept.
const MOST: usize = 64;

/// The counts of a module, by [`Metric`]: of those of types and functions, the largest.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    peaks: Vec<(Metric, Peak)>,
    /// Functions that exceed a limit, and the metric.
    over: Vec<(Metric, Peak)>,
    /// The number of further ones.
    more: usize,
}

/// A value that was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peak {
    /// The value: the largest of all types or functions, or the module's.
    pub value: u64,
    /// The index of the type or function that has it.
    pub at: Option<u32>,
}

impl Metrics {
    /// Returns what was counted, in the order of [`Metric::ALL`]; a metric is missing where the module was refused before.
    pub fn iter(&self) -> impl Iterator<Item = (Metric, Peak)> + '_ {
        Metric::ALL.iter().filter_map(|metric| Some((*metric, self.get(*metric)?)))
    }

    /// Returns what was counted for a metric.
    pub fn get(&self, metric: Metric) -> Option<Peak> {
        self.peaks.iter().find(|(of, _)| *of == metric).map(|(_, peak)| *peak)
    }

    pub(super) fn add(&mut self, metric: Metric, at: Option<u32>, value: u64) {
        match self.peaks.iter_mut().find(|(of, _)| *of == metric) {
            Some((_, peak)) if peak.value >= value => {}
            Some((_, peak)) => *peak = Peak { value, at },
            None => self.peaks.push((metric, Peak { value, at })),
        }
    }

    fn exceeds(&mut self, metric: Metric, peak: Peak) {
        if self.over.len() < MOST {
            self.over.push((metric, peak));
        } else {
            self.more += 1;
        }
    }

    pub(super) fn exceeded(
        &self,
        plugin: &str,
        module: &ModuleInfo<'_>,
        limits: &LoadLimits,
    ) -> Vec<Problem> {
        let of_module = self.iter().filter(|(metric, _)| metric.unit() != "function");
        let exceeded = of_module.filter(|(metric, peak)| peak.value > limits.get(*metric));
        let all: Vec<_> = exceeded.chain(self.over.iter().copied()).collect();
        let more = self.more + all.len().saturating_sub(MOST);
        let functions = all.iter().filter(|(metric, _)| metric.unit() == "function");
        let names = module.names_of(functions.filter_map(|(_, peak)| peak.at));
        let mut problems: Vec<_> = all
            .into_iter()
            .take(MOST)
            .map(|(metric, peak)| {
                let name = peak.at.and_then(|at| *names.get(&at)?);
                problem(plugin, name, metric, peak, limits.get(metric))
            })
            .collect();
        if more > 0
            && let Some(last) = problems.pop()
        {
            let what = format!("{} more limits are exceeded", more + 1);
            problems.push(Problem::new(last.code(), place(plugin), what, REMEDY));
        }
        problems
    }
}

const REMEDY: &str = "split the module, or raise the limits in `Limits::load` if you trust the plugin";

/// Refuses a value of the module that exceeds its limit.
pub(super) fn check(plugin: &str, metric: Metric, value: u64, limits: &LoadLimits) -> Result<(), Problem> {
    let limit = limits.get(metric);
    if value > limit {
        return Err(problem(plugin, None, metric, Peak { value, at: None }, limit));
    }
    Ok(())
}

fn problem(plugin: &str, name: Option<&str>, metric: Metric, peak: Peak, limit: u64) -> Problem {
    let place = match (metric.unit(), peak.at) {
        ("function", Some(at)) => {
            let name = name.map(|name| format!(" (`{}`)", printable(name)));
            format!("{}, function {at}{}", place(plugin), name.unwrap_or_default())
        }
        (unit, Some(at)) => format!("{}, {unit} {at}", place(plugin)),
        _ => place(plugin),
    };
    let what = format!("{}: {}, limit {limit}", metric.text(), peak.value);
    let remedy = match metric.unit() {
        "function" => "split the function",
        "type" => "pass fewer values",
        _ => "split the module",
    };
    let remedy = format!("{remedy}, or raise `Limits::load.{}` if you trust the plugin", metric.field());
    Problem::new(Code::LoadLimit, place, what, remedy)
}

impl ModuleInfo<'_> {
    /// Validates the code and counts it. Where a type has more parameters and results than its limit, or there are
    /// too many functions, nothing is counted: the module is refused for that.
    ///
    /// # Errors
    /// `H0302` when the code is not valid, and whatever `go_on` returns, which is asked before each function.
    pub fn measure<E: From<Problem>>(
        &mut self,
        plugin: &str,
        limits: &LoadLimits,
        mut go_on: impl FnMut() -> Result<(), E>,
    ) -> Result<(), E> {
        let first = [Metric::TypeSlots, Metric::Functions];
        let within =
            |metric: &Metric| self.metrics.get(*metric).is_none_or(|peak| peak.value <= limits.get(*metric));
        let bodies = std::mem::take(&mut self.unvalidated);
        if !first.iter().all(within) {
            return Ok(());
        }
        let mut metrics = std::mem::take(&mut self.metrics);
        let mut sums = Sums::default();
        let mut allocations = FuncValidatorAllocations::default();
        for (to_validate, body) in bodies {
            go_on()?;
            let index = to_validate.index;
            let mut counts = Counts::new(self, limits, &body);
            allocations = counts
                .walk(to_validate, &body, allocations)
                .map_err(|error| E::from(invalid(plugin, &error)))?;
            sums.add(&counts);
            for (metric, value) in counts.values() {
                let peak = Peak { value, at: Some(index) };
                metrics.add(metric, peak.at, value);
                if value > limits.get(metric) {
                    metrics.exceeds(metric, peak);
                }
            }
        }
        for (metric, value) in sums.values() {
            metrics.add(metric, None, value);
        }
        self.metrics = metrics;
        Ok(())
    }
}

/// The counts of one function.
struct Counts<'m> {
    module: &'m ModuleInfo<'m>,
    limits: &'m LoadLimits,
    /// Flags of the blocks around an operator that are loops.
    loops_around: Vec<bool>,
    body: u64,
    control: u64,
    locals: u64,
    block_depth: u64,
    loops: u64,
    depth: u64,
    loop_depth: u64,
    height: u64,
    block_values: u64,
    call_values: u64,
    indirect_calls: u64,
    targets: u64,
}

impl<'m> Counts<'m> {
    fn new(module: &'m ModuleInfo<'_>, limits: &'m LoadLimits, body: &FunctionBody<'_>) -> Self {
        Counts {
            module,
            limits,
            loops_around: Vec::new(),
            body: body.range().len() as u64,
            control: 0,
            locals: 0,
            block_depth: 0,
            loops: 0,
            depth: 0,
            loop_depth: 0,
            height: 0,
            block_values: 0,
            call_values: 0,
            indirect_calls: 0,
            targets: 0,
        }
    }

    /// A walk ends early where the function is refused anyway and going on would cost more than in proportion: with
    /// four times the values on the stack, or blocks inside each other, that are allowed.
    fn walk(
        &mut self,
        to_validate: FuncToValidate<ValidatorResources>,
        body: &FunctionBody<'_>,
        allocations: FuncValidatorAllocations,
    ) -> wasmparser::Result<FuncValidatorAllocations> {
        let mut validator = to_validate.into_validator(allocations);
        let mut locals = body.get_binary_reader();
        validator.read_locals(&mut locals)?;
        self.locals = validator.len_locals().into();
        if self.body > self.limits.body_bytes.into() || self.locals > self.limits.locals.into() {
            return Ok(validator.into_allocations());
        }
        let (highest, deepest) =
            (4 * u64::from(self.limits.stack_height), 4 * u64::from(self.limits.block_depth));
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let (operator, at) = operators.read_with_offset()?;
            self.count(&operator);
            validator.op(at, &operator)?;
            self.height = self.height.max(validator.operand_stack_height().into());
            if self.height > highest || self.block_depth > deepest {
                return Ok(validator.into_allocations());
            }
        }
        operators.finish()?;
        Ok(validator.into_allocations())
    }

    fn count(&mut self, operator: &Operator<'_>) {
        match operator {
            Operator::Block { blockty } => self.enter(*blockty, FrameKind::Block),
            Operator::Loop { blockty } => self.enter(*blockty, FrameKind::Loop),
            Operator::If { blockty } => self.enter(*blockty, FrameKind::If),
            Operator::TryTable { try_table } => self.enter(try_table.ty, FrameKind::TryTable),
            Operator::End => {
                let was_loop = self.loops_around.pop() == Some(true);
                self.depth -= u64::from(was_loop);
            }
            Operator::Else | Operator::Br { .. } | Operator::BrIf { .. } | Operator::Return => {
                self.control += 1;
            }
            Operator::BrTable { targets } => {
                self.control += 1;
                self.targets += u64::from(targets.len()) + 1;
            }
            Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                let ty = self.module.function_types.get(*function_index as usize);
                self.call_values += ty.map_or(0, |ty| self.module.slots(*ty));
            }
            Operator::CallIndirect { type_index, .. }
            | Operator::ReturnCallIndirect { type_index, .. }
            | Operator::CallRef { type_index }
            | Operator::ReturnCallRef { type_index } => {
                self.indirect_calls += 1;
                self.call_values += self.module.slots(*type_index);
            }
            _ => {}
        }
    }

    fn enter(&mut self, ty: BlockType, kind: FrameKind) {
        self.control += 1;
        let values = match ty {
            BlockType::Empty => 0,
            BlockType::Type(_) => 1,
            BlockType::FuncType(ty) => self.module.slots(ty),
        };
        // both ways through an `if` carry them
        self.block_values += if kind == FrameKind::If { 2 * values } else { values };
        let is_loop = kind == FrameKind::Loop;
        self.loops_around.push(is_loop);
        self.block_depth = self.block_depth.max(self.loops_around.len() as u64);
        if is_loop {
            self.loops += 1;
            self.depth += 1;
            self.loop_depth = self.loop_depth.max(self.depth);
        }
    }

    fn values(&self) -> [(Metric, u64); 11] {
        [
            (Metric::BodyBytes, self.body),
            (Metric::Control, self.control),
            (Metric::Locals, self.locals),
            (Metric::BlockDepth, self.block_depth),
            (Metric::LoopDepth, self.loop_depth),
            (Metric::LoopLocals, self.loop_depth * self.locals),
            (Metric::StackHeight, self.height),
            (Metric::BlockValues, self.block_values),
            (Metric::CallValues, self.call_values),
            (Metric::IndirectCalls, self.indirect_calls),
            (Metric::BranchTargets, self.targets),
        ]
    }
}

/// The sums over all functions.
#[derive(Default)]
struct Sums {
    control: u64,
    body: u64,
    loops: u64,
    height: u64,
    block_values: u64,
    call_values: u64,
    indirect_calls: u64,
    targets: u64,
}

impl Sums {
    fn add(&mut self, of: &Counts<'_>) {
        let add = |sum: &mut u64, value: u64| *sum = sum.saturating_add(value);
        let square = |value: u64| value.saturating_mul(value);
        add(&mut self.control, square(of.control));
        add(&mut self.body, square(of.body));
        let loops = of.loops.saturating_mul(of.loop_depth);
        add(&mut self.loops, loops.saturating_mul(square(of.locals)));
        add(&mut self.height, square(of.height));
        add(&mut self.block_values, of.block_values);
        add(&mut self.call_values, of.call_values);
        add(&mut self.indirect_calls, square(of.indirect_calls));
        add(&mut self.targets, of.targets);
    }

    fn values(&self) -> [(Metric, u64); 8] {
        [
            (Metric::ControlSquares, self.control),
            (Metric::BodySquares, self.body),
            (Metric::LoopSquares, self.loops),
            (Metric::StackSquares, self.height),
            (Metric::BlockValueSum, self.block_values),
            (Metric::CallValueSum, self.call_values),
            (Metric::IndirectSquares, self.indirect_calls),
            (Metric::BranchTargetSum, self.targets),
        ]
    }
}
