//! A DingTalk robot: signed messages into one group, which name those who are to read them by their employee ids.
//!
//! The robot takes 20 messages a minute. While there is room each notice is a message; what would not fit is told in digests.

use super::channel::{Channel, Failure};
use super::outbox::Letter;
use crate::cli::terminal::safe;
use crate::private::now_ms;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;
use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

/// Messages that the robot takes in [`WINDOW`].
const MESSAGES_MAX: usize = 20;
/// One minute, and a little for the way.
const WINDOW: Duration = Duration::from_secs(61);
/// Notices in one digest.
const DIGEST_MAX: usize = 50;
/// The longest line of a digest, characters; the robot takes 20,000 bytes in all.
const LINE_CHARS_MAX: usize = 120;
/// How long the robot may take to answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(15);
/// The longest answer that is read, bytes.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;

/// The robot of a group.
#[derive(Clone)]
pub struct Robot {
    /// Its address with its access token, as DingTalk shows it.
    pub url: String,
    /// The secret of its signatures (`SEC...`), if it asks for them.
    pub secret: Option<String>,
}

impl std::fmt::Debug for Robot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Robot")
    }
}

/// The channel to a robot.
pub struct DingTalk {
    robot: Robot,
    agent: ureq::Agent,
    sent: Mutex<VecDeque<Instant>>,
}

/// What the robot answers, always with 200.
#[derive(Deserialize)]
struct Answer {
    errcode: i64,
    #[serde(default)]
    errmsg: String,
}

impl DingTalk {
    /// The channel to a robot; connects to nothing yet.
    pub fn new(robot: Robot) -> DingTalk {
        let config = ureq::Agent::config_builder()
            .max_redirects(0)
            .http_status_as_error(false)
            .timeout_global(Some(ANSWER_TIME_MAX));
        DingTalk { robot, agent: config.build().into(), sent: Mutex::default() }
    }

    /// How many messages there is room for; none for as long as the error says.
    fn room(&self, now: Instant) -> Result<usize, Duration> {
        let mut sent = self.sent.lock();
        while sent.front().is_some_and(|at| now.duration_since(*at) >= WINDOW) {
            sent.pop_front();
        }
        match (MESSAGES_MAX - sent.len(), sent.front()) {
            (0, Some(first)) => Err(WINDOW - now.duration_since(*first)),
            (room, _) => Ok(room),
        }
    }

    fn post(&self, message: &Value) -> Result<(), Failure> {
        self.sent.lock().push_back(Instant::now());
        let url = signed(&self.robot, now_ms());
        let again = |why: &dyn std::fmt::Display| {
            // A URL has the robot's token: it must not get into a log.
            Failure::Again(format!("the robot: {}", why.to_string().replace(&url, "its address")))
        };
        let sent = self.agent.post(&url).header("content-type", "application/json").send(message.to_string());
        let mut response = sent.map_err(|e| again(&e))?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string().map_err(|e| again(&e))?;
        match serde_json::from_str::<Answer>(&body) {
            Ok(Answer { errcode: 0, .. }) if status == 200 => Ok(()),
            Ok(Answer { errcode, errmsg }) => Err(again(&format!("it answered {errcode}: {errmsg}"))),
            Err(_) => Err(again(&format!("it answered {status}"))),
        }
    }
}

impl Channel for DingTalk {
    fn send(&self, _: &str, letters: &[Letter]) -> (usize, Result<(), Failure>) {
        match self.room(Instant::now()) {
            Err(rest) => (1, Err(Failure::Rest(rest))),
            Ok(room) => {
                let count = if letters.len() <= room { 1 } else { letters.len().min(DIGEST_MAX) };
                (count, self.post(&message(&letters[..count])))
            }
        }
    }
}

