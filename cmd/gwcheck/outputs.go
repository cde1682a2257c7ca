package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"gwkit/conformance/report"
)

// outputs are the --format and -o flags in the order they were given.
type outputs struct {
	list    []output
	formats []string // that may be given; nil: those of a run
}

type output struct {
	format string
	file   string // "": standard output
}

// formatFlag adds an output; fileFlag names the file of the last one.
type (
	formatFlag struct{ *outputs }
	fileFlag   struct{ *outputs }
)

func (f formatFlag) Type() string   { return "FORMAT" }
func (f formatFlag) String() string { return "" }

func (f formatFlag) Set(format string) error {
	formats := f.formats
	if formats == nil {
		formats = report.Formats()
	}
	if !slices.Contains(formats, format) {
		return fmt.Errorf("want one of: %s", strings.Join(formats, ", "))
	}
	f.list = append(f.list, output{format: format})
	return nil
}

func (f fileFlag) Type() string   { return "FILE" }
func (f fileFlag) String() string { return "" }

func (f fileFlag) Set(name string) error {
	if name == "" {
		return fmt.Errorf("want a file name")
	}
	if len(f.list) == 0 || f.list[len(f.list)-1].file != "" {
		return fmt.Errorf("want a --format before it")
	}
	f.list[len(f.list)-1].file = name
	return nil
}

// check refuses two forms on standard output.
func (o *outputs) check() error {
	var shown []string
	for _, out := range o.list {
		if out.file == "" {
			shown = append(shown, out.format)
		}
	}
	if len(shown) > 1 {
		return fmt.Errorf("cannot write %s to standard output together: give all but one a file with -o", strings.Join(shown, " and "))
	}
	return nil
}

// textToStdout reports whether people read standard output: text was asked for
// there, or nothing else uses it.
func (o *outputs) textToStdout() bool {
	for _, out := range o.list {
		if out.file == "" {
			return out.format == "text"
		}
	}
	return true
}

// write writes all forms but the text on standard output, which is written
// while scripts end.
func (o *outputs) write(stdout io.Writer, r *report.Result) error {
	for _, out := range o.list {
		var err error
		switch {
		case out.file != "":
			err = report.WriteFile(out.file, func(w io.Writer) error { return report.Write(out.format, w, r) })
		case out.format != "text":
			err = report.Write(out.format, stdout, r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
