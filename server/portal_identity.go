package server

import (
	"errors"
	"io"
	"net/http"
	"slices"

	"madoguchi/dsr"
	"madoguchi/internal/locales"
	"madoguchi/policy"
)

// identityPage is where papers are added one by one, looked over and sent.
type identityPage struct {
	Kind field
	// File is the error at the file input, "" for none.
	File     string
	Added    []documentRow
	Mistakes mistakes
	// Reason is why the desk asks for more, "" the first time.
	Reason string
	Until  string
	In     string
	Full   bool
	Reach  reach
	// Authority says that papers of a representative are among those wanted,
	// Alone that only they are: who it is has been shown already.
	Authority, Alone bool
	// SendFirst puts what was added, and the button that sends it, before the form
	// that adds more: one paper is mostly enough, and on a phone the button would
	// stand two screens below. A representative adds two papers, so the form leads.
	SendFirst bool
}

type documentRow struct {
	ID, Title string
	Type      string
	Size      int
}

func (identityPage) name() string { return "portal/identity" }

func (p identityPage) hasMistakes() bool { return len(p.Mistakes) > 0 }

// mediaNames are the types that are taken, as people know them.
var mediaNames = map[string]string{"image/jpeg": "JPEG", "image/png": "PNG", "application/pdf": "PDF"}

// identity is GET /o/:slug/my/identity.
func (s *Server) identity(v *visit) error { return v.renderIdentity(http.StatusOK, "", nil) }

func (v *visit) renderIdentity(status int, kind string, ms mistakes) error {
	st, err := v.office.Status(v.ctx, v.submission)
	if err != nil {
		return err
	}
	// The page is open only while papers are wanted; otherwise the status page says
	// what happens.
	wanted := false
	p := identityPage{Mistakes: ms, File: ms.of("file"), Reach: v.reach()}
	for _, c := range st.Cases {
		if v.wantsProof(st, c) {
			wanted = true
			p.Alone = p.Alone || v.onlyAuthority(st, c)
			if c.WaitingUntil > 0 {
				p.Until, p.In = v.date(c.WaitingUntil), v.in(c.WaitingUntil)
			}
		}
	}
	if !wanted {
		done := ""
		if st.Identity.EvidenceSent && st.Identity.Proven == "" {
			done = "?done=identity"
		}
		return v.see(v.path("/my" + done))
	}
	// The second time the page begins with the desk's reason.
	if st.Identity.Asked > 0 || (st.Authority != nil && st.Authority.Asked > 0) {
		p.Reason = lastReason(st)
	}
	p.Authority = represented(st)
	var os []option
	for _, d := range v.documents(st) {
		o := option{Value: d.ID, Label: v.packHTML(d.Title), Hint: v.packHTML(d.Mask)}
		if d.For != "" {
			o.Hint = v.h("portal.identity.shows-authority") + " " + o.Hint
		}
		os = append(os, o)
	}
	p.Kind = v.radios("kind", "portal.identity.one-of", kind, ms, os...)
	for _, d := range st.Documents {
		// What the desk has already is no longer the person's to remove.
		if d.Submitted || d.DeletedAt > 0 {
			continue
		}
		row := documentRow{ID: d.ID, Type: mediaNames[d.MediaType], Size: d.Size}
		if k, ok := v.pack.Document(d.Kind); ok {
			row.Title = v.packText(k.Title)
		}
		p.Added = append(p.Added, row)
	}
	p.Full = len(p.Added) >= v.uploadFiles()
	p.SendFirst = len(p.Added) > 0 && (!p.Authority || p.Alone) && len(ms) == 0
	return v.render(status, p)
}

// documents are the papers that can be added to the submission: proof of who
// somebody is while that is open, and a representative's authority.
func (v *visit) documents(st dsr.StatusPage) []policy.Document {
	var ds []policy.Document
	if st.Identity.Proven == "" {
		ds = papersOf(kindsOf(st), v.proofsOf(st.Identity, channelOf(st)))
	}
	if !represented(st) {
		return ds
	}
	// Not knowing which sort of representative it is, both sorts are taken.
	for _, kind := range []string{"statutory", "delegated"} {
		if st.Authority == nil || st.Authority.Kind == "" || st.Authority.Kind == kind {
			for _, d := range v.authorityPapers(kind) {
				if !slices.ContainsFunc(ds, func(x policy.Document) bool { return x.ID == d.ID }) {
					ds = append(ds, d)
				}
			}
		}
	}
	return ds
}

func (v *visit) uploadFiles() int {
	if n := v.pack.Times.UploadFiles; n > 0 {
		return n
	}
	return 10
}

