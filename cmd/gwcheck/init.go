package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"gwkit/conformance/deploy"
	"gwkit/conformance/report"
)

func newInit() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "init DIR",
		Short: "print a first deployment file from what a folder of drives holds",
		Long: `Print a deployment file to begin with. DIR is the database of one postoffice (a
mapped drive), or a folder of such folders and of the disks of PCs, as gwemu
serve --drive keeps them. Nothing there is changed. What cannot be seen is
guessed or left open, and a comment says so.`,
		Example: `  gwcheck init /mnt/drives -o deploy.yaml
  gwcheck init M:\ > deploy.yaml`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			base := "."
			if output != "" {
				base = filepath.Dir(output)
			}
			text, err := deploy.Guess(args[0], base)
			if err != nil {
				return err
			}
			if output == "" {
				_, err = cmd.OutOrStdout().Write(text)
				return err
			}
			if _, err := os.Lstat(output); err == nil {
				return fmt.Errorf("cannot write %s: it is there already", output)
			}
			return report.WriteFile(output, func(w io.Writer) error { _, err := w.Write(text); return err })
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "file to write instead of standard output")
	return cmd
}
