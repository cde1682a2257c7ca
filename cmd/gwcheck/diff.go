package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"gwkit/conformance/report"
)

func newDiff() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "diff RUN1 RUN2",
		Short: "compare the results of two runs, statement by statement",
		Long: `Compare two runs of gwcheck without asking any deployment: folders that run
--target wrote, or files in the form json. Verdicts are compared, and what the
live checks saw, word for word; measurements such as seconds are not.

Exit status:
  0  the runs agree
  1  they differ
  2  usage error or unreadable input`,
		Example: `  gwcheck diff gwcheck-results/20260301-0900 gwcheck-results/20260308-0900
  gwcheck diff before.json after.json --format json`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			first, err := report.Read(args[0])
			if err != nil {
				return err
			}
			second, err := report.Read(args[1])
			if err != nil {
				return err
			}
			list := report.Compare(first, second)
			switch format {
			case "text":
				err = report.WriteDifferences(cmd.OutOrStdout(), list)
			case "json":
				err = report.JSON(cmd.OutOrStdout(), differences{Version: report.Version, First: args[0], Second: args[1], Differences: list})
			default:
				err = fmt.Errorf("cannot write format %q: want text or json", format)
			}
			if err != nil {
				return err
			}
			if len(list) > 0 {
				return status(exitFail)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "form of the result: text, json")
	return cmd
}

// differences is the JSON form of a comparison.
type differences struct {
	Version     int                 `json:"version"`
	First       string              `json:"first"`
	Second      string              `json:"second"`
	Differences []report.Difference `json:"differences"`
}
