# Nothing evaluates what is imported by a string, so it stands where nobody looks.
{ lib, ... }:
{
  environment.etc.motd.text = "Hello";
}
