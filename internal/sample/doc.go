// Package sample makes the systems that hold personal data of made-up people:
// the databases that the demonstration and the tests are connected to, one for
// each setting that a mapping asks for.
//
// They are real databases with tables that refer to each other, and they are
// made the same every time. Among the two hundred people of the centre's
// records are two with one name and one date of birth, a couple with one
// mailbox, records that name somebody else, and values that would run as a
// formula, as markup or as a path in a program that is careless with them. The
// other systems have some thirty people each and are data alone
// (systems/*.yaml); those of the forwarder have the same people under other
// numbers. Nobody in them exists.
//
// Each system keeps two counts of its own, which nobody else writes: calls, a
// row for each call that reached it, and changes, one row for each effect key
// that was carried out. A test compares them with what was planned. Each also
// obeys the holds in it by triggers, and has acts of its own (acts.go) with
// which a test sees that it does.
package sample
