//! A private cluster of PostgreSQL in a temporary folder, on a Unix socket, stopped and removed at the end. Settings: what a
//! fair user sets (shared buffers, WAL size, compression of neither); fsync and synchronous commit stay on.

use anyhow::{Context, Result, bail};
use postgres::{Client, Config, NoTls};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The folder of PostgreSQL's programs: `PENSTOCK_PG_BIN`, or where Debian puts version 15.
pub fn binaries() -> Option<PathBuf> {
    let bin = std::env::var_os("PENSTOCK_PG_BIN").unwrap_or_else(|| "/usr/lib/postgresql/15/bin".into());
    let bin = PathBuf::from(bin);
    bin.join("initdb").exists().then_some(bin)
}

/// A cluster of its own, stopped when dropped.
pub struct Cluster {
    bin: PathBuf,
    folder: TempDir,
    as_root: bool,
}

impl Cluster {
    /// Starts an empty one.
    pub fn start(bin: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("penstock-pg-").tempdir()?;
        let id = Command::new("id").arg("-u").output()?;
        let as_root = id.stdout.trim_ascii() == b"0";
        let cluster = Cluster { bin: bin.to_owned(), folder, as_root };
        if as_root {
            // PostgreSQL refuses to run as root.
            run(Command::new("chown").arg("postgres").arg(cluster.folder.path()))?;
        }
        let data = cluster.data();
        run(cluster
            .command("initdb")
            .args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-D"])
            .arg(&data))?;
        let socket = cluster.folder.path().display().to_string();
        let options = format!(
            "-c listen_addresses= -c unix_socket_directories={socket} -c synchronous_commit=on -c fsync=on \
             -c shared_buffers=1GB -c max_wal_size=4GB -c maintenance_work_mem=512MB"
        );
        let log = cluster.folder.path().join("log");
        run(cluster.command("pg_ctl").args(["start", "-w", "-o", &options, "-l"]).arg(&log).arg("-D").arg(&data))?;
        Ok(cluster)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let program = self.bin.join(program);
        let mut command = if self.as_root {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.current_dir(self.folder.path());
        command
    }

    /// A connection.
    pub fn connect(&self) -> Result<Client> {
        let mut config = Config::new();
        config.host_path(self.folder.path()).user("postgres").dbname("postgres");
        config.connect(NoTls).context("connecting to PostgreSQL")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let data = self.data();
        if let Err(error) = run(self.command("pg_ctl").args(["stop", "-m", "immediate", "-D"]).arg(data)) {
            println!("postgres: {error}");
        }
    }
}

fn run(command: &mut Command) -> Result<()> {
    // No pipe: the server that pg_ctl leaves running would hold it open.
    let status = command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).status();
    let status = status.with_context(|| format!("running {command:?}"))?;
    if !status.success() {
        bail!("{command:?}: {status}");
    }
    Ok(())
}
