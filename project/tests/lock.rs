//! Lock files, written by hand for this; the paths are those that Nix gives
//! (`tests/nix/store-paths` asks it).

use nixamine_project::lock::{DEFAULT_STORE, Lock, LockError, Node, Place};
use std::fmt::Write;
use std::path::Path;

fn lock(name: &str) -> Lock {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/locks");
    Lock::read(&folder.join(name)).unwrap()
}

fn node<'a>(lock: &'a Lock, name: &str) -> &'a Node {
    let mut nodes = lock.nodes().iter();
    nodes.find(|node| node.name == name).unwrap()
}

fn repository(folder: &str) -> Place {
    Place::Repository {
        folder: folder.to_owned(),
    }
}

/// A lock file with these nodes.
fn with_nodes(nodes: &str) -> Result<Lock, LockError> {
    Lock::parse(&format!(
        r#"{{ "version": 7, "root": "root", "nodes": {{ {nodes} }} }}"#
    ))
}

#[test]
fn each_kind_of_source_has_the_path_that_nix_gives_it() {
    let lock = lock("version-7.lock");
    let mut paths = String::new();
    for node in lock.nodes() {
        if let Some(path) = node.store_path(DEFAULT_STORE) {
            let path = path.strip_prefix("/nix/store/").unwrap();
            writeln!(paths, "{} {path}", node.name).unwrap();
        }
    }
    assert_eq!(
        paths,
        "\
assets d3mcxzmvnaxvyjyqspn44rb2hd68cydy-source
compat vdl0pq8ryfv42fdjqa6cp1f0h91a15w1-source
forge gk91bbn2jhxb7f3rv0mgba4hk906wlpw-source
home ck5x5ibq9a4sfimj005lnzgajv2yan8m-source
inner kg4swrf11fl6ahzm99r2cynbhb7d24rh-source
local gwd4ymxx3bcm488qv279sda5fpj4djl7-source
mirror cln4j8gsfdrawfkn5xjfgn086ggi4msn-source
nested gwd4ymxx3bcm488qv279sda5fpj4djl7-source
nixpkgs f6a0zk6vs0w2fc16jmc3jsjck6yafw6l-source
nixpkgs_2 5g6j0pmy5lihbj7lrg6yfrh59ln3275q-source
registry 0w6pxdq9js21k7h8bsa8m3ipy7cx4sy6-registry-1.2
tools gwd4ymxx3bcm488qv279sda5fpj4djl7-source
tree nwjb1agazx9ijm43y51w5c6h3cwrg5mq-source
wallpaper 1mfbii2psygm478id581vdwding7j6qb-source
"
    );
}

#[test]
fn the_folder_of_the_store_is_hashed_too() {
    assert_eq!(
        node(&lock("version-7.lock"), "nixpkgs").store_path("/opt/store"),
        Some("/opt/store/nr4k94i019rbzl6a5pnmsdjsr1c12r8l-source".to_owned())
    );
}

#[test]
fn inputs_are_followed_to_their_source() {
    let lock = lock("version-7.lock");
    let inputs: Vec<String> = lock
        .inputs()
        .map(|(name, node)| match name == node.name {
            true => name.to_owned(),
            false => format!("{name} = {}", node.name),
        })
        .collect();
    assert_eq!(
        inputs,
        [
            "assets",
            "broken",
            "compat",
            "forge",
            "home",
            "hosts",
            "local",
            "mirror",
            "nested",
            "nixpkgs",
            "none = root",
            "pinned = nixpkgs",
            "registry",
            "tools",
            "tree",
            "wallpaper"
        ]
    );
    let name = |way: &[&str]| lock.input(way).map(|node| node.name.clone());
    assert_eq!(name(&["tools", "nixpkgs"]).unwrap(), "nixpkgs_2");
    assert_eq!(name(&["home", "nixpkgs"]).unwrap(), "nixpkgs");
    assert_eq!(
        name(&["tools", "inner", "root", "pinned"]).unwrap(),
        "nixpkgs"
    );
    assert_eq!(name(&[]).unwrap(), "root");
    let error = name(&["home", "tools"]).unwrap_err();
    assert_eq!(error, LockError::NoInput("home/tools".to_owned()));
    let inner = node(&lock, "inner");
    assert_eq!(
        lock.inputs_of(inner).collect::<Vec<_>>(),
        ["compat", "root"]
    );
}

