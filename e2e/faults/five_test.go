package faults

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"madoguchi/connectors"
	"madoguchi/connectors/sqltable"
	"madoguchi/docs/samples"
	"madoguchi/dsr"
	"madoguchi/internal/rehearsal"
	"madoguchi/internal/sample"
	"madoguchi/internal/store"
	"madoguchi/packs"
	"madoguchi/policy"
)

// troupe is one organisation with its people and its made-up systems.
type troupe struct {
	rehearsal.Cast
	r        *rig
	systems  *connectors.Registry
	people   []sample.Person
	erasable map[policy.Place]bool
	next     int
}

// troupes opens every organisation of the packs, with staff of its own.
func (r *rig) troupes(s *store.Store) (out []*troupe) {
	r.Helper()
	systems, err := connectors.New(packs.Files, func(string) string { return "" })
	must(r, err)
	for n, p := range r.library.Packs() {
		t := &troupe{r: r, systems: systems, erasable: map[policy.Place]bool{}, Cast: rehearsal.Cast{Office: s.For(p.ID), Pack: p,
			Picture: samples.ResidenceCard, Patience: 5 * time.Minute, Poll: 60 * time.Millisecond}}
		t.Code = t.code
		actors := map[dsr.Role]dsr.Actor{}
		for _, role := range []dsr.Role{dsr.RoleClerk, dsr.RoleHandler, dsr.RoleApprover, dsr.RoleAdmin} {
			login := fmt.Sprintf("%s%d", role, n)
			_, err := s.AddStaff(r.Context(), login, "Faults Example", dsr.VoiceEn, map[string][]dsr.Role{p.ID: {role}})
			must(r, err)
			staff, err := s.ListStaff(r.Context())
			must(r, err)
			for _, x := range staff {
				if x.Login == login {
					actors[role] = dsr.Actor{Kind: dsr.ActorStaff, ID: x.ID, Roles: []dsr.Role{role}}
				}
			}
		}
		t.Clerk, t.Handler, t.Approver = actors[dsr.RoleClerk], actors[dsr.RoleHandler], actors[dsr.RoleApprover]
		if p.Roles != nil && p.Roles.Appointments {
			for _, role := range []dsr.Role{dsr.RoleHandler, dsr.RoleApprover} {
				must(r, s.For(p.ID).Appoint(r.Context(), actors[dsr.RoleAdmin], dsr.Appointment{Staff: actors[role].ID, Role: role}))
			}
		}
		for _, sys := range p.Systems {
			made, err := sample.Of(systems.Setting(p.ID, sys.ID))
			must(r, err)
			for _, x := range made.People() {
				same := func(y sample.Person) bool { return y.Mail == x.Mail || y.Name == x.Name && y.BornOn == x.BornOn }
				if strings.Contains(x.Mail, "@") && !slices.ContainsFunc(t.people, same) {
					t.people = append(t.people, x)
				}
			}
			m, err := sqltable.Load(packs.Files, sys.Mapping)
			must(r, err)
			for _, c := range m.Categories {
				t.erasable[policy.Place{System: sys.ID, Category: c.ID}] = c.Erasable
			}
		}
		out = append(out, t)
	}
	return out
}

func (t *troupe) code(ctx context.Context, address string, since time.Time) (code string, err error) {
	until(t.r, 3*time.Minute, "a code arrives", func() bool {
		mails, listed := t.r.sink.List()
		if err = listed; err != nil {
			return true
		}
		for _, m := range mails {
			if found := codeInMail.FindStringSubmatch(m.Text); found != nil && slices.Contains(m.To, address) && !m.At.Before(since) {
				code = found[1] + found[2]
			}
		}
		return code != ""
	})
	return code, err
}

// erase is the answer of a deletion that erases what can be erased and
// suspends the rest.
func (t *troupe) erase(page dsr.ReviewPage, n int, item *dsr.Item) {
	if t.Grant(dsr.KindDeletion)(page, n, item); item.Decision.Measure == dsr.MeasureSuspend &&
		t.erasable[policy.Place{System: item.System, Category: item.Record.Category}] {
		item.Decision.Measure = dsr.MeasureErase
	}
}

