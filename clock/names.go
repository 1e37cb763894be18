package clock

import (
	"slices"
	"strings"
)

// HolidayName is the name of a closed day, as a calendar or holiday set writes it,
// in a voice; English for an unknown voice. known is false, and the text is the
// name itself, when this version has no words for it: an office's own closure is
// told as the office calls it. A set writes the official name in the language of
// its country; two holidays on one day are joined by "; ".
func HolidayName(name, voice string) (text string, known bool) {
	v := slices.Index(Voices, voice)
	if v < 0 {
		v = slices.Index(Voices, "en")
	}
	return nameOf(name, v)
}

// nameText is the name of a closed day in the voice with index v.
func nameText(name string, v int) string {
	if name == "" {
		return [5]string{"休業", "休み", "closed", "nghỉ", "geschlossen"}[v]
	}
	text, _ := nameOf(name, v)
	return text
}

// nameOf looks a name up, taking apart what the sets put together: the substitute
// for a holiday, and two holidays of one day (one substitute may stand for both).
func nameOf(name string, v int) (string, bool) {
	for _, way := range substitutes {
		if of, ok := strings.CutPrefix(name, way.before); ok {
			if of, ok = strings.CutSuffix(of, way.after); ok {
				text, known := nameOf(of, v)
				return strings.ReplaceAll(substitute[v], "{name}", text), known
			}
		}
	}
	if first, rest, two := strings.Cut(name, "; "); two {
		a, okA := nameOf(first, v)
		b, okB := nameOf(rest, v)
		return a + [5]string{"・", "と", " and ", " và ", " und "}[v] + b, okA && okB
	}
	if texts, ok := holidays[name]; ok {
		return texts[v], true
	}
	return name, false
}

// substitutes are the ways in which the sets of the countries write a substitute.
var substitutes = []struct{ before, after string }{
	{"", " 振替休日"}, {"", " (substitute day)"}, {"", " (nghỉ bù)"}, {"대체공휴일(", ")"},
}

// substitute is a day off for a holiday that fell where nobody works.
var substitute = [5]string{"{name}の振替休日", "{name}のかわりの休み", "substitute for {name}", "nghỉ bù {name}", "Ersatztag für {name}"}

