//! `penstock gen`: made-up content, the same for the same seed.

use super::Verdict;
use crate::generate::Generator;
use std::io::{BufWriter, Write};

#[derive(clap::Args)]
pub struct Args {
    /// How many items.
    #[arg(long, value_name = "N")]
    items: u64,
    /// Another seed makes other content.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The number of the first item; slices of one seed fit together.
    #[arg(long, value_name = "K", default_value_t = 0)]
    start: u64,
}

pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    let generator = Generator::new(args.seed);
    let end = args.start.checked_add(args.items).ok_or_else(|| anyhow::anyhow!("so many items have no numbers"))?;
    let mut out = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
    for n in args.start..end {
        out.write_all(generator.line(n).as_bytes())?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(Verdict::Done)
}
