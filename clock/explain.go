package clock

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Voices are the languages that Explain speaks; "ja-easy" is plain Japanese.
var Voices = []string{"ja", "ja-easy", "en", "vi", "de"}

// Explain turns steps into one plain sentence each, in the order of the steps.
// zone is the one in which instants are shown (the rule's). An unknown voice is
// English; a step that this version does not know is told by its code.
func Explain(steps []Step, voice string, zone *time.Location) []string {
	v := slices.Index(Voices, voice)
	if v < 0 {
		v = slices.Index(Voices, "en")
	}
	if zone == nil {
		zone = time.UTC
	}
	out := make([]string, 0, len(steps))
	for _, s := range steps {
		text := sentence(s, Voices[v], zone)
		r, size := utf8.DecodeRuneInString(text) // Vietnamese weekdays begin small
		out = append(out, string(unicode.ToUpper(r))+text[size:])
	}
	return out
}

// provisionalDay is StepProvisional where the calendar says what is not official yet;
// the others are steps whose instant is the end of their day, and told as that day.
const (
	provisionalDay = "provisional-day"
	noticeByDay    = "notice-by-day"
	extendableDay  = "extendable-day"
	heldDay        = "held-day"
)

// endOfDay is how a step is told when its instant ends its day: nobody reads the
// 24th, 00:00 as the end of the 23rd.
var endOfDay = map[string]string{StepDue: StepDueDay, StepNoticeBy: noticeByDay, StepExtendable: extendableDay, StepHeld: heldDay}

// bases say from where an extension counts; grounds, why a clock was extended: those
// of the office's own target (the letter about it says the same in full) and those
// of the laws. A ground that is not here is told as the rule writes it.
var (
	bases = map[string][5]string{
		FromStart: {"（起算の基準から通算）", "（はじめから数えます）", ", counted from the start", ", tính từ lúc bắt đầu", ", gerechnet vom Beginn"},
		FromDue:   {"（それまでの期限から）", "（まえの期限から数えます）", ", counted from the date until then", ", tính từ thời hạn trước đó", ", gerechnet vom bisherigen Ende"},
	}
	grounds = map[string][5]string{
		"checking":           {"情報の確認", "情報をたしかめています", "checking the data", "kiểm tra dữ liệu", "Prüfung der Daten"},
		"searching":          {"情報の検索", "情報をさがしています", "searching for the data", "tìm kiếm dữ liệu", "Suche nach den Daten"},
		"investigating":      {"事実関係の調査", "本当のことをしらべています", "investigating the facts", "điều tra sự việc", "Ermittlung des Sachverhalts"},
		"carrying-out":       {"措置の実施", "決まったことをしています", "carrying out the measure", "thực hiện biện pháp", "Durchführung der Maßnahme"},
		"approval":           {"社内の承認", "会社の中でかくにんしています", "approval inside the organisation", "phê duyệt nội bộ", "interne Freigabe"},
		"complexity":         {"請求の複雑さ", "たのまれたことがむずかしい", "complexity of the request", "yêu cầu phức tạp", "Komplexität des Antrags"},
		"number-of-requests": {"請求の件数", "たのまれたことが多い", "number of requests", "số lượng yêu cầu", "Anzahl der Anträge"},
	}
	becauseOf = [5]string{"（理由：{ground}）", "（わけ：{ground}）", " (reason: {ground})", " (lý do: {ground})", " (Grund: {ground})"}
)

