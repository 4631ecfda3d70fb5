//! The warmer: a thread that makes, off the request path, what answers about a new segment need: the shapes of its documents
//! and the lists of its frequent values.
//!
//! Invariant: it is told of every view when that is made and only ever works on the last one. Whoever asks before it is done
//! reads a bounded part of the segment, and says so. What was asked for in vain comes first.

use super::priority::give_way;
use super::segment::SegmentView;
use crossbeam_channel::{Receiver, Sender};
use std::sync::Arc;
use std::thread::JoinHandle;

/// The least there is.
#[cfg(target_os = "linux")]
const NICE: i32 = 19;

enum Message {
    /// The last commit has these.
    Segments(Vec<Arc<SegmentView>>),
    /// A list was missed.
    Missed,
    Stop,
}

/// The thread; it ends when this is dropped.
pub(super) struct Warmer {
    bell: Bell,
    thread: Option<JoinHandle<()>>,
}

/// Tells the warmer that something is missing; mute by default.
#[derive(Clone, Default)]
pub(super) struct Bell(Option<Sender<Message>>);

impl Bell {
    pub(super) fn ring(&self) {
        self.send(Message::Missed);
    }

    /// A warmer that has ended warms nothing: answers stay bounded then.
    fn send(&self, message: Message) {
        if let Some(warmer) = &self.0 {
            let _ = warmer.send(message);
        }
    }
}

impl Warmer {
    /// Starts the thread.
    pub(super) fn start() -> std::io::Result<Self> {
        let (sender, messages) = crossbeam_channel::unbounded();
        let thread = std::thread::Builder::new().name("warm".into()).spawn(move || run(&messages))?;
        Ok(Warmer { bell: Bell(Some(sender)), thread: Some(thread) })
    }

    pub(super) fn bell(&self) -> Bell {
        self.bell.clone()
    }

    /// Warms these segments from now on, and no others.
    pub(super) fn warm(&self, segments: &[Arc<SegmentView>]) {
        self.bell.send(Message::Segments(segments.to_vec()));
    }
}

impl Drop for Warmer {
    fn drop(&mut self) {
        self.bell.send(Message::Stop);
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the warmer panicked; first answers about new segments were incomplete");
        }
    }
}

fn run(messages: &Receiver<Message>) {
    give_way(NICE);
    let mut segments: Vec<Arc<SegmentView>> = Vec::new();
    let mut idle = true;
    loop {
        // While there is something to do, only messages that are there already.
        let message = if idle { messages.recv().ok() } else { messages.try_recv().ok() };
        match message {
            Some(Message::Segments(new)) => segments = new,
            Some(Message::Missed) => {}
            Some(Message::Stop) => return,
            None if idle => return,
            None => {
                idle = !warm_one(&segments).unwrap_or_else(|error| {
                    tracing::warn!(%error, "a segment cannot be warmed");
                    false
                });
                continue;
            }
        }
        idle = false;
    }
}

/// Makes the first thing that is missing; `false` where nothing is.
fn warm_one(segments: &[Arc<SegmentView>]) -> tantivy::Result<bool> {
    for segment in segments {
        if let Some(asked) = segment.lists.next_missed() {
            let list = segment.list(&asked)?;
            segment.lists.insert(asked, list);
            return Ok(true);
        }
    }
    for segment in segments {
        if !segment.knows_fills() {
            segment.make_shapes()?;
            return Ok(true);
        }
    }
    for segment in segments {
        if let Some(asked) = segment.lists.next_wanted() {
            let list = segment.list(&asked)?;
            segment.lists.offer(asked, list);
            return Ok(true);
        }
    }
    Ok(false)
}
