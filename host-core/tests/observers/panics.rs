use std::panic::panic_any;
use std::sync::Arc;

use hostfn_core::{Decision, Event, Grants, Observer, Phase, PhaseContext, Recorder, Span};

use super::{GREET, GREET_FN, Watchers, call};

/// Panics in one place.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Breaks {
    Wants,
    Begin,
    Enter,
    Exit,
    Observe,
}

impl Breaks {
    fn at(self, place: Breaks) {
        if self == place {
            panic_any(self);
        }
    }
}

impl Observer for Breaks {
    fn observe(&self, _: &Event<'_>) {
        self.at(Breaks::Observe);
    }

    fn wants(&self, _: Phase) -> bool {
        self.at(Breaks::Wants);
        true
    }

    fn begin(&self, _: &PhaseContext<'_>) -> Option<Box<dyn Span>> {
        self.at(Breaks::Begin);
        Some(Box::new(*self))
    }
}

impl Span for Breaks {
    fn enter(&mut self) {
        self.at(Breaks::Enter);
    }

    fn exit(&mut self) {
        self.at(Breaks::Exit);
    }
}

#[test]
fn an_observer_that_panics_changes_no_decision_and_hides_nothing_from_the_others() {
    let granted = Grants::none().allow(&GREET);
    for breaks in [Breaks::Wants, Breaks::Begin, Breaks::Enter, Breaks::Exit, Breaks::Observe] {
        let recorder = Recorder::new();
        let observers: Watchers = vec![Arc::new(breaks), Arc::new(recorder.clone())];
        assert_eq!(call(&observers, &granted, &GREET_FN, "you"), Decision::Granted, "{breaks:?}");
        assert_eq!(call(&observers, &Grants::none(), &GREET_FN, "you"), Decision::NotGranted, "{breaks:?}");
        let told: Vec<_> = recorder.records().iter().filter_map(|record| record.decision).collect();
        assert_eq!(told, [Decision::Granted, Decision::NotGranted], "{breaks:?}");
    }
}
