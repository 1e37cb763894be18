package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"madoguchi/dsr"
)

// Sessions of staff and of customers (rulings: numbers).
const (
	sessionIdle     = 30 * time.Minute
	sessionAbsolute = 8 * time.Hour
	// seenEvery is how exactly last-seen is kept: a page with twenty pictures
	// is one write.
	seenEvery = time.Minute
)

// hashing is how a password is hashed: OWASP's second choice of parameters for
// argon2id, for a machine that has little memory.
type hashing struct {
	memory, rounds uint32 // KiB, passes
	threads        uint8
}

var argon = hashing{memory: 19 * 1024, rounds: 2, threads: 1}

// hashers bounds how many passwords are hashed at once: each takes 19 MiB, and
// whoever sends many must not take the machine's memory.
var hashers = make(chan struct{}, 4)

const hashBytes = 32

func (h hashing) key(password string, salt []byte, size int) []byte {
	hashers <- struct{}{}
	defer func() { <-hashers }()
	return argon2.IDKey([]byte(password), salt, h.rounds, h.memory, h.threads, uint32(size))
}

// hashPassword gives the PHC string, with the parameters in it, so that they
// can be raised later.
func hashPassword(password string) (string, error) {
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argon.memory, argon.rounds, argon.threads,
		b64.EncodeToString(salt), b64.EncodeToString(argon.key(normalPassword(password), salt, hashBytes))), nil
}

// unknown is compared with when there is no such account, so that nobody
// learns by the time it takes which logins there are.
var unknown = fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argon.memory, argon.rounds, argon.threads,
	base64.RawStdEncoding.EncodeToString(make([]byte, 16)), base64.RawStdEncoding.EncodeToString(make([]byte, hashBytes)))

// passwordFits compares in constant time and says whether the hash was made
// with the parameters of today.
func passwordFits(hash, password string) (fits, current bool, err error) {
	var h hashing
	var version int
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, false, errors.New("store: a password hash can't be read")
	}
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &h.memory, &h.rounds, &h.threads); err != nil || version != argon2.Version {
		return false, false, errors.New("store: a password hash can't be read")
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	want, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(want) < 16 {
		return false, false, errors.New("store: a password hash can't be read")
	}
	got := h.key(normalPassword(password), salt, len(want))
	return subtle.ConstantTimeCompare(got, want) == 1, h == argon, nil
}

// easy are the signs of generated passwords: Crockford's, without those that
// are mistaken for others, in lower case.
const easy = "0123456789abcdefghjkmnpqrstvwxyz"

// newPassword draws 80 bits as four groups of four signs.
func newPassword() (string, error) {
	var random [16]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", err
	}
	var b strings.Builder
	for i, r := range random {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(easy[r&31])
	}
	return b.String(), nil
}

// normalPassword forgives how a generated password is typed: case, hyphens,
// spaces, o for 0, i or l for 1. Anything that can't be one stays as it is.
func normalPassword(typed string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(typed) {
		switch {
		case r == '-' || r == ' ':
			continue
		case r == 'o':
			r = '0'
		case r == 'i' || r == 'l':
			r = '1'
		}
		if r > 127 || strings.IndexByte(easy, byte(r)) < 0 {
			return typed
		}
		b.WriteRune(r)
	}
	if b.Len() != 16 {
		return typed
	}
	return b.String()
}

// house runs fn in a writing transaction on what belongs to no organisation:
// accounts, sessions, counters.
func (s *Store) house(ctx context.Context, fn func(db *gorm.DB, now time.Time) error) error {
	return fault(s.db.WithContext(ctx).Transaction(func(db *gorm.DB) error {
		now, err := s.now(db)
		if err != nil {
			return err
		}
		return fn(db, now)
	}))
}

func normalLogin(login string) string { return strings.ToLower(strings.TrimSpace(login)) }

