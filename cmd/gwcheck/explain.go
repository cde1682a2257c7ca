package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"gwkit/conformance"
	"gwkit/conformance/invariant"
	"gwkit/conformance/lint"
	"gwkit/conformance/probe"
	"gwkit/emulator/site"
)

// explainers are asked in order; more than one may know a word.
var explainers = []struct {
	what    string
	explain func(io.Writer, *suite, string) bool
}{
	{"article", explainArticle},
	{"rule", explainRule},
	{"live check", explainCheck},
	{"guarantee", explainInvariant},
	{"script", explainScript},
	{"option", explainOption},
	{"fault", explainFault},
	{"shape", explainShape},
	{"script command", explainCommand},
}

func newExplain() *cobra.Command {
	var scripts string
	cmd := &cobra.Command{
		Use:   "explain ID",
		Short: "say what an article, rule, check, guarantee, script, option, fault, shape or script command is",
		Long: `Say what something is, how far it is supported, and which scripts show it.
ID is an article (Q128512), a rule (map.order), a live check (live.outbound), a guarantee that
explore judges (no_deadlock), a script, a gateway option (-W, or EXTERNAL -N), a kind of fault, a
shape, or a command of scripts.`,
		Example: `  gwcheck explain Q128512
  gwcheck explain -- -md
  gwcheck explain mailbag`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return fmt.Errorf("cannot explain nothing: give the id of %s", anyOf())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := loadSuite(scripts, scripts != "")
			if err != nil {
				return err
			}
			id := strings.Join(args, " ")
			known := false
			for _, e := range explainers {
				var b strings.Builder
				if !e.explain(&b, s, id) {
					continue
				}
				if known {
					fmt.Fprintln(cmd.OutOrStdout())
				}
				known = true
				if _, err := io.WriteString(cmd.OutOrStdout(), b.String()); err != nil {
					return err
				}
			}
			if !known {
				return fmt.Errorf("cannot explain %q: it is not the id of %s (see: gwcheck list)", id, anyOf())
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&scripts, "scripts", "", "know the scripts of this folder as well")
	return cmd
}

// anyOf names all that can be explained.
func anyOf() string {
	text := "an "
	for i, e := range explainers {
		switch i {
		case 0:
		case len(explainers) - 1:
			text += " or "
		default:
			text += ", "
		}
		text += e.what
	}
	return text
}

func explainArticle(w io.Writer, s *suite, id string) bool {
	id = "Q" + strings.TrimPrefix(strings.ToUpper(id), "Q")
	articles := site.Articles()
	i := slices.IndexFunc(articles, func(a site.Article) bool { return a.ID == id })
	if i < 0 {
		return false
	}
	a := articles[i]
	fmt.Fprintf(w, "%s: %s\n\nsupport: %s, %s\n", a.ID, a.Title, a.Support, supportWords[a.Support])
	section(w, "options", optionsOf(id))
	var faults []string
	for _, k := range conformance.Faults() {
		if slices.Contains(strings.Fields(k.Article), id) {
			faults = append(faults, k.Name+": "+k.Summary)
		}
	}
	section(w, "faults", faults)
	var rules []string
	for _, r := range lint.Rules {
		if slices.Contains(r.Articles, id) {
			rules = append(rules, r.ID+": "+r.Title)
		}
	}
	section(w, "rules", rules)
	section(w, "scripts", summaries(s, id))
	return true
}

func explainRule(w io.Writer, _ *suite, id string) bool {
	r := lint.RuleByID(id)
	if r == nil {
		return false
	}
	fmt.Fprintf(w, "%s (%s): %s\n\nchange: %s\nneeds: %s\n", r.ID, r.Severity, r.Title, r.Remedy, r.Inputs)
	if r.Inferred != "" {
		fmt.Fprintf(w, "inferred: %s\n", r.Inferred)
	}
	if len(r.Covers) > 0 {
		fmt.Fprintf(w, "covers: %s\n", strings.Join(r.Covers, " "))
	}
	section(w, "articles", titles(r.Articles))
	fmt.Fprintf(w, "\njudge it: gwcheck lint SITE --rule %s\n", r.ID)
	return true
}

// explainCheck knows the live checks of a deployment.
func explainCheck(w io.Writer, _ *suite, id string) bool {
	c := probe.Lookup(id)
	if c == nil {
		return false
	}
	fmt.Fprintf(w, "%s (%s): %s\n\nneeds: %s\nsafety: %s\n", c.ID, c.Kind, c.Sentence, c.Needs, c.Safety)
	section(w, "articles", titles(c.Articles))
	fmt.Fprintf(w, "\ndo it: gwcheck run --target DEPLOY %s\n", c.ID)
	return true
}

func explainInvariant(w io.Writer, _ *suite, id string) bool {
	v := invariant.Find(id)
	if v == nil {
		return false
	}
	fmt.Fprintf(w, "%s: %s\n", v.Name, v.Sentence)
	section(w, "article", titles(strings.Fields(v.Article)))
	fmt.Fprintf(w, "\nsearch for a schedule that breaks it: gwcheck explore SITE\nin a script: violates %s\n", v.Name)
	return true
}

// titles puts the title behind each article.
func titles(ids []string) (out []string) {
	articles := site.Articles()
	for _, id := range ids {
		if i := slices.IndexFunc(articles, func(x site.Article) bool { return x.ID == id }); i >= 0 {
			id += ": " + articles[i].Title
		}
		out = append(out, id)
	}
	return out
}

var supportWords = map[string]string{
	site.SupportYes:     "code or a script shows it",
	site.SupportPartial: "some of it can be seen here",
	site.SupportPlanned: "nothing of it can be seen yet",
	site.SupportNo:      "it is outside the project",
}

func section(w io.Writer, title string, entries []string) {
	if len(entries) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s:\n", title)
	for _, e := range entries {
		fmt.Fprintf(w, "  %s\n", e)
	}
}

func optionsOf(article string) []string {
	var out []string
	for _, o := range site.Options {
		if slices.Contains(strings.Fields(o.Article), article) {
			out = append(out, fmt.Sprintf("%s -%s%s: %s", o.Program, o.Letter, o.Argument, o.Effect))
		}
	}
	return out
}

func summaries(s *suite, article string) []string {
	var out []string
	for _, id := range scriptsCiting(s.scripts, article) {
		i := slices.IndexFunc(s.scripts, func(c *conformance.Script) bool { return c.ID == id })
		out = append(out, id+": "+s.scripts[i].Summary)
	}
	return out
}

func explainScript(w io.Writer, s *suite, id string) bool {
	i := slices.IndexFunc(s.scripts, func(c *conformance.Script) bool { return c.ID == strings.TrimSuffix(id, ".txtar") })
	if i < 0 {
		return false
	}
	c := s.scripts[i]
	fmt.Fprintf(w, "%s: %s\n\nfile: %s\n", c.ID, c.Summary, c.File)
	for _, row := range []struct{ name, value string }{
		{"tags", strings.Join(c.Tags, " ")},
		{"shapes", strings.Join(c.Shapes, " ")},
		{"needs", c.Powers.String()},
	} {
		if row.value != "" {
			fmt.Fprintf(w, "%s: %s\n", row.name, row.value)
		}
	}
	var articles []string
	for _, a := range site.Articles() {
		if slices.Contains(c.Articles, a.ID) {
			articles = append(articles, a.ID+": "+a.Title)
		}
	}
	section(w, "articles", articles)
	if err := c.Err(); err != nil {
		section(w, "mistakes", strings.Split(err.Error(), "\n"))
	}
	fmt.Fprintf(w, "\nrun it: gwcheck run %s\n", c.ID)
	return true
}

// explainOption knows -W, w, -w120, SMTPGATE -W and EXTERNAL -N.
func explainOption(w io.Writer, s *suite, id string) bool {
	program, arg := "", id
	if before, after, ok := strings.Cut(id, " "); ok {
		program, arg = strings.ToUpper(before), strings.TrimSpace(after)
	}
	if !strings.HasPrefix(arg, "-") && !strings.HasPrefix(arg, "/") {
		arg = "-" + arg
	}
	known := false
	for _, p := range []string{"SMTPGATE", "EXTERNAL"} {
		if program != "" && program != p {
			continue
		}
		o, ok := site.OptionFor(p, arg)
		if !ok || !strings.HasPrefix(id, "-") && program == "" && !strings.EqualFold(o.Letter, strings.TrimPrefix(arg, "-")) {
			continue
		}
		if known {
			fmt.Fprintln(w)
		}
		known = true
		fmt.Fprintf(w, "%s -%s%s: %s\n\ndefault: %s\nsince: %s\nstatus: %s\narticles: %s\n", o.Program, o.Letter, o.Argument, o.Effect, o.Default, o.Since, o.Status, o.Article)
		var scripts []string
		for _, article := range strings.Fields(o.Article) {
			for _, line := range summaries(s, article) {
				if !slices.Contains(scripts, line) {
					scripts = append(scripts, line)
				}
			}
		}
		section(w, "scripts that cite them", scripts)
	}
	return known
}

func explainFault(w io.Writer, _ *suite, id string) bool {
	for _, k := range conformance.Faults() {
		if k.Name == id {
			fmt.Fprintf(w, "%s: %s\n\nexample: %s\nperformed by: %s\n", k.Name, k.Summary, k.Example, k.Where)
			if k.Article != "" {
				fmt.Fprintf(w, "article: %s\n", k.Article)
			}
			return true
		}
	}
	return false
}

func explainShape(w io.Writer, s *suite, id string) bool {
	for _, row := range site.Shapes {
		if row.Name != id {
			continue
		}
		fmt.Fprintf(w, "%s: %s\n\narticle: %s\nprint it: gwemu shapes %s\ndraw it: gwemu shapes %s --format text\n", row.Name, row.Summary, row.Article, row.Name, row.Name)
		var params []string
		for _, p := range row.Params {
			params = append(params, fmt.Sprintf("%s: %s, %s; unless given %s", p.Name, p.Summary, p.Range(), p.Default))
		}
		section(w, "parameters, as in "+row.Example, params)
		var scripts []string
		for _, c := range s.scripts {
			if slices.Contains(c.Shapes, id) {
				scripts = append(scripts, c.ID+": "+c.Summary)
			}
		}
		section(w, "scripts", scripts)
		return true
	}
	return false
}

func explainCommand(w io.Writer, _ *suite, id string) bool {
	c := conformance.Find(id)
	if c == nil {
		return false
	}
	io.WriteString(w, c.Explain())
	return true
}
