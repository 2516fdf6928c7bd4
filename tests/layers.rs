//! The layers, as the source's own imports show them.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A module imports only from modules that stand before it.
const ORDER: &[&str] = &[
    // 0: names and buffers.
    "error",
    "label",
    "category",
    "clock",
    "secret",
    // 1: values, associated data, wire format, cipher.
    "codec",
    "phi",
    "context",
    "envelope",
    "aead",
    // 2: keys.
    "key",
    // 3: who may, what was done, what waits.
    "access",
    "audit",
    "release",
    "sealed",
    "shape",
    // 4: the only orchestration.
    "vault",
    // 5: capabilities on top.
    "index",
    "minimize",
    "record",
    "present",
    "stream",
    "rotate",
    "migrate",
    "erase",
    "inventory",
    "report",
    "scrub",
    // What of all these is dangerous.
    "danger",
    // 6: the outside world, through the public interface only.
    "integration",
    "cli",
];

/// Who may touch the cipher.
const CIPHER_USERS: [&str; 3] = ["key", "vault", "release"];

const LONGEST: usize = 700;
const MEDIAN: usize = 250;

#[test]
fn modules_import_only_what_stands_before_them() {
    let mut imports = 0;
    for file in sources() {
        if file.module() == "lib" {
            continue;
        }
        let paths = crate_paths(&file.source);
        imports += paths.len();
        let found = violations(&file.module(), &file.part(), &paths, &public_interface());
        assert!(found.is_empty(), "{}: {found:?}", file.path.display());
    }
    assert!(imports > 150, "{imports} imports were seen");
}

#[test]
fn no_module_climbs_out_of_itself_by_super() {
    for file in sources() {
        let depth = file.module_path().len();
        for line in file.source.lines() {
            // Within an inline module the first `super` does not leave the file.
            let inline = usize::from(line.starts_with(' ') && file.source.contains("\nmod "));
            let climbs = longest_climb(line);
            assert!(
                climbs < depth.max(1) + inline,
                "{}: {line}",
                file.path.display()
            );
        }
    }
}

#[test]
fn every_module_has_a_place() {
    let declared: BTreeSet<_> = lib().lines().filter_map(declared_module).collect();
    assert!(declared.len() > 15);
    for module in &declared {
        assert!(ORDER.contains(&module.as_str()), "{module} has no layer");
    }
    let present: BTreeSet<_> = sources()
        .iter()
        .map(|file| file.module())
        .filter(|module| module != "lib")
        .collect();
    assert_eq!(present, declared);
}

#[test]
fn lib_is_docs_modules_and_one_public_interface() {
    let lib = lib();
    let mut stage = 0;
    let mut is_open = false;
    // The README, as documentation that is tested.
    let (lib_proper, readme) = lib
        .split_once("\n#[cfg(all(doctest")
        .expect("the README is tested");
    assert!(readme.ends_with("struct Readme;\n"));
    for line in lib_proper.lines() {
        let line = line.trim_end();
        let kind = match line {
            "" => continue,
            _ if is_open => {
                is_open = line != "};";
                continue;
            }
            _ if line.starts_with("//!") || line.starts_with("#![") => 0,
            "extern crate alloc;" => 1,
            _ if declared_module(line).is_some() => 1,
            _ if line.starts_with("pub use crate::") => {
                is_open = !line.ends_with(';');
                2
            }
            _ if line.starts_with("#[cfg(feature") => stage,
            _ => panic!("lib.rs: {line}"),
        };
        assert!(kind >= stage, "lib.rs: out of order: {line}");
        stage = kind;
    }
    assert_eq!(stage, 2);
    assert!(lib.contains("\n#![forbid(unsafe_code)]\n"));
}

#[test]
fn files_are_small() {
    let mut lines: Vec<_> = sources()
        .iter()
        .map(|file| (file.lines, file.path.clone()))
        .collect();
    lines.extend(test_files().into_iter().map(|(path, lines)| (lines, path)));
    lines.sort();
    let (median, _) = &lines[lines.len() / 2];
    let (longest, path) = lines.last().unwrap();
    assert!(*median <= MEDIAN, "the median file has {median} lines");
    assert!(*longest <= LONGEST, "{}: {longest} lines", path.display());
}

#[test]
fn violations_are_found() {
    let public = BTreeSet::from(["codec".to_string(), "Phi".to_string()]);
    let found = |module: &str, part: &str, source: &str| {
        !violations(module, part, &crate_paths(source), &public).is_empty()
    };
    for (module, part, source) in [
        ("codec", "", "use crate::vault::Session;"),
        ("codec", "", "use crate::phi::Phi;"),
        ("error", "", "fn f(_: crate::label::TenantId) {}"),
        ("access", "", "use crate::{error::Error, audit::Event};"),
        ("vault", "", "use crate::Phi;"),
        ("vault", "", "use crate::integration::jiff;"),
        ("audit", "", "use crate::aead::MessageKey;"),
        ("integration", "jiff", "use crate::secret::SecretBytes;"),
        ("integration", "jiff", "use crate::integration::time::Odd;"),
        ("cli", "usage", "use crate::integration::pkcs11::Pkcs11Uri;"),
        ("cli", "usage", "use crate::secret::SecretKey;"),
        ("unheard_of", "", "use crate::error::Error;"),
    ] {
        assert!(found(module, part, source), "{module}: {source}");
    }
    for (module, part, source) in [
        ("codec", "", "use crate::secret::SecretBytes;"),
        ("codec", "", "use crate::codec::list;"),
        ("key", "", "use crate::aead::SealingKey;"),
        (
            "vault",
            "",
            "use crate::{error::Error, key::{DataKey, Scope}};",
        ),
        (
            "error",
            "",
            "/// See [`TenantId`](crate::label::TenantId).\nstruct S;",
        ),
        (
            "error",
            "",
            "fn f() {}\n#[cfg(test)]\nmod tests {\n use crate::vault::Vault;\n}",
        ),
        ("integration", "jiff", "use crate::{Phi, codec::Value};"),
        ("integration", "jiff", "use crate::integration::jiff::Odd;"),
    ] {
        assert!(!found(module, part, source), "{module}: {source}");
    }
    assert_eq!(longest_climb("use super::super::error::Error;"), 2);
    assert_eq!(longest_climb("use super::scope::KeyScope;"), 1);
    assert_eq!(longest_climb("fn f() {}"), 0);
}

