//! See the rule's page below.

use crate::declare_rule;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix};
use crate::module::{Definition, ModuleFacts};
use crate::options::Known;
use crate::path;
use crate::rule::{NoOptions, Rule, RuleMeta};
use crate::syntax::{SyntaxKind, SyntaxNode, TextRange, TextSize, parse};
use crate::workspace::FileContext;
use std::ops::Range;

declare_rule! {
    /// A program is started by its bare name, where the file starts others by their path.
    ///
    /// ## Why
    ///
    /// A bare name works only as long as something else installs the program into
    /// the `PATH` that happens to hold there. A path into the store brings the
    /// program along, and an update of it cannot go unnoticed.
    ///
    /// ## Example
    ///
    /// ```nix bad
    /// { lib, pkgs, ... }:
    /// {
    ///   systemd.user.services.bar.serviceConfig.ExecStart = "waybar --log-level warning";
    /// #                                                      ^^^^^^ `waybar` is started by its bare name
    ///   systemd.user.services.lock.serviceConfig.ExecStart = "${pkgs.swaylock}/bin/swaylock";
    /// }
    /// ```
    ///
    /// ```nix fixed
    /// { lib, pkgs, ... }:
    /// {
    ///   systemd.user.services.bar.serviceConfig.ExecStart = "${lib.getExe pkgs.waybar} --log-level warning";
    ///   systemd.user.services.lock.serviceConfig.ExecStart = "${pkgs.swaylock}/bin/swaylock";
    /// }
    /// ```
    ///
    /// ```nix good
    /// { lib, pkgs, ... }:
    /// {
    ///   systemd.user.services.bar.serviceConfig.ExecStart = lib.getExe pkgs.waybar;
    ///   systemd.user.services.backup = {
    ///     path = [ pkgs.restic ];
    ///     serviceConfig.ExecStart = "restic backup";
    ///   };
    ///   wayland.windowManager.sway.config.keybindings."Mod4+x" = "exec systemctl suspend";
    /// }
    /// ```
    ///
    /// Commands are the values of `ExecStart` and its like, of `terminal`, `exec`,
    /// `command` and `on-click`, and what follows `exec` in key bindings of sway, i3
    /// and Hyprland. Only programs that the rule knows by name are reported: a name
    /// that it does not know may be a script of yours. So what the shell brings,
    /// programs with a setuid bit such as `sudo`, and those that must be the ones of
    /// the running system or session (`systemctl`, `hyprctl`) are silent, and so are
    /// services with a `path`, and files that start nothing by path.
    ///
    /// ## When to allow it
    ///
    /// Where the program of the user's choice is meant, wherever it comes from.
    ///
    /// ## Fix safety
    ///
    /// The fix starts the package of the program's name. It is unsafe: the package
    /// may be called otherwise, and the program in the `PATH` may be another one.
    pub struct BareCommand {
        name: "bare-command",
        group: Module,
        severity: Hint,
        enabled: false,
        since: "0.1.0",
        effort: 5,
        fix: Some(Applicability::Unsafe),
        options: NoOptions,
    }
}

/// Keys whose values are commands.
const COMMANDS: &[&str] = &[
    "ExecStart",
    "ExecStartPre",
    "ExecStartPost",
    "ExecStop",
    "ExecStopPost",
    "ExecReload",
    "exec",
    "exec-once",
    "command",
    "terminal",
    "on-click",
    "on-click-right",
    "on-click-middle",
    "on-scroll-up",
    "on-scroll-down",
    "lock_cmd",
    "before_sleep_cmd",
    "after_sleep_cmd",
    "on-timeout",
    "on-resume",
];

/// Sets of key bindings, whose values start commands after the word `exec`.
const BINDINGS: &[&str] = &["keybindings", "bind", "bindl", "binde", "bindel"];

/// Programs whose package has their name.
const NAMESAKES: &[&str] = &[
    "alacritty",
    "autorandr",
    "bemenu",
    "brightnessctl",
    "btop",
    "cliphist",
    "copyq",
    "curl",
    "dunst",
    "emacs",
    "feh",
    "firefox",
    "flameshot",
    "foot",
    "fuzzel",
    "ghostty",
    "gimp",
    "git",
    "grim",
    "hypridle",
    "hyprlock",
    "hyprpaper",
    "hyprpicker",
    "i3lock",
    "jq",
    "kanshi",
    "kitty",
    "light",
    "lxappearance",
    "maim",
    "mako",
    "mpc",
    "mpv",
    "nautilus",
    "pamixer",
    "pavucontrol",
    "pcmanfm",
    "picom",
    "playerctl",
    "polybar",
    "qutebrowser",
    "rclone",
    "redshift",
    "restic",
    "rofi",
    "rsync",
    "scrot",
    "slurp",
    "sway-audio-idle-inhibit",
    "swaybg",
    "swayidle",
    "swaylock",
    "swww",
    "syncthing",
    "tailscale",
    "thunderbird",
    "tmux",
    "waybar",
    "wezterm",
    "wf-recorder",
    "wl-gammarelay-rs",
    "wlogout",
    "wlsunset",
    "wofi",
    "wtype",
    "xautolock",
    "xclip",
    "xdotool",
    "xss-lock",
    "ydotool",
    "zathura",
];

