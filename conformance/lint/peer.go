package lint

import "strings"

// Rules about the hosts that the gateway exchanges mail with.
var peerRules = []Rule{
	{
		ID: "peer.pmdf", Severity: Warning, Articles: []string{"Q111857"},
		Title:    "the relay runs PMDF, old releases of which put X-MS-Attachment before Encoding, so that names of attachments are lost",
		Remedy:   "update PMDF",
		Inputs:   "software of the smart host",
		Inferred: "the article does not say which release cured it, so any PMDF is told",
		check: func(j *Judge) {
			for _, relay := range j.Relays {
				software, ok := Need(j, relay.Said["software"], "software of %s", relay.Name)
				if ok && strings.Contains(strings.ToLower(software), "pmdf") {
					j.Find(relay.Said["software"].At, "%s runs %s: make sure that it is not an old release, which loses the names of attachments", relay.Name, software)
				}
			}
		},
	},
	{
		ID: "peer.rrt", Severity: Warning, Articles: []string{"Q113824"},
		Title:  "the relay adds an empty Return-Receipt-To line, for which a receipt is sent",
		Remedy: "stop the relay from adding the line",
		Inputs: "emptyReceiptTo of the smart host",
		check: func(j *Judge) {
			for _, relay := range j.Relays {
				if empty, ok := Need(j, relay.Said["emptyReceiptTo"], "emptyReceiptTo of %s", relay.Name); ok && empty == "true" {
					j.Find(relay.Said["emptyReceiptTo"].At, "%s adds an empty Return-Receipt-To line: each sender gets a receipt", relay.Name)
				}
			}
		},
	},
	{
		ID: "peer.encoding", Severity: Warning, Articles: []string{"Q118487"},
		Title:    "a sender encodes attachments in a way that the gateway does not understand",
		Remedy:   "have it send TEXT or UUENCODE; from a Macintosh MacBinary II or no resource fork, from cc:Mail with its default setting",
		Inputs:   "software and encoding of the peers",
		Inferred: "a peer without an encoding is not known to be wrong or right",
		check: func(j *Judge) {
			peers, ok := j.Peers.Value, j.Peers.Known
			if !ok {
				if len(j.GatewayPCs()) > 0 {
					j.Missing("peers that send attachments")
				}
				return
			}
			for _, p := range peers {
				encoding, ok := Need(j, p.Encoding, "encoding of %s", p.Name)
				cc := strings.Contains(strings.ToLower(p.Software.Value), "cc:mail")
				switch {
				case !ok:
				case encoding != "uuencode":
					j.Find(p.Encoding.At, "%s encodes by %s, which stays in the text of a message", p.Name, encoding)
				case cc:
					j.Find(p.Encoding.At, "%s is cc:Mail with its uuencode option, which makes HEX", p.Name)
				}
			}
		},
	},
	{
		ID: "peer.mime", Severity: Info, Articles: []string{"Q88777"},
		Title:  "the relay passes MIME or 8BITMIME on unchanged, which the gateway does not know",
		Remedy: "have the relay turn MIME into plain text before it hands mail to the gateway",
		Inputs: "mime of the smart host",
		check: func(j *Judge) {
			for _, relay := range j.Relays {
				if mime, ok := Need(j, relay.Said["mime"], "mime of %s", relay.Name); ok && mime == "true" {
					j.Find(relay.Said["mime"].At, "%s passes MIME on: users see its parts as text", relay.Name)
				}
			}
		},
	},
}
