//! The `penstock` binary; everything is in `penstock-server`.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    #[cfg(unix)]
    if std::env::args_os().nth(1).is_some_and(|command| command == "serve") {
        keep_freed_memory();
    }
    penstock_server::cli::main()
}

/// Has the allocator keep freed memory for ten seconds before it goes back to the system. Each commit of the index frees what
/// the next one asks for again a few seconds later; by default it goes back after one. The allocator reads this before `main`
/// runs, and so the process begins anew in its own place.
#[cfg(unix)]
fn keep_freed_memory() {
    use std::os::unix::process::CommandExt;
    const SETTING: &str = "MIMALLOC_PURGE_DELAY";
    const KEPT_MS: &str = "10000";
    let Ok(program) = std::env::current_exe() else { return };
    if std::env::var_os(SETTING).is_none() {
        let error = std::process::Command::new(program).args(std::env::args_os().skip(1)).env(SETTING, KEPT_MS).exec();
        eprintln!("penstock: memory goes back to the system at once: {error}");
    }
}
