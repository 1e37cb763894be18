package server

// portalRoutes are the addresses of the person, below an organisation. What
// begins with /my needs a session on one submission.
func (s *Server) portalRoutes() []Route {
	return []Route{
		{Method: "GET", Path: "/o/:slug/request", Rule: Anyone, Handler: s.begin},
		{Method: "POST", Path: "/o/:slug/request", Rule: Anyone, Handler: s.beginForm},
		{Method: "GET", Path: "/o/:slug/request/:step", Rule: Draft, Handler: s.question},
		{Method: "POST", Path: "/o/:slug/request/:step", Rule: Draft, Handler: s.answerQuestion},
	}
}
