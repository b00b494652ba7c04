//! `env`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use hostfn::{Limits, Registry, Status};
use hostfn_modules::env;
use test_support::relay::{Guest, Refused, limited};

const EVERYTHING: &str = "\"env.read\" = true";

/// A grant of these names.
fn named(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    format!("\"env.read\" = {{ allow = [{}] }}", names.join(","))
}

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
    let grants = named(&[name, "HOSTFN_NO_SUCH_VARIABLE"]);
    assert_eq!(get(env::module(), &grants, name).unwrap(), Some(std::env::var(name).unwrap()));
    assert_eq!(get(env::module(), &grants, "HOSTFN_NO_SUCH_VARIABLE").unwrap(), None);
}

#[test]
fn a_fixed_environment_takes_the_place_of_the_process_s() {
    let options = || env::module().with([("LANG", "tlh")]).with([("APP_MODE", "fast"), ("APP_EMPTY", "")]);
    let grants = named(&["LANG", "lang", "APP_MODE", "APP_EMPTY", "CARGO_PKG_NAME"]);
    assert_eq!(get(options(), &grants, "LANG").unwrap().as_deref(), Some("tlh"));
    assert_eq!(get(options(), &grants, "APP_MODE").unwrap().as_deref(), Some("fast"));
    assert_eq!(get(options(), &grants, "APP_EMPTY").unwrap().as_deref(), Some(""));
    assert_eq!(get(options(), &grants, "lang").unwrap(), None);
    assert_eq!(get(options(), &grants, "CARGO_PKG_NAME").unwrap(), None);
    let nothing = env::module().with::<String, String>([]);
    assert_eq!(get(nothing, &grants, "CARGO_PKG_NAME").unwrap(), None);
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
    assert_eq!(get(options(), &named(&["A=B"]), "A=B").unwrap(), None);
    assert_eq!(get(env::module(), &named(&["A=B"]), "A=B").unwrap(), None);
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
            get(env::module().with([(name, "x")]), &named(&[name]), name).unwrap().as_deref(),
            Some("x"),
            "{name}"
        );
    }
}

/// Secrets whose names no list knows.
const UNLISTED: [&str; 24] = [
    "GITHUB_PAT",
    "GH_PAT",
    "MASTERKEY",
    "AWS_ACCESSKEY",
    "AWS_ACCESSKEYID",
    "DATABASEURL",
    "REDISURL",
    "DB_PW",
    "MYSQLPWD",
    "ROOTPASS",
    "SERVICE_ACCOUNT",
    "VAULT_ADDR",
    "ADMIN",
    "PGUSER",
    "LICENSE",
    "ENCRYPTION",
    "SEED",
    "MNEMONIC",
    "CLOUDFLARE_GLOBAL",
    "HEROKU",
    "OPENAI",
    "HOME",
    "PATH",
    "USER",
];

#[test]
fn granting_everything_reads_harmless_names_only() {
    let everything =
        [EVERYTHING, "\"env.read\" = { allow = [\"*\"] }", "\"env.read\" = { allow = true, deny = [\"X\"] }"];
    for grants in everything {
        for name in UNLISTED {
            let set = get(env::module().with([(name, "x")]), grants, name);
            let unset = get(env::module().with::<String, String>([]), grants, name);
            assert_eq!(set, unset, "{name}: nobody can tell whether it is set");
            let refused = set.expect_err(name);
            assert_eq!(refused.status, Status::NO_CAPABILITY, "{name}");
            assert!(matches!(&*refused.code, "not_named" | "looks_like_a_secret"), "{name}: {refused:?}");
        }
        for name in env::HARMLESS.into_iter().chain(["LC_ALL", "LC_TIME"]) {
            let got = get(env::module().with([(name, "x")]), grants, name);
            assert_eq!(got.unwrap().as_deref(), Some("x"), "{name}");
        }
    }
}

