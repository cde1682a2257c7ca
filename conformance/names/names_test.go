package names

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
)

const zoneFile = `$ORIGIN company.com.
$TTL 1h
@          IN SOA ns hostmaster 1 2 3 4 5
           IN NS  ns
           IN MX  10 mail
ns         IN A   11.1.16.2
mail       IN A   11.1.16.15
           IN A   11.1.16.14
msmailgwy  IN A   11.1.16.16
sales      IN MX  20 backup.other.example.
           IN MX  10 mail.company.com.
*.dept     IN MX  10 mail
here.dept  IN A   11.1.16.3
www        IN CNAME mail
far        IN CNAME www.elsewhere.example.
loop1      IN CNAME loop2
loop2      IN CNAME loop1
sub        IN NS  ns.sub
ns.sub     IN A   11.1.17.1
empty.deep IN TXT "x"
nomail     IN MX  0 .
`

// zone is the file above as a server keeps it, so that one table serves both.
func zone(t testing.TB) *Zone {
	t.Helper()
	z, err := ParseZone("company.zone", []byte(zoneFile), "")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// serve runs a server on this machine that answers by the handler.
func serve(t *testing.T, h dns.HandlerFunc) string {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", pc.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*dns.Server{{PacketConn: pc, Handler: h}, {Listener: l, Handler: h}} {
		ready := make(chan struct{})
		s.NotifyStartedFunc = func() { close(ready) }
		go s.ActivateAndServe()
		<-ready
		t.Cleanup(func() { s.Shutdown() })
	}
	return pc.LocalAddr().String()
}

// answer is a server of the zone, as plain as a server can be: it follows
// aliases inside the zone and knows wildcards.
func answer(z *Zone) dns.HandlerFunc {
	return func(w dns.ResponseWriter, q *dns.Msg) {
		r := new(dns.Msg)
		r.SetReply(q)
		name := dns.CanonicalName(q.Question[0].Name)
		for range 3 {
			list, err := z.lookup(name)
			if err != nil {
				if len(r.Answer) == 0 {
					r.Rcode = dns.RcodeRefused
				}
				break
			}
			if len(list) == 0 && !z.exists[name] {
				r.Rcode = dns.RcodeNameError
			}
			next := ""
			for _, rr := range list {
				c, alias := rr.(*dns.CNAME)
				if alias {
					next = dns.CanonicalName(c.Target)
				}
				if alias || rr.Header().Rrtype == q.Question[0].Qtype {
					rr = dns.Copy(rr)
					rr.Header().Name = name
					r.Answer = append(r.Answer, rr)
				}
			}
			if name = next; name == "" {
				break
			}
		}
		w.WriteMsg(r)
	}
}

