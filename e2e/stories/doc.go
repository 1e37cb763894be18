// Package stories tells what happens to whole cases, day by day, as txtar
// files that a lawyer can read: prose, a script of what people did and when,
// and what came of it. Behind each file is the real workflow on Temporal's test
// clock, the real activities, the real store on a database of its own, the real
// packs and calendars with their real times, the real connector over the sample
// system, the real package and the real letters. Only Temporal's server, the
// mail server and the people are played.
//
// Instants are in Japan's time. A changed story is looked at and then kept with
//
//	go test ./e2e/stories -update
package stories
