//! `flake.lock` without Nix: what a flake's inputs are locked to, and where in
//! the store they lie when Nix has fetched them.
//!
//! A lock file is a graph of nodes, one for each source. The inputs of a node
//! are names of nodes, or *follow* another input, which is named by the way to
//! it from the root. Nothing is fetched, and nothing is looked up in the store:
//! where a source would lie follows from its hash alone.

use crate::hash::{Sha256, base16, base32, parse_sha256, sha256};
use crate::read;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::fmt::{self, Write as _};
use std::path::Path;

/// The file beside `flake.nix`.
pub const FILE_NAME: &str = "flake.lock";

/// Where Nix keeps sources unless it is told otherwise.
pub const DEFAULT_STORE: &str = "/nix/store";

/// Larger texts are not read; real ones have some hundred kilobytes at most.
const MAX_BYTES: usize = 16 << 20;

/// How many inputs may follow each other, and how many steps one answer may
/// take. Real lock files need two or three.
const MAX_FOLLOWS: usize = 64;
const MAX_STEPS: usize = 10_000;

/// Why a lock file has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LockError {
    /// It cannot be read, with the reason.
    Unreadable(String),
    /// It is no JSON, or not of the form of a lock file.
    Invalid(String),
    /// Its version is one that Nix does not read either.
    Version(u64),
    /// A node is named that is not there.
    NoNode(String),
    /// No input is at the end of this way.
    NoInput(String),
    /// These inputs follow each other in a circle, or too long.
    Circle(String),
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(reason) => f.write_str(reason),
            Self::Invalid(reason) => {
                write!(f, "no lock file ({reason}); run `nix flake lock`")
            }
            Self::Version(version) => write!(
                f,
                "a lock file of version {version}, and 5 to 7 are known; run `nix flake lock`"
            ),
            Self::NoNode(name) => {
                write!(
                    f,
                    "names the node `{name}`, which it lacks; run `nix flake lock`"
                )
            }
            Self::NoInput(way) => write!(f, "has no input `{way}`; run `nix flake lock`"),
            Self::Circle(way) => write!(
                f,
                "the input `{way}` follows itself; change `follows` in flake.nix"
            ),
        }
    }
}

impl std::error::Error for LockError {}

/// A lock file.
#[derive(Debug, Clone)]
pub struct Lock {
    /// 5, 6 or 7.
    pub version: u64,
    nodes: Vec<Node>,
    by_name: HashMap<String, usize>,
    root: usize,
    /// Input of the root and its node, by name of the input.
    inputs: Vec<(String, usize)>,
}

/// One source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The name in the lock file. Inputs of the same name are `nixpkgs_2` and so on.
    pub name: String,
    /// `github`, `git`, `tarball`, `path` …; empty for the root.
    pub kind: String,
    /// What was asked for, as one would write it after `url =`.
    pub original: Option<String>,
    /// What was found, in the same words.
    pub locked: Option<String>,
    /// The hash as written in the file.
    pub nar_hash: Option<String>,
    /// The commit.
    pub rev: Option<String>,
    /// Seconds since 1970.
    pub last_modified: Option<u64>,
    /// Whether the source is a flake and not just files.
    pub flake: bool,
    /// Where the source lies.
    pub place: Place,
    inputs: BTreeMap<String, Edge>,
}

/// Where a source lies. The folders are below it, without `.` and `..`, and
/// empty for the source itself: a flake need not lie at the top of its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In the Nix store, when it was fetched.
    Store {
        /// What decides the path.
        hash: [u8; 32],
        /// The end of the path, nearly always `source`.
        name: String,
        /// The flake's folder in it.
        folder: String,
    },
    /// In the same repository as the lock file.
    Repository {
        /// Its folder, beginning at the lock file's.
        folder: String,
    },
    /// The lock file does not say.
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Edge {
    Node(String),
    Follows(Vec<String>),
}

#[derive(Deserialize)]
struct RawLock {
    version: u64,
    root: String,
    nodes: BTreeMap<String, RawNode>,
}

type Attributes = BTreeMap<String, Value>;

#[derive(Deserialize)]
struct RawNode {
    #[serde(default)]
    inputs: BTreeMap<String, Edge>,
    original: Option<Attributes>,
    locked: Option<Attributes>,
    /// Version 5 may keep the hash apart.
    info: Option<Attributes>,
    flake: Option<bool>,
    /// What a relative path begins at: the way to another input.
    parent: Option<Vec<String>>,
}

impl Lock {
    /// Reads a lock file.
    ///
    /// # Errors
    /// When it cannot be read or Nix would refuse it.
    pub fn read(path: &Path) -> Result<Self, LockError> {
        Self::parse(&read::read(path).map_err(LockError::Unreadable)?)
    }

