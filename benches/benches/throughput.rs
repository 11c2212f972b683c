//! How fast texts become trees, findings and judgements, against the parser of
//! rnix on the same bytes.
#![allow(
    missing_docs,
    reason = "criterion's macros make public functions without docs"
)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use nixamine_benches::{ceiling, module, package_set, project};
use nixamine_rules::{Settings, Source, Workspace, analyze, syntax};
use std::hint::black_box;

/// The allocator of the command line, for everybody who is measured.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Writes a text of at least so many bytes for a seed.
type Make = fn(u64, usize) -> String;

fn one_file(c: &mut Criterion) {
    let settings = Settings::default();
    let make: [(&str, Make); 2] = [("module", module), ("packages", package_set)];
    for (name, make) in make {
        let mut group = c.benchmark_group(name);
        for size in [10_000, 100_000, 1_000_000] {
            let text = make(1, size);
            group.throughput(Throughput::Bytes(text.len() as u64));
            group.sample_size(20);
            group.bench_with_input(BenchmarkId::new("rnix parse", size), &text, |b, text| {
                b.iter(|| black_box(rnix::Root::parse(text)));
            });
            group.bench_with_input(BenchmarkId::new("parse", size), &text, |b, text| {
                b.iter(|| black_box(syntax::parse(text.as_str())));
            });
            group.bench_with_input(
                BenchmarkId::new("parse and rules", size),
                &text,
                |b, text| {
                    b.iter(|| black_box(analyze(Source::new("m.nix", text.as_str()), &settings)));
                },
            );
            let events = ceiling::events(&syntax::parse(text.as_str()));
            group.bench_with_input(BenchmarkId::new("ceiling", size), &events, |b, events| {
                b.iter(|| black_box(ceiling::build(events)));
            });
        }
        group.finish();
    }
}

fn whole_project(c: &mut Criterion) {
    let settings = Settings::default();
    let mut group = c.benchmark_group("project");
    group.sample_size(10);
    for count in [100, 1_000] {
        let documents = project(1, count, 3_000)
            .into_iter()
            .map(|(path, text)| analyze(Source::new(path, text), &settings))
            .collect();
        let workspace = Workspace::new(documents, []);
        group.bench_function(BenchmarkId::new("check", count), |b| {
            b.iter(|| black_box(workspace.check(&settings)));
        });
    }
    group.finish();
}

criterion_group!(benches, one_file, whole_project);
criterion_main!(benches);
