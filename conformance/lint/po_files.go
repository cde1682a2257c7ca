package lint

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"
	"unicode/utf8"

	"gwkit/conformance/drive"
)

// inTree returns the place of a file of a tree.
func inTree(t *drive.Tree, path string) Place { return Place{File: t.At(path)} }

// inRecord returns the place of a byte of a database file.
func inRecord(t *drive.Tree, path string, offset int64) Place {
	return Place{File: t.At(path), Offset: offset, InRecord: true}
}

// few reports findings one by one up to a bound and then how many more there
// are: a server whose files are all read-only is one mistake.
type few struct {
	j    *Judge
	left int
	more int
	last Place
}

// fewMax is how many are told one by one.
const fewMax = 10

func (j *Judge) few() *few { return &few{j: j, left: fewMax} }

func (f *few) find(s Severity, at Place, format string, args ...any) {
	if f.left--; f.left >= 0 {
		f.j.FindAs(s, at, format, args...)
		return
	}
	f.more++
	f.last = at
}

// end tells what was left out; what is the plural of what was found.
func (f *few) end(what string) {
	if f.more > 0 {
		f.j.Find(f.last, "and %d more %s", f.more, what)
	}
}

// present returns the newest time of the files that a working postoffice
// changes all the time. inferred: a copy has no other present than that.
func present(t *drive.Tree) time.Time {
	var newest time.Time
	for _, dir := range []string{"SMTP", "LOG", "MBG", "KEY", "GLB", "P1"} {
		// What cannot be listed is told by the rule that needs it.
		_ = t.List(dir, func(e drive.Entry) error {
			if !e.Dir && e.ModTime.After(newest) {
				newest = e.ModTime
			}
			return nil
		})
	}
	return newest
}

// cycle returns how long a gateway cycle of a postoffice may last: its longest
// -W, 120 seconds when no gateway is known, and time for one call.
func (in *Installation) cycle(po *Postoffice) time.Duration {
	wait := 120
	for _, pc := range in.PCs {
		if in.Database(pc) != po {
			continue
		}
		if c := pc.Command("SMTPGATE"); c != nil && c.Gateway != nil {
			wait = max(wait, c.Gateway.WaitSeconds)
		}
	}
	return time.Duration(wait)*time.Second + 5*time.Minute
}

func checkStale(j *Judge) {
	for _, po := range j.Gateways() {
		if po.Tree == nil {
			j.Missing("the drive of %s", po.Ref())
			continue
		}
		now, cycle := present(po.Tree), j.cycle(po)
		err := po.Tree.List("SMTP", func(e drive.Entry) error {
			temporary := strings.HasPrefix(e.Name, "SMTP_") || strings.HasSuffix(e.Name, ".API") || e.Name == "API_OUT.TMP"
			if e.Dir || !temporary || e.Name == "OUTBAD.API" || e.Name == "FROM_NC.API" && e.Size == 0 {
				return nil // other rules speak of the last two
			}
			if age := now.Sub(e.ModTime); age > cycle {
				j.Find(inTree(po.Tree, e.Path), "%s of %s was written %s before the newest file, longer than a cycle of %s", e.Name, po.Ref(), span(age), span(cycle))
			}
			return nil
		})
		switch {
		case err == nil, errors.Is(err, fs.ErrNotExist): // without the directory there is nothing in it
			j.Looked()
		default:
			j.unreadable(err)
		}
	}
}

// span prints a duration as people say it.
func span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d hours", d/time.Hour)
	}
	return fmt.Sprintf("%d minutes", d/time.Minute)
}

// envelopeAge is how long an envelope may rest: the cycle of EXTERNAL is
// minutes, and a large delivery takes as long again. inferred
const envelopeAge = 15 * time.Minute

