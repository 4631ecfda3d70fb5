//! Traditional Chinese, as written in Hong Kong.

use super::Speech;
use super::clause::{Choice, Claim, Clause, Code, Moment, Name, Note, Reach, Subject};
use super::quote::spelled;
use crate::vocabulary::Noun;

pub(super) struct Chinese;

impl Speech for Chinese {
    fn heading(&self, items: Noun, groups: usize, clauses: usize) -> String {
        let which = match (groups, clauses) {
            (0 | 1, 0 | 1) => "以下條件",
            (0 | 1, _) => "以下全部條件",
            _ => "以下至少一項",
        };
        format!("符合{which}的{}：", items.zh)
    }

    fn everything(&self, items: Noun) -> String {
        format!("所有{}。", items.zh)
    }

    fn every(&self, items: Noun) -> String {
        format!("任何{}", items.zh)
    }

    fn clause(&self, clause: &Clause<'_>) -> String {
        let null = match (&clause.claim, clause.negated) {
            (Claim::Given, _) | (_, false) => "",
            (Claim::Money { rates: None, .. } | Claim::Prices { rates: None, .. }, true) => {
                "（或屬其他貨幣，或沒有提供）"
            }
            (Claim::Money { .. } | Claim::Prices { .. }, true) => "（或屬沒有匯率的貨幣，或沒有提供）",
            (_, true) => "（或沒有提供）",
        };
        format!("{}{}{null}", subject(&clause.subject), said(&clause.claim, clause.negated))
    }

    fn further(&self, clause: &str) -> String {
        format!("而且{clause}")
    }

    fn title(&self, title: &str) -> String {
        format!("{}：", quoted(title))
    }

    fn note(&self, note: Note) -> &'static str {
        match note {
            Note::NothingElse => "除此以外不會選取任何內容。",
            Note::Text => "比較文字時，不分大小寫、重音、全形半形及空白。",
            Note::Exact => "編號、代碼、城市及其他地區、類別、標籤、關鍵字、電話號碼及退款規則須完全相同，包括大小寫。",
            Note::AllOf => "「全部」指同時出現在同一清單；每種語言可各有清單。",
            Note::Words => {
                "所查的字詞可在文字中任何位置，最後一個可以是較長字詞的開頭。中文、日文、泰文、寮文、高棉文及緬甸文須原樣出現。"
            }
            Note::DefaultSlips => "如沒有註明差異數目，4 至 7 個字元的字詞容許一處差異，更長的容許兩處，更短的不容許。",
            Note::Slips => "一處差異指多一個、少一個或錯一個字元，或相鄰兩個字元對調。",
            Note::Language => "「語言」包括其地區及文字變體，例如 zh 包括 zh-HK，但不包括沒有註明語言的值。",
            Note::AllLanguages => {
                "如沒有指明語言，任何語言的值及沒有註明語言的值均計算在內；條件為否定時，任何一個值均不可符合。"
            }
            Note::AnyLanguage => "「任何語言」不包括沒有註明語言的值。",
            Note::OtherCurrency => "如沒有註明換算，其他貨幣的金額不符合條件。",
            Note::NoRate => "該日沒有匯率的貨幣無法換算，其金額不符合條件。",
            Note::Evaluation => "評估當刻指系統檢視內容的一刻，因此所選內容會隨時間改變。",
            Note::NotGiven => "空白或無法按條件所需讀取的值，視為沒有提供。",
            Note::Extra => {
                "附加欄位並非平台定義的欄位；如有多個值，其中一個符合即可；條件註明「不」、「沒有」或「並非」時，則任何一個都不可符合。"
            }
            Note::Merchant => "如商戶資料不存在，則視為沒有提供該商戶的任何資料。",
        }
    }
}

fn subject(subject: &Subject<'_>) -> String {
    let name = match subject.name {
        Name::Declared(words) => words.label_zh.to_owned(),
        Name::Extra(key) => format!("附加欄位{}", quoted(key)),
        Name::AlgorithmTag(name) => format!("演算法標籤{}", quoted(name)),
        Name::CustomTag(name) => format!("自訂標籤{}", quoted(name)),
    };
    let of = match subject.of_merchant {
        true => format!("所屬商戶的{}", name.strip_prefix("商戶").unwrap_or(&name).trim_start()),
        false => name,
    };
    match subject.locale {
        None => of,
        Some("*") => format!("{of}（任何語言）"),
        Some(locale) => format!("{of}（語言 {locale}）"),
    }
}

fn said(claim: &Claim<'_>, not: bool) -> String {
    match claim {
        Claim::Given => format!("{}提供", if not { "沒有" } else { "已" }),
        Claim::Is(value) => format!("{}是 {value}", if not { "不" } else { "" }),
        Claim::AnyOf { values, list: false } => match (values.as_slice(), not) {
            ([one], false) => format!("是{}", choice(one)),
            ([one], true) => format!("不是{}", choice(one)),
            (_, false) => format!("是以下其中一個：{}", choices(values)),
            (_, true) => format!("不是以下任何一個：{}", choices(values)),
        },
        Claim::AnyOf { values, list: true } => match (values.as_slice(), not) {
            ([one], false) => format!("包括{}", choice(one)),
            ([one], true) => format!("不包括{}", choice(one)),
            (_, false) => format!("包括以下至少一個：{}", choices(values)),
            (_, true) => format!("不包括以下任何一個：{}", choices(values)),
        },
        Claim::AllOf(values) => format!("{}包括以下全部：{}", if not { "並非" } else { "" }, choices(values)),
        Claim::Contains(part) => format!("{}{}", if not { "不含有" } else { "含有" }, quoted(part)),
        Claim::Words { query, several, slips } => words(query, *several, *slips, not),
        Claim::Number(reach) => number(reach, not),
        Claim::Money { amount, rates } => format!("{}{}", number(amount, not), converted(rates)),
        Claim::Prices { reach, rates, entirely } => {
            let how = match (entirely, not) {
                (true, false) => "完全在",
                (true, true) => "並非完全在",
                (false, false) => "至少有部分在",
                (false, true) => "沒有任何部分在",
            };
            format!("{how} {}{}", place(reach), converted(rates))
        }
        Claim::Time { at, zone } => {
            let zone = zone.as_ref().map(|zone| format!("（{zone} 時間）")).unwrap_or_default();
            format!("{}{zone}", time(at, not).trim_end())
        }
    }
}

