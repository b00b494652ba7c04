//! Errors cannot be forgotten.

use proc_macro2::Span;

use crate::errors::Errors;

#[test]
#[should_panic(expected = "errors were dropped unread")]
fn dropped_errors_panic() {
    let mut errors = Errors::new();
    errors.at(Span::call_site(), "lost");
    drop(errors);
}

#[test]
#[should_panic(expected = "errors were dropped unread")]
fn dropped_errors_panic_even_when_empty() {
    drop(Errors::new());
}

#[test]
#[should_panic(expected = "the first panic")]
fn unwinding_drops_errors_without_a_second_panic() {
    let _errors = Errors::new();
    panic!("the first panic");
}

#[test]
fn finish_returns_every_error_in_order() {
    let mut errors = Errors::new();
    errors.at(Span::call_site(), "first");
    let kept: Option<u8> = errors.keep(Err(syn::Error::new(Span::call_site(), "second")));
    assert_eq!(kept, None);
    assert_eq!(errors.keep(Ok(3)), Some(3));
    let all = errors.finish().unwrap_err();
    let messages: Vec<String> = all.into_iter().map(|error| error.to_string()).collect();
    assert_eq!(messages, ["first", "second"]);
    assert!(Errors::new().finish().is_ok());
}
