//! The `penstock` binary; everything is in `penstock-server`.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    #[cfg(unix)]
    if std::env::args_os().nth(1).is_some_and(|command| command == "serve") {
        set_allocator();
    }
    penstock_server::cli::main()
}

/// What `serve` asks of the allocator, where the environment does not ask otherwise. Freed memory is kept for ten seconds before it
/// goes back to the system: each commit of the index frees what the next one asks for again a few seconds later, and by default
/// it goes back after one. Memory comes in large pages where the system has them: with many standing sets most reads are of
/// places that were not read lately, and each page has to be found first.
#[cfg(unix)]
const OF_ALLOCATOR: [(&str, &str); 2] = [("MIMALLOC_PURGE_DELAY", "10000"), ("MIMALLOC_ALLOW_LARGE_OS_PAGES", "1")];

/// Begins anew with what is asked of the allocator, which reads it before `main` runs: the process goes on in its own place.
#[cfg(unix)]
fn set_allocator() {
    use std::os::unix::process::CommandExt;
    let Ok(program) = std::env::current_exe() else { return };
    let missing: Vec<_> = OF_ALLOCATOR.into_iter().filter(|(name, _)| std::env::var_os(name).is_none()).collect();
    if !missing.is_empty() {
        let error = std::process::Command::new(program).args(std::env::args_os().skip(1)).envs(missing).exec();
        eprintln!("penstock: the allocator goes on as it does by default: {error}");
    }
}
