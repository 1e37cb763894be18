package workflows

import (
	"go.temporal.io/sdk/workflow"
)

// Suspension ends the use of data and its provision (APPI Art. 35(1), (5) and
// the policies' own promise). Its line is an erasure's: an item whose ground
// asks for more may be erased, and then cools off like every other one.
func Suspension(ctx workflow.Context, in Start) (Result, error) { return erasing(ctx, in) }
