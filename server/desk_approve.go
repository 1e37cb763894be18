package server

import (
	"net/http"
	"strconv"

	"madoguchi/dsr"
)

// approvePage is the proposal as it stands: nothing on it can be changed. It
// holds personal data.
type approvePage struct {
	caseFrame
	Seen     dsr.ApprovePage
	Items    []itemView
	Claims   []claimView
	Counts   []countedMeasure
	Letter   *dsr.Letter
	Comment  string
	Mistakes mistakes
}

func (approvePage) name() string        { return "desk/approval" }
func (p approvePage) hasMistakes() bool { return len(p.Mistakes) > 0 }

// Gives reports whether the case gives data out.
func (p approvePage) Gives() bool { return p.Kind == dsr.KindDisclosure }

// Judge reports whether the reader has the task and may decide it.
func (p approvePage) Judge() bool { return p.Seen.MayApprove && p.Task.Mine }

// approval is GET …/approval.
func (s *Server) approval(v *visit) error { return v.renderApproval(http.StatusOK, "", nil) }

func (v *visit) renderApproval(status int, comment string, ms mistakes) error {
	page, err := v.office.Approval(v.ctx, v.actor, v.Param("case"))
	if err != nil {
		return err
	}
	p := approvePage{caseFrame: v.frame(page.CasePage, "approval", dsr.TaskApprove), Seen: page, Comment: comment, Mistakes: ms,
		Claims: v.claimViews(page.Claims), Counts: counted(page.Items)}
	for n, item := range page.Items {
		w := v.itemView(item, n+1, len(page.Items), page.CasePage)
		v.measured(&w, page.ReviewPage)
		w.Open = false
		p.Items = append(p.Items, w)
	}
	// The letter is shown while it can still be stopped; after the verdict the
	// stored letter is the one that counts.
	if page.Proposal.Verdict == "" {
		l, err := v.office.Preview(v.ctx, v.actor, page.Case)
		if err != nil {
			return err
		}
		p.Letter = &l
	}
	return v.render(status, p)
}

// approve is POST …/approve: agreement with exactly the version that was on
// the page.
func (s *Server) approve(v *visit) error {
	// A version that cannot be read is not the one on the page.
	version, err := strconv.Atoi(v.form("version"))
	if err != nil {
		return dsr.Fail(dsr.Conflict, "error.changed-meanwhile")
	}
	err = v.office.Approve(v.ctx, v.actor, v.Param("case"), v.form("task"), version)
	if err != nil {
		return err
	}
	return v.see(said(v.ofCase(v.Param("case"), ""), "approved"))
}

// sendBack is POST …/send-back: with what should change.
func (s *Server) sendBack(v *visit) error {
	comment, ms := v.typed("comment")
	if len(ms) > 0 {
		return v.renderApproval(http.StatusUnprocessableEntity, comment, ms)
	}
	version, err := strconv.Atoi(v.form("version"))
	if err != nil {
		return dsr.Fail(dsr.Conflict, "error.changed-meanwhile")
	}
	err = v.office.SendBack(v.ctx, v.actor, v.Param("case"), v.form("task"), version, comment)
	if err != nil {
		return err
	}
	return v.see(said(v.ofCase(v.Param("case"), ""), "sent-back"))
}
