# Texts keep their tabs, which are a part of what they say.
{ ... }:
{
	environment.etc.makefile.text = ''
		all: ${
			builtins.concatStringsSep " " [
				"one"
				"two"
			]
		}
			true
	'';
	environment.etc.plain.text = "a
	b";
	/*
		Nobody reads this.
	*/
	environment.etc.sum.text =
		toString (
			1
			+ 2
		);
    networking = {
	hostName = "demo";
	domain = "lan";
    };
}
