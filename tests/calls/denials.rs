//! A denial is always recorded: also one that a function makes itself, because no gate could know before it ran.

use std::sync::{Arc, Mutex};

use hostfn::abi::Value;
use hostfn::observe::{Decision, Event, EventKind, Observer, Phase};
use hostfn::spec::{Call, Fault, Param, Reply, reply_shape};
use hostfn::testing::{MockError, MockHost};
use hostfn::{Grants, Host, HostError, HostFn, HostFnSpec, Status, capabilities, host_fn};
use test_support::probe::{Probe, message, registry};

capabilities! {
    /// Read what is linked.
    pub LINKS = "links" in name;
}

#[derive(Debug, thiserror::Error, HostError)]
enum LinkError {
    /// The link leads to what is not granted.
    #[error("the link leads elsewhere")]
    #[status(no_capability)]
    LeadsOut(#[scope_value] String),
    /// The link does not exist, or the guest may not know of it.
    #[error("there is no such link")]
    #[status(not_found)]
    NotFound(#[scope_value] Option<String>),
    /// The link says nothing of where it leads.
    #[error("the link is blind")]
    #[status(no_capability)]
    Blind,
}

fn followed(link: &str) -> Result<String, LinkError> {
    match link {
        "out" => Err(LinkError::LeadsOut("/etc/passwd".to_owned())),
        "hidden" => Err(LinkError::NotFound(Some("/etc/shadow".to_owned()))),
        "missing" => Err(LinkError::NotFound(None)),
        "blind" => Err(LinkError::Blind),
        _ => Ok(link.to_owned()),
    }
}

/// Follow a link.
#[host_fn(capability = LINKS(link))]
fn follow(link: &str) -> Result<String, LinkError> {
    followed(link)
}

/// Follow a link, later.
#[host_fn(capability = LINKS(link))]
async fn follow_later(link: String) -> Result<String, LinkError> {
    std::future::ready(followed(&link)).await
}

fn by_hand(call: Call<'_>) -> Reply {
    let (link,) = call.authorize()?.args_within::<(&str,), _>(|(link,)| link)?;
    Err(match followed(link) {
        Ok(_) => Fault::new(Status::NO_CAPABILITY, "not this one"),
        Err(error) => Fault::from_error(&error),
    })
}

static BY_HAND: HostFnSpec = HostFnSpec::new("host", "follow_by_hand", by_hand)
    .requires_on(&LINKS, "link")
    .with_params(&[Param::new::<&str>("link")])
    .with_reply(reply_shape!(()))
    .with_docs("Follow a link, by hand.");

/// The decision about a call, and its value.
type Told = (Decision, Option<String>);

/// The events of calls for an observer that asked for none.
#[derive(Clone, Default)]
struct Uninterested(Arc<Mutex<Vec<Told>>>);

impl Observer for Uninterested {
    fn observe(&self, event: &Event<'_>) {
        if let EventKind::HostCall(call) = event.what {
            self.0.lock().unwrap().push((call.decision, call.scope_value.map(str::to_owned)));
        }
    }

    fn wants(&self, _: Phase) -> bool {
        false
    }
}

fn watched() -> (Host, Uninterested) {
    let observer = Uninterested::default();
    let registry = registry(&[follow::SPEC, follow_later::SPEC, &BY_HAND]);
    (Host::builder(registry).observer(observer.clone()).build().unwrap(), observer)
}

fn ask(host: &Host, function: &str, link: &str) -> (Status, Option<Value>) {
    let plugin = host.load("probe", &Probe::with(function, (link,)).wasm()).unwrap();
    pollster::block_on(async {
        let mut instance = plugin.instantiate_async(&Grants::none().allow(&LINKS)).await.unwrap();
        match instance.call_async::<_, String>("run", ()).await {
            Ok(reply) => (Status::OK, Some(Value::String(reply))),
            Err(hostfn::Error::Guest { status, reply, .. }) => {
                (status, reply.map(|reply| Value::from_serialize(&reply).unwrap()))
            }
            Err(other) => panic!("{other:?}"),
        }
    })
}

#[test]
fn a_function_s_own_denial_is_recorded_with_what_it_denied() {
    let (host, observer) = watched();
    for function in ["follow", "follow_later"] {
        let expected = [
            ("out", Status::NO_CAPABILITY, "the link leads elsewhere", Some("/etc/passwd")),
            ("hidden", Status::NOT_FOUND, "there is no such link", Some("/etc/shadow")),
            ("blind", Status::NO_CAPABILITY, "the link is blind", None),
        ];
        for (link, status, text, value) in expected {
            let (told, reply) = ask(&host, function, link);
            assert_eq!((told, message(reply.as_ref()).as_str()), (status, text), "{function} {link}");
            let recorded = std::mem::take(&mut *observer.0.lock().unwrap());
            assert_eq!(recorded, [(Decision::Refused, value.map(str::to_owned))], "{function} {link}");
        }
        assert_eq!(ask(&host, function, "missing").0, Status::NOT_FOUND);
        assert_eq!(ask(&host, function, "there").0, Status::OK);
        assert!(observer.0.lock().unwrap().is_empty(), "{function}: neither is a denial");
    }
}

#[test]
fn a_denial_by_hand_is_recorded_too() {
    let (host, observer) = watched();
    let asked = |link| {
        let (status, reply) = ask(&host, "follow_by_hand", link);
        (status, message(reply.as_ref()), std::mem::take(&mut *observer.0.lock().unwrap()))
    };
    assert_eq!(
        asked("there"),
        (Status::NO_CAPABILITY, "not this one".to_owned(), vec![(Decision::Refused, None)])
    );
    assert_eq!(
        asked("hidden"),
        (
            Status::NOT_FOUND,
            "there is no such link".to_owned(),
            vec![(Decision::Refused, Some("/etc/shadow".to_owned()))]
        )
    );
}

#[test]
fn what_is_hidden_from_the_guest_looks_like_what_is_missing() {
    let (host, _) = watched();
    for function in ["follow", "follow_later"] {
        assert_eq!(ask(&host, function, "hidden"), ask(&host, function, "missing"));
    }
}

#[test]
fn a_mock_host_records_it_too_in_a_script_and_in_the_function() {
    let host = MockHost::builder(registry(&[follow::SPEC, follow_later::SPEC])).build().unwrap();
    let decided = |host: &MockHost| host.calls().last().unwrap().decision;

    host.call::<_, String>("host", "follow", ("hidden",)).unwrap_err();
    assert_eq!(decided(&host), Decision::Refused);
    host.call::<_, String>("host", "follow_later", ("missing",)).unwrap_err();
    assert_eq!(decided(&host), Decision::Granted);
    host.fails("host", "follow", MockError::new(Status::NO_CAPABILITY, "leads_out", "elsewhere"));
    let refused = host.call::<_, String>("host", "follow", ("there",)).unwrap_err();
    assert_eq!((refused.status, decided(&host)), (Status::NO_CAPABILITY, Decision::Refused));
}
