package server

// boardRoutes are the addresses of the board.
func (s *Server) boardRoutes() []Route { return nil }
