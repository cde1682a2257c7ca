package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

type versionView struct {
	Version  int          `json:"version"` // of this document
	Program  string       `json:"program"`
	Build    string       `json:"build"`
	Revision string       `json:"revision,omitempty"`
	Modified bool         `json:"modified,omitempty"` // built from a tree with changes
	Time     string       `json:"time,omitempty"`     // of the revision
	Go       string       `json:"go"`
	Platform string       `json:"platform"`
	Modules  []moduleView `json:"modules"`
}

type moduleView struct {
	Path    string `json:"path"`
	Version string `json:"version"`
}

func buildVersion() versionView {
	v := versionView{Version: 1, Program: "gwemu", Build: "unknown", Go: runtime.Version(),
		Platform: runtime.GOOS + "/" + runtime.GOARCH, Modules: []moduleView{}}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Build = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.time":
			v.Time = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		v.Modules = append(v.Modules, moduleView{m.Path, m.Version})
	}
	return v
}

// versionText is the first line of version, and what --version prints.
func versionText() string {
	v := buildVersion()
	text := fmt.Sprintf("gwemu %s %s %s", v.Build, v.Go, v.Platform)
	if v.Revision != "" {
		text += " " + v.Revision[:min(12, len(v.Revision))]
		if v.Modified {
			text += "+changes"
		}
	}
	return text
}

func (a *app) versionCommand() *cobra.Command {
	format := formatFlag()
	cmd := &cobra.Command{
		Use:   "version",
		Short: "build information and the versions of modules",
		Args:  exactly(),
		RunE: func(*cobra.Command, []string) error {
			if format.value == "json" {
				return printJSON(a.out, buildVersion())
			}
			return printVersion(a.out)
		},
	}
	cmd.Flags().Var(format, "format", "form of the output")
	return cmd
}

func printVersion(w io.Writer) error {
	fmt.Fprintln(w, versionText())
	for _, m := range buildVersion().Modules {
		if _, err := fmt.Fprintf(w, "  %s %s\n", m.Path, m.Version); err != nil {
			return err
		}
	}
	return nil
}
