#![doc = include_str!("../../docs/review.md")]
