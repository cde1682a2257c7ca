package main

import (
	"time"

	"gwkit/emulator"
	"gwkit/emulator/site"
)

// deployment is what the control interface needs from a World that is served.
// Its methods may be called from any goroutine while Serve runs.
type deployment interface {
	Now() time.Time
	Elapsed() time.Duration
	Steps() uint64
	Digest() uint64
	Site() *site.Site
	Waits() []emulator.Waiting

	Submit(emulator.Mail) error
	Mailbag(po, box string) ([]emulator.Item, error)
	DeleteMail(po, box string, slot int) error
	Inject(from string, to []string, data []byte) error
	Outside() []emulator.Delivered
	Queue() []emulator.Queued

	ReadFile(path string) ([]byte, error)
	WriteFile(path string, data []byte) error
	RemoveFile(path string) error
	ListDir(path string) ([]emulator.FileInfo, error)
	SetAttr(path, attrs string) error
	Holders(path string) []string

	PCs() []string
	Screen(pc string) ([]string, error)
	Key(pc, keys string) error
	Reboot(pc string) error
	PowerOff(pc string) error
	PowerOn(pc string) error
	StartProgram(pc, commandLine string) error
	State(pc string) (emulator.PCState, error)

	AddFault(text string) error
	RemoveFault(text string) error
	ClearFaults()
	Faults() []string
	SetDrive(ref string, online bool) error

	Summary() *emulator.Summary
	SaveTo(dir string) error
}

// world is a deployment whose time this program moves.
type world interface {
	deployment
	AddLoad(emulator.Load) error
	Run(time.Duration) emulator.Stop
	RunUntil(cond func() bool, limit time.Duration) (bool, emulator.Stop)
	RunToRest(limit time.Duration) emulator.Stop
	Serve(stop <-chan struct{}, o emulator.ServeOptions) emulator.Stop
	Err() error
	Close() error
}

// drive is one postoffice of a saved drive tree.
type drive interface {
	Ref() string
	Users() []string
	Mailbag(box string) ([]emulator.Item, error)
	Submit(emulator.Mail) error
	Close() error
}

func buildWorld(s *site.Site, o emulator.Options) (world, error) {
	w, err := emulator.New(s, o)
	if err != nil {
		return nil, err
	}
	return w, nil
}

func openDrive(dir string) (drive, error) {
	d, err := emulator.OpenDrive(dir)
	if err != nil {
		return nil, err
	}
	return d, nil
}