func checkP1(j *Judge) {
	j.trees(func(po *Postoffice) {
		now, age := present(po.Tree), max(envelopeAge, j.cycle(po), j.interval(po))
		var oldest drive.Entry
		n, keeper := 0, false
		err := po.Tree.List("P1", func(e drive.Entry) error {
			keeper = keeper || e.Name == "POPULATE.MSM"
			envelope := strings.Contains(e.Name, ".P") || strings.HasSuffix(e.Name, "LK")
			if e.Dir || e.Err != nil || e.Name == "POPULATE.MSM" || !envelope || now.Sub(e.ModTime) <= age {
				return nil
			}
			if n++; n == 1 || e.ModTime.Before(oldest.ModTime) {
				oldest = e
			}
			return nil
		})
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				j.unreadable(err)
			}
			return // po.dirs tells that the directory is missing
		}
		j.Looked()
		if n > 0 {
			j.Find(inTree(po.Tree, oldest.Path), "%d envelopes or locks rest in P1 of %s, the oldest for %s%s", n, po.Ref(), span(now.Sub(oldest.ModTime)), j.mailerOf(po))
		}
		if !keeper {
			j.FindAs(Info, inTree(po.Tree, "P1"), "P1 of %s has no POPULATE.MSM, so programs that copy leave the directory out when it is empty", po.Ref())
		}
	})
}

// mailerOf tells when no mailer is known that would empty P1.
func (j *Judge) mailerOf(po *Postoffice) string {
	for _, pc := range j.PCs {
		if pc.Command("EXTERNAL") == nil {
			continue
		}
		for _, ref := range pc.Drives {
			if strings.EqualFold(ref, po.Ref()) {
				return ", although EXTERNAL on " + pc.Name + " serves it"
			}
		}
	}
	if j.AllPCs {
		return "; no EXTERNAL serves it"
	}
	return ""
}

// mailDirs are the directories whose files mail programs write. Q115495
var mailDirs = []string{"GLB", "MAI", "ATT", "P1", "KEY", "MBG", "SMTP"}

// fixedFiles may be read-only: nothing writes to them. Q127954
func fixedFile(path string) bool {
	dir, name, _ := strings.Cut(path[strings.LastIndexByte("/"+path, '/'):], ".")
	switch name {
	case "MSM", "TPL", "HLP", "SCR", "MDM":
		return true
	case "GLB":
		switch dir {
		case "ANSISORT", "C850SORT", "DS_MSG", "ENGMAI", "ENGMON", "ERRORADM", "ERRORDYN", "TRANSFIL", "WELCOME":
			return true
		}
	}
	return false
}

func checkAttributes(j *Judge) {
	for _, po := range j.Postoffices {
		if po.Listing.Known {
			j.listedAttributes(po)
		}
		switch {
		case po.Tree != nil:
			j.treeAttributes(po)
		case !po.Listing.Known:
			j.Missing("the drive of %s, or a listing with attributes", po.Ref())
		}
	}
}