fn words(query: &str, several: bool, slips: Option<u8>, not: bool) -> String {
    let has = match (several, not) {
        (false, false) => "有",
        (false, true) => "沒有",
        (true, false) => "具備",
        (true, true) => "並非具備",
    };
    let query = quoted(query);
    match (several, slips) {
        (false, None) => format!("{has}近似{query}的字詞"),
        (true, None) => format!("{has}近似{query}每個字詞的字詞"),
        (false, Some(0)) => format!("{has}拼寫無誤的字詞{query}"),
        (true, Some(0)) => format!("{has}{query}每個拼寫無誤的字詞"),
        (false, Some(slips)) => format!("{has}近似{query}的字詞（最多 {slips} 處差異）"),
        (true, Some(slips)) => format!("{has}近似{query}每個字詞的字詞（每個最多 {slips} 處差異）"),
    }
}

fn number(reach: &Reach<String>, not: bool) -> String {
    let not_so = if not { "並非" } else { "" };
    match reach {
        Reach::Equal(value) => format!("{}等於 {value}", if not { "不" } else { "" }),
        Reach::Below(value) => format!("{not_so}小於 {value}"),
        Reach::AtMost(value) => format!("{not_so}小於或等於 {value}"),
        Reach::Above(value) => format!("{not_so}大於 {value}"),
        Reach::AtLeast(value) => format!("{not_so}大於或等於 {value}"),
        Reach::Between(low, high) => format!("{not_so}介乎 {low} 至 {high}（包括首尾）"),
    }
}

/// Where a range of prices lies.
fn place(reach: &Reach<String>) -> String {
    match reach {
        Reach::Equal(value) => value.clone(),
        Reach::Below(value) => format!("{value} 以下（不包括 {value}）"),
        Reach::AtMost(value) => format!("{value} 或以下"),
        Reach::Above(value) => format!("{value} 以上（不包括 {value}）"),
        Reach::AtLeast(value) => format!("{value} 或以上"),
        Reach::Between(low, high) => format!("{low} 至 {high} 之內（包括首尾）"),
    }
}

fn converted(rates: &Option<String>) -> String {
    rates.as_ref().map(|date| format!("，其他貨幣按 {date} 的匯率換算")).unwrap_or_default()
}

fn time(at: &Reach<Moment<'_>>, not: bool) -> String {
    let not_so = if not { "並非" } else { "" };
    match at {
        Reach::Equal(Moment::Day(day)) => format!("{}在 {day} 當日", if not { "不" } else { "" }),
        Reach::Equal(at) => format!("{not_so}正好是{}", start(at)),
        Reach::Below(at) => format!("{not_so}早於{}", start(at)),
        Reach::AtMost(at) => format!("{not_so}等於或早於{}", end(at)),
        Reach::Above(at) => format!("{not_so}遲於{}", end(at)),
        Reach::AtLeast(at) => format!("{not_so}等於或遲於{}", start(at)),
        Reach::Between(low, high) => format!("{not_so}由{}至{}（包括首尾）", start(low), end(high).trim_end()),
    }
}

fn start(moment: &Moment<'_>) -> String {
    match moment {
        Moment::Day(day) => format!(" {day} 開始時"),
        other => instant(other),
    }
}

fn end(moment: &Moment<'_>) -> String {
    match moment {
        Moment::Day(day) => format!(" {day} 結束時"),
        other => instant(other),
    }
}

/// Spaces stand around digits and Latin letters.
fn instant(moment: &Moment<'_>) -> String {
    match moment {
        Moment::Day(day) => format!(" {day} "),
        Moment::Instant(at, None) => format!(" {at} "),
        Moment::Instant(at, Some(offset)) if offset == "Z" => format!(" {at}（UTC）"),
        Moment::Instant(at, Some(offset)) => format!(" {at}（UTC{offset}）"),
        Moment::Now { parts, .. } if parts.is_empty() => "評估當刻".to_owned(),
        Moment::Now { minus, parts } => {
            let parts: Vec<String> = parts.iter().map(|(number, unit)| duration(number, *unit)).collect();
            let side = if *minus { "之前" } else { "之後" };
            format!("評估當刻{side} {}", parts.join(" "))
        }
    }
}

fn duration(number: &str, unit: char) -> String {
    let unit = match unit {
        's' => "秒",
        'm' => "分鐘",
        'h' => "小時",
        'd' => "日",
        _ => "星期",
    };
    format!("{number} {unit}")
}

fn choices(values: &[Choice<'_>]) -> String {
    values.iter().map(choice).collect::<Vec<_>>().join("、")
}

fn choice(choice: &Choice<'_>) -> String {
    let value = quoted(choice.value);
    match choice.code {
        None => value,
        Some(Code::Known(name)) => format!("{value}（{}）", name.zh),
        Some(Code::Unknown) => format!("{value}（不明代碼）"),
    }
}

fn quoted(text: &str) -> String {
    format!("「{}」", spelled(text, ['「', '」']))
}