// sentences has, for each code, a text per voice in the order of Voices. {on} is a
// day or a run of days, {at} an instant, {n} a number, {amount} a number with its
// unit, {cause} why a clock paused, {name} the name of a closed day, {base} from where
// an extension counts, {ground} why there was one.
var sentences = map[string][5]string{
	StepStart:       {"起算の基準は{at}です。", "はじまりは{at}です。", "The clock starts with what happened on {at}.", "Thời hạn bắt đầu từ {at}.", "Die Frist beginnt mit dem Ereignis vom {at}."},
	StepDeemed:      {"起算の基準は、手紙が通常届いたはずの{at}です。", "手紙がふつう届くはずだった{at}が、はじまりです。", "The clock starts on {at}, when the letter should ordinarily have arrived.", "Thời hạn bắt đầu từ {at}, lúc thư lẽ ra đã đến theo lệ thường.", "Die Frist beginnt am {at}, als der Brief gewöhnlich hätte ankommen müssen."},
	StepReset:       {"{cause}が済んだ{at}から数え直します。", "{cause}がおわった{at}から、もういちど数えます。", "Counting starts again on {at}, when this was settled: {cause}.", "Tính lại từ {at}, khi đã xong việc: {cause}.", "Die Zählung beginnt neu am {at}, als dies erledigt war: {cause}."},
	StepExcluded:    {"初日の{on}は数えません。", "はじめの日（{on}）は数えません。", "The first day, {on}, is not counted.", "Không tính ngày đầu tiên, {on}.", "Der erste Tag, {on}, wird nicht mitgezählt."},
	StepIncluded:    {"初日の{on}を1日目として数えます。", "はじめの日（{on}）を1日目と数えます。", "The first day, {on}, counts as day one.", "Ngày đầu tiên, {on}, được tính là ngày thứ nhất.", "Der erste Tag, {on}, zählt als Tag eins."},
	StepCount:       {"期間は{amount}です。", "期間は{amount}です。", "The period is {amount}.", "Thời hạn là {amount}.", "Die Frist beträgt {amount}."},
	StepOpening:     {"窓口が閉まっていたため、次に開く{at}から数えます。", "まどぐちがしまっていたので、つぎに開く{at}から数えます。", "The office was closed, so counting begins when it opens, on {at}.", "Văn phòng đã đóng cửa nên tính từ lúc mở cửa tiếp theo, {at}.", "Das Büro war geschlossen; gezählt wird ab der nächsten Öffnung am {at}."},
	StepWeekly:      {"{on}は週の休業日のため除きます。", "{on}はお休みなので、数えません。", "{on}: skipped, a weekly closing day.", "{on}: bỏ qua, ngày nghỉ hằng tuần.", "{on}: übersprungen, wöchentlicher Schließtag."},
	StepHoliday:     {"{on}は祝日・休日（{name}）のため除きます。", "{on}は祝日（{name}）なので、数えません。", "{on}: skipped, a public holiday ({name}).", "{on}: bỏ qua, ngày lễ ({name}).", "{on}: übersprungen, Feiertag ({name})."},
	StepClosure:     {"{on}は休業日（{name}）のため除きます。", "{on}はお休み（{name}）なので、数えません。", "{on}: skipped, the office is closed ({name}).", "{on}: bỏ qua, văn phòng nghỉ ({name}).", "{on}: übersprungen, Büro geschlossen ({name})."},
	StepClosedDays:  {"休業日を{n}日除きます。", "お休みの日が{n}日あります。数えません。", "Closed days skipped: {n}.", "Số ngày nghỉ được bỏ qua: {n}.", "Übersprungene Schließtage: {n}."},
	StepRaw:         {"休業日を考えない末日は{on}です。", "お休みを考えないと、さいごの日は{on}です。", "Before closed days are looked at, the last day is {on}.", "Khi chưa xét ngày nghỉ, ngày cuối cùng là {on}.", "Ohne Rücksicht auf Schließtage ist der letzte Tag {on}."},
	StepPause:       {"{at}から{on}まで停止しました（{cause}）。{amount}延びます。", "{at}から{on}まで、時間を止めました（{cause}）。{amount}のびます。", "The clock was paused from {at} to {on} ({cause}); the end moves by {amount}.", "Tạm dừng từ {at} đến {on} ({cause}); thời hạn lùi {amount}.", "Angehalten vom {at} bis {on} ({cause}); das Ende verschiebt sich um {amount}."},
	StepPauseOpen:   {"{at}から停止中です（{cause}）。残りは{amount}です。", "{at}から、時間を止めています（{cause}）。のこりは{amount}です。", "The clock has been paused since {at} ({cause}); {amount} left.", "Đang tạm dừng từ {at} ({cause}); còn lại {amount}.", "Angehalten seit {at} ({cause}); es verbleiben: {amount}."},
	StepPauseLate:   {"{at}の停止（{cause}）は期限の後のため、期限は変わりません。", "{at}に止めましたが（{cause}）、期限のあとなので、期限はかわりません。", "The pause on {at} ({cause}) came after the due time and changes nothing.", "Việc tạm dừng lúc {at} ({cause}) diễn ra sau thời hạn nên không thay đổi gì.", "Die Unterbrechung vom {at} ({cause}) kam nach dem Fristende und ändert nichts."},
	StepNoticeBy:    {"延長の通知は{at}より前に送る必要がありました。", "のばすお知らせは{at}より前に送る決まりでした。", "Notice of an extension had to be sent before {at}.", "Thông báo gia hạn phải được gửi trước {at}.", "Die Verlängerung musste vor dem {at} mitgeteilt werden."},
	StepExtension:   {"{at}に通知して{amount}延長しました{base}{ground}。", "{at}にお知らせして、{amount}のばしました{base}{ground}。", "Extended by {amount}{base}; the notice was sent on {at}{ground}.", "Gia hạn {amount}{base}; thông báo đã gửi lúc {at}{ground}.", "Verlängert um {amount}{base}; mitgeteilt am {at}{ground}."},
	StepExtendable:  {"{at}より前に通知すれば、{amount}まで延長できます。", "{at}より前にお知らせすれば、{amount}までのばせます。", "It may be extended by up to {amount} if the notice is sent before {at}.", "Có thể gia hạn tối đa {amount} nếu gửi thông báo trước {at}.", "Eine Verlängerung um höchstens {amount} ist möglich, wenn sie vor dem {at} mitgeteilt wird."},
	StepNoFigure:    {"法令は「遅滞なく」とだけ定め、日数の定めはありません。", "法律は「遅れないで」とだけ決めています。何日とは決めていません。", "The law says “without delay” and gives no number of days.", "Luật chỉ quy định “không chậm trễ”, không nêu số ngày.", "Das Gesetz verlangt „unverzüglich“ und nennt keine Zahl von Tagen."},
	StepRoll:        {"末日が休業日のため、{on}に移ります。", "さいごの日がお休みなので、{on}になります。", "The last day is a closed day, so the end moves to {on}.", "Ngày cuối là ngày nghỉ nên thời hạn chuyển sang {on}.", "Der letzte Tag ist ein Schließtag; das Ende verschiebt sich auf {on}."},
	StepProvisional: {"まだ官報などで確定していない日によるため、変わることがあります。", "まだ決まっていない休みの日があります。かわるかもしれません。", "This rests on a day that is not official yet, so it may change.", "Kết quả dựa trên một ngày chưa được công bố chính thức nên có thể thay đổi.", "Dies beruht auf einem noch nicht amtlichen Tag und kann sich ändern."},
	provisionalDay:  {"{on}（{name}）がまだ官報などで確定していないため、変わることがあります。", "{on}（{name}）は、まだ決まっていません。かわるかもしれません。", "This rests on {on} ({name}), which is not official yet, so it may change.", "Kết quả dựa trên {on} ({name}), chưa được công bố chính thức nên có thể thay đổi.", "Dies beruht auf {on} ({name}); das ist noch nicht amtlich und kann sich ändern."},
	StepHeld:        {"新しい暦による計算とは異なりますが、お知らせした期限（{at}）のままとします。", "カレンダーが新しくなりました。でも、お知らせした{at}のままです。", "A newer calendar gives another date; the one that was told stays: {at}.", "Lịch mới cho ngày khác, nhưng ngày đã thông báo được giữ nguyên: {at}.", "Ein neuerer Kalender ergibt ein anderes Datum; das mitgeteilte bleibt: {at}."},
	noticeByDay:     {"延長の通知は{on}の終わりまでに送る必要がありました。", "のばすお知らせは{on}の夜12時までに送る決まりでした。", "Notice of an extension had to be sent by the end of {on}.", "Thông báo gia hạn phải được gửi chậm nhất là hết ngày {on}.", "Die Verlängerung musste bis zum Ende dieses Tages mitgeteilt werden: {on}."},
	extendableDay:   {"{on}の終わりまでに通知すれば、{amount}まで延長できます。", "{on}の夜12時までにお知らせすれば、{amount}までのばせます。", "It may be extended by up to {amount} if the notice is sent by the end of {on}.", "Có thể gia hạn tối đa {amount} nếu gửi thông báo chậm nhất là hết ngày {on}.", "Eine Verlängerung um höchstens {amount} ist möglich, wenn sie bis zum Ende dieses Tages mitgeteilt wird: {on}."},
	heldDay:         {"新しい暦による計算とは異なりますが、お知らせした期限（{on}の終わり）のままとします。", "カレンダーが新しくなりました。でも、お知らせした{on}の夜12時のままです。", "A newer calendar gives another date; the one that was told stays: the end of {on}.", "Lịch mới cho ngày khác, nhưng ngày đã thông báo được giữ nguyên: hết ngày {on}.", "Ein neuerer Kalender ergibt ein anderes Datum; das mitgeteilte bleibt: Ende des Tages {on}."},
	StepDue:         {"期限は{at}です。", "期限は{at}です。", "Due on {at}.", "Thời hạn: {at}.", "Fällig am {at}."},
	StepDueDay:      {"期限は{on}の終わりまでです。", "期限は{on}の夜12時までです。", "Due by the end of {on}.", "Thời hạn: hết ngày {on}.", "Fällig bis zum Ende des Tages: {on}."},
	StepFrom:        {"{on}の午前0時から可能になります。", "{on}の0時からできます。", "Possible from the beginning of {on}.", "Có thể từ đầu ngày {on}.", "Möglich ab Beginn des Tages: {on}."},
}

