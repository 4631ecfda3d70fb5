//! Empties the outbox: every lane on a thread of its own while it has letters, so that none waits for another.

use super::channel::{Channel, Failure, Retries};
use super::outbox::{Lane, Letter};
use super::store::{Notices, NoticesError};
use crate::private::now_ms;
use crossbeam_channel::{Receiver, Sender as Told, select, unbounded};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How often the outbox is looked at.
const POLL_EVERY: Duration = Duration::from_millis(200);
/// How often what is old is forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(3_600);
/// Letters of a lane that are read at once.
const BATCH: usize = 100;
/// Lanes of one channel under way at once; more wait.
const LANES_MAX: usize = 16;
/// How long letters under way may take once the server stops. What is cut off goes again at the next start.
const STOP_TIME_MAX: Duration = Duration::from_secs(3);

/// All ways out, by the names under which the outbox knows them.
pub type Channels = BTreeMap<&'static str, Arc<dyn Channel>>;

/// Empties the outbox.
pub struct Sender {
    /// What to send.
    pub notices: Arc<Notices>,
    /// How.
    pub channels: Channels,
    /// When to try again.
    pub retries: Retries,
}

/// Tells, whatever happens to its thread, that a lane is idle, and for how long it rests.
struct Under {
    lane: Lane,
    rest: Duration,
    done: Told<(Lane, Duration)>,
}

impl Drop for Under {
    fn drop(&mut self) {
        // Nobody listens any more where the server stops.
        let _ = self.done.send((std::mem::take(&mut self.lane), self.rest));
    }
}

impl Sender {
    /// Sends until `stop` is closed.
    pub fn run(self, stop: &Receiver<()>) {
        let sender = Arc::new(self);
        let (done, idle) = unbounded();
        let (mut busy, mut resting) = (HashSet::new(), HashMap::new());
        let mut forgot_at: Option<Instant> = None;
        loop {
            if forgot_at.is_none_or(|at| at.elapsed() >= FORGET_EVERY) {
                forgot_at = Some(Instant::now());
                told("the outbox cannot be tidied up", sender.notices.forget_old(now_ms()).map(drop));
            }
            resting.retain(|_, until| *until > Instant::now());
            told("the outbox cannot be read", sender.begin(&mut busy, &resting, &done));
            select! {
                recv(stop) -> _ => break,
                recv(idle) -> lane => if let Ok((lane, rest)) = lane {
                    busy.remove(&lane);
                    resting.insert(lane, Instant::now() + rest);
                },
                default(POLL_EVERY) => {}
            }
        }
        let end = Instant::now() + STOP_TIME_MAX;
        while !busy.is_empty() {
            let Ok((lane, _)) = idle.recv_deadline(end) else { return };
            busy.remove(&lane);
        }
    }

    /// Begins to send the letters of idle lanes.
    fn begin(
        self: &Arc<Self>,
        busy: &mut HashSet<Lane>,
        resting: &HashMap<Lane, Instant>,
        done: &Told<(Lane, Duration)>,
    ) -> Result<(), NoticesError> {
        for lane in self.notices.due_lanes(now_ms())? {
            let under_way = busy.iter().filter(|other| other.0 == lane.0).count();
            let Some(channel) = self.channels.get(lane.0.as_str()).cloned() else { continue };
            if under_way >= LANES_MAX || busy.contains(&lane) || resting.contains_key(&lane) {
                continue;
            }
            busy.insert(lane.clone());
            let (sender, mut under) =
                (self.clone(), Under { lane: lane.clone(), rest: self.retries.first, done: done.clone() });
            let work = move || match sender.send(&*channel, &under.lane) {
                Ok(rest) => under.rest = rest,
                Err(error) => tracing::warn!(%error, "the outbox cannot be used"),
            };
            if let Err(error) = std::thread::Builder::new().name("letters".into()).spawn(work) {
                tracing::warn!(%error, "no thread for letters");
            }
        }
        Ok(())
    }

