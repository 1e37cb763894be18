package dsr

// What is told to the person, by code: docs/words.md and the catalogue have the
// texts. Which notice follows what is decided here, for the store, which sends
// it, and for CourseOf, which says it beforehand.
const (
	NoticeReceipt     = "N-01"  // on arrival
	NoticeAccepted    = "N-01b" // complete, with the date of the answer
	NoticeProof       = "N-02"
	NoticeAuthority   = "N-03"
	NoticeFrozen      = "N-10"
	NoticeReady       = "N-16"
	NoticeRecipients  = "N-19"
	NoticeCoolingOff  = "N-32"
	NoticeRepresented = "N-33" // to the person: somebody acts in their name
)

// Notice is what is told when a case enters a stage, "" for nothing.
func (s Stage) Notice() string {
	switch s {
	case StageReceived:
		return NoticeReceipt
	case StageIdentity:
		return NoticeProof
	case StageAuthority:
		return NoticeAuthority
	case StageAccepted:
		return NoticeAccepted
	}
	return ""
}

// Letter is the notice that tells how a request of a kind was answered, "" for
// an outcome that is told otherwise. A refusal and that nothing is held are told
// too (Art. 33(3), 34(3), 35(7)).
func (k Kind) Letter(o Outcome) string {
	switch o {
	case OutcomeRefused, OutcomeRejectedIdentity, OutcomeRejectedForm:
		return "N-14"
	case OutcomeNotHeld:
		return "N-15"
	case OutcomeRedirected:
		return "N-23"
	case OutcomeFulfilled, OutcomePartial, OutcomeAlternative:
		switch {
		case k == KindCorrection || k == KindAddition:
			return "N-17"
		case k != KindDisclosure:
			return "N-18"
		case o == OutcomeFulfilled:
			return "N-12"
		}
		return "N-13"
	}
	return ""
}

// Ending is the notice of a case that closes without an answer, "" for an outcome
// that was told before.
func (o Outcome) Ending() string {
	switch o {
	case OutcomeNoResponse:
		return "N-20"
	case OutcomeWithdrawn:
		return "N-21"
	}
	return ""
}
