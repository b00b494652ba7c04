//! `sql`.

mod attach;
mod damage;
mod heap;
mod limits;
mod rights;
mod safety;
mod statements;
mod time;
