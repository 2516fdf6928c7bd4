//! Entities: one that the derive makes, two by hand.

/// A record whose sealed twin is the entity's model.
pub mod visit {
    use phi_seal::{Phi, PhiRecord};
    use sea_orm::entity::prelude::*;

    #[derive(Debug, PhiRecord)]
    #[phi(
        record = "visit",
        row = Model,
        row_derive(Clone, PartialEq, Eq, DeriveEntityModel),
        row_attr(sea_orm(table_name = "visit"))
    )]
    pub struct Visit {
        #[phi(id, subject, row_attr(sea_orm(primary_key, auto_increment = false)))]
        pub id: String,
        #[phi(category = Clinical)]
        pub reason: Phi<String>,
        // sea-orm knows an `Option` by its spelling, and the derive spells it in full.
        #[phi(category = Clinical, row_attr(sea_orm(nullable)))]
        pub plan: Option<Phi<String>>,
        pub ward: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Index values, and an envelope as text.
pub mod found {
    use phi_seal::index::{IndexSet, IndexValue};
    use phi_seal::{AsText, Sealed};
    use sea_orm::entity::prelude::*;

    use crate::ward::{ByName, BySsn};

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "found")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub ssn: Option<AsText<Sealed<String>>>,
        #[sea_orm(unique)]
        pub ssn_index: Option<IndexValue<BySsn>>,
        pub ssn_text: Option<AsText<IndexValue<BySsn>>>,
        pub words: IndexSet<ByName>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Arrays, of PostgreSQL.
pub mod lists {
    use phi_seal::index::IndexValue;
    use phi_seal::{AsText, Sealed};
    use sea_orm::FromQueryResult;
    use sea_orm::entity::prelude::*;

    use crate::ward::ByName;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "lists")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub envelopes: Vec<Sealed<String>>,
        pub words: Option<Vec<IndexValue<ByName>>>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}

    #[derive(Debug, FromQueryResult)]
    pub struct Texts {
        pub texts: Vec<AsText<Sealed<String>>>,
    }
}
