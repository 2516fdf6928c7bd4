use phi_seal::{Phi, Protected, Sealed};

struct Mine(Phi<String>);

impl Protected for Mine {
    type Value = String;
    type Sealed = Sealed<String>;

    fn present(&self) -> Option<&Phi<String>> {
        Some(&self.0)
    }

    fn of(value: Option<Phi<String>>) -> Option<Self> {
        value.map(Self)
    }
}

fn main() {}
