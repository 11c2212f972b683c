//! The language server of Nixamine.
//!
//! So far it holds what every message needs: the translation between the
//! positions of the protocol and those of the engine. Nothing else in the
//! project knows the protocol.

pub mod position;
