//! One function then and now.

use std::collections::HashSet;

use super::{FunctionRecord, MOST, REMEDY, place, unreadable};
use crate::error::{Code, Problem, printable};
use crate::spec::{Body, Field, Shape, TypeDef, Variant, short};
use crate::surface::{FunctionRow, ParamRow};

/// The direction of a value, which decides the changes that a plugin tolerates.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Way {
    /// From the plugin to the host.
    In,
    /// From the host to the plugin.
    Out,
}

pub(super) fn drift(then: &FunctionRecord, now: &FunctionRow) -> Vec<Problem> {
    let mut diff = Diff { then, now, todo: Vec::new(), seen: HashSet::new(), problems: Vec::new() };
    diff.capability();
    // the fingerprint covers all the rest
    if then.fingerprint != now.fingerprint {
        diff.convention();
        diff.params();
        diff.shape(Code::ReplyChanged, || "the reply".to_owned(), &then.reply, &now.reply, Way::Out);
        diff.errors();
        while let Some((old, new, way)) = diff.todo.pop() {
            diff.named(old, new, way);
            if diff.problems.len() >= MOST {
                break;
            }
        }
    }
    diff.problems
}

pub(super) fn gone(then: &FunctionRecord) -> Problem {
    let params: Vec<String> =
        then.params.iter().map(|ParamRow { name, shape }| format!("{name}: {shape}")).collect();
    let what = format!(
        "the plugin was built with it, as {}, and the host does not have it any more",
        text(format!("({}) -> {}", params.join(", "), then.reply))
    );
    Problem::new(Code::FunctionGone, place(then), what, REMEDY)
}

struct Diff<'a> {
    then: &'a FunctionRecord,
    now: &'a FunctionRow,
    /// Pairs of named types that are yet to be compared: a list, because a plugin says how deep it goes.
    todo: Vec<(&'a str, &'a str, Way)>,
    seen: HashSet<(&'a str, &'a str, Way)>,
    problems: Vec<Problem>,
}

impl<'a> Diff<'a> {
    fn changed(&mut self, code: Code, what: String) {
        self.problems.push(Problem::new(code, place(self.then), what, REMEDY));
    }

    fn capability(&mut self) {
        let then = (&self.then.capability, &self.then.scoped_param);
        let now = (&self.now.capability, &self.now.scoped_param);
        if then == now {
            return;
        }
        let shown = |(capability, param): (&Option<String>, &Option<String>)| match (capability, param) {
            (None, _) => "no capability".to_owned(),
            (Some(capability), None) => text(capability),
            (Some(capability), Some(param)) => format!("{} on {}", text(capability), text(param)),
        };
        let what =
            format!("it required {} when the plugin was built, and requires {}", shown(then), shown(now));
        self.changed(Code::CapabilityChanged, what);
    }

    fn convention(&mut self) {
        // whether the host waits is nothing that the plugin's bytes know
        let of = |convention: &'a str| convention.split(',').next().unwrap_or_default();
        let (then, now) = (of(&self.then.convention), of(&self.now.convention));
        if then != now {
            self.changed(
                Code::ErrorsChanged,
                format!("it was called by {} when the plugin was built, and is by {}", text(then), text(now)),
            );
        }
    }

    fn errors(&mut self) {
        let kinds = || self.now.error.iter().flat_map(|error| &error.kinds);
        let mut changed = Vec::new();
        for then in &self.then.errors {
            if let Some(now) = kinds().find(|now| now.code == then.code && now.status != then.status) {
                changed.push(format!(
                    "the error {} had the status {} when the plugin was built, and has {}",
                    text(&then.code),
                    then.status,
                    now.status
                ));
            }
        }
        for what in changed {
            self.changed(Code::ErrorsChanged, what);
        }
    }

