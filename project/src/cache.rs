//! What took long to find out, kept for the next run.
//!
//! Nothing here has to be there: an entry that is missing, or of another version
//! of Nixamine, is made again, and one that cannot be written is not missed.

use crate::hash::{base32, sha256};
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Of one kind, only so many entries are kept, the newest.
const KEPT: usize = 32;

/// What an interrupted run left behind is old after this time.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

const UNFINISHED: &str = ".unfinished-";

/// A folder with entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    folder: PathBuf,
}

/// The name of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    kind: &'static str,
    name: String,
}

impl Entry {
    /// The entry for `key`. `kind` is a word of lower-case letters; `version` is
    /// of the form of the content, and changes with it. The key may be of any
    /// length: a store path and what else the content depends on.
    pub fn new(kind: &'static str, version: u32, key: &[u8]) -> Self {
        debug_assert!(!kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_lowercase()));
        let hash = base32(&sha256(key)[..20]);
        let name = format!("{kind}-{version}-{hash}");
        Self { kind, name }
    }
}

impl Cache {
    /// The cache of the user who runs this: `$XDG_CACHE_HOME/nixamine`, else
    /// `nixamine` where the system wants caches (`~/.cache`, `~/Library/Caches`,
    /// `%LOCALAPPDATA%`). `None` for a user without a home.
    pub fn of_user() -> Option<Self> {
        let system = match std::env::consts::OS {
            "windows" => System::Windows,
            "macos" | "ios" => System::Apple,
            _ => System::Other,
        };
        let folder = folder_of_user(system, std::env::home_dir(), |name| std::env::var_os(name))?;
        Some(Self::at(folder))
    }

    /// A cache in `folder`, which need not exist.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// Where the entries lie.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The content of an entry, if there is one.
    pub fn read(&self, entry: &Entry) -> Option<Vec<u8>> {
        let path = self.folder.join(&entry.name);
        // Opening a pipe would wait.
        fs::metadata(&path).ok().filter(fs::Metadata::is_file)?;
        fs::read(path).ok()
    }

    /// Writes an entry: whoever reads it gets all of it or none. Then takes the
    /// oldest of its kind away.
    ///
    /// # Errors
    /// When the system refuses; the caller can do without.
    pub fn write(&self, entry: &Entry, bytes: &[u8]) -> io::Result<()> {
        let mut folder = fs::DirBuilder::new();
        folder.recursive(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::DirBuilderExt;
            // As the XDG specification wants it: nobody else's.
            folder.mode(0o700);
        }
        folder.create(&self.folder)?;
        let mut file = tempfile::Builder::new()
            .prefix(UNFINISHED)
            .tempfile_in(&self.folder)?;
        file.write_all(bytes)?;
        // A rename that is older on disk than the content would be an entry of zeros.
        file.as_file().sync_all()?;
        file.persist(self.folder.join(&entry.name))
            .map_err(|error| error.error)?;
        self.tidy(entry.kind);
        Ok(())
    }

    fn tidy(&self, kind: &str) {
        let mut entries: Vec<(SystemTime, PathBuf)> = Vec::new();
        for file in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = file.file_name();
            let Some(name) = name.to_str() else { continue };
            let Ok(written) = file.metadata().and_then(|metadata| metadata.modified()) else {
                continue;
            };
            if name.starts_with(UNFINISHED) {
                if written.elapsed().is_ok_and(|age| age > STALE) {
                    let _ = fs::remove_file(file.path());
                }
            } else if name
                .strip_prefix(kind)
                .is_some_and(|rest| rest.starts_with('-'))
            {
                entries.push((written, file.path()));
            }
        }
        if entries.len() > KEPT {
            entries.sort_unstable_by(|one, other| other.cmp(one));
            for (_, path) in &entries[KEPT..] {
                let _ = fs::remove_file(path);
            }
        }
    }
}

#[derive(Clone, Copy)]
enum System {
    Windows,
    Apple,
    Other,
}