/// One notice, or a digest of several.
fn message(letters: &[Letter]) -> Value {
    let line = |letter: &Letter| safe(&letter.told.line()).chars().take(LINE_CHARS_MAX).collect::<String>();
    let lines: Vec<String> = letters.iter().map(line).collect();
    let content = match lines.as_slice() {
        [only] => only.clone(),
        _ => format!("{} notices:\n{}", lines.len(), lines.join("\n")),
    };
    let named =
        letters.iter().flat_map(|letter| serde_json::from_str::<Vec<String>>(&letter.address).unwrap_or_default());
    let named: BTreeSet<String> = named.collect();
    json!({ "msgtype": "text", "text": { "content": content }, "at": { "atUserIds": named, "isAtAll": false } })
}

/// The robot's address with a timestamp and its signature.
fn signed(robot: &Robot, timestamp_ms: i64) -> String {
    let Some(secret) = &robot.secret else { return robot.url.clone() };
    let joiner = if robot.url.contains('?') { '&' } else { '?' };
    let sign = sign(secret, timestamp_ms).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    format!("{}{joiner}timestamp={timestamp_ms}&sign={sign}", robot.url)
}

/// `base64(HMAC-SHA256(secret, "{timestamp}\n{secret}"))`, as DingTalk's documentation of custom robots says.
fn sign(secret: &str, timestamp_ms: i64) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(format!("{timestamp_ms}\n{secret}").as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::super::store::tests::telling;
    use super::*;

    fn letters(count: u64) -> Vec<Letter> {
        let letter = |at| Letter {
            id: at as i64,
            address: format!(r#"["E{at}", "E1"]"#),
            told: telling(at, &[]).told,
            tries: 0,
        };
        (1..=count).map(letter).collect()
    }

    #[test]
    fn signatures_are_as_the_documentation_computes_them() {
        // Computed with the documentation's Python example.
        assert_eq!(sign("this is secret", 1_577_262_236_757), "hmPWwU+7lVdm3ZZz0r9tSfx0L4Q26jWOZr9+Gs6EZQM=");
        let robot =
            Robot { url: "https://r/send?access_token=T".to_string(), secret: Some("this is secret".to_string()) };
        assert_eq!(
            signed(&robot, 1_577_262_236_757),
            "https://r/send?access_token=T&timestamp=1577262236757&sign=hmPWwU%2B7lVdm3ZZz0r9tSfx0L4Q26jWOZr9%2BGs6EZQM%3D"
        );
        assert_eq!(signed(&Robot { secret: None, ..robot.clone() }, 1), robot.url);
        assert!(!format!("{robot:?}").contains("secret"));
    }

    #[test]
    fn a_message_names_each_reader_once_and_a_digest_fits() {
        let one = message(&letters(1));
        assert_eq!(one["at"]["atUserIds"], json!(["E1"]));
        assert!(one["text"]["content"].as_str().unwrap().starts_with("maria asks to approve"));
        let mut many = letters(DIGEST_MAX as u64);
        many.iter_mut().for_each(|letter| letter.told.task_name = "ラ".repeat(200).into());
        let digest = message(&many);
        assert!(digest.to_string().len() < 20_000, "{}", digest.to_string().len());
        assert_eq!(digest["text"]["content"].as_str().unwrap().lines().count(), DIGEST_MAX + 1);
    }

    #[test]
    fn no_more_than_twenty_messages_a_minute() {
        let robot = Robot { url: "http://127.0.0.1:1/".to_string(), secret: None };
        let channel = DingTalk::new(robot);
        let begun = Instant::now();
        assert_eq!(channel.room(begun), Ok(MESSAGES_MAX));
        assert_eq!(channel.send("", &letters(20)).0, 1, "they fit");
        assert_eq!(channel.send("", &letters(20)).0, 20, "they would not fit any more");
        assert_eq!(channel.send("", &letters(99)).0, DIGEST_MAX);
        for _ in 3..MESSAGES_MAX {
            assert!(matches!(channel.send("", &letters(1)), (1, Err(Failure::Again(_)))));
        }
        assert!(matches!(channel.send("", &letters(1)), (1, Err(Failure::Rest(_)))));
        assert!(channel.room(begun + WINDOW * 2).is_ok());
    }
}