/// Programs that come with a package of another name.
const OTHERS: &[(&str, &str)] = &[
    ("bemenu-run", "bemenu"),
    ("blueman-applet", "blueman"),
    ("blueman-manager", "blueman"),
    ("borg", "borgbackup"),
    ("emacsclient", "emacs"),
    ("footclient", "foot"),
    ("grimblast", "grimblast"),
    ("grimshot", "sway-contrib.grimshot"),
    ("nm-applet", "networkmanagerapplet"),
    ("notify-send", "libnotify"),
    ("pactl", "pulseaudio"),
    ("pgrep", "procps"),
    ("pkill", "procps"),
    ("swaync", "swaynotificationcenter"),
    ("swaync-client", "swaynotificationcenter"),
    ("swayosd-client", "swayosd"),
    ("thunar", "xfce.thunar"),
    ("wg", "wireguard-tools"),
    ("wl-copy", "wl-clipboard"),
    ("wl-paste", "wl-clipboard"),
    ("wpctl", "wireplumber"),
    ("xdg-open", "xdg-utils"),
];

impl Rule for BareCommand {
    fn meta(&self) -> &'static RuleMeta {
        &Self::META
    }

    fn reads_text(&self) -> bool {
        true
    }

    fn check_file(&self, cx: &mut FileContext<'_>) {
        let text = cx.text();
        if !text.contains("}/bin/") && !text.contains("getExe") || path::is_sample(cx.path()) {
            return;
        }
        let facts = cx.facts();
        let mut found = Vec::new();
        for (index, module) in facts.modules.iter().enumerate() {
            if !cx.view().graph.is_module(cx.module_id(index)) {
                continue;
            }
            for definition in &module.definitions {
                let Some(commands) = commands_of(definition) else {
                    continue;
                };
                if has_path(module, definition) {
                    continue;
                }
                let named = programs(text, definition, commands);
                found.extend(named.into_iter().map(|range| (range, module.has_lib)));
            }
        }
        for (range, has_lib) in found {
            let name = &text[Range::from(range)];
            let written = [
                "writeShellScriptBin",
                "writeShellApplication",
                "writeScriptBin",
            ];
            if written.iter().any(|it| text.contains(it)) && text.contains(&format!("\"{name}\"")) {
                continue;
            }
            let message = format!("`{name}` is started by its bare name");
            let mut finding = Diagnostic::new(&Self::META, range, message)
                .label("whatever the `PATH` holds")
                .help("other programs of this file are started by their path");
            if text.contains("pkgs") && has_lib {
                let path = match OTHERS.iter().find(|(program, _)| *program == name) {
                    Some((_, package)) => format!("${{pkgs.{package}}}/bin/{name}"),
                    None => format!("${{lib.getExe pkgs.{name}}}"),
                };
                let edit = Edit::replace(range, path);
                let fix = Fix::new(Applicability::Unsafe, "start it by its path", [edit]);
                finding = finding.fix(fix);
            }
            cx.report(finding);
        }
    }
}

/// How commands stand in texts.
#[derive(Clone, Copy, PartialEq)]
enum Commands {
    /// Each text is one.
    Whole,
    /// What follows the word `exec` is one.
    Exec,
}

fn commands_of(definition: &Definition) -> Option<Commands> {
    if matches!(definition.known, Known::Path | Known::Function | Known::Set) {
        return None;
    }
    let names: Vec<_> = definition
        .path
        .iter()
        .map(|key| key.name.as_deref().unwrap_or_default())
        .collect();
    let (last, above) = names.split_last()?;
    let is_binding = |name: &&str| BINDINGS.contains(name);
    if is_binding(last) || above.last().is_some_and(is_binding) {
        return Some(Commands::Exec);
    }
    COMMANDS.contains(last).then_some(Commands::Whole)
}

/// Has the unit that a definition belongs to a `path` of its own?
fn has_path(module: &ModuleFacts, definition: &Definition) -> bool {
    let same = |other: &Definition| {
        let (last, unit) = match other.path.split_last() {
            Some(split) => split,
            None => return false,
        };
        let mut keys = unit.iter().zip(definition.path.iter());
        last.name.as_deref() == Some("path")
            && unit.len() < definition.path.len()
            && keys.all(|(a, b)| a.name == b.name)
    };
    definition.starts_with(&["systemd"]) && module.definitions.iter().any(same)
}

