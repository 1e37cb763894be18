package main

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/caarlos0/env/v11"
)

// The three ways to run.
const (
	modeDevelopment   = "development"
	modeProduction    = "production"
	modeDemonstration = "demonstration"
)

// config is every setting there is. All come from environment variables; an
// empty variable counts as not set. The tag desc is the documentation: `madoguchi
// config` prints it and docs/settings.md is made from it. A secret is never
// printed.
type config struct {
	Mode string `env:"MODE" envDefault:"development" desc:"development, production or demonstration. Production refuses to start without TLS or a named proxy, a key file outside the data, and a real mail server. Demonstration uses packs whose days are minutes, and says so on every page."`
	Addr string `env:"ADDR" envDefault:"127.0.0.1:8080" desc:"Address and port that portal, desk and board listen on."`

	BaseURL      string `env:"BASE_URL" desc:"How the public reaches the portal, for links in mails: https://dsr.example.jp. Empty: http and ADDR."`
	TLSCertFile  string `env:"TLS_CERT_FILE" desc:"Certificate chain in PEM, when TLS ends here. Together with TLS_KEY_FILE."`
	TLSKeyFile   string `env:"TLS_KEY_FILE" desc:"Private key of the certificate in PEM."`
	TrustedProxy string `env:"TRUSTED_PROXY" desc:"Network of the proxy that ends TLS: 127.0.0.1/32. Only its X-Forwarded-For and X-Forwarded-Proto are believed."`

	DataDir          string `env:"DATA_DIR" envDefault:"./data" desc:"Folder of everything that is kept on this machine: the SQLite file, the embedded Temporal, the demonstration's mails."`
	DatabaseURL      string `env:"DATABASE_URL" secret:"true" desc:"PostgreSQL of the application role: postgres://user:password@host/name?sslmode=verify-full. Empty: a SQLite file in DATA_DIR (one machine, one operator)."`
	DatabaseOwnerURL string `env:"DATABASE_OWNER_URL" secret:"true" desc:"PostgreSQL of the owner role, used by migrate only: the role that runs the product may not change its tables. Empty: DATABASE_URL."`

	TemporalAddress     string `env:"TEMPORAL_ADDRESS" desc:"host:port of a Temporal cluster. Empty: the embedded server, started as a child by up."`
	TemporalNamespace   string `env:"TEMPORAL_NAMESPACE" envDefault:"madoguchi" desc:"Namespace in Temporal. It has the keyword search attributes MadoguchiOrganisation, MadoguchiKind and MadoguchiStage."`
	TemporalTLSCAFile   string `env:"TEMPORAL_TLS_CA_FILE" desc:"Certificate authority of the Temporal cluster in PEM. Set: the connection uses TLS."`
	TemporalTLSCertFile string `env:"TEMPORAL_TLS_CERT_FILE" desc:"Our certificate towards Temporal in PEM, for clusters that ask for one."`
	TemporalTLSKeyFile  string `env:"TEMPORAL_TLS_KEY_FILE" desc:"Private key of that certificate in PEM."`
	TemporalBin         string `env:"MADOGUCHI_TEMPORAL_BIN" desc:"The program of the embedded server. Empty: madoguchi-temporal beside this program."`

	SMTPAddress      string `env:"SMTP_ADDRESS" desc:"host:port of the mail server. Empty: a mail sink on this machine that delivers nowhere."`
	SMTPUsername     string `env:"SMTP_USERNAME" desc:"Account at the mail server. Empty: no sign-in."`
	SMTPPasswordFile string `env:"SMTP_PASSWORD_FILE" desc:"File with the password of that account, on one line."`
	SMTPTLS          string `env:"SMTP_TLS" envDefault:"starttls" desc:"starttls, tls (from the first byte) or none (development and demonstration only)."`
	MailFrom         string `env:"MAIL_FROM" envDefault:"madoguchi@localhost" desc:"Sender of every mail. Organisations appear in the text, never as the sender's domain."`

	RootKeyFile    string `env:"ROOT_KEY_FILE" desc:"File with the key that seals all other keys, readable by its owner only, outside DATA_DIR in production. Empty: made in DATA_DIR on first start."`
	SigningKeyFile string `env:"SIGNING_KEY_FILE" desc:"File with the key that signs the checkpoints of the evidence. Empty: made in DATA_DIR on first start."`
	PacksDir       string `env:"PACKS_DIR" desc:"Folder of policy packs, laws and calendars. Empty: the ones built in."`

	ClockOffsetFile string `env:"CLOCK_OFFSET_FILE" desc:"File with a number of seconds that is added to the clock, read anew each time: to see days go by in a test or a demonstration. Production refuses it."`

	LogLevel      string        `env:"LOG_LEVEL" envDefault:"info" desc:"debug, info, warn or error. No level writes personal data."`
	SweepInterval time.Duration `env:"SWEEP_INTERVAL" envDefault:"30s" desc:"How often the database is asked which clocks and tasks fell due."`
	RelayInterval time.Duration `env:"RELAY_INTERVAL" envDefault:"1s" desc:"How often accepted commands that were not delivered at once are tried again."`
}

