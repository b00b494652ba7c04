//! Differences between two versions of a function or of a contract's method, for a plugin that was built against the first.
//! The loader and the comparison of listings both decide here.

use std::collections::HashSet;

use super::terms::Terms;
use super::{FunctionRecord, MOST, REMEDY, unreadable};
use crate::error::{Code, Problem, printable};
use crate::spec::{Body, Field, Shape, TypeDef, Variant, short};
use crate::surface::{FunctionRow, ParamRow};

/// The direction of a value, which decides the changes that a plugin tolerates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Way {
    /// From the plugin to the host.
    In,
    /// From the host to the plugin.
    Out,
}

impl Way {
    /// The way of a reply to arguments that go this way.
    fn back(self) -> Self {
        match self {
            Way::In => Way::Out,
            Way::Out => Way::In,
        }
    }
}

/// A change that an existing plugin does not tolerate.
pub(crate) struct Difference {
    pub(crate) part: Part,
    code: Code,
    pub(crate) what: String,
}

/// The part that changed: `field of Point` and `x`, `parameter` and its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Part {
    pub(crate) kind: String,
    pub(crate) name: String,
}

impl Part {
    pub(crate) fn new(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Part { kind: kind.into(), name: name.into() }
    }
}

/// Changes on the wire.
pub(crate) struct Differences {
    /// Everything in which a plugin that was built against the old does not fit the new.
    pub(crate) breaking: Vec<Difference>,
    /// There is a change that a plugin tolerates.
    pub(crate) tolerated: bool,
}

/// Compares two versions. `args` is the way of the arguments: in for a function, and out for a method of a contract.
pub(crate) fn differences(then: &Terms<'_>, now: &Terms<'_>, args: Way) -> Differences {
    let mut diff = Diff::new(then, now, args);
    diff.run(usize::MAX);
    Differences { breaking: diff.found, tolerated: diff.tolerated }
}

/// The same as problems of a plugin.
pub(super) fn problems(place: &str, then: &Terms<'_>, now: &Terms<'_>, args: Way) -> Vec<Problem> {
    let mut diff = Diff::new(then, now, args);
    diff.run(MOST);
    let found = diff.found.into_iter();
    let mut problems: Vec<_> =
        found.map(|found| Problem::new(found.code, place, found.what, REMEDY)).collect();
    if let Some(name) = diff.undefined {
        let what = format!("it leads to a type {} and does not say what that is", text(name));
        problems.push(unreadable(format!("record of {place}"), what));
    }
    problems
}

pub(super) fn drift(place: &str, then: &FunctionRecord, now: &FunctionRow) -> Vec<Problem> {
    let mut found = Vec::new();
    found.extend(capability(place, then, now));
    // the fingerprint covers all the rest
    if then.fingerprint != now.fingerprint {
        found.extend(problems(place, &Terms::of_record(then), &Terms::of_function(now), Way::In));
    }
    found
}

pub(super) fn gone(place: String, params: &[ParamRow], reply: &Shape) -> Problem {
    let params: Vec<String> =
        params.iter().map(|ParamRow { name, shape }| format!("{name}: {shape}")).collect();
    let what = format!(
        "the plugin was built with it, as {}, and the host does not have it any more",
        text(format!("({}) -> {reply}", params.join(", ")))
    );
    Problem::new(Code::FunctionGone, place, what, REMEDY)
}

fn capability(place: &str, then: &FunctionRecord, now: &FunctionRow) -> Option<Problem> {
    let then = (&then.capability, &then.scoped_param);
    let now = (&now.capability, &now.scoped_param);
    if then == now {
        return None;
    }
    let shown = |(capability, param): (&Option<String>, &Option<String>)| match (capability, param) {
        (None, _) => "no capability".to_owned(),
        (Some(capability), None) => text(capability),
        (Some(capability), Some(param)) => format!("{} on {}", text(capability), text(param)),
    };
    let what = format!("it required {} when the plugin was built, and requires {}", shown(then), shown(now));
    Some(Problem::new(Code::CapabilityChanged, place, what, REMEDY))
}

struct Diff<'a> {
    then: &'a Terms<'a>,
    now: &'a Terms<'a>,
    args: Way,
    /// Pairs of named types that are yet to be compared: a list, because a plugin says how deep it goes.
    todo: Vec<(&'a str, &'a str, Way)>,
    seen: HashSet<(&'a str, &'a str, Way)>,
    found: Vec<Difference>,
    /// A type that the record names and does not define.
    undefined: Option<&'a str>,
    tolerated: bool,
}

impl<'a> Diff<'a> {
    fn new(then: &'a Terms<'a>, now: &'a Terms<'a>, args: Way) -> Self {
        let (todo, seen, found) = (Vec::new(), HashSet::new(), Vec::new());
        Diff { then, now, args, todo, seen, found, undefined: None, tolerated: false }
    }