    /// Sends what is due of a lane; for how long it is to rest then.
    fn send(&self, channel: &dyn Channel, lane: &Lane) -> Result<Duration, NoticesError> {
        let mut letters = self.notices.due_letters(lane, now_ms(), BATCH)?;
        while !letters.is_empty() {
            let (count, result) = channel.send(&lane.1, &letters);
            let gone: Vec<Letter> = letters.drain(..count.clamp(1, letters.len())).collect();
            let count = |outcome| crate::metrics::notice(&lane.0, outcome, gone.len() as u64);
            match result {
                Ok(()) => {
                    self.notices.sent(&gone, now_ms())?;
                    count("sent");
                }
                Err(Failure::Rest(rest)) => return Ok(rest),
                Err(Failure::Never(why)) => {
                    self.notices.failed(&gone, &why, None, now_ms())?;
                    count("dead");
                }
                Err(Failure::Again(why)) => {
                    tracing::debug!(channel = lane.0, lane = lane.1, why, "letters were not sent");
                    for letter in &gone {
                        let again_ms = self.again_ms(letter);
                        self.notices.failed(std::slice::from_ref(letter), &why, again_ms, now_ms())?;
                        crate::metrics::notice(&lane.0, if again_ms.is_some() { "failed" } else { "dead" }, 1);
                    }
                    return Ok(self.retries.first);
                }
            }
        }
        Ok(Duration::ZERO)
    }

    fn again_ms(&self, letter: &Letter) -> Option<i64> {
        let mut chance = [0];
        // Without chance letters only come again all together.
        let _ = getrandom::fill(&mut chance);
        let pause = self.retries.pause(letter.tries + 1, chance[0])?;
        Some(now_ms() + pause.as_millis() as i64)
    }
}

fn told(what: &str, result: Result<(), NoticesError>) {
    if let Err(error) = result {
        tracing::warn!(%error, "{what}");
    }
}

#[cfg(test)]
mod tests {
    use super::super::store::tests::{take, telling};
    use super::*;
    use crossbeam_channel::bounded;
    use parking_lot::Mutex;

    /// Does with a lane's letters what its number says.
    struct Scripted(Mutex<Vec<i64>>, fn(&Letter) -> Result<(), Failure>);

    impl Channel for Scripted {
        fn send(&self, _: &str, letters: &[Letter]) -> (usize, Result<(), Failure>) {
            self.0.lock().push(letters[0].told.at);
            (1, (self.1)(&letters[0]))
        }
    }

    fn sender(folder: &std::path::Path, channels: Channels) -> Sender {
        let notices = Arc::new(Notices::open(folder).unwrap());
        Sender { notices, channels, retries: Retries { first: Duration::from_millis(1), tries_max: 3 } }
    }

    #[test]
    fn a_letter_that_never_goes_dies_and_others_pass_it() {
        let folder = tempfile::tempdir().unwrap();
        let stubborn = |letter: &Letter| match letter.told.at {
            2 => Err(Failure::Again("not now".to_string())),
            3 => Err(Failure::Never("not ever".to_string())),
            _ => Ok(()),
        };
        let channel = Arc::new(Scripted(Mutex::default(), stubborn));
        let sender = sender(folder.path(), Channels::new());
        take(&sender.notices, &(1..=4).map(|at| telling(at, &["anna"])).collect::<Vec<_>>());
        let lane = ("mail".to_string(), String::new());
        assert_eq!(sender.send(&*channel, &lane).unwrap(), Duration::from_millis(1));
        while sender.notices.depths().unwrap().iter().any(|(channel, waiting, _)| channel == "mail" && *waiting > 0) {
            sender.send(&*channel, &lane).unwrap();
        }
        let mut tried = channel.0.lock().clone();
        tried.sort_unstable();
        assert_eq!(tried, [1, 2, 2, 2, 3, 4]);
        assert!(sender.notices.depths().unwrap().contains(&("mail".to_string(), 0, 2)));
    }

    #[test]
    fn a_channel_that_hangs_holds_up_no_other_and_no_end() {
        let folder = tempfile::tempdir().unwrap();
        let hangs = |_: &Letter| {
            std::thread::sleep(Duration::from_secs(60));
            Ok(())
        };
        let mut channels = Channels::new();
        let good = Arc::new(Scripted(Mutex::default(), |_| Ok(())));
        channels.insert("mail", Arc::new(Scripted(Mutex::default(), hangs)));
        channels.insert("file", good.clone());
        channels.insert("dingtalk", Arc::new(Scripted(Mutex::default(), |_| panic!("broken"))));
        let sender = sender(folder.path(), channels);
        take(&sender.notices, &[telling(1, &["anna"])]);
        let (stop, stopped) = bounded::<()>(0);
        let thread = std::thread::spawn(move || sender.run(&stopped));
        let begun = Instant::now();
        while good.0.lock().is_empty() {
            assert!(begun.elapsed() < Duration::from_secs(30));
            std::thread::sleep(Duration::from_millis(5));
        }
        drop(stop);
        thread.join().unwrap();
        assert!(begun.elapsed() < Duration::from_secs(40));
    }
}
