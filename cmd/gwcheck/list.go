package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"gwkit/conformance"
	"gwkit/conformance/lint"
	"gwkit/conformance/report"
	"gwkit/emulator/site"
)

// listing is the document of gwcheck list --format json.
type listing struct {
	Version  int             `json:"version"`
	Scripts  []listedScript  `json:"scripts"`
	Rules    []listedRule    `json:"rules"`
	Articles []listedArticle `json:"articles"`
	Totals   listedTotals    `json:"totals"`
}

type listedScript struct {
	ID       string   `json:"id"`
	Summary  string   `json:"summary"`
	Articles []string `json:"articles"`
	Tags     []string `json:"tags"`
	Shapes   []string `json:"shapes"`
	Powers   []string `json:"powers"`
}

type listedRule struct {
	ID       string        `json:"id"`
	Severity lint.Severity `json:"severity"`
	Title    string        `json:"title"`
	Articles []string      `json:"articles"`
	Covers   []string      `json:"covers"`
	Inputs   string        `json:"inputs"`
	Remedy   string        `json:"remedy"`
	Inferred string        `json:"inferred"`
}

type listedArticle struct {
	ID      string   `json:"id"`
	Support string   `json:"support"`
	Title   string   `json:"title"`
	Scripts []string `json:"scripts"`
	Rules   []string `json:"rules"`
}

type listedTotals struct {
	Scripts  int `json:"scripts"`
	Rules    int `json:"rules"`
	Articles int `json:"articles"`
}

// listings are what gwcheck list can print as text, in order.
var listings = []struct {
	name  string
	write func(io.Writer, *listing) error
}{
	{"scripts", listScripts},
	{"rules", listRules},
	{"articles", listArticles},
	{"options", listOptions},
	{"faults", listFaults},
	{"shapes", listShapes},
}

func newList() *cobra.Command {
	var format, scripts string
	var names []string
	for _, l := range listings {
		names = append(names, l.name)
	}
	cmd := &cobra.Command{
		Use:       "list [" + strings.Join(names, "|") + "]",
		Short:     "list scripts, rules, articles, gateway options, faults and shapes",
		ValidArgs: names,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fmt.Errorf("cannot list %s together: want one of: %s", strings.Join(args, " and "), strings.Join(names, ", "))
			}
			s, err := loadSuite(scripts, false)
			if err != nil {
				return err
			}
			doc := makeListing(s)
			switch format {
			case "json":
				return report.JSON(cmd.OutOrStdout(), doc)
			case "text":
			default:
				return fmt.Errorf("cannot write format %q: want text or json", format)
			}
			what := "scripts"
			if len(args) == 1 {
				what = args[0]
			}
			for _, l := range listings {
				if l.name == what {
					return l.write(cmd.OutOrStdout(), doc)
				}
			}
			return fmt.Errorf("cannot list %q: want one of: %s", what, strings.Join(names, ", "))
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "text, or json with scripts, rules and articles in one document")
	cmd.Flags().StringVar(&scripts, "scripts", "", "the scripts of this folder instead of the built-in ones")
	return cmd
}

func makeListing(s *suite) *listing {
	doc := &listing{Version: report.Version, Scripts: []listedScript{}, Rules: []listedRule{}, Articles: []listedArticle{}}
	citing := map[string][]string{}
	for _, script := range s.scripts {
		doc.Scripts = append(doc.Scripts, listedScript{script.ID, script.Summary, full(script.Articles), full(script.Tags),
			full(script.Shapes), full(script.Powers.Names())})
		for _, id := range script.Articles {
			citing[id] = append(citing[id], script.ID)
		}
	}
	judging := map[string][]string{}
	for _, r := range lint.Rules {
		doc.Rules = append(doc.Rules, listedRule{r.ID, r.Severity, r.Title, full(r.Articles), full(r.Covers), r.Inputs, r.Remedy, r.Inferred})
		for _, id := range r.Articles {
			judging[id] = append(judging[id], r.ID)
		}
	}
	for _, a := range site.Articles() {
		doc.Articles = append(doc.Articles, listedArticle{a.ID, a.Support, a.Title, full(citing[a.ID]), full(judging[a.ID])})
	}
	doc.Totals = listedTotals{len(doc.Scripts), len(doc.Rules), len(doc.Articles)}
	return doc
}

// full makes an empty list of none, so that it is [] and not null.
func full(list []string) []string { return append([]string{}, list...) }

// columns writes rows in columns.
func columns(w io.Writer, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	return t.Flush()
}

func listScripts(w io.Writer, doc *listing) error {
	var rows [][]string
	for _, s := range doc.Scripts {
		rows = append(rows, []string{s.ID, s.Summary})
	}
	return columns(w, rows)
}

func listRules(w io.Writer, doc *listing) error {
	var rows [][]string
	for _, r := range doc.Rules {
		rows = append(rows, []string{r.ID, string(r.Severity), r.Articles[0], r.Title})
	}
	return columns(w, rows)
}

// listArticles leaves out what is cited and outside the project.
func listArticles(w io.Writer, doc *listing) error {
	var rows [][]string
	for _, a := range doc.Articles {
		if a.Support != site.SupportNo || len(a.Scripts)+len(a.Rules) > 0 {
			rows = append(rows, []string{a.ID, a.Support, fmt.Sprintf("%d scripts", len(a.Scripts)), fmt.Sprintf("%d rules", len(a.Rules)), a.Title})
		}
	}
	return columns(w, rows)
}

func listOptions(w io.Writer, _ *listing) error {
	var rows [][]string
	for _, o := range site.Options {
		rows = append(rows, []string{o.Program, "-" + o.Letter + o.Argument, o.Status, o.Effect})
	}
	return columns(w, rows)
}

func listFaults(w io.Writer, _ *listing) error {
	var rows [][]string
	for _, k := range conformance.Faults() {
		rows = append(rows, []string{k.Name, k.Summary, k.Example})
	}
	return columns(w, rows)
}

func listShapes(w io.Writer, _ *listing) error {
	var rows [][]string
	for _, s := range site.Shapes {
		rows = append(rows, []string{s.Name, s.Summary, s.Example})
	}
	return columns(w, rows)
}

// scriptsCiting returns the ids of scripts that cite an article.
func scriptsCiting(list []*conformance.Script, article string) []string {
	var ids []string
	for _, s := range list {
		if slices.Contains(s.Articles, article) {
			ids = append(ids, s.ID)
		}
	}
	return ids
}
