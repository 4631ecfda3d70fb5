//! Request bodies: bounded as sent and again after decompression, before anything is parsed.
//!
//! Reading is async, [`Body::unpack`] is CPU work for a blocking thread. Both bounds hold while streaming: nothing over a
//! limit is ever in memory.

pub mod lent;

use crate::app::App;
use crate::json;
use crate::problem::Problem;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use std::io::Read;
use std::time::Duration;

/// The largest body, as sent and after decompression, bytes.
pub const BYTES_MAX: usize = 10 * 1024 * 1024;
/// The largest body of an operation that takes a rule text, bytes.
const CONSOLE_BYTES_MAX: usize = 1024 * 1024;
/// The largest zstd window, as a power of two: what RFC 9659 allows in HTTP.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// Why a body was not read.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// 415.
    #[error("the Content-Type {0:?} is not JSON; send application/json")]
    ContentType(String),
    /// 415.
    #[error("the Content-Encoding {0:?} is not known here; send gzip, zstd or none")]
    ContentEncoding(String),
    /// 413.
    #[error("the body is over {limit} bytes{}", if *.unpacked { " after decompression" } else { "" })]
    TooLarge {
        /// The limit, bytes.
        limit: usize,
        /// Whether it was reached only after decompression.
        unpacked: bool,
    },
    /// 413.
    #[error("the body nests arrays and objects deeper than {}", json::DEPTH_MAX)]
    TooDeep,
    /// 400.
    #[error("the body is not whole {0}: {1}")]
    Damaged(&'static str, String),
    /// 400.
    #[error("the body is not UTF-8 from byte {0} on")]
    NotUtf8(usize),
    /// 400.
    #[error("the body is not JSON: {0}")]
    NotJson(String),
    /// 408.
    #[error("the body did not arrive in time")]
    Slow,
    /// 400; the client has most likely gone.
    #[error("the body broke off: {0}")]
    Broken(String),
}

impl BodyError {
    /// The status code that stands for it.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::ContentType(_) | Self::ContentEncoding(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge { .. } | Self::TooDeep => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Damaged(..) | Self::NotUtf8(_) | Self::NotJson(_) | Self::Broken(_) => StatusCode::BAD_REQUEST,
            Self::Slow => StatusCode::REQUEST_TIMEOUT,
        }
    }
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Problem {
        Problem::plain(error.status(), error.to_string())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Identity,
    Gzip,
    Zstd,
}

/// A body as sent.
pub struct Body {
    bytes: Bytes,
    encoding: Encoding,
    limit: usize,
}

/// Reads a JSON body of at most `limit` bytes, refusing by its headers first.
pub async fn read(
    headers: &HeaderMap,
    body: axum::body::Body,
    limit: usize,
    patience: Duration,
) -> Result<Body, BodyError> {
    content_type(headers)?;
    let encoding = content_encoding(headers)?;
    let length = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: u64| length > limit as u64) {
        return Err(BodyError::TooLarge { limit, unpacked: false });
    }
    let bytes = tokio::time::timeout(patience, collect(body, limit)).await.map_err(|_| BodyError::Slow)??;
    Ok(Body { bytes, encoding, limit })
}

async fn collect(mut body: axum::body::Body, limit: usize) -> Result<Bytes, BodyError> {
    let mut all = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|e| BodyError::Broken(e.to_string()))?;
        let Ok(data) = frame.into_data() else { continue };
        if all.len() + data.len() > limit {
            return Err(BodyError::TooLarge { limit, unpacked: false });
        }
        all.extend_from_slice(&data);
    }
    Ok(all.into())
}

/// `application/json` or `application/*+json`, parameters aside; a missing type is taken for JSON.
fn content_type(headers: &HeaderMap) -> Result<(), BodyError> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return Ok(()) };
    let value = String::from_utf8_lossy(value.as_bytes());
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let json = essence.strip_prefix("application/").is_some_and(|sub| sub == "json" || sub.ends_with("+json"));
    if json { Ok(()) } else { Err(BodyError::ContentType(value.into_owned())) }
}

fn content_encoding(headers: &HeaderMap) -> Result<Encoding, BodyError> {
    let mut found = Encoding::Identity;
    let all: Vec<_> = headers.get_all(header::CONTENT_ENCODING).iter().collect();
    let listed = all.iter().map(|v| String::from_utf8_lossy(v.as_bytes())).collect::<Vec<_>>().join(",");
    for coding in listed.split(',').map(str::trim).filter(|c| !c.is_empty()) {
        let next = match coding.to_ascii_lowercase().as_str() {
            "identity" => continue,
            "gzip" | "x-gzip" => Encoding::Gzip,
            "zstd" => Encoding::Zstd,
            _ => return Err(BodyError::ContentEncoding(listed)),
        };
        if found != Encoding::Identity {
            return Err(BodyError::ContentEncoding(listed));
        }
        found = next;
    }
    Ok(found)
}

