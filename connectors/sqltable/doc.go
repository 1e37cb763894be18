// Package sqltable connects a SQL database, SQLite or PostgreSQL, by a mapping
// file: which table has the people, which tables hold what about them, what
// the columns are called in the person's language. No line of Go knows an
// organisation.
//
// The mapping names tables and columns only. They are checked against a
// pattern and quoted, values are always parameters, and there is no place for
// SQL in it. The address of the database is a setting; the mapping has its
// name.
//
// Two rules guard against giving away somebody else's data. Every row is read
// together with the identifier by which it belongs to a person, and one whose
// identifier is not exactly the chosen one is dropped, whatever the database's
// collation thinks of it. And rows that hang on a contact point which two
// people have on file are marked doubtful, for a person to decide.
//
// Errors carry a fault, a code and what the database calls the failure
// (SQLSTATE or result code), never its message: messages quote values.
package sqltable