// units has a text per voice; English and German have singular|plural.
var units = map[string][5]string{
	string(ElapsedMinutes):  {"{n}分", "{n}分", "{n} minute|{n} minutes", "{n} phút", "{n} Minute|{n} Minuten"},
	string(ElapsedHours):    {"{n}時間", "{n}時間", "{n} hour|{n} hours", "{n} giờ", "{n} Stunde|{n} Stunden"},
	string(BusinessMinutes): {"営業時間{n}分", "まどぐちが開いている時間で{n}分", "{n} office minute|{n} office minutes", "{n} phút làm việc", "{n} Büro-Minute|{n} Büro-Minuten"},
	string(CalendarDays):    {"{n}日", "{n}日", "{n} day|{n} days", "{n} ngày", "{n} Tag|{n} Tage"},
	string(BusinessDays):    {"{n}営業日", "お休みの日を入れないで{n}日", "{n} business day|{n} business days", "{n} ngày làm việc", "{n} Arbeitstag|{n} Arbeitstage"},
	string(Weeks):           {"{n}週間", "{n}週間", "{n} week|{n} weeks", "{n} tuần", "{n} Woche|{n} Wochen"},
	string(MonthsJP):        {"{n}か月", "{n}か月", "{n} month|{n} months", "{n} tháng", "{n} Monat|{n} Monate"},
	string(MonthsEU):        {"{n}か月", "{n}か月", "{n} month|{n} months", "{n} tháng", "{n} Monat|{n} Monate"},
	string(YearsJP):         {"{n}年", "{n}年", "{n} year|{n} years", "{n} năm", "{n} Jahr|{n} Jahre"},
}

