package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"go.temporal.io/sdk/client"

	"madoguchi/activities"
	"madoguchi/clock"
	"madoguchi/connectors"
	"madoguchi/internal/engine"
	"madoguchi/internal/evidence"
	"madoguchi/internal/mailsink"
	"madoguchi/internal/parcel"
	"madoguchi/internal/post"
	"madoguchi/internal/sample"
	"madoguchi/internal/store"
	"madoguchi/internal/temporalproc"
	"madoguchi/internal/vault"
	"madoguchi/packs"
	"madoguchi/policy"
	"madoguchi/server"
	"madoguchi/worker"
)

// app is the whole product in one process, or a part of it: what every command
// opens, and what end-to-end tests open on port 0.
type app struct {
	config
	// parts that this process runs
	web, work bool
	// embedded starts Temporal's server as a child when no cluster is named.
	embedded bool
	env      map[string]string
	log      zerolog.Logger
	now      func() time.Time // replaces the database's clock in tests; nil otherwise

	packsFS   fs.FS
	packs     *policy.Library
	calendars map[string]*clock.Calendar
	vault     *vault.Vault
	signer    *evidence.Signer
	signedBy  string // its file
	store     *store.Store
	systems   *connectors.Registry
	sink      *mailsink.Sink
	smtp      string // host:port that mails go to
	temporal  *temporalproc.Server
	engine    *engine.Engine
	worker    *worker.Worker
	relay     *worker.Relay

	listener net.Listener
	http     *http.Server
	closers  []func() error
}

// open builds everything and starts nothing that waits: when it returns the
// database is migrated and the address is taken.
func (a *app) open(ctx context.Context) (err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	if err := os.MkdirAll(a.DataDir, 0o700); err != nil {
		return fmt.Errorf("DATA_DIR %s can't be made: %w", a.DataDir, err)
	}
	if a.ClockOffsetFile != "" && a.now == nil {
		a.now = shifted(a.ClockOffsetFile)
	}
	if err := a.openPacks(); err != nil {
		return err
	}
	if err := a.openKeys(); err != nil {
		return err
	}
	if a.web {
		// The port first: what is taken must be said before anything is built on it.
		if a.listener, err = net.Listen("tcp", a.Addr); err != nil {
			return fmt.Errorf("ADDR %s is taken or can't be used; stop what listens there or set ADDR to another: %w", a.Addr, err)
		}
		a.closers = append(a.closers, func() error { a.listener.Close(); return nil })
	}
	if err := a.openMail(); err != nil {
		return err
	}
	a.store, err = store.Open(ctx, store.Options{URL: a.DatabaseURL, OwnerURL: a.DatabaseOwnerURL,
		File: filepath.Join(a.DataDir, "madoguchi.db"), Vault: a.vault, Packs: a.packs, Calendars: a.calendars,
		BaseURL: a.baseURL(), MailDomain: mailDomain(a.MailFrom), Now: a.now, Committed: a.committed})
	if err != nil {
		return err
	}
	a.closers = append(a.closers, a.store.Close)
	if a.systems, err = connectors.New(a.packsFS, a.dsn); err != nil {
		return err
	}
	a.closers = append(a.closers, a.systems.Close)
	if wrong := a.systems.Disagreements(a.packs.Packs()); len(wrong) > 0 {
		return fmt.Errorf("packs and mappings do not agree:\n%s", strings.Join(wrong, "\n"))
	}
	if a.web || a.work {
		if err := a.openTemporal(ctx); err != nil {
			return err
		}
	}
	if a.web {
		return a.openWeb()
	}
	return nil
}

// baseURL is how people reach us: BASE_URL, or the address that we listen on.
func (a *app) baseURL() string {
	if a.BaseURL != "" {
		return strings.TrimSuffix(a.BaseURL, "/")
	}
	if a.listener != nil {
		return "http://" + a.listener.Addr().String()
	}
	return "http://" + a.Addr
}

func mailDomain(from string) string {
	_, domain, ok := strings.Cut(strings.Trim(from, "<>"), "@")
	if !ok {
		return "localhost"
	}
	return domain
}

