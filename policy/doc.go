// Package policy reads the packs: one organisation's policy, written as data
// and layered over the statute.
//
// A pack is what an organisation promises a person who asks about their own
// data: who answers and where, which kinds of request, by which papers they
// prove who they are, what may be withheld on which ground, and how long each
// step may take. The statute (packs/law) is a floor: where a policy's text is
// narrower than the law, or garbled, the pack must carry a recorded reading,
// and what is executed is the law's condition.
//
// The layers of one organisation, lowest first:
//
//  1. packs/law/<regime>.yaml     the statute, with articles and dates
//  2. packs/defaults.yaml         our own numbers and the catalogue of papers
//  3. packs/<slug>/pack.yaml      the organisation
//  4. packs/demonstration/*.yaml  minutes in place of days, only when asked for
//
// A pack's digest is taken over all layers; a case keeps the digest it arrived
// under. The package is pure: it reads from the fs.FS it is given, asks no
// clock, opens no network, and knows no organisation by name.
package policy