// identityUpload is POST /o/:slug/my/identity: one file, stored at once,
// because a browser cannot be given a file back.
func (s *Server) identityUpload(v *visit) error {
	kind, data, err := readUpload(v.Request())
	if err != nil && !errors.Is(err, errTooLarge) {
		return err
	}
	st, serr := v.office.Status(v.ctx, v.submission)
	if serr != nil {
		return serr
	}
	// Only papers that the pack lists: nobody is asked for more than the policy says.
	known := false
	for _, d := range v.documents(st) {
		known = known || d.ID == kind
	}
	added := 0
	for _, d := range st.Documents {
		if !d.Submitted && d.DeletedAt == 0 {
			added++
		}
	}
	var ms mistakes
	if !known {
		ms = append(ms, v.wrong("kind", "document-kind")...)
	}
	mediaType := ""
	// One sentence, about the first thing that is wrong with the file.
	switch {
	case errors.Is(err, errTooLarge):
		ms = append(ms, v.wrong("file", "file-large")...)
	case data == nil:
		ms = append(ms, v.wrong("file", "file-missing")...)
	case len(data) == 0:
		ms = append(ms, v.wrong("file", "file-empty")...)
	case added >= v.uploadFiles():
		ms = append(ms, v.wrong("file", "file-many", "n", v.uploadFiles())...)
	default:
		var problem string
		mediaType, data, problem = cleanUpload(data)
		if problem != "" {
			ms = append(ms, v.wrong("file", problem)...)
		}
	}
	if len(ms) > 0 {
		status := http.StatusUnprocessableEntity
		if errors.Is(err, errTooLarge) {
			status = http.StatusRequestEntityTooLarge
		}
		return v.renderIdentity(status, kind, ms)
	}
	_, err = v.office.AddDocument(v.ctx, v.submission, kind, mediaType, data)
	switch dsr.FaultOf(err) {
	case "":
		return v.see(v.path("/my/identity"))
	case dsr.Invalid, dsr.Conflict:
		return v.renderIdentity(statusOf(err), kind, mistakes{{Field: "file", Text: locales.Fault(v.voice, err)}})
	}
	return err
}

// identityRemove is POST /o/:slug/my/identity/remove.
func (s *Server) identityRemove(v *visit) error {
	err := v.office.RemoveDocument(v.ctx, v.submission, v.form("document"))
	if err != nil && dsr.FaultOf(err) != dsr.NotFound {
		return err
	}
	return v.see(v.path("/my/identity"))
}

// identitySend is POST /o/:slug/my/identity/send: the papers go to the desk.
func (s *Server) identitySend(v *visit) error {
	st, err := v.office.Status(v.ctx, v.submission)
	if err != nil {
		return err
	}
	added := false
	for _, d := range st.Documents {
		added = added || (!d.Submitted && d.DeletedAt == 0)
	}
	// Sent twice is sent once.
	if st.Identity.EvidenceSent && !added {
		return v.see(v.path("/my?done=identity"))
	}
	if !added {
		return v.renderIdentity(http.StatusUnprocessableEntity, "", v.wrong("file", "no-documents"))
	}
	err = v.office.SubmitIdentity(v.ctx, v.submission)
	switch dsr.FaultOf(err) {
	case "":
		return v.see(v.path("/my?done=identity"))
	case dsr.Invalid:
		return v.renderIdentity(statusOf(err), "", mistakes{{Field: "file", Text: locales.Fault(v.voice, err)}})
	}
	return err
}

// errTooLarge is a file over MaxUpload.
var errTooLarge = errors.New("file too large")

// readUpload reads the fields "kind" and "file" of a form, keeping the file in
// memory only: a paper never touches a disk in clear. data is nil when there
// was no file, and empty when it was empty.
func readUpload(r *http.Request) (kind string, data []byte, err error) {
	m, err := r.MultipartReader()
	if err != nil {
		return "", nil, dsr.Errorf(dsr.Invalid, "error.invalid", "upload: %w", err)
	}
	for {
		part, perr := m.NextPart()
		if perr == io.EOF {
			return kind, data, err
		}
		var big *http.MaxBytesError
		if errors.As(perr, &big) {
			return kind, nil, errTooLarge
		}
		if perr != nil {
			return kind, nil, dsr.Errorf(dsr.Invalid, "error.invalid", "upload: %w", perr)
		}
		// One byte more than allowed is read, to know that there is one.
		limit := int64(MaxUpload)
		if part.FormName() == "kind" {
			limit = 100
		}
		b, rerr := io.ReadAll(io.LimitReader(part, limit+1))
		switch {
		case errors.As(rerr, &big):
			return kind, nil, errTooLarge
		case rerr != nil:
			return kind, nil, dsr.Errorf(dsr.Invalid, "error.invalid", "upload: %w", rerr)
		case part.FormName() == "kind":
			kind = string(b)
		case part.FormName() == "file" && int64(len(b)) > limit:
			// The rest is read and forgotten, so that the person gets a page
			// and not a broken connection.
			err, b = errTooLarge, nil
			_, cerr := io.Copy(io.Discard, part)
			if cerr != nil {
				return kind, nil, errTooLarge
			}
		case part.FormName() == "file" && part.FileName() == "" && len(b) == 0:
			// No file was chosen.
		case part.FormName() == "file":
			data = b
			if data == nil {
				data = []byte{}
			}
		}
	}
}
