//! A third-party engine: guests are tapes, and it has nothing but `hostfn`'s public API.
//!
//! A tape is a text with a line for each export: `NAME = MODULE.FUNCTION MODULE.FUNCTION ...`. A call of the export calls
//! these functions in order with the export's own arguments, and returns the last reply.

use std::collections::BTreeMap;

use hostfn::engine::{Composition, Exports, GuestResult, Import, Returning, Session, Subject};
use hostfn::error::Code;
use hostfn::{CancelToken, Grants, Manifest, Problem, Problems, Result, Status};

/// The functions that each export calls.
type Steps = BTreeMap<String, Vec<Import>>;

/// A loaded tape.
#[derive(Debug)]
pub struct Tape {
    subject: Subject,
    steps: Steps,
}

impl Tape {
    /// Reads a tape.
    ///
    /// # Errors
    /// `H0302` for each function that the host does not offer.
    pub fn load(host: &Composition, name: &str, manifest: Option<Manifest>, text: &str) -> Result<Self> {
        let (mut steps, mut problems) = (Steps::new(), Vec::new());
        for (export, functions) in text.lines().filter_map(|line| line.split_once('=')) {
            let found = functions.split_whitespace().filter_map(|function| {
                let import = function.split_once('.').and_then(|(module, name)| host.import(module, name));
                if import.is_none() {
                    let (place, what) = (format!("tape `{name}`"), format!("`{function}` is not offered"));
                    problems.push(Problem::new(Code::UnknownImport, place, what, "fix its name"));
                }
                import
            });
            steps.insert(export.trim().to_owned(), found.collect());
        }
        Problems::check(problems)?;
        let imports: Vec<Import> = steps.values().flatten().copied().collect();
        Ok(Tape { subject: host.subject(name, manifest, imports)?, steps })
    }

    /// Starts a guest with these grants.
    ///
    /// # Errors
    /// Those of `SessionBuilder::open`.
    pub fn start(&self, grants: &Grants, startup: &CancelToken) -> Result<Guest> {
        let session = self.subject.session(grants).cancelled_by(startup).open()?;
        Ok(Guest { session, steps: self.steps.clone() })
    }
}

/// A running tape.
#[derive(Debug)]
pub struct Guest {
    session: Session,
    steps: Steps,
}

impl Guest {
    async fn run(&mut self, export: &str, args: &[u8]) -> Result<GuestResult> {
        let Some(steps) = self.steps.get(export) else {
            return Err(self.session.no_such_export(export, "the tape has no such line"));
        };
        let mut last = (Status::OK, Vec::new());
        for &import in steps {
            self.session.may_go_on().map_err(|stop| self.session.stopped(export, stop))?;
            let reply = if import.spec().is_async() {
                match self.session.start(import, args) {
                    Ok(pending) => {
                        let completed = pending.wait().await;
                        self.session.finish(completed)
                    }
                    Err(refused) => self.session.report(refused),
                }
            } else {
                self.session.call(import, args)
            };
            let reply = reply.map(|reply| (reply.status, reply.bytes.to_owned()));
            last = reply.map_err(|stop| self.session.stopped(export, stop))?;
        }
        self.session.result(export, last.0, &last.1)
    }
}

impl Exports for Guest {
    fn session(&self) -> &Session {
        &self.session
    }

    fn session_mut(&mut self) -> &mut Session {
        &mut self.session
    }

    fn has(&mut self, entry: &str) -> Option<bool> {
        self.steps.contains_key(entry).then_some(true)
    }

    fn call_bytes(&mut self, export: &str, args: Vec<u8>) -> Result<GuestResult> {
        pollster::block_on(self.call_bytes_async(export, args))
    }

    fn call_bytes_async<'a>(&'a mut self, export: &'a str, args: Vec<u8>) -> Returning<'a> {
        Box::pin(async move {
            let mut call = self.session.enter(export)?;
            let result = call.around(self.run(export, &args)).await;
            let len = result.as_ref().map_or(0, |result| result.bytes().len());
            call.end(&mut self.session, (args.len(), len), result)
        })
    }
}