/// Where a value starts programs by their bare names.
fn programs(text: &str, definition: &Definition, commands: Commands) -> Vec<TextRange> {
    let value = definition.value;
    let tree = parse(&text[Range::from(value)]);
    let strings = tree.root().descendants().filter(is_command);
    let named = strings.filter_map(|string| {
        let range = string.text_range() + value.start();
        let at = program(&text[Range::from(range)], commands)? + range.start();
        let name = &text[Range::from(at)];
        let other = OTHERS.iter().any(|(program, _)| *program == name);
        (other || NAMESAKES.contains(&name)).then_some(at)
    });
    named.collect()
}

/// Is it a text of its own, or one that a list or an `optional` adds?
fn is_command(node: &SyntaxNode) -> bool {
    let adds = |node: &SyntaxNode| match node.kind() {
        SyntaxKind::NODE_BIN_OP => node.text().to_string().contains("++"),
        SyntaxKind::NODE_APPLY => {
            let first = node.first_child().map(|it| it.text().to_string());
            first.is_some_and(|function| function.contains("optional"))
        }
        kind => matches!(
            kind,
            SyntaxKind::NODE_ROOT
                | SyntaxKind::NODE_PAREN
                | SyntaxKind::NODE_LIST
                | SyntaxKind::NODE_IF_ELSE
        ),
    };
    node.kind() == SyntaxKind::NODE_STRING && node.ancestors().skip(1).all(|node| adds(&node))
}

/// The bare name of the program that a text starts.
fn program(string: &str, commands: Commands) -> Option<TextRange> {
    let mut at = string.find(|c| c != '"' && c != '\'')?;
    if commands == Commands::Exec {
        let exec = string.find("exec")?;
        at = exec + "exec".len();
        let rest = &string[at..];
        at += rest
            .find(|c: char| !matches!(c, ' ' | ','))
            .filter(|skip| *skip > 0)?;
    }
    // `exec` of a shell, and options of the window manager.
    let mut rest = &string[at..];
    for skip in ["exec ", "--no-startup-id "] {
        rest = rest.strip_prefix(skip).unwrap_or(rest);
    }
    let at = string.len() - rest.len();
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let len = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
    let (name, behind) = rest.split_at(len);
    let is_program = !name.is_empty() && behind.starts_with([' ', '"', '\'', ';', '\n']);
    is_program.then(|| TextRange::at(TextSize::new(at as u32), TextSize::of(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{check, check_fix};

    #[test]
    fn key_bindings_and_lists() {
        check(
            &BareCommand::META,
            r#"{ pkgs, lib, ... }:
{
  wayland.windowManager.hyprland.settings = {
    exec-once = [ "waybar" "${pkgs.mako}/bin/mako" "systemctl start x" ];
#                  ^^^^^^ `waybar` is started
    bind = [
      "SUPER, Return, exec, kitty -1"
#                           ^^^^^ `kitty` is started
      "SUPER, Q, killactive"
      "SUPER, E, exec, ${lib.getExe pkgs.nautilus}"
    ];
  };
  wayland.windowManager.sway.config = {
    terminal = "foot";
#               ^^^^ `foot` is started
    keybindings."Mod4+d" = "exec --no-startup-id bemenu-run";
#                                                ^^^^^^^^^^ `bemenu-run` is started
    keybindings."Mod4+q" = "kill";
  };
}"#,
        );
    }

    #[test]
    fn what_brings_its_path() {
        for setting in [
            "services.a.command = \"${pkgs.b}/bin/b\"",
            "services.a.command = \"./run\"",
            "services.a.command = \"$TERMINAL -e x\"",
            "services.a.command = \"sudo x\"",
            "services.a.command = \"feh there\" == b",
            "services.a.command = f \"feh y\"",
            "services.a.commands = \"feh\"",
            "systemd.services.a = { path = [ ]; serviceConfig.ExecStart = \"feh\"; }",
            "programs.a.terminal = \"mine\"",
            "programs.tmux.terminal = \"tmux-256color\"",
        ] {
            let text =
                format!("{{ pkgs, lib, ... }}: {{ {setting}; services.b.c = lib.getExe pkgs.d; }}");
            check(&BareCommand::META, &text);
        }
        check(
            &BareCommand::META,
            "{ pkgs, ... }: { programs.a.terminal = \"foot\"; }",
        );
    }

    #[test]
    fn packages_of_another_name() {
        check_fix(
            &BareCommand::META,
            "{ pkgs, lib, ... }: {
  programs.a.on-click = \"wpctl set-mute @DEFAULT_AUDIO_SINK@ toggle\";
#                        ^^^^^ `wpctl`
  services.b.c = lib.getExe pkgs.d;
}",
            Applicability::Unsafe,
            "{ pkgs, lib, ... }: {
  programs.a.on-click = \"${pkgs.wireplumber}/bin/wpctl set-mute @DEFAULT_AUDIO_SINK@ toggle\";
  services.b.c = lib.getExe pkgs.d;
}",
        );
    }
}
