{
  name,
  greeting ? "Hello",
}:
{
  environment.etc.motd.text = "${greeting}, ${name}";
}
