//! Replacing files without losing anybody's work.
//!
//! A file is replaced as a whole, by renaming a finished and synced file over
//! it, and only if it still holds what was read. Two runs at once are kept
//! apart by a lock on the folder: unlike the file, the folder stays the same
//! while files in it are replaced. An editor that ignores the lock can still
//! slip in between the last look and the rename, some microseconds.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use tempfile::NamedTempFile;

/// Why a file was not written. The file is then as it was.
#[derive(Debug)]
pub enum WriteError {
    /// It no longer holds what was read.
    Changed,
    /// Its mode forbids writing.
    ReadOnly,
    /// It was to be created and exists.
    Exists,
    /// It would lie outside the project.
    Outside,
    /// The system refused.
    Io(io::Error),
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed => f.write_str("changed while it was being fixed; run again"),
            Self::ReadOnly => f.write_str("read-only; make it writable and run again"),
            Self::Exists => f.write_str("was to be created but exists; rename it and run again"),
            Self::Outside => f.write_str("lies outside the project and was left alone"),
            Self::Io(error) => write!(f, "cannot be written: {error}"),
        }
    }
}

impl std::error::Error for WriteError {}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Replaces the content of `path`, if that is still `before`, by `after`, and
/// keeps the mode. A symbolic link stays one; its target is replaced. A file
/// that already holds `after` is left as it is.
///
/// # Errors
/// When the file changed, is read-only, or cannot be written.
pub fn replace(path: &Path, before: &str, after: &str) -> Result<(), WriteError> {
    replace_with(path, before, after, || {})
}

/// [`replace`] with something that happens just before the file is looked at
/// for the last time.
fn replace_with(
    path: &Path,
    before: &str,
    after: &str,
    meanwhile: impl FnOnce(),
) -> Result<(), WriteError> {
    let target = match path.canonicalize() {
        Ok(target) => target,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(WriteError::Changed),
        Err(error) => return Err(error.into()),
    };
    let metadata = fs::metadata(&target)?;
    if metadata.permissions().readonly() {
        return Err(WriteError::ReadOnly);
    }
    let folder = folder_of(&target);
    let finished = prepare(folder, after, Some(&metadata))?;
    let _lock = lock(folder);
    meanwhile();
    match fs::read(&target) {
        Ok(now) if now == after.as_bytes() => return Ok(()),
        Ok(now) if now == before.as_bytes() => {}
        Ok(_) => return Err(WriteError::Changed),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(WriteError::Changed),
        Err(error) => return Err(error.into()),
    }
    finished.persist(&target).map_err(|error| error.error)?;
    sync_folder(folder);
    Ok(())
}

/// Creates `path` with `text`, and the folders above it. It must not exist and
/// must lie below `root`, also after symbolic links are resolved.
///
/// # Errors
/// When it exists, lies elsewhere or cannot be written.
pub fn create(root: &Path, path: &Path, text: &str) -> Result<(), WriteError> {
    let folder = folder_of(path);
    let existing = folder
        .ancestors()
        .find(|folder| folder.symlink_metadata().is_ok());
    let inside = match existing {
        Some(existing) => existing.canonicalize()?.starts_with(root.canonicalize()?),
        None => false,
    };
    if !inside {
        return Err(WriteError::Outside);
    }
    fs::create_dir_all(folder)?;
    let finished = prepare(folder, text, None)?;
    let _lock = lock(folder);
    match finished.persist_noclobber(path) {
        Ok(_) => {}
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(WriteError::Exists);
        }
        Err(error) => return Err(error.error.into()),
    }
    sync_folder(folder);
    Ok(())
}

/// Writes `bytes` to `path`, whatever it held before. A device or pipe is
/// written into; anything else is replaced as a whole.
///
/// # Errors
/// When it cannot be written.
pub fn output(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let existing = match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => return fs::write(path, bytes),
        Ok(metadata) => Some((path.canonicalize()?, metadata)),
        Err(_) => None,
    };
    let (target, metadata) = match &existing {
        Some((target, metadata)) => (target.as_path(), Some(metadata)),
        None => (path, None),
    };
    let mut finished = temporary(folder_of(target), metadata)?;
    finished.write_all(bytes)?;
    finished.persist(target).map_err(|error| error.error)?;
    Ok(())
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => path,
    }
}