    fn run(&mut self, most: usize) {
        let (then, now) = (self.then, self.now);
        self.convention();
        self.params();
        let reply = || "the reply".to_owned();
        self.shape(
            Code::ReplyChanged,
            &Part::new("reply", ""),
            reply,
            then.reply,
            now.reply,
            self.args.back(),
        );
        self.errors();
        while let Some((old, new, way)) = self.todo.pop() {
            self.named(old, new, way);
            if self.found.len() >= most {
                break;
            }
        }
    }

    fn changed(&mut self, code: Code, part: &Part, what: String) {
        self.found.push(Difference { part: part.clone(), code, what });
    }

    fn convention(&mut self) {
        // whether the host waits is nothing that the plugin's bytes know
        let of = |convention: &'a str| convention.split(',').next().unwrap_or_default();
        let (then, now) = (of(self.then.convention), of(self.now.convention));
        self.tolerated |= self.then.convention != self.now.convention;
        if then != now {
            self.changed(
                Code::ErrorsChanged,
                &Part::new("convention", ""),
                format!("it was called by {} when the plugin was built, and is by {}", text(then), text(now)),
            );
        }
    }

    fn errors(&mut self) {
        let lacks = |all: &[(&str, i32)], code: &str| !all.iter().any(|known| known.0 == code);
        let (old, new) = (&self.then.errors, &self.now.errors);
        self.tolerated |= old.iter().any(|error| lacks(new, error.0));
        self.tolerated |= new.iter().any(|error| lacks(old, error.0));
        for &(code, then) in &self.then.errors {
            if let Some((_, now)) = self.now.errors.iter().find(|now| now.0 == code && now.1 != then) {
                let what = format!(
                    "the error {} had the status {then} when the plugin was built, and has {now}",
                    text(code)
                );
                self.found.push(Difference {
                    part: Part::new("error", code),
                    code: Code::ErrorsChanged,
                    what,
                });
            }
        }
    }

    fn params(&mut self) {
        let (then, now) = (self.then.params, self.now.params);
        let has = |params: &[ParamRow], name: &str| params.iter().any(|param| param.name == name);
        if then.len() == now.len() {
            for (i, (then, now)) in then.iter().zip(now).enumerate() {
                if then.name != now.name {
                    let what = format!(
                        "parameter {} was {} when the plugin was built, and is {}",
                        i + 1,
                        text(format!("{}: {}", then.name, then.shape)),
                        text(format!("{}: {}", now.name, now.shape))
                    );
                    self.changed(Code::ParametersChanged, &Part::new("parameter", &then.name), what);
                    continue;
                }
                let slot = || format!("parameter {}", text(&then.name));
                let part = Part::new("parameter", &then.name);
                self.shape(Code::ParametersChanged, &part, slot, &then.shape, &now.shape, self.args);
            }
            return;
        }
        let gone = then.iter().filter(|param| !has(now, &param.name));
        let gone = gone.map(|param| (param, format!("parameter {} is gone", text(&param.name))));
        let new = now.iter().filter(|param| !has(then, &param.name)).map(|param| {
            (param, format!("parameter {} is new", text(format!("{}: {}", param.name, param.shape))))
        });
        let mut what: Vec<_> =
            gone.chain(new).map(|(param, what)| (Part::new("parameter", &param.name), what)).collect();
        if what.is_empty() {
            // only of a plugin that names one twice
            let what_all = format!(
                "it took {} parameters when the plugin was built, and takes {}",
                then.len(),
                now.len()
            );
            what.push((Part::new("parameter", ""), what_all));
        }
        for (part, what) in what {
            self.changed(Code::ParametersChanged, &part, what);
        }
    }

    /// Returns what stands in one place, as `slot` names it.
    fn shape(
        &mut self,
        code: Code,
        part: &Part,
        slot: impl FnOnce() -> String,
        then: &'a Shape,
        now: &'a Shape,
        way: Way,
    ) {
        if !self.alike(then, now, way) {
            let (then, now) = (text(then.to_string()), text(now.to_string()));
            self.changed(
                code,
                part,
                format!("{} was {then} when the plugin was built, and is {now}", slot()),
            );
        }
    }

    /// Returns whether two shapes are the same but for the named types in them, which are compared later.
    fn alike(&mut self, then: &'a Shape, now: &'a Shape, way: Way) -> bool {
        match (then, now) {
            (Shape::Named(then), Shape::Named(now)) => {
                if self.seen.insert((then, now, way)) {
                    self.todo.push((then, now, way));
                }
                true
            }
            (Shape::Option(then), Shape::Option(now)) | (Shape::Seq(then), Shape::Seq(now)) => {
                self.alike(then, now, way)
            }
            (Shape::Map(key, value), Shape::Map(key_now, value_now)) => {
                self.alike(key, key_now, way) && self.alike(value, value_now, way)
            }
            (Shape::Tuple(then), Shape::Tuple(now)) => {
                then.len() == now.len() && then.iter().zip(now).all(|(then, now)| self.alike(then, now, way))
            }
            // the resource is known by its name; where its Rust type is declared does not matter to a plugin
            (Shape::Handle(then), Shape::Handle(now)) => short(then) == short(now),
            // nobody knows what these look like
            (Shape::Opaque { .. }, Shape::Opaque { .. }) => {
                self.tolerated |= then != now;
                true
            }
            (then, now) => then == now,
        }
    }

