package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"gwkit/emulator"
	"gwkit/emulator/site"
)

const (
	smtpDefault = "127.0.0.1:2525"
	httpDefault = "127.0.0.1:8025"
	off         = "off"
)

type serveFlags struct {
	drive    string
	smtp     string
	gateways []string
	relay    string
	speed    speedFlag
	http     string
	hosts    []string
	seed     uint64
}

func (a *app) serveCommand() *cobra.Command {
	f := &serveFlags{speed: 1}
	cmd := &cobra.Command{
		Use:   "serve SITE",
		Short: "run a site beside the wall clock with real TCP",
		Long: "Serve runs a site beside the wall clock: a deployment that other programs can talk to. When it is ready it\n" +
			"prints one line for each listener. SIGINT or SIGTERM ends it with the drives written; a second one ends it\n" +
			"at once.\n\n" +
			"An address without a host is on loopback: to listen elsewhere write the address, such as 0.0.0.0:2525. Port\n" +
			"0 takes a free one and prints it. The control interface has no passwords; it refuses Host and Origin headers\n" +
			"that are not its own.",
		Example: "  gwemu serve single\n" +
			"  gwemu serve deploy.yaml --drive drives --gateway GW1=127.0.0.1:2526 --relay mail.example.com:25\n" +
			"  gwemu serve single --speed 60 --smtp :0 --http :0",
		Args:              exactly("SITE"),
		ValidArgsFunction: siteArgs,
		RunE:              func(_ *cobra.Command, args []string) error { return a.serve(f, args[0]) },
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&f.drive, "drive", "", "keep the drives as ordinary files below this folder, and use what is there (`DIR`; default memory)")
	flags.StringVar(&f.smtp, "smtp", smtpDefault, "`ADDRESS` of the first smart host; off for none")
	flags.StringArrayVar(&f.gateways, "gateway", nil, "listener for port 25 of a gateway PC; repeatable (`PC=ADDRESS`)")
	flags.StringVar(&f.relay, "relay", "", "send outbound mail to a real mail server instead of the built-in smart host (`HOST:PORT`)")
	flags.Var(&f.speed, "speed", "virtual seconds per second")
	flags.StringVar(&f.http, "http", httpDefault, "`ADDRESS` of health, metrics, control and the page; off for none")
	flags.StringArrayVar(&f.hosts, "allow-host", nil, "a `NAME` by which the control interface may be called, besides localhost and its address; repeatable")
	flags.Uint64Var(&f.seed, "seed", 0, "seed of everything random")
	return cmd
}

// listenAddress completes an address: a port alone is on loopback.
func listenAddress(flag, address string) (string, error) {
	text := address
	if !strings.Contains(text, ":") {
		text = ":" + text
	}
	host, port, err := net.SplitHostPort(text)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil || port == "" {
		return "", usage("cannot read %s %q: want an address such as 127.0.0.1:2525", flag, address)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}

// sockets are the listeners of a deployment.
type sockets struct {
	smtp     net.Listener
	gateways map[string]net.Listener
	http     net.Listener
	list     []listenerView
}

func (s *sockets) close() {
	for _, l := range append(gatewayListeners(s.gateways), s.smtp, s.http) {
		if l != nil {
			l.Close()
		}
	}
}

func gatewayListeners(m map[string]net.Listener) (out []net.Listener) {
	for _, l := range m {
		out = append(out, l)
	}
	return out
}

// open opens one listener and notes it.
func (s *sockets) open(flag, address, name, protocol string) (net.Listener, error) {
	address, err := listenAddress(flag, address)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) { // its text repeats the address
			err = op.Err
		}
		return nil, usage("cannot listen on %s for %s: %w; %s chooses another address", address, name, err, flag)
	}
	s.list = append(s.list, listenerView{name, protocol, l.Addr().String()})
	return l, nil
}

