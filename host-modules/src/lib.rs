//! Host functions that most hosts need.
