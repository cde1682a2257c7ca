package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gwkit/conformance/trial"
	"gwkit/emulator/fault"
	"gwkit/emulator/site"
)

// drive takes the server of a postoffice away from all PCs.
func (b *Beginning) drive(_ *Script, args []string) error {
	if args[1] != "on" && args[1] != "off" {
		return Find("drive").usage()
	}
	po := b.Site.Postoffice(args[0])
	if po == nil {
		return fmt.Errorf("the site has no postoffice %s", args[0])
	}
	lost := map[string]bool{}
	var texts []string
	for i := range b.Site.PCs {
		pc := &b.Site.PCs[i]
		for _, d := range pc.Drives {
			if strings.EqualFold(d.Postoffice, po.Ref()) {
				f, err := fault.Parse(fmt.Sprintf("drive-lost at=%c: who=%s", d.Letter, pc.Name))
				if err != nil {
					return err
				}
				lost[f.String()] = true
				texts = append(texts, f.String())
			}
		}
	}
	if len(texts) == 0 {
		return unused("no PC has a drive there")
	}
	if args[1] == "on" {
		return b.heals(func(text string) bool { return lost[text] })
	}
	b.late("drive")
	for _, text := range texts {
		b.breaks("drive", text)
	}
	return nil
}

// write puts a file on a drive by way of the site file, which carries text.
func (b *Beginning) write(s *Script, args []string) error {
	mode := ""
	if strings.HasPrefix(args[0], "-") {
		mode, args = args[0], args[1:]
	}
	if len(args) != 2 || mode != "" && mode != "-raw" && mode != "-hex" {
		return Find("m-write").usage()
	}
	data, err := b.content(s, args[1])
	if err != nil {
		return err
	}
	switch mode {
	case "":
		data = []byte(crlfLines(string(data)))
	case "-hex":
		if data, err = parseHex(string(data)); err != nil {
			return fmt.Errorf("%s: %w", args[1], err)
		}
	}
	text := unixLines(string(data))
	if !bytes.Equal(data, []byte(crlfLines(text))) {
		return unused("a site file carries lines of text, and this file is none")
	}
	b.late("m-write")
	return b.override(args[0], site.FileOverride{Text: text})
}

func (b *Beginning) attr(_ *Script, args []string) error {
	if len(args) == 1 {
		return errEnds // it only looks
	}
	return unused("a site file has no attributes for the files on its drives")
}

func (b *Beginning) remove(_ *Script, args []string) error {
	before := *b
	before.notes = slices.Clone(b.notes)
	b.late("m-rm")
	for _, name := range args {
		if err := b.override(name, site.FileOverride{Absent: true}); err != nil {
			*b = before
			return err
		}
	}
	return nil
}

// override changes a file on the drive of a postoffice before the run.
func (b *Beginning) override(name string, o site.FileOverride) error {
	ref, rest, err := b.resolve(name)
	if err != nil {
		return err
	}
	o.Postoffice, o.Path = ref, `\`+strings.TrimLeft(strings.ToUpper(strings.ReplaceAll(rest, "/", `\`)), `\`)
	o.Pos = site.Pos{File: b.File, Line: b.here}
	x := b.Site.Clone()
	x.Files = slices.DeleteFunc(x.Files, func(f site.FileOverride) bool {
		return strings.EqualFold(f.Postoffice, o.Postoffice) && f.Path == o.Path
	})
	x.Files = append(x.Files, o)
	slices.SortFunc(x.Files, func(a, b site.FileOverride) int {
		return strings.Compare(a.Postoffice+"\x00"+a.Path, b.Postoffice+"\x00"+b.Path)
	})
	var mistakes site.Mistakes
	if _, err := site.Parse(x.Name, x.Marshal()); errors.As(err, &mistakes) && len(mistakes) > 0 {
		return unused("a site file cannot carry it: " + mistakes[0].Message)
	} else if err != nil {
		return unused("a site file cannot carry it: " + err.Error())
	}
	b.Site, b.Changed = x, true
	b.Edits++
	return nil
}

// resolve finds the postoffice of M:\X, PC:M:\X or NET/PO:\X.
func (b *Beginning) resolve(name string) (ref, rest string, err error) {
	if err := drivePath(name); err != nil {
		return "", "", err
	}
	head, rest, _ := strings.Cut(name, ":")
	if strings.Contains(head, "/") {
		po := b.Site.Postoffice(head)
		if po == nil {
			return "", "", fmt.Errorf("the site has no postoffice %s", head)
		}
		return po.Ref(), rest, nil
	}
	pc, letter := "", head
	if len(head) != 1 {
		pc = head
		if letter, rest, _ = strings.Cut(rest, ":"); len(letter) != 1 {
			return "", "", unused("only the drives of postoffices are set up beforehand")
		}
	} else if all := trial.Gateways(b.Site); len(all) > 0 {
		pc = all[0]
	} else if len(b.Site.PCs) > 0 {
		pc = b.Site.PCs[0].Name
	}
	if b.Site.PC(pc) == nil {
		return "", "", fmt.Errorf("%s: %w", pc, errNoPC)
	}
	if ref = b.Site.Drive(pc, strings.ToUpper(letter)[0]); ref == "" {
		return "", "", unused("only the drives of postoffices are set up beforehand")
	}
	return ref, rest, nil
}
