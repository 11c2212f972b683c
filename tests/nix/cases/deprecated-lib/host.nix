# Names of the library that are gone, or going.
{ lib, ... }:
let
  inherit (lib) mdDoc fold;
  old = lib.literalMD or (text: lib.literalDocBook text);
in
{
  environment.etc.motd.text = lib.mdDoc "Hello";
  environment.etc.issue.text = mdDoc ("Hello" + " there");
  environment.etc.list.texts = map lib.mdDoc [
    (lib.mdDoc "one")
    (mdDoc "two")
  ];
  environment.etc.example.text = lib.literalExample "x";
  environment.etc.sum.text = toString (lib.fold (a: b: a - b) 1 [ 5 3 ]);
  environment.etc.other.text = toString (fold (a: b: a - b) 1 [ 5 3 ]);
  environment.etc.version.text = lib.nixpkgsVersion;
  environment.etc.old.text = old "x";
  environment.etc.asked.text = if lib ? mdDoc then lib.mdDoc "asked" else "asked";
}
