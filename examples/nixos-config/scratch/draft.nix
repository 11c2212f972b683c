# An idea for later: a guest account that forgets everything.
{ ... }:
{
  users.users.guest = {
    isNormalUser = true
    createHome = true;
  };
}
