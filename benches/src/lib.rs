//! Seeded inputs for the benchmarks: the same text for the same seed, on every
//! machine.

pub mod ceiling;
pub mod grammar;
pub mod modulesets;
pub mod recovery;
pub mod sessions;

use std::fmt::Write as _;

/// A small generator of pseudo-random numbers (SplitMix64): enough to vary
/// texts, and the same everywhere.
pub struct Random(u64);

impl Random {
    /// A generator that gives the same numbers for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }

    /// One of several words.
    pub fn pick<'w>(&mut self, words: &[&'w str]) -> &'w str {
        words[self.below(words.len())]
    }
}

const WORDS: &[&str] = &[
    "nginx",
    "postgresql",
    "openssh",
    "restic",
    "grafana",
    "firefox",
    "kitty",
    "waybar",
    "sway",
    "git",
    "zsh",
    "neovim",
    "tailscale",
    "samba",
    "pipewire",
    "bluetooth",
    "podman",
    "syncthing",
];

/// Settings of a module; `@W` is a word, `@N` the number of the line.
const SETTINGS: &[&str] = &[
    "    services.@W_@N = {
      enable = true;
      settings.listen = [ \"127.0.0.1\" \"${toString cfg.port}\" ];
    };
",
    "    # @W needs this on small machines
    programs.@W_@N.enable = mkDefault false;
",
    "    environment.systemPackages_@N = with pkgs; [ @W git htop ];\n",
    "    systemd.services.@W_@N.script = ''
      set -eu
      ${pkgs.@W}/bin/@W --port ${toString cfg.port} \"$@\"
    '';
",
    "    boot.kernel.sysctl.\"net.@W.@N\" = @N;\n",
    "    networking.@W_@N = if cfg.port > 1024 then \"@W\" else null;\n",
    "    users.users.@W_@N = { isNormalUser = true; extraGroups = [ \"wheel\" ]; };\n",
    "    home.file_@N.\"@W\".text = \"a = ${cfg.@W or \"none\"}\";\n",
];

/// A setting with two findings in it, one in forty or so.
const FOUND: &str = "\n    services.@W_@N.forced = lib.mkForce \"/home/@W/x\";\n";

/// A NixOS module of at least `bytes` bytes: options, settings nested and flat,
/// lists, strings, conditions, comments, and now and then something to find.
pub fn module(seed: u64, bytes: usize) -> String {
    let mut random = Random::new(seed);
    let name = random.pick(WORDS);
    let mut out = format!(
        "# Feature: {name}
{{ config, lib, pkgs, ... }}:
with lib;
let
  cfg = config.my.{name};
in
{{
  options.my.{name} = {{
    enable = mkEnableOption \"{name}\";
    port = mkOption {{ type = types.port; default = 8080; }};
  }};

  config = mkIf cfg.enable {{
"
    );
    let mut line = 0;
    while out.len() < bytes {
        let setting = if random.below(40) == 0 {
            FOUND
        } else {
            random.pick(SETTINGS)
        };
        let word = random.pick(WORDS);
        out.push_str(&setting.replace("@W", word).replace("@N", &line.to_string()));
        line += 1;
    }
    out.push_str("  };\n}\n");
    out
}

/// Packages; `@W` is a word, `@N` the number of the package.
const PACKAGES: &[&str] = &[
    "  @W_@N = callPackage ../tools/@W { };\n\n",
    "  @W_@N = callPackage ../development/@W {\n    inherit (darwin) cctools;\n    enableX = !stdenv.isDarwin;\n  };\n\n",
    "  # @W needs an old compiler\n  @W_@N = (callPackage ../games/@W { stdenv = gcc_@NStdenv; }).override { lua = lua5; };\n",
    "  \"@W-@N.1.2\" = {\n    name = \"@W\";\n    version = \"@N.1.2\";\n    src = fetchurl {\n      url = \"https://registry.example.org/@W/-/@W-@N.1.2.tgz\";\n      sha512 = \"@N+pJkkXrSrNrKzVnZ0oGQ5sQ3mTqYxkdv8yfDbEo1bmpLwWhFmV2hcNW5Gw==\";\n    };\n  };\n",
    "  @W_@N = self.\"@W\".overrideAttrs (old: rec { version = \"@N\"; patches = old.patches or [ ] ++ [ ./@W.patch ]; });\n",
];

/// A package set of at least `bytes` bytes, like all-packages.nix and like what
/// generators of package sets write.
pub fn package_set(seed: u64, bytes: usize) -> String {
    let mut random = Random::new(seed);
    let mut out = String::from(
        "{ lib, callPackage, fetchurl, stdenv, darwin, ... }:\nself:\nwith self;\n{\n",
    );
    let mut number = 0;
    while out.len() < bytes {
        let word = random.pick(WORDS);
        let package = random.pick(PACKAGES);
        out.push_str(
            &package
                .replace("@W", word)
                .replace("@N", &number.to_string()),
        );
        number += 1;
    }
    out.push_str("}\n");
    out
}

/// A project of `count` modules of `bytes` bytes that one host imports, with
/// their paths.
pub fn project(seed: u64, count: usize, bytes: usize) -> Vec<(String, String)> {
    let mut files = Vec::with_capacity(count + 1);
    let mut host = String::from("{\n  imports = [\n");
    for index in 0..count {
        let _ = writeln!(host, "    ./modules/m{index}.nix");
        files.push((
            format!("modules/m{index}.nix"),
            module(seed + index as u64, bytes),
        ));
    }
    host.push_str("  ];\n}\n");
    files.push(("host.nix".to_owned(), host));
    files
}

/// The `.nix` files of at most `most` bytes below the folder that
/// `NIXAMINE_CORPUS` names, in order; none when it is not set.
pub fn corpus(most: usize) -> Vec<String> {
    let files = corpus_files().into_iter();
    let texts = files.filter_map(|path| std::fs::read_to_string(path).ok());
    texts.filter(|text| text.len() <= most).collect()
}

/// Where they are.
pub fn corpus_files() -> Vec<std::path::PathBuf> {
    let Some(folder) = std::env::var_os("NIXAMINE_CORPUS") else {
        return Vec::new();
    };
    let mut folders = vec![std::path::PathBuf::from(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() && path.extension().is_some_and(|e| e == "nix") => {
                    files.push(path);
                }
                _ => {}
            }
        }
    }
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_text() {
        assert_eq!(module(7, 10_000), module(7, 10_000));
        assert_ne!(module(7, 10_000), module(8, 10_000));
        assert_eq!(project(1, 3, 500).len(), 4);
    }

    #[test]
    fn the_text_is_nix_and_has_findings() {
        let settings = nixamine_rules::Settings::default();
        let source = nixamine_rules::Source::new("m.nix", module(1, 50_000));
        let document = nixamine_rules::analyze(source, &settings);
        let findings = nixamine_rules::Workspace::new(vec![document], []).check(&settings);
        let rules: Vec<_> = findings.iter().map(|(_, found)| found.rule.name).collect();
        assert!(!rules.contains(&"syntax-error"), "{rules:?}");
        assert!(
            rules.contains(&"mk-force") && rules.contains(&"hardcoded-home"),
            "{rules:?}"
        );
    }
}