// settingErrors lists what is wrong with the settings, one sentence each.
type settingErrors []string

func (e settingErrors) Error() string { return strings.Join(e, "\n") }

// parseConfig reads the settings from an environment and checks them. The error
// is a settingErrors with every wrong setting, named, and what to do about it.
func parseConfig(environ map[string]string) (config, error) {
	var c config
	var wrong settingErrors
	err := env.ParseWithOptions(&c, env.Options{Environment: filled(environ)})
	var all env.AggregateError
	if errors.As(err, &all) {
		for _, err := range all.Errors {
			var field env.ParseError
			if !errors.As(err, &field) {
				return c, err
			}
			key := keyOf(field.Name)
			wrong = append(wrong, fmt.Sprintf("%s is %q, which is not a duration; write a number and a unit, for example 30s.", key, environ[key]))
		}
	} else if err != nil {
		return c, err
	}
	for _, s := range c.problems() {
		// A setting that could not be read is wrong once, not twice.
		if name, _, _ := strings.Cut(s, " "); !slices.ContainsFunc(wrong, func(w string) bool { return strings.HasPrefix(w, name+" ") }) {
			wrong = append(wrong, s)
		}
	}
	if len(wrong) > 0 {
		return c, wrong
	}
	return c, nil
}

// filled drops empty variables: env files and compose files write KEY= for
// "leave it at its default".
func filled(environ map[string]string) map[string]string {
	kept := make(map[string]string, len(environ))
	for k, v := range environ {
		if v != "" {
			kept[k] = v
		}
	}
	return kept
}

