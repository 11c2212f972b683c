//! The engine of Nixamine: text in, findings and fixes out.
//!
//! This crate is pure. It reads no file, knows no clock, starts no thread and
//! opens no connection; the doors (command line, language server, browser)
//! bring the text and show the result. See ARCHITECTURE.md for the map.
//!
//! The short way through it:
//!
//! ```
//! use nixamine_rules::{analyze, Settings, Source, Workspace};
//!
//! let settings = Settings::default();
//! let document = analyze(
//!     Source::new("host.nix", "{ lib, ... }: { services.x.enable = lib.mkForce false; }"),
//!     &settings,
//! );
//! let findings = Workspace::new(vec![document], []).check(&settings);
//! assert_eq!(findings.files[0].diagnostics[0].rule.name, "mk-force");
//! ```

pub mod config;
pub mod diagnostic;
pub mod docs;
pub mod fixer;
mod given;
pub mod knowledge;
pub mod linter;
mod live;
pub mod local;
mod mk_option;
pub mod module;
pub mod options;
pub mod path;
mod pieces;
pub mod policy;
pub mod report;
pub mod rule;
pub mod rules;
pub mod semantics;
mod sorted;
pub mod suppression;
pub mod syntax;
pub mod testing;
pub mod wire;
pub mod workspace;

pub use config::{Config, ConfigError, Settings};
pub use diagnostic::{Applicability, Diagnostic, Edit, Fix, NewFile, Related, Severity};
pub use linter::{Document, Source, analyze, analyze_with};
pub use rule::{Group, Rule, RuleMeta, Tag};
pub use workspace::{FileFindings, Findings, Placed, PlacedRelated, Presence, Workspace};