#[test]
fn folders_of_sources_and_paths_in_the_repository_are_known() {
    let lock = lock("version-7.lock");
    let folder = |name: &str| match &node(&lock, name).place {
        Place::Store { folder, .. } => folder.clone(),
        other => panic!("{name}: {other:?}"),
    };
    assert_eq!(folder("nixpkgs"), "");
    assert_eq!(folder("tools"), "nix/flake");
    // Both begin at the flake in `tools`, the second by way of the first.
    assert_eq!(folder("local"), "nix/modules");
    assert_eq!(folder("nested"), "nix/modules/deep");
    assert_eq!(node(&lock, "hosts").place, repository("machines"));
    assert_eq!(lock.root().place, repository(""));
    assert_eq!(node(&lock, "broken").place, Place::Unknown);
}

#[test]
fn what_is_locked_is_said_in_words() {
    let lock = lock("version-7.lock");
    let words = |name: &str| {
        let node = node(&lock, name);
        (node.original.clone().unwrap(), node.locked.clone().unwrap())
    };
    let revision = |name: &str| node(&lock, name).rev.clone().unwrap();
    let nixpkgs = words("nixpkgs");
    assert_eq!(nixpkgs.0, "github:example/packages/nixos-unstable");
    assert_eq!(
        nixpkgs.1,
        format!("github:example/packages/{}", revision("nixpkgs"))
    );
    assert_eq!(words("tools").0, "github:example/tools?dir=nix/flake");
    assert_eq!(
        words("forge").0,
        "gitlab:group%2Fsub/forge?host=git.example.org"
    );
    assert_eq!(
        words("mirror").1,
        format!(
            "git+ssh://git@example.org/mirror?ref=refs/heads/main&rev={}",
            revision("mirror")
        )
    );
    assert_eq!(words("registry").0, "flake:registry/stable");
    assert_eq!(words("tree").0, "sourcehut:~example/tree");
    assert_eq!(words("assets").1, "path:/srv/assets");
    assert_eq!(words("hosts").1, "path:./hosts/../machines");
    assert_eq!(words("wallpaper").1, "https://example.org/wallpaper.png");
    let root = lock.root();
    assert_eq!((&root.original, &root.locked), (&None, &None));

    let compat = node(&lock, "compat");
    assert!(!compat.flake && node(&lock, "home").flake);
    assert_eq!(compat.kind, "tarball");
    assert_eq!(compat.last_modified, Some(1_600_000_000));
    assert!(compat.nar_hash.as_ref().unwrap().starts_with("sha256:0p9"));
}

#[test]
fn version_5_keeps_its_hashes_apart() {
    let lock = lock("version-5.lock");
    assert_eq!(lock.version, 5);
    let old = lock.input(&["older", "old"]).unwrap();
    assert_eq!(
        old.store_path(DEFAULT_STORE).unwrap(),
        "/nix/store/4l750n7b0pvfwv90g0q9iq382xlqb9l3-source"
    );
    assert_eq!(
        node(&lock, "older").store_path(DEFAULT_STORE).unwrap(),
        "/nix/store/529bv68nyjhcm2cgx8f4w3bs1f2rg2zl-source"
    );
    assert_eq!(old.last_modified, Some(1_580_000_000));
}