// problems returns one sentence for each setting that would make the start
// unsafe or fail later.
func (c config) problems() []string {
	var wrong []string
	no := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	oneOf := func(key, value string, allowed ...string) {
		if !slices.Contains(allowed, value) {
			no("%s is %q; set it to one of %s.", key, value, strings.Join(allowed, ", "))
		}
	}
	address := func(key, value string) {
		if _, port, err := net.SplitHostPort(value); err != nil || port == "" {
			no("%s is %q, which is not host:port; write for example 127.0.0.1:8080.", key, value)
		}
	}
	file := func(key, path string) {
		if path == "" {
			return
		}
		if info, err := os.Stat(path); err != nil || info.IsDir() {
			no("%s names %s, which is not a file that can be read; correct the path or its permissions.", key, path)
		}
	}
	pair := func(a, b, va, vb string) {
		switch {
		case va != "" && vb == "":
			no("%s is set without %s; set both or neither.", a, b)
		case va == "" && vb != "":
			no("%s is set without %s; set both or neither.", b, a)
		}
	}

	oneOf("MODE", c.Mode, modeDevelopment, modeProduction, modeDemonstration)
	oneOf("SMTP_TLS", c.SMTPTLS, "starttls", "tls", "none")
	oneOf("LOG_LEVEL", c.LogLevel, "debug", "info", "warn", "error")
	address("ADDR", c.Addr)
	if c.TemporalAddress != "" {
		address("TEMPORAL_ADDRESS", c.TemporalAddress)
	}
	if c.SMTPAddress != "" {
		address("SMTP_ADDRESS", c.SMTPAddress)
	}
	pair("TLS_CERT_FILE", "TLS_KEY_FILE", c.TLSCertFile, c.TLSKeyFile)
	pair("TEMPORAL_TLS_CERT_FILE", "TEMPORAL_TLS_KEY_FILE", c.TemporalTLSCertFile, c.TemporalTLSKeyFile)
	pair("SMTP_USERNAME", "SMTP_PASSWORD_FILE", c.SMTPUsername, c.SMTPPasswordFile)
	for key, path := range map[string]string{
		"TLS_CERT_FILE": c.TLSCertFile, "TLS_KEY_FILE": c.TLSKeyFile,
		"TEMPORAL_TLS_CA_FILE": c.TemporalTLSCAFile, "TEMPORAL_TLS_CERT_FILE": c.TemporalTLSCertFile, "TEMPORAL_TLS_KEY_FILE": c.TemporalTLSKeyFile,
		"SMTP_PASSWORD_FILE": c.SMTPPasswordFile, "ROOT_KEY_FILE": c.RootKeyFile, "SIGNING_KEY_FILE": c.SigningKeyFile,
		"MADOGUCHI_TEMPORAL_BIN": c.TemporalBin,
	} {
		file(key, path)
	}
	if c.TrustedProxy != "" {
		if n, err := netip.ParsePrefix(c.TrustedProxy); err != nil {
			no("TRUSTED_PROXY is %q, which is not a network; write for example 127.0.0.1/32.", c.TrustedProxy)
		} else if n.Bits() == 0 {
			no("TRUSTED_PROXY is %q, which trusts everybody; name the proxy's own address.", c.TrustedProxy)
		}
	}
	if u, err := url.Parse(c.BaseURL); c.BaseURL != "" && (err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil) {
		no("BASE_URL is %q, which is not an address without a path; write for example https://dsr.example.jp.", c.BaseURL)
	}
	if c.PacksDir != "" {
		if info, err := os.Stat(c.PacksDir); err != nil || !info.IsDir() {
			no("PACKS_DIR names %s, which is not a folder that can be read; correct the path or leave it empty.", c.PacksDir)
		}
	}
	for key, value := range map[string]string{"DATABASE_URL": c.DatabaseURL, "DATABASE_OWNER_URL": c.DatabaseOwnerURL} {
		// The value holds a password: the sentence must not repeat it.
		if u, err := url.Parse(value); value != "" && (err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") || u.Host == "") {
			no("%s is not an address of PostgreSQL; write postgres://user:password@host/name, or leave it empty for SQLite.", key)
		}
	}
	if c.DatabaseOwnerURL != "" && c.DatabaseURL == "" {
		no("DATABASE_OWNER_URL is set without DATABASE_URL; set both, or neither for SQLite.")
	}
	if _, err := mail.ParseAddress(c.MailFrom); err != nil {
		no("MAIL_FROM is %q, which is not a mail address; write for example madoguchi@example.jp.", c.MailFrom)
	}
	for key, d := range map[string]time.Duration{"SWEEP_INTERVAL": c.SweepInterval, "RELAY_INTERVAL": c.RelayInterval} {
		// Deadlines are found within a sweep; longer than ten minutes is late.
		if d < 10*time.Millisecond || d > 10*time.Minute {
			no("%s is %s; set it between 10ms and 10m.", key, d)
		}
	}
	if c.Mode == modeProduction {
		wrong = append(wrong, c.productionProblems()...)
	}
	slices.Sort(wrong) // the maps above have no order
	return wrong
}

