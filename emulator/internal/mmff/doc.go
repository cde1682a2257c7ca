// Package mmff reads and writes the Microsoft Mail File Format: the text files
// through which the FFAPI programs and the gateways exchange mail. FROM_NC.API
// (written by SMTPGET), TO_NC.API (read by SMTPPUT) and OUTBAD.API (dead letters)
// are such files; one file may hold many messages. Q85041 Q85048 Q98159
//
// # Goals
//
//   - The basic message format byte for byte as documented. Q118785 Q103801
//   - An extended format that carries what the original's is said to carry, in a
//     private token set: no document prints its tokens. Q87223
//   - The encapsulated format: a dummy header with the whole message as its
//     attachment. Q87223 Q136116 Q115553
//   - Errors with the FFAPI numbers and texts, so that a program can print and
//     return what SMTPPUT did. Q85043 Q118533
//   - Pure bytes: no files, no clock, no logging. Sizes are checked against the
//     data that is left before anything is allocated.
//
// # Non-goals
//
//   - The extended mailbag header format (-z): the SMTP gateway never asks for it.
//   - Deciding who may receive what: Put's look-ups belong to the program.
//
// # Reading
//
//	r := mmff.NewReader(data, mmff.CR, nil)
//	var m mmff.Message
//	for {
//		err := r.Next(&m)
//		if err == io.EOF {
//			break
//		}
//		...
//	}
//
// Decode does the same for a whole file. Text and attachment data of a decoded
// message are slices of the input, not copies.
//
// # Writing
//
//	buf = mmff.Append(buf[:0], &m, mmff.Extended, mmff.CR)
//
// Decoding what Append wrote gives the message back, after Normalize, with the
// losses of the basic format described there.
//
// # Why
//
// Tokens are looked up in one table (tokens.go) that says which form knows them.
// The alternative, one parser per form, was refused: Put accepts basic and
// extended files alike (Q135926), so the reader must tell them apart itself, and
// the only difference is the set of tokens.
package mmff
