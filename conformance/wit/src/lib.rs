//! Its test does the work.
