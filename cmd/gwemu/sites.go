package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"gwkit/emulator"
	"gwkit/emulator/fault"
	"gwkit/emulator/site"
)

// loadSite reads SITE of the command line: the name of a shape, with or without
// parameters, or a file. A file that has the name of a shape is written ./single.
func (a *app) loadSite(arg string) (*site.Site, error) {
	if site.ShapeOf(arg) != nil {
		s, err := site.Shape(arg)
		if err != nil {
			return nil, usage("%w", err)
		}
		return s, nil
	}
	data, err := a.readInput(arg)
	if errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(arg, `./\`) {
		hint := ""
		word, _, _ := strings.Cut(arg, ":")
		if near := nearest(word, shapeNames()); near != "" {
			hint = fmt.Sprintf("; did you mean %s?", near)
		}
		return nil, usage("cannot read site %q: there is no such file and no shape of that name%s See 'gwemu shapes'", arg, sentence(hint))
	}
	var where *fs.PathError
	if errors.As(err, &where) { // its text repeats the name
		err = where.Err
	}
	if err != nil {
		return nil, usage("cannot read site %s: %w", arg, err)
	}
	s, err := emulator.ReadSite(arg, data)
	var mistakes site.Mistakes
	if err != nil && !errors.As(err, &mistakes) {
		return nil, usage("cannot read site %s: %w", arg, err)
	}
	if len(mistakes) == 0 {
		return s, nil
	}
	// The positions come first on their lines, where editors look for them.
	fmt.Fprintln(a.errOut, mistakes.Error())
	noun := "mistakes"
	if len(mistakes) == 1 {
		noun = "mistake"
	}
	return nil, usage("cannot read site %s: %d %s", arg, len(mistakes), noun)
}

func shapeNames() (names []string) {
	for _, s := range site.Shapes {
		names = append(names, s.Name)
	}
	return names
}

// siteArgs completes SITE on a command line.
func siteArgs(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []string
	for _, s := range site.Shapes {
		out = append(out, s.Name+"\t"+s.Summary)
	}
	return out, cobra.ShellCompDirectiveDefault
}

// shapeFormats are those of a site, the site file first, then those of the list.
var shapeFormats = append(append([]string{"yaml"}, site.Drawings...), "json")

func (a *app) shapesCommand() *cobra.Command {
	format := &choiceFlag{"", shapeFormats}
	var name string
	var keys bool
	cmd := &cobra.Command{
		Use:   "shapes [NAME|FILE]",
		Short: "list the built-in sites; print or draw one",
		Long: "Shapes lists the built-in sites, which are the deployment models of Q132060, and their parameters. With a NAME\n" +
			"it prints that one as a site file to start from. Parameters stand behind a colon, as in\n" +
			"multiple:gateways=3,downstream=12, here and wherever a command takes a SITE.\n\n" +
			"A site is printed as yaml (the site file) unless --format says text (a drawing in the manner of the article),\n" +
			"mermaid (a flowchart) or dot (for Graphviz); any site FILE can be drawn. The list is text or json.\n\n" +
			"With --keys it prints the keys of a site file.",
		Example: "  gwemu shapes\n  gwemu shapes --keys\n  gwemu shapes dedicated -o deploy.yaml\n  gwemu shapes multiple:volumes=900/200/300/200 --format text\n" +
			"  gwemu shapes deploy.yaml --format dot | dot -Tsvg > deploy.svg",
		Args:              between(0, "NAME|FILE"),
		ValidArgsFunction: siteArgs,
		RunE: func(_ *cobra.Command, args []string) error {
			switch {
			case keys && (len(args) > 0 || format.value != "" && format.value != "text"):
				return usage("cannot print the keys of a site file with a NAME or another format: want --keys alone or with -o")
			case keys:
				return a.writeOutput(name, printKeys)
			}
			if len(args) == 0 {
				if format.value != "" && format.value != "text" && format.value != "json" {
					return usage("cannot print the list as %s: want text or json, or name a shape", format.value)
				}
				return a.writeOutput(name, func(w io.Writer) error { return printShapes(w, format.value) })
			}
			if format.value == "json" {
				return usage("cannot print a site as json: want %s", strings.Join(shapeFormats[:len(shapeFormats)-1], ", "))
			}
			s, err := a.loadSite(args[0])
			if err != nil {
				return err
			}
			text := s.Marshal()
			if format.value != "" && format.value != "yaml" {
				if text, err = s.Draw(format.value); err != nil {
					return err
				}
			}
			return a.writeOutput(name, func(w io.Writer) error {
				_, err := w.Write(text)
				return err
			})
		},
	}
	cmd.Flags().Var(format, "format", "form of a site (yaml unless given) or of the list (text)")
	cmd.Flags().StringVarP(&name, "output", "o", "", "write to this file instead of standard output")
	cmd.Flags().BoolVar(&keys, "keys", false, "print the keys of a site file, with what their values look like and their defaults")
	return cmd
}

// printKeys prints each key with its form and default, and below it what it is
// for: the lines of some would be too long for one.
func printKeys(w io.Writer) error {
	for _, k := range site.Keys {
		text := k.Path + "  " + k.Form
		switch k.Default {
		case "":
			text += "; needed"
		case "none":
		default:
			text += "; default: " + k.Default
		}
		if k.Summary != "" {
			text += "\n    " + k.Summary
		}
		if _, err := fmt.Fprintln(w, text); err != nil {
			return err
		}
	}
	return nil
}

type shapeView struct {
	Name    string      `json:"name"`
	Summary string      `json:"summary"`
	Article string      `json:"article"`
	Params  []paramView `json:"parameters"`
	Example string      `json:"example"`
}

type paramView struct {
	Name    string `json:"name"`
	Summary string `json:"summary"`
	Values  string `json:"values"`
	Default string `json:"default"`
}

func printShapes(w io.Writer, format string) error {
	if format == "json" {
		var list []shapeView
		for _, s := range site.Shapes {
			v := shapeView{s.Name, s.Summary, s.Article, nil, s.Example}
			for _, p := range s.Params {
				v.Params = append(v.Params, paramView{p.Name, p.Summary, p.Range(), p.Default})
			}
			list = append(list, v)
		}
		return printJSON(w, struct {
			Version int         `json:"version"`
			Shapes  []shapeView `json:"shapes"`
		}{1, list})
	}
	for _, s := range site.Shapes {
		fmt.Fprintf(w, "%-18s  %s (%s)\n", s.Name, s.Summary, s.Article)
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, p := range s.Params {
			fmt.Fprintf(t, "    %s\t%s; %s, unless given %s\n", p.Name, p.Summary, p.Range(), p.Default)
		}
		t.Flush()
		fmt.Fprintf(w, "    for example %s\n", s.Example)
	}
	return nil
}

func (a *app) faultsCommand() *cobra.Command {
	format := formatFlag()
	cmd := &cobra.Command{
		Use:   "faults",
		Short: "every fault kind with an example of its text",
		Long: "Faults lists every kind of fault with an example of its text, as it stands in a site file under faults:\n" +
			"and in 'gwemu fault add'.",
		Args: exactly(),
		RunE: func(*cobra.Command, []string) error { return printFaults(a.out, format.value) },
	}
	cmd.Flags().Var(format, "format", "form of the list")
	return cmd
}

type kindView struct {
	Name    string `json:"name"`
	Example string `json:"example"`
	Summary string `json:"summary"`
	Article string `json:"article,omitempty"`
	Where   string `json:"where"`
}

type dialectView struct {
	Name    string `json:"name"`
	Summary string `json:"summary"`
	Article string `json:"article"`
}

func printFaults(w io.Writer, format string) error {
	if format == "json" {
		var kinds []kindView
		for _, k := range fault.Kinds {
			kinds = append(kinds, kindView{k.Name, k.Example, k.Summary, k.Article, k.Where})
		}
		var dialects []dialectView
		for _, d := range fault.Dialects {
			dialects = append(dialects, dialectView{d.Name, d.Summary, d.Article})
		}
		return printJSON(w, struct {
			Version  int           `json:"version"`
			Kinds    []kindView    `json:"kinds"`
			Dialects []dialectView `json:"dialects"`
		}{1, kinds, dialects})
	}
	for _, k := range fault.Kinds {
		article := ""
		if k.Article != "" {
			article = " (" + k.Article + ")"
		}
		fmt.Fprintf(w, "%s: %s%s\n    %s\n", k.Name, k.Summary, article, k.Example)
	}
	fmt.Fprint(w, "\nKeys of every kind: at=PATTERN who=PC[/PROGRAM] op=a,b from=SPAN until=SPAN nth=N every=N times=N\n\nValues of smtp-speak as=:\n")
	t := tabwriter.NewWriter(w, 4, 0, 2, ' ', 0)
	for _, d := range fault.Dialects {
		fmt.Fprintf(t, "    %s\t%s (%s)\n", d.Name, d.Summary, d.Article)
	}
	return t.Flush()
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// exists reports whether a path is there, whatever it is.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
