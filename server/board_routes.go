package server

import "madoguchi/dsr"

// boardReaders see figures and the lists behind them: shells, never a person.
var boardReaders = Staff(dsr.RoleManager, dsr.RoleAuditor)

// boardRoutes are the addresses of the board.
func (s *Server) boardRoutes() []Route {
	return []Route{
		{Method: "GET", Path: "/board", Rule: boardReaders, Handler: s.boards},
		{Method: "GET", Path: "/board/:slug", Rule: boardReaders, Handler: s.board},
		{Method: "GET", Path: "/board/:slug/list", Rule: boardReaders, Handler: s.boardList},
		{Method: "GET", Path: "/board/:slug/calendars", Rule: boardReaders, Handler: s.boardCalendars},
		{Method: "GET", Path: "/board/:slug/dates", Rule: boardReaders, Handler: s.boardDates},
	}
}
