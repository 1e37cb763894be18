package sample

import (
	_ "embed"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/goccy/go-yaml"
)

//go:embed texts.yaml
var textsYAML []byte

// Person is one made-up person as the system has them on file.
type Person struct {
	Number       string // the key: "P-0042"
	Name         string
	Kana         string
	Latin        string // as on a card
	BornOn       string // YYYY-MM-DD
	Nation       string
	Language     string
	Status       string
	Mail         string
	Phone        string
	Address      string
	RegisteredOn string // YYYY-MM-DD
	// Also are further columns of the person's own row, such as who a child's
	// guardian is; nil in the centre's records.
	Also map[string]string
}

type texts struct {
	Nations []struct {
		Code, Language, Order string
		People                int
		Family, Given         []string
	}
	Towns, Statuses, Channels, Staff, Others, Hostile []string
	Consultations                                     []struct {
		Topic, Note, Outcome string
		Others               bool
	}
	Messages, Subjects map[string][]string
	Main               struct {
		Number                                                            int
		Name, Kana, Latin, Mail, Phone, Address, Nation, Language, Status string
		BornOn                                                            string `yaml:"born_on"`
		RegisteredOn                                                      string `yaml:"registered_on"`
		Consultations                                                     []consultation
		Threads                                                           []thread
	}
	Namesakes struct {
		Numbers           []int
		Name, Kana, Latin string
		BornOn            string `yaml:"born_on"`
	}
	Couple struct {
		Numbers []int
		Mail    string
		Mails   []struct {
			ReceivedOn    string `yaml:"received_on"`
			Subject, Body string
		}
	}
}

type consultation struct {
	HeldOn         string `yaml:"held_on"`
	Channel, Topic string
	OtherParty     string `yaml:"other_party"`
	Note, Outcome  string
	Staff          int
}

type thread struct {
	OpenedOn string `yaml:"opened_on"`
	Subject  string
	Messages []struct{ At, From, Body string }
}

// world is everything that the system holds, table by table.
type world struct {
	people []Person
	main   Person
	twins  [2]Person
	couple [2]Person
	tables []table
	views  []view
	values []string
}

// table is one table of a system. Those with a category hold personal data:
// record is the SQL that gives the key of the person whose the row OLD is.
type table struct {
	name     string
	columns  string
	ddl      string
	rows     [][]any
	category string
	record   string
}

// view is a table that is only a way to look at another.
type view struct{ Name, Select string }

// People gives all people of the centre's records, in the order of their
// numbers.
func People() []Person { return append([]Person(nil), made().people...) }

// Main is the person whom the demonstration is about.
func Main() Person { return made().main }

// Namesakes are two different people with one name and one date of birth.
func Namesakes() (Person, Person) { return made().twins[0], made().twins[1] }

// Couple are two people with one mailbox.
func Couple() (Person, Person) { return made().couple[0], made().couple[1] }

// HostileValues are the values in the system that must stay text wherever they
// are shown.
func HostileValues() []string { return append([]string(nil), made().values...) }

var made = sync.OnceValue(func() *world {
	w, err := make200()
	if err != nil {
		panic(err) // the text is part of the program and read by its tests
	}
	return w
})

// seed makes the same people every time.
const seed1, seed2 = 0x6d61646f, 0x67756368

func number(n int) string { return fmt.Sprintf("P-%04d", n) }

