//! Priorities of threads that work in the background.

/// Lets the calling thread give way to those that answer requests and take in items; threads that it starts do too. From 1, a
/// little, to 19, to all others.
pub fn give_way(nice: i32) {
    // Elsewhere a priority is that of the whole process.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, nice) {
        tracing::warn!(%error, "a thread of the background runs at full priority");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = nice;
}
