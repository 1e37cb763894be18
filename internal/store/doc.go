// Package store is the record: submissions, cases, commands, tasks, clocks,
// items, decisions, notices and evidence, in PostgreSQL or SQLite.
//
// There is one function per command and per stage change, and each owns its
// whole transaction (design: "How a command travels"): it locks the
// submission and its cases, takes the time after the lock, checks role, rule
// and stage, and then writes the command, the evidence, the sealed data and
// the due dates together. What is committed is accepted, whatever else is
// down.
//
// The only way in is Store.For(organisation). Row structs are unexported and
// carry the GORM tags; nothing outside this package sees them. Rows are
// created and updated under their version; lists are SQL. The schema is the
// files in migrations/, never AutoMigrate.
package store