func TestServerAndZoneFileAnswerTheSame(t *testing.T) {
	z := zone(t)
	s := Server(serve(t, answer(z)))
	for _, tt := range []struct {
		ask       string
		addresses string
		mx        string
		err       string // of the zone file; the server gives one as well
	}{
		{"mail.company.com", "11.1.16.14 11.1.16.15", "", ""},
		{"MAIL.Company.COM.", "11.1.16.14 11.1.16.15", "", ""},
		{"sales.company.com", "", "10:mail.company.com 20:backup.other.example", ""},
		{"company.com", "", "10:mail.company.com", ""},
		{"any.dept.company.com", "", "10:mail.company.com", ""},
		{"a.b.dept.company.com", "", "10:mail.company.com", ""},
		{"here.dept.company.com", "11.1.16.3", "", ""}, // exists, so no wildcard
		{"below.here.dept.company.com", "", "", ""},
		{"dept.company.com", "", "", ""},
		{"deep.company.com", "", "", ""}, // exists only as a part of another
		{"none.company.com", "", "", ""},
		{"www.company.com", "11.1.16.14 11.1.16.15", "", ""},
		{"nomail.company.com", "", "0:", ""},
		{"far.company.com", "", "", "zone file company.zone does not speak of www.elsewhere.example"},
		{"loop1.company.com", "", "", "cannot look up loop1.company.com in zone file company.zone: the aliases lead in a circle or too far"},
		{"x.sub.company.com", "", "", "zone file company.zone leaves sub.company.com to other servers"},
		{"other.example", "", "", "zone file company.zone does not speak of other.example"},
		{"not a name", "", "", `cannot ask for "not a name": not a host name`},
		{"", "", "", `cannot ask for "": not a host name`},
	} {
		for name, r := range map[string]Resolver{"zone file": z, "server": s} {
			addresses, err1 := r.Addresses(context.Background(), tt.ask)
			mx, err2 := r.Exchangers(context.Background(), tt.ask)
			var mxs []string
			for _, m := range mx {
				mxs = append(mxs, fmt.Sprintf("%d:%s", m.Preference, m.Host))
			}
			if strings.Join(addresses, " ") != tt.addresses || strings.Join(mxs, " ") != tt.mx {
				t.Errorf("%s: %q has %v and %v, want %s and %s", name, tt.ask, addresses, mxs, tt.addresses, tt.mx)
			}
			if (err1 != nil) != (tt.err != "") || (err2 != nil) != (tt.err != "") {
				t.Errorf("%s: %q: %v and %v, want %q", name, tt.ask, err1, err2, tt.err)
			}
			if name == "zone file" && err1 != nil && err1.Error() != tt.err {
				t.Errorf("%q: %v, want %q", tt.ask, err1, tt.err)
			}
		}
	}
}

func TestALongAnswerIsAskedForOverTCP(t *testing.T) {
	var tcp bool
	s := Server(serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
		r := new(dns.Msg)
		r.SetReply(q)
		if _, ok := w.RemoteAddr().(*net.TCPAddr); ok {
			tcp = true
			for i := range 60 {
				rr, _ := dns.NewRR(fmt.Sprintf("big.company.com. 60 IN A 11.2.0.%d", i))
				r.Answer = append(r.Answer, rr)
			}
		} else {
			r.Truncated = true
		}
		w.WriteMsg(r)
	}))
	list, err := s.Addresses(context.Background(), "big.company.com")
	if err != nil || len(list) != 60 || !tcp {
		t.Errorf("%d addresses, over TCP %v, %v", len(list), tcp, err)
	}
}

func TestServersThatAreNoHelp(t *testing.T) {
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	garbage := serve(t, func(w dns.ResponseWriter, q *dns.Msg) { w.Write([]byte("220 mail.company.com ESMTP\r\n")) })
	failing := serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
		r := new(dns.Msg)
		r.SetRcode(q, dns.RcodeServerFailure)
		w.WriteMsg(r)
	})
	other := serve(t, func(w dns.ResponseWriter, q *dns.Msg) {
		r := new(dns.Msg)
		r.SetReply(q)
		r.Question[0].Name = "elsewhere.example."
		w.WriteMsg(r)
	})
	for _, tt := range []struct{ name, addr, want string }{
		{"silent", silent.LocalAddr().String(), "timeout"},
		{"garbage", garbage, "cannot ask"},
		{"failing", failing, "the server answers SERVFAIL"},
		{"another question", other, "the server answers another question"},
		{"nobody there", "127.0.0.1:1", "refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			_, err := Server(tt.addr).Exchangers(context.Background(), "sales.company.com")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q in it", err, tt.want)
			}
			if d := time.Since(start); d > 5*time.Second {
				t.Errorf("took %v", d)
			}
		})
	}
}

func TestAQuestionEndsWithItsContext(t *testing.T) {
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { silent.Close() })
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(50*time.Millisecond, cancel)
	start := time.Now()
	if _, err := Server(silent.LocalAddr().String()).Addresses(ctx, "a.example"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want canceled", err)
	}
	if d := time.Since(start); d > time.Second {
		t.Errorf("took %v", d)
	}
}

