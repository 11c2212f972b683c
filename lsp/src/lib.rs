//! The language server of Nixamine.
//!
//! [`serve`] speaks the protocol on standard input and output until the client
//! says `exit`. Nothing else in the project knows the protocol.
//!
//! One thread, the *engine*, owns all texts, trees and findings
//! ([`session`](mod@session)). Whatever the client sends goes to it through one
//! channel, in the order in which it came ([`server`](mod@server)); what it has to
//! say goes back through another. Reading a repository for the first time happens
//! elsewhere.

mod actions;
mod convert;
mod help;
mod log;
mod navigate;
mod options;
mod position;
mod server;
mod session;
mod space;
mod wire;

pub use log::Level;
pub use server::{Options, serve};
