package names_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gwkit/conformance/names"
	"gwkit/conformance/peer"
)

// A server that somebody else wrote and a zone file of the same content answer
// the same.
func TestARealServerAnswersAsItsZoneFile(t *testing.T) {
	server := names.Server(peer.StartDNS(t, `
host-record=mail.company.com,11.1.16.15
host-record=msmailgwy.company.com,11.1.16.16
cname=www.company.com,mail.company.com
mx-host=sales.company.com,mail.company.com,10
mx-host=sales.company.com,backup.company.com,20
local=/company.com/`))
	zone, err := names.ParseZone("zone", []byte(`$ORIGIN company.com.
@ 60 IN SOA ns hostmaster 1 2 3 4 5
mail IN A 11.1.16.15
msmailgwy IN A 11.1.16.16
www IN CNAME mail
sales IN MX 10 mail
sales IN MX 20 backup
`), "")
	if err != nil {
		t.Fatal(err)
	}
	ask := func(r names.Resolver, name string) string {
		a, err1 := r.Addresses(context.Background(), name)
		mx, err2 := r.Exchangers(context.Background(), name)
		return fmt.Sprint(a, err1, mx, err2)
	}
	for _, name := range []string{"mail.company.com", "MSMAILGWY.company.com.", "www.company.com", "sales.company.com", "none.company.com"} {
		if diff := cmp.Diff(ask(zone, name), ask(server, name)); diff != "" {
			t.Errorf("%s (-zone file +dnsmasq):\n%s", name, diff)
		}
	}
}
