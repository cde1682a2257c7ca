package emulator

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/postoffice"
	"gwkit/emulator/internal/sim"
)

// Drive is the tree of one postoffice in a folder, without a running
// deployment.
type Drive struct {
	w  *World
	of *office
	r  *postoffice.Routes
}

// OpenDrive opens the tree of a postoffice. Changes are made by Submit only.
func OpenDrive(dir string) (*Drive, error) {
	if _, err := os.Stat(filepath.Join(dir, "GLB", "MASTER.GLB")); err != nil {
		return nil, fmt.Errorf("cannot open postoffice %s: %w", dir, err)
	}
	zone := time.Local
	w := &World{k: sim.New(sim.Options{Start: time.Now().In(zone)}), pool: &dos.Pool{}, zone: zone}
	v, err := dos.OpenHostVolume(dir, dos.VolumeOptions{Pool: w.pool, Clock: w.clock})
	if err != nil {
		return nil, fmt.Errorf("cannot open postoffice %s: %w", dir, err)
	}
	view := postoffice.View{Volume: v}
	r, err := view.Routes()
	if err != nil {
		return nil, fmt.Errorf("cannot open postoffice %s: %w", dir, err)
	}
	return &Drive{w: w, of: &office{ref: r.Local(), volume: v, view: view}, r: r}, nil
}

// Ref returns NET/PO.
func (d *Drive) Ref() string { return d.of.ref }

// Users lists the mailboxes in order of creation.
func (d *Drive) Users() []string {
	var out []string
	for i := range d.r.Users {
		if d.r.Users[i].Active {
			out = append(out, d.r.Users[i].Mailbox)
		}
	}
	return out
}

// Mailbag lists a mailbag as World.Mailbag does.
func (d *Drive) Mailbag(box string) ([]Item, error) { return readMailbag(d.of.view, box, d.w.zone) }

// Submit sends a message as a user of this postoffice.
func (d *Drive) Submit(m Mail) error {
	ref, box, ok := cutMailbox(m.From)
	if !ok || !strings.EqualFold(ref, d.of.ref) {
		return fmt.Errorf("cannot send mail from %q: want %s/MAILBOX", m.From, d.of.ref)
	}
	if err := sender(m.From, box, d.r); err != nil {
		return err
	}
	msg, err := message(&m)
	if err != nil {
		return err
	}
	if d.of.client == nil {
		d.of.client = d.w.newClient("WS1", d.of.volume)
	}
	if err := d.w.ask(d.of, func(c *client) error { return c.submit(msg) }); err != nil {
		return err
	}
	return d.of.volume.Flush()
}

// Dump prints every mailbag and message.
func (d *Drive) Dump(w io.Writer) error { return d.of.view.Dump(w) }

// Check lists what is wrong with the tree, one line each; none is good.
func (d *Drive) Check() []string { return d.of.view.Check() }

// Close ends the use of the tree.
func (d *Drive) Close() error {
	d.w.k.Close()
	return d.of.volume.Close()
}