// SignInStaff checks a password and opens a session. Invalid
// "error.sign-in-wrong" for an unknown login, a wrong password and a disabled
// account alike, after the same work.
func (s *Store) SignInStaff(ctx context.Context, login, password, _ string) (string, error) {
	wrong := dsr.Fail(dsr.Invalid, "error.sign-in-wrong")
	var row staffRow
	if err := s.read.WithContext(ctx).Where("login = ?", normalLogin(login)).Limit(1).Find(&row).Error; err != nil {
		return "", fault(err)
	}
	hash := row.PasswordHash
	if row.ID == "" {
		hash = unknown
	}
	fits, current, err := passwordFits(hash, password)
	if err != nil {
		return "", fault(err)
	}
	if !fits || row.ID == "" || row.DisabledAt != 0 {
		return "", wrong
	}
	if !current {
		if hash, err = hashPassword(password); err != nil {
			return "", fault(err)
		}
	}
	token, tokenHash, err := newToken()
	if err != nil {
		return "", fault(err)
	}
	err = s.house(ctx, func(db *gorm.DB, now time.Time) error {
		// Disabled or given a new password while we hashed: no session.
		res := db.Model(&staffRow{}).Where("id = ? AND disabled_at = 0 AND password_hash = ?", row.ID, row.PasswordHash).
			Update("password_hash", hash)
		if res.Error != nil {
			return res.Error
		}
		if res.RowsAffected != 1 {
			return wrong
		}
		return db.Create(&sessionRow{TokenHash: tokenHash, Staff: row.ID, OpenedAt: micros(now), LastSeenAt: micros(now),
			ExpiresAt: micros(now.Add(sessionAbsolute))}).Error
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// sessionOf finds a living session and touches last-seen, at most once a
// minute.
func (s *Store) sessionOf(ctx context.Context, token string) (row sessionRow, now time.Time, err error) {
	ended := dsr.Fail(dsr.NotFound, "error.session-ended")
	db := s.read.WithContext(ctx)
	if now, err = s.now(db); err != nil {
		return row, now, fault(err)
	}
	if err := db.Where("token_hash = ?", hashToken(token)).Limit(1).Find(&row).Error; err != nil {
		return row, now, fault(err)
	}
	if row.TokenHash == "" || row.EndedAt != 0 || row.ExpiresAt <= micros(now) || row.LastSeenAt <= micros(now.Add(-sessionIdle)) {
		return row, now, ended
	}
	if micros(now)-row.LastSeenAt < seenEvery.Microseconds() {
		return row, now, nil
	}
	// Never back, and never a session that was ended meanwhile.
	res := s.db.WithContext(ctx).Model(&sessionRow{}).Where("token_hash = ? AND ended_at = 0 AND last_seen_at <= ?", row.TokenHash, micros(now)).
		Update("last_seen_at", micros(now))
	if res.Error == nil && res.RowsAffected == 0 {
		return row, now, ended
	}
	return row, now, fault(res.Error)
}

// StaffSession gives the account behind a token, with the roles that hold at
// this moment. NotFound "error.session-ended" when it ended, was idle for 30
// minutes or is 8 hours old, and for a disabled account, all of whose sessions
// end here.
func (s *Store) StaffSession(ctx context.Context, token string) (staff dsr.Staff, err error) {
	ended := dsr.Fail(dsr.NotFound, "error.session-ended")
	row, now, err := s.sessionOf(ctx, token)
	if err != nil {
		return staff, err
	}
	if row.Staff == "" {
		return staff, ended
	}
	all, err := s.accounts(ctx, now, "id = ?", row.Staff)
	if err != nil {
		return staff, err
	}
	if len(all) == 0 || all[0].Disabled {
		return staff, cmp.Or(s.endSessions(ctx, row.Staff), error(ended))
	}
	return all[0], nil
}

// accounts reads accounts with the roles that hold now.
func (s *Store) accounts(ctx context.Context, now time.Time, where string, args ...any) ([]dsr.Staff, error) {
	var rows []staffRow
	db := s.read.WithContext(ctx)
	if err := db.Where(where, args...).Order("login").Find(&rows).Error; err != nil {
		return nil, fault(err)
	}
	var out []dsr.Staff
	for _, r := range rows {
		var roles []staffRoleRow
		if err := db.Where("staff = ? AND since_at <= ? AND (until_at = 0 OR until_at > ?)", r.ID, micros(now), micros(now)).
			Order("organisation, role").Find(&roles).Error; err != nil {
			return nil, fault(err)
		}
		staff := dsr.Staff{ID: r.ID, Login: r.Login, Name: r.Name, Voice: dsr.Voice(r.Voice), Disabled: r.DisabledAt != 0,
			Roles: map[string][]dsr.Role{}}
		for _, x := range roles {
			staff.Roles[x.Organisation] = append(staff.Roles[x.Organisation], dsr.Role(x.Role))
		}
		for organisation, list := range staff.Roles {
			// Where a policy asks for appointments a role counts with one only.
			o := s.For(organisation)
			if needed, err := o.appoints(); err != nil || !needed {
				continue // an organisation without a pack opens nothing anyway
			}
			if err := o.view(ctx, func(t *tx) (err error) {
				staff.Roles[organisation], err = t.rolesNow(r.ID, list)
				for _, role := range list {
					if !slices.Contains(staff.Roles[organisation], role) {
						if staff.Unappointed == nil {
							staff.Unappointed = map[string][]dsr.Role{}
						}
						staff.Unappointed[organisation] = append(staff.Unappointed[organisation], role)
					}
				}
				return err
			}); err != nil {
				return nil, err
			}
		}
		out = append(out, staff)
	}
	return out, nil
}

// OpenSession opens a customer's session on one submission. The caller has
// checked a code.
func (s *Store) OpenSession(ctx context.Context, organisation, submission string) (string, error) {
	err := s.For(organisation).view(ctx, func(t *tx) error {
		return t.db.Select("id").Where("organisation = ? AND id = ?", organisation, submission).Take(&submissionRow{}).Error
	})
	if err != nil {
		return "", err
	}
	token, hash, err := newToken()
	if err != nil {
		return "", fault(err)
	}
	err = s.house(ctx, func(db *gorm.DB, now time.Time) error {
		return db.Create(&sessionRow{TokenHash: hash, Organisation: organisation, Submission: submission, OpenedAt: micros(now),
			LastSeenAt: micros(now), ExpiresAt: micros(now.Add(sessionAbsolute))}).Error
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// Session gives what a customer's token may see: one submission.
func (s *Store) Session(ctx context.Context, token string) (organisation, submission string, err error) {
	row, _, err := s.sessionOf(ctx, token)
	if err == nil && row.Submission == "" {
		err = dsr.Fail(dsr.NotFound, "error.session-ended")
	}
	if err != nil {
		return "", "", err
	}
	return row.Organisation, row.Submission, nil
}

// EndSession ends a session of either sort; again is not an error.
func (s *Store) EndSession(ctx context.Context, token string) error {
	return s.house(ctx, func(db *gorm.DB, now time.Time) error {
		return db.Model(&sessionRow{}).Where("token_hash = ? AND ended_at = 0", hashToken(token)).Update("ended_at", micros(now)).Error
	})
}

func (s *Store) endSessions(ctx context.Context, staff string) error {
	return s.house(ctx, func(db *gorm.DB, now time.Time) error {
		return db.Model(&sessionRow{}).Where("staff = ? AND ended_at = 0", staff).Update("ended_at", micros(now)).Error
	})
}

// Allow counts a try in the fixed window that now lies in and says whether it
// is within the limit. The key (an address, a login) is kept as a keyed hash
// only, so that it can't be guessed back; the count is one statement, so that
// fifty at once are fifty.
func (s *Store) Allow(ctx context.Context, scope, key string, limit, windowSeconds int) (bool, error) {
	hash, err := s.houseFingerprint("rate/"+scope, key)
	if err != nil {
		return false, fault(err)
	}
	window := int64(max(windowSeconds, 1)) * time.Second.Microseconds()
	var tries int64
	err = s.house(ctx, func(db *gorm.DB, now time.Time) error {
		at := micros(now)
		return db.Raw(`INSERT INTO rate_counters (scope, key_hash, window_at, tries) VALUES (?, ?, ?, 1)
			ON CONFLICT (scope, key_hash, window_at) DO UPDATE SET tries = rate_counters.tries + 1 RETURNING tries`,
			scope, hash, at-at%window).Scan(&tries).Error
	})
	return err == nil && tries <= int64(limit), err
}

// houseFingerprint is a keyed hash of something that belongs to no
// organisation. It borrows the key of the organisation with the lowest ID: all
// processes have it, and when another one takes that place counters begin anew.
func (s *Store) houseFingerprint(purpose, value string) (string, error) {
	s.mu.Lock()
	lowest := ""
	for id := range s.orgs {
		if lowest == "" || id < lowest {
			lowest = id
		}
	}
	kek := s.orgs[lowest]
	s.mu.Unlock()
	f, err := s.Vault.Fingerprint(lowest, kek, "house/"+purpose, value)
	return fmt.Sprintf("%x", f), err
}

// tidyAccounts deletes sessions that ended a day ago and counters of windows
// that are past.
func (s *Store) tidyAccounts(ctx context.Context) error {
	return s.house(ctx, func(db *gorm.DB, now time.Time) error {
		ago := micros(now.Add(-24 * time.Hour))
		if err := db.Where("expires_at < ? OR (ended_at > 0 AND ended_at < ?)", ago, ago).Delete(&sessionRow{}).Error; err != nil {
			return err
		}
		return db.Where("window_at < ?", ago).Delete(&rateCounterRow{}).Error
	})
}

// organisationOf finds an organisation by slug or ID.
func (s *Store) organisationOf(slugOrID string) (string, error) {
	if p, ok := s.Packs.BySlug(slugOrID); ok {
		return p.ID, nil
	}
	if p, ok := s.Packs.ByID(slugOrID); ok {
		return p.ID, nil
	}
	return "", dsr.Errorf(dsr.Invalid, "error.organisation-unknown", "there is no organisation %q", slugOrID)
}

// AddStaff makes an account with roles by organisation (slug or ID) and gives
// its generated password, which nobody can read again. Conflict "error.exists"
// when the login is taken.
func (s *Store) AddStaff(ctx context.Context, login, name string, voice dsr.Voice, roles map[string][]dsr.Role) (password string, err error) {
	login, name = normalLogin(login), strings.TrimSpace(name)
	if login == "" || name == "" || strings.ContainsAny(login, " \t\n") {
		return "", dsr.Errorf(dsr.Invalid, "error.login-empty", "an account needs a login without spaces and a name")
	}
	if !voice.Valid() {
		return "", dsr.Errorf(dsr.Invalid, "error.voice-unknown", "there is no voice %q", voice)
	}
	if password, err = newPassword(); err != nil {
		return "", fault(err)
	}
	hash, err := hashPassword(password)
	if err != nil {
		return "", fault(err)
	}
	err = s.house(ctx, func(db *gorm.DB, now time.Time) error {
		row := staffRow{ID: newID(), Login: login, Name: name, Voice: string(voice), PasswordHash: hash, CreatedAt: micros(now)}
		if err := db.Create(&row).Error; err != nil {
			return err
		}
		for organisation, list := range roles {
			id, err := s.organisationOf(organisation)
			if err != nil {
				return err
			}
			for _, r := range list {
				if err := grant(db, now, row.ID, id, r, time.Time{}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return password, nil
}

func grant(db *gorm.DB, now time.Time, staff, organisation string, role dsr.Role, until time.Time) error {
	if !slices.Contains(dsr.Roles, role) {
		return dsr.Errorf(dsr.Invalid, "error.role-unknown", "there is no role %q", role)
	}
	return db.Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "staff"}, {Name: "organisation"}, {Name: "role"}},
		DoUpdates: clause.AssignmentColumns([]string{"since_at", "until_at"})}).
		Create(&staffRoleRow{Staff: staff, Organisation: organisation, Role: string(role), SinceAt: micros(now), UntilAt: micros(until)}).Error
}

// GrantRole gives an account a role in an organisation (slug or ID) until an
// instant, the zero time for no end. An auditor's role always has one. A role
// that ends now is taken away.
func (s *Store) GrantRole(ctx context.Context, login, organisation string, role dsr.Role, until time.Time) error {
	id, err := s.organisationOf(organisation)
	if err != nil {
		return err
	}
	if role == dsr.RoleAuditor && until.IsZero() {
		return dsr.Errorf(dsr.Invalid, "error.role-needs-end", "the role auditor needs an end")
	}
	return s.withStaff(ctx, login, func(db *gorm.DB, now time.Time, row staffRow) error {
		return grant(db, now, row.ID, id, role, until)
	})
}

// withStaff runs fn on an account by its login; NotFound "error.login-unknown".
func (s *Store) withStaff(ctx context.Context, login string, fn func(db *gorm.DB, now time.Time, row staffRow) error) error {
	return s.house(ctx, func(db *gorm.DB, now time.Time) error {
		var row staffRow
		if err := db.Where("login = ?", normalLogin(login)).Limit(1).Find(&row).Error; err != nil {
			return err
		}
		if row.ID == "" {
			return dsr.Errorf(dsr.NotFound, "error.login-unknown", "there is no account %q", login)
		}
		return fn(db, now, row)
	})
}

// ResetPassword gives an account a new generated password and ends all its
// sessions. A disabled account stays disabled.
func (s *Store) ResetPassword(ctx context.Context, login string) (password string, err error) {
	if password, err = newPassword(); err != nil {
		return "", fault(err)
	}
	hash, err := hashPassword(password)
	if err != nil {
		return "", fault(err)
	}
	err = s.withStaff(ctx, login, func(db *gorm.DB, now time.Time, row staffRow) error {
		if err := db.Model(&staffRow{}).Where("id = ?", row.ID).Update("password_hash", hash).Error; err != nil {
			return err
		}
		return db.Model(&sessionRow{}).Where("staff = ? AND ended_at = 0", row.ID).Update("ended_at", micros(now)).Error
	})
	if err != nil {
		return "", err
	}
	return password, nil
}

// DisableStaff ends an account: nobody signs in with it, and its sessions end
// at their next request. What it did stays under its name.
func (s *Store) DisableStaff(ctx context.Context, login string) error {
	return s.withStaff(ctx, login, func(db *gorm.DB, now time.Time, row staffRow) error {
		return db.Model(&staffRow{}).Where("id = ? AND disabled_at = 0", row.ID).Update("disabled_at", micros(now)).Error
	})
}

// ListStaff lists every account by login, with the roles that hold now.
func (s *Store) ListStaff(ctx context.Context) ([]dsr.Staff, error) {
	now, err := s.now(s.read.WithContext(ctx))
	if err != nil {
		return nil, fault(err)
	}
	return s.accounts(ctx, now, "1 = 1")
}

// Colleagues are who could take a task of this kind here.
func (o *Organisation) Colleagues(ctx context.Context, kind dsr.TaskKind) (out []dsr.Staff, err error) {
	err = o.view(ctx, func(t *tx) error {
		out, err = t.colleagues(kind)
		return err
	})
	return out, err
}

func (t *tx) colleagues(kind dsr.TaskKind) (out []dsr.Staff, err error) {
	var rows []staffRow
	var roles []string
	for _, r := range kind.Roles() {
		roles = append(roles, string(r))
	}
	err = t.db.Raw(`SELECT * FROM staff WHERE disabled_at = 0 AND id IN (SELECT staff FROM staff_roles WHERE organisation = ?
		AND role IN ? AND since_at <= ? AND (until_at = 0 OR until_at > ?)) ORDER BY name, login`,
		t.o.id, roles, micros(t.now), micros(t.now)).Scan(&rows).Error
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		var held []string
		if err := t.db.Raw(`SELECT role FROM staff_roles WHERE organisation = ? AND staff = ? AND role IN ? AND since_at <= ? AND (until_at = 0 OR until_at > ?)`,
			t.o.id, r.ID, roles, micros(t.now), micros(t.now)).Scan(&held).Error; err != nil {
			return nil, err
		}
		now := make([]dsr.Role, len(held))
		for i := range held {
			now[i] = dsr.Role(held[i])
		}
		if now, err = t.rolesNow(r.ID, now); err != nil {
			return nil, err
		}
		if len(now) > 0 {
			out = append(out, dsr.Staff{ID: r.ID, Login: r.Login, Name: r.Name, Voice: dsr.Voice(r.Voice)})
		}
	}
	return out, nil
}