/// What is wrong with these imports of a module; `part` names the file within `integration`.
fn violations(
    module: &str,
    part: &str,
    paths: &[Vec<String>],
    public: &BTreeSet<String>,
) -> Vec<String> {
    let place = |name: &str| ORDER.iter().position(|known| *known == name);
    let is_allowed = |path: &[String]| {
        let (first, second) = (path[0].as_str(), path.get(1).map(String::as_str));
        match (place(module), place(first)) {
            (None, _) => false,
            _ if first == "integration" => module == first && second == Some(part),
            _ if module == "integration" || module == "cli" => public.contains(first),
            (Some(_), None) => false,
            _ if first == "aead" && module != first => CIPHER_USERS.contains(&module),
            (Some(own), Some(other)) => other <= own,
        }
    };
    paths
        .iter()
        .filter(|path| !is_allowed(path))
        .map(|path| path.join("::"))
        .collect()
}

/// The first two names of every path that begins with `crate::`, groups taken apart.
fn crate_paths(source: &str) -> Vec<Vec<String>> {
    let source = without_comments_and_tests(source);
    source
        .match_indices("crate::")
        .filter(|(at, _)| !source[..*at].ends_with(is_name))
        .flat_map(|(at, start)| paths_in(&source[at + start.len()..]))
        .collect()
}

/// The paths of `a::b`, or of a group such as `{a::B, c::{D, E}}`.
fn paths_in(rest: &str) -> Vec<Vec<String>> {
    let Some(group) = rest.strip_prefix('{') else {
        let path = rest
            .split("::")
            .take(2)
            .map_while(|name| {
                let end = name.find(|c| !is_name(c)).unwrap_or(name.len());
                (end > 0).then(|| name[..end].to_string())
            })
            .collect();
        return vec![path];
    };
    let mut paths = Vec::new();
    let (mut depth, mut from) = (0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' | ',' if depth == 0 => {
                let member = group[from..at].trim();
                if !member.is_empty() {
                    paths.extend(paths_in(member));
                }
                from = at + 1;
                if c == '}' {
                    break;
                }
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    paths
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn without_comments_and_tests(source: &str) -> String {
    let (source, _) = source
        .split_once("#[cfg(test)]\nmod tests {")
        .unwrap_or((source, ""));
    source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// How many `super::` stand in a row.
fn longest_climb(line: &str) -> usize {
    (1..9)
        .take_while(|count| line.contains(&"super::".repeat(*count)))
        .count()
}

/// The names at the crate's root that everybody may use.
fn public_interface() -> BTreeSet<String> {
    let lib = lib();
    let modules = lib
        .lines()
        .filter(|line| line.starts_with("pub mod "))
        .filter_map(declared_module);
    let items = lib.split("pub use crate::").skip(1).flat_map(|item| {
        let item = item.split(';').next().unwrap_or_default();
        let (_, names) = item.split_once("::").unwrap();
        let names = names.trim_start_matches('{').trim_end_matches('}');
        names.split(',').map(|name| name.trim().to_string())
    });
    modules
        .chain(items)
        .filter(|name| !name.is_empty())
        .collect()
}

fn declared_module(line: &str) -> Option<String> {
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let name = line.strip_prefix("mod ")?.strip_suffix(';')?;
    Some(name.to_string())
}

fn lib() -> String {
    fs::read_to_string(root().join("src/lib.rs")).unwrap()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

struct Source {
    /// From `src`.
    path: PathBuf,
    source: String,
    lines: usize,
}

impl Source {
    /// The modules it lies in, from the root: of `key/keyset/mod.rs`, `key` and `keyset`.
    fn module_path(&self) -> Vec<String> {
        let names = self.path.with_extension("");
        let mut names: Vec<_> = names
            .iter()
            .map(|name| name.to_str().unwrap().to_string())
            .collect();
        names.retain(|name| name != "mod");
        names
    }

    fn module(&self) -> String {
        self.module_path()[0].clone()
    }

    fn part(&self) -> String {
        self.module_path().get(1).cloned().unwrap_or_default()
    }
}

/// The sources of the library without its tests, and without programs, which see no more of it than
/// others do.
fn sources() -> Vec<Source> {
    let src = root().join("src");
    let files = rust_files(&src).into_iter().filter_map(|path| {
        let source = fs::read_to_string(&path).unwrap();
        let path = path.strip_prefix(&src).unwrap().to_path_buf();
        let is_test = path
            .iter()
            .any(|name| name == "tests" || name == "tests.rs");
        let is_program = path.starts_with("bin");
        (!is_test && !is_program).then(|| Source {
            lines: source.lines().count(),
            path,
            source,
        })
    });
    files.collect()
}

/// The library's tests with the lengths of their files.
fn test_files() -> Vec<(PathBuf, usize)> {
    let src = root().join("src");
    let files = rust_files(&src).into_iter().filter_map(|path| {
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        let path = path.strip_prefix(&src).unwrap().to_path_buf();
        let is_test = path
            .iter()
            .any(|name| name == "tests" || name == "tests.rs");
        is_test.then_some((path, lines))
    });
    files.collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}