// listedAttributes judges a listing of ATTRIB or NDIR.
func (j *Judge) listedAttributes(po *Postoffice) {
	j.Looked()
	f := j.few()
	for _, l := range readAttributes(po.Listing.Value) {
		if dir, _, _ := strings.Cut(l.path, `\`); !contains(mailDirs, dir) {
			continue
		}
		if l.attr&drive.Hidden != 0 {
			f.find(Error, l.at, "%s of %s is hidden", l.path, po.Ref())
		}
		if l.attr&drive.ReadOnly != 0 && !fixedFile(strings.ReplaceAll(l.path, `\`, "/")) {
			f.find(Error, l.at, "%s of %s is read-only", l.path, po.Ref())
		}
		if l.ownerless {
			f.find(Error, l.at, "%s of %s has no owner, so it can grow by less than a block only", l.path, po.Ref())
		}
	}
	f.end("files in the listing of " + po.Ref())
}

// treeAttributes judges what the file system of a tree keeps.
func (j *Judge) treeAttributes(po *Postoffice) {
	f, known := j.few(), true
	var denied []string     // one of those that our account may not look at
	files, locked := 0, 0   // that programs write; of these read-only
	var first []drive.Entry // of those that are read-only
	for _, dir := range mailDirs {
		err := po.Tree.Walk(dir, func(e drive.Entry) error {
			switch {
			case !utf8.ValidString(e.Path):
				return nil // po.names says so
			case errors.Is(e.Err, fs.ErrPermission):
				// It is our account that may not, and none of the deployment's.
				if denied = append(denied, e.Path); len(denied) > 1 {
					denied = denied[:1]
				}
				return nil
			case e.Err != nil:
				f.find(Error, inTree(po.Tree, e.Path), "%s of %s cannot be looked at: %v", e.Path, po.Ref(), errors.Unwrap(e.Err))
				return nil
			}
			known = known && e.AttrKnown
			if e.AttrKnown && e.Attr&drive.Hidden != 0 {
				f.find(Error, inTree(po.Tree, e.Path), "%s of %s is hidden", e.Path, po.Ref())
			}
			if e.Dir || fixedFile(strings.ToUpper(e.Path)) {
				return nil
			}
			files++
			if e.Attr&drive.ReadOnly == 0 {
				return nil
			}
			if locked++; len(first) <= fewMax {
				first = append(first, e)
			}
			return nil
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			j.unreadable(err)
		}
	}
	if denied != nil {
		j.Missing("leave for the account of gwcheck to read %s of %s", denied[0], po.Ref())
	}
	if locked == files && files > 1 {
		j.Find(inTree(po.Tree, "."), "all of %d files of %s are read-only: the share is given out so, or this is a copy that was made so", files, po.Ref())
	} else {
		for _, e := range first {
			f.find(Error, inTree(po.Tree, e.Path), "%s of %s is read-only", e.Path, po.Ref())
		}
		f.more += locked - len(first)
	}
	f.end("files of " + po.Ref())
	switch {
	case known:
		j.Looked()
	case !po.Listing.Known:
		j.Missing("the DOS attributes of the files of %s: this file system keeps none (give a listing of ATTRIB or NDIR)", po.Ref())
	}
}

// checkNames looks for names that this computer does not read as the server
// wrote them: no file system of ours can open such a file.
func checkNames(j *Judge) {
	j.trees(func(po *Postoffice) {
		j.Looked()
		f := j.few()
		err := po.Tree.Walk(".", func(e drive.Entry) error {
			if !utf8.ValidString(e.Name) {
				f.find(Warning, inTree(po.Tree, e.Path), "the name %q of %s is in a code page that this computer does not know of: the file cannot be opened here", e.Path, po.Ref())
			}
			return nil
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			j.unreadable(err)
		}
		f.end("names of " + po.Ref())
	})
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// mainDirs are the main directories of a postoffice. Q77926, Q132744
var mainDirs = []string{"ATT", "CAL", "FOLDERS", "GLB", "GRP", "HLP", "INF", "INI", "KEY", "LOG", "MAI", "MBG", "MEM", "MMF", "NME", "P1", "TPL", "USR", "XTN"}

func checkDirectories(j *Judge) {
	j.trees(func(po *Postoffice) {
		have := map[string]bool{}
		for _, parent := range []string{".", "MAI", "ATT"} {
			err := po.Tree.List(parent, func(e drive.Entry) error {
				if e.Dir {
					have[strings.TrimPrefix(parent+"/"+e.Name, "./")] = true
				}
				return nil
			})
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				j.unreadable(err)
				return
			}
		}
		j.Looked()
		for _, dir := range mainDirs {
			switch {
			case have[dir]:
			case dir == "INI": // made by the release 3.2 and by PODIAG. Q108837
				j.FindAs(Info, inTree(po.Tree, dir), "directory INI of %s is missing, which is right before release 3.2 only", po.Ref())
			default:
				j.Find(inTree(po.Tree, dir), "directory %s of %s is missing", dir, po.Ref())
			}
		}
		f := j.few()
		for i := range 16 {
			digit := "0123456789ABCDEF"[i : i+1]
			for _, dir := range []string{"MAI/MA" + digit, "ATT/AT" + digit} {
				if have[dir[:3]] && !have[dir] {
					f.find(Error, inTree(po.Tree, dir), "directory %s of %s is missing: no mail whose number ends in %s can be stored", dir, po.Ref(), digit)
				}
			}
		}
		f.end("directories of " + po.Ref())
		for _, dir := range append([]string{"."}, mailDirs...) {
			_ = po.Tree.FindTwins(dir, func(w *drive.Twins) error {
				j.Find(inTree(po.Tree, w.Second), "%s and %s of %s differ in the case of letters only: DOS sees one of them", w.First, w.Second, po.Ref())
				return nil
			})
		}
	})
}

func checkSizes(j *Judge) {
	j.trees(func(po *Postoffice) {
		first := firstNetwork(po.Tree)
		f, looked := j.few(), false
		keys, bags := map[string]bool{}, map[string]bool{}
		for _, dir := range []string{"GLB", "KEY", "MBG", "XTN", "NME", "USR", "GRP", "MEM"} {
			err := po.Tree.List(dir, func(e drive.Entry) error {
				if e.Dir || e.Err != nil {
					return nil
				}
				base, ext, _ := strings.Cut(e.Name, ".")
				at := inTree(po.Tree, e.Path)
				switch rule := drive.SizeRuleFor(e.Path); {
				case dir == "KEY" && ext == "KEY":
					keys[base] = true
				case dir == "MBG" && ext == "MBG":
					bags[base] = true
					if e.Size > drive.InqueueMax {
						f.find(Error, at, "%s of %s has %d bytes; a mailbag holds %d at most, and what is above is corrupt", e.Name, po.Ref(), e.Size, drive.InqueueMax)
						return nil
					}
				case rule == nil:
					return nil
				case dir == "XTN" && e.Size == 0 && base != first:
					f.find(Error, at, "%s of %s has 0 bytes: a network without postoffices, for which the gateway's programs run out of memory", e.Name, po.Ref())
					return nil
				}
				rule := drive.SizeRuleFor(e.Path)
				if rule == nil || rule.Allows(e.Size) {
					return nil
				}
				severity := Error
				if contains([]string{"NME", "USR", "GRP", "MEM"}, dir) {
					severity = Warning // not what the gateway reads
				}
				f.find(severity, at, "%s of %s has %d bytes, and %s are possible (%s)", e.Name, po.Ref(), e.Size, rule.Formula, rule.Article)
				return nil
			})
			switch {
			case err == nil:
				looked = true
			case !errors.Is(err, fs.ErrNotExist):
				j.unreadable(err)
			}
		}
		for _, name := range []string{"INQUEUE", "INQUEUE3", "SYSTEM"} {
			if len(bags) > 0 && !bags[name] {
				f.find(Error, inTree(po.Tree, "MBG/"+name+".MBG"), "%s.MBG of %s is missing", name, po.Ref())
			}
			if len(keys) > 0 && !keys[name] {
				f.find(Error, inTree(po.Tree, "KEY/"+name+".KEY"), "%s.KEY of %s is missing", name, po.Ref())
			}
		}
		if len(keys) > 0 && len(bags) > 0 {
			for _, name := range sortedKeys(bags) {
				if !keys[name] && !isSystemBag(name) {
					f.find(Error, inTree(po.Tree, "MBG/"+name+".MBG"), "%s.MBG of %s has no KEY file", name, po.Ref())
				}
			}
			for _, name := range sortedKeys(keys) {
				if !bags[name] && !isSystemBag(name) {
					f.find(Error, inTree(po.Tree, "KEY/"+name+".KEY"), "%s.KEY of %s has no MBG file", name, po.Ref())
				}
			}
		}
		f.end("files of " + po.Ref())
		if looked {
			j.Looked()
		}
	})
}

func isSystemBag(name string) bool { return contains([]string{"INQUEUE", "INQUEUE3", "SYSTEM"}, name) }

// firstNetwork returns the XTN number of the first network, which is the
// postoffice's own. Q135868
func firstNetwork(t *drive.Tree) string {
	list, _, err := t.Networks()
	if err != nil {
		return ""
	}
	for _, n := range list {
		if n.Active() && n.XTN != "" {
			return strings.ToUpper(n.XTN)
		}
	}
	return ""
}

// lockedFiles must be opened by one program at a time. Q99204, Q135926
var lockedFiles = []string{"CONTROL.GLB", "TID.GLB", "FLAG.GLB", "MASTER.GLB"}

func checkShareable(j *Judge) {
	for _, po := range j.Postoffices {
		said, server := po.Said["shareable"], po.Said["server"]
		if server.Known && !strings.Contains(strings.ToLower(server.Value), "netware") {
			j.Looked() // no other server has the attribute
			continue
		}
		if !said.Known && !po.Listing.Known {
			j.Missing("shareable files of %s (shareable, or a listing of NDIR)", po.Ref())
			continue
		}
		j.Looked()
		for _, word := range strings.Split(said.Value, ",") {
			name := strings.ToUpper(strings.TrimSpace(word))
			name = name[strings.LastIndexAny(`\`+name, `\/`):]
			if contains(lockedFiles, name) {
				j.Find(said.At, "%s of %s is shareable: two programs can take the same number for a message", name, po.Ref())
			}
		}
		if !po.Listing.Known {
			continue
		}
		for _, l := range readAttributes(po.Listing.Value) {
			if name := l.path[strings.LastIndexByte(`\`+l.path, '\\'):]; l.shareable && contains(lockedFiles, name) {
				j.Find(l.at, "%s of %s is shareable: two programs can take the same number for a message", name, po.Ref())
			}
		}
	}
}
