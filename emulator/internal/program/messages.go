package program

// Every text that SMTPGATE prints, logs or sends, with its article. Formats
// are filled in at the one place that uses them.
const (
	msgBanner    = "Microsoft Mail Gateway to SMTP V3.0"                             // Q112286
	msgCopyright = "Copyright 1991-1992 Microsoft Corporation. All rights reserved." // Q112286
	msgRunning   = "Running from "                                                   // Q112286
	msgLocalCfg  = "Reading local configuration from "                               // Q112286
	msgDomain    = `  Local Domain = "`                                              // Q112286
	msgHostName  = `  SMTP Gateway Host Name = "`                                    // Q112286
	msgSmartHost = `  SMTP Smart-Host IP = "`                                        // Q112286
	msgLocalPOs  = "Reading local Microsoft Mail Post Offices from "                 // Q112286
	msgLocalPO   = `  Local Post-Office: "`                                          // Q112286
	msgAddrMap   = "Reading address map from "                                       // Q112286
	msgMapping   = `  Mapping "`                                                     // Q112286
	msgReady     = "Gateway initialized"                                             // Q112286

	msgTableMissing = "Open File <%s> failed, No such file or directory"  // Q101461
	msgTableDefault = "%s table not loaded, default translation invoked." // Q101461
	msgTableLoaded  = "%s table translation loaded."                      // Q101461
	msgTableBad     = "File <%s> %s"                                      // Q101461

	msgBind   = "Error bind (110) smtp_listen system error" // Q115491
	msgSocket = "ERROR socket: (123) network error"         // Q124801
	msgListen = "SMTP_listen: system error"                 // Q124801

	msgIdling   = "Idling:  %d bytes, largest %d"       // Q112286
	msgAccept   = "SMTP_accept(socket=256, timeout=%d)" // Q112286
	msgExit     = "OK to Exit?"                         // Q112286
	msgExitKeys = "Press Y to exit, N to continue"      // Q112286

	msgSpawn       = "spawning "                                             // Q112286
	msgSpawned     = "spawn(%s)=%d"                                          // Q112286, Q137042
	msgSpawnFailed = "ERROR Spawn (%s): (%d) %s"                             // Q100925
	msgNCSystem    = "NC_incoming: system error"                             // Q100925
	msgNCSystem2   = "NC_incoming:system error"                              // Q101682, printed without the blank
	msgNCProtocol  = "NC_incoming: protocol error"                           // Q100703
	msgNCUnavail   = "NC_incoming: unavailable"                              // Q99852
	msgMMFF        = "ERROR MMFF protocol error"                             // Q100703
	msgTranslate   = "ERROR translating message to SMTP: protocol error"     // Q98159, Q129713
	msgRetry       = `Warning SMTP output retry count exceeded saving to %s` // Q129239
	msgGetError    = "Error SMTPGET: %d - %s"                                // Q156166

	msgAccepted     = "Connection accepted."                                       // Q112286
	msgIncoming     = "Incoming SMTP connection from [%s] detected"                // Q112286
	msgCall         = "Call coming in at socket %d"                                // Q112286
	msgUnknownHost  = "WARNING Incoming SMTP mail from unknown host"               // Q105130
	msgNoReturn     = "WARNING No return path"                                     // Q107087
	msgBareLF       = "WARNING getline: NL with no CR"                             // Q99853
	msgRemote       = `Translating remote address: "`                              // Q112286
	msgLocal        = `Translating local address: "`                               // Q112286
	msgUnmapped     = "Non-local address left unmapped"                            // Q112286
	msgInvalidBox   = "ERROR %s is an invalid Courier Mailbox"                     // Q107089
	msgSending      = "Sending message to Microsoft Mail"                          // Q112286
	msgHeader       = "Header: "                                                   // Q112286
	msgToMail       = "ERROR Translating message to Microsoft Mail: out of memory" // Q108054
	msgToMailRights = "ERROR translating message to Microsoft Mail"                // Q99856
	msgPutError     = "ERROR SMTPPUT: %s"                                          // Q128570
	msgClosing      = "Closing socket %d"                                          // Q112286
	msgClosed       = "SMTP connection closed"                                     // Q112286
	msgRecv         = "SMTP_recv: system error"                                    // Q100512, Q100706, Q100709
	msgRecvProtocol = "SMTP_recv: protocol error"                                  // Q100704
	msgLost         = "ERROR Network_read: Lost network connection"                // Q102107
	msgBody         = "...message body..."                                         // Q112286

	msgDetected     = "Outgoing message(s) from Microsoft Mail detected" // Q112286
	msgConnecting   = "Connecting to smart SMTP host"                    // Q112286
	msgOpen         = "SMTP_open(socket=%d)"                             // Q112286
	msgClose        = "SMTP_close(socket=%d)"                            // Q112286
	msgCloseLost    = "SMTP_close (socket=%d)"                           // Q101682
	msgConnect      = "ERROR connect: (121) network error"               // Q99852
	msgConnectLost  = "ERROR connection to smart host failed"            // Q99852
	msgTransmitting = "Transmitting message to SMTP"                     // Q112286
	msgTimedOut     = "ERROR network_read: timed out"                    // Q101682
	msgResponse     = "ERROR SMTP_get_response:getline () <=0"           // Q101682
	msgInvalid      = "ERROR Invalid response to %s: %s"                 // Q105289
)

