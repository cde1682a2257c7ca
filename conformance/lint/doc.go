// Package lint judges how an installation is configured, without touching it.
//
// Goals: each rule is a row of data with an id, a severity, the articles it
// comes from, the inputs it needs, a sentence and a remedy, and a check that is
// a function of facts; a finding points at file, line and column, or at the
// offset of a record, of what the administrator can open; a rule that lacked an
// input is listed as not judged, never as clean.
//
// Non-goals: reading the emulator's world, sending mail, repairing anything.
// What is judged and what judges share no code: the databases of a postoffice
// are read by conformance/drive, not by the emulator's own codecs.
//
// # Use
//
//	facts, err := lint.FromFolder(os.DirFS(dir), dir) // or FromSite, FromDeployment
//	report := lint.Run(ctx, facts, lint.Options{Off: off})
//
// # Facts
//
// An Installation is what the sources told. A Fact says whether it is known and
// where it was read. A check asks for what it needs with Judge.Need and the
// like; what is unknown makes the rule not judged for that subject, and the
// other subjects are judged all the same.
//
// # Sources
//
// FromSite, FromDeployment and FromFolder make an Installation. The files of a
// PC are kept as Text by DOS name; ReadBoot walks its batch files, Settings
// reads INI files and CONFIG.SYS, NetSections NET.CFG, ReadInventory the output
// of DIR. A rule about a file asks PC.Files, one about what the file sets up
// asks the fact, because a site has no such file.
//
// # A rule
//
// A family of rules is a file with a []Rule, named in Rules. Each rule needs a
// fixture testdata/<rule id>.txtar:
//
//	# Why this is wrong, and why the other is not.
//	want: bad/AUTOEXEC.BAT:3:1: regexp of the message
//	want: bad/COMPANY_HUB/GLB/NETWORK.GLB+0x7a: regexp
//	-- bad/AUTOEXEC.BAT --
//	...
//	-- near/AUTOEXEC.BAT --
//	...
//
// Each folder is given to FromFolder under its own name, so places begin with
// bad/. Its findings of the rule must be those wanted, all of them; a near miss
// must have been judged, with no finding and nothing missing. More folders are
// named bad-2, near-2. A name that ends in .hex is a binary file, bytes in
// hexadecimal with remarks behind #, texts in quotes, and 00x116 for 116 times
// 00; one that ends in .zeros is a file of so many zero bytes; one that ends in
// a slash is an empty folder. DOS text files (.BAT .SYS .INI .CFG .LOG .TXT
// .LST) get CR LF. Files are from 1993-02-23 08:50 UTC; a section .dates has
// lines "FILE 1995-01-05 03:00" for others. Attributes are in the sidecar that
// package drive reads. What no file tells is said in a deploy.yaml.
//
// # Why
//
// Rules see facts and not files, so one rule works on a site file, a deployment
// file, a folder of copies and a bundle. The alternative, a rule per kind of
// input, was refused: the articles speak of installations, and the same mistake
// is found in a batch file and in a site's run line.
package lint
