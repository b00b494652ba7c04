//! hostfn, packed calls.

use hostfn::abi::codec;
use hostfn::{Grants, Host, Instance, Registry, capabilities, host_fn};
use serde::Serialize;

use crate::Peer;
use crate::guest::{self, Function, GREETED, Person, Row};

capabilities! {
    /// Everything that is measured.
    pub PEERS = "peers";
}

#[host_fn(capability = PEERS)]
fn add(a: u64, b: u64) -> u64 {
    a.wrapping_add(b)
}

#[host_fn(capability = PEERS)]
fn greet(name: &str) -> String {
    format!("Hello, {name}!")
}

#[host_fn(capability = PEERS)]
fn person(person: Person) -> Person {
    person
}

#[host_fn(capability = PEERS)]
fn bytes_in(data: &[u8]) -> usize {
    data.len()
}

#[host_fn(capability = PEERS)]
fn echo(data: &[u8]) -> &[u8] {
    data
}

#[derive(Default)]
struct Lines(u64);

#[host_fn(capability = PEERS)]
fn log(#[state] lines: &mut Lines, line: &str) {
    lines.0 += line.len() as u64;
}

struct Ours {
    row: &'static Row,
    instance: Instance,
}

fn encoded(value: &impl Serialize) -> Vec<u8> {
    codec::to_vec(value).expect("the arguments can be encoded")
}

pub(crate) fn new(row: &'static Row, window: bool) -> Option<Box<dyn Peer>> {
    let args = match row.function {
        Function::Add => encoded(&(5_u64, 7_u64)),
        Function::Greet | Function::Log => encoded(&(GREETED,)),
        Function::Person => encoded(&(Person::ada(),)),
        Function::BytesIn | Function::Echo => encoded(&(guest::data(row),)),
    };
    let host = Host::builder(Registry::collect().expect("the functions are sound"))
        .state("lines", |_| Ok::<_, hostfn::Error>(Lines::default()))
        .build()
        .expect("the host builds");
    let module = guest::packed(row.import, &args, row.calls, window);
    let plugin = host.load("peer", &module).expect("the guest loads");
    let instance = plugin.instantiate(&Grants::none().allow(&PEERS)).expect("the guest starts");
    Some(Box::new(Ours { row, instance }))
}

impl Peer for Ours {
    fn run(&mut self) {
        self.instance.call("run", ()).expect("the guest runs")
    }

    fn verify(&mut self) {
        let Ours { row, instance } = self;
        match row.function {
            Function::Add => assert_eq!(instance.call::<_, u64>("once", ()).unwrap(), 12),
            Function::Greet => {
                assert_eq!(instance.call::<_, String>("once", ()).unwrap(), format!("Hello, {GREETED}!"));
            }
            Function::Person => assert_eq!(instance.call::<_, Person>("once", ()).unwrap(), Person::ada()),
            Function::BytesIn => assert_eq!(instance.call::<_, usize>("once", ()).unwrap(), row.size),
            Function::Echo => {
                let reply: serde_bytes::ByteBuf = instance.call("once", ()).unwrap();
                assert_eq!(reply, guest::data(row));
            }
            Function::Log => {
                instance.call::<_, ()>("once", ()).unwrap();
                assert_eq!(instance.state::<Lines>().unwrap().0, GREETED.len() as u64);
            }
        }
    }
}
