// Package sample makes a system that holds personal data of made-up people:
// the database that the demonstration and the tests are connected to.
//
// It is a real database with tables that refer to each other, and it is made
// the same every time. Among the two hundred people are two with one name and
// one date of birth, a couple with one mailbox, records that name somebody
// else, and values that would run as a formula, as markup or as a path in a
// program that is careless with them. Nobody in it exists; what they are made
// of stands in texts.yaml.
//
// The system keeps two counts of its own, which nobody else writes: calls, a
// row for each call that reached it, and changes, one row for each effect key
// that was carried out. A test compares them with what was planned.
package sample
