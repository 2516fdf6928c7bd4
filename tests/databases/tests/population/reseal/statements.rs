//! The SQL of `docs/rotation.md`, as it stands there: what the page says is what is run here.

const PAGE: &str = include_str!("../../../../../docs/rotation.md");

/// What a [`RowStore`](phi_seal::rotate::RowStore) asks a database for.
#[derive(Clone, Copy)]
pub struct Statements {
    pub page: &'static str,
    pub replace: &'static str,
}

/// Those of the block behind this word.
pub fn of(database: &str) -> Statements {
    let (_, rest) = PAGE.split_once(&format!("\n{database}:\n")).unwrap();
    let (_, rest) = rest.split_once("```sql\n").unwrap();
    let (block, _) = rest.split_once("```").unwrap();
    let statements: Vec<_> = block.split_terminator(";\n").collect();
    let [page, replace] = statements[..] else {
        panic!("{database}: {} statements", statements.len());
    };
    Statements { page, replace }
}
