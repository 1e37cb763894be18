package server

import (
	"net/http"
	"net/url"

	"madoguchi/clock"
	"madoguchi/dsr"
)

// boardPage are the figures of one organisation.
//
// Figure and list come from one condition in the office; the page adds
// nothing up, so that no number can differ from its list.
type boardPage struct {
	Rows []boardLine
	Asof int64
}

func (boardPage) name() string { return "board/board" }

// Heads are the columns.
func (boardPage) Heads() []dsr.Figure { return dsr.Figures }

// boardLine is one kind with its figures, in the order of dsr.Figures.
type boardLine struct {
	Kind dsr.Kind
	// Name heads the line where it is an organisation; "" for a kind.
	Name, Path string
	Cells      []figureCell
}

// figureCell is a number and the list of exactly that length behind it.
type figureCell struct {
	Figure dsr.Figure
	N, Of  int
	Path   string
}

// cells writes a row of figures; base is the address of the lists, "" for
// figures that open nothing.
func cells(r dsr.BoardRow, base string) []figureCell {
	n := map[dsr.Figure]int{dsr.FigureOpen: r.Open, dsr.FigureDueSoon: r.DueSoon, dsr.FigureOverdue: r.Overdue,
		dsr.FigurePaused: r.Paused, dsr.FigureAnswered: r.Answered, dsr.FigureInTime: r.InTime}
	var out []figureCell
	for _, f := range dsr.Figures {
		c := figureCell{Figure: f, N: n[f]}
		if f == dsr.FigureInTime {
			c.Of = r.Answered
		}
		if base != "" {
			c.Path = base + "?" + url.Values{"kind": {string(r.Kind)}, "figure": {string(f)}}.Encode()
		}
		out = append(out, c)
	}
	return out
}

// boardsPage puts the sums of several organisations side by side: figures, no
// cases.
type boardsPage struct {
	Rows []boardLine
	Asof int64
}

// Heads are the columns.
func (boardsPage) Heads() []dsr.Figure { return dsr.Figures }

func (boardsPage) name() string { return "board/boards" }

// boards is GET /board. Somebody with one organisation is already there.
func (s *Server) boards(v *visit) error {
	p := boardsPage{Asof: v.now().UnixMicro()}
	var only string
	for _, o := range s.Packs.Packs() {
		// In each organisation with the roles held there, and with no others.
		actor := dsr.Actor{Kind: dsr.ActorStaff, ID: v.staff.ID, Roles: v.staff.Roles[o.ID]}
		if !actor.Has(boardReaders.roles...) {
			continue
		}
		rows, err := s.Offices.Office(o.ID).Board(v.ctx, actor)
		if err != nil {
			return err
		}
		if only == "" {
			// The stamp is in the zone of the first; it names its zone.
			if v.zone, err = clock.Zone(o.Zone); err != nil {
				return dsr.Errorf(dsr.Internal, "error.internal", "zone of the pack: %w", err)
			}
		}
		only = "/board/" + o.Slug
		line := boardLine{Name: textOf(o, o.Entity.Name, v.voice), Path: only}
		for _, r := range rows {
			if r.Kind == "" {
				line.Cells = cells(r, "")
			}
		}
		p.Rows = append(p.Rows, line)
	}
	if len(p.Rows) == 1 {
		return v.see(only)
	}
	return v.render(http.StatusOK, p)
}

// board is GET /board/:slug: the sum first, then each kind that there is
// anything of.
func (s *Server) board(v *visit) error {
	rows, err := v.office.Board(v.ctx, v.actor)
	if err != nil {
		return err
	}
	p := boardPage{Asof: v.now().UnixMicro()}
	base := "/board/" + v.pack.Slug + "/list"
	for _, r := range rows {
		line := boardLine{Kind: r.Kind, Cells: cells(r, base)}
		if r.Kind == "" {
			p.Rows = append([]boardLine{line}, p.Rows...)
			continue
		}
		p.Rows = append(p.Rows, line)
	}
	return v.render(http.StatusOK, p)
}

// boardListPage are the cases that a figure counts.
type boardListPage struct {
	Kind   dsr.Kind
	Figure dsr.Figure
	Lines  []queueLine
}

func (boardListPage) name() string { return "board/list" }

// boardList is GET /board/:slug/list.
func (s *Server) boardList(v *visit) error {
	p := boardListPage{Kind: dsr.Kind(v.QueryParam("kind")), Figure: dsr.Figure(v.QueryParam("figure"))}
	known := p.Kind == ""
	for _, k := range dsr.Kinds {
		known = known || k == p.Kind
	}
	figure := false
	for _, f := range dsr.Figures {
		figure = figure || f == p.Figure
	}
	// An address that names no figure of ours is no page, rather than an empty
	// list that looks like good news.
	if !known || !figure {
		return dsr.Fail(dsr.NotFound, "error.not-found")
	}
	rows, err := v.office.BoardList(v.ctx, v.actor, p.Kind, p.Figure)
	if err != nil {
		return err
	}
	for _, r := range rows {
		p.Lines = append(p.Lines, queueLine{QueueRow: r, Path: v.ofCase(r.Case, "")})
	}
	return v.render(http.StatusOK, p)
}