func (a *app) openPacks() (err error) {
	a.packsFS = packs.Files
	if a.PacksDir != "" {
		a.packsFS = os.DirFS(a.PacksDir)
	}
	if a.packs, err = policy.Load(a.packsFS, policy.Options{Demonstration: a.Mode == modeDemonstration}); err != nil {
		return err
	}
	folder, err := fs.Sub(a.packsFS, "calendars")
	if err != nil {
		return err
	}
	a.calendars, err = clock.LoadCalendars(folder)
	return err
}

// keyFile is where a key is: the setting, or a file made in DATA_DIR on the
// first start (production names its own).
func (a *app) keyFile(setting, name string) (string, error) {
	if setting != "" {
		return setting, nil
	}
	folder := filepath.Join(a.DataDir, "keys")
	return filepath.Join(folder, name), os.MkdirAll(folder, 0o700)
}

func (a *app) openKeys() error {
	path, err := a.keyFile(a.RootKeyFile, "root.key")
	if err != nil {
		return err
	}
	var root *vault.FileRoot
	if a.Mode == modeProduction {
		root, err = vault.LoadRoot(path)
	} else {
		root, err = vault.LoadOrCreateRoot(path)
	}
	if err != nil {
		return fmt.Errorf("ROOT_KEY_FILE: %w", err)
	}
	a.vault = vault.New(root)
	if path, err = a.keyFile(a.SigningKeyFile, "signing.key"); err != nil {
		return err
	}
	a.signedBy = path
	if a.signer, err = evidence.LoadOrCreateSigner(path); err != nil {
		return fmt.Errorf("SIGNING_KEY_FILE: %w", err)
	}
	return nil
}

// openMail names the mail server, or starts the sink that delivers nowhere.
func (a *app) openMail() error {
	a.smtp = a.SMTPAddress
	if a.smtp != "" || a.Mode == modeProduction || !a.web && !a.work {
		return nil
	}
	a.sink = &mailsink.Sink{Dir: filepath.Join(a.DataDir, "mail")}
	if err := a.sink.Start("127.0.0.1:0"); err != nil {
		return fmt.Errorf("the mail sink can't start: %w", err)
	}
	a.closers = append(a.closers, func() error { a.sink.Stop(); return nil })
	a.smtp = a.sink.Addr()
	return nil
}

// dsn gives a connected system its database: the setting of that name, or in
// a demonstration the sample file in DATA_DIR.
func (a *app) dsn(setting string) string {
	if v := a.env[setting]; v != "" {
		return v
	}
	if a.Mode == modeProduction {
		return ""
	}
	return a.sampleFile(setting)
}

// sampleFile is the made-up system behind a setting.
func (a *app) sampleFile(setting string) string {
	return filepath.Join(a.DataDir, "sample", strings.ToLower(setting)+".db")
}

