// Package driver is a visitor for end-to-end tests: it starts the real program
// and reads its pages as a person does, by the texts of links, labels and
// buttons that stand in them. It knows where to begin (a portal, the desk, the
// board, the mailbox) and no other address and no name of a field, so that a
// page that cannot be used by its words fails its test.
//
// Browser speaks plain HTTP with cookies and runs no script, which the product
// does not need. What only a real browser can tell is left to the one test that
// starts Chromium.
//
// A step that cannot be done ends the test with the text of the page on which
// it was tried.
package driver
