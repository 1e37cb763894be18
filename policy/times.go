package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"madoguchi/clock"
)

// Times are the rules and numbers that give every step its length. Rules are
// evaluated by package clock in the organisation's calendar; a case keeps the
// ones it arrived under. All come from packs/defaults.yaml unless a pack says
// otherwise; Exposure comes from the statute and no pack may change it.
type Times struct {
	// Acknowledgement: by when the receipt must have gone out.
	Acknowledgement clock.Rule
	// Target is the internal answer target; TargetByKind holds the kinds that
	// have one of their own.
	Target       clock.Rule
	TargetByKind map[string]clock.Rule
	// Exposure is the day from which the person may sue (APPI Art. 39), as the book
	// has it now; Pack.ExposureOn chooses by the day of arrival. It is never paused.
	Exposure clock.Rule

	IdentityReminders []clock.Rule
	IdentityExpiry    clock.Rule
	// AuthorityReminders and AuthorityExpiry are for a representative's papers;
	// identity's rules hold unless they are written.
	AuthorityReminders                        []clock.Rule
	AuthorityExpiry                           clock.Rule
	ClarificationReminder                     clock.Rule
	ClarificationExpiry                       clock.Rule
	FeeReminder                               clock.Rule
	FeeExpiry                                 clock.Rule
	CoolingOff                                clock.Rule // before an erasure, after the decision
	WithdrawalWindow                          clock.Rule // in which a withdrawal may be taken back
	Availability                              clock.Rule // of a package, from its being ready
	ContactQuarantine                         clock.Rule // a new contact point proves nothing until then
	Recipient                                 clock.Rule // to tell one recipient, from the end of the execution
	MaxDownloads                              int
	CodeMinutes, CodeTries, CodeResendSeconds int
	CodesPerHour                              int
	EscalationShares                          []int          // percent of the office time to the target
	EscalationOpenDaysBefore                  int            // and this many open days before it
	StageShares                               map[string]int // percent of the office time to the target, by stage
	ReopenDays                                int
	// Reopening is the same window as a rule, from the closing.
	Reopening     clock.Rule
	TransitDays   int // ordinary transit of domestic post
	DraftDays     int // a sealed draft is kept
	RetentionDays int // personal data of a case after delivery; see also ReopenDays, the later wins
	EvidenceYears int // evidence without personal data
	UploadMB      int // per file
	UploadFiles   int // per request
	MailSends     int // attempts of one notice
	// ImageHours: identity images, where a pack asks for them, go this many
	// hours after the identity decision.
	ImageHours int
}

// timeRules are the rules of a layer by name; a higher layer replaces a rule
// as a whole.
type timeRules map[string]ruleDoc

// ruleDoc is a clock.Rule as a pack writes it: without ID and kind, which its
// name gives.
type ruleDoc struct {
	clock.Rule
	// Each is for a rule that falls due several times ("at 5 and 10"): the
	// further numbers, in the same unit.
	Each []int `json:"each,omitempty"`
}

// numbers are the plain counts of a layer; a nil leaves the lower layer's.
type numbers struct {
	MaxDownloads      *int           `json:"max_downloads,omitempty"`
	CodeMinutes       *int           `json:"code_minutes,omitempty"`
	CodeTries         *int           `json:"code_tries,omitempty"`
	CodeResendSeconds *int           `json:"code_resend_seconds,omitempty"`
	CodesPerHour      *int           `json:"codes_per_hour,omitempty"`
	EscalationShares  []int          `json:"escalation_shares,omitempty"`
	EscalationDays    *int           `json:"escalation_open_days_before,omitempty"`
	StageShares       map[string]int `json:"stage_shares,omitempty"`
	ReopenDays        *int           `json:"reopen_days,omitempty"`
	TransitDays       *int           `json:"transit_days,omitempty"`
	DraftDays         *int           `json:"draft_days,omitempty"`
	RetentionDays     *int           `json:"retention_days,omitempty"`
	EvidenceYears     *int           `json:"evidence_years,omitempty"`
	UploadMB          *int           `json:"upload_mb,omitempty"`
	UploadFiles       *int           `json:"upload_files,omitempty"`
	MailSends         *int           `json:"mail_sends,omitempty"`
	ImageHours        *int           `json:"image_hours,omitempty"`
}