impl Body {
    /// The JSON text, decompressed and guarded: at most the limit in bytes, at most [`json::DEPTH_MAX`] deep, UTF-8 without a
    /// byte order mark. Whether it is JSON is the parser's to say.
    pub fn unpack(self) -> Result<String, BodyError> {
        let bytes = match self.encoding {
            Encoding::Identity => Vec::from(self.bytes),
            Encoding::Gzip => read_bounded(flate2::read::MultiGzDecoder::new(&*self.bytes), self.limit, "gzip")?,
            Encoding::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(&*self.bytes)
                    .map_err(|e| BodyError::Damaged("zstd", e.to_string()))?;
                decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(|e| BodyError::Damaged("zstd", e.to_string()))?;
                read_bounded(decoder, self.limit, "zstd")?
            }
        };
        let mut text = String::from_utf8(bytes).map_err(|e| BodyError::NotUtf8(e.utf8_error().valid_up_to()))?;
        if text.starts_with('\u{feff}') {
            text.drain(..'\u{feff}'.len_utf8());
        }
        if json::depth(text.as_bytes(), json::DEPTH_MAX) > json::DEPTH_MAX {
            return Err(BodyError::TooDeep);
        }
        Ok(text)
    }
}

fn read_bounded(reader: impl Read, limit: usize, coding: &'static str) -> Result<Vec<u8>, BodyError> {
    let mut bytes = Vec::new();
    reader.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(|e| BodyError::Damaged(coding, e.to_string()))?;
    match bytes.len() > limit {
        true => Err(BodyError::TooLarge { limit, unpacked: true }),
        false => Ok(bytes),
    }
}

/// The JSON object that an operation of the console API takes.
pub struct ApiJson<T>(pub T);

impl<T: DeserializeOwned + Send + 'static> FromRequest<App> for ApiJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let body = read(&parts.headers, body, CONSOLE_BYTES_MAX, app.settings().body_timeout).await?;
        app.decode(move || object(&body.unpack()?)).await.map(ApiJson)
    }
}

/// What the reader of JSON expected, in JSON's own words.
const PLAIN: [(&str, &str); 7] = [
    ("expected i64", "expected a whole number"),
    ("expected u64", "expected a whole number from 0"),
    ("expected u32", "expected a whole number from 0"),
    ("expected a sequence", "expected a list"),
    ("expected a map", "expected an object"),
    ("expected struct ", "expected an object, "),
    ("unknown variant", "unknown word"),
];

fn plain(text: &str) -> String {
    PLAIN.iter().fold(text.to_owned(), |text, (theirs, plain)| text.replace(theirs, plain))
}

fn object<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    // Derived readers take a list for a struct too; the API does not.
    if !text.trim_start().starts_with('{') {
        return Err(Problem::bad_request("the body must be a JSON object"));
    }
    serde_json::from_str(text).map_err(|e| match e.classify() {
        serde_json::error::Category::Data => {
            Problem::bad_request(format!("the body does not fit: {}", plain(&e.to_string())))
        }
        _ => BodyError::NotJson(e.to_string()).into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, value.parse().unwrap())])
    }

    #[test]
    fn json_types_are_taken_with_parameters_and_suffixes() {
        for good in ["application/json", "Application/JSON; charset=utf-8", "application/vnd.a+json"] {
            assert!(content_type(&with(header::CONTENT_TYPE, good)).is_ok(), "{good}");
        }
        for bad in ["text/plain", "application/xml", "application/jsonp", "", "text/json+x"] {
            assert!(content_type(&with(header::CONTENT_TYPE, bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn one_known_encoding_is_taken() {
        let read = |value| content_encoding(&with(header::CONTENT_ENCODING, value)).ok();
        assert_eq!(read("gzip"), Some(Encoding::Gzip));
        assert_eq!(read(" ZSTD "), Some(Encoding::Zstd));
        assert_eq!(read("identity"), Some(Encoding::Identity));
        assert_eq!(read("gzip, gzip"), None);
        assert_eq!(read("br"), None);
    }

    #[test]
    fn what_does_not_fit_is_told_in_plain_words() {
        let problem = object::<Vec<i64>>("{}").unwrap_err();
        assert!(problem.detail().contains("invalid type: map, expected a list"), "{}", problem.detail());
        let problem = object::<std::collections::HashMap<String, i64>>(r#"{"a": "x"}"#).unwrap_err();
        assert!(problem.detail().contains("expected a whole number"), "{}", problem.detail());
    }
}
