package emulator

import (
	"net"
)

// ServeOptions ties a World to real sockets.
type ServeOptions struct {
	SMTP     net.Listener            // port 25 of the first smart host; nil: none
	Gateways map[string]net.Listener // port 25 of gateway PCs, by PC name
	Relay    string                  // "host:port" of a real mail server that takes the gateways' outbound mail instead of the smart host
	Speed    float64                 // virtual seconds a second; 0: as fast as possible
}

// Serve runs the World paced by the wall clock until stop is closed. The
// listeners are closed by Close. Other methods may be called from other
// goroutines meanwhile.
func (w *World) Serve(stop <-chan struct{}, o ServeOptions) Stop {
	n := w.k.Net()
	w.k.Pace(o.Speed)
	w.serving = true
	if o.SMTP != nil && len(w.site.SmartHosts) > 0 {
		n.ListenReal(w.site.SmartHosts[0].IP+":25", o.SMTP)
	}
	for _, m := range w.pcs {
		if l := o.Gateways[m.conf.Name]; l != nil {
			n.ListenReal(m.conf.IP+":25", l)
		}
	}
	if o.Relay != "" {
		for i := range w.site.SMTP {
			n.RouteReal(w.site.SMTP[i].SmartHost+":25", o.Relay)
		}
	}
	return stopOf(w.k.Serve(stop))
}
