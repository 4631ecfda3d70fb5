//! PostgreSQL as a peer of ingest.

use crate::cluster::{Cluster, binaries};
use crate::support::load::{Lane, Pace, Run, Sent, sustain};
use anyhow::{Context, Result, bail};
use penstock_server::generate::Generator;
use postgres::Client;
use serde_json::Value;
use std::io::Write;
use std::time::Instant;

const TABLE: &str = "CREATE TABLE content (content_type text NOT NULL, content_id text NOT NULL, \
    version bigint NOT NULL, status int NOT NULL, info jsonb NOT NULL, PRIMARY KEY (content_type, content_id))";
const GIN: &str = "CREATE INDEX content_info ON content USING gin (info jsonb_path_ops)";
const UPSERT: &str = "INSERT INTO content AS t (content_type, content_id, version, status, info) \
    SELECT a, b, c, d, e::jsonb FROM unnest($1::text[], $2::text[], $3::bigint[], $4::int[], $5::text[]) AS u(a, b, c, d, e) \
    ON CONFLICT (content_type, content_id) DO UPDATE \
    SET version = excluded.version, status = excluded.status, info = excluded.info \
    WHERE excluded.version > t.version";

/// Fills a table with `items` and runs the mix on it: with a primary key alone, then with a GIN index too. Nothing where
/// PostgreSQL is not installed.
pub fn measure(generator: &Generator, items: u64, connections: u64, pace: Pace) -> Result<Vec<(&'static str, Run)>> {
    let Some(bin) = binaries() else {
        println!("postgres: not installed, left out");
        return Ok(Vec::new());
    };
    let cluster = Cluster::start(&bin)?;
    let mut client = cluster.connect()?;
    client.batch_execute(TABLE)?;
    let begun = Instant::now();
    copy(&mut client, generator, items)?;
    client.batch_execute("VACUUM ANALYZE content")?;
    println!("postgres: {items} items copied in {:.1} s", begun.elapsed().as_secs_f64());

    let mut lanes: Vec<Lane> = (0..connections).map(|lane| Lane::new(lane, connections, items)).collect();
    let connect = || writer(&cluster);
    let plain = sustain(generator, &mut lanes, pace, connect)?;
    print_size(&mut client)?;

    let begun = Instant::now();
    client.batch_execute(GIN)?;
    client.batch_execute("VACUUM ANALYZE content")?;
    client.batch_execute("CHECKPOINT")?;
    println!("postgres: GIN index built in {:.1} s", begun.elapsed().as_secs_f64());
    let indexed = sustain(generator, &mut lanes, pace, connect)?;
    print_size(&mut client)?;
    Ok(vec![("postgres with a primary key", plain), ("postgres with a primary key and GIN", indexed)])
}

/// A connection that upserts batches.
fn writer(cluster: &Cluster) -> Result<impl FnMut(&[String]) -> Result<Sent> + use<>> {
    let mut client = cluster.connect()?;
    let upsert = client.prepare(UPSERT)?;
    Ok(move |lines: &[String]| {
        let rows = lines.iter().map(|line| Row::parse(line)).collect::<Result<Vec<Row>>>()?;
        let types: Vec<&str> = rows.iter().map(|row| row.content_type.as_str()).collect();
        let ids: Vec<&str> = rows.iter().map(|row| row.content_id.as_str()).collect();
        let versions: Vec<i64> = rows.iter().map(|row| row.version).collect();
        let statuses: Vec<i32> = rows.iter().map(|row| row.status).collect();
        let infos: Vec<&str> = rows.iter().map(|row| row.info.as_str()).collect();
        let applied = client.execute(&upsert, &[&types, &ids, &versions, &statuses, &infos])?;
        Ok(Sent { applied, other: lines.len() as u64 - applied, refused: 0 })
    })
}

/// An item as a row.
struct Row {
    content_type: String,
    content_id: String,
    version: i64,
    status: i32,
    info: String,
}

impl Row {
    fn parse(line: &str) -> Result<Row> {
        let mut item: Value = serde_json::from_str(line)?;
        let mut text = |key: &str| match item[key].take() {
            Value::String(text) => Ok(text),
            other => bail!("{key} is {other}"),
        };
        let (content_type, content_id, info) = (text("contentType")?, text("contentId")?, text("contentInfo")?);
        let version = item["contentVersion"].as_i64().context("contentVersion")?;
        let status = item["contentStatus"].as_i64().context("contentStatus")? as i32;
        Ok(Row { content_type, content_id, version, status, info })
    }
}

fn copy(client: &mut Client, generator: &Generator, items: u64) -> Result<()> {
    let mut rows = client.copy_in("COPY content (content_type, content_id, version, status, info) FROM STDIN")?;
    for n in 0..items {
        let row = Row::parse(&generator.line(n))?;
        // In COPY's text format a backslash is written twice; the generator's text has no tab and no line break.
        let info = row.info.replace('\\', "\\\\");
        writeln!(rows, "{}\t{}\t{}\t{}\t{info}", row.content_type, row.content_id, row.version, row.status)?;
    }
    rows.finish()?;
    Ok(())
}

fn print_size(client: &mut Client) -> Result<()> {
    let row = client.query_one("SELECT count(*), pg_total_relation_size('content') FROM content", &[])?;
    let (items, bytes): (i64, i64) = (row.get(0), row.get(1));
    println!("postgres: {items} items, {} bytes of disk an item", bytes / items.max(1));
    Ok(())
}
