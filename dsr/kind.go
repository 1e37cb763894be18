package dsr

// Kind is what a person asks for. The codes go on the wire and into the
// record for ever; docs/words.md has the articles of law behind them.
type Kind string

// The kinds of request under APPI Art. 32–35, 28(3), 40 and the policies.
const (
	KindPurposeNotice        Kind = "purpose-notice"         // Art. 32(2)
	KindDisclosure           Kind = "disclosure"             // Art. 33(1)
	KindProvisionRecords     Kind = "provision-records"      // Art. 33(5)
	KindCorrection           Kind = "correction"             // Art. 34(1)
	KindAddition             Kind = "addition"               // Art. 34(1)
	KindDeletion             Kind = "deletion"               // Art. 34(1), of content
	KindSuspension           Kind = "suspension"             // Art. 35(1), (5)
	KindErasure              Kind = "erasure"                // Art. 35(1), (5)
	KindProvisionStop        Kind = "provision-stop"         // Art. 35(3), (5)
	KindConsentWithdrawal    Kind = "consent-withdrawal"     // policy
	KindAdOptOut             Kind = "ad-opt-out"             // policy; Art. 35(5)
	KindForeignRecipientInfo Kind = "foreign-recipient-info" // Art. 28(3)
	KindInquiry              Kind = "inquiry"                // Art. 40
	KindComplaint            Kind = "complaint"              // Art. 40
)

// Kinds lists every kind in the order in which a page offers them.
var Kinds = []Kind{
	KindDisclosure, KindCorrection, KindAddition, KindDeletion, KindSuspension, KindErasure,
	KindProvisionStop, KindPurposeNotice, KindProvisionRecords, KindConsentWithdrawal,
	KindAdOptOut, KindForeignRecipientInfo, KindInquiry, KindComplaint,
}

// Carried reports whether requests of the kind have a procedure of their own
// yet. The others are taken by the desk outside this house; a case of one would
// wait for ever.
func (k Kind) Carried() bool { return len(k.Measures()) > 0 }

// Measures are what may be done with an item of a case of this kind, the one
// that was asked for first. The kind is what was asked, the measure belongs to
// the item (rulings): a deletion may end with one item suspended, another
// erased and a third kept until a statute's period ends. None for a kind
// without a procedure.
func (k Kind) Measures() []Measure {
	switch k {
	case KindDisclosure:
		return []Measure{MeasureDisclose, MeasureWithhold, MeasureNotHeld}
	case KindCorrection, KindAddition:
		return []Measure{MeasureCorrect, MeasureAlternative, MeasureRefuse, MeasureNotHeld, MeasureOutside}
	case KindDeletion:
		return []Measure{MeasureDelete, MeasureSuspend, MeasureErase, MeasureKeep, MeasureAlternative, MeasureRefuse, MeasureNotHeld, MeasureOutside}
	case KindSuspension:
		return []Measure{MeasureSuspend, MeasureErase, MeasureAlternative, MeasureRefuse, MeasureNotHeld, MeasureOutside}
	case KindErasure:
		return []Measure{MeasureErase, MeasureSuspend, MeasureKeep, MeasureAlternative, MeasureRefuse, MeasureNotHeld, MeasureOutside}
	}
	return nil
}

// Freezes reports whether a disputed field of this kind is neither used nor
// handed over while the request is open (D.1, D.4).
func (k Kind) Freezes() bool { return k == KindCorrection || k == KindAddition }

// Investigates reports whether the law asks for an investigation before the
// decision (Art. 34(2); for Art. 35 the ground must be looked into).
func (k Kind) Investigates() bool { return k.Carried() && k != KindDisclosure }

// Outcome is how a case closed.
type Outcome string

// The outcomes. TwoPeople says which of them need a proposer and an approver.
const (
	OutcomeFulfilled        Outcome = "fulfilled"
	OutcomePartial          Outcome = "partial"
	OutcomeAlternative      Outcome = "alternative"
	OutcomeRefused          Outcome = "refused"
	OutcomeNotHeld          Outcome = "not-held"
	OutcomeRedirected       Outcome = "redirected"
	OutcomeRejectedIdentity Outcome = "rejected-identity"
	OutcomeRejectedForm     Outcome = "rejected-form"
	OutcomeNoResponse       Outcome = "no-response"
	OutcomeWithdrawn        Outcome = "withdrawn"
	OutcomeDuplicate        Outcome = "duplicate"
	OutcomeMerged           Outcome = "merged"
	OutcomeReclassified     Outcome = "reclassified"
)

// Outcomes lists every outcome.
var Outcomes = []Outcome{
	OutcomeFulfilled, OutcomePartial, OutcomeAlternative, OutcomeRefused, OutcomeNotHeld,
	OutcomeRedirected, OutcomeRejectedIdentity, OutcomeRejectedForm, OutcomeNoResponse,
	OutcomeWithdrawn, OutcomeDuplicate, OutcomeMerged, OutcomeReclassified,
}