// What a failing operation on a socket gives, by stack; stack.go has the table.
const (
	msgRead        = "ERROR read: (52) Network dropped connection or reset" // Q100706
	msgReadLanman  = "ERROR read: (116) network error"                      // inferred: the number of Q123826 in the form of Q100708
	msgRead116     = "Error (116) Network Read Error"                       // Q123826
	msgWrite       = "ERROR write: (57) Socket is not connected"            // Q100707
	msgWriteNull   = "ERROR write: (1) (null)"                              // Q99857
	msgWriteLanman = "ERROR write: (119) network error"                     // Q100708
	msgWrite119    = "Error (119) Network Write Error"                      // Q123827
	msgWriteNovell = "ERROR write: (9) Bad file number"                     // Q105289
	msgCloseNovell = "ERROR close: (9) Bad file number"                     // Q118970
)

// Replies of the gateway as a server.
const (
	replyGreeting  = "All set, fire away"                           // 220; Q112286
	replyHello     = "Hi there, pleased to meet you"                // 250; Q112286
	replySender    = "250 Sender OK"                                // Q112286
	replyRecipient = "250 Recipient OK"                             // Q112286
	replyNoUser    = "550 Addressee unknown"                        // Q107089
	replyData      = "354 Start mail input; end with <CRLF>.<CRLF>" // Q112286
	replyStored    = "250"                                          // a bare code; Q112286
	replyFailed    = "552 Error in local delivery"                  // Q99856
	replySequence  = "503 Bad command sequence"                     // Q99855
	replyUnknown   = "500 Huh?"                                     // Q99854
	replyEHLO      = "550 Huh?"                                     // Q100352
	replyBye       = "See you later"                                // 221; Q112286
	replyOK        = "250 OK"                                       // invented: RSET and NOOP, which RFC 821 demands
)

// File names on the drive of the postoffice, as the gateway spells them.
const (
	fileLocalCfg = `smtp\local.cfg`     // Q112286
	fileAddrMap  = `smtp\addr_map.cfg`  // Q112286
	fileTableIn  = `smtp\smtpin.tbl`    // Q101461
	fileTableOut = `smtp\smtpout.tbl`   // Q101461
	fileEnvelope = `\SMTP\SMTP_IN.ENV`  // Q115493
	fileInbound  = `\SMTP\SMTP_IN.822`  // Q115493
	fileAPIOut   = `\SMTP\API_OUT.TMP`  // Q115493
	fileToNC     = `\SMTP\TO_NC.API`    // Q115493
	fileFromNC   = `\SMTP\FROM_NC.API`  // Q108375
	fileOutEnv   = `\SMTP\SMTP_OUT.822` // the envelope, against the name. Q129713
	fileOutText  = `\SMTP\SMTP_OUT.TXT` // Q129713
	fileOutBad   = `\SMTP\OUTBAD.API`   // Q129239
	fileGateLog  = `\LOG\SMTPGATE.LOG`  // Q87043
)
