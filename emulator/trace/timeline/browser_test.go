package timeline

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// browser returns the browser, or skips the test by name. In CI
// (GWKIT_PEERS=required) a missing one is a failure.
func browser(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("GWKIT_PEERS") == "required" {
			t.Fatal("the browser chromium is missing")
		}
		t.Skip("not run: the browser chromium is not installed")
	}
	return path
}

// open shows a page in a browser without network and returns the tab.
func open(t *testing.T, page string) context.Context {
	t.Helper()
	name := filepath.Join(t.TempDir(), "run.html")
	if err := os.WriteFile(name, []byte(page), 0o666); err != nil {
		t.Fatal(err)
	}
	flags := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser(t)), chromedp.UserDataDir(t.TempDir()),
		chromedp.NoSandbox, chromedp.NoFirstRun, chromedp.DisableGPU, chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND"))
	limit, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	program, end := chromedp.NewExecAllocator(limit, flags...)
	t.Cleanup(end)
	tab, closeTab := chromedp.NewContext(program)
	t.Cleanup(closeTab)
	address := url.URL{Scheme: "file", Path: name}
	if err := chromedp.Do(tab, chromedp.Navigate(address.String()), chromedp.WaitReady("#timeline")); err != nil {
		t.Fatalf("cannot open the page: %v", err)
	}
	return tab
}

func TestABrowserShowsTheCycle(t *testing.T) {
	page := text(t, Build(parse(t, deadlock), options()), (*Timeline).HTML)
	tab := open(t, page)
	got, err := chromedp.Run(tab, chromedp.Evaluate[struct {
		Title, Heading, Hover   string
		Edges, Waits, Resources []string
		Arrows, Visible         int
	}](`({
		Title: document.title,
		Heading: document.querySelector("#cycle h2").innerText,
		Hover: document.querySelector("#timeline .prompt title").textContent,
		Edges: [...document.querySelectorAll("#cycle li")].map(x => x.dataset.pc + " " + x.dataset.file + " " + x.dataset.heldBy),
		Waits: [...document.querySelectorAll("#timeline .prompt.cycle .what")].map(x => x.textContent),
		Resources: performance.getEntriesByType("resource").map(x => x.name),
		Arrows: document.querySelectorAll("#timeline .arrow.cycle").length,
		Visible: [...document.querySelectorAll("#timeline text.what")].filter(x => x.getBoundingClientRect().width > 0).length,
	})`))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{`GW1 M:\SMTP\FROM_NC.API GW2/SMTPGET`, `GW2 M:\SMTP\SMTP_IN.HDR GW1/SMTPGATE`}, got.Edges); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{`SMTPGATE WAITS for M:\SMTP\FROM_NC.API, held by GW2/SMTPGET`, `SMTPGET WAITS for M:\SMTP\SMTP_IN.HDR, held by GW1/SMTPGATE`}, got.Waits); d != "" {
		t.Error(d)
	}
	if got.Title != "two gateways" || got.Heading != "Wait cycle: GW1 > GW2 > GW1" || got.Arrows != 2 || got.Visible < 8 {
		t.Errorf("title %q, heading %q, %d arrows, %d texts", got.Title, got.Heading, got.Arrows, got.Visible)
	}
	if want := `000018 00:00:02.500 GW1/SMTPGATE prompt M:\SMTP\FROM_NC.API: sharing violation`; got.Hover != want {
		t.Errorf("hovering shows %q, want %q", got.Hover, want)
	}
	if len(got.Resources) > 0 {
		t.Errorf("the page loads %v", got.Resources)
	}
}

func TestABrowserShowsHostileNamesAsText(t *testing.T) {
	tl := Build(hostileEvents(), hostileOptions())
	tab := open(t, text(t, tl, (*Timeline).HTML))
	got, err := chromedp.Run(tab, chromedp.Evaluate[struct {
		Foreign []string
		Shown   string
	}](`({
		Foreign: [...document.querySelectorAll("script, img, iframe, link, object, [onerror]")].map(x => x.outerHTML),
		Shown: document.getElementById("timeline").textContent,
	})`))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Foreign) > 0 {
		t.Errorf("the page has %v", got.Foreign)
	}
	if !strings.Contains(got.Shown, "<script>") || !strings.Contains(got.Shown, "</text>") {
		t.Error("the names are not shown")
	}
}
