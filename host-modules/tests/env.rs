//! `env`.

mod common;

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use common::{Guest, Refused, limited};
use host_modules::env;
use hostfn::{Limits, Registry, Status};

const EVERYTHING: &str = "\"env.read\" = true";

type Got = Result<Option<String>, Refused>;

fn get(options: env::Options, grants: &str, name: &str) -> Got {
    Guest::new(options, grants).call("env_get", (name,))
}

fn looks_like_a_secret(got: Got) -> bool {
    match got {
        Ok(_) => false,
        Err(refused) => {
            assert_eq!(
                (refused.status, refused.code.as_str()),
                (Status::NO_CAPABILITY, "looks_like_a_secret")
            );
            true
        }
    }
}

#[test]
fn the_variables_of_the_process_are_read_as_they_are() {
    // which cargo sets
    let name = "CARGO_PKG_NAME";
    assert_eq!(get(env::module(), EVERYTHING, name).unwrap(), Some(std::env::var(name).unwrap()));
    assert_eq!(get(env::module(), EVERYTHING, "HOSTFN_NO_SUCH_VARIABLE").unwrap(), None);
}

#[test]
fn a_fixed_environment_takes_the_place_of_the_process_s() {
    let options = || env::module().with([("LANG", "tlh")]).with([("APP_MODE", "fast"), ("APP_EMPTY", "")]);
    assert_eq!(get(options(), EVERYTHING, "LANG").unwrap().as_deref(), Some("tlh"));
    assert_eq!(get(options(), EVERYTHING, "APP_MODE").unwrap().as_deref(), Some("fast"));
    assert_eq!(get(options(), EVERYTHING, "APP_EMPTY").unwrap().as_deref(), Some(""));
    assert_eq!(get(options(), EVERYTHING, "lang").unwrap(), None);
    assert_eq!(get(options(), EVERYTHING, "CARGO_PKG_NAME").unwrap(), None);
    let nothing = env::module().with::<String, String>([]);
    assert_eq!(get(nothing, EVERYTHING, "CARGO_PKG_NAME").unwrap(), None);
}

#[test]
fn names_are_matched_against_the_grant() {
    let options = || env::module().with([("APP_MODE", "fast"), ("OTHER", "x")]);
    let grants = "\"env.read\" = { allow = [\"APP_*\"], deny = [\"APP_HIDDEN\"] }";
    assert_eq!(get(options(), grants, "APP_MODE").unwrap().as_deref(), Some("fast"));
    for name in ["OTHER", "APP_HIDDEN", "app_mode", "APP", "", "APP_\0"] {
        assert_eq!(get(options(), grants, name).unwrap_err().status, Status::NO_CAPABILITY, "{name:?}");
    }
    assert_eq!(get(options(), "", "APP_MODE").unwrap_err().status, Status::NO_CAPABILITY);
    assert_eq!(get(options(), EVERYTHING, "A=B").unwrap(), None);
    assert_eq!(get(env::module(), EVERYTHING, "A=B").unwrap(), None);
}

#[test]
fn what_looks_like_a_secret_is_not_read_and_not_even_there() {
    let names = [
        "PASSWORD",
        "DB_PASSWORD",
        "db_password",
        "MYSQL_PWD",
        "MyPassWord2",
        "PGPASSWORD",
        "PGPASSFILE_PASS",
        "GPG_PASSPHRASE",
        "HTPASSWD",
        "SECRET",
        "CLIENT_SECRET",
        "clientSecret",
        "SECRETS_DIR",
        "GITHUB_TOKEN",
        "NPM_TOKEN_1",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "OPENAI_API_KEY",
        "apiKey",
        "MYAPIKEY",
        "tlsKey",
        "appDbUrl",
        "SIGNING_KEY2",
        "SSH_PRIVATE_KEY_PATH",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AZURE_STORAGE_CONNECTION_STRING",
        "AZURE_STORAGE_SAS",
        "SSH_AUTH_SOCK",
        "OAUTH_ID",
        "PRIVATE",
        "LOGIN_COOKIE",
        "PHP_SESSION",
        "JWT",
        "BASIC.AUTH",
        "basic-auth",
        "SENTRY_DSN",
        "DATABASE_URL",
        "REDIS_URL",
        "MONGODB_URI",
        "APP_DB_URL",
        "SQL_CONN_STR",
        "SLACK_WEBHOOK_URL",
        "KUBECONFIG",
    ];
    for name in names {
        let set = env::module().with([(name, "x")]);
        let unset = env::module().with::<String, String>([]);
        let (set, unset) = (get(set, EVERYTHING, name), get(unset, EVERYTHING, name));
        assert_eq!(set, unset, "{name}: nobody can tell whether it is set");
        assert!(looks_like_a_secret(set), "{name}");
        // and naming it in the grant makes no difference
        let grants = format!("\"env.read\" = {{ allow = [\"{name}\"] }}");
        assert!(looks_like_a_secret(get(env::module().with([(name, "x")]), &grants, name)), "{name}");
    }
}

