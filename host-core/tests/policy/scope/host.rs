//! Scopes of hosts.

use std::net::Ipv4Addr;

use hostfn_core::{Scope, ScopeKind};
use proptest::prelude::*;

use super::{check, check_refused, hosts};

#[test]
fn hosts_match_by_scheme_name_and_port() {
    check(
        ScopeKind::Host,
        &[
            ("example.com", "https://example.com/a?b#c", true, "no scheme is https"),
            ("example.com", "http://example.com", true, "and http"),
            ("example.com", "ws://example.com", false, "and nothing else"),
            ("example.com", "ftp://example.com", false, "and nothing else"),
            ("example.com", "https://example.com:443/", true, "the scheme's own port"),
            ("example.com", "https://example.com:80/", false, "not the other scheme's"),
            ("example.com", "https://example.com:8443/", false, "no other port"),
            ("example.com:8443", "https://example.com:8443/", true, "the port given"),
            ("example.com:8443", "http://example.com:8443/", true, "for either scheme"),
            ("example.com:8443", "https://example.com/", false, "instead of the scheme's own"),
            ("example.com:443", "https://example.com/", true, "a port given is also the scheme's own"),
            ("https://example.com", "https://example.com/", true, "the scheme given"),
            ("https://example.com", "http://example.com/", false, "only that"),
            ("HTTPS://example.com", "https://example.com/", true, "schemes have no case"),
            ("wss://example.com", "wss://example.com:443/", true, "web sockets have ports of their own"),
            ("ftp://example.com", "ftp://example.com:21/", true, "so has ftp"),
            ("redis://example.com:6379", "redis://example.com:6379", true, "other schemes name theirs"),
            ("redis://example.com:6379", "redis://example.com", false, "in the value too"),
            ("redis://example.com:6379", "redis://EXAMPLE.com:6379", true, "and their hosts have no case"),
            ("redis://127.0.0.1:6379", "redis://0x7f.1:6379", true, "nor another spelling of an address"),
        ],
    );
}

#[test]
fn host_wildcards_are_whole_labels() {
    check(
        ScopeKind::Host,
        &[
            ("*.example.com", "https://a.example.com", true, "one label"),
            ("*.example.com", "https://a.b.example.com", true, "any depth"),
            ("*.example.com", "https://example.com", false, "not the name itself"),
            ("*.example.com", "https://evilexample.com", false, "not a string's end"),
            ("*.example.com", "https://example.com.evil.org", false, "not a string's start"),
            ("*.example.com", "https://.example.com", false, "not an empty label"),
            ("*.example.com", "https://a..example.com", false, "not an empty label"),
            ("https://*.example.com:8443", "https://a.example.com:8443", true, "with scheme and port"),
            ("https://*.example.com:8443", "https://a.example.com", false, "with scheme and port"),
            ("*", "https://example.com", true, "every host"),
            ("*", "http://127.0.0.1", true, "addresses too"),
            ("*", "http://[::1]", true, "addresses too"),
            ("*", "https://example.com:8443", false, "on the scheme's own port"),
            ("*:8443", "https://example.com:8443", true, "or the one given"),
            ("https://*:8443", "https://example.com:8443", true, "and the scheme given"),
            ("https://*:8443", "http://example.com:8443", false, "and the scheme given"),
        ],
    );
}

