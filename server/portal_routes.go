package server

// portalRoutes are the addresses of the person, below an organisation. What
// begins with /my needs a session on one submission.
func (s *Server) portalRoutes() []Route {
	return []Route{
		{Method: "GET", Path: "/o/:slug", Rule: Anyone, Handler: s.toStart},
		{Method: "GET", Path: "/o/:slug/", Rule: Anyone, Handler: s.start},
		{Method: "GET", Path: "/o/:slug/policy", Rule: Anyone, Handler: s.publicPolicy},
		{Method: "GET", Path: "/o/:slug/ask/:kind", Rule: Anyone, Handler: s.askDesk},
		{Method: "GET", Path: "/o/:slug/request", Rule: Anyone, Handler: s.begin},
		{Method: "POST", Path: "/o/:slug/request", Rule: Anyone, Handler: s.beginForm},
		{Method: "GET", Path: "/o/:slug/request/check", Rule: Draft, Handler: s.checkAnswers},
		{Method: "POST", Path: "/o/:slug/request/send", Rule: Anyone, Handler: s.send},
		{Method: "GET", Path: "/o/:slug/request/:step", Rule: Draft, Handler: s.question},
		{Method: "POST", Path: "/o/:slug/request/:step", Rule: Draft, Handler: s.answerQuestion},

		{Method: "GET", Path: "/o/:slug/find", Rule: Anyone, Handler: s.find},
		{Method: "POST", Path: "/o/:slug/find", Rule: Anyone, Handler: s.findSend},
		{Method: "POST", Path: "/o/:slug/find/code", Rule: Anyone, Handler: s.findCode},
		{Method: "GET", Path: "/o/:slug/link/:token", Rule: Anyone, Handler: s.deadLink},
		{Method: "GET", Path: "/o/:slug/stop/:token", Rule: Anyone, Handler: s.stop},
		{Method: "POST", Path: "/o/:slug/stop/:token", Rule: Anyone, Handler: s.stopNow},
		{Method: "POST", Path: "/o/:slug/leave", Rule: Anyone, Handler: s.leave},

		{Method: "GET", Path: "/o/:slug/my", Rule: Customer, Handler: s.status},
		{Method: "GET", Path: "/o/:slug/my/receipt", Rule: Customer, Handler: s.receipt},
		{Method: "GET", Path: "/o/:slug/my/confirm", Rule: Customer, Handler: s.confirm},
		{Method: "POST", Path: "/o/:slug/my/confirm", Rule: Customer, Handler: s.confirmCode},
		{Method: "POST", Path: "/o/:slug/my/confirm/send", Rule: Customer, Handler: s.confirmSend},
		{Method: "GET", Path: "/o/:slug/my/identity", Rule: Customer, Handler: s.identity},
		{Method: "POST", Path: "/o/:slug/my/identity", Rule: Customer, Handler: s.identityUpload, Upload: true},
		{Method: "POST", Path: "/o/:slug/my/identity/remove", Rule: Customer, Handler: s.identityRemove},
		{Method: "POST", Path: "/o/:slug/my/identity/send", Rule: Customer, Handler: s.identitySend},
		{Method: "GET", Path: "/o/:slug/my/letter/:notice", Rule: Customer, Handler: s.letter},
		{Method: "GET", Path: "/o/:slug/my/voice", Rule: Customer, Handler: s.letterVoice},
		{Method: "POST", Path: "/o/:slug/my/voice", Rule: Customer, Handler: s.setLetterVoice},

		{Method: "GET", Path: "/o/:slug/my/case/:case", Rule: Customer, Handler: s.outcome},
		{Method: "GET", Path: "/o/:slug/my/case/:case/write", Rule: Customer, Handler: s.write},
		{Method: "POST", Path: "/o/:slug/my/case/:case/write", Rule: Customer, Handler: s.write},
		{Method: "GET", Path: "/o/:slug/my/case/:case/answer", Rule: Customer, Handler: s.answer},
		{Method: "POST", Path: "/o/:slug/my/case/:case/answer", Rule: Customer, Handler: s.answer},
		{Method: "GET", Path: "/o/:slug/my/case/:case/object", Rule: Customer, Handler: s.object},
		{Method: "POST", Path: "/o/:slug/my/case/:case/object", Rule: Customer, Handler: s.object},
		{Method: "GET", Path: "/o/:slug/my/case/:case/withdraw", Rule: Customer, Handler: s.withdraw},
		{Method: "POST", Path: "/o/:slug/my/case/:case/withdraw", Rule: Customer, Handler: s.withdrawConfirmed},
		{Method: "POST", Path: "/o/:slug/my/case/:case/take-back", Rule: Customer, Handler: s.takeBack},
		{Method: "GET", Path: "/o/:slug/my/case/:case/download", Rule: Customer, Handler: s.download},
		{Method: "POST", Path: "/o/:slug/my/case/:case/download", Rule: Customer, Handler: s.downloadNow},
		{Method: "POST", Path: "/o/:slug/my/case/:case/download/code", Rule: Customer, Handler: s.downloadCode},
		{Method: "POST", Path: "/o/:slug/my/case/:case/download/again", Rule: Customer, Handler: s.openAgain},
	}
}