#[test]
fn what_does_not_look_like_a_secret_is_read() {
    let names = [
        "PATH",
        "HOME",
        "LANG",
        "PWD",
        "OLDDIR",
        "MONKEY",
        "KEYBOARD",
        "AUTHOR",
        "PINE",
        "COMPASS",
        "BYPASS_CACHE",
        "AWS_REGION",
        "BASE_URL",
        "DATABASE_NAME",
        "PUBLIC_URL",
        "CONNECTIONS",
        "\u{3b1}\u{3b2}",
    ];
    for name in names {
        assert_eq!(
            get(env::module().with([(name, "x")]), EVERYTHING, name).unwrap().as_deref(),
            Some("x"),
            "{name}"
        );
    }
}

#[test]
fn a_value_that_looks_like_a_secret_is_not_read() {
    let secret = [
        "http://user:word@proxy.example:3128",
        "postgres://app@db.example/app",
        "jdbc:postgresql://u:p@db/app",
        "a http://a.example, http://b:c@d.example",
        "-----BEGIN PRIVATE KEY-----\nMIIE",
        "-----BEGIN RSA PRIVATE KEY-----",
    ];
    for value in secret {
        assert!(
            looks_like_a_secret(get(env::module().with([("PLACE", value)]), EVERYTHING, "PLACE")),
            "{value}"
        );
    }
    for value in ["http://a.example/@b", "a@b.example", "http://a.example?to=a@b.example", "://"] {
        let got = get(env::module().with([("PLACE", value)]), EVERYTHING, "PLACE").unwrap();
        assert_eq!(got.as_deref(), Some(value));
    }
}

#[test]
fn the_host_may_know_better_what_is_no_secret() {
    let options = || {
        env::module()
            .with([("TOKENIZER", "words"), ("TOKENIZERS", "x"), ("API_URL", "http://a@b/")])
            .no_secret(["TOKENIZER", "API_URL"])
    };
    assert_eq!(get(options(), EVERYTHING, "TOKENIZER").unwrap().as_deref(), Some("words"));
    assert_eq!(get(options(), EVERYTHING, "API_URL").unwrap().as_deref(), Some("http://a@b/"));
    assert!(looks_like_a_secret(get(options(), EVERYTHING, "TOKENIZERS")));
    assert_eq!(get(options(), "", "TOKENIZER").unwrap_err().status, Status::NO_CAPABILITY);
}

#[test]
fn a_value_is_limited() {
    let options = |bytes| env::module().with([("LONG", "a".repeat(bytes))]);
    assert_eq!(get(options(64 << 10), EVERYTHING, "LONG").unwrap().unwrap().len(), 64 << 10);
    let refused = get(options((64 << 10) + 1), EVERYTHING, "LONG").unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (Status::QUOTA_EXCEEDED, "too_large"));
    assert_eq!(get(options(2).max_value(1), EVERYTHING, "LONG").unwrap_err().code, "too_large");

    let mut limits = Limits::default();
    limits.memory = 1 << 20;
    limits.reply = 1 << 20;
    limits.args = 1 << 20;
    let module = options(1 << 20).max_value(1 << 20).into();
    let refused =
        Guest::of(&limited([module], limits), EVERYTHING).call::<Option<String>>("env_get", ("LONG",));
    let refused = refused.unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (Status::QUOTA_EXCEEDED, "out_of_memory"));
}

#[test]
fn a_value_that_is_no_text_is_an_error() {
    let options = env::module().with([("BYTES", OsString::from_vec(vec![0xff, b'a']))]);
    let refused = get(options, EVERYTHING, "BYTES").unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (Status::FAILED, "not_text"));
}

#[test]
fn options_do_not_print_values() {
    let options = env::module().with([("LANG", "hush")]);
    assert!(!format!("{options:?}").contains("hush"));
    Registry::builder().module(options).build().unwrap();
}
