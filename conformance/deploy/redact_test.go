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
			got, err := Redact([]byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			note, body, _ := strings.Cut(string(got), "\n")
			if !strings.HasPrefix(note, "# Written by gwcheck: ") || body != c.want {
				t.Errorf("got  %q\nwant %q", body, c.want)
			}
		})
	}
	if _, err := Redact([]byte("a: [")); err == nil {
		t.Error("a broken file is taken")
	}
}
