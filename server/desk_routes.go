package server

import "madoguchi/dsr"

// Who of the desk may do what. A clerk keys in and searches;
// a handler works on cases; approver and manager agree; an auditor reads what
// holds no personal data; an admin has nothing to do with cases.
var (
	deskReaders  = Staff(dsr.RoleClerk, dsr.RoleHandler, dsr.RoleApprover, dsr.RoleManager, dsr.RoleAuditor)
	deskWorkers  = Staff(dsr.RoleClerk, dsr.RoleHandler, dsr.RoleApprover, dsr.RoleManager)
	deskOpeners  = Staff(dsr.RoleHandler, dsr.RoleApprover, dsr.RoleManager) // of personal data
	deskHandlers = Staff(dsr.RoleHandler)
	deskJudges   = Staff(dsr.RoleApprover, dsr.RoleManager)
	deskCounter  = Staff(dsr.RoleClerk, dsr.RoleHandler)
	deskHeads    = Staff(dsr.RoleManager, dsr.RoleAdmin) // of who may open cases
)

// deskRoutes are the addresses of the desk. Nothing that a page of the desk
// sends is sent by GET; what opens personal data says so on the page.
func (s *Server) deskRoutes() []Route {
	const c = "/desk/:slug/case/:case"
	return []Route{
		{Method: "GET", Path: "/desk", Rule: AnyStaff, Handler: s.desks},
		{Method: "GET", Path: "/desk/sign-in", Rule: Anyone, Handler: s.staffSignIn},
		{Method: "POST", Path: "/desk/sign-in", Rule: Anyone, Handler: s.staffSignInSent},
		{Method: "POST", Path: "/desk/sign-out", Rule: Anyone, Handler: s.staffSignOut},
		{Method: "POST", Path: "/desk/voice", Rule: Anyone, Handler: s.staffVoice},

		{Method: "GET", Path: "/desk/:slug", Rule: AnyStaff, Handler: s.deskHome},
		{Method: "GET", Path: "/desk/:slug/", Rule: AnyStaff, Handler: s.deskHome},
		{Method: "GET", Path: "/desk/:slug/queue", Rule: deskReaders, Handler: s.queue},
		{Method: "POST", Path: "/desk/:slug/next", Rule: deskWorkers, Handler: s.nextTask},
		{Method: "GET", Path: "/desk/:slug/search", Rule: deskReaders, Handler: s.searchReference},
		{Method: "POST", Path: "/desk/:slug/task/:task/claim", Rule: deskWorkers, Handler: s.claimTask},
		{Method: "POST", Path: "/desk/:slug/task/:task/release", Rule: deskWorkers, Handler: s.releaseTask},
		{Method: "POST", Path: "/desk/:slug/task/:task/hand-over", Rule: deskWorkers, Handler: s.handOverTask},
		{Method: "GET", Path: "/desk/:slug/key-in", Rule: deskCounter, Handler: s.keyIn},
		{Method: "POST", Path: "/desk/:slug/key-in", Rule: deskCounter, Handler: s.keyInSent},
		{Method: "GET", Path: "/desk/:slug/receipt/:submission", Rule: deskCounter, Handler: s.keyedIn},

		{Method: "GET", Path: "/desk/:slug/letters", Rule: deskCounter, Handler: s.letters},
		{Method: "POST", Path: "/desk/:slug/letters/print", Rule: deskCounter, Handler: s.printLetters},
		{Method: "POST", Path: "/desk/:slug/letters/:notice/posted", Rule: deskCounter, Handler: s.letterPosted},
		{Method: "GET", Path: "/desk/:slug/appointments", Rule: deskHeads, Handler: s.appointments},
		{Method: "POST", Path: "/desk/:slug/appointments", Rule: deskHeads, Handler: s.appoint},
		{Method: "POST", Path: "/desk/:slug/appointments/:appointment/end", Rule: deskHeads, Handler: s.endAppointment},

		{Method: "GET", Path: c, Rule: deskReaders, Handler: s.casePage},
		{Method: "GET", Path: c + "/task/:task", Rule: deskWorkers, Handler: s.taskPage},
		{Method: "POST", Path: c + "/task/:task/close", Rule: deskWorkers, Handler: s.closeTask},
		{Method: "POST", Path: c + "/task/:task/package", Rule: deskWorkers, Handler: s.packageForPost},
		{Method: "POST", Path: c + "/task/:task/classify", Rule: deskHandlers, Handler: s.classifyCase},
		{Method: "POST", Path: c + "/task/:task/redirect", Rule: deskHandlers, Handler: s.redirectCase},
		{Method: "GET", Path: c + "/identity", Rule: deskOpeners, Handler: s.compareIdentity},
		{Method: "GET", Path: c + "/document/:document", Rule: deskHandlers, Handler: s.caseDocument},
		{Method: "POST", Path: c + "/identity/confirm", Rule: deskHandlers, Handler: s.confirmIdentity},
		{Method: "POST", Path: c + "/identity/more", Rule: deskHandlers, Handler: s.moreProof},
		{Method: "POST", Path: c + "/identity/reject", Rule: deskHandlers, Handler: s.rejectIdentity},
		{Method: "POST", Path: c + "/identity/hold", Rule: deskHandlers, Handler: s.placeHold},
		{Method: "GET", Path: c + "/papers", Rule: deskCounter, Handler: s.papers},
		{Method: "POST", Path: c + "/papers", Rule: deskCounter, Handler: s.papersSent},
		{Method: "GET", Path: c + "/authority", Rule: deskOpeners, Handler: s.authority},
		{Method: "POST", Path: c + "/authority/ask", Rule: deskHandlers, Handler: s.askAuthority},
		{Method: "POST", Path: c + "/authority/record", Rule: deskHandlers, Handler: s.recordAuthority},
		{Method: "POST", Path: c + "/authority/reject", Rule: deskHandlers, Handler: s.rejectForm},
		{Method: "POST", Path: c + "/authority/admit", Rule: deskJudges, Handler: s.admitRepresentative},
		{Method: "POST", Path: c + "/authority/return", Rule: deskJudges, Handler: s.returnAuthority},
		{Method: "GET", Path: c + "/investigation", Rule: deskOpeners, Handler: s.investigation},
		{Method: "POST", Path: c + "/investigation", Rule: deskHandlers, Handler: s.investigated},
		{Method: "GET", Path: c + "/review", Rule: deskOpeners, Handler: s.review},
		{Method: "POST", Path: c + "/review/:item", Rule: deskHandlers, Handler: s.answerItem},
		{Method: "GET", Path: c + "/preview", Rule: deskOpeners, Handler: s.previewLetter},
		{Method: "POST", Path: c + "/propose", Rule: deskHandlers, Handler: s.propose},
		{Method: "GET", Path: c + "/approval", Rule: deskOpeners, Handler: s.approval},
		{Method: "POST", Path: c + "/approve", Rule: deskJudges, Handler: s.approve},
		{Method: "POST", Path: c + "/send-back", Rule: deskJudges, Handler: s.sendBack},
		{Method: "GET", Path: c + "/stopped", Rule: deskWorkers, Handler: s.stoppedErasure},
		{Method: "POST", Path: c + "/stopped/resume", Rule: deskHandlers, Handler: s.resumeErasure},
		{Method: "POST", Path: c + "/stopped/reconsider", Rule: deskHandlers, Handler: s.reconsider},
		{Method: "GET", Path: c + "/recipient/:recipient", Rule: deskHandlers, Handler: s.recipient},
		{Method: "POST", Path: c + "/recipient/:recipient", Rule: deskHandlers, Handler: s.tellRecipient},
		{Method: "GET", Path: c + "/messages", Rule: deskOpeners, Handler: s.caseMessages},
		{Method: "POST", Path: c + "/tell", Rule: deskHandlers, Handler: s.tellPerson},
		{Method: "POST", Path: c + "/ask", Rule: deskHandlers, Handler: s.askPerson},
		{Method: "GET", Path: c + "/notes", Rule: deskWorkers, Handler: s.caseNotes},
		{Method: "POST", Path: c + "/notes", Rule: deskWorkers, Handler: s.addNote},
		{Method: "GET", Path: c + "/letter/:notice", Rule: deskOpeners, Handler: s.letterOfCase},
		{Method: "GET", Path: c + "/withdraw", Rule: deskCounter, Handler: s.askWithdrawal},
		{Method: "POST", Path: c + "/withdraw", Rule: deskCounter, Handler: s.withdrawalTold},
		{Method: "POST", Path: c + "/extend", Rule: deskJudges, Handler: s.extend},
	}
}