func date(r *rand.Rand, fromYear, years int) string {
	return time.Date(fromYear, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, r.IntN(365*years)).Format(time.DateOnly)
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func make200() (*world, error) {
	var x texts
	if err := yaml.UnmarshalWithOptions(textsYAML, &x, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("sample: texts.yaml: %w", err)
	}
	r := rand.New(rand.NewPCG(seed1, seed2))
	w := &world{values: append(append([]string(nil), x.Hostile...), strings.Repeat("長い文章。", 6000))}
	for _, nation := range x.Nations {
		for range nation.People {
			family, given := strings.Split(pick(r, nation.Family), "|"), strings.Split(pick(r, nation.Given), "|")
			first, second := family, given
			if nation.Order == "given-first" {
				first, second = given, family
			}
			n := len(w.people) + 1
			p := Person{Number: number(n), Name: first[0] + " " + second[0], Kana: first[1] + " " + second[1], Latin: first[2] + " " + second[2],
				BornOn: date(r, 1970, 35), Nation: nation.Code, Language: nation.Language, Status: pick(r, x.Statuses),
				Phone: fmt.Sprintf("090-0000-%04d", n), RegisteredOn: date(r, 2019, 6),
				Address: fmt.Sprintf("%s%d-%d-%d", pick(r, x.Towns), 1+r.IntN(9), 1+r.IntN(20), 1+r.IntN(30))}
			if nation.Code == "JP" {
				p.Status = ""
			}
			local := strings.ToLower(strings.NewReplacer(" ", ".", "'", "").Replace(p.Latin))
			p.Mail = fmt.Sprintf("%s.%d@%s", local, n, pick(r, []string{"example.org", "example.jp"}))
			w.people = append(w.people, p)
		}
	}
	m := x.Main
	w.main = Person{Number: number(m.Number), Name: m.Name, Kana: m.Kana, Latin: m.Latin, BornOn: m.BornOn, Nation: m.Nation, Language: m.Language,
		Status: m.Status, Mail: m.Mail, Phone: m.Phone, Address: m.Address, RegisteredOn: m.RegisteredOn}
	w.people[m.Number-1] = w.main
	for i, n := range x.Namesakes.Numbers {
		p := &w.people[n-1]
		p.Name, p.Kana, p.Latin, p.BornOn, p.Nation, p.Language = x.Namesakes.Name, x.Namesakes.Kana, x.Namesakes.Latin, x.Namesakes.BornOn, "VN", "vi"
		p.Mail = fmt.Sprintf("nam.%d@example.org", n)
		w.twins[i] = *p
	}
	for i, n := range x.Couple.Numbers {
		w.people[n-1].Mail = x.Couple.Mail
		w.couple[i] = w.people[n-1]
	}
	// Chance must not make a second person of the kind that is there on purpose.
	special := map[string]bool{w.main.Name + w.main.BornOn: true}
	seen := map[string]string{}
	for i, p := range w.people {
		key := p.Name + p.BornOn
		if other, twice := seen[key]; twice && p.Name != x.Namesakes.Name || special[key] && p.Number != w.main.Number {
			return nil, fmt.Errorf("sample: %s and %s have one name and one date of birth", w.people[i].Number, other)
		}
		seen[key] = p.Number
	}
	w.fill(r, &x)
	return w, nil
}

// fill makes the rows of every table.
func (w *world) fill(r *rand.Rand, x *texts) {
	person := table{name: "person", category: "person", record: "OLD.person_no", columns: "person_no, name, kana, name_latin, born_on, nation, language, status, mail, phone, address, registered_on",
		ddl: `person_no TEXT PRIMARY KEY, name TEXT NOT NULL, kana TEXT, name_latin TEXT, born_on TEXT, nation TEXT, language TEXT, status TEXT, mail TEXT, phone TEXT, address TEXT, registered_on TEXT NOT NULL`}
	staff := table{name: "staff", columns: "staff_no, name", ddl: `staff_no BIGINT PRIMARY KEY, name TEXT NOT NULL`}
	consultations := table{name: "consultations", category: "consultations", record: "OLD.person_no", columns: "consultation_no, person_no, held_on, channel, topic, other_party, note, outcome, staff_no",
		ddl: `consultation_no BIGINT PRIMARY KEY, person_no TEXT NOT NULL REFERENCES person (person_no), held_on TEXT NOT NULL, channel TEXT, topic TEXT, other_party TEXT, note TEXT, outcome TEXT, staff_no BIGINT REFERENCES staff (staff_no)`}
	threads := table{name: "threads", category: "threads", record: "OLD.person_no", columns: "thread_no, person_no, opened_on, subject",
		ddl: `thread_no BIGINT PRIMARY KEY, person_no TEXT NOT NULL REFERENCES person (person_no), opened_on TEXT NOT NULL, subject TEXT`}
	messages := table{name: "messages", category: "messages", record: "SELECT o.person_no FROM threads o WHERE o.thread_no = OLD.thread_no", columns: "message_no, thread_no, sent_at, sender, body",
		ddl: `message_no BIGINT PRIMARY KEY, thread_no BIGINT NOT NULL REFERENCES threads (thread_no), sent_at TEXT NOT NULL, sender TEXT NOT NULL, body TEXT`}
	inbox := table{name: "inbox", category: "inbox", record: "SELECT o.person_no FROM person o WHERE lower(trim(o.mail)) = lower(trim(OLD.from_mail))", columns: "mail_no, from_mail, received_on, subject, body",
		ddl: `mail_no BIGINT PRIMARY KEY, from_mail TEXT NOT NULL, received_on TEXT NOT NULL, subject TEXT, body TEXT`}

	for i, name := range x.Staff {
		staff.rows = append(staff.rows, []any{i + 1, name})
	}
	consult := func(p Person, c consultation) {
		consultations.rows = append(consultations.rows, []any{len(consultations.rows) + 1, p.Number, c.HeldOn, c.Channel, c.Topic, c.OtherParty, c.Note, c.Outcome, c.Staff})
	}
	open := func(p Person, on, subject string) int {
		threads.rows = append(threads.rows, []any{len(threads.rows) + 1, p.Number, on, subject})
		return len(threads.rows)
	}
	send := func(thread int, at, from, body string) {
		messages.rows = append(messages.rows, []any{len(messages.rows) + 1, thread, at, from, body})
	}
	for i, p := range w.people {
		person.rows = append(person.rows, []any{p.Number, p.Name, p.Kana, p.Latin, p.BornOn, p.Nation, p.Language, p.Status, p.Mail, p.Phone, p.Address, p.RegisteredOn})
		if p.Number == w.main.Number {
			for _, c := range x.Main.Consultations {
				consult(p, c)
			}
			for _, t := range x.Main.Threads {
				n := open(p, t.OpenedOn, t.Subject)
				for _, m := range t.Messages {
					send(n, m.At, m.From, m.Body)
				}
			}
			continue
		}
		for range r.IntN(5) {
			c := pick(r, x.Consultations)
			other := ""
			if c.Others {
				other = pick(r, x.Others)
			}
			consult(p, consultation{HeldOn: date(r, 2024, 2), Channel: pick(r, x.Channels), Topic: c.Topic, OtherParty: other,
				Note: strings.ReplaceAll(c.Note, "{other}", other), Outcome: c.Outcome, Staff: 1 + r.IntN(len(x.Staff))})
		}
		for range r.IntN(4) {
			on := date(r, 2024, 2)
			n := open(p, on, pick(r, x.Subjects[p.Language]))
			for k := range 1 + r.IntN(4) {
				send(n, fmt.Sprintf("%s %02d:%02d", on, 8+k, r.IntN(60)), []string{"person", "desk"}[k%2], pick(r, x.Messages[p.Language]))
			}
		}
		// Every tenth person's records have a value that must stay text.
		if i%10 == 9 {
			v := w.values[(i/10)%len(w.values)]
			consult(p, consultation{HeldOn: date(r, 2024, 2), Channel: pick(r, x.Channels), Topic: v, Note: v, Outcome: v, Staff: 1})
			send(open(p, date(r, 2024, 2), v), date(r, 2024, 2)+" 09:00", "person", v)
		}
	}
	for i, m := range x.Couple.Mails {
		from := x.Couple.Mail
		if i == 1 {
			from = strings.ToUpper(from[:1]) + from[1:] // one mailbox, written in two ways
		}
		inbox.rows = append(inbox.rows, []any{len(inbox.rows) + 1, from, m.ReceivedOn, m.Subject, m.Body})
	}
	for range 40 {
		p := pick(r, w.people)
		if p.Mail == w.main.Mail || p.Mail == x.Couple.Mail {
			continue
		}
		inbox.rows = append(inbox.rows, []any{len(inbox.rows) + 1, p.Mail, date(r, 2024, 2), pick(r, x.Subjects[p.Language]), pick(r, x.Messages[p.Language])})
	}
	w.tables = append([]table{person, staff, consultations, threads, messages, inbox}, guardTables(Setting)...)
}
