package fault

// Kind is one row of Kinds.
type Kind struct {
	Name    string
	Example string // a text that Parse reads and String prints
	Summary string
	Article string // where such a fault is described; empty: ours
	Where   string // who performs it: WherePC, WhereNetwork or WhereSmartHost

	ops   opSet // operations it applies to
	times int   // default of times=; 0: without limit
	build func(match, *arguments) Fault
}

// Who performs a fault.
const (
	WherePC        = "pc"
	WhereNetwork   = "network"
	WhereSmartHost = "smart host"
)

// Kinds are all kinds of faults, sorted by name.
var Kinds = []Kind{
	{"clock", `clock offset=-1h who=GW1`, "the clock of a PC is wrong", "Q118784", WherePC, ops(OpClock), 0, newClock},
	{"crash", `crash at=M:\SMTP\TO_NC.API op=write nth=2`, "power fails on the PC just before an operation", "Q132060", WherePC, anyOp &^ ops(OpSMTP, OpSession), 1, newCrash},
	{"disk-full", `disk-full at=M: from=10m until=20m`, "writes fail when the free bytes are used up", "Q111558", WherePC, ops(OpWrite, OpCreate, OpMkdir), 0, newDiskFull},
	{"dos-error", `dos-error code=5 at=M:\GLB\CONTROL.GLB op=open times=2`, "an operation ends with a DOS error code", "Q128434", WherePC, fileOps | ops(OpSpawn), 0, newDOSError},
	{"drive-lost", `drive-lost at=M: who=GW1 from=5m until=7m`, "the network drive vanishes: every operation on it is a critical error", "Q136041", WherePC, fileOps, 0, newDriveLost},
	{"lost-write", `lost-write at=M:\MBG\*.MBG nth=3 times=1`, "a write reports success and never reaches the disk", "", WherePC, ops(OpWrite), 0, newLostWrite},
	{"net-refuse", `net-refuse at=11.1.16.15:25 until=30m`, "a connection is refused", "Q99852", WhereNetwork, ops(OpConnect), 0, newNetRefuse},
	{"net-reset", `net-reset after=4096 at=11.1.16.15:25 times=1`, "a connection breaks", "Q100706", WhereNetwork, netOps, 0, newNetReset},
	{"net-slow", `net-slow bps=9600 who=GW1`, "the line moves so many bits a second", "Q101682", WhereNetwork, ops(OpSend, OpRecv), 0, newNetSlow},
	{"net-stall", `net-stall at=11.1.16.15:* from=1h until=2h`, "nothing moves on the line; timeouts are the way out", "Q101682", WhereNetwork, netOps, 0, newNetStall},
	{"net-unreachable", `net-unreachable at=11.1.16.15:25 who=GW2`, "there is no route to the host: calls and what is sent do not get out", "Q115492", WhereNetwork, ops(OpConnect, OpSend), 0, newNetUnreachable},
	{"out-of-memory", `out-of-memory at=SMTPPUT* who=GW1 every=2`, "a program does not fit into memory", "Q156166", WherePC, ops(OpSpawn), 0, newOutOfMemory},
	{"sharing-violation", `sharing-violation critical=yes at=M:\SMTP\FROM_NC.API times=1`, "somebody else holds the file", "Q103960", WherePC, ops(OpOpen, OpCreate, OpRemove, OpRename), 0, newSharingViolation},
	{"slow", `slow delay=200ms kilobyte=50ms at=M: who=MTA1`, "operations take longer", "", WherePC, fileOps | ops(OpSpawn), 0, newSlow},
	{"smtp-delay", `smtp-delay delay=45s at=. times=5`, "the smart host answers late", "Q101682", WhereSmartHost, ops(OpSMTP), 0, newSMTPDelay},
	{"smtp-drop", `smtp-drop at=DATA nth=2 times=1`, "the smart host closes the connection without an answer", "Q100706", WhereSmartHost, ops(OpSMTP), 0, newSMTPDrop},
	{"smtp-reply", `smtp-reply reply="451 try again later" at=RCPT times=3`, "the smart host answers something else", "Q100704", WhereSmartHost, ops(OpSMTP), 0, newSMTPReply},
	{"smtp-speak", `smtp-speak as=ehlo times=2`, "the smart host calls the gateway as another kind of host would", "Q100352", WhereSmartHost, ops(OpSession), 0, newSMTPSpeak},
	{"smtp-stall", `smtp-stall at=. from=10m`, "the smart host never answers", "Q101682", WhereSmartHost, ops(OpSMTP), 0, newSMTPStall},
	{"torn-write", `torn-write keep=100 at=M:\SMTP\SMTP_IN.ENV times=1`, "only the first bytes of a write reach the disk", "Q98159", WherePC, ops(OpWrite), 0, newTornWrite},
	{"write-protect", `write-protect at=M:\SMTP\`, "a file or directory is read-only", "Q115495", WherePC, ops(OpCreate, OpWrite, OpRename, OpRemove, OpAttr, OpMkdir, OpRmdir, OpTruncate), 0, newWriteProtect},
}

func lookup(name string) (*Kind, bool) {
	for i := range Kinds {
		if Kinds[i].Name == name {
			return &Kinds[i], true
		}
	}
	return nil, false
}
