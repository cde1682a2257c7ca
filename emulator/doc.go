// Package emulator is the World: a site built and run on the simulation
// kernel.
//
// # Goals
//
// New makes the drives, PCs, smart hosts and workstations of a site; Run lets
// virtual time pass; everything a test wants to see is read from the drives,
// the screens and the trace. Serve runs the same World paced by the wall clock
// with real sockets at its edge. Programs never report their own success: the
// World looks where the mail rests (account.go).
//
// # Non-goals
//
// No judgement: whether a run is good is for package conformance. No
// goroutines: a World is one thread of work, many Worlds may run in parallel.
//
// # Use
//
//	s, _ := site.Shape("single")
//	w, err := emulator.New(s, emulator.Options{Seed: 7})
//	defer w.Close()
//	w.AddLoad(emulator.Load{For: 24 * time.Hour, In: 5000, Out: 5000, Size: 8 << 10, Read: true})
//	w.Run(24 * time.Hour)
//	w.RunToRest(2 * time.Hour)
//	w.Summary().Text(os.Stdout)
//
// Methods may be called from one goroutine, and never while Run is under way;
// while Serve runs they may be called from any other goroutine.
//
// # Users
//
// Each postoffice has a workstation, a PC named WS1, WS2 ... in the order of
// the site. It runs a small client program that submits, reads and deletes
// mail through the drive as the original's clients do, and costs no time: the
// documented figures are about the gateway.
package emulator
