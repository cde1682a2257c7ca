// Package charset holds the character translation of the gateway: code pages of the PCs,
// the translation tables SMTPIN.TBL and SMTPOUT.TBL, and the reduction of friendly names
// to seven bits. Q101461
//
// # Goals
//
//   - Table: one output byte per input byte, applied to whole texts without allocation
//     per character.
//   - Load and write the 264-byte table files with the gateway's three load errors, and
//     generate the nine supplied ones.
//   - Convert code pages 437 and 850 to and from Unicode where a person reads or types.
//
// # Non-goals
//
//   - Other code pages, MIME character sets, screen glyphs of control characters.
//   - Choosing a table, the log lines around a load: see package program.
//
// # Which text is translated
//
// Inbound, subject and body pass SMTPIN.TBL and names do not; outbound, subject and body
// pass SMTPOUT.TBL and names the internal 7-bit table. Addresses are 7-bit anyway. Q101461
//
// # Why
//
// No document prints the content of any table, so the supplied ones are computed from the
// standards they are named after. Typing 256 bytes nine times was refused: a computed
// table can be checked, a typed one only compared with itself.
package charset