// holidays has a text per voice, in the order of Voices, for the name of every
// holiday in the sets that are shipped, and of usual closures.
var holidays = map[string][5]string{
	// Closures, stretches without an official list, and Japan.
	"unpublished":  {"公式の発表がまだない期間", "まだ決まっていない期間", "days that no official list covers yet", "những ngày chưa có lịch chính thức", "Tage ohne amtliche Liste"},
	"new-year":     {"年末年始", "年末年始", "New Year closure", "nghỉ cuối năm và năm mới", "Jahreswechsel"},
	"summer":       {"夏季休業", "夏休み", "summer closure", "nghỉ hè", "Sommerpause"},
	"元日":           {"元日", "元日", "New Year's Day", "Tết Dương lịch", "Neujahr"},
	"成人の日":         {"成人の日", "成人の日", "Coming of Age Day", "Ngày Lễ thành nhân", "Tag der Volljährigkeit"},
	"建国記念の日":       {"建国記念の日", "建国記念の日", "National Foundation Day", "Ngày Quốc khánh", "Staatsgründungstag"},
	"天皇誕生日":        {"天皇誕生日", "天皇誕生日", "Emperor's Birthday", "Sinh nhật Thiên hoàng", "Geburtstag des Kaisers"},
	"春分の日":         {"春分の日", "春分の日", "Vernal Equinox Day", "Ngày Xuân phân", "Frühlingsanfang"},
	"昭和の日":         {"昭和の日", "昭和の日", "Showa Day", "Ngày Chiêu Hòa", "Showa-Tag"},
	"憲法記念日":        {"憲法記念日", "憲法記念日", "Constitution Day", "Ngày Hiến pháp", "Verfassungstag"},
	"みどりの日":        {"みどりの日", "みどりの日", "Greenery Day", "Ngày Cây xanh", "Tag des Grüns"},
	"こどもの日":        {"こどもの日", "こどもの日", "Children's Day", "Ngày Thiếu nhi", "Kindertag"},
	"海の日":          {"海の日", "海の日", "Marine Day", "Ngày của Biển", "Tag des Meeres"},
	"山の日":          {"山の日", "山の日", "Mountain Day", "Ngày của Núi", "Tag des Berges"},
	"敬老の日":         {"敬老の日", "敬老の日", "Respect for the Aged Day", "Ngày Kính lão", "Tag der Achtung vor dem Alter"},
	"秋分の日":         {"秋分の日", "秋分の日", "Autumnal Equinox Day", "Ngày Thu phân", "Herbstanfang"},
	"スポーツの日":       {"スポーツの日", "スポーツの日", "Sports Day", "Ngày Thể thao", "Tag des Sports"},
	"体育の日":         {"体育の日", "体育の日", "Health and Sports Day", "Ngày Thể dục thể thao", "Tag des Sports"},
	"体育の日（スポーツの日）": {"体育の日（スポーツの日）", "スポーツの日", "Health and Sports Day", "Ngày Thể dục thể thao", "Tag des Sports"},
	"文化の日":         {"文化の日", "文化の日", "Culture Day", "Ngày Văn hóa", "Tag der Kultur"},
	"勤労感謝の日":       {"勤労感謝の日", "勤労感謝の日", "Labour Thanksgiving Day", "Ngày Tạ ơn lao động", "Tag des Dankes für die Arbeit"},
	"休日":           {"国民の休日", "国民の休日", "citizens' holiday", "ngày nghỉ của quốc dân", "Bürgerfeiertag"},
	"休日（祝日扱い）":     {"休日（祝日扱い）", "休日", "special public holiday", "ngày nghỉ lễ đặc biệt", "besonderer Feiertag"},
	"大喪の礼":         {"大喪の礼", "大喪の礼", "State Funeral of the Emperor", "Quốc tang Thiên hoàng", "Staatsbegräbnis des Kaisers"},
	"結婚の儀":         {"結婚の儀", "結婚の儀", "Imperial Wedding", "Lễ cưới Hoàng gia", "Kaiserliche Hochzeit"},
	"即位礼正殿の儀":      {"即位礼正殿の儀", "即位礼正殿の儀", "Enthronement Ceremony", "Lễ đăng quang", "Inthronisierung"},
	"即位の日":         {"即位の日", "即位の日", "Enthronement Day", "Ngày Thiên hoàng lên ngôi", "Tag der Thronbesteigung"},
	// Germany.
	"Neujahr":                               {"元日", "お正月", "New Year's Day", "Tết Dương lịch", "Neujahr"},
	"Heilige Drei Könige":                   {"三王来朝の日（公現祭）", "キリスト教の祝日（1月6日）", "Epiphany", "Lễ Ba Vua", "Heilige Drei Könige"},
	"Internationaler Frauentag":             {"国際女性デー", "国際女性デー", "International Women's Day", "Ngày Quốc tế Phụ nữ", "Internationaler Frauentag"},
	"Karfreitag":                            {"聖金曜日", "イースターの前の金曜日", "Good Friday", "Thứ Sáu Tuần Thánh", "Karfreitag"},
	"Ostersonntag":                          {"復活祭の日曜日", "イースターの日曜日", "Easter Sunday", "Chủ nhật Phục sinh", "Ostersonntag"},
	"Ostermontag":                           {"復活祭の月曜日", "イースターの月曜日", "Easter Monday", "Thứ Hai Phục sinh", "Ostermontag"},
	"Tag der Arbeit":                        {"メーデー（労働の日）", "メーデー", "Labour Day", "Ngày Quốc tế Lao động", "Tag der Arbeit"},
	"Christi Himmelfahrt":                   {"キリスト昇天祭", "キリスト教の祝日（昇天祭）", "Ascension Day", "Lễ Chúa Thăng Thiên", "Christi Himmelfahrt"},
	"Pfingstsonntag":                        {"聖霊降臨祭の日曜日", "キリスト教の祝日（聖霊降臨祭）", "Whit Sunday", "Chủ nhật Hiện Xuống", "Pfingstsonntag"},
	"Pfingstmontag":                         {"聖霊降臨祭の月曜日", "聖霊降臨祭のつぎの月曜日", "Whit Monday", "Thứ Hai sau lễ Hiện Xuống", "Pfingstmontag"},
	"Fronleichnam":                          {"聖体の祝日", "キリスト教の祝日（聖体祭）", "Corpus Christi", "Lễ Mình Máu Thánh Chúa", "Fronleichnam"},
	"Tag der Befreiung":                     {"解放の日", "解放の日", "Liberation Day", "Ngày Giải phóng", "Tag der Befreiung"},
	"Jahrestag des Aufstandes vom 17. Juni": {"6月17日蜂起の記念日", "6月17日の記念日", "anniversary of the uprising of 17 June 1953", "Kỷ niệm cuộc nổi dậy ngày 17 tháng 6", "Jahrestag des Aufstandes vom 17. Juni"},
	"Mariä Himmelfahrt":                     {"聖母被昇天祭", "キリスト教の祝日（8月15日）", "Assumption Day", "Lễ Đức Mẹ Lên Trời", "Mariä Himmelfahrt"},
	"Weltkindertag":                         {"世界子どもの日", "世界子どもの日", "World Children's Day", "Ngày Trẻ em Thế giới", "Weltkindertag"},
	"Tag der Deutschen Einheit":             {"ドイツ統一の日", "ドイツ統一の日", "Day of German Unity", "Ngày Thống nhất nước Đức", "Tag der Deutschen Einheit"},
	"Reformationstag":                       {"宗教改革記念日", "宗教改革の記念日", "Reformation Day", "Ngày Cải cách Tin Lành", "Reformationstag"},
	"Allerheiligen":                         {"諸聖人の日", "キリスト教の祝日（11月1日）", "All Saints' Day", "Lễ Các Thánh", "Allerheiligen"},
	"Buß- und Bettag":                       {"贖罪と祈りの日", "いのりの日", "Day of Repentance and Prayer", "Ngày Sám hối và Cầu nguyện", "Buß- und Bettag"},
	"1. Weihnachtstag":                      {"クリスマス", "クリスマス", "Christmas Day", "Lễ Giáng sinh", "1. Weihnachtstag"},
	"2. Weihnachtstag":                      {"クリスマスの翌日", "クリスマスのつぎの日", "second day of Christmas", "Ngày thứ hai lễ Giáng sinh", "2. Weihnachtstag"},
	// England and Wales, the United States, California, Singapore.
	"New Year's Day":                  {"元日", "お正月", "New Year's Day", "Tết Dương lịch", "Neujahr"},
	"Good Friday":                     {"聖金曜日", "イースターの前の金曜日", "Good Friday", "Thứ Sáu Tuần Thánh", "Karfreitag"},
	"Easter Monday":                   {"復活祭の月曜日", "イースターの月曜日", "Easter Monday", "Thứ Hai Phục sinh", "Ostermontag"},
	"Early May bank holiday":          {"5月初めのバンク・ホリデー", "5月はじめの休日", "Early May bank holiday", "Ngày nghỉ đầu tháng Năm", "Bankfeiertag Anfang Mai"},
	"Early May bank holiday (VE day)": {"5月初めのバンク・ホリデー（欧州戦勝記念日）", "5月はじめの休日", "Early May bank holiday (VE day)", "Ngày nghỉ đầu tháng Năm (kỷ niệm chiến thắng ở châu Âu)", "Bankfeiertag Anfang Mai (Kriegsende in Europa)"},
	"Spring bank holiday":             {"春のバンク・ホリデー", "春の休日", "Spring bank holiday", "Ngày nghỉ mùa xuân", "Bankfeiertag im Frühjahr"},
	"Summer bank holiday":             {"夏のバンク・ホリデー", "夏の休日", "Summer bank holiday", "Ngày nghỉ mùa hè", "Bankfeiertag im Sommer"},
	"Platinum Jubilee bank holiday":   {"女王即位70周年の休日", "女王の即位70年の休日", "Platinum Jubilee bank holiday", "Ngày nghỉ mừng 70 năm Nữ hoàng trị vì", "Feiertag zum Platin-Thronjubiläum"},
	"Bank Holiday for the State Funeral of Queen Elizabeth II": {"女王エリザベス2世の国葬の日", "女王の国葬の日", "State Funeral of Queen Elizabeth II", "Quốc tang Nữ hoàng Elizabeth II", "Staatsbegräbnis von Königin Elisabeth II."},
	"Bank holiday for the coronation of King Charles III":      {"国王チャールズ3世の戴冠の休日", "国王の戴冠の休日", "coronation of King Charles III", "Ngày nghỉ mừng lễ đăng quang của Vua Charles III", "Krönung von König Charles III."},
	"Christmas Day":                        {"クリスマス", "クリスマス", "Christmas Day", "Lễ Giáng sinh", "Weihnachtstag"},
	"Boxing Day":                           {"ボクシング・デー", "クリスマスのつぎの日", "Boxing Day", "Ngày Tặng quà (26 tháng 12)", "Zweiter Weihnachtstag"},
	"Birthday of Martin Luther King, Jr.":  {"キング牧師記念日", "キング牧師の日", "Birthday of Martin Luther King, Jr.", "Ngày Martin Luther King", "Martin-Luther-King-Tag"},
	"Washington's Birthday":                {"ワシントン誕生日", "ワシントン大統領の誕生日", "Washington's Birthday", "Ngày sinh Tổng thống Washington", "Washingtons Geburtstag"},
	"Presidents' Day":                      {"大統領の日", "大統領の日", "Presidents' Day", "Ngày Tổng thống", "Tag der Präsidenten"},
	"Cesar Chavez Day":                     {"セサール・チャベスの日", "セサール・チャベスの日", "Cesar Chavez Day", "Ngày Cesar Chavez", "Cesar-Chavez-Tag"},
	"Farmworkers Day":                      {"農業労働者の日", "農業ではたらく人の日", "Farmworkers Day", "Ngày Người lao động nông nghiệp", "Tag der Landarbeiter"},
	"Memorial Day":                         {"戦没将兵追悼記念日", "戦争でなくなった兵士を思う日", "Memorial Day", "Ngày Chiến sĩ trận vong", "Gefallenengedenktag"},
	"Juneteenth National Independence Day": {"ジューンティーンス（奴隷解放記念日）", "奴隷解放の記念日", "Juneteenth National Independence Day", "Ngày Giải phóng nô lệ (19 tháng 6)", "Juneteenth (Tag der Sklavenbefreiung)"},
	"Independence Day":                     {"独立記念日", "独立の記念日", "Independence Day", "Ngày Độc lập", "Unabhängigkeitstag"},
	"Labor Day":                            {"労働者の日", "はたらく人の日", "Labor Day", "Ngày Lao động", "Tag der Arbeit"},
	"Columbus Day":                         {"コロンブス記念日", "コロンブスの日", "Columbus Day", "Ngày Columbus", "Kolumbus-Tag"},
	"Veterans Day":                         {"退役軍人の日", "もと兵士の日", "Veterans Day", "Ngày Cựu chiến binh", "Tag der Veteranen"},
	"Thanksgiving Day":                     {"感謝祭", "感謝祭", "Thanksgiving Day", "Lễ Tạ ơn", "Erntedanktag"},
	"Day after Thanksgiving":               {"感謝祭の翌日", "感謝祭のつぎの日", "day after Thanksgiving", "ngày sau Lễ Tạ ơn", "Tag nach dem Erntedanktag"},
	"Chinese New Year":                     {"旧正月", "旧正月", "Chinese New Year", "Tết Nguyên đán", "Chinesisches Neujahr"},
	"Second day of Chinese New Year":       {"旧正月の2日目", "旧正月の2日目", "second day of Chinese New Year", "Mùng hai Tết Nguyên đán", "zweiter Tag des chinesischen Neujahrs"},
	"Labour Day":                           {"メーデー（労働の日）", "メーデー", "Labour Day", "Ngày Quốc tế Lao động", "Tag der Arbeit"},
	"Vesak Day":                            {"ウェーサーカ祭（仏誕節）", "仏教のお祭り（ウェーサーカ）", "Vesak Day", "Lễ Phật Đản", "Vesakh-Tag"},
	"Hari Raya Puasa":                      {"ハリラヤ・プアサ（断食明け大祭）", "イスラム教のお祭り（断食のおわり）", "Hari Raya Puasa", "Lễ kết thúc tháng Ramadan", "Hari Raya Puasa (Fest des Fastenbrechens)"},
	"Hari Raya Haji":                       {"ハリラヤ・ハジ（犠牲祭）", "イスラム教のお祭り（犠牲祭）", "Hari Raya Haji", "Lễ Hiến sinh", "Hari Raya Haji (Opferfest)"},
	"National Day":                         {"ナショナル・デー（建国記念日）", "国の記念日", "National Day", "Ngày Quốc khánh", "Nationalfeiertag"},
	"Deepavali":                            {"ディーパバリ（光の祭典）", "ヒンズー教の光のお祭り", "Deepavali", "Lễ hội Ánh sáng Deepavali", "Deepavali (Lichterfest)"},
	"Polling Day":                          {"投票日", "選挙の日", "Polling Day", "Ngày bầu cử", "Wahltag"},
	// Vietnam.
	"Tết Dương lịch":        {"元日", "お正月", "New Year's Day", "Tết Dương lịch", "Neujahr"},
	"Tết Nguyên đán":        {"テト（旧正月）", "旧正月（テト）", "Tết (Lunar New Year)", "Tết Nguyên đán", "Tết (Neujahr nach dem Mondkalender)"},
	"Giỗ Tổ Hùng Vương":     {"フン王の命日", "フン王の日", "Hùng Kings' Commemoration Day", "Giỗ Tổ Hùng Vương", "Gedenktag der Hùng-Könige"},
	"Ngày Chiến thắng":      {"戦勝記念日（南部解放記念日）", "4月30日の記念日", "Victory Day (Reunification Day)", "Ngày Chiến thắng", "Tag des Sieges (Wiedervereinigung)"},
	"Ngày Quốc tế Lao động": {"メーデー（労働の日）", "メーデー", "International Labour Day", "Ngày Quốc tế Lao động", "Internationaler Tag der Arbeit"},
	"Quốc khánh":            {"建国記念日（国慶節）", "国の記念日", "National Day", "Quốc khánh", "Nationalfeiertag"},
	"Ngày nghỉ hoán đổi":    {"土曜日の出勤と振り替えた休日", "土曜日にはたらくかわりの休み", "day off swapped for a working Saturday", "Ngày nghỉ hoán đổi", "freier Tag im Tausch gegen einen Arbeitssamstag"},
	// Korea.
	"1월 1일":    {"元日", "お正月", "New Year's Day", "Tết Dương lịch", "Neujahr"},
	"설날 전날":    {"旧正月（ソルラル）の前日", "旧正月のまえの日", "day before Seollal (Lunar New Year)", "ngày trước Tết Seollal", "Tag vor Seollal (Neujahr nach dem Mondkalender)"},
	"설날":       {"旧正月（ソルラル）", "旧正月", "Seollal (Lunar New Year)", "Tết Seollal", "Seollal (Neujahr nach dem Mondkalender)"},
	"설날 다음 날":  {"旧正月（ソルラル）の翌日", "旧正月のつぎの日", "day after Seollal (Lunar New Year)", "ngày sau Tết Seollal", "Tag nach Seollal (Neujahr nach dem Mondkalender)"},
	"3ㆍ1절":     {"三一節", "3月1日の記念日", "Independence Movement Day", "Ngày Phong trào Độc lập 1 tháng 3", "Tag der Unabhängigkeitsbewegung"},
	"노동절":      {"労働節（メーデー）", "メーデー", "Labour Day", "Ngày Lao động", "Tag der Arbeit"},
	"어린이날":     {"こどもの日", "こどもの日", "Children's Day", "Ngày Thiếu nhi", "Kindertag"},
	"부처님 오신 날": {"釈迦誕生日", "おしゃかさまの誕生日", "Buddha's Birthday", "Lễ Phật Đản", "Buddhas Geburtstag"},
	"현충일":      {"顕忠日", "国のためになくなった人を思う日", "Memorial Day", "Ngày Tưởng niệm", "Gedenktag"},
	"제헌절":      {"制憲節", "憲法の日", "Constitution Day", "Ngày Lập hiến", "Verfassungstag"},
	"광복절":      {"光復節", "8月15日の記念日", "Liberation Day", "Ngày Quang phục", "Tag der Befreiung"},
	"추석 전날":    {"秋夕（チュソク）の前日", "チュソクのまえの日", "day before Chuseok", "ngày trước Tết Chuseok", "Tag vor Chuseok (Erntedank)"},
	"추석":       {"秋夕（チュソク）", "チュソク（秋のお祭り）", "Chuseok", "Tết Chuseok", "Chuseok (Erntedank)"},
	"추석 다음 날":  {"秋夕（チュソク）の翌日", "チュソクのつぎの日", "day after Chuseok", "ngày sau Tết Chuseok", "Tag nach Chuseok (Erntedank)"},
	"개천절":      {"開天節", "国のはじまりの日", "National Foundation Day", "Ngày Khai thiên", "Tag der Staatsgründung"},
	"한글날":      {"ハングルの日", "ハングルの日", "Hangeul Day", "Ngày chữ Hangeul", "Hangeul-Tag"},
	"기독탄신일":    {"クリスマス", "クリスマス", "Christmas Day", "Lễ Giáng sinh", "Weihnachtstag"},
	"임시공휴일":    {"臨時公休日", "この年だけの休日", "special public holiday", "ngày nghỉ lễ đặc biệt", "einmaliger Feiertag"},
	"대통령선거":    {"大統領選挙", "大統領をえらぶ選挙の日", "presidential election", "Bầu cử Tổng thống", "Präsidentschaftswahl"},
	"국회의원선거":   {"国会議員選挙", "国会議員をえらぶ選挙の日", "general election", "Bầu cử Quốc hội", "Parlamentswahl"},
	"전국동시지방선거": {"統一地方選挙", "市や町の選挙の日", "local elections", "Bầu cử địa phương", "Kommunalwahlen"},
	// Brazil.
	"Confraternização Universal":                   {"元日", "お正月", "New Year's Day", "Tết Dương lịch", "Neujahr"},
	"Paixão de Cristo":                             {"聖金曜日", "イースターの前の金曜日", "Good Friday", "Thứ Sáu Tuần Thánh", "Karfreitag"},
	"Tiradentes":                                   {"チラデンテスの日", "チラデンテスの日", "Tiradentes", "Ngày Tiradentes", "Tiradentes-Tag"},
	"Dia Mundial do Trabalho":                      {"メーデー（労働の日）", "メーデー", "Labour Day", "Ngày Quốc tế Lao động", "Tag der Arbeit"},
	"Independência do Brasil":                      {"独立記念日", "独立の記念日", "Independence Day", "Ngày Độc lập", "Unabhängigkeitstag"},
	"Nossa Senhora Aparecida":                      {"聖母アパレシーダの日", "キリスト教の祝日（10月12日）", "Our Lady of Aparecida", "Lễ Đức Mẹ Aparecida", "Fest Unserer Lieben Frau von Aparecida"},
	"Finados":                                      {"死者の日", "なくなった人を思う日", "All Souls' Day", "Lễ Các Đẳng", "Allerseelen"},
	"Proclamação da República":                     {"共和制宣言記念日", "共和国の記念日", "Proclamation of the Republic", "Ngày Tuyên bố Cộng hòa", "Tag der Ausrufung der Republik"},
	"Dia Nacional de Zumbi e da Consciência Negra": {"黒人意識の日", "黒人意識の日", "Black Awareness Day", "Ngày Ý thức Người da đen", "Tag des schwarzen Bewusstseins"},
	"Natal": {"クリスマス", "クリスマス", "Christmas Day", "Lễ Giáng sinh", "Weihnachtstag"},
}
