// Package postoffice keeps the database of Microsoft Mail for PC Networks 3.x: the
// shared directory tree with its mailbags, messages, envelopes and core tables, and
// the mailer that moves mail from INQUEUE3 into mailbags.
//
// # Goals
//
//   - A tree with the directories, files and sizes that an installation leaves behind,
//     so that size checks, observers and faults meet what they expect. Q135868 Q77926
//   - Every operation of a program goes through a *dos.Task, file by file in the
//     documented order. Contention, torn writes and exhausted handles then arise by
//     themselves instead of being modelled. Q85058
//   - The texts of reports and logs exactly as printed.
//   - Bad files give an error that names file and offset, or the documented report;
//     never a panic.
//   - Set-up (Install) and observers (View) work on a *dos.Volume without a task and
//     without costing virtual time.
//
// # Non-goals
//
//   - Exchanging files with the original programs. Many layouts are not public; those
//     we made up say "invented:" in their table. unknown.go lists what they rest on.
//   - Directory synchronization, folders, calendars, and the administrator's program.
//   - Moving mail between postoffices: that is External's job. It finds the pieces
//     here (List, Pending, Store, WriteEnvelope, Post, DeleteItem).
//
// # Where to begin
//
// A record type is a table (Layout), a struct, decode, encode; DumpFile prints any file
// with its field names. The tables:
//
//	counters.go  CONTROL, TID, FLAG, RNETSEM     key.go      KEY
//	master.go    MASTER                          header.go   MBG
//	network.go   NETWORK, XTN                    element.go  MAI
//	access.go    ACCESS, ACCESS2, ACCESS3        envelope.go P1
//	names.go     NME, NETPO                      group.go    GROUP, GRPMEM, GRP, MEM
//
// The operations: Office is one postoffice as one program on one PC sees it; its
// methods allocate ids (allocate.go), keep mailbags (mailbag.go) and messages
// (store.go), and submit mail (submit.go). Routes are the tables that FFAPI programs and
// External hold in memory (routes.go). Mailer delivers (mailer.go) and reports failures
// (report.go). View shows the files to observers (view.go), DumpFile their bytes (dump.go).
//
// # Life of a message
//
// A mailbag is a pair KEY and MBG. One MBG record, 116 bytes, stands for one message in
// that mailbag; it names the MAI file by its eight hex digits. Several mailbags may
// point to one MAI; the counter at offset 0x0B of the MAI says how many (Q104423), and
// whoever takes it to zero erases the MAI and its attachments. The KEY's bitmap says
// which records are dead; a dead one is used again (Q77926). P1 files exist only between
// the post of an INQUEUE3 record and the mailer (Q85058). An item in an outbound
// mailbag has none, so its recipients are derived from the addresses in the MAI
// (Pending); an address that another copy serves carries a mark.
//
// # Why
//
// Names of offsets live in tables, not in code, although a table look-up per field is
// slower than a constant: a person who has the real program must be able to correct a
// guess by editing one row.
package postoffice
