use phi_seal::RecordType;

const EMPTY: RecordType = RecordType::new("");
const DIGIT: RecordType = RecordType::new("2nd");
const COLON: RecordType = RecordType::new("a:b");

fn main() {
    let _ = (EMPTY, DIGIT, COLON);
}