    fn named(&mut self, name: &'a str, name_now: &'a str, way: Way) {
        let Some(then) = self.then.types.get(name) else {
            self.undefined.get_or_insert(name);
            return;
        };
        let Some(now) = self.now.types.get(name_now) else { return };
        let part = || Part::new("type", name);
        match (then, now) {
            (TypeDef::Struct(Body::Fields(then)), TypeDef::Struct(Body::Fields(now))) => {
                let kind = format!("field of {name}");
                self.fields(|field| Part::new(&kind, field), &text(name), then, now, way);
            }
            (TypeDef::Struct(then), TypeDef::Struct(now)) => self.body(&part(), &text(name), then, now, way),
            (TypeDef::Enum(then), TypeDef::Enum(now)) => self.variants(name, then, now, way),
            (then, now) => self.became(&part(), &text(name), &then.to_string(), &now.to_string()),
        }
    }

    fn became(&mut self, part: &Part, of: &str, then: &str, now: &str) {
        let what = format!("{of} was {} when the plugin was built, and is {}", text(then), text(now));
        self.changed(Code::FieldsChanged, part, what);
    }

    fn body(&mut self, part: &Part, of: &str, then: &'a Body, now: &'a Body, way: Way) {
        let code = Code::FieldsChanged;
        match (then, now) {
            (Body::Unit, Body::Unit) => {}
            (Body::Newtype(then), Body::Newtype(now)) => {
                self.shape(code, part, || format!("what {of} holds"), then, now, way);
            }
            (Body::Tuple(then), Body::Tuple(now)) if then.len() == now.len() => {
                for (i, (then, now)) in then.iter().zip(now).enumerate() {
                    self.shape(code, part, || format!("element {i} of {of}"), then, now, way);
                }
            }
            (Body::Fields(then), Body::Fields(now)) => self.fields(|_| part.clone(), of, then, now, way),
            (then, now) => {
                let shown =
                    |body: &Body| if *body == Body::Unit { "unit".to_owned() } else { body.to_string() };
                self.became(part, of, &shown(then), &shown(now));
            }
        }
    }

    fn fields(
        &mut self,
        part: impl Fn(&str) -> Part,
        of: &str,
        then: &'a [Field],
        now: &'a [Field],
        way: Way,
    ) {
        let code = Code::FieldsChanged;
        for field in then {
            let part = part(&field.name);
            match now.iter().find(|now| now.name == field.name) {
                Some(now) => {
                    let slot = || format!("field {} of {of}", text(&field.name));
                    self.shape(code, &part, slot, &field.shape, &now.shape, way);
                }
                None => {
                    self.changed(code, &part, format!("field {} of {of} is gone", text(field.to_string())));
                }
            }
        }
        self.tolerated |= now.iter().any(|now| !then.iter().any(|then| then.name == now.name));
        if way == Way::Out {
            return;
        }
        for field in now {
            let optional = matches!(field.shape, Shape::Option(_));
            if !optional && !then.iter().any(|then| then.name == field.name) {
                let what = format!(
                    "field {} of {of} is new, and the plugin does not pass it",
                    text(field.to_string())
                );
                self.changed(code, &part(&field.name), what);
            }
        }
    }

    fn variants(&mut self, name: &str, then: &'a [Variant], now: &'a [Variant], way: Way) {
        let part = |variant: &Variant| Part::new(format!("variant of {name}"), &variant.name);
        for variant in then {
            match now.iter().find(|now| now.name == variant.name) {
                Some(now) => {
                    let of = text(format!("{name}::{}", variant.name));
                    self.body(&part(variant), &of, &variant.body, &now.body, way);
                }
                // what the host does not send, the plugin need not know
                None if way == Way::Out => self.tolerated = true,
                None => {
                    let what = format!("variant {} of {} is gone", text(&variant.name), text(name));
                    self.changed(Code::FieldsChanged, &part(variant), what);
                }
            }
        }
        if way == Way::In {
            self.tolerated |= now.iter().any(|now| !then.iter().any(|then| then.name == now.name));
            return;
        }
        for variant in now.iter().filter(|now| !then.iter().any(|then| then.name == now.name)) {
            let what = format!(
                "variant {} of {} is new, and the plugin does not know it",
                text(variant.to_string()),
                text(name)
            );
            self.changed(Code::FieldsChanged, &part(variant), what);
        }
    }
}

/// In backticks, and fit to be read.
fn text(text: impl AsRef<str>) -> String {
    format!("`{}`", printable(text.as_ref()))
}
