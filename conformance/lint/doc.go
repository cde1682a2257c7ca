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
//	facts, err := lint.FromDeployment(d, os.DirFS(dir)) // or FromSite, FromFolder
//	report := lint.Run(ctx, facts, lint.Options{Off: off})
//
// # Facts
//
// An Installation is what the sources told. A Fact says whether it is known and
// where it was read. A check asks for what it needs with Judge.Need and the
// like; what is unknown makes the rule not judged for that subject, and the
// other subjects are judged all the same.
//
// # Why
//
// Rules see facts and not files, so one rule works on a site file, a deployment
// file, a folder of copies and a bundle. The alternative, a rule per kind of
// input, was refused: the articles speak of installations, and the same mistake
// is found in a batch file and in a site's run line.
package lint
