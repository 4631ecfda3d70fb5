//! Lines of a file, decompressed, and what must be known of one to send it.

use indicatif::ProgressBar;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::io::{BufRead, BufReader, Read as _};

/// Longer lines are refused without being read: no server takes them.
const LINE_BYTES_MAX: usize = 10 * 1024 * 1024;
const BUFFER_BYTES: usize = 256 * 1024;

/// Numbered lines of a reader; zstd and gzip are recognised by their first bytes.
pub struct Lines {
    reader: Box<dyn BufRead>,
    number: u64,
}

/// Something that a file has between two line feeds.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// A line that is not blank.
    Item(u64, String),
    /// A line that cannot be sent, and why.
    Unreadable(u64, &'static str),
    /// The end.
    End,
}

impl Lines {
    /// Begins to read; `bar` is moved by the bytes read, as stored.
    pub fn open(source: Box<dyn std::io::Read>, bar: ProgressBar) -> std::io::Result<Lines> {
        let mut source = BufReader::with_capacity(BUFFER_BYTES, bar.wrap_read(source));
        let reader: Box<dyn BufRead> = match source.fill_buf()? {
            [0x28, 0xb5, 0x2f, 0xfd, ..] => {
                let decoder = zstd::stream::read::Decoder::with_buffer(source)?;
                Box::new(BufReader::with_capacity(BUFFER_BYTES, decoder))
            }
            [0x1f, 0x8b, ..] => {
                let decoder = flate2::bufread::MultiGzDecoder::new(source);
                Box::new(BufReader::with_capacity(BUFFER_BYTES, decoder))
            }
            _ => Box::new(source),
        };
        Ok(Lines { reader, number: 0 })
    }

    /// The last line that was read.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The next line that is not blank. The last one needs no line feed.
    pub fn next(&mut self) -> std::io::Result<Line> {
        loop {
            let mut bytes = Vec::new();
            let limit = LINE_BYTES_MAX as u64 + 1;
            if (&mut self.reader).take(limit).read_until(b'\n', &mut bytes)? == 0 {
                return Ok(Line::End);
            }
            self.number += 1;
            if bytes.len() > LINE_BYTES_MAX && bytes.last() != Some(&b'\n') {
                self.reader.skip_until(b'\n')?;
                return Ok(Line::Unreadable(self.number, "LINE_TOO_LONG"));
            }
            match String::from_utf8(bytes) {
                Ok(line) if line.trim().is_empty() => {}
                Ok(line) => return Ok(Line::Item(self.number, line)),
                Err(_) => return Ok(Line::Unreadable(self.number, "NOT_UTF8")),
            }
        }
    }
}

/// What of an item decides its way.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head<'a> {
    #[serde(borrow)]
    content_id: Option<&'a RawValue>,
    #[serde(borrow)]
    tnt_inst_id: Option<&'a RawValue>,
}

/// An item's text and what decides its way.
#[derive(Debug, PartialEq, Eq)]
pub struct Parsed<'a> {
    /// JSON, without the tenant if that was asked for.
    pub json: Cow<'a, str>,
    /// `contentId` as written, for telling items apart.
    pub id: &'a str,
    /// `tntInstId`.
    pub tenant: Option<String>,
}

/// Reads a line as far as sending it needs; `None` if it is no JSON. What is JSON but no item is the server's to refuse.
pub fn parse(line: &str, strip_tenant: bool) -> Option<Parsed<'_>> {
    let line = line.trim();
    let line = line.strip_prefix('\u{feff}').unwrap_or(line);
    let head = match serde_json::from_str::<Head<'_>>(line) {
        Ok(head) => head,
        Err(error) if error.is_data() => {
            serde_json::from_str::<&RawValue>(line).ok()?;
            Head::default()
        }
        Err(_) => return None,
    };
    let tenant = head.tnt_inst_id.and_then(|raw| serde_json::from_str(raw.get()).ok());
    let json = match head.tnt_inst_id.is_some() && strip_tenant && line.starts_with('{') {
        true => Cow::Owned(without(line, "tntInstId")?),
        false => Cow::Borrowed(line),
    };
    Some(Parsed { json, id: head.content_id.map_or("", RawValue::get), tenant })
}

/// The object without one of its keys, all else as written.
fn without(object: &str, key: &str) -> Option<String> {
    let Pairs(pairs) = serde_json::from_str(object).ok()?;
    let mut out = String::with_capacity(object.len());
    for (name, value) in pairs.iter().filter(|(name, _)| name != key) {
        out.push(if out.is_empty() { '{' } else { ',' });
        out.push_str(&serde_json::to_string(name).ok()?);
        out.push(':');
        out.push_str(value.get());
    }
    out.push_str(if out.is_empty() { "{}" } else { "}" });
    Some(out)
}

/// An object's keys and values in their order, as written.
struct Pairs<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor;
        impl<'de> Visitor<'de> for PairsVisitor {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(PairsVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn read_all(bytes: Vec<u8>) -> Vec<Line> {
        let mut lines = Lines::open(Box::new(std::io::Cursor::new(bytes)), ProgressBar::hidden()).unwrap();
        std::iter::from_fn(|| Some(lines.next().unwrap()).filter(|line| *line != Line::End)).collect()
    }

    #[test]
    fn lines_are_numbered_and_blank_ones_left_out_in_any_compression() {
        let plain = b"{\"a\":1}\n\n  \r\n[2]\r\n\xff\n3".to_vec();
        let expected = vec![
            Line::Item(1, "{\"a\":1}\n".into()),
            Line::Item(4, "[2]\r\n".into()),
            Line::Unreadable(5, "NOT_UTF8"),
            Line::Item(6, "3".into()),
        ];
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&plain).unwrap();
        assert_eq!(read_all(zstd::encode_all(&*plain, 1).unwrap()), expected);
        assert_eq!(read_all(gzip.finish().unwrap()), expected);
        assert_eq!(read_all(plain), expected);
        assert_eq!(read_all(Vec::new()), []);
    }

    #[test]
    fn a_line_too_long_is_skipped() {
        let mut text = vec![b'x'; LINE_BYTES_MAX + 7];
        text.extend_from_slice(b"\n1\n");
        assert_eq!(read_all(text), [Line::Unreadable(1, "LINE_TOO_LONG"), Line::Item(2, "1\n".into())]);
    }

    #[test]
    fn a_line_is_read_as_far_as_sending_it_needs() {
        let line = r#"{"tntInstId":"A","contentId":"7","x":[1.50,"\u00e9"]}"#;
        let parsed = parse(line, false).unwrap();
        assert_eq!((parsed.json.as_ref(), parsed.id, parsed.tenant.as_deref()), (line, "\"7\"", Some("A")));
        assert_eq!(parse(line, true).unwrap().json, r#"{"contentId":"7","x":[1.50,"\u00e9"]}"#);
        assert_eq!(parse(r#"{"tntInstId":"A"}"#, true).unwrap().json, "{}");
        assert_eq!(parse("[1]\n", true).unwrap().json, "[1]");
        assert_eq!(parse(r#"{"a":1} x"#, false), None);
        assert_eq!(parse("nope", false), None);
    }
}
