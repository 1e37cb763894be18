package storetest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"madoguchi/dsr"
)

// What the store promises of personal data, codes, mails and accounts.
var dataPromises = []promise{
	{"sealed columns hold nothing that can be read, and no other column holds a person", func(t *testing.T, h *House) {
		c := h.File(t).ToClosed(t)
		must(t, c.Office().Write(t.Context(), c.Submission, c.ID, "Canary wrote this"))
		must(t, c.Office().AddNote(t.Context(), h.Handler, c.ID, "Canary noted this"))
		d, err := h.Office().NewDraft(t.Context(), dsr.VoiceVi)
		must(t, err)
		d.Answers = map[string]string{"name": Name}
		must(t, h.Office().SaveDraft(t.Context(), d))
		for _, table := range h.Tables(t) {
			rows, err := h.DB.Query("SELECT * FROM " + table)
			must(t, err)
			cols, err := rows.Columns()
			must(t, err)
			for rows.Next() {
				values, to := make([]any, len(cols)), make([]any, len(cols))
				for i := range values {
					to[i] = &values[i]
				}
				must(t, rows.Scan(to...))
				for i, v := range values {
					text := fmt.Sprint(v)
					if b, ok := v.([]byte); ok {
						text = string(b)
					}
					if strings.Contains(strings.ToLower(text), "canary") {
						t.Errorf("%s.%s holds a person", table, cols[i])
					}
				}
			}
			rows.Close()
		}
	}},

	{"a draft is given back to its token until it ends", func(t *testing.T, h *House) {
		o, ctx := h.Office(), t.Context()
		d, err := o.NewDraft(ctx, dsr.VoiceVi)
		must(t, err)
		d.Answers["name"] = Name
		must(t, o.SaveDraft(ctx, d))
		got, err := o.Draft(ctx, d.Token)
		must(t, err)
		equal(t, "answer", got.Answers["name"], Name)
		_, err = o.Draft(ctx, "another token")
		want(t, err, dsr.NotFound, "error.draft-ended")
		// A client that lost our answer sends the same form again.
		f := Filing(d.FormToken)
		f.Draft = d.Token
		first, err := o.File(ctx, dsr.Actor{Kind: dsr.ActorPerson}, f)
		must(t, err)
		again, err := o.File(ctx, dsr.Actor{Kind: dsr.ActorPerson}, f)
		must(t, err)
		equal(t, "reference", again.Reference, first.Reference)
		h.Clock.Advance(2 * time.Hour)
		must(t, o.Tidy(ctx))
		_, err = o.Draft(ctx, d.Token)
		want(t, err, dsr.NotFound, "error.draft-ended")
		equal(t, "drafts", h.Int(t, "SELECT COUNT(*) FROM drafts"), 0)

		kept, err := o.NewDraft(ctx, dsr.VoiceJa)
		must(t, err)
		h.Clock.Advance(13 * 24 * time.Hour)
		must(t, o.Tidy(ctx))
		_, err = o.Draft(ctx, kept.Token)
		must(t, err)
		h.Clock.Advance(25 * time.Hour)
		_, err = o.Draft(ctx, kept.Token)
		want(t, err, dsr.NotFound, "")
		must(t, o.Tidy(ctx))
		equal(t, "keys of drafts", h.Int(t, "SELECT COUNT(*) FROM keys WHERE destroyed_at > 0"), 2)
	}},

	{"identity papers go a day after the decision, and the fact stays", func(t *testing.T, h *House) {
		c := h.File(t).ToReview(t)
		must(t, c.Office().Tidy(t.Context()))
		doc := h.Text(t, "SELECT id FROM documents WHERE submission = ?", c.Submission)
		_, image, err := c.Office().Document(t.Context(), h.Handler, c.ID, doc)
		must(t, err)
		if !bytes.Contains(image, []byte(Name)) {
			t.Fatal("another picture")
		}
		h.Clock.Advance(24*time.Hour + time.Second)
		must(t, c.Office().Tidy(t.Context()))
		_, _, err = c.Office().Document(t.Context(), h.Handler, c.ID, doc)
		want(t, err, dsr.NotFound, "")
		equal(t, "papers", h.Int(t, "SELECT COUNT(*) FROM documents WHERE data_sealed IS NOT NULL"), 0)
		equal(t, "checker", h.Text(t, "SELECT identity_by FROM submissions WHERE id = ?", c.Submission), h.Handler.ID)
		page, err := c.Office().Case(t.Context(), h.Handler, c.ID)
		must(t, err)
		if len(page.Documents) != 1 || page.Documents[0].DeletedAt == 0 {
			t.Fatalf("%+v", page.Documents)
		}
	}},

	{"uploads have limits, and can be taken back before they are sent", func(t *testing.T, h *House) {
		c := h.File(t).ToIdentity(t)
		o, ctx := c.Office(), t.Context()
		_, err := o.AddDocument(ctx, c.Submission, "passport", "image/png", nil)
		want(t, err, dsr.Invalid, "error.file-empty")
		_, err = o.AddDocument(ctx, c.Submission, "passport", "image/png", make([]byte, 10<<20+1))
		want(t, err, dsr.Invalid, "error.file-too-large")
		want(t, o.SubmitIdentity(ctx, c.Submission), dsr.Invalid, "error.documents-none")
		var last dsr.Document
		for range 10 {
			last, err = o.AddDocument(ctx, c.Submission, "passport", "image/png", []byte("x"))
			must(t, err)
		}
		_, err = o.AddDocument(ctx, c.Submission, "passport", "image/png", []byte("x"))
		want(t, err, dsr.Invalid, "error.files-too-many")
		must(t, o.RemoveDocument(ctx, c.Submission, last.ID))
		want(t, o.RemoveDocument(ctx, c.Submission, last.ID), dsr.NotFound, "")
		want(t, o.SubmitIdentity(ctx, c.Submission), dsr.Invalid, "error.contact-unconfirmed")
		c.Confirm(t)
		must(t, o.SubmitIdentity(ctx, c.Submission))
		want(t, o.RemoveDocument(ctx, c.Submission, last.ID), dsr.NotFound, "")
	}},

	{"at the end of retention the keys go, and nothing can be opened again", func(t *testing.T, h *House) {
		c := h.File(t).ToClosed(t)
		o, ctx := c.Office(), t.Context()
		notice := h.Text(t, "SELECT id FROM notices WHERE case_id = ? AND code = 'N-13'", c.ID)
		_, err := o.Letter(ctx, c.Submission, notice)
		must(t, err)
		h.Clock.Advance(59 * 24 * time.Hour)
		must(t, o.Tidy(ctx))
		_, err = o.Letter(ctx, c.Submission, notice)
		must(t, err)
		h.Clock.Advance(2 * 24 * time.Hour)
		must(t, o.Tidy(ctx))
		equal(t, "keys left", h.Int(t, "SELECT COUNT(*) FROM keys WHERE wrapped IS NOT NULL"), 0)
		for what, open := range map[string]func() error{
			"letter":         func() error { _, err := o.Letter(ctx, c.Submission, notice); return err },
			"letter of case": func() error { _, err := o.LetterOfCase(ctx, h.Handler, c.ID, notice); return err },
			"review":         func() error { _, err := o.Review(ctx, h.Handler, c.ID); return err },
			"identity":       func() error { _, err := o.IdentityPage(ctx, h.Handler, c.ID); return err },
			"approval":       func() error { _, err := o.Approval(ctx, h.Handler, c.ID); return err },
			"preview":        func() error { _, err := o.Preview(ctx, h.Handler, c.ID); return err },
			"again":          func() error { return o.OpenAgain(ctx, c.Submission, c.ID) },
			"objection":      func() error { return o.Object(ctx, c.Submission, c.ID, "late") },
		} {
			if err := open(); err == nil {
				t.Errorf("%s opened after its key was destroyed", what)
			}
		}
		// A second process, with an empty cache, can't either.
		again := h.Again(t)
		_, err = again.For(h.Here).Letter(ctx, c.Submission, notice)
		want(t, err, dsr.NotFound, "error.data-destroyed")
		// What is known without the person stays.
		page, err := o.Case(ctx, h.Handler, c.ID)
		must(t, err)
		equal(t, "outcome", page.Outcome, dsr.OutcomePartial)
		_, err = o.Status(ctx, c.Submission)
		must(t, err)
		equal(t, "recorded", c.recorded(t, "key-destroyed"), 1)
		h.whole(t)
	}},

	{"who opens personal data is recorded first, or nothing is given", func(t *testing.T, h *House) {
		c := h.File(t).ToDecision(t)
		o, ctx := c.Office(), t.Context()
		doc := h.Text(t, "SELECT id FROM documents WHERE submission = ?", c.Submission)
		notice := h.Text(t, "SELECT id FROM notices WHERE case_id = ? AND code = 'N-01'", c.ID)
		effect := h.Text(t, "SELECT id FROM effects WHERE case_id = ? AND action = 'collect'", c.ID)
		given := ""
		show := func(v any, err error) error {
			given = fmt.Sprintf("%#v", v)
			if err != nil && strings.Contains(err.Error(), "anary") {
				t.Errorf("the error names the person: %v", err)
			}
			return err
		}
		opens := map[string]func() error{
			"identity":       func() error { p, err := o.IdentityPage(ctx, h.Handler, c.ID); return show(p.Claimed.Name, err) },
			"document":       func() error { _, b, err := o.Document(ctx, h.Handler, c.ID, doc); return show(string(b), err) },
			"review":         func() error { p, err := o.Review(ctx, h.Handler, c.ID); return show(p.Person.Name, err) },
			"approval":       func() error { p, err := o.Approval(ctx, h.Approver, c.ID); return show(p.Person.Name, err) },
			"preview":        func() error { l, err := o.Preview(ctx, h.Handler, c.ID); return show(l.Text, err) },
			"correspondence": func() error { ms, _, err := o.Correspondence(ctx, h.Handler, c.ID); return show(len(ms), err) },
			"letter":         func() error { l, err := o.LetterOfCase(ctx, h.Handler, c.ID, notice); return show(l.Text, err) },
			"identifiers":    func() error { ids, err := o.Identifiers(ctx, effect); return show(ids.Name, err) },
			"locator":        func() error { key, _, err := o.Locator(ctx, effect); return show(key, err) },
		}
		for what, open := range opens {
			before := h.Int(t, "SELECT COUNT(*) FROM openings")
			must(t, open())
			if given == `""` {
				t.Errorf("%s gave nothing", what)
			}
			equal(t, "openings recorded by "+what, h.Int(t, "SELECT COUNT(*) FROM openings"), before+1)
		}
		mend := h.Break(t, "openings")
		for what, open := range opens {
			if err := open(); err == nil || given != `""` && given != "0" {
				t.Errorf("%s gave %s without a record: %v", what, given, err)
			}
		}
		mend()
		c.Approve(t, h.Approver)
		f := c.Run(t, dsr.StageExecution)
		mend = h.Break(t, "openings")
		p, err := o.PackageInputs(ctx, c.ID, f.Epoch)
		if err == nil || len(p.Items) > 0 {
			t.Error("the package's inputs were given without a record")
		}
		mend()
		c.at(t, dsr.StageDelivery)
		code := c.Code(t, "download")
		mend = h.Break(t, "openings")
		if _, b, err := o.Download(ctx, c.Submission, c.ID, code); err == nil || len(b) > 0 {
			t.Error("the package was given without a record")
		}
		mend()
		if _, b, err := o.Download(ctx, c.Submission, c.ID, code); err != nil || len(b) == 0 {
			t.Errorf("the code was spent on nothing: %v", err)
		}
	}},

	{"nobody opens what their role does not need", func(t *testing.T, h *House) {
		c := h.File(t).ToDecision(t)
		o, ctx := c.Office(), t.Context()
		doc := h.Text(t, "SELECT id FROM documents WHERE submission = ?", c.Submission)
		admin := dsr.Actor{Kind: dsr.ActorStaff, ID: "staff-admin", Roles: []dsr.Role{dsr.RoleAdmin}}
		person := dsr.Actor{Kind: dsr.ActorPerson, ID: c.Submission, Roles: dsr.Roles}
		h.unchanged(t, "somebody without the role", func() {
			for _, a := range []dsr.Actor{h.Clerk, h.Auditor, admin, person, {}} {
				for what, err := range map[string]error{
					"identity":       second(o.IdentityPage(ctx, a, c.ID)),
					"review":         second(o.Review(ctx, a, c.ID)),
					"approval":       second(o.Approval(ctx, a, c.ID)),
					"preview":        second(o.Preview(ctx, a, c.ID)),
					"approve":        o.Approve(ctx, a, c.ID, "", 1),
					"send back":      o.SendBack(ctx, a, c.ID, "", 1, "x"),
					"propose":        o.Propose(ctx, a, c.ID, ""),
					"ask":            o.Ask(ctx, a, c.ID, "x"),
					"confirm":        o.ConfirmIdentity(ctx, a, c.ID, dsr.IdentityConfirmation{}),
					"answer an item": o.AnswerItem(ctx, a, c.ID, dsr.Item{}),
				} {
					if dsr.FaultOf(err) != dsr.Forbidden {
						t.Errorf("%s as %v: %v", what, a.Roles, err)
					}
				}
				_, _, err := o.Document(ctx, a, c.ID, doc)
				want(t, err, dsr.Forbidden, "")
				_, _, err = o.Correspondence(ctx, a, c.ID)
				want(t, err, dsr.Forbidden, "")
			}
		})
		_, _, err := o.Document(ctx, h.Approver, c.ID, doc)
		want(t, err, dsr.Forbidden, "")
	}},

	{"a code has five tries, ten minutes, and one use", func(t *testing.T, h *House) {
		c := h.File(t)
		o, ctx := c.Office(), t.Context()
		code := c.Code(t, "confirm")
		wrong := strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, code)
		for try := 1; try <= 5; try++ {
			err := o.ConfirmContact(ctx, c.Submission, wrong)
			if try < 5 {
				want(t, err, dsr.Invalid, "error.code-wrong")
			} else {
				want(t, err, dsr.Invalid, "error.code-spent")
			}
		}
		want(t, o.ConfirmContact(ctx, c.Submission, code), dsr.Invalid, "error.code-spent")

		want(t, o.SendCode(ctx, c.Submission, "confirm"), dsr.Invalid, "error.code-too-soon")
		code = c.Code(t, "confirm")
		h.Clock.Advance(10 * time.Minute)
		want(t, o.ConfirmContact(ctx, c.Submission, code), dsr.Invalid, "error.code-expired")
		code = c.Code(t, "confirm")
		want(t, second(o.SignIn(ctx, c.Reference, c.Mail, code)), dsr.Invalid, "") // a code of another purpose
		h.Clock.Advance(time.Minute)
		want(t, o.SendCode(ctx, c.Submission, "confirm"), dsr.Invalid, "error.code-too-many")
		full := strings.Map(func(r rune) rune { return r - '0' + '０' }, code)
		must(t, o.ConfirmContact(ctx, c.Submission, " "+full[:12]+" - "+full[12:]))
		equal(t, "commands", h.Int(t, "SELECT COUNT(*) FROM commands WHERE kind = 'contact-confirmed'"), 1)
		// A mail with a code is not kept once it was taken.
		equal(t, "codes kept", h.Int(t, "SELECT COUNT(*) FROM notices WHERE code = 'N-26' AND mail_sealed IS NOT NULL"), 0)
	}},

	{"of fifty who use one code at once one gets in", func(t *testing.T, h *House) {
		c := h.File(t)
		o, ctx := c.Office(), t.Context()
		must(t, o.SendSignInCode(ctx, c.Reference, c.Mail))
		code := ""
		for _, m := range h.Post(t) {
			if m.To == c.Mail && CodeIn(m) != "" {
				code = CodeIn(m)
			}
		}
		errs := atOnce(50, func(int) error {
			s, err := o.SignIn(ctx, c.Reference, c.Mail, code)
			if err == nil && s != c.Submission {
				return fmt.Errorf("signed in to %s", s)
			}
			return err
		})
		equal(t, "who got in", won(errs), 1)
		for _, err := range errs {
			if err != nil {
				want(t, err, dsr.Invalid, "error.code-expired")
			}
		}
	}},

	{"reference and contact must belong together, and nobody learns which does not", func(t *testing.T, h *House) {
		c, other := h.File(t), h.File(t)
		o, ctx := h.Office(), t.Context()
		h.Post(t)
		h.unchanged(t, "a reference without its contact", func() {
			for _, x := range [][2]string{{c.Reference, other.Mail}, {"M-0000-0000", c.Mail}, {"nonsense", c.Mail}, {c.Reference, ""}} {
				must(t, o.SendSignInCode(ctx, x[0], x[1]))
				want(t, second(o.SignIn(ctx, x[0], x[1], "12345678")), dsr.Invalid, "error.code-wrong")
			}
		})
		must(t, o.SendSignInCode(ctx, strings.ToLower(c.Reference)+"-1", strings.ToUpper(c.Mail)))
		equal(t, "mails", len(h.Post(t)), 1)
		must(t, o.SendSignInCode(ctx, c.Reference, c.Mail)) // too soon: the same answer
		equal(t, "mails", len(h.Post(t)), 0)
	}},

	{"a mail is sent at most three times, with one Message-ID, and then a person knows", func(t *testing.T, h *House) {
		c := h.File(t)
		o, ctx := c.Office(), t.Context()
		ids := map[string]int{}
		for try := 1; try <= 5; try++ {
			mails, err := o.ClaimNotices(ctx, 10)
			must(t, err)
			for _, m := range mails {
				ids[m.MessageID]++
				if again, err := o.ClaimNotices(ctx, 10); err != nil || len(again) > 0 {
					t.Fatalf("claimed twice: %v %v", again, err)
				}
				must(t, o.NoticeFailed(ctx, m.Notice, "mail.failed"))
			}
			h.Clock.Advance(time.Hour)
		}
		if len(ids) != 1 {
			t.Fatalf("Message-IDs: %v", ids)
		}
		for id, n := range ids {
			equal(t, "sends of "+id, n, 3)
		}
		equal(t, "state", h.Text(t, "SELECT state FROM notices"), "failed")
		if c.Task(t, dsr.TaskReachPerson) == "" {
			t.Fatal("nobody was told")
		}
		equal(t, "case", c.Facts(t).Stage, dsr.StageReceived) // a failed mail changes no case

		// The mail server being away costs no send.
		away := h.File(t)
		for range 6 {
			mails, err := o.ClaimNotices(ctx, 10)
			must(t, err)
			equal(t, "mails", len(mails), 1)
			must(t, o.NoticeFailed(ctx, mails[0].Notice, "mail.away"))
			h.Clock.Advance(time.Minute)
		}
		equal(t, "sends", h.Int(t, "SELECT sends FROM notices WHERE case_id = ?", away.ID), 0)

		// A worker that dies with the claim in hand counts as a send.
		for range 4 {
			_, err := o.ClaimNotices(ctx, 10)
			must(t, err)
			h.Clock.Advance(10 * time.Minute)
		}
		equal(t, "sends", h.Int(t, "SELECT sends FROM notices WHERE case_id = ?", away.ID), 3)
		if away.Task(t, dsr.TaskReachPerson) == "" {
			t.Fatal("the last send died, and nobody was told")
		}
	}},

	{"a mail that can't be read goes to a person, and the mails behind it go out", func(t *testing.T, h *House) {
		broken := h.File(t)
		h.Clock.Advance(time.Second)
		behind := h.File(t)
		h.Exec(t, "UPDATE notices SET mail_sealed = to_sealed WHERE case_id = ?", broken.ID) // bytes of another place
		mails, err := broken.Office().ClaimNotices(t.Context(), 10)
		must(t, err)
		equal(t, "mails", len(mails), 1)
		equal(t, "its case", h.Text(t, "SELECT case_id FROM notices WHERE id = ?", mails[0].Notice), behind.ID)
		equal(t, "state", h.Text(t, "SELECT state FROM notices WHERE case_id = ?", broken.ID), "failed")
		if broken.Task(t, dsr.TaskReachPerson) == "" {
			t.Fatal("nobody was told")
		}
	}},

	{"a password opens a session, a wrong one none, an unknown login neither", func(t *testing.T, h *House) {
		ctx := t.Context()
		password, err := h.AddStaff(ctx, " Hana ", "Hana H.", dsr.VoiceJa, map[string][]dsr.Role{"izumisano": {dsr.RoleHandler}, h.There: {dsr.RoleClerk}})
		must(t, err)
		if len(password) != 19 || strings.Count(password, "-") != 3 {
			t.Fatalf("password %q", password)
		}
		_, err = h.AddStaff(ctx, "hana", "Another", dsr.VoiceJa, nil)
		want(t, err, dsr.Conflict, "error.exists")
		_, err = h.AddStaff(ctx, "x", "X", dsr.VoiceJa, map[string][]dsr.Role{"nowhere": {dsr.RoleClerk}})
		want(t, err, dsr.Invalid, "")
		_, err = h.AddStaff(ctx, "y", "Y", dsr.VoiceJa, map[string][]dsr.Role{h.Here: {"king"}})
		want(t, err, dsr.Invalid, "")
		for _, wrong := range [][2]string{{"hana", "wrong"}, {"nobody", password}, {"hana", ""}} {
			_, err = h.SignInStaff(ctx, wrong[0], wrong[1], "")
			want(t, err, dsr.Invalid, "error.sign-in-wrong")
		}
		token, err := h.SignInStaff(ctx, "HANA", strings.ToUpper(strings.ReplaceAll(password, "-", " ")), "")
		must(t, err)
		staff, err := h.StaffSession(ctx, token)
		must(t, err)
		if staff.Login != "hana" || len(staff.Roles) != 2 || staff.Roles[h.Here][0] != dsr.RoleHandler {
			t.Fatalf("%+v", staff)
		}
		equal(t, "passwords or tokens kept", h.Int(t, "SELECT COUNT(*) FROM staff, sessions WHERE password_hash LIKE ? OR token_hash = ?", "%"+password+"%", token), 0)
		if hash := h.Text(t, "SELECT password_hash FROM staff WHERE login = 'hana'"); !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Fatal(hash)
		}

		must(t, h.GrantRole(ctx, "hana", "izumisano", dsr.RoleAuditor, h.Clock.Now().Add(5*time.Minute)))
		want(t, h.GrantRole(ctx, "hana", "izumisano", dsr.RoleAuditor, time.Time{}), dsr.Invalid, "")
		staff, err = h.StaffSession(ctx, token)
		must(t, err)
		equal(t, "roles", len(staff.Roles[h.Here]), 2)
		h.Clock.Advance(5 * time.Minute)
		staff, err = h.StaffSession(ctx, token)
		must(t, err)
		equal(t, "roles", len(staff.Roles[h.Here]), 1)

		fresh, err := h.ResetPassword(ctx, "hana")
		must(t, err)
		_, err = h.StaffSession(ctx, token)
		want(t, err, dsr.NotFound, "error.session-ended")
		_, err = h.SignInStaff(ctx, "hana", password, "")
		want(t, err, dsr.Invalid, "")
		a, err := h.SignInStaff(ctx, "hana", fresh, "")
		must(t, err)
		must(t, h.DisableStaff(ctx, "hana"))
		_, err = h.StaffSession(ctx, a)
		want(t, err, dsr.NotFound, "")
		equal(t, "sessions left", h.Int(t, "SELECT COUNT(*) FROM sessions WHERE ended_at = 0"), 0)
		_, err = h.SignInStaff(ctx, "hana", fresh, "")
		want(t, err, dsr.Invalid, "error.sign-in-wrong")
		want(t, h.DisableStaff(ctx, "nobody"), dsr.NotFound, "")
		all, err := h.ListStaff(ctx)
		must(t, err)
		equal(t, "accounts", len(all), 8)
	}},

	{"a session ends after thirty idle minutes, after eight hours, and when it is ended", func(t *testing.T, h *House) {
		c := h.File(t)
		ctx := t.Context()
		open := func() string {
			token, err := h.OpenSession(ctx, h.Here, c.Submission)
			must(t, err)
			return token
		}
		alive := func(token string) error {
			o, s, err := h.Session(ctx, token)
			if err == nil && (o != h.Here || s != c.Submission) {
				t.Fatalf("the session of another: %s %s", o, s)
			}
			return err
		}
		idle, busy := open(), open()
		for range 15 { // seven and a half hours
			h.Clock.Advance(30*time.Minute - time.Second)
			must(t, alive(busy))
		}
		want(t, alive(idle), dsr.NotFound, "error.session-ended")
		h.Clock.Advance(29 * time.Minute)
		must(t, alive(busy))
		h.Clock.Advance(2 * time.Minute)
		want(t, alive(busy), dsr.NotFound, "error.session-ended")
		token := open()
		h.unchanged(t, "a second look within a minute", func() { must(t, alive(token)) })
		must(t, h.EndSession(ctx, token))
		must(t, h.EndSession(ctx, token))
		want(t, alive(token), dsr.NotFound, "")
		want(t, alive(""), dsr.NotFound, "")
		_, err := h.StaffSession(ctx, open())
		want(t, err, dsr.NotFound, "") // a customer's token is no member of staff
		_, err = h.OpenSession(ctx, h.There, c.Submission)
		want(t, err, dsr.NotFound, "")
		h.Clock.Advance(48 * time.Hour)
		must(t, h.Office().Tidy(ctx))
		equal(t, "sessions kept", h.Int(t, "SELECT COUNT(*) FROM sessions"), 0)
	}},

	{"of fifty tries at once exactly the limit goes on", func(t *testing.T, h *House) {
		ctx := t.Context()
		allowed := make([]bool, 50)
		for _, err := range atOnce(50, func(i int) (err error) {
			allowed[i], err = h.Allow(ctx, "code-ip", "192.0.2.1", 20, 60)
			return err
		}) {
			must(t, err)
		}
		n := 0
		for _, ok := range allowed {
			if ok {
				n++
			}
		}
		equal(t, "allowed", n, 20)
		ok, err := h.Allow(ctx, "code-ip", "192.0.2.2", 20, 60)
		must(t, err)
		equal(t, "another address", ok, true)
		h.Clock.Advance(time.Minute)
		ok, err = h.Allow(ctx, "code-ip", "192.0.2.1", 20, 60)
		must(t, err)
		equal(t, "the next window", ok, true)
		equal(t, "addresses kept", h.Int(t, "SELECT COUNT(*) FROM rate_counters WHERE key_hash LIKE '%192.0%' OR length(key_hash) < 32"), 0)
		h.Clock.Advance(48 * time.Hour)
		must(t, h.Office().Tidy(ctx))
		equal(t, "counters kept", h.Int(t, "SELECT COUNT(*) FROM rate_counters"), 0)
	}},

	{"every figure of queue and board opens a list of that length", func(t *testing.T, h *House) {
		h.File(t)
		h.File(t).ToIdentity(t)
		h.File(t).ToReview(t)
		h.File(t).ToDecision(t).Claim(t, h.Approver, dsr.TaskApprove)
		h.File(t).ToClosed(t)
		f := Filing("late")
		f.Channel, f.ArrivedAt = dsr.ChannelTelephone, Monday.AddDate(0, 0, -30).UnixMicro()
		_, err := h.Office().File(t.Context(), h.Clerk, f)
		must(t, err)
		o, ctx := h.Office(), t.Context()
		q, err := o.Queue(ctx, h.Approver, dsr.QueueFilter{})
		must(t, err)
		total := 0
		for _, tab := range q.Tabs {
			page, err := o.Queue(ctx, h.Approver, dsr.QueueFilter{Tab: tab, Limit: 200})
			must(t, err)
			equal(t, "rows of "+tab, len(page.Rows), q.Counts[tab])
			total += len(page.Rows)
		}
		equal(t, "mine", q.Counts["mine"], 1)
		equal(t, "open", q.Counts["all"], 5)
		if total < 8 {
			t.Fatalf("only %d rows in all tabs", total)
		}
		board, err := o.Board(ctx, h.Manager)
		must(t, err)
		figures := 0
		for _, row := range board {
			for figure, n := range map[dsr.Figure]int{dsr.FigureOpen: row.Open, dsr.FigureDueSoon: row.DueSoon, dsr.FigureOverdue: row.Overdue,
				dsr.FigurePaused: row.Paused, dsr.FigureAnswered: row.Answered, dsr.FigureInTime: row.InTime} {
				list, err := o.BoardList(ctx, h.Auditor, row.Kind, figure)
				must(t, err)
				equal(t, fmt.Sprintf("%s %s", row.Kind, figure), len(list), n)
				figures += n
			}
		}
		if sum := board[len(board)-1]; sum.Open != 5 || sum.Overdue != 1 || sum.Paused != 1 || sum.Answered != 1 || sum.InTime != 1 || figures == 0 {
			t.Fatalf("%+v", sum)
		}
		_, err = o.Board(ctx, h.Handler)
		want(t, err, dsr.Forbidden, "")
	}},
}

// second is the error of a pair.
func second[T any](_ T, err error) error { return err }
