package deploy

import (
	"strings"
	"testing"
)

func TestRedact(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"flow", "users: [ann, 'bob']\n", "users:\n- user1\n- user2\n"},
		{"block", "users:\n  - ann\n  - \"bob\"\n", "users:\n- user1\n- user2\n"},
		{"mappings", "users:\n  - {name: ann, fullName: Ann Smith, external: false}\n  - name: bob\n", "users:\n- name: user1\n  fullName: redacted\n  external: false\n- name: user2\n"},
		{"a number as a name", "users: [12345]\n", "users:\n- user1\n"},
		{"an anchor", "postoffices: [{name: A/B, users: &who [ann]}, {name: A/C, users: *who}]\n", "postoffices:\n- name: A/B\n  users:\n  - user1\n- name: A/C\n  users:\n  - user1\n"},
		{"the same one", "users: [ann, bob]\ntest:\n  mailboxes:\n    - user: BOB\n      address: Bob@hub.example\n", "users:\n- user1\n- user2\ntest:\n  mailboxes:\n  - user: user2\n    address: user2@hub.example\n"},
		{"a command in lines", "submit:\n  command: >-\n    send --password hunter2\n    {to}\n", "submit:\n  command: redacted\n"},
		{"an address in a text", "name: ask <ann.o'neil@x.example> or b%c@y.example\n", "name: ask <user1@x.example> or user2@y.example\n"},
		{"comments", "name: kept # ann has the key\n# hunter2\n", "name: kept\n"},
		{"licences", "postoffices: [{name: A/B, serialNumber: 12-345, sharedGroups: [board]}]\n", "postoffices:\n- name: A/B\n  serialNumber: redacted\n  sharedGroups:\n  - redacted\n"},
		{"the rest", "version: 1\npcs: [{name: GW1, run: SMTPGATE -w120, dedicated: true}]\n", "version: 1\npcs:\n- name: GW1\n  run: SMTPGATE -w120\n  dedicated: true\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := NewRedactor([]byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.YAML()
			if err != nil {
				t.Fatal(err)
			}
			note, body, _ := strings.Cut(string(got), "\n")
			if !strings.HasPrefix(note, "# Written by gwcheck: ") || body != c.want {
				t.Errorf("got  %q\nwant %q", body, c.want)
			}
		})
	}
	if _, err := NewRedactor([]byte("a: [")); err == nil {
		t.Error("a broken file is taken")
	}
}

const secretive = `version: 1
name: the works
allow: [read, probe, message]
postoffices:
  - {name: A/HUB, drive: '//admin:s3cret@server/hub', gateway: smtp, serialNumber: 12-345678, sharedGroups: [Board Of Directors], users: [ADMIN, margb, {name: tomk, fullName: Thomas Knight}]}
  - {name: A/SALES, drive: /home/jsmith/drives/sales, users: [sales]}
test:
  mailboxes: [{postoffice: A/HUB, user: margb, address: margaret.o'brien@hub.example}]
  outside: wellknown@outside.example
  submit: {command: '/opt/Mailer/send --password hunter2 -u jdoe {to}', attach: '--key x9y {attachment}'}
`

// One redactor for texts, JSON and pages: the same user has the same name.
func TestRedactorLeavesNothingPrivateInAnyForm(t *testing.T) {
	r, err := NewRedactor([]byte(secretive))
	if err != nil {
		t.Fatal(err)
	}
	text := "A/HUB/margb wrote to <wellknown@outside.example>, MARGARET.O (Thomas Knight, TOMK, 12-345678): cannot submit with \"/opt/Mailer/send\": --password hunter2 x9y JDOE; " +
		"//admin:s3cret@server/hub /home/jsmith/drives/sales; board of directors; ADMIN and postmaster@hub.example of A/SALES"
	got := r.Text(text)
	for _, secret := range []string{"margb", "margaret", "brien", "wellknown", "tomk", "thomas", "knight", "345678", "hunter2", "x9y", "jdoe", "s3cret", "jsmith", "directors", "mailer"} {
		if strings.Contains(strings.ToLower(got), secret) {
			t.Errorf("%s is left in %s", secret, got)
		}
	}
	for _, kept := range []string{"A/HUB/user1 wrote to <user", "@outside.example>", "ADMIN and postmaster@hub.example of A/SALES", "--password redacted", "server/hub", "/drives/sales"} {
		if !strings.Contains(got, kept) {
			t.Errorf("%q is lost in %s", kept, got)
		}
	}
	data, err := r.JSON([]byte(`{"version": 1, "rule": "margb", "message": "margb", "list": [{"tomk": "tomk"}], "n": 12345678901234567890}`))
	if err != nil || strings.Join(strings.Fields(string(data)), " ") != `{ "list": [ { "tomk": "user2" } ], "message": "user1", "n": 12345678901234567890, "rule": "margb", "version": 1 }` {
		t.Errorf("%v %s", err, data)
	}
	if page := string(r.HTML([]byte("<style>.margb{}</style><p class=margb>margb &amp; hunter2</p>"))); page != "<style>.margb{}</style><p class=margb>user1 &amp; redacted</p>" {
		t.Errorf("%s", page)
	}
}
