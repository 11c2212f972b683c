//! The engine of Nixamine for browsers and Node: a small workspace that is edited,
//! and the serialised form of what is found in it.
//!
//! [`Session`] is what happens; `Workspace` gives it to JavaScript.

pub mod bindings;
mod session;

pub use session::{Refusal, Session};
