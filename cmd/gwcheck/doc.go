package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"gwkit/conformance"
	"gwkit/conformance/deploy"
	"gwkit/conformance/invariant"
	"gwkit/conformance/report"
	"gwkit/conformance/target"
)

func newDoc() *cobra.Command {
	var schema string
	var readme, man, invariants, deployment bool
	cmd := &cobra.Command{
		Use:   "doc",
		Short: "print generated documents: JSON schemas, the guide to scripts, the manual page",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			asked := 0
			for _, b := range []bool{schema != "", readme, man, invariants, deployment} {
				if b {
					asked++
				}
			}
			if asked != 1 {
				return fmt.Errorf("cannot print a document: give one of --schema NAME (%s), --scripts-readme, --invariants, --deploy, --man", strings.Join(schemaNames(), ", "))
			}
			switch {
			case schema != "":
				data, err := schemaOf(schema)
				if err != nil {
					return err
				}
				_, err = out.Write(data)
				return err
			case invariants:
				return invariant.WriteMarkdown(out)
			case deployment:
				_, err := fmt.Fprint(out, deploy.Reference())
				return err
			case readme:
				_, err := fmt.Fprint(out, conformance.README())
				return err
			}
			return writeManual(out, cmd.Root())
		},
	}
	cmd.Flags().StringVar(&schema, "schema", "", "the JSON schema of a document: "+strings.Join(schemaNames(), ", "))
	cmd.Flags().BoolVar(&readme, "scripts-readme", false, "the guide to writing scripts")
	cmd.Flags().BoolVar(&invariants, "invariants", false, "the guarantees that explore judges, and the conditions that a search should meet")
	cmd.Flags().BoolVar(&deployment, "deploy", false, "the keys of the deployment file")
	cmd.Flags().BoolVar(&man, "man", false, "the manual page of gwcheck")
	return cmd
}

// gwemuRun is the document of the other program; all schemas are published here.
const gwemuRun = "gwemu-run"

// deployFile is printed from the table that its reader uses.
const deployFile = "deploy"

func schemaNames() []string { return append([]string{gwemuRun}, report.Schemas()...) }

func schemaOf(name string) ([]byte, error) {
	switch name {
	case gwemuRun:
		return target.SummarySchema(), nil
	case deployFile:
		return deploy.Schema(), nil
	}
	if !slices.Contains(schemaNames(), name) {
		return nil, fmt.Errorf("cannot print schema %q: want one of: %s", name, strings.Join(schemaNames(), ", "))
	}
	return report.Schema(name)
}
