//! The registry: one line per rule.

use crate::rule::{Rule, RuleMeta};
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// Names each rule's file and lists them all, in the order of the pages.
macro_rules! registry {
    ($($group:ident { $($module:ident :: $rule:ident),* $(,)? })*) => {
        $(
            #[doc = concat!("Rules of the group `", stringify!($group), "`.")]
            pub mod $group { $(pub mod $module;)* }
        )*
        /// Every rule.
        pub static ALL: &[&dyn Rule] = &[$($(&$group::$module::$rule),*),*];
    };
}

registry! {
    module {
        mk_force::MkForce,
        closed_signature::ClosedSignature,
        hardcoded_home::HardcodedHome,
        untyped_option::UntypedOption,
        enable_description::EnableDescription,
        undocumented_option::UndocumentedOption,
        loose_option_type::LooseOptionType,
        missing_default_text::MissingDefaultText,
        missing_header::MissingHeader,
        duplicate_sysctl::DuplicateSysctl,
        unquoted_sysctl_key::UnquotedSysctlKey,
        long_module::LongModule,
        unguarded_config::UnguardedConfig,
        module_without_options::ModuleWithoutOptions,
        missing_mk_default::MissingMkDefault,
        undocumented_kernel_param::UndocumentedKernelParam,
        magic_number::MagicNumber,
        bare_command::BareCommand,
        option_naming::OptionNaming,
        header_dependencies::HeaderDependencies,
        missing_assertion::MissingAssertion,
        ungated_language_server::UngatedLanguageServer,
        hardcoded_interface::HardcodedInterface,
        long_line::LongLine,
        tab_indentation::TabIndentation,
        todo_comment::TodoComment,
        commented_code::CommentedCode,
        inline_script::InlineScript,
        hardcoded_username::HardcodedUsername,
        duplicate_code::DuplicateCode,
    }
    workspace {
        update_with_mkif::UpdateWithMkif,
        nested_priority::NestedPriority,
        deprecated_lib::DeprecatedLib,
        option_conflict::OptionConflict,
        option_type_mismatch::OptionTypeMismatch,
        unknown_option::UnknownOption,
        renamed_option::RenamedOption,
        duplicate_option::DuplicateOption,
        unused_option::UnusedOption,
        read_only_set::ReadOnlySet,
        duplicate_setting::DuplicateSetting,
        silent_override::SilentOverride,
        mk_default_on_list::MkDefaultOnList,
        pins_default::PinsDefault,
        contradiction::Contradiction,
        dead_definition::DeadDefinition,
        import_cycle::ImportCycle,
        imports_not_top_level::ImportsNotTopLevel,
        string_import::StringImport,
        import_in_imports::ImportInImports,
        config_in_imports::ConfigInImports,
        config_decides_shape::ConfigDecidesShape,
        mixed_module_shape::MixedModuleShape,
        shallow_update::ShallowUpdate,
        state_version_not_literal::StateVersionNotLiteral,
        missing_import::MissingImport,
        unimported_module::UnimportedModule,
    }
    security {
        passwordless_sudo::PasswordlessSudo,
        ssh_root_login::SshRootLogin,
        ssh_password_login::SshPasswordLogin,
        firewall_disabled::FirewallDisabled,
        unpinned_fetch::UnpinnedFetch,
        insecure_package_allowed::InsecurePackageAllowed,
        plaintext_secret::PlaintextSecret,
        world_readable_secret::WorldReadableSecret,
        open_to_all::OpenToAll,
        required_setting::RequiredSetting,
        forbidden_setting::ForbiddenSetting,
    }
    unused {
        unused_suppression::UnusedSuppression,
    }
    correctness {
        syntax_error::SyntaxError,
        too_complex::TooComplex,
    }
}

/// The position of a rule in [`ALL`].
pub type RuleIndex = usize;

/// The rule with this name, or that once had it.
pub fn find(name: &str) -> Option<(RuleIndex, &'static dyn Rule)> {
    ALL.iter().copied().enumerate().find(|(_, rule)| {
        let meta = rule.meta();
        meta.name == name || meta.aliases.contains(&name)
    })
}

/// The name nearest to one that does not exist.
pub fn did_you_mean<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    names
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// All rules' metadata.
pub fn metas() -> impl Iterator<Item = &'static RuleMeta> {
    ALL.iter().map(|rule| rule.meta())
}

/// The position of the rule that made a finding.
pub(crate) fn index_of(meta: &RuleMeta) -> RuleIndex {
    static BY_NAME: LazyLock<FxHashMap<&str, RuleIndex>> = LazyLock::new(|| {
        let names = metas().map(|meta| meta.name);
        names
            .enumerate()
            .map(|(index, name)| (name, index))
            .collect()
    });
    BY_NAME.get(meta.name).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_kebab_case_and_unique() {
        let mut seen = HashSet::new();
        for meta in metas() {
            for name in std::iter::once(&meta.name).chain(meta.aliases) {
                assert!(
                    name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
                    "{name}"
                );
                assert!(seen.insert(*name), "{name} stands twice");
            }
        }
    }

    #[test]
    fn local_rules_say_what_they_look_for() {
        for rule in ALL {
            let (kinds, needles) = (rule.kinds(), rule.needles());
            assert!(kinds.is_empty() || !needles.is_empty(), "{:?}", rule.meta());
        }
    }

    #[test]
    fn a_near_name_is_proposed() {
        let names = || metas().map(|meta| meta.name);
        assert_eq!(did_you_mean("mkforce", names()), Some("mk-force"));
        assert_eq!(did_you_mean("zzz", names()), None);
    }
}