// makeSamples makes the made-up systems that are not there yet.
func (a *app) makeSamples(ctx context.Context) error {
	for _, setting := range a.systems.Settings() {
		path := a.sampleFile(setting)
		if a.env[setting] != "" {
			continue
		}
		if _, err := os.Stat(path); err == nil {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := sample.Create(ctx, setting, path); err != nil {
			return fmt.Errorf("the sample system %s can't be made: %w", setting, err)
		}
	}
	return nil
}

// openTemporal connects to the cluster, or to the embedded server, which it
// starts. Nothing waits for it: requests are accepted without.
func (a *app) openTemporal(ctx context.Context) (err error) {
	address := a.TemporalAddress
	if address == "" && a.embedded {
		a.temporal, err = temporalproc.Start(ctx, temporalproc.Options{Bin: a.TemporalBin,
			DataDir: filepath.Join(a.DataDir, "temporal"), Stderr: logFile(filepath.Join(a.DataDir, "temporal.log"))})
		if err != nil {
			return fmt.Errorf("the embedded Temporal server: %w", err)
		}
		a.closers = append(a.closers, func() error { a.temporal.Stop(); return nil })
		address = a.temporal.Address()
		if err := os.WriteFile(a.addressFile(), []byte(address), 0o600); err != nil {
			return err
		}
	}
	if address == "" {
		return errors.New("TEMPORAL_ADDRESS is not set; name the cluster, or run `madoguchi up`, which brings a server of its own")
	}
	secure, err := a.temporalTLS()
	if err != nil {
		return err
	}
	if a.engine, err = engine.Open(address, a.TemporalNamespace, a.log, secure); err != nil {
		return err
	}
	a.closers = append(a.closers, func() error { a.engine.Close(); return nil })
	if !a.work {
		a.relay = worker.NewRelay(backlog{a}, a.engine, a.log)
		return nil
	}
	sender, err := a.sender()
	if err != nil {
		return err
	}
	a.worker = worker.New(worker.Options{Engine: a.engine, Backlog: backlog{a}, Post: sender, Log: a.log,
		Activities: &activities.Activities{Offices: offices{a.store}, Connectors: systems{a.systems}, Parcels: parcel.Builder{}},
		Pace:       worker.Pace{Relay: a.RelayInterval, Sweep: a.SweepInterval}})
	a.relay = a.worker.Relay()
	return nil
}

// temporalTLS secures the connection to a cluster that asks for it.
func (a *app) temporalTLS() (func(*client.Options), error) {
	if a.TemporalTLSCAFile == "" && a.TemporalTLSCertFile == "" {
		return func(*client.Options) {}, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if a.TemporalTLSCAFile != "" {
		pem, err := os.ReadFile(a.TemporalTLSCAFile)
		if err != nil {
			return nil, fmt.Errorf("TEMPORAL_TLS_CA_FILE: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("TEMPORAL_TLS_CA_FILE holds no certificate in PEM")
		}
	}
	if a.TemporalTLSCertFile != "" {
		pair, err := tls.LoadX509KeyPair(a.TemporalTLSCertFile, a.TemporalTLSKeyFile)
		if err != nil {
			return nil, fmt.Errorf("TEMPORAL_TLS_CERT_FILE: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return func(o *client.Options) { o.ConnectionOptions.TLS = c }, nil
}

// sender is the mail server as the postman sees it.
func (a *app) sender() (*post.Post, error) {
	host, port, err := net.SplitHostPort(a.smtp)
	if err != nil {
		return nil, fmt.Errorf("SMTP_ADDRESS: %w", err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("SMTP_ADDRESS: %w", err)
	}
	o := post.Options{Host: host, Port: n, Username: a.SMTPUsername, Address: a.MailFrom,
		TLS: map[string]post.TLS{"none": post.TLSNone, "tls": post.TLSImplicit, "starttls": post.TLSStart}[a.SMTPTLS]}
	if a.sink != nil {
		o.TLS = post.TLSNone // it is in this process
	}
	if a.SMTPPasswordFile != "" {
		secret, err := os.ReadFile(a.SMTPPasswordFile)
		if err != nil {
			return nil, fmt.Errorf("SMTP_PASSWORD_FILE: %w", err)
		}
		o.Password = strings.TrimSpace(string(secret))
	}
	return post.New(o)
}

// waits marks requests of people who want to see at once what their command
// did: desk pages. A filing never waits.
type waits struct{}

// committed tries the delivery of a command at once. A page of the desk waits
// for it, two seconds at the most; everybody else goes on.
func (a *app) committed(ctx context.Context, organisation, caseID string) {
	if a.relay == nil {
		return
	}
	if ctx.Value(waits{}) != nil {
		a.relay.Nudge(ctx, organisation, caseID)
		return
	}
	go a.relay.Nudge(context.WithoutCancel(ctx), organisation, caseID)
}

func (a *app) openWeb() error {
	s := &server.Server{Offices: offices2{a.store}, Accounts: a.store, Probes: a, Packs: a.packs, BaseURL: a.baseURL(),
		Production: a.Mode == modeProduction, Log: a.logEntry,
		// On plain http of this machine many clients keep secure cookies back.
		PlainCookies: a.Mode != modeProduction && strings.HasPrefix(a.baseURL(), "http://")}
	if a.now != nil {
		s.Now = a.now
	}
	if a.sink != nil {
		s.Mailbox = mailbox{a.sink}
	}
	if a.TrustedProxy != "" {
		prefix, err := netip.ParsePrefix(a.TrustedProxy)
		if err != nil {
			return fmt.Errorf("TRUSTED_PROXY: %w", err)
		}
		s.TrustedProxies = []netip.Prefix{prefix}
	}
	handler, err := s.Handler()
	if err != nil {
		return err
	}
	a.http = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/desk/") {
			r = r.WithContext(context.WithValue(r.Context(), waits{}, true))
		}
		handler.ServeHTTP(w, r)
	}), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 60 * time.Second, WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10}
	return nil
}

// run serves and works until ctx ends, then stops: pages first, then the
// worker, then Temporal.
func (a *app) run(ctx context.Context) error {
	var running sync.WaitGroup
	failed := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if a.worker != nil {
		running.Go(func() { a.worker.Run(ctx) })
	}
	if a.http != nil {
		running.Go(func() {
			var err error
			if a.TLSCertFile != "" {
				err = a.http.ServeTLS(a.listener, a.TLSCertFile, a.TLSKeyFile)
			} else {
				err = a.http.Serve(a.listener)
			}
			if !errors.Is(err, http.ErrServerClosed) {
				failed <- err
				cancel()
			}
		})
	}
	<-ctx.Done()
	if a.http != nil {
		stop, done := context.WithTimeout(context.Background(), 8*time.Second)
		if err := a.http.Shutdown(stop); err != nil {
			a.http.Close()
		}
		done()
	}
	running.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// close ends everything that open began, the last first.
func (a *app) close() error {
	var errs []error
	for i := len(a.closers) - 1; i >= 0; i-- {
		errs = append(errs, a.closers[i]())
	}
	a.closers = nil
	return errors.Join(errs...)
}

// Parts says of each part why it is not ready, "" when it is.
func (a *app) Parts(ctx context.Context) map[string]string {
	ctx, done := context.WithTimeout(ctx, 3*time.Second)
	defer done()
	parts := map[string]string{"database": "", "temporal": "", "worker": "", "mail": ""}
	beats, now, err := a.store.Beats(ctx)
	if err != nil {
		parts["database"], parts["worker"] = "the database does not answer", "not known without the database"
	} else {
		for _, loop := range []string{"relay", "sweep", "post"} {
			if at, ok := beats[loop]; !ok || now.Sub(at) > 30*time.Second+2*max(a.SweepInterval, a.RelayInterval) {
				parts["worker"] = "no " + loop + " has reported for half a minute"
			}
		}
	}
	if a.engine == nil {
		parts["temporal"] = "not connected"
	} else if err := a.engine.Ready(ctx); err != nil {
		parts["temporal"] = "Temporal does not answer; requests are accepted and wait"
	}
	var dial net.Dialer
	if conn, err := dial.DialContext(ctx, "tcp", a.smtp); err != nil {
		parts["mail"] = "the mail server does not answer; mails wait"
	} else {
		conn.Close()
	}
	return parts
}

// logEntry writes one answered request: IDs, enums, counts and times.
func (a *app) logEntry(e server.Entry) {
	ev := a.log.Info()
	if e.Status >= 500 {
		ev = a.log.Error()
	}
	ev = ev.Str("method", e.Method).Str("route", e.Route).Int("status", e.Status).Dur("took", e.Took)
	if e.Organisation != "" {
		ev = ev.Str("organisation", e.Organisation)
	}
	if e.Incident != "" {
		ev = ev.Str("incident", e.Incident).Str("fault", e.Fault).Str("code", e.Code)
	}
	if e.Status >= 500 && e.Err != nil {
		ev = ev.Str("cause", e.Err.Error())
	}
	ev.Msg("answered")
}

// newLog is the house's log: JSON lines on w.
func newLog(w io.Writer, level string) zerolog.Logger {
	l, err := zerolog.ParseLevel(level)
	if err != nil {
		l = zerolog.InfoLevel
	}
	zerolog.TimeFieldFormat = time.RFC3339Nano
	return zerolog.New(w).Level(l).With().Timestamp().Logger()
}

// logFile appends to a file; the log of a child must not stop the start.
func logFile(path string) io.Writer {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return io.Discard
	}
	return f
}

// shifted is the machine's clock plus the seconds in a file: the port's clock
// of a test or a demonstration, which moves deadlines and no person's watch. A
// file that is just being written leaves the clock where it was: it never falls
// back by accident.
func shifted(path string) func() time.Time {
	var last atomic.Int64
	return func() time.Time {
		if text, err := os.ReadFile(path); err == nil {
			if seconds, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil {
				last.Store(seconds)
			}
		}
		return time.Now().Add(time.Duration(last.Load()) * time.Second)
	}
}
