//! Paths as the engine has them: relative to the root, with `/`, without `.`
//! and `..`. They are text; nothing here touches a file system.

/// Joins `relative` (which may climb with `..`) to the folder `base`.
/// `None` when it leaves the root.
pub fn join(base: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = base.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// `to` as a module in the folder `from` writes it.
pub fn relative(from: &str, to: &str) -> String {
    let from: Vec<_> = from.split('/').filter(|part| !part.is_empty()).collect();
    let to: Vec<_> = to.split('/').collect();
    let shared = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = "../".repeat(from.len() - shared);
    let start = if up.is_empty() { "./" } else { "" };
    format!("{start}{up}{}", to[shared..].join("/"))
}

/// The folder that holds `path`; empty for the root.
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The last component of `path`.
pub fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// What people call the module at `path`: its file's name, or its folder's for a
/// `default.nix`.
pub fn module_name(path: &str) -> &str {
    match file_name(path).trim_end_matches(".nix") {
        "default" => file_name(parent(path)),
        stem => stem,
    }
}

/// Is it a test, by its name or its folder?
pub fn is_test(path: &str) -> bool {
    path.split('/')
        .any(|part| matches!(part, "test" | "tests" | "testing" | "checks"))
        || path.ends_with("-test.nix")
        || file_name(path) == "test.nix"
        || file_name(path) == "tests.nix"
}

/// Files that show how something is done: nobody's configuration.
pub fn is_sample(path: &str) -> bool {
    path.split('/').any(|part| {
        matches!(
            part,
            "template"
                | "templates"
                | "example"
                | "examples"
                | "test"
                | "tests"
                | "testing"
                | "checks"
                | "archive"
                | "old"
                | "deprecated"
        )
    })
}

/// Is it about a machine that nobody keeps: a test, a sample, an installer, a virtual
/// machine to try things out?
pub fn is_throwaway(path: &str) -> bool {
    let is_word = |word: &str| {
        matches!(
            word,
            "iso" | "isos" | "installer" | "installers" | "vm" | "vms" | "testbed" | "testbeds"
        )
    };
    let mut words = path.split(|it: char| !it.is_ascii_alphanumeric());
    is_test(path) || is_sample(path) || words.any(is_word)
}

/// Does `glob` name `path` or a folder above it?
///
/// A glob without `/` names a file or folder at any depth (`generated`,
/// `*.gen.nix`); one with `/` is relative to the root (`hosts/*/hardware.nix`,
/// `**/secrets/*.nix`).
pub fn glob_matches(glob: &str, path: &str) -> bool {
    let glob = glob.trim_start_matches("./").trim_end_matches('/');
    let anchored = glob.contains('/');
    let glob = glob.trim_start_matches('/');
    let mut end = 0;
    loop {
        end = match path[end..].find('/') {
            Some(found) => end + found,
            None => path.len(),
        };
        let prefix = &path[..end];
        let subject = if anchored { prefix } else { file_name(prefix) };
        if fast_glob::glob_match(glob, subject) {
            return true;
        }
        if end == path.len() {
            return false;
        }
        end += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joining_climbs_but_never_leaves() {
        assert_eq!(join("a/b", "../c/./d.nix").as_deref(), Some("a/c/d.nix"));
        assert_eq!(join("a", "..").as_deref(), Some(""));
        assert_eq!(join("a", "../../x"), None);
        assert_eq!((parent("a/b.nix"), parent("b.nix")), ("a", ""));
    }

    #[test]
    fn machines_that_nobody_keeps() {
        for (path, expected) in [
            ("hosts/vm/default.nix", true),
            ("machines/vm-shared.nix", true),
            ("nixos-installer/base.nix", true),
            ("templates/server/default.nix", true),
            ("modules/vmware.nix", false),
            ("hosts/desktop.nix", false),
        ] {
            assert_eq!(is_throwaway(path), expected, "{path}");
        }
    }

    #[test]
    fn globs_name_files_and_folders() {
        for (glob, path, expected) in [
            ("generated", "a/generated/b.nix", true),
            ("*.gen.nix", "a/b.gen.nix", true),
            ("a/*.nix", "a/b.nix", true),
            ("a/*.nix", "x/a/b.nix", false),
            ("/a", "a/b/c.nix", true),
            ("/b", "a/b/c.nix", false),
            ("a/**/c.nix", "a/b/x/c.nix", true),
            ("./a/", "a/c.nix", true),
            ("hosts/{x,y}/*", "hosts/y/z.nix", true),
        ] {
            assert_eq!(glob_matches(glob, path), expected, "{glob} {path}");
        }
    }
}