// openSockets opens what the flags ask for, all or nothing.
func (f *serveFlags) openSockets(s *site.Site) (_ *sockets, err error) {
	k := &sockets{gateways: map[string]net.Listener{}}
	defer func() {
		if err != nil {
			k.close()
		}
	}()
	if f.smtp != off && len(s.SmartHosts) > 0 {
		if k.smtp, err = k.open("--smtp", f.smtp, "smart host "+s.SmartHosts[0].Name, "smtp"); err != nil {
			return nil, err
		}
	}
	for _, arg := range f.gateways {
		name, address, ok := strings.Cut(arg, "=")
		if !ok {
			return nil, usage("cannot read --gateway %q: want PC=ADDRESS, such as GW1=127.0.0.1:2526", arg)
		}
		pc := s.PC(name)
		switch {
		case pc == nil:
			return nil, usage("cannot listen for gateway %q: the site has no such PC; gateways are %s", name, strings.Join(gatewayPCs(s), ", "))
		case pc.IP == "":
			return nil, usage("cannot listen for gateway %s: the PC has no ip", pc.Name)
		case k.gateways[pc.Name] != nil:
			return nil, usage("cannot listen for gateway %s twice", pc.Name)
		}
		if k.gateways[pc.Name], err = k.open("--gateway", address, "gateway "+pc.Name, "smtp"); err != nil {
			return nil, err
		}
	}
	if f.http != off {
		if k.http, err = k.open("--http", f.http, "control", "http"); err != nil {
			return nil, err
		}
	}
	return k, nil
}

func gatewayPCs(s *site.Site) (names []string) {
	for i := range s.PCs {
		if s.PCs[i].Program() == "SMTPGATE" {
			names = append(names, s.PCs[i].Name)
		}
	}
	if names == nil {
		names = []string{"none"}
	}
	return names
}

func (f *serveFlags) check() error {
	if f.relay == "" {
		return nil
	}
	if host, port, err := net.SplitHostPort(f.relay); err != nil || host == "" || port == "" {
		return usage("cannot read --relay %q: want HOST:PORT", f.relay)
	}
	return nil
}

// serve is the whole of gwemu serve.
func (a *app) serve(f *serveFlags, arg string) error {
	if err := f.check(); err != nil {
		return err
	}
	s, err := a.loadSite(arg)
	if err != nil {
		return err
	}
	if f.drive != "" {
		release, err := holdFolder(f.drive)
		if err != nil {
			return failed("cannot keep drives in %s: %w", f.drive, err)
		}
		defer release()
	}
	sockets, err := f.openSockets(s)
	if err != nil {
		return err
	}
	defer sockets.close()
	w, err := a.build(s, emulator.Options{Seed: f.seed, Dir: f.drive})
	if err != nil {
		return buildError(err)
	}
	signals, restore := a.signals()
	defer restore()

	options := emulator.ServeOptions{SMTP: sockets.smtp, Gateways: sockets.gateways, Relay: f.relay, Speed: float64(f.speed)}
	ready, quiet := markReady(&options, s)
	if ready == nil {
		w.Close()
		return usage("cannot serve %s: it has neither a smart host nor a PC", arg)
	}
	defer quiet()
	stop := make(chan struct{})
	served := make(chan emulator.Stop, 1)
	go func() { served <- w.Serve(stop, options) }()

	// From here on the World may be asked from other goroutines.
	select {
	case <-ready:
	case end := <-served:
		return errors.Join(stopError(end, w), w.Close())
	}
	c := &control{world: w, site: arg, listeners: sockets.list, live: &live{world: w, site: arg, clock: a.clock}}
	server, endPages := c.server(sockets.http, f.hosts)
	broken := make(chan error, 1)
	if server != nil {
		go func() { broken <- server.Serve(sockets.http) }()
	}
	a.announce(sockets.list)

	var end emulator.Stop
	stopped, httpErr := false, error(nil)
	select {
	case <-signals:
	case end = <-served:
		stopped = true
		c.ended.Store(true)
	case httpErr = <-broken:
	}
	finished := make(chan struct{})
	asked := a.clock()
	go func() { // the second signal
		for {
			select {
			case <-signals:
				if a.clock().Sub(asked) < echo {
					continue
				}
				fmt.Fprintln(a.errOut, "gwemu: cannot wait any longer: ended before the drives were written")
				a.force(statusInterrupted)
			case <-finished:
			}
			return
		}
	}()
	defer close(finished)

	// Whoever asks the World must be gone before it stops answering.
	if server != nil {
		endPages()
		limit, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		if server.Shutdown(limit) != nil {
			server.Close()
		}
		cancel()
	}
	if !stopped {
		close(stop)
		end = <-served
	}
	err = stopErrorIf(stopped, end, w)
	if e := w.Close(); e != nil {
		err = errors.Join(err, failed("cannot write the drives: %w", e))
	}
	if httpErr != nil {
		err = errors.Join(err, failed("cannot serve the control interface: %w", httpErr))
	}
	return err
}