#[test]
fn hosts_mean_what_a_connection_means() {
    check(
        ScopeKind::Host,
        &[
            ("example.com", "https://EXAMPLE.Com", true, "case"),
            ("EXAMPLE.com", "https://example.com", true, "case in the pattern"),
            ("example.com", "https://example.com./", true, "a trailing dot"),
            ("example.com.", "https://example.com/", true, "a trailing dot in the pattern"),
            ("*.example.com", "https://a.example.com./", true, "a trailing dot below a name"),
            ("example.com", "https://example.com../", false, "two are no name"),
            ("bücher.example", "https://xn--bcher-kva.example", true, "punycode"),
            ("xn--bcher-kva.example", "https://BÜCHER.example", true, "punycode in the pattern"),
            ("example.com", "https://ex%61mple.com", true, "percent-encoding"),
            ("example.com", "https://example。com", true, "an ideographic full stop"),
            ("good.com", "https://good.com@evil.com/", false, "what stands before `@` is a user"),
            ("evil.com", "https://good.com@evil.com/", true, "what stands before `@` is a user"),
            ("good.com", "https://good.com:443@evil.com/", false, "and its password"),
            ("good.com", "https://evil.com/@good.com", false, "`@` in a path is a path"),
            ("good.com", "https://evil.com#@good.com", false, "in a fragment, a fragment"),
            ("good.com", "https://evil.com?@good.com", false, "in a query, a query"),
            ("good.com", "https://evil.com\\@good.com", false, "a backslash is a slash"),
            ("127.0.0.1", "http://127.0.0.1/", true, "an address"),
            ("127.0.0.1", "http://127.0.0.1./", true, "an address with a dot"),
            ("127.0.0.1", "http://0x7f.1/", true, "hexadecimal, short"),
            ("127.0.0.1", "http://0177.0.0.1/", true, "octal"),
            ("127.0.0.1", "http://2130706433/", true, "one number"),
            ("127.0.0.1", "http://127.1/", true, "short"),
            ("127.0.0.1", "http://[::ffff:127.0.0.1]/", true, "mapped to IPv6"),
            ("127.0.0.1", "http://[::ffff:7f00:1]/", true, "mapped to IPv6, hexadecimal"),
            ("0x7f.1", "http://127.0.0.1/", true, "the pattern likewise"),
            ("2130706433", "http://127.0.0.1/", true, "the pattern likewise"),
            ("[::ffff:127.0.0.1]", "http://127.0.0.1/", true, "the pattern likewise"),
            ("127.0.0.1", "http://127.0.0.2/", false, "another address"),
            ("127.0.0.1", "http://localhost/", false, "nothing is resolved"),
            ("localhost", "http://127.0.0.1/", false, "nothing is resolved"),
            ("[::1]", "http://[0:0:0:0:0:0:0:1]/", true, "IPv6 has one spelling"),
            ("[2001:DB8::1]:8080", "http://[2001:db8:0::1]:8080/", true, "with a port"),
            ("[2001:db8::1]", "http://[2001:db8::1]:8080/", false, "only that"),
            ("[::1]", "http://[::2]/", false, "another address"),
        ],
    );
}

#[test]
fn what_is_no_url_with_a_host_is_not_covered() {
    for value in [
        "",
        "example.com",
        "example.com:443",
        "localhost:8080",
        "127.0.0.1:80",
        "//example.com",
        "/path",
        "https://",
        "https://exa mple.com",
        "mailto:a@example.com",
        "data:text/plain,x",
        "file:///etc/passwd",
        "unix:///run/x.sock",
        "https://example.com:99999",
        "http://999.1.1.1",
        "http://[::1",
    ] {
        assert!(!Scope::everything(ScopeKind::Host).allows(value), "`{value}`");
        assert!(!hosts(&["*", "example.com", "localhost:8080"], &[]).allows(value), "`{value}`");
    }
}

