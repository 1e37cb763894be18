package policy

// What the tests beside the engine compare with its own tables.
var (
	Promisable = promisable
	Freezable  = freezable
)