// measures says which unit the amount of a pause is told in.
var measures = map[string]Unit{
	string(PauseCalendarDays): CalendarDays, string(PauseInclusiveDays): CalendarDays,
	string(PauseBusinessDays): BusinessDays, string(PauseOpenMinutes): BusinessMinutes,
	string(PauseElapsed): ElapsedMinutes,
}

// causes has a text per voice for each cause of a pause that the product knows.
var causes = map[string][5]string{
	"identity":      {"本人確認", "あなたかどうかの確認", "proof of identity", "xác minh danh tính", "Identitätsnachweis"},
	"authority":     {"代理権の確認", "代理の人の確認", "proof of authority", "xác minh quyền đại diện", "Nachweis der Vertretung"},
	"fee":           {"手数料の支払い", "お金の支払い", "payment of the fee", "thanh toán phí", "Zahlung der Gebühr"},
	"clarification": {"請求内容の確認", "聞きたいことへの返事", "a question to the requester", "câu hỏi cho người yêu cầu", "Rückfrage"},
	"":              {"ご本人の対応待ち", "あなたの返事を待つ時間", "waiting for the requester", "chờ người yêu cầu", "Warten auf die anfragende Person"},
}

// sentence renders one step.
func sentence(s Step, voice string, zone *time.Location) string {
	v := slices.Index(Voices, voice)
	code := s.Code
	if code == StepProvisional && !s.On.IsZero() && s.Note != "" {
		code = provisionalDay
	}
	if day, told := endOfDay[code]; told && !s.On.IsZero() && s.At.Equal(s.On.AddDays(1).In(zone)) {
		code = day
	}
	texts, ok := sentences[code]
	if !ok {
		return "[" + s.Code + "]"
	}
	unit := s.Cause
	switch s.Code {
	case StepPause:
		unit = string(measures[s.Note])
	case StepPauseOpen:
		unit = s.Note
	}
	on := dayText(s.On, voice)
	if run := s.Code == StepWeekly || s.Code == StepHoliday || s.Code == StepClosure; run && s.N > 1 {
		on += [5]string{"～", "から", " to ", " đến ", " bis "}[v] + dayText(s.On.AddDays(s.N-1), voice)
		if voice == "ja-easy" {
			on += "まで"
		}
	}
	cause, ok := causes[s.Cause]
	if !ok {
		cause = causes[""]
	}
	ground := ""
	if s.Ground != "" {
		text, ok := grounds[s.Ground]
		if !ok {
			text[v] = s.Ground
		}
		ground = strings.ReplaceAll(becauseOf[v], "{ground}", text[v])
	}
	return strings.NewReplacer("{ground}", ground, "{base}", bases[s.Note][v], "{on}", on, "{at}", instantText(s.At.In(zone), voice), "{n}", fmt.Sprint(s.N),
		"{amount}", amountText(s.N, unit, v), "{cause}", cause[v], "{name}", nameText(s.Note, v)).Replace(texts[v])
}

