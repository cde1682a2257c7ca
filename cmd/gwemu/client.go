package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

const controlDefault = "http://127.0.0.1:8025"

// controlEnv names the deployment for commands without --control.
const controlEnv = "GWEMU_CONTROL"

// replyMax bounds an answer that is not an archive: a mailbag with its
// attachments is the largest.
const replyMax = 512 << 20

// client speaks to the control interface of a served deployment.
type client struct {
	base string // without a slash at its end
	http *http.Client
}

// reach are the flags that say where a command works.
type reach struct{ control, drive string }

func (r *reach) controlFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&r.control, "control", "", "control interface of the served deployment (`URL` or HOST:PORT; default "+controlDefault+", or $"+controlEnv+")")
}

func (r *reach) driveFlag(cmd *cobra.Command, what string) {
	cmd.Flags().StringVar(&r.drive, "drive", "", "work on saved drives instead: "+what)
	cmd.MarkFlagsMutuallyExclusive("control", "drive")
}

func (a *app) client(r *reach) (*client, error) {
	address, from := r.control, "--control"
	if address == "" {
		address, from = a.env(controlEnv), controlEnv
	}
	if address == "" {
		address = controlDefault
	}
	if _, _, err := net.SplitHostPort(address); err == nil { // as serve --http takes it
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, usage("cannot use %s %q: want an address such as %s", from, address, controlDefault)
	}
	return &client{strings.TrimRight(address, "/"), &http.Client{
		Timeout: 5 * time.Minute,
		// No proxy: what listens on loopback is not reached through one.
		Transport: &http.Transport{DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext, DisableKeepAlives: true},
		// Nothing of ours redirects; somebody else's server might.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// send makes a request. The caller closes the body of an answer without error.
func (c *client) send(method, path string, in any) (*http.Response, error) {
	var payload io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return nil, failed("internal error: cannot print a request: %w", err)
		}
		payload = bytes.NewReader(data)
	}
	q, err := http.NewRequest(method, c.base+path, payload)
	if err != nil {
		return nil, usage("cannot ask %s: %w", c.base, err)
	}
	if in != nil {
		q.Header.Set("Content-Type", "application/json")
	}
	r, err := c.http.Do(q)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) { // its text repeats the address
			err = u.Err
		}
		return nil, usage("cannot reach the deployment at %s: %w; is 'gwemu serve' running there?", c.base, err)
	}
	if r.StatusCode/100 == 2 {
		return r, nil
	}
	defer r.Body.Close()
	var answer struct {
		Error string `json:"error"`
	}
	text, _ := io.ReadAll(io.LimitReader(r.Body, 64<<10)) // whatever came of it is shown
	if json.Unmarshal(text, &answer) != nil || answer.Error == "" {
		return nil, usage("cannot use the deployment at %s: it answers %s", c.base, r.Status)
	}
	return nil, failed("%s", printable(answer.Error))
}

// call makes a request and decodes the answer into out, if that is not nil.
func (c *client) call(method, path string, in, out any) error {
	r, err := c.send(method, path, in)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, replyMax)).Decode(out); err != nil {
		return usage("cannot read the answer of %s: %w", c.base, err)
	}
	return nil
}

func query(pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return "?" + v.Encode()
}

func pcPath(pc, verb string) string { return "/api/v1/pcs/" + url.PathEscape(pc) + "/" + verb }

func (c *client) mailboxes(only string) ([]boxView, error) {
	var state stateView
	if err := c.call("GET", "/api/v1/state", nil, &state); err != nil {
		return nil, err
	}
	var out []boxView
	var errs []error
	for _, po := range state.Postoffices {
		if only != "" && !strings.EqualFold(po.Name, only) {
			continue
		}
		for _, user := range po.Users {
			var bag mailbagView
			if err := c.call("GET", "/api/v1/mailbag"+query("postoffice", po.Name, "box", user), nil, &bag); err != nil {
				errs = append(errs, err)
				continue
			}
			out = append(out, boxView{po.Name, user, len(bag.Items)})
		}
	}
	return out, errors.Join(errs...)
}

func (c *client) items(po, box string) ([]itemView, error) {
	var bag mailbagView
	err := c.call("GET", "/api/v1/mailbag"+query("postoffice", po, "box", box, "full", "1"), nil, &bag)
	return bag.Items, err
}

// only is for trees of one postoffice; a deployment is asked by name.
func (c *client) only() (string, error) { return "", nil }

func (c *client) submit(m *mailView) error { return c.call("POST", "/api/v1/submit", m, nil) }
