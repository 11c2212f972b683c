# Nixamine as a package, for `pkgs.callPackage`.
{
  lib,
  stdenv,
  rustPlatform,
  installShellFiles,
  gitMinimal,
}:
let
  manifest = builtins.fromTOML (builtins.readFile ../Cargo.toml);
  workspace = manifest.workspace.package;

  # The workspace also has benchmarks and the browser build, which nobody installs.
  only = [
    "-p"
    manifest.package.name
  ];
in
rustPlatform.buildRustPackage {
  pname = manifest.package.name;
  inherit (workspace) version;

  src = ../.;
  cargoLock.lockFile = ../Cargo.lock;

  # The tests need neither a network nor Nix, so they run in the sandbox, too.
  cargoBuildFlags = only;
  cargoTestFlags = only;
  nativeCheckInputs = [ gitMinimal ];

  # Both come from the binary, which the machine that builds has to be able to run.
  nativeBuildInputs = [ installShellFiles ];
  postInstall = lib.optionalString (stdenv.buildPlatform.canExecute stdenv.hostPlatform) ''
    $out/bin/nixamine man man
    installManPage man/*.1
    installShellCompletion --cmd nixamine \
      --bash <($out/bin/nixamine completions bash) \
      --fish <($out/bin/nixamine completions fish) \
      --zsh <($out/bin/nixamine completions zsh)
  '';

  meta = {
    inherit (manifest.package) description;
    homepage = workspace.repository;
    license = [
      lib.licenses.mit
      lib.licenses.asl20
    ];
    mainProgram = manifest.package.default-run;
  };
}
