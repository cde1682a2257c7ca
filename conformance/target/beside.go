package target

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"gwkit/emulator"
	"gwkit/emulator/site"
)

// Served is a site that the emulator serves on loopback, with its drives in a
// folder: what a real deployment is compared with.
type Served struct {
	Gateways  map[string]string // PC name -> host:port of its port 25
	SmartHost string            // host:port of its smart host
	Drives    map[string]string // NET/PO -> folder of its database
	Disks     map[string]string // PC name -> folder of its local disk

	w     *emulator.World
	stop  chan struct{}
	ended chan Stop
}

// servedStart is how long a served site may take until it accepts calls.
const servedStart = 30 * time.Second

// Serve starts a site. Outbound mail goes to relay, a host:port, or to the
// built-in smart host when that is "". Close ends it.
func Serve(s *site.Site, dir, relay string, speed float64) (_ *Served, err error) {
	x := &Served{Gateways: map[string]string{}, Drives: map[string]string{}, Disks: map[string]string{}, stop: make(chan struct{}), ended: make(chan Stop, 1)}
	o := emulator.ServeOptions{Gateways: map[string]net.Listener{}, Relay: relay, Speed: speed}
	var open []net.Listener
	defer func() {
		if err != nil {
			for _, l := range open {
				l.Close()
			}
		}
	}()
	ready := make(chan struct{})
	var once sync.Once
	listen := func() (net.Listener, error) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("cannot serve %s: %w", s.Name, err)
		}
		open = append(open, l)
		return &noticed{l, func() { once.Do(func() { close(ready) }) }}, nil
	}
	if len(s.SmartHosts) > 0 {
		if o.SMTP, err = listen(); err != nil {
			return nil, err
		}
		x.SmartHost = o.SMTP.Addr().String()
	}
	for i := range s.PCs {
		pc := &s.PCs[i]
		x.Disks[pc.Name] = filepath.Join(dir, "PC_"+strings.ToUpper(pc.Name))
		if pc.IP == "" || pc.Program() != "SMTPGATE" {
			continue
		}
		l, err := listen()
		if err != nil {
			return nil, err
		}
		o.Gateways[pc.Name], x.Gateways[pc.Name] = l, l.Addr().String()
	}
	if len(open) == 0 {
		return nil, fmt.Errorf("cannot serve %s: it has neither a smart host nor a gateway", s.Name)
	}
	for i := range s.Postoffices {
		ref := s.Postoffices[i].Ref()
		x.Drives[ref] = filepath.Join(dir, strings.ToUpper(strings.ReplaceAll(ref, "/", "_")))
	}
	if x.w, err = emulator.New(s, emulator.Options{Dir: dir}); err != nil {
		return nil, err
	}
	go func() { x.ended <- Stop(x.w.Serve(x.stop, o).String()) }()
	select {
	case <-ready: // from here on the World may be asked from other goroutines
		x.settle(s)
		return x, nil
	case end := <-x.ended:
		err = fmt.Errorf("cannot serve %s: it stopped (%s)", s.Name, end)
	case <-time.After(servedStart):
		close(x.stop)
		<-x.ended
		err = fmt.Errorf("cannot serve %s: it does not begin within %s", s.Name, servedStart)
	}
	return nil, errors.Join(err, x.w.Err(), x.w.Close())
}

// settle waits until each gateway waits for calls and has written its log so
// far, as one that has run for long has. One that cannot start is what it is.
func (x *Served) settle(s *site.Site) {
	end := time.Now().Add(servedStart)
	for i := range s.PCs {
		if x.Gateways[s.PCs[i].Name] == "" {
			continue
		}
		for time.Now().Before(end) {
			if waits, err := x.w.CallWaits(s.PCs[i].Name); err != nil || waits > 0 {
				break
			}
			// A PC that is off has not been started yet.
			if state, err := x.w.State(s.PCs[i].Name); err != nil || state.Phase == "ended" || state.Phase == "prompt" {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// Submit sends a message as a user of a postoffice.
func (x *Served) Submit(m Mail) error { return x.w.Submit(m) }

// Close ends the served site.
func (x *Served) Close() error {
	close(x.stop)
	<-x.ended
	return errors.Join(x.w.Err(), x.w.Close())
}

// noticed tells of the first Accept.
type noticed struct {
	net.Listener
	accepts func()
}

func (l *noticed) Accept() (net.Conn, error) {
	l.accepts()
	return l.Listener.Accept()
}
