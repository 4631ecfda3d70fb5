//! `penstock-wasm-pack IN.wasm OUT_FOLDER`: writes the bindings of a WebAssembly build, an ES module with its types, and
//! prints how large it is.
//!
//! It is a member of the workspace so that `Cargo.lock` pins it: bindings are made by the very version of wasm-bindgen
//! that the code was built with, and no tool need be installed.

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::path::Path;
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, folder] = arguments.as_slice() else {
        bail!("two arguments are needed: the .wasm file and the folder to write to");
    };
    // `web`: loads by URL in browsers and from bytes in Node, so that one build serves both.
    let mut bindgen = Bindgen::new();
    bindgen.input_path(input).web(true)?.typescript(true);
    bindgen.remove_name_section(true).remove_producers_section(true).generate(folder)?;
    report(Path::new(input), Path::new(folder))
}

/// Prints the size of what was written, as it is and as it travels.
fn report(input: &Path, folder: &Path) -> Result<()> {
    let name = input.file_stem().context("the input has no name")?.to_string_lossy();
    let wasm = std::fs::read(folder.join(format!("{name}_bg.wasm")))?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&wasm)?;
    let gzipped = gzip.finish()?.len();
    println!("{}: {} KiB, {} KiB with gzip", folder.display(), wasm.len() / 1024, gzipped / 1024);
    Ok(())
}
