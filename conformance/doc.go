// Package conformance runs scripts against a target and says how it behaves.
//
// Goals: a script is the specification, reads like the field, and is one txtar
// file; the same script judges every kind of target as far as its powers go;
// a verdict is pass, fail, unknown, skip or error and never a guess; whoever
// reads a failure can repeat it.
//
// Non-goals: speaking SMTP or reading databases in the emulator's way: what is
// judged and what judges share no protocol code. Files, flags and colours
// belong to cmd/gwcheck.
//
// # Use
//
//	scripts, err := conformance.Load(scripts.FS, "testdata/scripts")
//	result := conformance.Run(ctx, scripts, conformance.Options{Seed: 7})
//
// # How a script runs
//
// Load reads the header lines and the command lines of a script before
// anything runs, so a wrong header, an unknown command, a wrong number of
// arguments or a missing power is known beforehand. The script then runs in
// testscript on a goroutine of its own with a world of its own; scripts share
// nothing. The world is opened by the first command that needs it, so that
// the lines before can still change the site.
//
// A command is a row of Commands. A check says whether something is so, and
// what it saw; the engine turns that into success, failure, "!" and waiting
// with until. Every other command does something, and "!" demands that it is
// refused.
//
// # Why
//
// The built-in verbs of testscript work on the folder the script was unpacked
// into and cannot be replaced. exists, cmp, rm and grep are what people write
// for a file on a drive as well, so a line such as "exists M:\LOG\RECV.LOG" is
// handed to m-exists before testscript sees it, on the same line number. The
// alternative, failing with a hint, was refused because the name reads better;
// other built-in verbs with a path on a drive are refused that way, because
// they would silently do nothing. Verbs and conditions that depend on the host
// (exec, [linux], [net]) are refused: a verdict is the same on every machine.
package conformance
