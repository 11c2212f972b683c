//! Files that were not read: do they exist, or does somebody mean them to be absent?

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use nixamine_rules::Presence;
use std::fs;
use std::path::{Path, PathBuf};

/// What is known of the files of a project that were not read.
pub fn presence(root: &Path) -> Presence {
    let root = root.to_owned();
    Presence::new(move |path| may_exist(&root, path))
}

fn may_exist(root: &Path, path: &str) -> bool {
    let disk = root.join(path);
    let is_there = |path: &Path| path.symlink_metadata().is_ok();
    match disk.metadata() {
        Ok(metadata) if metadata.is_dir() => {
            if is_there(&disk.join("default.nix")) {
                return true;
            }
        }
        // A link may lead somewhere on another machine.
        Ok(_) => return true,
        Err(_) if is_there(&disk) => return true,
        Err(_) => {}
    }
    // A part of the repository that was not fetched.
    if root.join(".git/info/sparse-checkout").is_file() {
        return true;
    }
    let mut folders = disk.ancestors().take_while(|it| it.starts_with(root));
    let nearest = folders.find(|it| it.is_dir());
    if nearest.is_some_and(is_empty) {
        return true;
    }
    is_ignored(root, &disk)
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

/// Does git ignore a file, or the folder that would hold it?
fn is_ignored(root: &Path, file: &Path) -> bool {
    let folders = file.ancestors().skip(1);
    let own = folders
        .take_while(|it| it.starts_with(root))
        .flat_map(|folder| [".gitignore", ".ignore"].map(|name| (folder, folder.join(name))));
    let mut all = own.chain([(root, root.join(".git/info/exclude"))]);
    let inside = file.join("default.nix");
    all.any(|(base, list)| {
        read(base, &list).is_some_and(|list| {
            [file, &inside]
                .into_iter()
                .any(|file| list.matched_path_or_any_parents(file, false).is_ignore())
        })
    })
}

fn read(base: &Path, list: &PathBuf) -> Option<Gitignore> {
    if !list.is_file() {
        return None;
    }
    let mut builder = GitignoreBuilder::new(base);
    match builder.add(list) {
        Some(_) => None,
        None => builder.build().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::may_exist;
    use std::fs;

    #[test]
    fn what_is_absent_on_purpose_is_not_missing() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for name in ["modules/inner", "submodule", "here", "secret"] {
            fs::create_dir_all(root.join(name)).unwrap();
        }
        for (name, text) in [
            (".gitignore", "local.nix\n/hosts/private/\n"),
            ("modules/.gitignore", "/machine.nix\n"),
            ("here/default.nix", "{ }"),
            ("modules/inner/x", ""),
            ("data.json", ""),
        ] {
            fs::write(root.join(name), text).unwrap();
        }
        for path in [
            "data.json",
            "here",
            "a/local.nix",
            "local.nix",
            "hosts/private/x.nix",
            "hosts/private",
            "modules/machine.nix",
            "submodule/a/b.nix",
        ] {
            assert!(may_exist(&root, path), "{path}");
        }
        for path in [
            "a.nix",
            "modules/b.nix",
            "modules/inner",
            "machine.nix",
            "hosts/x.nix",
        ] {
            assert!(!may_exist(&root, path), "{path}");
        }
    }
}
