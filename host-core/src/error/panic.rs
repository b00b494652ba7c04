use std::any::Any;

/// The message of a panic.
pub(crate) fn message_of(panic: Box<dyn Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => match panic.downcast::<&'static str>() {
            Ok(message) => (*message).to_owned(),
            Err(panic) => {
                // its Drop is as much a stranger's code as what panicked, so it is not run
                std::mem::forget(panic);
                "a panic without a message".to_owned()
            }
        },
    }
}
