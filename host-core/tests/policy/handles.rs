//! A handle stands for what it was opened on, however it is held.

use hostfn_core::{MemoryBudget, Resource, Resources, ScopeText, ScopeValue, States};

#[test]
fn a_handle_behind_a_reference_or_in_a_box_is_matched_as_the_handle_itself() {
    let mut books: Resources<String> = Resources::new(&MemoryBudget::new(1 << 20));
    let book: Resource<String> = books.insert_on("novels", "a book".to_owned()).unwrap();
    let mut states = States::new();
    states.push("books", books);

    let opened_on = |value: &dyn ScopeValue| value.scope_text(&states).unwrap().as_str().map(str::to_owned);
    assert_eq!(opened_on(&book).as_deref(), Some("novels"));
    assert_eq!(opened_on(&&book).as_deref(), Some("novels"));
    assert_eq!(opened_on(&Box::new(book)).as_deref(), Some("novels"));
    assert_eq!("letters".scope_text(&states).unwrap(), ScopeText::Value("letters"));
}
