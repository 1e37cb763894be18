// Package rehearsal plays the people of a request: the person who asks, the
// clerk, the handler, the approver. It calls the methods that the pages call and
// waits for the process to carry out what was said, so that a sample case of the
// demonstration and a case of a fault test come about as a real one does.
// Nothing is written past the engine.
//
// It knows no organisation: what it files and how it is proven come from the
// pack.
package rehearsal
