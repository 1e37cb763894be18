package server

func (s *Server) notOnline(v *visit, kind string) error { return nil }
func (v *visit) fee(kind string) string { return "" }
func (v *visit) renderSignIn(status int, kept string) error { return nil }
func (v *visit) keptText() string { return "" }
