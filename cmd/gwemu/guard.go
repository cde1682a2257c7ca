package main

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// guard refuses requests that a page of somebody else made a browser send. It
// stands before every path, those that only read included: the control
// interface has no passwords, so the browser must not become its proxy.
//
// A foreign Host is a name that was pointed at this machine afterwards (DNS
// rebinding). A name can be pointed, an address cannot: a literal address in
// Host is what the browser really connected to.
type guard struct {
	names  map[string]bool // host names allowed, lower case
	listen netip.Addr      // the address listened on
}

// newGuard makes the guard of a listener. Names are what --allow-host gave.
func newGuard(listen net.Addr, names []string) *guard {
	g := &guard{names: map[string]bool{"localhost": true}}
	if t, ok := listen.(*net.TCPAddr); ok {
		g.listen = t.AddrPort().Addr().Unmap()
	}
	for _, name := range names {
		g.names[strings.ToLower(name)] = true
	}
	return g
}

func (g *guard) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy",
			"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		switch {
		case !g.hostAllowed(r.Host):
			httpError(w, http.StatusForbidden, "foreign Host header; a name is allowed with --allow-host")
		case !originAllowed(r):
			httpError(w, http.StatusForbidden, "foreign Origin header")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func (g *guard) hostAllowed(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	} else {
		name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	}
	if addr, err := netip.ParseAddr(name); err == nil {
		addr = addr.Unmap()
		return addr.IsLoopback() || addr == g.listen || g.listen.IsValid() && g.listen.IsUnspecified()
	}
	return g.names[strings.ToLower(name)]
}

// originAllowed checks what a browser says about the page behind a request.
// Programs that are no browsers send none of these headers.
func originAllowed(r *http.Request) bool {
	for _, origin := range r.Header.Values("Origin") {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || !strings.EqualFold(u.Host, r.Host) {
			return false
		}
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return true
	}
	// A link on another page may lead to ours, and to nothing else.
	return r.Method == http.MethodGet && r.URL.Path == "/" && r.Header.Get("Sec-Fetch-Mode") == "navigate"
}
