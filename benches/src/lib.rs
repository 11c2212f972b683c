//! Seeded inputs for the benchmarks.
