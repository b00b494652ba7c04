//! The example `js`, as it is run, and the types of its plugin.

#[path = "../../examples/js/demo.rs"]
mod demo;

use expect_test::expect;
use hostfn_bindgen::{Language, generate};

pub fn declarations() -> String {
    generate(&demo::registry().unwrap().listing(), Language::TypeScript).unwrap()
}

#[test]
fn example_shows_listing_denials_and_results() {
    expect![[r#"
        the host offers 32 functions, such as
          host.describe requires nothing
          host.http_get requires http.fetch
          host.kv_increment requires kv.write
        without grants, visits.ts does not start:
          H0310 it imports `kv_increment` of module `host`, which requires the capability `kv.write`
          H0310 it imports `kv_open_to_write` of module `host`, which requires the capability `kv.write`
          H0310 it imports `sql_execute` of module `host`, which requires the capability `sql.write`
          H0310 it imports `sql_open_write` of module `host`, which requires the capability `sql.write`
          H0310 it imports `sql_query` of module `host`, which requires the capability `sql.read`
        visit 1 of Ada
        visit 1 of Grace
        visit 2 of Ada
        visitors: 2
        the granted server: 200 sunny
        another server: NO_CAPABILITY
        denied calls:
          weather.js: http_get https://example.com/
    "#]]
    .assert_eq(&demo::demo().unwrap());
}
