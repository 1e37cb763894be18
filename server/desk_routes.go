package server

// deskRoutes are the addresses of the desk.
func (s *Server) deskRoutes() []Route { return nil }
