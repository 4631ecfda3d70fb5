//! The `penstock` binary; everything is in `penstock-server`.

fn main() {}
