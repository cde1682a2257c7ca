package smarthost

import "time"

// Timeouts are how long the host waits in virtual time, a value for each
// state. A field that is 0 has its default, a negative one waits for ever.
//
// invented: no article gives the times of a smart host. The defaults are those
// of RFC 1123 5.3.2, and 75 seconds for a connection as in BSD.
type Timeouts struct {
	// As a server.
	Command time.Duration // for a whole command line; 5m
	Text    time.Duration // for the next bytes of a message; 5m

	// As a client.
	Connect  time.Duration // 75s
	Greeting time.Duration // for 220; 5m
	Reply    time.Duration // for the answer to HELO, MAIL, RCPT and RSET; 5m
	Data     time.Duration // for 354; 2m
	Dot      time.Duration // for the answer to the final dot; 10m
	Quit     time.Duration // for 221; 1m
}

func (t Timeouts) withDefaults() Timeouts {
	for _, f := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&t.Command, 5 * time.Minute}, {&t.Text, 5 * time.Minute},
		{&t.Connect, 75 * time.Second}, {&t.Greeting, 5 * time.Minute}, {&t.Reply, 5 * time.Minute},
		{&t.Data, 2 * time.Minute}, {&t.Dot, 10 * time.Minute}, {&t.Quit, time.Minute},
	} {
		if *f.field == 0 {
			*f.field = f.value
		}
	}
	t.Connect = max(t.Connect, 0) // a connection attempt always ends
	return t
}
