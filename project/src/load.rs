//! Reading and analysing files in parallel.

use crate::{Entry, FileList, Unreadable, panics, read};
use nixamine_rules::syntax::Cache;
use nixamine_rules::{Document, Settings, Source, Workspace, analyze_with};
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Each worker's stack. The engine bounds its own depth; this is the margin.
const STACK: usize = 16 << 20;

/// How far a run is, for somebody who watches it.
#[derive(Debug, Default)]
pub struct Progress {
    /// Files to read.
    pub total: AtomicUsize,
    /// Files read and analysed.
    pub done: AtomicUsize,
}

/// What is known of the files beside what the engine knows.
#[derive(Debug)]
pub struct Loaded {
    /// What was asked for and cannot be read.
    pub unreadable: Vec<Unreadable>,
    reported: HashSet<Arc<str>>,
    disk: HashMap<Arc<str>, PathBuf>,
}

impl Loaded {
    /// Was this file asked for, or is it only context?
    pub fn is_reported(&self, path: &str) -> bool {
        self.reported.contains(path)
    }

    /// Where the file lies.
    pub fn disk_path(&self, path: &str) -> Option<&Path> {
        self.disk.get(path).map(PathBuf::as_path)
    }
}

/// Reads and analyses `list` with `threads` threads, or as many as there are
/// processors. A file that cannot be read, or on which the engine fails, is
/// named and does not stop the others.
///
/// # Errors
/// When the system gives no threads.
pub fn load(
    list: FileList,
    settings: &Settings,
    threads: Option<usize>,
    progress: &Progress,
) -> Result<(Workspace, Loaded), rayon::ThreadPoolBuildError> {
    let FileList {
        entries,
        mut others,
        mut unreadable,
        overlay,
        is_whole: _,
    } = list;
    progress.total.store(entries.len(), Ordering::Relaxed);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.unwrap_or(0))
        .stack_size(STACK)
        .build()?;
    let results: Vec<Result<Document, String>> = pool.install(|| {
        entries
            .par_iter()
            .map_init(Cache::default, |cache, entry| {
                let overlay = overlay.as_ref().filter(|(path, _)| *path == entry.path);
                let overlay = overlay.map(|(_, bytes)| bytes.as_slice());
                let result = work_on(entry, overlay, |source| {
                    analyze_with(cache, source, settings)
                });
                progress.done.fetch_add(1, Ordering::Relaxed);
                result
            })
            .collect()
    });
    let mut documents = Vec::with_capacity(results.len());
    let mut reported = HashSet::new();
    let mut disk = HashMap::with_capacity(results.len());
    for (entry, result) in entries.into_iter().zip(results) {
        match result {
            Ok(document) => {
                if entry.reported {
                    reported.insert(entry.path.clone());
                }
                documents.push(document);
                disk.insert(entry.path, entry.disk);
            }
            Err(reason) => {
                others.push(entry.path);
                if entry.reported {
                    unreadable.push(Unreadable {
                        path: entry.disk,
                        reason,
                    });
                }
            }
        }
    }
    unreadable.sort();
    let loaded = Loaded {
        unreadable,
        reported,
        disk,
    };
    Ok((Workspace::new(documents, others), loaded))
}

/// Reads one file and hands it to `analyze`. Whatever goes wrong is the reason
/// why this file, and no other, is missing.
fn work_on<T>(
    entry: &Entry,
    overlay: Option<&[u8]>,
    analyze: impl FnOnce(Source) -> T,
) -> Result<T, String> {
    let text = match overlay {
        Some(bytes) => read::decode(bytes.to_vec())?,
        None => read::read(&entry.disk)?,
    };
    let source = Source::new(entry.path.clone(), text);
    panics::catch(|| analyze(source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_the_trouble_of_one_file() {
        let entry = |path: &str| Entry {
            path: path.into(),
            disk: PathBuf::new(),
            reported: true,
        };
        let analyze = |source: Source| {
            assert!(&*source.path != "bad.nix", "boom");
            source.text.len()
        };
        assert_eq!(work_on(&entry("good.nix"), Some(b"{ }"), analyze), Ok(3));
        let reason = work_on(&entry("bad.nix"), Some(b"{ }"), analyze).unwrap_err();
        assert!(
            reason.contains("please report") && reason.contains("boom"),
            "{reason}"
        );
    }
}
