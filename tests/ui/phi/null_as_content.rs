use phi_seal::codec::{CodecError, Content, Encoder, Value};
use phi_seal::{Category, Field, RecordType, SecretBytes};

struct Nothing;

impl Value for Nothing {
    const CONTENT: Content = Content::Null;

    fn encode(&self, _: &mut Encoder<'_>) -> Result<(), CodecError> {
        Ok(())
    }

    fn decode(_: SecretBytes) -> Result<Self, CodecError> {
        Ok(Self)
    }

    fn wipe(&mut self) {}
}

const FIELD: Field<Nothing> = RecordType::new("patient").field("nothing", Category::Clinical);

fn main() {
    let _ = FIELD;
}