    /// Understands the text of a lock file.
    ///
    /// # Errors
    /// When Nix would refuse it.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        if text.len() > MAX_BYTES {
            let limit = MAX_BYTES >> 20;
            return Err(LockError::Invalid(format!("larger than {limit} MiB")));
        }
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        // Looked at first, since another version may look otherwise.
        #[derive(Deserialize)]
        struct Version {
            version: u64,
        }
        let invalid = |error: serde_json::Error| LockError::Invalid(error.to_string());
        let Version { version } = serde_json::from_str(text).map_err(invalid)?;
        if !(5..=7).contains(&version) {
            return Err(LockError::Version(version));
        }
        let raw: RawLock = serde_json::from_str(text).map_err(invalid)?;

        let mut relative = HashMap::new();
        let mut nodes = Vec::with_capacity(raw.nodes.len());
        let mut by_name = HashMap::with_capacity(raw.nodes.len());
        for (at, (name, mut node)) in raw.nodes.into_iter().enumerate() {
            by_name.insert(name.clone(), at);
            let path = node.locked.as_ref().and_then(|locked| locked.get("path"));
            let path = path.and_then(Value::as_str).map(str::to_owned);
            if let (Some(parent), Some(path)) = (node.parent.take(), path)
                && !path.starts_with('/')
            {
                relative.insert(at, (parent, path));
            }
            nodes.push(Node::new(name, node));
        }
        let root = *by_name.get(&raw.root).ok_or(LockError::NoNode(raw.root))?;
        nodes[root].place = Place::Repository {
            folder: String::new(),
        };
        let mut lock = Self {
            version: raw.version,
            nodes,
            by_name,
            root,
            inputs: Vec::new(),
        };
        lock.check_names()?;
        // The root lies where its lock file does, whatever that says.
        relative.remove(&root);
        let mut left = 100 * MAX_STEPS;
        let places: Vec<_> = relative
            .keys()
            .map(|&node| (node, lock.relative_place(&relative, node, &mut left)))
            .collect();
        for (node, place) in places {
            lock.nodes[node].place = place;
        }
        left = 100 * MAX_STEPS;
        for name in lock.nodes[root].inputs.keys() {
            if let Ok(node) = lock.walk(&[name], 0, &mut left) {
                lock.inputs.push((name.clone(), node));
            }
        }
        Ok(lock)
    }

    /// The inputs of the flake itself, by name, each with the source that it is
    /// or follows. One that follows nothing is left out: the file is older than
    /// `flake.nix` then, and Nix mends it. [`Lock::input`] says the reason.
    pub fn inputs(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.inputs
            .iter()
            .map(|(name, node)| (name.as_str(), &self.nodes[*node]))
    }

    /// Every source, by the name of its node. The flake itself is one of them.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The flake itself.
    pub fn root(&self) -> &Node {
        &self.nodes[self.root]
    }

    /// The source of an input of an input …: `["home-manager", "nixpkgs"]`.
    ///
    /// # Errors
    /// When there is none.
    pub fn input<S: AsRef<str>>(&self, way: &[S]) -> Result<&Node, LockError> {
        Ok(&self.nodes[self.walk(way, 0, &mut { MAX_STEPS })?])
    }

    /// The names of the inputs of a source.
    pub fn inputs_of<'a>(&self, node: &'a Node) -> impl Iterator<Item = &'a str> {
        node.inputs.keys().map(String::as_str)
    }

    /// All that the root reaches must be there, or Nix does not read the file.
    fn check_names(&self) -> Result<(), LockError> {
        let mut seen = vec![false; self.nodes.len()];
        let mut open = vec![self.root];
        while let Some(node) = open.pop() {
            if std::mem::replace(&mut seen[node], true) {
                continue;
            }
            for edge in self.nodes[node].inputs.values() {
                if let Edge::Node(name) = edge {
                    open.push(self.named(name)?);
                }
            }
        }
        Ok(())
    }

    fn named(&self, name: &str) -> Result<usize, LockError> {
        self.by_name
            .get(name)
            .copied()
            .ok_or_else(|| LockError::NoNode(name.to_owned()))
    }

    fn walk<S: AsRef<str>>(
        &self,
        way: &[S],
        depth: usize,
        left: &mut usize,
    ) -> Result<usize, LockError> {
        let mut node = self.root;
        for name in way {
            if depth > MAX_FOLLOWS || *left == 0 {
                return Err(LockError::Circle(joined(way)));
            }
            *left -= 1;
            node = match self.nodes[node].inputs.get(name.as_ref()) {
                Some(Edge::Node(name)) => self.named(name)?,
                Some(Edge::Follows(other)) => self.walk(other, depth + 1, left)?,
                None => return Err(LockError::NoInput(joined(way))),
            };
        }
        Ok(node)
    }

    /// Where a path leads that begins at another source, which may itself have
    /// such a path.
    fn relative_place(
        &self,
        relative: &HashMap<usize, (Vec<String>, String)>,
        node: usize,
        left: &mut usize,
    ) -> Place {
        let mut pieces = Vec::new();
        let mut at = node;
        for _ in 0..MAX_FOLLOWS {
            let Some((parent, path)) = relative.get(&at) else {
                let place = self.nodes[at].place.clone();
                return pieces.into_iter().rev().fold(place, Place::below);
            };
            pieces.push(path.as_str());
            match self.walk(parent, 0, left) {
                Ok(parent) => at = parent,
                Err(_) => break,
            }
        }
        Place::Unknown
    }
}