#[test]
fn pattern_of_the_operator_reads_no_near_secret() {
    let grants = named(&["APP_*"]);
    for name in
        ["GITHUB_PAT", "MASTERKEY", "AWS_ACCESSKEY", "DATABASEURL", "DB_PW", "DBPASS", "MYSQLPWD", "CIPAT"]
    {
        let name = &format!("APP_{name}");
        assert!(looks_like_a_secret(get(env::module().with([(name, "x")]), &grants, name)), "{name}");
    }
    for name in ["APP_MODE", "APP_PORT", "APP_URL", "APP_DATABASE_NAME", "APP_KEYBOARD"] {
        let got = get(env::module().with([(name, "x")]), &grants, name);
        assert_eq!(got.unwrap().as_deref(), Some("x"), "{name}");
    }
}

#[test]
fn manifest_cannot_name_a_variable_for_itself() {
    let module = env::module().with([("ADMIN", "x"), ("APP_MODE", "fast")]);
    let host = test_support::relay::host([module.into()]);
    let manifest = "name = \"sly\"\nversion = \"1.0.0\"\nabi = 1\n[capabilities]\n\"env.read\" = { reason = \"R.\", allow = [\"ADMIN\", \"APP_MODE\"] }";
    let plugin = host.load_with_manifest(manifest, &test_support::relay::relay(host.registry())).unwrap();
    for (grants, code) in [(EVERYTHING, Some("not_named")), ("\"env.read\" = { allow = [\"ADMIN\"] }", None)]
    {
        let grants = host.registry().read_grants(grants).unwrap();
        let instance = pollster::block_on(plugin.instantiate_async(&grants)).unwrap();
        let mut guest = Guest { host: host.clone(), instance };
        let got: Got = guest.call("env_get", ("ADMIN",));
        assert_eq!(got.err().map(|refused| refused.code).as_deref(), code);
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
            looks_like_a_secret(get(env::module().with([("PLACE", value)]), &named(&["PLACE"]), "PLACE")),
            "{value}"
        );
    }
    for value in ["http://a.example/@b", "a@b.example", "http://a.example?to=a@b.example", "://"] {
        let got = get(env::module().with([("PLACE", value)]), &named(&["PLACE"]), "PLACE").unwrap();
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
    assert!(looks_like_a_secret(get(options(), &named(&["TOKENIZERS"]), "TOKENIZERS")));
    assert_eq!(get(options(), "", "TOKENIZER").unwrap_err().status, Status::NO_CAPABILITY);
}

#[test]
fn a_value_is_limited() {
    let options = |bytes| env::module().with([("LONG", "a".repeat(bytes))]);
    assert_eq!(get(options(64 << 10), &named(&["LONG"]), "LONG").unwrap().unwrap().len(), 64 << 10);
    let refused = get(options((64 << 10) + 1), &named(&["LONG"]), "LONG").unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (Status::QUOTA_EXCEEDED, "too_large"));
    assert_eq!(get(options(2).max_value(1), &named(&["LONG"]), "LONG").unwrap_err().code, "too_large");

    let mut limits = Limits::default();
    limits.memory = 1 << 20;
    limits.reply = 1 << 20;
    limits.args = 1 << 20;
    let module = options(1 << 20).max_value(1 << 20).into();
    let refused = Guest::in_host(&limited([module], limits), &named(&["LONG"]))
        .call::<Option<String>>("env_get", ("LONG",));
    let refused = refused.unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (Status::QUOTA_EXCEEDED, "out_of_memory"));
}

#[test]
fn a_value_that_is_no_text_is_an_error() {
    let options = env::module().with([("BYTES", OsString::from_vec(vec![0xff, b'a']))]);
    let refused = get(options, &named(&["BYTES"]), "BYTES").unwrap_err();
    assert_eq!((refused.status, refused.code.as_str()), (Status::FAILED, "not_text"));
}

#[test]
fn options_do_not_print_values() {
    let options = env::module().with([("LANG", "hush")]);
    assert!(!format!("{options:?}").contains("hush"));
    Registry::builder().module(options).build().unwrap();
}