#[test]
fn other_versions_and_other_texts_are_refused() {
    for (text, reason) in [
        (r#"{ "version": 4, "inputs": {} }"#, "version 4"),
        (
            r#"{ "version": 8, "root": "root", "nodes": {} }"#,
            "version 8",
        ),
        (r#"{ "version": 7 }"#, "missing field"),
        (
            r#"{ "version": "7", "root": "root", "nodes": {} }"#,
            "no lock file",
        ),
        (
            r#"{ "version": 7, "root": "root", "nodes": [] }"#,
            "no lock file",
        ),
        (
            r#"{ "version": 7, "root": "root", "nodes": {} }"#,
            "the node `root`",
        ),
        ("", "no lock file"),
        ("[]", "no lock file"),
        ("{ inputs }", "line 1"),
        ("<<<<<<< HEAD\n{}", "nix flake lock"),
        ("\u{feff}", "no lock file"),
    ] {
        let error = Lock::parse(text).unwrap_err().to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
    let mark = "\u{feff}{ \"version\": 7, \"root\": \"root\", \"nodes\": { \"root\": {} } }";
    assert_eq!(Lock::parse(mark).unwrap().inputs().count(), 0);
}

#[test]
fn what_is_not_there_is_named() {
    let missing = with_nodes(r#""root": { "inputs": { "a": "gone" } }"#).unwrap_err();
    assert_eq!(missing, LockError::NoNode("gone".to_owned()));
    // Also where only an input of an input names it; but nobody reaches `dead`.
    let reached = r#""root": { "inputs": { "a": "a" } }, "a": { "inputs": { "b": "gone" } }"#;
    assert_eq!(with_nodes(reached).unwrap_err(), missing);
    let dead = r#""root": {}, "dead": { "inputs": { "b": "gone" } }"#;
    assert!(with_nodes(dead).is_ok());
    // Of a lock file that is older than flake.nix the rest still holds.
    let stale = with_nodes(r#""root": { "inputs": { "a": ["b", "c"], "b": "b" } }, "b": {}"#);
    let stale = stale.unwrap();
    assert_eq!(
        stale.inputs().map(|(name, _)| name).collect::<Vec<_>>(),
        ["b"]
    );
    let follows = stale.input(&["a"]).unwrap_err();
    assert_eq!(follows, LockError::NoInput("b/c".to_owned()));
    for edge in ["1", "null", "[1]", "{}"] {
        let error = with_nodes(&format!(r#""root": {{ "inputs": {{ "a": {edge} }} }}"#));
        assert!(
            matches!(error, Err(LockError::Invalid(_))),
            "{edge}: {error:?}"
        );
    }
}

#[test]
fn circles_end() {
    for nodes in [
        r#""root": { "inputs": { "a": ["a"] } }"#,
        r#""root": { "inputs": { "a": ["b"], "b": ["a"] } }"#,
        r#""root": { "inputs": { "a": ["a", "b"] } }"#,
    ] {
        let lock = with_nodes(nodes).unwrap();
        assert_eq!(lock.inputs().count(), 0, "{nodes}");
        let error = lock.input(&["a"]).unwrap_err();
        assert!(matches!(error, LockError::Circle(_)), "{nodes}: {error}");
    }
    // Nodes may name each other in a circle; only following has to end.
    let lock = with_nodes(
        r#""root": { "inputs": { "a": "a" } },
           "a": { "inputs": { "b": "b", "self": "a", "up": [] } },
           "b": { "inputs": { "a": "a" } }"#,
    )
    .unwrap();
    assert_eq!(
        lock.input(&["a", "b", "a", "self", "up", "a"])
            .unwrap()
            .name,
        "a"
    );
    // Each follows two others: twice as many steps for each level.
    let mut inputs = r#""a0": "leaf""#.to_owned();
    for level in 1..60 {
        let below = level - 1;
        write!(inputs, r#", "a{level}": ["a{below}", "x", "a{below}"]"#).unwrap();
    }
    let wide = with_nodes(&format!(
        r#""root": {{ "inputs": {{ {inputs} }} }}, "leaf": {{ "inputs": {{ "x": [] }} }}"#
    ))
    .unwrap();
    assert_eq!(wide.input(&["a5"]).unwrap().name, "leaf");
    let error = wide.input(&["a59"]).unwrap_err();
    assert!(matches!(error, LockError::Circle(_)), "{error}");
}

#[test]
fn relative_paths_do_not_leave_their_source() {
    let place = |path: &str, parent: &str| {
        let nodes = format!(
            r#""root": {{ "inputs": {{ "a": "a", "b": "b" }} }},
               "a": {{ "locked": {{ "type": "path", "path": {path:?} }}, "parent": {parent} }},
               "b": {{ "locked": {{ "type": "path", "path": "./b" }}, "parent": ["a"] }}"#
        );
        let lock = with_nodes(&nodes).unwrap();
        let place = |name: &str| lock.input(&[name]).unwrap().place.clone();
        (place("a"), place("b"))
    };
    let unknown = (Place::Unknown, Place::Unknown);
    assert_eq!(
        place("./x//y/.", "[]"),
        (repository("x/y"), repository("x/y/b"))
    );
    assert_eq!(place(".", "[]"), (repository(""), repository("b")));
    for path in ["..", "x/../../y", "/etc", "c:\\x", "x\\..\\.."] {
        assert_eq!(place(path, "[]"), unknown, "{path}");
    }
    // Parents that are not there or each other's parent.
    assert_eq!(place("./x", r#"["gone"]"#), unknown);
    assert_eq!(place("./x", r#"["b"]"#), unknown);
    assert_eq!(place("./x", r#"["a"]"#), unknown);
}

#[test]
fn folders_and_names_from_the_file_stay_in_the_store() {
    let place = |attributes: &str| {
        let nodes = format!(
            r#""root": {{ "inputs": {{ "a": "a" }} }}, "a": {{ "locked": {{ "type": "github",
               "narHash": "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", {attributes} }} }}"#
        );
        with_nodes(&nodes).unwrap().input(&["a"]).unwrap().clone()
    };
    assert!(
        place(r#""dir": "a/../b""#)
            .store_path(DEFAULT_STORE)
            .is_some()
    );
    for bad in [
        r#""dir": "..""#,
        r#""dir": "/etc""#,
        r#""name": "../../etc""#,
        r#""name": "a/b""#,
        r#""name": """#,
        r#""name": ".x""#,
    ] {
        assert_eq!(place(bad).place, Place::Unknown, "{bad}");
    }
    // What is of another type than it should be is not there.
    let odd = place(r#""rev": 1, "lastModified": -5, "owner": []"#);
    assert_eq!((odd.rev, odd.last_modified), (None, None));
    assert_eq!(odd.locked.unwrap(), "github:?/?");
}

#[test]
fn hostile_files_end_in_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flake.lock");
    let read = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        Lock::read(&path).unwrap_err().to_string()
    };
    assert!(read(b"{ \"version\": \"\xff\" }").contains("not UTF-8"));
    assert!(read(&[b' '; (16 << 20) + 1]).contains("larger than 16 MiB"));
    assert!(read(b"[".repeat(1 << 20).as_slice()).contains("no lock file"));
    let deep = format!(
        r#"{{ "version": 7, "root": "root", "nodes": {{ "root": {{ "locked": {}1{} }} }} }}"#,
        r#"{ "a": "#.repeat(100_000),
        "}".repeat(100_000)
    );
    assert!(read(deep.as_bytes()).contains("recursion limit"));
    let absent = Lock::read(&folder.path().join("absent")).unwrap_err();
    assert!(absent.to_string().contains("no such file"));

    // As many inputs as fit, all of which follow one another.
    let mut inputs = r#""a0": "leaf""#.to_owned();
    for at in 1..200_000 {
        write!(inputs, r#", "a{at}": ["a{}"]"#, at - 1).unwrap();
    }
    let long = with_nodes(&format!(
        r#""root": {{ "inputs": {{ {inputs} }} }}, "leaf": {{}}"#
    ));
    let long = long.unwrap();
    assert_eq!(long.input(&["a9"]).unwrap().name, "leaf");
    assert!(matches!(
        long.input(&["a199999"]),
        Err(LockError::Circle(_))
    ));
    // As many nodes, one below the other.
    let mut nodes = r#""root": { "inputs": { "a": "a0" } }"#.to_owned();
    for at in 0..150_000 {
        write!(
            nodes,
            r#", "a{at}": {{ "inputs": {{ "a": "a{}" }} }}"#,
            at + 1
        )
        .unwrap();
    }
    let chain = with_nodes(&format!(r#"{nodes}, "a150000": {{}}"#)).unwrap();
    assert_eq!(chain.nodes().len(), 150_002);
}
