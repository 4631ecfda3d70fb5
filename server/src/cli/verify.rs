//! `penstock verify`: every standing set against what its rules select now, by the index and by the evaluator.

use super::Verdict;
use super::terminal::safe;
use anyhow::Result;
use penstock_engine::{Engine, Options};
use std::path::PathBuf;

/// What to verify.
#[derive(clap::Args)]
pub struct Args {
    /// The data folder, which no server may have open.
    #[arg(long, default_value = "data")]
    data: PathBuf,
}

/// Opens the folder as a server would, and compares everything.
pub fn run(args: &Args) -> Result<Verdict> {
    let engine = Engine::open(&args.data, Options::default())?;
    let (mut sets, mut wrong) = (0_u64, 0_u64);
    engine.verify(|tenant, set, verdict| {
        sets += 1;
        let place = format!("{} {}", safe(&tenant.0), safe(set));
        match verdict {
            Ok(verdict) if verdict.differences.is_empty() => {}
            Ok(verdict) => {
                wrong += 1;
                for found in verdict.differences {
                    let (items, between) = (found.items, found.between);
                    let item = format!("{} {}", found.content_type, safe(&found.content_id));
                    let side = if found.in_set { "the set has it" } else { "the set has it not" };
                    println!("{place}: {between} differ in {items} items, such as {item} ({side})");
                }
            }
            Err(error) => {
                wrong += 1;
                println!("{place}: {}", safe(&error));
            }
        }
    });
    engine.shutdown();
    println!("{sets} sets verified, {wrong} wrong");
    Ok(if wrong == 0 { Verdict::Done } else { Verdict::No })
}
