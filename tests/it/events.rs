//! What happened is told once, in order, to whom it concerns, wherever they listen.

mod streams;
mod telling;
