//! A panic ends the work on one file, not the run.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// `Some` while this thread runs under [`catch`]; the message once it panicked.
    static CAUGHT: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `work`. A panic in it is kept from the terminal and becomes an error
/// that says where it happened.
///
/// # Errors
/// When `work` panicked.
pub fn catch<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let caught = CAUGHT.with_borrow_mut(|caught| match caught {
                Some(message) => {
                    let place = info
                        .location()
                        .map(|place| format!(" at {}:{}", place.file(), place.line()))
                        .unwrap_or_default();
                    let payload = info.payload();
                    let text = payload
                        .downcast_ref::<&str>()
                        .copied()
                        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
                        .unwrap_or("no message");
                    *message = format!("{text}{place}");
                    true
                }
                None => false,
            });
            if !caught {
                previous(info);
            }
        }));
    });
    let outer = CAUGHT.replace(Some(String::new()));
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    let message = CAUGHT.replace(outer).unwrap_or_default();
    result.map_err(|_| {
        format!(
            "internal error, please report it at {}/issues: {message}",
            env!("CARGO_PKG_REPOSITORY")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_reason() {
        assert_eq!(catch(|| 1), Ok(1));
        let error = catch(|| panic!("boom {}", 2)).unwrap_err();
        assert!(
            error.starts_with("internal error, please report"),
            "{error}"
        );
        assert!(
            error.contains("boom 2 at ") && error.contains("panics.rs:"),
            "{error}"
        );
    }
}
