//! Hostile guests against every function of the conformance suite and of the modules, and against seeded faults.

mod clean;
mod seeded;
