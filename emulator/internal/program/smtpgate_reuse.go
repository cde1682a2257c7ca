package program

import (
	"bytes"
	"slices"
	"strings"

	"gwkit/emulator/internal/charset"
	"gwkit/emulator/internal/dos"
	"gwkit/emulator/site"
)

// gateReuse is what the gateways of one PC use again from start to start. Its
// buffers are good until their next use. What was read from a file or a command
// line comes with the text it was read from: the same text is not read again, so
// nothing here may be changed.
type gateReuse struct {
	line   lineBuffer // of the connection being served
	logged gateLog

	// A line or file to be written, what it is made of, the message in hand,
	// and the text or envelope made from it.
	buf, buf2, message, content []byte

	paths   map[driveFile]driveFileNames
	args    []string // of a program that is started
	file    []byte   // the configuration file read last
	options optionsRead
	local   localCfgRead
	addrMap addrMapRead
	tables  [2]tableRead
}

func newGateReuse() any { return &gateReuse{paths: map[driveFile]driveFileNames{}} }

// driveFile is one of the gateway's own files on a drive.
type driveFile struct{ drive, file string }

// driveFileNames is its name: as it is used, and in small letters.
type driveFileNames struct{ path, lower string }

func (g *gate) names(file string) driveFileNames {
	f := driveFile{g.drive, file}
	n, ok := g.paths[f]
	if !ok {
		n = driveFileNames{g.drive + file, strings.ToLower(g.drive + file)}
		g.paths[f] = n
	}
	return n
}

// path returns the name of one of the files that there are always.
func (g *gate) path(file string) string { return g.names(file).path }

// lowerPath is path in small letters, as the log and command lines have it.
func (g *gate) lowerPath(file string) string { return g.names(file).lower }

type optionsRead struct {
	args    []string
	version string
	is      site.GatewayOptions
}

type localCfgRead struct {
	data []byte
	is   site.Config
}

type addrMapRead struct {
	data []byte
	is   []site.Mapping
}

type tableRead struct {
	data []byte
	is   *charset.Table
}

func (r *gateReuse) parseOptions(args []string, version string) (site.GatewayOptions, error) {
	if l := &r.options; l.args == nil || l.version != version || !slices.Equal(l.args, args) {
		o, err := site.ParseGateway(args, version)
		if err != nil {
			return o, err
		}
		*l = optionsRead{slices.Clone(args), version, o}
	}
	return r.options.is, nil
}

func (r *gateReuse) parseLocalCfg(data []byte) (site.Config, error) {
	if l := &r.local; l.data == nil || !bytes.Equal(l.data, data) {
		c, err := site.ParseLocalCfg(data)
		if err != nil {
			return c, err
		}
		*l = localCfgRead{bytes.Clone(data), c}
	}
	return r.local.is, nil
}

func (r *gateReuse) parseAddrMap(data []byte) ([]site.Mapping, error) {
	if l := &r.addrMap; l.data == nil || !bytes.Equal(l.data, data) {
		m, err := site.ParseAddrMap(data)
		if err != nil {
			return m, err
		}
		*l = addrMapRead{bytes.Clone(data), m}
	}
	return r.addrMap.is, nil
}

func (r *gateReuse) parseTable(file string, data []byte) (*charset.Table, error) {
	l := &r.tables[0]
	if file == fileTableOut {
		l = &r.tables[1]
	}
	if l.data == nil || !bytes.Equal(l.data, data) {
		t, err := charset.Parse(data)
		if err != nil {
			return nil, err
		}
		*l = tableRead{bytes.Clone(data), t}
	}
	return l.is, nil
}

// readConfig reads a configuration file; the bytes are good until the next one.
func (g *gate) readConfig(name string) ([]byte, error) {
	data, err := g.t.ReadFileInto(g.file, name, dos.Read|dos.DenyNone)
	if data != nil {
		g.file = data
	}
	return data, err
}
