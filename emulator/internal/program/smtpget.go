package program

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"gwkit/emulator/internal/dos"
	"gwkit/emulator/internal/mmff"
	"gwkit/emulator/internal/postoffice"
)

// Components is one release of the FFAPI programs SMTPGET and SMTPPUT. The zero value
// behaves like the ones that came with 3.0.9, except that Get does not run the mailer.
type Components struct {
	Version string
	// EnvelopeFirst deletes a P1 before the inqueue is updated. Q136379
	EnvelopeFirst bool
	// Overrun keeps writing into a mailbag that is full. Q147253
	Overrun bool
	// GetMailer lets SMTPGET run the mailer as well, unless -md is given. Q115490
	// inferred: SMTPGATE hands its own -MD on, or the mail it leaves in INQUEUE3 would
	// not wait for EXTERNAL (Q128512); the recorded command line, of a gateway without
	// -MD, carries none. Q108375
	GetMailer bool
}

// The releases. 3.04.1 came with 3.0.9 and is needed by it (Q101461); the numbers behind
// the point are not comparable with those of the older one (Q147253).
var (
	Components304  = Components{Version: "3.04.0000", EnvelopeFirst: true, Overrun: true, GetMailer: true} // Q147253
	ComponentsGet  = Components{Version: "3.04.6", EnvelopeFirst: true, GetMailer: true}                   // Q118562
	ComponentsPut  = Components{Version: "3.04.1", EnvelopeFirst: true, GetMailer: true}                   // Q101458
	Components3010 = Components{Version: "3.04.0010", EnvelopeFirst: true, GetMailer: true}                // Q147253
)

// SMTPGET takes mail from the SMTP mailbag and writes it to a file:
//
//	SMTPGET -d<m> -h -j -n1 m:\smtp\from_nc.api   Q108375
//
// The return code is 0 with and without mail, else the number of the error it prints: 10,
// 20 or 52. Whether there was mail shows in the file, which is deleted when there was
// none. Q85057
func SMTPGET(t *dos.Task, args []string) int { return ComponentsGet.SMTPGET(t, args) }

// SMTPGET is the program of this release.
func (c Components) SMTPGET(t *dos.Task, args []string) int {
	g := newFFAPI(t, args, c)
	if g.o.banner {
		// Q141981
		t.Print("FFAPI: Gateway Get Proc: 094(0)\r\nRevision: 3.00.1072 Release (Mail: 3.0.1100 Coll: 3.0.1100)\r\n" +
			"Microsoft (R) Mail for PC Networks.\r\nCopyright (C) 1991 Microsoft Corp. All Rights Reserved.\r\n")
	}
	if g.o.file == "" {
		return g.say(mmff.NumberNoOutputFile, "", mmff.TextNoOutputFile)
	}
	err := g.signOn()
	if err == nil {
		err = g.get()
	}
	if err == nil && c.GetMailer && !g.o.noMailer {
		err = g.deliver("SMTPGET")
	}
	return g.getError(err)
}

// getError prints an error. A table or mailbag that is damaged ends as a lack of memory
// (Q156166 Q105290), everything else as a file that cannot be opened (Q128434).
func (g *ffapi) getError(err error) int {
	switch {
	case err == nil:
		return 0
	case isMemory(err), postoffice.IsCorrupt(err):
		return g.say(mmff.NumberMemory, "", mmff.TextMemory)
	}
	return g.say(mmff.NumberFileOpen, "", mmff.TextFileOpen)
}

func isMemory(err error) bool {
	return errors.Is(err, dos.NotEnoughMemory) || errors.Is(err, postoffice.ErrMemory)
}

var errNoGateway = errors.New("cannot find the record SMTP in NETWORK.GLB")

// get writes the mail file, in the order of Q85058: file created, KEY, MBG, MAI, KEY
// marked, MAI and ATT, file written. Then the items leave the mailbag.
func (g *ffapi) get() error {
	// The mail file is opened as C's open does, in compatibility mode: under
	// SHARE a file in use is then a critical error, not a code. Q132060
	f, err := g.t.Create(g.o.file, dos.ReadWrite)
	if err != nil {
		return err
	}
	var bag string
	var taken []postoffice.Item
	if err = g.load(); err == nil {
		gw, ok := g.routes.Gateway(postoffice.SMTPName) // Q112286
		if !ok {
			err = errNoGateway
		} else {
			bag = gw.MBG
			taken, err = g.extract(f, bag)
		}
	}
	size := f.Size()
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	// The file goes when no message was written (Q85057), but a program that ran out of
	// memory leaves it behind, empty, and stops the gateway's outbound side. Q111839
	if size == 0 && !isMemory(err) {
		g.t.Remove(g.o.file)
	}
	if err != nil || g.o.keep {
		return err
	}
	for i := range taken {
		// inferred: the delete bit is set after the mail file is closed, then the MAI
		// counter goes down; the list of Q85058 does not show it. Q118787
		if err := g.office.DeleteItem(bag, &taken[i]); err != nil {
			return err
		}
	}
	return nil
}