#[test]
fn host_patterns_are_refused_with_a_remedy() {
    check_refused(
        ScopeKind::Host,
        &[
            ("", "empty", "leave it out"),
            ("a.com b.com", "white space", "one host per pattern"),
            ("a.com\n", "control character", "leave it out"),
            ("https://a.com/", "goes on after the host with `/`", "[scheme://]name[:port]"),
            ("a.com/v1/*", "goes on after the host with `/v1/*`", "[scheme://]name[:port]"),
            ("10.0.0.0/8", "goes on after the host with `/8`", "ranges of addresses"),
            ("a.com?x", "goes on after the host with `?x`", "[scheme://]name[:port]"),
            ("a.com#x", "goes on after the host with `#x`", "[scheme://]name[:port]"),
            ("a.com\\x", "goes on after the host with `\\x`", "[scheme://]name[:port]"),
            ("https://me:pw@a.com", "names a user", "leave out the `@`"),
            ("me@a.com", "names a user", "leave out the `@`"),
            ("a.*.com", "`*`", "`*.example.com`"),
            ("a*.com", "`*`", "`*.example.com`"),
            ("*a.com", "`*`", "`*.example.com`"),
            ("**.a.com", "`*`", "`*.example.com`"),
            ("*.*", "`*`", "`*.example.com`"),
            ("a.%2a", "`*`", "`*.example.com`"),
            ("*.1", "before an address", "leave it out"),
            ("*.127.0.0.1", "before an address", "leave it out"),
            ("*.[::1]", "before an address", "leave it out"),
            ("*.", "does not name a host", "`example.com`"),
            (".a.com", "does not name a host", "`example.com`"),
            ("a..com", "does not name a host", "`example.com`"),
            ("a.com..", "does not name a host", "`example.com`"),
            ("https://", "does not name a host", "`example.com`"),
            (":8080", "does not name a host", "`example.com`"),
            ("999.1.1.1", "does not name a host", "`example.com`"),
            ("a<b.com", "does not name a host", "`example.com`"),
            ("::1", "more than one `:`", "`[::1]:8080`"),
            ("2001:db8::abcd", "more than one `:`", "`[::1]:8080`"),
            ("a.com:", "the port ``", "1 to 65535"),
            ("a.com:0", "the port `0`", "1 to 65535"),
            ("a.com:+80", "the port `+80`", "1 to 65535"),
            ("a.com:65536", "the port `65536`", "1 to 65535"),
            ("a.com:*", "the port `*`", "one pattern for each"),
            ("://a.com", "no valid scheme", "`https://`"),
            ("*://a.com", "no valid scheme", "`https://`"),
            ("mailto:x://a.com", "no valid scheme", "`https://`"),
            ("redis://a.com", "`redis` has none of its own", "`:1234`"),
        ],
    );
}

#[test]
fn a_denied_host_is_denied_on_every_scheme_and_port_left_open() {
    let but = |deny| Scope::everything_but(ScopeKind::Host, &[deny]).unwrap();
    for (deny, value, expected) in [
        ("evil.com", "https://evil.com", false),
        ("evil.com", "https://evil.com:8443", false),
        ("evil.com", "redis://evil.com:6379", false),
        ("evil.com", "redis://evil.com", false),
        ("evil.com", "https://good.com:8443", true),
        ("evil.com:25", "smtp://evil.com:25", false),
        ("evil.com:25", "https://evil.com", true),
        ("http://*", "http://good.com:8080", false),
        ("http://*", "https://good.com:8080", true),
        ("redis://evil.com", "redis://evil.com:1", false),
        ("169.254.169.254", "http://[::ffff:a9fe:a9fe]:8080/", false),
        ("169.254.169.254", "http://0xa9fea9fe/", false),
    ] {
        assert_eq!(but(deny).allows(value), expected, "everything but `{deny}` on `{value}`");
    }
}

proptest! {
    #[test]
    fn an_address_is_matched_in_every_spelling_and_by_no_wildcard(number in any::<u32>()) {
        let address = Ipv4Addr::from(number);
        let [a, b, c, d] = address.octets();
        let spellings = [
            format!("{address}"),
            format!("{address}."),
            format!("{number}"),
            format!("{number:#x}"),
            format!("0{a:o}.{b:#X}.{}", u16::from_be_bytes([c, d])),
            format!("[::ffff:{address}]"),
        ];
        let below = hosts(&["*.example.com"], &[]);
        for (pattern, value) in spellings.iter().flat_map(|a| spellings.iter().map(move |b| (a, b))) {
            let url = format!("http://{value}/");
            prop_assert!(hosts(&[pattern], &[]).allows(&url), "`{}` on `{}`", pattern, url);
            prop_assert!(!below.allows(&url), "{}", url);
        }
    }
}
