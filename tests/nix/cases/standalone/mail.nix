# Mail has no need of the configuration, so it does not take it.
{ lib, ... }:
{
  # nixamine: allow(mk-force) nothing is forced
  accounts.email.maildirBasePath = lib.mkDefault "/home/alice/mail";
}
