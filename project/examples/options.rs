//! Prints the options of a library, one JSON object per line.
use std::io::Write as _;
fn main() {
    let root = std::env::args().nth(1).expect("a folder");
    let work = std::thread::Builder::new().stack_size(256 << 20).spawn(move || {
        let start = std::time::Instant::now();
        let libraries = nixamine_project::index::index(std::path::Path::new(&root));
        eprintln!("{:?}", start.elapsed());
        let out = std::io::stdout();
        let mut out = std::io::BufWriter::new(out.lock());
        for library in libraries {
            library.options.each(&mut |path, declared| {
                let path: Vec<_> = path.iter().map(|p| format!("{p:?}")).collect();
                let default = declared.default.as_ref().and_then(|d| d.literal.as_ref()).map(ToString::to_string);
                let at = declared.place.as_ref().map_or("", |p| &p.file);
                writeln!(out, "{{\"path\":[{}],\"type\":{:?},\"words\":{:?},\"default\":{:?},\"file\":{:?}}}", path.join(","), if declared.renamed.is_some() { "renamed".to_owned() } else { declared.ty.name().to_string() }, declared.ty.to_string(), default.unwrap_or_default(), at).ok();
            });
        }
    });
    work.expect("a thread").join().expect("it works");
}
