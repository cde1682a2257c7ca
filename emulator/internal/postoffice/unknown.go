package postoffice

import (
	"time"

	"gwkit/emulator/internal/dos"
)

// This file holds the choices that no document makes, apart from record layouts, whose
// rows say "invented:" themselves. Correct them here.

const (
	// firstMailbag and firstLetter are the counters right after installation.
	// inferred: the administrator owns 0 and the local network's XTN is 1 (Q135868).
	// invented: the first message is 1, so that no valid name is all zeros.
	firstMailbag = 2
	firstLetter  = 1

	// A contended mailbag is tried three times, one second apart, then given up with
	// [008]. invented: the count and the pause; that it is given up is documented. Q111558
	mailbagTries = 3
	mailbagWait  = time.Second

	// CONTROL.GLB is held for the shortest possible time by everybody (Q87385), so a
	// holder is gone soon. invented: the count and the pause.
	controlTries = 10
	controlWait  = 100 * time.Millisecond

	// A MAI is read and its counter changed in one go; others wait. invented: as above.
	messageTries = 5
	messageWait  = 200 * time.Millisecond

	// Share modes. invented, except CONTROL.GLB, the lock files and Office.DenyDefinitions:
	// compress opens mailbags for writing and denies others to write (Q101749), so we let
	// every writer do the same.
	modePoll    = dos.Read | dos.DenyNone
	modeUpdate  = dos.ReadWrite | dos.DenyWrite
	modeControl = dos.ReadWrite | dos.DenyAll
	modeTable   = dos.Read | dos.DenyNone
	modeCreate  = dos.ReadWrite | dos.DenyAll
	modeLock    = dos.ReadWrite | dos.DenyAll // Q103960 Q128913
	modeV20     = dos.Read | dos.DenyRead     // Q103960

	// inqueueLock is the lock of the inqueue. The article prints INQUEUE.0LK without a
	// directory (Q103960); inferred: it lies in P1 with the locks of outbound
	// mailbags and is named after its mailbag (Q128913).
	lockDir = "P1"
	lockExt = "0LK"

	// defaultHops is the hop limit of new messages. Q147471
	defaultHops = 10

	// Useful life in hours of ordinary and urgent mail. Q173203
	lifeOrdinary = 24
	lifeUrgent   = 2
)

// The create step of the allocation truncates a file that is there already. invented:
// no document says so (Q87386 only says the create must work), but two processes that
// read the same counter are said to end with one name for two messages (Q99204), which a
// refusing create would prevent.
