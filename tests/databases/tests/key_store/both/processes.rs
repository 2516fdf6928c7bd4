//! Several processes at once.

use std::process::{Command, Stdio};

use phi_seal::key::{KeyErrorKind, KeyQuery, KeyState, KeyStore as _};

use super::super::{Place, Store};
use crate::run;
use crate::suite::{add, content, kind, row};

const WHERE: &str = "PHI_SEAL_TEST_KEYS";
const WHO: &str = "PHI_SEAL_TEST_CONTENDER";

#[test]
fn eight_processes_end_with_one_key() {
    for round in 0..3 {
        let place = run(Place::new());
        let name = format!("{}::a_process", module_path!().split_once("::").unwrap().1);
        let processes: Vec<_> = (1..=8)
            .map(|n| {
                Command::new(std::env::current_exe().unwrap())
                    .args(["--ignored", "--exact", "--nocapture", &name])
                    .env(WHERE, place.url())
                    .env(WHO, n.to_string())
                    .stdout(Stdio::piped())
                    .spawn()
                    .unwrap()
            })
            .collect();
        let outputs: Vec<_> = processes
            .into_iter()
            .map(|process| {
                let output = process.wait_with_output().unwrap();
                assert!(output.status.success());
                String::from_utf8(output.stdout).unwrap()
            })
            .collect();
        let lines = |word: &str| -> Vec<_> {
            outputs
                .iter()
                .flat_map(|output| output.lines())
                .filter_map(|line| Some(line.split_once(word)?.1.to_string()))
                .collect()
        };
        let (winners, seen) = (lines("first: "), lines("seen: "));
        assert_eq!((winners.len(), seen.len()), (1, 8), "round {round}");
        let (rows, _) = run(async { content(&place.store().await).await });
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].id.to_hex(), winners[0]);
        assert!(seen.iter().all(|id| *id == winners[0]));
    }
}

#[test]
#[ignore = "another test runs it, several times"]
fn a_process() {
    let (Ok(url), Ok(who)) = (std::env::var(WHERE), std::env::var(WHO)) else {
        return;
    };
    run(async {
        let store = Store::new(Place::at(&url).pool(1).await);
        store.migrate().await.unwrap();
        let first = row(who.parse().unwrap(), "t", 1, KeyState::Active);
        match kind(store.apply(&[add(&first)]).await) {
            None => println!("first: {}", first.id.to_hex()),
            other => assert_eq!(other, Some(KeyErrorKind::Conflict)),
        }
        let seen = store.find(&[KeyQuery::Scope(first.scope)]).await.unwrap();
        assert_eq!(seen.len(), 1);
        println!("seen: {}", seen[0].id.to_hex());
    });
}
