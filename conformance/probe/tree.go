package probe

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	"gwkit/conformance/deploy"
	"gwkit/conformance/drive"
	"gwkit/emulator/site"
)

// driveWait is how long a drive may take for anything. A network drive whose
// server is gone answers nothing at all.
const driveWait = 30 * time.Second

// errNoDrive says that the deployment file names no drive.
var errNoDrive = errors.New("the deployment file names no drive")

// watched is a folder that notes which files are opened.
type watched struct {
	fs.FS
	note func(name string)
}

// Open opens a file; there is no other way in, and none to write.
func (w watched) Open(name string) (fs.File, error) {
	f, err := w.FS.Open(name)
	if err == nil {
		w.note(name)
	}
	return f, err
}

// Stat asks the system for what it knows of a file. Without it the file would be
// opened to be asked.
func (w watched) Stat(name string) (fs.FileInfo, error) { return fs.Stat(w.FS, name) }

// files notes what was opened. It is asked by readers that may have been left
// behind on a drive that does not answer.
type files struct {
	mu   sync.Mutex
	seen map[string]bool
	list []string
}

func (f *files) note(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.seen == nil {
		f.seen = map[string]bool{}
	}
	if !f.seen[name] {
		f.seen[name] = true
		f.list = append(f.list, name)
	}
}

// reading runs fn on the tree of a postoffice, in bounded time. fn must keep
// what it finds to itself: it is left behind on a drive that does not answer.
// plan says what fn opens, for a dry run: files, with wildcards, and directories
// with a backslash at their end, of which names, sizes and times are read.
func (p *Prober) reading(ctx context.Context, po *deploy.Postoffice, plan []string, fn func(*drive.Tree) error) error {
	if po.Drive == "" {
		return errNoDrive
	}
	dir := p.d.Path(po.Drive)
	if p.o.Plan != nil {
		p.announce(dir, plan)
		return nil
	}
	if p.dead[dir] != "" {
		return errors.New(p.dead[dir])
	}
	done := make(chan error, 1)
	go func() {
		if _, err := os.Stat(dir); err != nil {
			done <- err
			return
		}
		root := watched{os.DirFS(dir), func(name string) { p.files.note(dir + "/" + name) }}
		done <- fn(drive.Open(root, dir))
	}()
	limit := time.NewTimer(driveWait)
	defer limit.Stop()
	select {
	case err := <-done:
		if errors.Is(err, fs.ErrNotExist) {
			if _, e := os.Stat(dir); e != nil {
				return fmt.Errorf("the drive %s is not there", dir)
			}
		}
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-limit.C:
		p.dead[dir] = fmt.Sprintf("the drive %s does not answer within %s", dir, driveWait)
		return errors.New(p.dead[dir])
	}
}

// announce tells what reading opens, each once in a check: names are found
// without regard to case, so the directories above a file are listed too.
func (p *Prober) announce(dir string, names []string) {
	tell := func(line string) {
		if !p.announced[line] {
			p.announced[line] = true
			p.o.Plan(line)
		}
	}
	tell("list " + dir + "/")
	tell("open " + dir + "/" + drive.SidecarName + " (attributes that gwemu serve keeps; nowhere else)")
	for _, name := range names {
		for i, c := range name {
			if c == '\\' {
				tell("list " + dir + "/" + name[:i+1])
			}
		}
		if !strings.HasSuffix(name, `\`) {
			tell("open " + dir + "/" + name)
		}
	}
}

// configMax bounds LOCAL.CFG and ADDR_MAP.CFG.
const configMax = 1 << 20

// readConfig reads what the gateway of a postoffice reads.
func (e *exam) readConfig(po *deploy.Postoffice) (*site.GatewayConfig, error) {
	c := &site.GatewayConfig{Postoffice: po.Ref()}
	err := e.reading(e.ctx, po, []string{`SMTP\LOCAL.CFG`, `SMTP\ADDR_MAP.CFG`}, func(t *drive.Tree) error {
		data, err := t.Read(`SMTP\LOCAL.CFG`, configMax)
		if err != nil {
			return err
		}
		// The syntax of LOCAL.CFG is invented; what cannot be read stays
		// empty.
		local, _ := drive.ParseLocal(data)
		data, err = t.Read(`SMTP\ADDR_MAP.CFG`, configMax)
		if err != nil {
			return err
		}
		entries, _ := drive.ParseAddrMap(data)
		c.HostName, c.DomainSuffix, c.SmartHost = local.HostName.Text, local.Domain.Text, local.SmartHost.Text
		for _, v := range local.Postoffices {
			c.Postoffices = append(c.Postoffices, v.Text)
		}
		for _, m := range entries {
			c.Map = append(c.Map, site.Mapping{Postoffice: m.Postoffice.Text, Domain: m.Domain.Text})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// place is where a marked message is on a drive.
type place struct {
	ref, bag string // NET/PO, mailbag or file
	inqueue  bool   // waits for the mailer
	file     bool   // a file of \SMTP, not a mailbag
	mail     drive.Mail
	bagTime  time.Time // of the mailbag's file
}

func (p place) String() string {
	if p.file {
		return p.ref + ` in \SMTP\` + p.bag
	}
	return p.ref + " in mailbag " + p.bag
}

// bagsMax and bagMax bound what a search for a token reads.
const (
	bagsMax  = 20000
	tokenMax = 256 << 10 // bytes of a file of \SMTP that are searched
)

// find looks for a token in the subjects of all mailbags of a postoffice that
// are not deleted, and in the files that the gateway is working on.
func (e *exam) find(po *deploy.Postoffice, token string) ([]place, error) {
	var found []place
	plan := []string{`MBG\*.MBG`, `KEY\*.KEY`}
	if po.Gateway != "" {
		plan = append(plan, `SMTP\*.API`)
	}
	err := e.reading(e.ctx, po, plan, func(t *drive.Tree) error {
		type bagFile struct {
			name string
			time time.Time
		}
		var bags []bagFile
		err := t.List("MBG", func(entry drive.Entry) error {
			name, ok := strings.CutSuffix(entry.Name, ".MBG")
			if ok && entry.Size > 0 && len(bags) < bagsMax {
				bags = append(bags, bagFile{name, entry.ModTime})
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, bag := range bags {
			// A record that is being written, or a mailbag that has just
			// gone, is looked at again next time.
			_ = t.Mailbag(bag.name, func(m drive.Mail) error {
				if strings.Contains(m.Subject, token) && !m.Deleted {
					found = append(found, place{ref: po.Ref(), bag: bag.name, inqueue: strings.HasPrefix(bag.name, "INQUEUE"), mail: m, bagTime: bag.time})
				}
				return nil
			})
		}
		if po.Gateway == "" {
			return nil
		}
		var api []string
		if err := t.List("SMTP", func(entry drive.Entry) error {
			if strings.HasSuffix(entry.Name, ".API") && entry.Size > 0 {
				api = append(api, entry.Name)
			}
			return nil
		}); err != nil {
			return nil // no gateway is installed there
		}
		for _, name := range api {
			if data, err := head(t, `SMTP\`+name, tokenMax); err == nil && strings.Contains(string(data), token) {
				found = append(found, place{ref: po.Ref(), bag: name, file: true})
			}
		}
		return nil
	})
	return found, err
}

// head reads the beginning of a file.
func head(t *drive.Tree, path string, most int) ([]byte, error) {
	f, _, err := t.OpenFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	buf := make([]byte, most)
	n := 0
	for n < len(buf) {
		k, err := f.Read(buf[n:])
		n += k
		if err != nil {
			break
		}
	}
	return buf[:n], nil
}