// over puts the numbers that n sets over those in t.
func (n *numbers) over(t *Times) {
	if n == nil {
		return
	}
	for _, x := range []struct {
		from *int
		to   *int
	}{
		{n.MaxDownloads, &t.MaxDownloads}, {n.CodeMinutes, &t.CodeMinutes}, {n.CodeTries, &t.CodeTries},
		{n.CodeResendSeconds, &t.CodeResendSeconds}, {n.CodesPerHour, &t.CodesPerHour},
		{n.EscalationDays, &t.EscalationOpenDaysBefore}, {n.ReopenDays, &t.ReopenDays},
		{n.TransitDays, &t.TransitDays}, {n.DraftDays, &t.DraftDays}, {n.RetentionDays, &t.RetentionDays},
		{n.EvidenceYears, &t.EvidenceYears}, {n.UploadMB, &t.UploadMB}, {n.UploadFiles, &t.UploadFiles},
		{n.MailSends, &t.MailSends}, {n.ImageHours, &t.ImageHours},
	} {
		if x.from != nil {
			*x.to = *x.from
		}
	}
	if n.EscalationShares != nil {
		t.EscalationShares = n.EscalationShares
	}
	if n.StageShares != nil {
		t.StageShares = n.StageShares
	}
}

// single are the rules that fall due once, in the order of a case.
func (t *Times) single() []struct {
	name string
	to   *clock.Rule
} {
	return []struct {
		name string
		to   *clock.Rule
	}{
		{"acknowledgement", &t.Acknowledgement}, {"target", &t.Target}, {"identity_expiry", &t.IdentityExpiry},
		{"authority_expiry", &t.AuthorityExpiry}, {"clarification_reminder", &t.ClarificationReminder},
		{"clarification_expiry", &t.ClarificationExpiry}, {"fee_reminder", &t.FeeReminder}, {"fee_expiry", &t.FeeExpiry},
		{"cooling_off", &t.CoolingOff}, {"withdrawal_window", &t.WithdrawalWindow}, {"availability", &t.Availability},
		{"contact_quarantine", &t.ContactQuarantine}, {"recipient", &t.Recipient}, {"reopening", &t.Reopening},
	}
}

// Rules are every named time of the pack, each under its name as ID
// ("acknowledgement", "target", "target_ad-opt-out", "identity_reminder_1"), and
// the law's exposure under its ID in the book.
func (p *Pack) Rules() []clock.Rule {
	t := p.Times
	var out []clock.Rule
	for _, x := range t.single() {
		out = append(out, *x.to)
		switch x.name {
		case "target":
			for _, kind := range slices.Sorted(maps.Keys(t.TargetByKind)) {
				out = append(out, t.TargetByKind[kind])
			}
			if t.Exposure.ID != "" {
				out = append(out, t.Exposure)
			}
			out = append(out, t.IdentityReminders...)
		case "identity_expiry":
			out = append(out, t.AuthorityReminders...)
		}
	}
	return out
}

// set evaluates the names of the rules into t. Rules carry the zone and the
// calendar of the pack; own are those that the pack itself wrote, which makes
// them promises. Each is validated by package clock.
func (t *Times) set(rules, byKind, own timeRules, p *Pack) error {
	for _, of := range []string{"reminder", "expiry"} {
		if rules["authority_"+of].Unit == "" {
			rules["authority_"+of] = rules["identity_"+of]
		}
	}
	var first error
	rule := func(name string, doc ruleDoc, n int) clock.Rule {
		r := doc.Rule
		r.ID, r.Zone, r.Calendar, r.N = name, p.Zone, p.Calendar, n
		r.Kind, r.Source = clock.Internal, "defaults"
		if own[name].Unit != "" {
			r.Kind, r.Source = clock.Promise, p.Slug
		}
		if r.Extension != nil && !strings.HasPrefix(name, "target") && first == nil {
			first = fmt.Errorf("%s: only the answer target can be extended", name)
		}
		if err := r.Validate(); err != nil && first == nil {
			first = fmt.Errorf("%s: %w", name, err)
		}
		return r
	}
	for _, x := range t.single() {
		*x.to = rule(x.name, rules[x.name], rules[x.name].N)
	}
	if n := len(p.Law.exposures); n > 0 {
		t.Exposure = p.lawRule(p.Law.exposures[n-1])
	}
	for name, to := range map[string]*[]clock.Rule{"identity_reminder": &t.IdentityReminders, "authority_reminder": &t.AuthorityReminders} {
		reminder := rules[name]
		*to = nil
		for i, n := range append([]int{reminder.N}, reminder.Each...) {
			*to = append(*to, rule(fmt.Sprintf("%s_%d", name, i+1), reminder, n))
		}
	}
	t.TargetByKind = map[string]clock.Rule{}
	for kind, doc := range byKind {
		t.TargetByKind[kind] = rule("target_"+kind, doc, doc.N)
	}
	return first
}