/// A complete file beside the one it will become.
fn prepare(
    folder: &Path,
    text: &str,
    like: Option<&fs::Metadata>,
) -> Result<NamedTempFile, WriteError> {
    let mut file = temporary(folder, like)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn temporary(folder: &Path, like: Option<&fs::Metadata>) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".nixamine-").suffix(".tmp");
    #[cfg(unix)]
    if like.is_none() {
        use std::os::unix::fs::PermissionsExt;
        // What any new file gets, the umask taken off by the system.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(folder)?;
    if let Some(like) = like {
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt, fchown};
            let own = file.as_file().metadata()?;
            if (own.uid(), own.gid()) != (like.uid(), like.gid()) {
                // Somebody else's file stays theirs where that is allowed.
                let _ = fchown(file.as_file(), Some(like.uid()), Some(like.gid()));
            }
        }
        // After the owner, since a change of owner clears bits of the mode.
        file.as_file().set_permissions(like.permissions())?;
    }
    Ok(file)
}

/// Waits until no other run writes in this folder. Where folders cannot be
/// locked (Windows, some network file systems) the comparison has to do.
fn lock(folder: &Path) -> Option<File> {
    let file = File::open(folder).ok()?;
    file.lock().ok()?;
    Some(file)
}

/// Makes a rename last; a file system that cannot is not an error.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let guard = tempfile::tempdir().unwrap();
        let path = guard.path().canonicalize().unwrap();
        (guard, path)
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_that_changed_meanwhile_is_left_alone() {
        let (_guard, folder) = folder();
        let file = folder.join("a.nix");
        fs::write(&file, "old").unwrap();
        let result = replace_with(&file, "old", "new", || fs::write(&file, "theirs").unwrap());
        assert!(matches!(result, Err(WriteError::Changed)), "{result:?}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "theirs");
        let result = replace_with(&file, "theirs", "new", || fs::remove_file(&file).unwrap());
        assert!(matches!(result, Err(WriteError::Changed)), "{result:?}");
        // Nothing is left behind either.
        assert!(names(&folder).is_empty());
    }

    #[test]
    fn what_another_run_already_did_is_no_conflict() {
        let (_guard, folder) = folder();
        let file = folder.join("a.nix");
        fs::write(&file, "old").unwrap();
        replace_with(&file, "old", "new", || fs::write(&file, "new").unwrap()).unwrap();
        assert_eq!(names(&folder), ["a.nix"]);
    }

    #[cfg(unix)]
    #[test]
    fn mode_and_link_are_kept() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let (_guard, folder) = folder();
        let (file, link) = (folder.join("a.nix"), folder.join("link.nix"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o751)).unwrap();
        symlink("a.nix", &link).unwrap();
        replace(&link, "old", "new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o7777,
            0o751
        );
        fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
        assert!(matches!(
            replace(&file, "new", "x"),
            Err(WriteError::ReadOnly)
        ));
    }

    #[test]
    fn runs_at_once_lose_nothing() {
        let (_guard, folder) = folder();
        let file = folder.join("a.nix");
        fs::write(&file, "").unwrap();
        // Each thread adds its letters one by one, and starts again from what
        // is there whenever somebody else was faster.
        std::thread::scope(|scope| {
            for letter in ['a', 'b', 'c', 'd'] {
                let file = &file;
                scope.spawn(move || {
                    let mut written = 0;
                    while written < 25 {
                        let before = fs::read_to_string(file).unwrap();
                        let after = format!("{before}{letter}");
                        match replace(file, &before, &after) {
                            Ok(()) => written += 1,
                            Err(WriteError::Changed) => {}
                            Err(error) => panic!("{error}"),
                        }
                    }
                });
            }
        });
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(text.len(), 100, "{text}");
        assert_eq!(names(&folder), ["a.nix"]);
    }

    #[test]
    fn new_files_never_replace_and_never_leave_the_project() {
        let (_guard, folder) = folder();
        let root = folder.join("root");
        fs::create_dir(&root).unwrap();
        create(&root, &root.join("x/y.nix"), "{ }").unwrap();
        let again = create(&root, &root.join("x/y.nix"), "other");
        assert!(matches!(again, Err(WriteError::Exists)), "{again:?}");
        let outside = create(&root, &folder.join("z.nix"), "{ }");
        assert!(matches!(outside, Err(WriteError::Outside)), "{outside:?}");
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(&folder, root.join("out")).unwrap();
            let outside = create(&root, &root.join("out/z.nix"), "{ }");
            assert!(matches!(outside, Err(WriteError::Outside)), "{outside:?}");
        }
    }

    #[test]
    fn output_replaces_or_writes_into_a_device() {
        let (_guard, folder) = folder();
        let file = folder.join("out.json");
        output(&file, b"1").unwrap();
        output(&file, b"2").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "2");
        #[cfg(unix)]
        output(Path::new("/dev/null"), b"3").unwrap();
        assert_eq!(names(&folder), ["out.json"]);
    }
}
