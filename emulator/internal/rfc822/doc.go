// Package rfc822 handles Internet mail text the way a gateway of 1993 does: headers,
// addresses, dates, the Encoding header of RFC 1154 and uuencode.
//
// # Goals
//
//   - Keep the bytes: fields keep their raw lines and order, because the gateway logs
//     every header line and shows those it does not understand to the user. Q118968
//   - Be as lenient as the gateway, and reproduce its documented defects as functions of
//     their own or behind a mode: commas in comments (Q108052), prose between BEGIN and
//     END (Q118595), zones of two digits (Q192054).
//   - Pure bytes: no clock, no files, no logging. Bad input is an error or best effort,
//     never a panic.
//
// # Non-goals
//
//   - MIME: the gateway is older; such bodies are text to it.
//   - Address mapping, envelopes as files, the SMTP dialogue: see package program.
//   - The conformance clients: they never share this code, so that two mistakes cannot
//     cancel.
//
// # Where things are
//
//	header.go    Split, Fields, Get, Field.Unfold
//	address.go   ParseList, SplitAddr; addresses of To, Cc, From
//	path.go      ParsePath; arguments of MAIL and RCPT
//	phrase.go    QuotePhrase, AppendList; writing names and long lists
//	date.go      AppendReceivedDate, AppendDate, AppendID, ParseDate
//	encoding.go  ParseEncoding, CutParts, ParseAttachment
//	parts.go     BodyParts; Encoding and X-MS-Attachment together
//	uuencode.go  AppendPart, PartLines, AppendUuencode, Uudecode
//	beginend.go  FindBeginEnd, UudecodeSection; the scan that is fooled by prose
//	lines.go     NextLine, Is7Bit, AppendWrapped, dot stuffing
//
// # Why
//
// net/mail loses order and duplicates and refuses much that was legal or usual then
// (source routes, the percent hack, commas in comments), so addresses and dates are
// parsed here by hand.
package rfc822