// Amount is a number of units in a voice, as the sentences tell it ("9 business
// days"); in English when the voice is not known.
func Amount(n int, unit Unit, voice string) string {
	v := slices.Index(Voices, voice)
	if v < 0 {
		v = slices.Index(Voices, "en")
	}
	return amountText(n, string(unit), v)
}

// amountText is a number with its unit.
func amountText(n int, unit string, v int) string {
	one, many, ok := strings.Cut(units[unit][v], "|")
	if ok && n != 1 {
		one = many
	}
	return strings.ReplaceAll(one, "{n}", fmt.Sprint(n))
}

var dayNames = map[string][7]string{
	"ja": {"日", "月", "火", "水", "木", "金", "土"},
	"vi": {"Chủ nhật", "thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy"},
	"de": {"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
}

var germanMonths = [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}

// dayText writes a date as the voice's readers write it, with the weekday.
func dayText(d Date, voice string) string {
	if d.IsZero() {
		return ""
	}
	w := d.Weekday()
	switch voice {
	case "ja", "ja-easy":
		return fmt.Sprintf("%d年%d月%d日（%s）", d.Y, int(d.M), d.D, dayNames["ja"][w])
	case "vi":
		return fmt.Sprintf("%s, %d/%d/%d", dayNames["vi"][w], d.D, int(d.M), d.Y)
	case "de":
		return fmt.Sprintf("%s, %d. %s %d", dayNames["de"][w], d.D, germanMonths[d.M-1], d.Y)
	default:
		return fmt.Sprintf("%s %d %s %d", w, d.D, d.M, d.Y)
	}
}

// instantText writes an instant with the day and the time of day of its zone.
func instantText(at time.Time, voice string) string {
	day, clock := dayText(DateOf(at), voice), at.Format("15:04")
	switch voice {
	case "ja", "ja-easy":
		return day + clock
	case "vi":
		return clock + " " + day
	case "de":
		return day + ", " + clock + " Uhr"
	default:
		return day + ", " + clock
	}
}