// round plays one case of every kind and gives them.
func (t *troupe) round(ctx context.Context) (all []rehearsal.Case, err error) {
	desk := t.Channel(dsr.ChannelTelephone, dsr.ChannelPost)
	for _, kind := range []dsr.Kind{dsr.KindDisclosure, dsr.KindCorrection, dsr.KindDeletion, dsr.KindSuspension} {
		x := t.people[t.next%len(t.people)]
		t.next++
		r := rehearsal.Request{Token: fmt.Sprintf("five-%s-%d-%s", t.Pack.ID, t.next, strings.Repeat("x", 20)), Kind: kind, Channel: dsr.ChannelPortal,
			Voice: dsr.Voice(t.Pack.Language), Person: dsr.Person{Name: x.Name, Kana: x.Kana, BornOn: x.BornOn, Mail: x.Mail, Phone: x.Phone,
				Address: x.Address, Number: x.Number}}
		answer, finding := t.Grant(kind), dsr.FindingGround
		switch kind {
		case dsr.KindCorrection:
			finding = dsr.FindingWrong
			r.Claims = []dsr.Claim{{Field: "phone", Now: x.Phone, Should: fmt.Sprintf("090-0000-8%03d", t.next)}}
		case dsr.KindDeletion:
			answer = t.erase
		case dsr.KindSuspension:
			r.Channel = desk
		}
		c, err := t.File(ctx, r)
		if err != nil {
			return all, err
		}
		all = append(all, c)
		for _, do := range []func() error{
			func() error { return t.Papers(ctx, c) },
			func() error { return t.Verify(ctx, c) },
			func() error { // now and then somebody needs more time
				if kind != dsr.KindDeletion {
					return nil
				}
				_, err := t.Extend(ctx, c, "checking")
				return err
			},
			func() error { return t.Investigate(ctx, c, finding, "compared") },
			func() error { return t.Decide(ctx, c, answer) },
			func() error { return t.Agree(ctx, c) },
		} {
			if err := do(); err != nil {
				return all, fmt.Errorf("%s at %s: %w", kind, t.Pack.Slug, err)
			}
		}
	}
	return all, nil
}

// paths are the files of the organisation's systems, in the order of its pack.
func (t *troupe) paths() (out []string) {
	for _, sys := range t.Pack.Systems {
		out = append(out, filepath.Join(filepath.Dir(t.r.system()), strings.ToLower(t.systems.Setting(t.Pack.ID, sys.ID))+".db"))
	}
	return out
}

// askedAt are one system's own two counts.
func (r *rig) askedAt(path string) asked {
	r.Helper()
	db, err := sample.Open(path)
	must(r, err)
	defer db.Close()
	a := asked{map[string]int{}, map[string]int{}}
	for table, into := range map[string]map[string]int{"calls": a.calls, "changes": a.changes} {
		rows, err := db.Query("SELECT key, COUNT(*) FROM " + table + " GROUP BY key")
		must(r, err)
		for rows.Next() {
			var key string
			var n int
			must(r, rows.Scan(&key, &n))
			into[key] = n
		}
		must(r, rows.Err())
		rows.Close()
	}
	return a
}

