use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::blocks::{Capability, Contract, Fails, Function, Lock, Method, Unregistered};
use super::types::{self, Wrong};
use super::{CONVENTION, VERSION};
use crate::error::{Code, Problem, ProblemList, Result, TOO_DEEP, printable, toml_too_deep};
use crate::spec::{Shape, TypeDef};
use crate::surface::listing::SCHEMA;
use crate::surface::listing::read::LATER_VERSION;
use crate::surface::{
    CapabilityRow, ContractRow, ErrorKindRow, ErrorRow, FunctionRow, Listing, MethodRow, ParamRow,
    UnregisteredRow,
};

const REMEDY: &str = "write it again with `HOSTFN_BLESS=1 cargo test`, and review what changed";

pub(super) fn lock(file: &str, text: &str) -> Result<Listing> {
    let mut reader = Reader::new(file, text);
    if let Some(at) = toml_too_deep(text) {
        let place = reader.place(reader.line(at));
        return Err(Problem::new(Code::LockInvalid, place, TOO_DEEP, REMEDY).into());
    }
    reader.check_version()?;
    let lock: Lock = toml::from_str(text).map_err(|error| reader.syntax(&error))?;
    let listing = reader.listing(lock);
    reader.problems.into_result()?;
    Ok(listing.sorted())
}

struct Reader<'t> {
    file: &'t str,
    text: &'t str,
    line_starts: Vec<usize>,
    seen: BTreeSet<(&'static str, String, String)>,
    problems: ProblemList,
    /// The number of shapes that the unread texts may stand for.
    shapes: usize,
}

impl<'t> Reader<'t> {
    fn new(file: &'t str, text: &'t str) -> Self {
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        let line_starts = std::iter::once(0).chain(ends).collect();
        Reader {
            file,
            text,
            line_starts,
            seen: BTreeSet::new(),
            problems: ProblemList::new(),
            shapes: types::MOST,
        }
    }

    /// Counted from 1.
    fn line(&self, at: usize) -> u32 {
        u32::try_from(self.line_starts.partition_point(|start| *start <= at)).unwrap_or(u32::MAX)
    }

    fn place(&self, line: u32) -> String {
        format!("{} line {line}", self.file)
    }

    fn wrong(&mut self, line: u32, what: &str) {
        let place = self.place(line);
        self.problems.push_with(|| Problem::new(Code::LockInvalid, place, printable(what), REMEDY));
    }

    /// Rejects the lock of another version by its number, whatever else it holds.
    fn check_version(&self) -> Result<(), Problem> {
        #[derive(Deserialize)]
        struct Version {
            lock: Spanned<i64>,
        }
        match toml::from_str(self.text) {
            Ok(Version { lock }) if *lock.get_ref() != i64::from(VERSION) => {
                let found = lock.get_ref();
                let what = format!("it is a lock of version {found}; this version reads {VERSION}");
                let remedy = if *found < i64::from(VERSION) {
                    "write it again with `HOSTFN_BLESS=1 cargo test`, and review it"
                } else {
                    LATER_VERSION
                };
                Err(Problem::new(
                    Code::ListingVersion,
                    self.place(self.line(lock.span().start)),
                    what,
                    remedy,
                ))
            }
            _ => Ok(()),
        }
    }

    fn syntax(&self, error: &toml::de::Error) -> Problem {
        if let Some(line) = self.text.lines().position(|line| line.starts_with("<<<<<<< ")) {
            let place = self.place(u32::try_from(line + 1).unwrap_or(u32::MAX));
            return Problem::new(Code::LockInvalid, place, "there is a merge conflict", REMEDY);
        }
        let at = error.span().map_or(0, |span| span.start);
        let what = printable(&error.message().replace('\n', ", "));
        Problem::new(Code::LockInvalid, self.place(self.line(at)), what, REMEDY)
    }