fn folder_of_user(
    system: System,
    home: Option<PathBuf>,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Option<PathBuf> {
    // A relative path there is to be ignored, says the specification; anywhere
    // else it would put a cache into whatever folder one works in.
    let set = |name| {
        variable(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let home = home.filter(|home| home.is_absolute());
    if let Some(caches) = set("XDG_CACHE_HOME") {
        return Some(caches.join("nixamine"));
    }
    match system {
        System::Windows => Some(set("LOCALAPPDATA")?.join("nixamine").join("cache")),
        System::Apple => Some(home?.join("Library/Caches/nixamine")),
        System::Other => Some(home?.join(".cache/nixamine")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    fn cache() -> (tempfile::TempDir, Cache) {
        let guard = tempfile::tempdir().unwrap();
        let cache = Cache::at(guard.path().join("deep/nixamine"));
        (guard, cache)
    }

    fn names(cache: &Cache) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(cache.folder())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_was_written_is_read() {
        let (_guard, cache) = cache();
        let entry = Entry::new("options", 1, b"/nix/store/abc-source");
        assert_eq!(cache.read(&entry), None);
        cache.write(&entry, b"one").unwrap();
        cache.write(&entry, b"two\0").unwrap();
        assert_eq!(cache.read(&entry).unwrap(), b"two\0");
        assert_eq!(names(&cache).len(), 1);
        // Another version, kind or key is another entry.
        for other in [
            Entry::new("options", 2, b"/nix/store/abc-source"),
            Entry::new("option", 1, b"/nix/store/abc-source"),
            Entry::new("options", 1, b"/nix/store/abd-source"),
        ] {
            assert_eq!(cache.read(&other), None, "{other:?}");
        }
    }

    #[test]
    fn names_are_short_and_plain() {
        let entry = Entry::new("options", 3, &[0xff; 100_000]);
        let rest = entry.name.strip_prefix("options-3-").unwrap();
        assert_eq!(rest.len(), 32);
        assert!(rest.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }

    #[test]
    fn what_cannot_be_written_leaves_no_trace() {
        let guard = tempfile::tempdir().unwrap();
        fs::write(guard.path().join("file"), "").unwrap();
        let cache = Cache::at(guard.path().join("file"));
        let entry = Entry::new("options", 1, b"");
        assert!(cache.write(&entry, b"x").is_err());
        assert_eq!(cache.read(&entry), None);
        // A folder where the entry should be.
        let cache = Cache::at(guard.path().join("cache"));
        fs::create_dir_all(cache.folder().join(&entry.name)).unwrap();
        assert!(cache.write(&entry, b"x").is_err());
        assert_eq!(cache.read(&entry), None);
        assert_eq!(names(&cache), [entry.name]);
    }

    #[cfg(unix)]
    #[test]
    fn it_is_nobody_elses() {
        use std::os::unix::fs::PermissionsExt;
        let (_guard, cache) = cache();
        let entry = Entry::new("options", 1, b"");
        cache.write(&entry, b"x").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o077;
        assert_eq!(mode(cache.folder()), 0);
        assert_eq!(mode(&cache.folder().join(entry.name)), 0);
    }

    #[test]
    fn the_oldest_are_taken_away() {
        let (_guard, cache) = cache();
        let other = Entry::new("optionsold", 1, b"");
        cache.write(&other, b"x").unwrap();
        let date = |name: &str, hours: u64| {
            let file = File::options()
                .write(true)
                .open(cache.folder().join(name))
                .unwrap();
            let time = SystemTime::now() - Duration::from_secs(hours * 60 * 60);
            file.set_modified(time).unwrap();
        };
        date(&other.name, 1000);
        let entries: Vec<Entry> = (0..=KEPT as u64)
            .map(|at| Entry::new("options", 1, &at.to_le_bytes()))
            .collect();
        for (at, entry) in entries.iter().enumerate() {
            // The last one is written when all others are there; the second is oldest.
            cache.write(entry, b"x").unwrap();
            date(&entry.name, if at == 1 { 500 } else { 100 - at as u64 });
        }
        let left = |entry: &Entry| cache.read(entry).is_some();
        assert!(!left(&entries[1]));
        assert!(left(&entries[0]) && entries[2..].iter().all(left) && left(&other));

        for (name, hours) in [(".unfinished-old", 30), (".unfinished-new", 0)] {
            fs::write(cache.folder().join(name), "").unwrap();
            date(name, hours);
        }
        cache.write(&entries[0], b"y").unwrap();
        let names = names(&cache);
        assert!(!names.contains(&".unfinished-old".to_owned()));
        assert!(names.contains(&".unfinished-new".to_owned()));
    }

    #[test]
    fn writers_at_once_leave_one_whole_entry() {
        let (_guard, cache) = cache();
        let entry = Entry::new("options", 1, b"");
        std::thread::scope(|scope| {
            for letter in b'a'..b'e' {
                let (cache, entry) = (&cache, &entry);
                scope.spawn(move || {
                    for _ in 0..20 {
                        cache.write(entry, &[letter; 10_000]).unwrap();
                        let read = cache.read(entry).unwrap();
                        assert_eq!(read.len(), 10_000);
                        assert!(read.iter().all(|&byte| byte == read[0]));
                    }
                });
            }
        });
        assert_eq!(names(&cache).len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn each_system_has_its_place() {
        let folder = |system, home: Option<&str>, set: &[(&str, &str)]| {
            let set = set.to_vec();
            folder_of_user(system, home.map(PathBuf::from), move |name| {
                let found = set.iter().find(|(known, _)| *known == name)?;
                Some(found.1.into())
            })
            .map(|path| path.into_os_string().into_string().unwrap())
        };
        let home = Some("/home/ann");
        for (system, set, expected) in [
            (System::Other, &[][..], Some("/home/ann/.cache/nixamine")),
            (
                System::Other,
                &[("XDG_CACHE_HOME", "/c")],
                Some("/c/nixamine"),
            ),
            (
                System::Other,
                &[("XDG_CACHE_HOME", "c")],
                Some("/home/ann/.cache/nixamine"),
            ),
            (
                System::Other,
                &[("XDG_CACHE_HOME", "")],
                Some("/home/ann/.cache/nixamine"),
            ),
            (
                System::Apple,
                &[],
                Some("/home/ann/Library/Caches/nixamine"),
            ),
            (
                System::Apple,
                &[("XDG_CACHE_HOME", "/c")],
                Some("/c/nixamine"),
            ),
            (
                System::Windows,
                &[("LOCALAPPDATA", "/local")],
                Some("/local/nixamine/cache"),
            ),
            (System::Windows, &[], None),
        ] {
            assert_eq!(folder(system, home, set).as_deref(), expected, "{set:?}");
        }
        assert_eq!(folder(System::Other, None, &[]), None);
        assert_eq!(folder(System::Other, Some("home"), &[]), None);
    }
}
