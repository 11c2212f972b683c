# The settings of the mail relay, for the host that `config` is of.
{ writeText, config }:
writeText "relay.conf" ''
  host = mail.example.org
  password = ${builtins.readFile config.age.secrets.relay.path}
''
