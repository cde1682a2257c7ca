// Package scripts holds the built-in conformance scripts.
//
// Goals: one flat folder of txtar files, embedded so that gwcheck needs
// nothing beside itself. README.md says how a script is written; it is
// generated from the command table of package conformance.
//
// Non-goals: code. The folder is named testdata so that go list ./... passes it
// by; it is imported by its path.
package scripts

import "embed"

// FS has the scripts.
//
//go:embed *.txtar
var FS embed.FS

// Folder is where the scripts are in the source tree; messages name them so.
const Folder = "testdata/scripts"
