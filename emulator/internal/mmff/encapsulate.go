package mmff

import (
	"fmt"
	"strings"
)

// EncapsulationUser is the user part of addresses that carry encapsulated mail:
// XXENC@<alias of the postoffice>. Q136116
const EncapsulationUser = "XXENC"

// encapsulationText is the body of the envelope. inferred: the words of the MHS
// gateway's. Q115553
const encapsulationText = "This is an encapsulated message\r"

// Encapsulate returns the envelope of m: a dummy header and, as its only attachment, the
// whole message in extended form. Q87223 Q87039
//
// It follows the MHS gateway's envelope where ours is not described: the recipient's
// user part is replaced, here by XXENC (Q136116), and the subject stays (Q115553). The
// file name is m.ID in eight hex digits and .ENC. invented: originator, date and priority
// stay as well; recipients at one postoffice share one copy; the message inside has CR
// lines whatever the file around it uses.
func Encapsulate(m *Message) Message {
	outer := Message{
		Form:     Encapsulated,
		Version:  m.Version,
		From:     m.From,
		Date:     m.Date,
		Subject:  m.Subject,
		Priority: m.Priority,
		ID:       m.ID,
		Text:     []byte(encapsulationText),
	}
	add := func(list []Address) {
		for _, a := range list {
			outer.To = addOnce(outer.To, envelopeAddress(a))
		}
	}
	if len(m.Recipients) > 0 {
		add(m.Recipients)
	} else {
		add(m.To)
		add(m.Cc)
	}
	data := appendMessage(nil, m, Extended, CR)
	outer.Attachments = []Attachment{{
		Name: string(append(appendID(nil, m.ID), ".ENC"...)),
		Size: len(data),
		Data: data,
	}}
	return outer
}

// envelopeAddress replaces the user part. Addresses that have none are kept.
func envelopeAddress(a Address) Address {
	a = normalAddress(a, Basic)
	if network, postoffice, _, ok := a.CSI(); ok {
		return Address{Type: "CSI", Addr: network + "/" + postoffice + "/" + EncapsulationUser}
	}
	if i := strings.LastIndexByte(a.Addr, '@'); a.Type == "SMTP" && i >= 0 {
		a.Addr = EncapsulationUser + a.Addr[i:]
	}
	return a
}

func addOnce(list []Address, a Address) []Address {
	for _, b := range list {
		if b.Type == a.Type && strings.EqualFold(a.Addr, b.Addr) {
			return list
		}
	}
	return append(list, a)
}

// IsEnvelope says whether m carries an encapsulated message: a recipient XXENC and an
// attachment named with eight hex digits and .ENC. The form is not asked, because a
// message that came through SMTP has lost it.
func IsEnvelope(m *Message) bool {
	return envelopeAttachment(m) != nil
}

func envelopeAttachment(m *Message) *Attachment {
	found := false
	for _, a := range m.To {
		found = found || isEncapsulationUser(a)
	}
	for _, a := range m.Recipients {
		found = found || isEncapsulationUser(a)
	}
	if !found {
		return nil
	}
	for i := range m.Attachments {
		name := m.Attachments[i].Name
		var id uint32
		if len(name) == 12 && strings.EqualFold(name[8:], ".ENC") && parseID(&id, []byte(name[:8])) {
			return &m.Attachments[i]
		}
	}
	return nil
}

func isEncapsulationUser(a Address) bool {
	if _, _, mailbox, ok := a.CSI(); ok {
		return strings.EqualFold(mailbox, EncapsulationUser)
	}
	user, _, found := strings.Cut(a.Addr, "@")
	return found && strings.EqualFold(user, EncapsulationUser)
}

// Decapsulate returns the message inside the envelope m. Its text and data are slices
// of the attachment.
func Decapsulate(m *Message) (Message, error) {
	a := envelopeAttachment(m)
	if a == nil {
		return Message{}, fmt.Errorf("cannot open envelope: no recipient %s with an attachment NNNNNNNN.ENC", EncapsulationUser)
	}
	all, err := Decode(a.Data, CR)
	if err != nil {
		return Message{}, fmt.Errorf("cannot open envelope: attachment %s: %w", a.Name, err)
	}
	if len(all) != 1 {
		return Message{}, fmt.Errorf("cannot open envelope: attachment %s holds %d messages, want 1", a.Name, len(all))
	}
	return all[0], nil
}