// productionProblems are the settings that a demonstration may leave open.
func (c config) productionProblems() []string {
	var wrong []string
	no := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	if c.TLSCertFile == "" && c.TrustedProxy == "" {
		no("TLS_CERT_FILE is not set, and no TRUSTED_PROXY either: production needs TLS; set TLS_CERT_FILE and TLS_KEY_FILE, or name the proxy that ends TLS in TRUSTED_PROXY.")
	}
	if !strings.HasPrefix(c.BaseURL, "https://") {
		no("BASE_URL does not begin with https://; production needs it for the links in mails: set it to the public address.")
	}
	if c.SMTPAddress == "" {
		no("SMTP_ADDRESS is not set; production needs a mail server, or nobody would hear from us.")
	}
	if c.ClockOffsetFile != "" {
		no("CLOCK_OFFSET_FILE is set; production has one clock, the database's: leave it empty.")
	}
	if c.SMTPTLS == "none" {
		no("SMTP_TLS is none; production sends mail over TLS only: set it to starttls or tls.")
	}
	if strings.HasSuffix(c.MailFrom, "@localhost") {
		no("MAIL_FROM is %s; production needs a sender whose domain is yours.", c.MailFrom)
	}
	for _, k := range []struct{ key, path string }{{"ROOT_KEY_FILE", c.RootKeyFile}, {"SIGNING_KEY_FILE", c.SigningKeyFile}} {
		if k.path == "" {
			no("%s is not set; production needs a key file that is kept apart from the data.", k.key)
			continue
		}
		// A backup of the data would carry the key that opens it.
		if inside(c.DataDir, k.path) {
			no("%s lies inside DATA_DIR; move it elsewhere, so that a copy of the data does not carry its own key.", k.key)
		}
		if info, err := os.Stat(k.path); err == nil && info.Mode().Perm()&0o077 != 0 {
			no("%s can be read by others than its owner; run: chmod 400 %s", k.key, k.path)
		}
	}
	return wrong
}

// inside reports whether path lies in folder, also through a link.
func inside(folder, path string) bool {
	real := func(p string) string {
		if abs, err := filepath.Abs(p); err == nil {
			p = abs
		}
		if r, err := filepath.EvalSymlinks(p); err == nil {
			p = r
		}
		return p
	}
	rel, err := filepath.Rel(real(folder), real(path))
	return err == nil && rel != ".." && !strings.HasPrefix(rel, "../")
}

// setting is one field of config as a person reads it.
type setting struct {
	key, value, preset, desc string
	secret                   bool
}

// list returns the settings in the order of the struct.
func (c config) list() []setting {
	v := reflect.ValueOf(c)
	var all []setting
	for i := range v.NumField() {
		f := v.Type().Field(i)
		s := setting{
			key:    f.Tag.Get("env"),
			value:  fmt.Sprint(v.Field(i).Interface()),
			preset: f.Tag.Get("envDefault"),
			desc:   f.Tag.Get("desc"),
			secret: f.Tag.Get("secret") == "true",
		}
		if s.secret && s.value != "" {
			s.value = "(set, not shown)"
		}
		all = append(all, s)
	}
	return all
}

// keyOf returns the variable of a field.
func keyOf(field string) string {
	if f, ok := reflect.TypeFor[config]().FieldByName(field); ok {
		return f.Tag.Get("env")
	}
	return field
}

type configCmd struct {
	Markdown bool `help:"Print the page docs/settings.md instead; it knows no values."`
}

// Run prints the settings, also when some are wrong, and then says which.
func (cmd configCmd) Run(s *surroundings) error {
	if cmd.Markdown {
		_, err := s.out.Write([]byte(settingsPage()))
		return err
	}
	c, wrong := s.settings()
	w := tabwriter.NewWriter(s.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SETTING\tVALUE\tDEFAULT\tWHAT IT IS FOR")
	for _, one := range c.list() {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", one.key, dash(one.value), dash(one.preset), one.desc)
	}
	return errors.Join(w.Flush(), wrong)
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// settingsPage is docs/settings.md.
func settingsPage() string {
	var b strings.Builder
	b.WriteString(`<!-- Made by "make docs" from cmd/madoguchi/config.go. Do not edit. -->
# Settings

Every setting is an environment variable; an empty one counts as not set. A wrong one stops the start with a sentence
that names it. ` + "`madoguchi config`" + ` prints the values in force, secrets masked.

| setting | default | what it is for |
|---|---|---|
`)
	for _, one := range (config{}).list() {
		preset := one.preset
		if preset != "" {
			preset = "`" + preset + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", one.key, preset, strings.ReplaceAll(one.desc, "|", `\|`))
	}
	return b.String()
}
