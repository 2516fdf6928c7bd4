//! Folders of tiles: an honest export with one file changed, which is found, and files of
//! arbitrary content under a signed checkpoint of arbitrary size, which are refused.

use std::fs;
use std::path::Path;

use phi_seal::audit::journal::{
    Checkpoint, Frontier, JournalKey, TileExport, Tiles, TilesError, leaf_hash,
};

use super::input::Input;

/// The key of the tests of Go's `sumdb/note`, which is public.
const KEY: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let key = JournalKey::from_text(KEY).expect("Go's key");
    // In memory, where there is such a folder: nothing here is to outlive the run.
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
    let folder = folder.expect("a temporary folder");
    match input.byte() % 2 {
        0 => changed(folder.path(), &key, input),
        _ => hostile(folder.path(), &key, input),
    }
}

/// An export in up to two steps verifies; with a file changed it does not.
fn changed(folder: &Path, key: &JournalKey, mut input: Input<'_>) {
    let count = usize::from(u16::from_be_bytes([input.byte(), input.byte()])) % 600;
    let first = usize::from(u16::from_be_bytes([input.byte(), input.byte()])) % (count + 1);
    let (file, change) = (input.byte(), input.part());
    let entries: Vec<Vec<u8>> = (0..count)
        .map(|index| [&index.to_be_bytes(), input.part()].concat())
        .collect();
    for size in [first, count] {
        let mut tree = Frontier::new();
        entries[..size]
            .iter()
            .for_each(|entry| tree.push(leaf_hash(entry)));
        let checkpoint = Checkpoint::new(key.origin().clone(), size as u64, tree.root());
        let mut export = TileExport::begin(folder, &key.sign(&checkpoint), &key.verifier())
            .expect("nothing is wrong with the folder");
        let from = export.next_index() as usize;
        let rest = entries[from..].iter().cloned();
        export
            .extend(rest.map(Ok::<_, TilesError>))
            .expect("all entries are short");
        let written = export.finish().expect("the entries lead to the checkpoint");
        assert!(written.entries() as usize <= size);
        verify(folder, key).expect("an honest export");
    }

    let names = needed(count);
    let path = folder.join(&names[usize::from(file) % names.len()]);
    let original = fs::read(&path).expect("the export made it");
    let mut content = original.clone();
    let at = change.first().map_or(0, |byte| usize::from(*byte)) * content.len() / 256;
    content.splice(
        at..(at + 2).min(content.len()),
        change.iter().skip(1).copied(),
    );
    if content != original {
        fs::write(&path, content).expect("the file can be written");
        assert!(verify(folder, key).is_err(), "a change went unseen");
    }
}

/// The files that a checkpoint of fewer than 600 entries asks for.
fn needed(count: usize) -> Vec<String> {
    let mut names = vec!["checkpoint".to_owned()];
    for kind in ["0", "entries"] {
        names.extend((0..count / 256).map(|index| format!("tile/{kind}/{index:03}")));
        if !count.is_multiple_of(256) {
            names.push(format!("tile/{kind}/{:03}.p/{}", count / 256, count % 256));
        }
    }
    if count >= 256 {
        names.push(format!("tile/1/000.p/{}", count / 256));
    }
    names
}

/// Nobody finds tiles for a root that was not computed from them.
fn hostile(folder: &Path, key: &JournalKey, mut input: Input<'_>) {
    let shift = input.byte() % 64;
    let low = u64::from(input.byte());
    let size = ((1 << shift) + low).min(Checkpoint::MAX_SIZE);
    let checkpoint = Checkpoint::new(key.origin().clone(), size, [input.byte(); 32]);
    let signed = key.sign(&checkpoint);
    fs::write(folder.join("checkpoint"), signed.as_str()).expect("the file can be written");
    while !input.is_empty() {
        let name = match input.byte() % 8 {
            0 => "checkpoint".to_owned(),
            1 => format!("tile/entries/000.p/{}", size % 256),
            2 => format!("tile/0/000.p/{}", size % 256),
            3 => "tile/entries/000".to_owned(),
            4 => "tile/0/000".to_owned(),
            level => format!(
                "tile/{}/000.p/{}",
                level - 4,
                (size >> (8 * (level - 4))) % 256
            ),
        };
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("it has a folder")).expect("a folder");
        // A name may be a folder's by now.
        let repeat = usize::from(input.byte());
        let _ = fs::write(path, input.part().repeat(repeat.max(1)));
    }
    assert!(verify(folder, key).is_err());
    assert!(Tiles::at(folder, signed.clone()).verify().is_err());
    assert!(TileExport::begin(folder, &signed, &key.verifier()).is_err());
}

fn verify(folder: &Path, key: &JournalKey) -> Result<(), TilesError> {
    Tiles::open(folder, &key.verifier())?.verify()
}