impl Node {
    fn new(name: String, raw: RawNode) -> Self {
        let mut locked = raw.locked.unwrap_or_default();
        locked.extend(raw.info.unwrap_or_default());
        let word = |key: &str| locked.get(key).and_then(Value::as_str);
        let nar_hash = word("narHash");
        Self {
            name,
            kind: word("type").unwrap_or_default().to_owned(),
            original: raw.original.as_ref().map(reference),
            nar_hash: nar_hash.map(str::to_owned),
            rev: word("rev").map(str::to_owned),
            last_modified: locked.get("lastModified").and_then(Value::as_u64),
            flake: raw.flake.unwrap_or(true),
            place: nar_hash
                .and_then(parse_sha256)
                .and_then(|hash| {
                    Some(Place::Store {
                        hash,
                        name: store_name(word("name").unwrap_or("source"))?.to_owned(),
                        folder: below("", word("dir").unwrap_or_default())?,
                    })
                })
                .unwrap_or(Place::Unknown),
            locked: (!locked.is_empty()).then(|| reference(&locked)),
            inputs: raw.inputs,
        }
    }

    /// The source's path in the store, for example
    /// `/nix/store/bqfq4db6nwycmkdrql9igsbrayqsw3g2-source`, present or not.
    /// `store` is the store's folder, which Nix hashes too. `None` for what
    /// lies in the repository, or when the lock file does not say.
    pub fn store_path(&self, store: &str) -> Option<String> {
        match &self.place {
            Place::Store { hash, name, .. } => Some(store_path(hash, name, store)),
            Place::Repository { .. } | Place::Unknown => None,
        }
    }
}

impl Place {
    fn below(self, path: &str) -> Self {
        match self {
            Self::Store { hash, name, folder } => match below(&folder, path) {
                Some(folder) => Self::Store { hash, name, folder },
                None => Self::Unknown,
            },
            Self::Repository { folder } => match below(&folder, path) {
                Some(folder) => Self::Repository { folder },
                None => Self::Unknown,
            },
            Self::Unknown => Self::Unknown,
        }
    }
}

/// `path` from `folder`, both below a source: without `.` and `..`, and `None`
/// when it leads out of the source.
fn below(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            // What Windows would take for more than a name.
            _ if part.contains(['\\', ':', '\0']) => return None,
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// A name that Nix allows at the end of a store path.
fn store_name(name: &str) -> Option<&str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "+-._?=".contains(c);
    let good = !name.is_empty() && name.len() <= 211 && !name.starts_with('.');
    (good && name.chars().all(allowed)).then_some(name)
}

/// What Nix calls a source with a known hash of its files: the hash of what it
/// is, folded to 20 bytes.
fn store_path(hash: &Sha256, name: &str, store: &str) -> String {
    let what = format!("source:sha256:{}:{store}:{name}", base16(hash));
    let mut folded = [0; 20];
    for (at, byte) in sha256(what.as_bytes()).into_iter().enumerate() {
        folded[at % 20] ^= byte;
    }
    format!("{store}/{}-{name}", base32(&folded))
}

fn joined<S: AsRef<str>>(way: &[S]) -> String {
    let way: Vec<&str> = way.iter().map(AsRef::as_ref).collect();
    way.join("/")
}

/// The attributes of a source in the words of `url =`.
fn reference(attributes: &Attributes) -> String {
    let word = |key: &str| attributes.get(key).and_then(Value::as_str);
    let kind = word("type").unwrap_or_default();
    let mut query: Vec<(&str, &str)> = Vec::new();
    let mut ask = |keys: &[&'static str]| {
        query.extend(keys.iter().filter_map(|&key| Some((key, word(key)?))));
    };
    let mut text = match kind {
        "github" | "gitlab" | "sourcehut" => {
            ask(&["dir", "host"]);
            let (owner, repo) = (word("owner").unwrap_or("?"), word("repo").unwrap_or("?"));
            let at = word("rev").or(word("ref"));
            let at = at.map_or(String::new(), |at| format!("/{at}"));
            format!("{kind}:{owner}/{repo}{at}")
        }
        "git" | "hg" => {
            ask(&["ref", "rev", "dir"]);
            format!("{kind}+{}", word("url").unwrap_or("?"))
        }
        "tarball" | "file" => {
            ask(&["dir"]);
            word("url").unwrap_or("?").to_owned()
        }
        "path" => {
            ask(&["dir"]);
            format!("path:{}", word("path").unwrap_or("?"))
        }
        "indirect" => {
            ask(&["dir"]);
            let at = word("ref").or(word("rev"));
            let at = at.map_or(String::new(), |at| format!("/{at}"));
            format!("flake:{}{at}", word("id").unwrap_or("?"))
        }
        _ => format!("{kind}:{}", word("url").or(word("path")).unwrap_or("?")),
    };
    for (key, value) in query {
        let mark = if text.contains('?') { '&' } else { '?' };
        let _ = write!(text, "{mark}{key}={value}");
    }
    text
}
