package program

// Every text that EXTERNAL prints or logs, with its article; the mailer's own
// lines and the numbered reports come from package postoffice.
const (
	extBanner  = "Microsoft Mail External Mail Program V3.2" // invented: the wording; that the version is shown Q128628
	extOptions = "Options: "                                 // invented: the form; -V and -Q1 echo the options, Q117802
	extIgnored = " has no effect here"                       // invented: modem, screen and unknown options

	extBadINI     = "Invalid option specified in .INI:"             // Q108843; inferred: that the line follows
	extNoInstance = "Unable to Find Specified Instance INI Section" // Q130396
	extNoINI      = "WARNING: Unable to open specified INI file."   // Q131678

	extTesting      = "Testing permanent drive: "                                    // Q118619, Q103383
	extInError      = "Drive in error: "                                             // Q103421
	extCritical     = "A Critical error has occurred "                               // Q127002
	extCriticalCE   = "A critical error has occurred"                                // Q132413
	extXTN          = "Postoffice record retrieval failed, file: "                   // Q103383
	extList         = "Failure initializing postoffice list at "                     // Q103383
	extNoDrive      = "No postoffice on drive "                                      // invented: no article shows a start without a usable drive
	extChecking     = ": Checking for dispatch mail..."                              // Q100826
	extNoMail       = "No mail."                                                     // Q100826
	extLocked       = "Mail bag is locked by: "                                      // Q129456
	extSending      = "Sending mail ("                                               // Q100826
	extFrom         = "From: "                                                       // Q100826
	extTo           = "To: "                                                         // Q100826
	extTransfer     = "Transferring mail: mail file is: "                            // Q100826
	extP2           = "Sending P2..."                                                // Q100826
	extTarget       = "Target file: "                                                // Q100826
	extP1           = "Sending P1..."                                                // Q100826
	extP1Sent       = "P1 file successfully sent."                                   // Q100826
	extP1Failed     = "Sending File "                                                // Q135902
	extPrefix       = "Unable to Generate file prefix due to critical error."        // Q117152
	extFailed       = "Mail transfer failed."                                        // Q117152
	extNotFound     = " was not found."                                              // Q99204
	extAccess       = "Unable to access "                                            // Q130067
	extRights       = ". Check the access rights."                                   // Q130067
	extStatistics   = "Statistics update failed."                                    // Q130067, with -V
	extLogOpen      = "Error on log file open."                                      // Q93564
	extLogWrite     = "Error writing to the log file."                               // Q117152
	extAskExit      = "Press Y to exit, N to continue."                              // Q192156
	extShutDown     = "Shutting down ..."                                            // Q192156
	extFileOpen     = `File I/O: Error opening "`                                    // Q103960
	extFileFind     = `File I/O: Error finding "`                                    // Q103960
	extOpenCode     = `" error code=`                                                // Q103960
	extFindCode     = `", error code=`                                               // Q103960: with a comma, as all of code 2
	extCriticalCode = "Error Code=%02X%02X, Device Error=%04x"                       // Q132413
	extUsefulLife   = "Useful life exceeded sending to "                             // Q173203
	extMissingBag   = "Missing mailbag when sending to "                             // Q264331
	extMissing      = "Missing file is "                                             // Q136004
	extTable        = "Network    Postoffice Serial#  Status R#    Sent   MTD   YTD" // Q118448; invented: the widths, and that Session is left out
)

// Names in LOG\SYSTEM.LOG and the files External makes.
const (
	extProgram    = "External"        // Q99204
	fileSession   = `LOG\SESSION.LOG` // on the home postoffice. Q77926
	fileSuffixID  = `P1\LOCKP1ID.`    // Q119642, Q128913
	queueLockType = "0LK"             // with the digit zero. Q103960
)

// Return codes. They are printed for the programs built on the same code as
// the gateways; smtpgate.go has the others. Q105566
//
// inferred: that a finished -0 is what CYCLE_COUNT_REACHED stands for.
const (
	exitBreakDate     = 61
	exitBreakTimeDate = 62
	exitCycles        = 64
)

// officeStatus is the word of the status screens. Q131680
type officeStatus uint8

const (
	statusStart  officeStatus = iota // MASTER.GLB not read yet
	statusUninit                     // routing tables not read yet
	statusOK
	statusError  // critical error, or 255 errors. Q118448
	statusFull   // its disk is full
	statusFailed // given up
	statusNoRef  // defined, but no drive here
)

var statusWords = [...]string{"START", "UNINIT", "OK", "ERROR", "FULL", "FAILED", "NO-REF"}

func (s officeStatus) String() string { return statusWords[s] }
