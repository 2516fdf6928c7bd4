//! `Phi<T>` and `Option<Phi<T>>`, and what each becomes when sealed.

use crate::codec::Value;
use crate::phi::Phi;
use crate::sealed::Sealed;

/// A plaintext that can be sealed: `Phi<T>` or `Option<Phi<T>>`. Nothing else.
pub trait Protected: Sized + private::Closed {
    /// The value inside.
    type Value: Value;
    /// What it is when sealed: `Sealed<T>` or `Option<Sealed<T>>`.
    type Sealed: ProtectedSealed<Value = Self::Value, Plain = Self>;

    /// The value, unless absent.
    #[doc(hidden)]
    fn present(&self) -> Option<&Phi<Self::Value>>;

    /// The shape of a value that is present or absent; `None` where absence has no shape.
    #[doc(hidden)]
    fn of(value: Option<Phi<Self::Value>>) -> Option<Self>;
}

/// A ciphertext that can be opened: `Sealed<T>` or `Option<Sealed<T>>`. Nothing else.
pub trait ProtectedSealed: Sized + private::Closed {
    /// The value inside.
    type Value: Value;
    /// What it is when opened: `Phi<T>` or `Option<Phi<T>>`.
    type Plain: Protected<Value = Self::Value, Sealed = Self>;

    /// The envelope, unless absent.
    #[doc(hidden)]
    fn present(&self) -> Option<&Sealed<Self::Value>>;

    /// The shape of an envelope that is present or absent; `None` where absence has no shape.
    #[doc(hidden)]
    fn of(sealed: Option<Sealed<Self::Value>>) -> Option<Self>;
}

impl<T: Value> Protected for Phi<T> {
    type Value = T;
    type Sealed = Sealed<T>;

    fn present(&self) -> Option<&Self> {
        Some(self)
    }

    fn of(value: Option<Self>) -> Option<Self> {
        value
    }
}

impl<T: Value> Protected for Option<Phi<T>> {
    type Value = T;
    type Sealed = Option<Sealed<T>>;

    fn present(&self) -> Option<&Phi<T>> {
        self.as_ref()
    }

    fn of(value: Self) -> Option<Self> {
        Some(value)
    }
}

impl<T: Value> ProtectedSealed for Sealed<T> {
    type Value = T;
    type Plain = Phi<T>;

    fn present(&self) -> Option<&Self> {
        Some(self)
    }

    fn of(sealed: Option<Self>) -> Option<Self> {
        sealed
    }
}

impl<T: Value> ProtectedSealed for Option<Sealed<T>> {
    type Value = T;
    type Plain = Option<Phi<T>>;

    fn present(&self) -> Option<&Sealed<T>> {
        self.as_ref()
    }

    fn of(sealed: Self) -> Option<Self> {
        Some(sealed)
    }
}

mod private {
    pub trait Closed {}
    impl<T: super::Value> Closed for super::Phi<T> {}
    impl<T: super::Value> Closed for Option<super::Phi<T>> {}
    impl<T> Closed for super::Sealed<T> {}
    impl<T> Closed for Option<super::Sealed<T>> {}
}