func TestZoneFilesThatAreRefused(t *testing.T) {
	for _, tt := range []struct{ name, data, origin, want string }{
		{"no zone", "this is\nno zone file at all", "", "line"},
		{"a bad address", "@ IN A 11.1.16.300\n", "company.com", "line: 1"},
		{"a bad origin", "", "bad..name", "is not a host name"},
		{"another file", "$INCLUDE /etc/passwd\n", "company.com", "INCLUDE"},
	} {
		if _, err := ParseZone("z", []byte(tt.data), tt.origin); err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "cannot read zone file") {
			t.Errorf("%s: %v, want %q in it", tt.name, err, tt.want)
		}
	}
}

func TestAFragmentOfAZoneSpeaksOfItsNames(t *testing.T) {
	z, err := ParseZone("z", []byte("*.company.com. IN MX 10 mail.company.com.\n"), "")
	if err != nil {
		t.Fatal(err)
	}
	if mx, err := z.Exchangers(context.Background(), "x.company.com"); err != nil || len(mx) != 1 {
		t.Errorf("%v, %v", mx, err)
	}
	if _, err := z.Exchangers(context.Background(), "x.other.example"); err == nil {
		t.Error("a zone knows what is outside of it")
	}
	if z, err := ParseZone("z", nil, ""); err != nil {
		t.Error(err)
	} else if _, err := z.Addresses(context.Background(), "x"); err == nil {
		t.Error("an empty file speaks of everything")
	}
}

func TestHostsFile(t *testing.T) {
	lines, problems := ParseHosts([]byte("# hosts\r\n127.0.0.1 localhost\r\n  11.1.16.16\tmsmailgwy msmailgwy.company.com # gateway\r\n11.1.16 short\r\n11.1.16.17\r\n\x1Agarbage"))
	want := []HostsLine{{"127.0.0.1", []string{"localhost"}, 2, 1}, {"11.1.16.16", []string{"msmailgwy", "msmailgwy.company.com"}, 3, 3}}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]HostsProblem{{4, `want an IP address, have "11.1.16"`}, {5, "no name for 11.1.16.17"}}, problems); diff != "" {
		t.Error(diff)
	}
	r := Hosts(lines)
	if got, err := r.Addresses(context.Background(), "MSMAILGWY.company.com."); err != nil || strings.Join(got, " ") != "11.1.16.16" {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := r.Addresses(context.Background(), "none"); err != nil || got != nil {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := r.Exchangers(context.Background(), "localhost"); err != ErrNoExchangers {
		t.Errorf("%v", err)
	}
}

func FuzzZone(f *testing.F) {
	f.Add(zoneFile, "", "x.company.com")
	f.Add("$GENERATE 1-3 a$ A 1.2.3.$\n", "company.com", "a1.company.com")
	f.Fuzz(func(t *testing.T, data, origin, ask string) {
		if strings.Contains(data, "GENERATE") && len(data) > 200 {
			return // large on purpose, not wrong
		}
		z, err := ParseZone("z", []byte(data), origin)
		if err != nil {
			return
		}
		z.Addresses(context.Background(), ask)
		z.Exchangers(context.Background(), ask)
	})
}

func FuzzHosts(f *testing.F) {
	f.Add([]byte("11.1.16.16\tmsmailgwy # gateway\r\n\x1A"))
	f.Fuzz(func(t *testing.T, data []byte) {
		lines, problems := ParseHosts(data)
		n := strings.Count(string(data), "\n") + 1
		for _, l := range lines {
			if l.Line < 1 || l.Line > n || l.Column < 1 || len(l.Names) == 0 {
				t.Fatalf("%+v", l)
			}
		}
		for _, p := range problems {
			if p.Line < 1 || p.Line > n {
				t.Fatalf("%+v", p)
			}
		}
	})
}
