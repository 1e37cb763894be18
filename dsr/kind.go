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
func (k Kind) Carried() bool { return k == KindDisclosure }

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

// The measures of a disclosure. Other kinds add theirs.
const (
	MeasureDisclose Measure = "disclose"
	MeasureWithhold Measure = "withhold"
	MeasureNotHeld  Measure = "not-held"
)

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
