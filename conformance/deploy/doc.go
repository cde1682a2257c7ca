// Package deploy is a real installation as its administrator describes it: the
// deployment file.
//
// Goals: one YAML file that says where the drives, the configuration files and
// the hosts of a deployment are, what gwcheck may do to it, and what it should
// carry; every mistake in it at once with file, line and column; a place for
// each thing that a rule or a live check needs to know and cannot see by
// itself; the same deployment as a site of the emulator, to compare with.
//
// Non-goals: judging a deployment (that is lint; what is wrong in the field
// must parse), speaking to one, and reading drives beyond the few text files
// that Site needs.
//
// # Use
//
//	d, err := deploy.Parse("deploy.yaml", data) // err lists every mistake
//	folder := d.Path(d.Postoffices[0].Drive)
//	s, err := d.Site()                          // for the emulator
//
// # The file
//
// Everything but the version is optional. keys.go has the table of all keys;
// `gwcheck doc --deploy` prints it, `gwcheck doc --schema deploy` prints it as
// a JSON schema. The smallest useful file:
//
//	version: 1
//	postoffices:
//	  - {name: COMPANY/HUB, drive: /mnt/hub, gateway: smtp}
//	pcs:
//	  - {name: GW1, ip: 11.1.16.16, drives: {M: COMPANY/HUB}, run: SMTPGATE -w120 -md -p001}
//
// # Why
//
// A description and a reality that disagree are a finding, so nothing is
// looked up while the file is read, and a value that was not written stays
// empty: what hides behind it is "not judged". What gwcheck may do is a list of
// permissions in the file itself and not a flag, because whoever owns the
// deployment writes the file.
package deploy