// stopErrorIf says what ended a deployment that nobody asked to end; one that
// was asked may still have ended by a mistake of ours.
func stopErrorIf(byItself bool, end emulator.Stop, w world) error {
	if byItself || end == emulator.StopError {
		return stopError(end, w)
	}
	return nil
}

func stopError(end emulator.Stop, w world) error {
	if err := w.Err(); err != nil {
		return failed("internal error: the deployment stopped: %w", err)
	}
	return failed("cannot go on: the deployment stopped (%s)", end)
}

// server makes the HTTP server of the control interface, and the function that
// ends the streams of open pages; nil without a listener.
func (c *control) server(l net.Listener, names []string) (*http.Server, func()) {
	if l == nil {
		return nil, nil
	}
	base, cancel := context.WithCancel(context.Background())
	return &http.Server{
		Handler:           c.handler(newGuard(l.Addr(), names)),
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       time.Minute,
		WriteTimeout:      2 * time.Minute, // a submit may take a minute of virtual time
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}, cancel
}

// announce prints one line for each listener.
func (a *app) announce(listeners []listenerView) {
	t := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, l := range listeners {
		address := l.Address
		if l.Protocol == "http" {
			address = "http://" + address + "/"
		}
		fmt.Fprintf(t, "%s\t%s %s\n", l.Name, l.Protocol, address)
	}
	t.Flush()
	if f, ok := a.out.(*os.File); ok {
		f.Sync() // fails on a terminal, which needs none
	}
}

// markReady arranges for the channel to be closed once Serve accepts calls of
// other goroutines. Serve begins to listen after it has prepared everything
// else, so the first Accept is that moment; without a real listener one that
// never has a connection stands in. It is nil when the site has no place for
// one. The function ends that listener.
func markReady(o *emulator.ServeOptions, s *site.Site) (ready chan struct{}, quiet func()) {
	ready = make(chan struct{})
	silent := &silentListener{closed: make(chan struct{})}
	quiet = func() { silent.Close() }
	mark := func(l net.Listener) net.Listener { return &firstAccept{Listener: l, ready: ready} }
	if o.SMTP != nil {
		o.SMTP = mark(o.SMTP)
		return ready, quiet
	}
	if len(s.SmartHosts) > 0 {
		o.SMTP = mark(silent)
		return ready, quiet
	}
	for i := range s.PCs {
		name := s.PCs[i].Name
		if l := o.Gateways[name]; l != nil {
			o.Gateways = cloneWith(o.Gateways, name, mark(l))
			return ready, quiet
		}
	}
	if len(s.PCs) > 0 {
		name := s.PCs[0].Name
		o.Gateways = cloneWith(o.Gateways, name, mark(silent))
		return ready, quiet
	}
	return nil, quiet
}

func cloneWith(m map[string]net.Listener, name string, l net.Listener) map[string]net.Listener {
	out := map[string]net.Listener{name: l}
	for k, v := range m {
		if k != name {
			out[k] = v
		}
	}
	return out
}

// firstAccept closes ready when Accept is called for the first time.
type firstAccept struct {
	net.Listener
	once  sync.Once
	ready chan struct{}
}

func (l *firstAccept) Accept() (net.Conn, error) {
	l.once.Do(func() { close(l.ready) })
	return l.Listener.Accept()
}

// silentListener never has a connection.
type silentListener struct {
	once   sync.Once
	closed chan struct{}
}

func (l *silentListener) Accept() (net.Conn, error) {
	<-l.closed
	return nil, net.ErrClosed
}

func (l *silentListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *silentListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }
