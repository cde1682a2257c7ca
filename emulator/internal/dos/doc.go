// Package dos is the world a program of 1993 sees: a PC with drives, handles,
// a screen and critical errors, and the volumes behind the drive letters.
//
// # Goals
//
// A Volume is one drive's tree with the rules of DOS and SHARE: 8.3 names,
// directories in slot order, share modes, byte-range locks, two-second time
// stamps. It is an afero.Fs for set-up and observers, lives in memory or
// writes through to ordinary files of a host directory, and rolls back to a
// mark in constant time for each operation undone.
//
// A PC maps letters to volumes and runs one program at a time, with FILES=
// handles, a PATH, a current directory for each drive and an 80x25 screen. A
// Task is a running program; each of its methods passes one gate: yield,
// fault, latency, the volume, trace. What the program then meets (a
// contended file, a torn write, no handle left, a lost drive) arises from
// these rules and is scripted nowhere.
//
// # Non-goals
//
// No machine code, no FCBs, no device files (NUL, CON ...), no FAT chains: a
// volume counts clusters of 4 KB and that is all. No mail.
//
// # How to begin
//
//	v := dos.NewVolume(dos.VolumeOptions{Clock: k.Clock})
//	v.Mkdir(`\EXE`, 0)
//	v.WriteFile(`\EXE\SMTPGET.EXE`, nil, 0)
//	pc := dos.NewPC(k, dos.PCOptions{Name: "GW1", Path: []string{`M:\EXE`}, Programs: table})
//	pc.Map('M', v)
//	pc.Start("SMTPGET")
//	k.Run(until)
//
// # Names
//
// A name is `M:\SMTP\X.Y`, `m:smtp\x.y` (relative to the current directory of
// that drive) or `X.Y` (current drive). Slashes either way. Texts are UTF-8;
// a character outside ASCII must exist in the volume's code page and is folded
// by that page's upper-case table. A program's name too long for 8.3 is cut,
// as DOS does; the set-up methods of Volume refuse it instead.
//
// # Sharing
//
// An open is judged by SHARE's matrix (see conflict). A compatibility-mode
// open that meets an open it cannot share becomes a critical error: after
// three silent retries the PC shows the prompt and waits with all its handles
// open. An open with an explicit deny mode returns SharingViolation instead.
// The observers' methods of Volume neither hinder opens nor are hindered by
// them; they too refuse to remove or rename a file that is open.
//
// # Critical errors
//
// The prompt waits for A, R or F. Retry repeats the operation, Fail returns
// FailedCritical (83), Abort ends the program: DOS closes its handles and the
// parent sees return code 255. COMMAND /F answers Fail by itself (Q136041).
// A program that has a handler of its own (Trap) sees no prompt. Q117427
// State and the kernel's wait-for list say what is waited for and who holds
// it, as "PC/PROGRAM".
//
// # Handles
//
// FILES= counts the whole PC, default 8 (Q128570). Three are taken by DOS for
// CON, AUX and PRN. invented: the limit of 20 for one program is not applied,
// because the number the articles tune is FILES= alone.
//
// # Power
//
// PowerOff kills the program in the middle of an operation; bytes written so
// far stay, time stamps are not set, nothing is tidied. The server keeps the
// dead PC's files open and locked until it notices: after SessionTime, or when
// the PC logs on again. An offline volume (SetOnline) keeps its open files:
// inferred from Q136041, where Retry goes on once the drive is back.
//
// # Journal
//
// Mark starts the undo journal; Rollback returns to a mark and drops all
// opens and locks, because a rolled-back world has no running programs.
// Without a mark nothing is recorded and pages recycle at once.
//
// # Why
//
// Not a stack of afero layers: each costs more than the whole operation, and
// share rules need one place that sees all openers. Not one object a path:
// a file keeps its identity across rename, rollback and lingering opens.
package dos