// TwoPeople reports whether a case may close with o only when one person
// proposed it and a different person agreed. The database says so too.
func (o Outcome) TwoPeople() bool {
	switch o {
	case OutcomePartial, OutcomeAlternative, OutcomeRefused, OutcomeNotHeld,
		OutcomeRejectedIdentity, OutcomeRejectedForm, OutcomeRedirected:
		return true
	}
	return false
}

// Measure is what is done with one item of a case.
type Measure string

// The measures.
const (
	MeasureDisclose    Measure = "disclose"    // Art. 33: given to the person
	MeasureWithhold    Measure = "withhold"    // Art. 33(2): not given, on a ground
	MeasureNotHeld     Measure = "not-held"    // nothing of theirs is here
	MeasureCorrect     Measure = "correct"     // Art. 34: a value put right, or added
	MeasureDelete      Measure = "delete"      // Art. 34: the content of named fields removed
	MeasureSuspend     Measure = "suspend"     // Art. 35: no longer used or handed over
	MeasureErase       Measure = "erase"       // Art. 35: irrecoverable
	MeasureKeep        Measure = "keep"        // kept until a statute's period ends, erased then
	MeasureAlternative Measure = "alternative" // Art. 35(2): what protects the person instead
	MeasureRefuse      Measure = "refuse"      // not taken, on a ground
	MeasureOutside     Measure = "outside"     // the request does not concern it: no letter lists it
)

// Measures lists every measure.
var Measures = []Measure{MeasureDisclose, MeasureWithhold, MeasureNotHeld, MeasureCorrect, MeasureDelete, MeasureSuspend,
	MeasureErase, MeasureKeep, MeasureAlternative, MeasureRefuse, MeasureOutside}

// Action is the act on a connected system that carries the measure out; "" for
// a measure that changes nothing there.
func (m Measure) Action() Action {
	switch m {
	case MeasureCorrect, MeasureDelete:
		return ActionCorrect
	case MeasureSuspend:
		return ActionSuspend
	case MeasureErase:
		return ActionErase
	}
	return ""
}

// Granted reports whether the measure gives what was asked for.
func (m Measure) Granted() bool { return m == MeasureDisclose || m.Action() != "" }

// Combine is the outcome that the measures of a case's items add up to (D.5).
// Nothing held at all is not-held; nothing granted is a refusal, unless
// something else was done instead; anything between is partial. No item is "".
func Combine(measures []Measure) Outcome {
	var granted, refused, kept, instead, held, missing int
	for _, m := range measures {
		switch {
		case m == MeasureOutside:
			continue
		case m == MeasureNotHeld:
			missing++
			continue
		case m.Granted():
			granted++
		case m == MeasureKeep:
			kept++
		case m == MeasureAlternative:
			instead++
		default:
			refused++
		}
		held++
	}
	switch {
	case held+missing == 0:
		return ""
	case held == 0:
		return OutcomeNotHeld
	case granted == held:
		return OutcomeFulfilled
	case refused == held:
		return OutcomeRefused
	case instead == held:
		return OutcomeAlternative
	}
	return OutcomePartial
}

// Channel is the way by which a request came in.
type Channel string

// The channels of the five policies.
const (
	ChannelPortal    Channel = "portal"
	ChannelTelephone Channel = "telephone"
	ChannelFax       Channel = "fax"
	ChannelPost      Channel = "post"
	ChannelCounter   Channel = "counter"
	ChannelMail      Channel = "mail"
)

// Channels lists every channel.
var Channels = []Channel{ChannelPortal, ChannelTelephone, ChannelFax, ChannelPost, ChannelCounter, ChannelMail}

// Voice is a language or register in which we speak to a person: a BCP 47 tag,
// or "ja-easy" for easy Japanese with furigana.
type Voice string

// The five voices of the portal. Letters have four: ja-easy reads the ja letter.
const (
	VoiceJa     Voice = "ja"
	VoiceJaEasy Voice = "ja-easy"
	VoiceEn     Voice = "en"
	VoiceVi     Voice = "vi"
	VoiceDe     Voice = "de"
)

// Voices lists the five in the order of the language bar.
var Voices = []Voice{VoiceJa, VoiceJaEasy, VoiceEn, VoiceVi, VoiceDe}

// Letter is the voice in which a letter is written to somebody who chose v.
func (v Voice) Letter() Voice {
	if v == VoiceJaEasy {
		return VoiceJa
	}
	return v
}

// Valid reports whether v is one of Voices.
func (v Voice) Valid() bool {
	for _, w := range Voices {
		if v == w {
			return true
		}
	}
	return false
}
