//! What somebody who may write to the disk does to a closed journal, its checkpoints and its tiles, and
//! that it is found out: systematically, then at random.

mod bytes;
mod insiders;
mod lab;
mod lines;
mod segments;
mod signers;
mod tiles;
