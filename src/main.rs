//! The command line of Nixamine.
fn main() {}