    fn params(&mut self) {
        let (then, now) = (&self.then.params, &self.now.params);
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
                    self.changed(Code::ParametersChanged, what);
                    continue;
                }
                let slot = || format!("parameter {}", text(&then.name));
                self.shape(Code::ParametersChanged, slot, &then.shape, &now.shape, Way::In);
            }
            return;
        }
        let gone = then.iter().filter(|param| !has(now, &param.name));
        let gone: Vec<_> = gone.map(|param| format!("parameter {} is gone", text(&param.name))).collect();
        let new = now
            .iter()
            .filter(|param| !has(then, &param.name))
            .map(|param| format!("parameter {} is new", text(format!("{}: {}", param.name, param.shape))));
        let mut what: Vec<_> = gone.into_iter().chain(new).collect();
        if what.is_empty() {
            // only of a plugin that names one twice
            what.push(format!(
                "it took {} parameters when the plugin was built, and takes {}",
                then.len(),
                now.len()
            ));
        }
        for what in what {
            self.changed(Code::ParametersChanged, what);
        }
    }

    /// Returns what stands in one place, as `slot` names it.
    fn shape(
        &mut self,
        code: Code,
        slot: impl FnOnce() -> String,
        then: &'a Shape,
        now: &'a Shape,
        way: Way,
    ) {
        if !self.alike(then, now, way) {
            let (then, now) = (text(then.to_string()), text(now.to_string()));
            self.changed(code, format!("{} was {then} when the plugin was built, and is {now}", slot()));
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
            (Shape::Opaque { .. }, Shape::Opaque { .. }) => true,
            (then, now) => then == now,
        }
    }

    fn named(&mut self, name: &'a str, name_now: &'a str, way: Way) {
        let Some(then) = self.then.types.get(name) else {
            let what = format!("it leads to a type {} and does not say what that is", text(name));
            return self.problems.push(unreadable(format!("record of {}", place(self.then)), what));
        };
        let Some(now) = self.now.types.get(name_now) else { return };
        match (then, now) {
            (TypeDef::Struct(then), TypeDef::Struct(now)) => self.body(&text(name), then, now, way),
            (TypeDef::Enum(then), TypeDef::Enum(now)) => self.variants(name, then, now, way),
            (then, now) => self.became(&text(name), &then.to_string(), &now.to_string()),
        }
    }

    fn became(&mut self, of: &str, then: &str, now: &str) {
        let what = format!("{of} was {} when the plugin was built, and is {}", text(then), text(now));
        self.changed(Code::FieldsChanged, what);
    }

    fn body(&mut self, of: &str, then: &'a Body, now: &'a Body, way: Way) {
        let code = Code::FieldsChanged;
        match (then, now) {
            (Body::Unit, Body::Unit) => {}
            (Body::Newtype(then), Body::Newtype(now)) => {
                self.shape(code, || format!("what {of} holds"), then, now, way);
            }
            (Body::Tuple(then), Body::Tuple(now)) if then.len() == now.len() => {
                for (i, (then, now)) in then.iter().zip(now).enumerate() {
                    self.shape(code, || format!("element {i} of {of}"), then, now, way);
                }
            }
            (Body::Fields(then), Body::Fields(now)) => self.fields(of, then, now, way),
            (then, now) => {
                let shown =
                    |body: &Body| if *body == Body::Unit { "unit".to_owned() } else { body.to_string() };
                self.became(of, &shown(then), &shown(now));
            }
        }
    }

    fn fields(&mut self, of: &str, then: &'a [Field], now: &'a [Field], way: Way) {
        let code = Code::FieldsChanged;
        for field in then {
            match now.iter().find(|now| now.name == field.name) {
                Some(now) => {
                    let slot = || format!("field {} of {of}", text(&field.name));
                    self.shape(code, slot, &field.shape, &now.shape, way);
                }
                None => self.changed(code, format!("field {} of {of} is gone", text(field.to_string()))),
            }
        }
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
                self.changed(code, what);
            }
        }
    }

    fn variants(&mut self, name: &str, then: &'a [Variant], now: &'a [Variant], way: Way) {
        for variant in then {
            match now.iter().find(|now| now.name == variant.name) {
                Some(now) => {
                    let of = text(format!("{name}::{}", variant.name));
                    self.body(&of, &variant.body, &now.body, way);
                }
                // what the host does not send, the plugin need not know
                None if way == Way::Out => {}
                None => {
                    let what = format!("variant {} of {} is gone", text(&variant.name), text(name));
                    self.changed(Code::FieldsChanged, what);
                }
            }
        }
        if way == Way::In {
            return;
        }
        for variant in now.iter().filter(|now| !then.iter().any(|then| then.name == now.name)) {
            let what = format!(
                "variant {} of {} is new, and the plugin does not know it",
                text(variant.to_string()),
                text(name)
            );
            self.changed(Code::FieldsChanged, what);
        }
    }
}

/// In backticks, and fit to be read.
fn text(text: impl AsRef<str>) -> String {
    format!("`{}`", printable(text.as_ref()))
}