    fn listing(&mut self, lock: Lock) -> Listing {
        let functions: Vec<FunctionRow> = each(lock.function, |block, line| self.function(block, line));
        let mut capabilities: Vec<CapabilityRow> =
            each(lock.capability, |block, line| self.capability(block, line));
        let mut by_capability: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for row in &functions {
            if let Some(capability) = &row.capability {
                by_capability.entry(capability).or_default().push(row.full_name());
            }
        }
        for row in &mut capabilities {
            row.functions = by_capability.remove(&*row.name).unwrap_or_default();
        }
        for (name, functions) in by_capability {
            let what = format!("there is no block for the capability `{name}` of {}", functions.join(", "));
            self.wrong(1, &what);
        }
        Listing {
            schema: SCHEMA,
            abi: lock.abi,
            functions,
            capabilities,
            contracts: each(lock.contract, |block, line| self.contract(block, line)),
            unregistered: each(lock.unregistered, |block, line| self.unregistered(block, line)),
        }
    }

    fn line_of(&self, span: &Range<usize>) -> u32 {
        self.line(span.start)
    }

    fn once(&mut self, kind: &'static str, name: (&str, &str), line: u32) {
        if !self.seen.insert((kind, name.0.to_owned(), name.1.to_owned())) {
            self.wrong(line, &format!("the {kind} `{}{}` has another block", name.0, name.1));
        }
    }

    fn capability(&mut self, block: Capability, span: &Range<usize>) -> CapabilityRow {
        let line = self.line_of(span);
        self.once("capability", (&block.name, ""), line);
        let Capability { name, about, scope, escapes_the_sandbox: escapes } = block;
        CapabilityRow {
            name,
            about,
            scope,
            escapes,
            functions: Vec::new(),
            file: self.file.to_owned(),
            line,
            granted: None,
        }
    }

    fn function(&mut self, block: Function, span: &Range<usize>) -> FunctionRow {
        let line = self.line_of(span);
        self.once("function", (&format!("{}.", block.module), &block.name), line);
        if block.capability.is_some() == block.always_available {
            self.wrong(line, "a function has either `capability` or `always_available = true`");
        }
        let (krate, outside) = self.package(block.krate, block.outside, line);
        let before = self.problems.len();
        let (params, reply, types) = self.types(&block.takes, block.replies.as_ref(), block.types.as_ref());
        let row = FunctionRow {
            module: block.module,
            name: block.name,
            group: block.group,
            convention: block.convention.unwrap_or_else(|| CONVENTION.to_owned()),
            capability: block.capability,
            scoped_param: block.matched,
            params,
            states: block.states,
            reply,
            error: self.error(block.error, block.fails, line),
            types,
            max_args: block.max_args,
            max_reply: block.max_reply,
            quota: block.quota,
            since: block.since.unwrap_or(1),
            summary: block.docs,
            krate,
            outside,
            file: self.file.to_owned(),
            line,
            origin: origin(block.by_hand),
            fingerprint: block.fingerprint,
        };
        if self.problems.len() == before {
            self.check_fingerprint(&row.full_name(), &row.fingerprint, &row.expected_fingerprint(), line);
        }
        row
    }

    fn contract(&mut self, block: Contract, span: &Range<usize>) -> ContractRow {
        let line = self.line_of(span);
        self.once("contract", (&block.id, ""), line);
        let (krate, outside) = self.package(block.krate, block.outside, line);
        let id = block.id;
        ContractRow {
            methods: each(block.method, |block, span| self.method(&id, block, span)),
            id,
            summary: block.docs,
            krate,
            outside,
            file: self.file.to_owned(),
            line,
            origin: origin(block.by_hand),
        }
    }

