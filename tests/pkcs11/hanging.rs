//! A token that does not answer.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use phi_seal::key::{KeyErrorKind, Kms};
use pollster::block_on;

use crate::ward::{PAYLOAD, builder, context, created, eventually, kind, secret, unwrap, wrap};

alone! {
    fn nobody_who_polls_waits_for_it(ward) {
        let kms = created(&ward.interposed());
        let wrapped = wrap(&kms).unwrap();
        let context = context();
        ward.tell("C_Decrypt", 1, "hang");
        let mut call = pin!(kms.unwrap(&wrapped, &context));
        let mut polling = Context::from_waker(Waker::noop());
        assert!(call.as_mut().poll(&mut polling).is_pending());
        // This thread goes on, and lets the token go on.
        ward.await_hanging();
        assert!(call.as_mut().poll(&mut polling).is_pending());
        ward.release();
        assert_eq!(block_on(call).unwrap().as_slice(), PAYLOAD);
    }

    fn a_full_queue_throttles(ward) {
        let module = ward.interposed();
        drop(created(&module));
        let kms = block_on(builder(&module).sessions(1).waiting(2).open()).unwrap();
        let wrapped = wrap(&kms).unwrap();
        let context = context();
        let mut polling = Context::from_waker(Waker::noop());

        ward.tell("C_Decrypt", 1, "hang");
        let mut running = pin!(kms.unwrap(&wrapped, &context));
        assert!(running.as_mut().poll(&mut polling).is_pending());
        ward.await_hanging();
        let mut waiting: Vec<_> = (0..2).map(|_| kms.unwrap(&wrapped, &context)).collect();
        for call in &mut waiting {
            assert!(call.as_mut().poll(&mut polling).is_pending());
        }
        for _ in 0..2 {
            assert_eq!(kind(unwrap(&kms, &wrapped)), Some(KeyErrorKind::Throttled));
        }
        // Whoever goes away makes room.
        waiting.pop();
        let mut other = pin!(kms.unwrap(&wrapped, &context));
        assert!(other.as_mut().poll(&mut polling).is_pending());
        assert_eq!(kind(unwrap(&kms, &wrapped)), Some(KeyErrorKind::Throttled));

        ward.release();
        let last = waiting.pop().unwrap();
        for payload in [block_on(running), block_on(last), block_on(other)] {
            assert_eq!(payload.unwrap().as_slice(), PAYLOAD);
        }
    }

    fn its_callers_are_let_go_and_its_thread_is_replaced(ward) {
        let module = ward.interposed();
        drop(created(&module));
        let kms = builder(&module).sessions(1).timeout(Duration::from_secs(1));
        let kms = block_on(kms.open()).unwrap();
        let wrapped = eventually(|| wrap(&kms));
        let before = ward.calls("C_Decrypt");
        ward.tell("C_Decrypt", 1, "hang");
        // On a busy machine the time may be up before the token is reached, and nothing hangs yet.
        while ward.calls("C_Decrypt") == before {
            assert_eq!(kind(unwrap(&kms, &wrapped)), Some(KeyErrorKind::Unavailable));
        }
        // It still hangs, in the only thread there was.
        assert_eq!(eventually(|| unwrap(&kms, &wrapped)), PAYLOAD);
        ward.await_hanging();
        ward.release();
        assert_eq!(eventually(|| unwrap(&kms, &wrapped)), PAYLOAD);
        // Waits for the thread that was lost: SoftHSM does not like a process to end under it.
        drop(kms);
    }

    fn a_source_of_the_pin_that_hangs_is_no_worse(ward) {
        let module = ward.module();
        drop(created(&module));
        let (answer, asked) = std::sync::mpsc::channel::<()>();
        let asked = std::sync::Mutex::new(asked);
        let kms = phi_seal::integration::pkcs11::Pkcs11Kms::builder(&module, crate::ward::key(), move || {
            // Until the other end is dropped.
            let _ = asked.lock().unwrap().recv();
            Ok(secret(crate::ward::PIN))
        });
        let opened = block_on(kms.timeout(Duration::from_millis(50)).open());
        assert_eq!(kind(opened), Some(KeyErrorKind::Unavailable));
        // For ever: the thread must not be in SoftHSM when this process ends.
        std::mem::forget(answer);
    }

    fn futures_go_to_other_threads_and_may_be_dropped(ward) {
        let kms = std::sync::Arc::new(created(&ward.module()));
        let threads: Vec<_> = (0..4).map(|_| {
            let kms = kms.clone();
            thread::spawn(move || {
                let (payload, context) = (secret(PAYLOAD), context());
                for _ in 0..50 {
                    let mut call = kms.wrap(&payload, &context);
                    match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                        Poll::Pending => drop(call),
                        Poll::Ready(wrapped) => drop(wrapped.unwrap()),
                    }
                }
            })
        }).collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(unwrap(&*kms, &wrap(&*kms).unwrap()).unwrap(), PAYLOAD);
    }
}
