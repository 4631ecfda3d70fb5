//! Figures: percentiles, processor time and memory of a process, size of a folder.

use std::fs;
use std::path::Path;
use std::time::Duration;

/// Clock ticks a second in `/proc/PID/stat` (USER_HZ, 100 on every Linux of today).
const TICKS_PER_SECOND: f64 = 100.0;

/// The `q`-quantile (0.0 to 1.0) of some durations, in milliseconds; 0 of none.
pub fn quantile_ms(durations: &mut [Duration], q: f64) -> f64 {
    durations.sort_unstable();
    let last = durations.len().saturating_sub(1);
    let at = (last as f64 * q).round() as usize;
    durations.get(at).map_or(0.0, |d| d.as_secs_f64() * 1e3)
}

/// Processor seconds, user and system, that a process with all of its threads has used.
pub fn cpu_seconds(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The command may hold spaces: fields are counted after its closing bracket; utime is field 14, stime 15.
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = [11, 12].iter().filter_map(|&i| fields.get(i)?.parse::<f64>().ok()).sum::<f64>();
    ticks / TICKS_PER_SECOND
}

/// Processor time of this thread.
pub fn on_cpu() -> Duration {
    let times = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(times.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0))
}

/// Resident memory of a process in bytes: anonymous, and mapped from files.
pub fn memory_bytes(pid: u32) -> (u64, u64) {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name));
        let kib = line.and_then(|line| line.split_whitespace().nth(1)).and_then(|kib| kib.parse::<u64>().ok());
        kib.unwrap_or(0) * 1_024
    };
    (field("RssAnon:"), field("RssFile:"))
}

/// Bytes that the files below a folder take on disk.
pub fn disk_bytes(folder: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => disk_bytes(&entry.path()),
        Ok(meta) => meta.blocks() * 512,
        Err(_) => 0,
    });
    sizes.sum()
}
