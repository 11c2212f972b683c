//! See the rule's page below. The check itself stands where suppressions are
//! applied, in the workspace: only there it is known which of them did something.

use crate::declare_rule;
use crate::diagnostic::Applicability;
use crate::rule::{NoOptions, Rule, RuleMeta};

declare_rule! {
    /// A suppression comment that allows nothing.
    ///
    /// ## Why
    ///
    /// The finding that it allowed is gone, or the name is misspelt. Left
    /// alone, it will hide the next finding of that rule in the same place.
    /// Names of rules that are switched off are not judged, and names that do
    /// not exist are reported with the nearest one that does.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// { lib, ... }:
    /// {
    ///   # nixamine: allow(mk-farce) the image is offline
    /// #                   ^^^^^^^^ there is no rule `mk-farce`; did you mean `mk-force`?
    ///   services.openssh.enable = false;
    /// }
    /// ```
    ///
    /// ```nix good
    /// { lib, ... }:
    /// {
    ///   # mk-force is off in this example, so nothing is known about its use.
    ///   # nixamine: allow(mk-force) the image is offline
    ///   services.openssh.enable = lib.mkForce false;
    /// }
    /// ```
    ///
    /// ## When to allow it
    ///
    /// Never; remove the comment, or mend the name.
    ///
    /// ## Fix safety
    ///
    /// Removing a suppression that allows nothing is safe: a comment never
    /// changes what Nix evaluates. For a name that does not exist the fix is
    /// unsafe, because a newer Nixamine may know it.
    pub struct UnusedSuppression {
        name: "unused-suppression",
        group: Unused,
        tag: Unnecessary,
        severity: Warning,
        enabled: true,
        since: "0.1.0",
        effort: 1,
        fix: Some(Applicability::Safe),
        options: NoOptions,
    }
}

impl Rule for UnusedSuppression {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }
}
