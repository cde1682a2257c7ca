package main

import (
	"time"

	"gwkit/emulator"
)

// The JSON forms of the control interface, version 1. Times are RFC 3339 with
// the zone of the site, sizes in bytes.

type stateView struct {
	Version        int                `json:"version"`
	Site           string             `json:"site"`
	Now            time.Time          `json:"now"` // virtual
	ElapsedSeconds float64            `json:"elapsedSeconds"`
	Steps          uint64             `json:"steps"`
	Digest         string             `json:"digest"`
	Listeners      []listenerView     `json:"listeners"`
	Postoffices    []postofficeView   `json:"postoffices"`
	PCs            []emulator.PCState `json:"pcs"`
	Faults         []string           `json:"faults"`
	Waits          []waitView         `json:"waits"`
}

type listenerView struct {
	Name     string `json:"name"`     // "smart host mail.company.com", "gateway GW1", "control"
	Protocol string `json:"protocol"` // "smtp", "http"
	Address  string `json:"address"`  // ip:port
}

type postofficeView struct {
	Name    string   `json:"name"` // NET/PO
	Users   []string `json:"users"`
	Gateway string   `json:"gateway,omitempty"`
}

type waitView struct {
	Process string    `json:"process"`
	For     string    `json:"for"`
	Object  string    `json:"object"`
	HeldBy  string    `json:"heldBy,omitempty"`
	Since   time.Time `json:"since"`
}

type screenView struct {
	PC    string   `json:"pc"`
	Lines []string `json:"lines"` // 25 of 80 columns
}

type itemView struct {
	Slot        int              `json:"slot"` // counted from 0
	MAI         string           `json:"mai"`  // eight hex digits of the message file
	From        string           `json:"from"`
	To          []string         `json:"to"`
	Cc          []string         `json:"cc"`
	Subject     string           `json:"subject"`
	Priority    string           `json:"priority,omitempty"`
	Time        time.Time        `json:"time"`
	SizeBytes   int              `json:"sizeBytes"`
	Receipt     bool             `json:"receipt"`
	Text        string           `json:"text,omitempty"`
	Attachments []attachmentView `json:"attachments"`
	Error       string           `json:"error,omitempty"` // why the message cannot be read
}

type attachmentView struct {
	Name      string `json:"name"`
	SizeBytes int    `json:"sizeBytes"`
	Hidden    bool   `json:"hidden"`
	Data      []byte `json:"data,omitempty"` // base64
}

type mailbagView struct {
	Version    int        `json:"version"`
	Postoffice string     `json:"postoffice"`
	Box        string     `json:"box"`
	Items      []itemView `json:"items"`
}

type mailView struct {
	From        string           `json:"from"`
	To          []string         `json:"to"`
	Cc          []string         `json:"cc,omitempty"`
	Subject     string           `json:"subject"`
	Text        string           `json:"text"`
	Priority    string           `json:"priority,omitempty"`
	Receipt     bool             `json:"receipt,omitempty"`
	Attachments []attachmentView `json:"attachments,omitempty"`
}

func (m *mailView) mail() emulator.Mail {
	out := emulator.Mail{From: m.From, To: m.To, Cc: m.Cc, Subject: m.Subject, Text: m.Text, Priority: m.Priority, Receipt: m.Receipt}
	for _, a := range m.Attachments {
		out.Attachments = append(out.Attachments, emulator.Attachment{Name: a.Name, Data: a.Data, Hidden: a.Hidden})
	}
	return out
}

type deliveredView struct {
	From string    `json:"from"`
	To   string    `json:"to"`
	Time time.Time `json:"time"`
	Host string    `json:"host"`
	Data []byte    `json:"data"` // base64
}

type queuedView struct {
	Host   string `json:"host"`
	To     any    `json:"to"`
	Reason string `json:"reason"`
	Tries  int    `json:"tries"`
}

type fileView struct {
	Name      string    `json:"name"`
	SizeBytes int64     `json:"sizeBytes"`
	Attr      string    `json:"attr"`
	Time      time.Time `json:"time"`
	Holders   []string  `json:"holders,omitempty"`
}

// viewItem turns an item into its JSON form; full adds text and attachment
// data.
func viewItem(it *emulator.Item, full bool) itemView {
	v := itemView{Slot: it.Slot, MAI: it.MAI, From: it.From, To: list(it.To), Cc: list(it.Cc), Subject: it.Subject,
		Priority: it.Priority, Time: it.Time, SizeBytes: it.Size, Receipt: it.Receipt, Attachments: []attachmentView{}}
	if full {
		v.Text = it.Text
	}
	if it.Err != nil {
		v.Error = it.Err.Error()
	}
	for _, a := range it.Attachments {
		x := attachmentView{Name: a.Name, SizeBytes: len(a.Data), Hidden: a.Hidden}
		if full {
			x.Data = a.Data
		}
		v.Attachments = append(v.Attachments, x)
	}
	return v
}

func viewWaits(waits []emulator.Waiting) []waitView {
	out := []waitView{}
	for _, w := range waits {
		out = append(out, waitView{w.Process, w.For, w.Object, w.HeldBy, w.Since})
	}
	return out
}

// list makes an empty list of nil, so that JSON has [] and never null.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