// extract writes items of the mailbag to the mail file and returns them.
func (g *ffapi) extract(f *dos.File, bag string) ([]postoffice.Item, error) {
	most := g.o.count
	if g.o.priority > 0 {
		most = 0 // any item may be one to pass over
	}
	items, err := g.office.Scan(bag, most)
	if err != nil {
		return nil, err
	}
	var taken []postoffice.Item
	it := &postoffice.Item{}
	for len(taken) < g.o.count && items.Next(it) {
		if it.Err != nil {
			return taken, it.Err
		}
		if it.Priority < g.o.priority {
			continue
		}
		data, err := g.message(it, bag)
		if err != nil {
			return taken, err
		}
		if len(data) > 0 {
			if _, err := f.Write(data); err != nil {
				return taken, err
			}
		}
		taken = append(taken, *it)
	}
	return taken, nil
}

// bytesRecipient is the memory for one recipient: each KB gives about 15 more. Q98811
const bytesRecipient = 68

// textBuffer is what a program keeps of a text at a time: FFAPI has no limit for the
// size of a message. Q85059 invented: the figure.
const textBuffer = 16 << 10

// message reads one item and returns its MMFF text; empty when the tables know no
// recipient of it behind this mailbag any more.
func (g *ffapi) message(it *postoffice.Item, bag string) ([]byte, error) {
	m, err := g.office.ReadMessage(it.MAI)
	if err != nil {
		return nil, err
	}
	n := min(len(m.Text), textBuffer)
	m.Recipients(func(*postoffice.Address) { n += bytesRecipient })
	if err := g.t.Alloc(n); err != nil {
		return nil, err
	}
	defer g.t.Release(n)
	if err := g.office.MarkSeen(bag); err != nil {
		return nil, err
	}
	if err := g.office.ReadAttachments(m); err != nil {
		return nil, err
	}
	out, pending := toMMFF(m, it.MAI, g.o.term), g.routes.Pending(m, bag)
	// inferred: only postoffices behind the gateway get envelopes; Internet users get
	// the plain message. Q87039 Q136116
	var plain, backbone []mmff.Address
	for _, a := range pending {
		if a.Type == "" && g.o.encapsulate {
			backbone = append(backbone, toAddress(a))
		} else {
			plain = append(plain, toAddress(a))
		}
	}
	form := mmff.Basic
	if g.o.extended {
		form = mmff.Extended
	}
	data := g.re.out[:0]
	if len(plain) > 0 {
		out.Recipients = plain
		data = mmff.Append(data, &out, form, g.o.term)
	}
	if len(backbone) > 0 {
		out.Recipients = backbone
		data = mmff.Append(data, &out, mmff.Encapsulated, g.o.term)
	}
	g.re.out = data
	if g.o.log {
		for _, a := range pending {
			g.office.LogTransfer("SENT", it.Size, m.From, a) // Q104280
		}
	}
	return data, nil
}

func toAddress(a postoffice.Address) mmff.Address {
	t := a.Type
	if t == "" {
		t = "CSI"
	}
	return mmff.Address{Type: t, Addr: a.Addr, Friendly: a.Friendly}
}

func toAddresses(list []postoffice.Address) []mmff.Address {
	var out []mmff.Address
	for _, a := range list {
		out = append(out, toAddress(a))
	}
	return out
}

func toStamp(t time.Time) mmff.Stamp {
	if t.IsZero() {
		return mmff.Stamp{}
	}
	return mmff.Stamp{Year: t.Year(), Month: int(t.Month()), Day: t.Day(), Hour: t.Hour(), Minute: t.Minute(), Second: t.Second()}
}

func toMMFF(m *postoffice.Message, id uint32, term mmff.Terminator) mmff.Message {
	out := mmff.Message{
		To: toAddresses(m.To), Cc: toAddresses(m.Cc), From: toAddress(m.From), Date: toStamp(m.Date), // the date of submission. Q85057
		Subject: m.Subject, Text: mmff.InLines(m.Text, term), ID: id, Receipt: m.Receipt, Class: m.Class,
	}
	if len(out.To) == 0 {
		out.To = toAddresses(m.Hidden)
	}
	if m.Priority != 0 {
		out.Priority = string([]byte{m.Priority})
	}
	for _, a := range m.Attachments {
		out.Attachments = append(out.Attachments, mmff.Attachment{Name: a.Name, Size: len(a.Data), Stamp: toStamp(a.Time),
			Type: a.Type, Hidden: a.Hidden, Data: a.Data})
	}
	return out
}

