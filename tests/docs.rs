//! Holds the pages to the code: links and paths lead somewhere, and nothing is claimed that this
//! crate must not claim.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn relative_links_lead_somewhere() {
    let broken: Vec<_> = pages()
        .iter()
        .flat_map(|page| {
            let folder = page.parent().unwrap();
            links(&read(page))
                .into_iter()
                .filter(|target| !leads_somewhere(page, folder, target))
                .map(|target| format!("{}: {target}", page.display()))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(broken.is_empty(), "links to nothing: {broken:#?}");
}

#[test]
fn paths_and_items_named_exist() {
    let missing: Vec<_> = pages()
        .into_iter()
        .chain(sources())
        .flat_map(|page| {
            named_items(&read(&page))
                .into_iter()
                .filter(|(path, item)| !exists(path, item.as_deref()))
                .map(|named| format!("{}: {named:?}", page.display()))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(missing.is_empty(), "named, but not there: {missing:#?}");
}

#[test]
fn no_page_claims_what_we_must_not_claim() {
    let claims: Vec<_> = pages()
        .into_iter()
        .chain(sources())
        .chain([root().join("Cargo.toml")])
        .flat_map(|page| {
            forbidden_in(&read(&page))
                .into_iter()
                .map(|phrase| format!("{}: {phrase}", page.display()))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(claims.is_empty(), "claims we must not make: {claims:#?}");
}

/// The checks above would pass on nothing at all, so they are checked themselves.
#[test]
fn the_checks_see_what_they_look_for() {
    assert!(pages().len() >= 8 && sources().len() > 50);

    let page = "[a](b.md) and\n[c](d.md#e), ![f](g.png)\n```\n[code](no)\n```\n`[code](no)`";
    assert_eq!(links(page), ["b.md", "d.md#e", "g.png"]);
    let (readme, docs) = (root().join("CHANGELOG.md"), root());
    assert!(leads_somewhere(&readme, &docs, "docs/keys.md#data-keys"));
    assert!(leads_somewhere(&readme, &docs, "#unreleased"));
    assert!(leads_somewhere(&readme, &docs, "https://example.org/x"));
    assert!(!leads_somewhere(
        &readme,
        &docs,
        "docs/keys.md#no-such-heading"
    ));
    assert!(!leads_somewhere(&readme, &docs, "docs/none.md"));

    let page = "in `src/error.rs`, `tests/docs.rs::links`, docs/keys.md. `mysrc/x.rs`, src/*.rs";
    let named = named_items(page);
    let named: Vec<_> = named.iter().map(|(p, i)| (&**p, i.as_deref())).collect();
    let expected = [
        ("src/error.rs", None),
        ("tests/docs.rs", Some("links")),
        ("docs/keys.md", None),
    ];
    assert_eq!(named, expected);
    assert!(exists("src/error.rs", Some("ErrorKind")));
    assert!(exists("src/error.rs", Some("is_denied")));
    assert!(!exists("src/error.rs", Some("is_deni")));
    assert!(!exists("src/none.rs", None));

    assert_eq!(forbidden_in("is HIPAA-Compliant"), ["hipaa compliant"]);
    assert_eq!(forbidden_in("//! fips\n//! validated"), ["fips validated"]);
    assert_eq!(forbidden_in("**100% secure**"), ["100% secure"]);
    assert!(forbidden_in("not a validated module under FIPS 140").is_empty());
}

/// Every page at the top and in `docs/`.
fn pages() -> Vec<PathBuf> {
    let mut pages = files(&root(), "md", false);
    pages.extend(files(&root().join("docs"), "md", true));
    pages
}

fn sources() -> Vec<PathBuf> {
    files(&root().join("src"), "rs", true)
}

fn files(folder: &Path, extension: &str, recurse: bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && recurse {
            found.extend(files(&path, extension, recurse));
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
    found
}

/// The targets of `[text](target)` and `![text](target)`, outside of code.
fn links(page: &str) -> Vec<String> {
    let page = without_code(page);
    page.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(target, _)| target.to_owned())
        .collect()
}

fn without_code(page: &str) -> String {
    let prose = page.split("```").step_by(2).collect::<Vec<_>>().join("\n");
    prose.split('`').step_by(2).collect()
}

fn leads_somewhere(page: &Path, folder: &Path, target: &str) -> bool {
    if target.contains("://") {
        return true;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = match path {
        "" => page.to_owned(),
        _ => folder.join(path),
    };
    path.exists() && (anchor.is_empty() || anchors(&read(&path)).iter().any(|a| a == anchor))
}

/// As GitHub makes them: lower case, spaces to hyphens, other punctuation dropped.
fn anchors(page: &str) -> Vec<String> {
    let slug = |heading: &str| {
        let heading = heading.trim().to_lowercase().replace(' ', "-");
        heading
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
            .collect()
    };
    page.lines()
        .filter_map(|line| line.strip_prefix('#'))
        .map(|line| slug(line.trim_start_matches('#')))
        .collect()
}

/// Paths of sources, tests and pages, each with the item behind `::`, if one is named.
fn named_items(text: &str) -> Vec<(String, Option<String>)> {
    let is_of_path = |c: char| c.is_ascii_alphanumeric() || "_-/.:".contains(c);
    text.split(|c| !is_of_path(c))
        .filter(|word| {
            ["src/", "tests/", "docs/", "examples/", "benches/"]
                .iter()
                .any(|folder| word.starts_with(folder))
        })
        .filter_map(|word| {
            let word = word.trim_end_matches(['.', ':']);
            let (path, item) = match word.split_once("::") {
                Some((path, item)) => (path, Some(item.to_owned())),
                None => (word, None),
            };
            let is_file = path.ends_with(".rs") || path.ends_with(".md");
            is_file.then(|| (path.to_owned(), item))
        })
        .collect()
}

fn exists(path: &str, item: Option<&str>) -> bool {
    let path = root().join(path);
    let Some(item) = item else {
        return path.is_file();
    };
    let defines = |line: &str| {
        let words: Vec<_> = line
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .collect();
        words.windows(2).any(|pair| {
            matches!(
                pair[0],
                "fn" | "struct" | "enum" | "trait" | "const" | "mod"
            ) && pair[1] == item
        })
    };
    path.is_file() && read(&path).lines().any(defines)
}

/// Words that a library cannot make true. Hyphens, line ends, comment and emphasis marks do not
/// hide them.
fn forbidden_in(text: &str) -> Vec<&'static str> {
    let text = text
        .to_lowercase()
        .replace(['-', '/', '!', '*', '_', '`'], " ");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    FORBIDDEN
        .into_iter()
        .filter(|phrase| text.contains(phrase))
        .collect()
}

const FORBIDDEN: [&str; 9] = [
    "hipaa compliant",
    "hipaa certified",
    "fips validated",
    "fips compliant",
    "fips certified",
    "military grade",
    "bank grade",
    "unbreakable",
    "100% secure",
];

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
