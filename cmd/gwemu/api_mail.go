package main

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
)

func (c *control) submit(w http.ResponseWriter, r *http.Request) {
	var q mailView
	if !body(w, r, bodyMailMax, &q) {
		return
	}
	if err := q.check(); err != nil {
		httpError(w, http.StatusBadRequest, err.Error())
		return
	}
	done(w, c.world.Submit(q.mail()))
}

func (c *control) inject(w http.ResponseWriter, r *http.Request) {
	var q struct {
		From string   `json:"from"`
		To   []string `json:"to"`
		Data []byte   `json:"data"` // base64
	}
	if body(w, r, bodyMailMax, &q) {
		done(w, c.world.Inject(q.From, q.To, q.Data))
	}
}

// mailbag lists a mailbag; full=1 adds texts and attachments.
func (c *control) mailbag(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	v := mailbagView{Version: 1, Postoffice: q.Get("postoffice"), Box: q.Get("box"), Items: []itemView{}}
	items, err := c.world.Mailbag(v.Postoffice, v.Box)
	if err != nil {
		httpError(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	for i := range items {
		v.Items = append(v.Items, viewItem(&items[i], q.Get("full") == "1"))
	}
	reply(w, v)
}

func (c *control) deleteMail(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	slot, err := strconv.Atoi(q.Get("slot"))
	if err != nil || slot < 0 {
		httpError(w, http.StatusBadRequest, "want slot=N, the slot of an item")
		return
	}
	done(w, c.world.DeleteMail(q.Get("postoffice"), q.Get("box"), slot))
}

func (c *control) outside(w http.ResponseWriter, _ *http.Request) {
	out := []deliveredView{}
	for _, d := range c.world.Outside() {
		out = append(out, deliveredView{d.From, d.To, d.Time, d.Host, d.Data})
	}
	reply(w, out)
}

func (c *control) queue(w http.ResponseWriter, _ *http.Request) {
	out := []queuedView{}
	for _, q := range c.world.Queue() {
		out = append(out, queuedView{q.Host, q.To, q.Reason, q.Tries})
	}
	reply(w, out)
}

func (c *control) drives(w http.ResponseWriter, _ *http.Request) {
	out := []string{}
	for _, po := range c.postoffices() {
		out = append(out, po.Name)
	}
	reply(w, out)
}

// path reads path=..., such as COMPANY/HUB:\SMTP or GW1:M:\SMTP\TO_NC.API.
func path(w http.ResponseWriter, r *http.Request) (string, bool) {
	p := r.URL.Query().Get("path")
	if p == "" || strings.ContainsRune(p, 0) {
		httpError(w, http.StatusBadRequest, `want path=..., such as COMPANY/HUB:\SMTP`)
		return "", false
	}
	return p, true
}

func (c *control) listDir(w http.ResponseWriter, r *http.Request) {
	p, ok := path(w, r)
	if !ok {
		return
	}
	infos, err := c.world.ListDir(p)
	if err != nil {
		httpError(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	dir := strings.TrimRight(p, `\`)
	out := []fileView{}
	for _, i := range infos {
		v := fileView{Name: i.Name, SizeBytes: i.Size, Attr: i.Attr, Time: i.Time}
		if r.URL.Query().Get("holders") == "1" {
			v.Holders = c.world.Holders(dir + `\` + i.Name)
		}
		out = append(out, v)
	}
	reply(w, out)
}

func (c *control) readFile(w http.ResponseWriter, r *http.Request) {
	p, ok := path(w, r)
	if !ok {
		return
	}
	data, err := c.world.ReadFile(p)
	if err != nil {
		httpError(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", "attachment")
	w.Write(data)
}

func (c *control) writeFile(w http.ResponseWriter, r *http.Request) {
	p, ok := path(w, r)
	if !ok {
		return
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMailMax))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		httpError(w, http.StatusRequestEntityTooLarge, "cannot read the file: more than "+sizeText(bodyMailMax))
	case err != nil:
		httpError(w, http.StatusBadRequest, "cannot read the file: "+err.Error())
	default:
		done(w, c.world.WriteFile(p, data))
	}
}

func (c *control) removeFile(w http.ResponseWriter, r *http.Request) {
	if p, ok := path(w, r); ok {
		done(w, c.world.RemoveFile(p))
	}
}

func (c *control) setAttr(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Path  string `json:"path"`
		Attrs string `json:"attrs"` // "+r -h"
	}
	if body(w, r, bodyMax, &q) {
		done(w, c.world.SetAttr(q.Path, q.Attrs))
	}
}

// setDrive takes a postoffice's server away or brings it back.
func (c *control) setDrive(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Postoffice string `json:"postoffice"`
		Online     *bool  `json:"online"`
	}
	if !body(w, r, bodyMax, &q) {
		return
	}
	if q.Online == nil {
		httpError(w, http.StatusBadRequest, `want "online": true or false`)
		return
	}
	done(w, c.world.SetDrive(q.Postoffice, *q.Online))
}
