//! Tiles exported from a journal, every byte changed.

use std::fs;

use phi_seal::audit::journal::{Entries, TileExport, Tiles};

use super::lab::Lab;
use crate::ward::public;

#[test]
fn every_byte_of_every_tile_changed() {
    let lab = Lab::new(8);
    let folder = crate::ward::folder();
    let mut export = TileExport::begin(folder.path(), &lab.last, &public()).unwrap();
    for entry in Entries::open(lab.path(), &public()).unwrap() {
        export.push(entry.unwrap().bytes()).unwrap();
    }
    export.finish().unwrap();
    let verify = || Tiles::open(folder.path(), &public()).and_then(|tiles| tiles.verify());
    verify().unwrap();
    let mut tried = 0;
    let width = lab.entries.len();
    for name in [
        "checkpoint".to_owned(),
        format!("tile/0/000.p/{width}"),
        format!("tile/entries/000.p/{width}"),
    ] {
        let path = folder.path().join(&name);
        let honest = fs::read(&path).unwrap();
        for at in 0..honest.len() {
            let mut changed = honest.clone();
            changed[at] ^= 1 + (at * 31 % 255) as u8;
            fs::write(&path, &changed).unwrap();
            assert!(verify().is_err(), "{name}, byte {at}");
            // Cut there, and with a byte more.
            fs::write(&path, &honest[..at]).unwrap();
            assert!(verify().is_err(), "{name}, cut at {at}");
            tried += 2;
        }
        fs::write(&path, [honest.as_slice(), b"\n"].concat()).unwrap();
        assert!(verify().is_err(), "{name}, longer");
        fs::remove_file(&path).unwrap();
        assert!(verify().is_err(), "{name}, taken out");
        fs::write(&path, &honest).unwrap();
        tried += 2;
    }
    verify().unwrap();
    println!("tiles: {tried}");
    assert!(tried > 10_000, "{tried}");
}