// Every kind at every organisation, while worker and Temporal are killed a
// hundred times: nothing is lost, and every change of state happens once by the
// connected systems' own counts.
func TestEveryJourneySurvivesAHundredKills(t *testing.T) {
	t.Parallel()
	kills := map[string]int{"worker": 85, "Temporal": 15}
	began := time.Now()
	r := onPostgres(t, "development")
	r.move(0)
	for _, setting := range sample.Settings() {
		path := filepath.Join(filepath.Dir(r.system()), strings.ToLower(setting)+".db")
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		must(t, sample.Create(t.Context(), setting, path))
	}
	r.start()
	all := r.troupes(r.openStore())

	var done atomic.Int64 // killers that have finished
	var killed atomic.Int64
	var killing, playing sync.WaitGroup
	failed := make(chan error, 64)
	for name, v := range map[string]victim{"worker": r.worker.victim(), "Temporal": {"Temporal",
		func() bool { return r.temporal.PID() != 0 && ready(t, r.temporal) }, func() { _ = r.temporal.Kill() }, nil}} {
		rnd := rand.New(rand.NewPCG(seed, uint64(kills[name])))
		killing.Go(func() {
			defer done.Add(1)
			for n := 0; n < kills[name]; {
				for limit := time.Now().Add(2 * time.Minute); !v.ready(); time.Sleep(20 * time.Millisecond) {
					if time.Now().After(limit) {
						failed <- errors.New(name + " does not come back")
						return
					}
				}
				time.Sleep(time.Duration(rnd.IntN(1000)) * time.Millisecond)
				v.kill()
				killed.Add(1)
				n++
				if v.again != nil {
					time.Sleep(time.Duration(rnd.IntN(200)) * time.Millisecond)
					if err := v.again(); err != nil {
						failed <- err
						return
					}
				}
			}
		})
	}
	// Acts on these systems take no time: one of them after the other is held
	// shut for a moment, so that kills may strike inside.
	// TestEffectsHappenOnceWhileTheWorkerIsKilled makes sure that one does.
	killing.Go(func() {
		rnd := rand.New(rand.NewPCG(seed, 0))
		var paths []string
		for _, tr := range all {
			paths = append(paths, tr.paths()...)
		}
		for done.Load() < 2 {
			open := r.shutAt(paths[rnd.IntN(len(paths))])
			time.Sleep(time.Duration(200+rnd.IntN(500)) * time.Millisecond)
			open()
		}
	})
	filed := make([][]rehearsal.Case, len(all))
	for i, tr := range all {
		playing.Go(func() {
			for round := 0; round == 0 || done.Load() < 2 && round < 6; round++ {
				cases, err := tr.round(t.Context())
				filed[i] = append(filed[i], cases...)
				if err != nil {
					failed <- err
					return
				}
			}
		})
	}
	playing.Wait()
	killing.Wait()
	close(failed)
	for err := range failed {
		t.Error(err)
	}
	if t.Failed() {
		t.FailNow()
	}
	stormed := time.Since(began)
	until(t, 2*time.Minute, "the worker is ready", r.worker.ready)

	// The time in which an erasure can be stopped passes; the recipients are told.
	for i, tr := range all {
		for _, c := range filed[i] {
			if c.Kind == dsr.KindDisclosure {
				// Of somebody the systems may hold nothing that can be given.
				_, err := tr.Until(t.Context(), c, func(p dsr.CasePage) bool { return p.Stage == dsr.StageDelivery || !p.Stage.Open() })
				must(t, err)
			} else if c.Kind == dsr.KindDeletion {
				_, err := tr.Until(t.Context(), c, func(p dsr.CasePage) bool {
					return p.CoolingOffUntil > 0 || p.Stage == dsr.StageNotified || !p.Stage.Open()
				})
				must(t, err)
			}
		}
	}
	r.move(73 * time.Hour)
	var cases, told int
	for i, tr := range all {
		for _, c := range filed[i] {
			cases++
			if c.Kind == dsr.KindDisclosure {
				continue
			}
			must(t, tr.Tell(t.Context(), c, dsr.RecipientInformed))
			told++
			_, err := tr.Until(t.Context(), c, func(p dsr.CasePage) bool { return !p.Stage.Open() })
			must(t, err)
		}
	}
	r.settled()

	// Nothing lost, nothing doubled.
	if n := r.number("SELECT COUNT(*) FROM cases"); n != cases {
		t.Errorf("%d cases were filed and %d are there", cases, n)
	}
	list := runs(t, r.temporal.Address())
	for i := range all {
		for _, c := range filed[i] {
			want := "Completed"
			if r.number("SELECT COUNT(*) FROM cases WHERE id = ? AND stage <> 'closed'", c.ID()) == 1 {
				want = "Running"
			}
			if states := list["dsr/"+c.ID()+"/1"]; len(states) == 0 || slices.ContainsFunc(states, func(s string) bool { return s != want && s != "ContinuedAsNew" }) {
				t.Errorf("a %s at %s has the runs %v", c.Kind, all[i].Pack.Slug, states)
			}
		}
	}
	if n := r.number("SELECT COUNT(*) FROM effects WHERE state NOT IN ('verified', 'waived')"); n != 0 {
		t.Errorf("%d effects are neither done nor waived", n)
	}

	// An extension holds once, or its order ended with the answer; none hangs.
	held, ended := r.number("SELECT COUNT(*) FROM extensions WHERE state = 'in-force'"), r.number("SELECT COUNT(*) FROM extensions WHERE state = 'cancelled'")
	if all := r.number("SELECT COUNT(*) FROM extensions"); all == 0 || held+ended != all {
		t.Errorf("of %d extensions %d are in force and %d ended with the answer", all, held, ended)
	}
	if n := r.number("SELECT COUNT(*) FROM clock_events WHERE kind = 'extension'"); n != held {
		t.Errorf("%d extensions are in force and the clocks heard of %d", held, n)
	}

	// By the systems' own counts.
	var calls, changes int
	for _, tr := range all {
		for i, sys := range tr.Pack.Systems {
			path := tr.paths()[i]
			a := r.askedAt(path)
			plan := r.texts("SELECT id FROM effects WHERE state = 'verified' AND organisation = ? AND connector = ?", tr.Pack.ID, sys.ID)
			for _, w := range a.wrong(plan) {
				t.Errorf("%s of %s: %s", sys.ID, tr.Pack.Slug, w)
			}
			for _, n := range a.calls {
				calls += n
			}
			for _, n := range a.changes {
				changes += n
			}
			if len(plan) > 0 {
				if delete(a.changes, plan[0]); len(a.wrong(plan)) == 0 {
					t.Error("a change taken away is not seen")
				}
			}
			r.nothingHeld(path)
		}
	}
	r.whole()
	planned := r.number("SELECT COUNT(*) FROM effects WHERE state = 'verified'")
	t.Logf("counts: PostgreSQL, seed %d: %d kills (worker %d, Temporal %d), %d cases of four kinds at %d organisations, %d acts verified, %d changes, %d calls, %d erasures, %d scheduled, %d tries, %d extensions in force, %d ended with the answer, %.0f s storm, %.0f s in all",
		seed, killed.Load(), kills["worker"], kills["Temporal"], cases, len(all), planned, changes, calls,
		r.number("SELECT COUNT(*) FROM effects WHERE state = 'verified' AND action = 'erase'"), r.number("SELECT COUNT(*) FROM scheduled_erasures"),
		r.number("SELECT SUM(tries) FROM effects"), held, ended, stormed.Seconds(), time.Since(began).Seconds())
	if changes != planned || told == 0 {
		t.Errorf("%d acts are recorded and the systems counted %d", planned, changes)
	}
}

// nothingHeld fails when a closed case's freeze or preservation stands. The
// disclosures that wait for their download still preserve.
func (r *rig) nothingHeld(path string) {
	r.Helper()
	db, err := sample.Open(path)
	must(r, err)
	defer db.Close()
	rows, err := db.Query("SELECT DISTINCT token FROM holds WHERE kind IN ('freeze', 'preservation')")
	must(r, err)
	defer rows.Close()
	for rows.Next() {
		var token string
		must(r, rows.Scan(&token))
		if r.number("SELECT COUNT(*) FROM cases WHERE id = ? AND stage <> 'closed'", token) != 1 {
			r.Errorf("a hold of case %s stands in %s, and the case is closed", token, filepath.Base(path))
		}
	}
	must(r, rows.Err())
}