    fn method(&mut self, contract: &str, block: Method, span: &Range<usize>) -> MethodRow {
        let line = self.line_of(span);
        let before = self.problems.len();
        self.once("method", (&format!("{contract}."), &block.name), line);
        let (params, reply, types) = self.types(&block.takes, block.replies.as_ref(), block.types.as_ref());
        let row = MethodRow {
            name: block.name,
            entry: block.entry,
            convention: block.convention.unwrap_or_else(|| CONVENTION.to_owned()),
            params,
            reply,
            error: self.error(block.error, block.fails, line),
            types,
            summary: block.docs,
            fingerprint: block.fingerprint,
        };
        let name = format!("{contract}.{}", row.name);
        if self.problems.len() == before {
            self.check_fingerprint(&name, &row.fingerprint, &row.expected_fingerprint(contract), line);
        }
        row
    }

    fn unregistered(&mut self, block: Unregistered, span: &Range<usize>) -> UnregisteredRow {
        let line = self.line_of(span);
        let (krate, outside) = self.package(block.krate, block.outside, line);
        let Unregistered { module, name, .. } = block;
        UnregisteredRow { module, name, krate, outside, file: self.file.to_owned(), line }
    }

    fn package(
        &mut self,
        krate: Option<String>,
        outside: Option<String>,
        line: u32,
    ) -> (String, Option<String>) {
        match (krate, outside) {
            (Some(krate), None) => return (krate, None),
            (None, Some(package)) => match package.split_once(' ') {
                Some((krate, version)) => return (krate.to_owned(), Some(version.to_owned())),
                None => self.wrong(line, "`outside` is a package and its version, `dep 1.2.3`"),
            },
            _ => self.wrong(line, "a block has either `crate` or `outside`"),
        }
        (String::new(), None)
    }

    fn error(&mut self, name: Option<String>, fails: Vec<Fails>, line: u32) -> Option<ErrorRow> {
        if name.is_none() && !fails.is_empty() {
            self.wrong(line, "there is `fails` without `error`, the type that it is of");
        }
        let kind = |Fails { code, status, docs }| ErrorKindRow { code, status, docs };
        name.map(|name| ErrorRow { name, kinds: ErrorKindRow::distinct(fails.into_iter().map(kind)) })
    }

    fn types(
        &mut self,
        takes: &[Spanned<String>],
        replies: Option<&Spanned<String>>,
        types: Option<&Spanned<String>>,
    ) -> (Vec<ParamRow>, Shape, BTreeMap<String, TypeDef>) {
        let params = takes.iter().filter_map(|text| self.parsed(text, types::read_named));
        let params = params.map(|(name, shape)| ParamRow { name, shape }).collect();
        let reply = replies.and_then(|text| self.parsed(text, types::read_shape));
        let types = types.and_then(|text| self.parsed(text, types::read_definitions));
        (params, reply.unwrap_or(Shape::Unit), types.unwrap_or_default())
    }

    fn parsed<T>(
        &mut self,
        text: &Spanned<String>,
        parse: impl FnOnce(&str, &mut usize) -> Result<T, Wrong>,
    ) -> Option<T> {
        let Wrong { at, what } = match parse(text.get_ref(), &mut self.shapes) {
            Ok(parsed) => return Some(parsed),
            Err(wrong) => wrong,
        };
        let mut line = self.line(text.span().start);
        if self.text[text.span()].starts_with("\"\"\"\n") {
            let above = text.get_ref()[..at].matches('\n').count();
            line += 1 + u32::try_from(above).unwrap_or(u32::MAX - 1);
        }
        self.wrong(line, &what);
        None
    }

    fn check_fingerprint(&mut self, name: &str, written: &str, found: &str, line: u32) {
        if written != found {
            let what = format!("the block of `{}` is not what its fingerprint says", printable(name));
            let place = self.place(line);
            self.problems.push_with(|| Problem::new(Code::LockFingerprint, place, what, REMEDY));
        }
    }
}

fn each<B, R>(blocks: Vec<Spanned<B>>, mut row: impl FnMut(B, &Range<usize>) -> R) -> Vec<R> {
    let row = |block: Spanned<B>| {
        let span = block.span();
        row(block.into_inner(), &span)
    };
    blocks.into_iter().map(row).collect()
}

fn origin(by_hand: bool) -> String {
    if by_hand { "manual" } else { "macro" }.to_owned()
}