// ffapiOptions are the switches both programs know. Q104280 Q118787
type ffapiOptions struct {
	drive       byte
	path        string // of the tree, when -d has more than a letter. Q85057
	file        string
	term        mmff.Terminator
	count       int    // -n: 1 to 50
	priority    byte   // -p: minimum
	extended    bool   // -h
	encapsulate bool   // -j
	keep        bool   // -k
	log         bool   // -ms of Get, -mr of Put
	noMailer    bool   // -md
	v20         bool   // -V20
	banner      bool   // -ver
	errors      string // -l: a file that gets the error texts, too. Q104425
}

// parseFFAPI reads a command line. Letters count in either case; what is not known is
// passed over, as are -a, -b, -P and -x, which change nothing here.
func parseFFAPI(args []string) ffapiOptions {
	o := ffapiOptions{drive: 'M', count: postoffice.FFAPIBatch}
	for _, arg := range args {
		if len(arg) < 2 || arg[0] != '-' && arg[0] != '/' {
			o.file = arg
			continue
		}
		name, value := strings.ToLower(arg[1:]), arg[2:]
		switch {
		case name == "ver":
			o.banner = true
		case name == "v20":
			o.v20 = true
		case name == "ms", name == "mr":
			o.log = true
		case name == "md":
			o.noMailer = true
		case name == "h":
			o.extended = true
		case name == "j":
			o.encapsulate = true
		case name == "k":
			o.keep = true
		case name[0] == 'd' && value != "":
			o.drive = value[0]
			if len(value) > 1 {
				o.path = value
			}
		case name[0] == 'f' && (value == "0" || value == "1" || value == "2"):
			o.term = mmff.Terminator(value[0] - '0')
		case name[0] == 'n':
			if n, err := strconv.Atoi(value); err == nil && n >= 1 && n <= postoffice.FFAPIBatch {
				o.count = n
			}
		case name[0] == 'p' && len(value) == 1:
			o.priority = value[0]
		case name[0] == 'l':
			o.errors = value
		}
	}
	return o
}

// ffapi is the part that Get and Put share.
type ffapi struct {
	t      *dos.Task
	o      ffapiOptions
	c      Components
	office *postoffice.Office
	master postoffice.Master
	routes *postoffice.Routes
	re     *ffapiReuse
}

// ffapiReuse is what the FFAPI programs of one PC use again from run to run.
type ffapiReuse struct {
	in  []byte // the file that Put reads
	out []byte // the message that Get writes
	m   mmff.Message
}

func newFFAPIReuse() any { return &ffapiReuse{} }

// newFFAPI begins a run of Get or Put.
func newFFAPI(t *dos.Task, args []string, c Components) ffapi {
	return ffapi{t: t, o: parseFFAPI(args), c: c, re: t.Keep("FFAPI", newFFAPIReuse).(*ffapiReuse)}
}

// signOn opens the postoffice: ACCESS2, ACCESS, MASTER, C850SORT. Q85058
func (g *ffapi) signOn() (err error) {
	if g.o.path != "" {
		if err := g.t.ChangeDir(g.o.path); err != nil {
			return err
		}
	}
	g.office = postoffice.At(g.t, g.o.drive)
	g.office.Overrun = g.c.Overrun
	g.master, err = g.office.SignOn()
	return err
}

// load reads the directory into memory: ACCESS2, GROUP, NETWORK, every XTN. Q85058 Q115518
func (g *ffapi) load() (err error) {
	if g.routes, err = g.office.LoadRoutes(g.master); err != nil {
		return err
	}
	return g.t.Alloc(g.routes.Memory()) // freed when the program ends
}

// deliver runs the mailer. That another program holds the inqueue is no error: the mail
// waits for the next run of any mailer. Q115490
func (g *ffapi) deliver(program string) error {
	m := postoffice.Mailer{
		Office: g.office, Routes: g.routes, Program: program, Batch: postoffice.FFAPIBatch,
		EnvelopeFirst: g.c.EnvelopeFirst, FFAPI: true, Receive: program == "SMTPPUT" && g.o.log,
	}
	if g.o.v20 {
		m.Locking = postoffice.LockV20
	}
	_, err := m.Run()
	if err != nil && !isMemory(err) && !errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// say prints an error, whose number is the return code. place is the message and line
// of Put's errors.
func (g *ffapi) say(number int, place, text string) int {
	line := strconv.Itoa(number) + " - " + place + text
	g.t.Print(line + "\r\n")
	if g.o.errors != "" {
		g.t.Append(g.o.errors, []byte(line+"\r\n"), dos.ReadWrite|dos.DenyWrite)
	}
	return number
}
