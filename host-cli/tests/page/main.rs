//! The pages, in the browser that people would read them in. Where there is no Chromium, what needs it is skipped with a
//! line that says so.
//!
//! `HOSTFN_PICTURES=FOLDER cargo test -p hostfn-cli --test page` writes pictures of them there, for somebody to look at.

mod browser;
#[path = "../commands/library.rs"]
mod library;
mod made;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use hostfn_cli::Exit;
use hostfn_core::Listing;
use serde_json::json;
use tempfile::TempDir;

use browser::Browser;
use library::{first, second};
use made::{hostile, many, review};

struct Pages(TempDir);

impl Pages {
    fn new() -> Self {
        Pages(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, listing: &Listing) -> PathBuf {
        fs::write(self.path(name), listing.to_json()).unwrap();
        self.path(name)
    }

    /// The page that a command writes.
    fn page(&self, args: &[&Path]) -> PathBuf {
        let mut out = Vec::new();
        let format = [Path::new("--format"), Path::new("html")];
        let args = [Path::new("hostfn")].into_iter().chain(args.iter().copied()).chain(format);
        assert_ne!(hostfn_cli::run(args, &mut out, &mut Vec::new()), Exit::Failure);
        fs::write(self.path("page.html"), out).unwrap();
        self.path("page.html")
    }

    fn list(&self, listing: &Listing) -> PathBuf {
        let listing = self.write("listing.json", listing);
        self.page(&[Path::new("list"), &listing])
    }

    fn diff(&self, old: &Listing, new: &Listing) -> PathBuf {
        let (old, new) = (self.write("old.json", old), self.write("new.json", new));
        self.page(&[Path::new("diff"), &old, &new])
    }
}

fn shown(browser: &mut Browser) -> Vec<String> {
    let names = "[...document.querySelectorAll('.item')].filter(item => item.checkVisibility()).map(item => item.querySelector('h4 code').textContent)";
    serde_json::from_value(browser.evaluate(names)).unwrap()
}

fn text(browser: &mut Browser, selector: &str) -> String {
    let text = browser.evaluate(&format!("document.querySelector({selector:?}).innerText"));
    text.as_str().unwrap_or_else(|| panic!("{selector} shows nothing")).to_owned()
}

#[test]
fn a_page_is_one_file_that_reaches_for_nothing_and_is_the_same_each_time() {
    let pages = Pages::new();
    let page = fs::read_to_string(pages.list(&review())).unwrap();
    assert_eq!(page, fs::read_to_string(pages.list(&review())).unwrap());
    for reaches in ["http:", "https:", "src=", "@import", "url(", "<link"] {
        assert!(!page.contains(reaches), "{reaches}");
    }
    assert!(page.starts_with("<!DOCTYPE html><html lang=\"en\">"));
    // two functions came with the library `store`, which its group and their cards show
    let group = "<dt><code>store</code></dt><dd><a href=\"#function-kv.get\"><code>kv.get</code></a>, \
                 <a href=\"#function-kv.set\"><code>kv.set</code></a></dd>";
    assert_eq!(page.matches(group).count(), 1);
    assert_eq!(page.matches("<dt>group</dt><dd><code>store</code></dd>").count(), 2);
    assert!(!fs::read_to_string(pages.list(&first())).unwrap().contains("Functions by group"));
    assert!(!page.contains(&*pages.0.path().to_string_lossy()));
    let diff = fs::read_to_string(pages.diff(&first(), &second())).unwrap();
    assert!(!diff.contains(&*pages.0.path().to_string_lossy()));
    assert!(diff.find("id=\"widens\"") < diff.find("id=\"breaks\"") && diff.contains("id=\"widens\""));
}

#[test]
fn the_filter_shows_what_has_all_of_the_words() {
    let pages = Pages::new();
    let page = pages.list(&review());
    let Some(mut browser) = Browser::start() else { return };
    browser.open(&page);
    let all = shown(&mut browser);
    assert_eq!(all.len(), review().functions.len());
    // by the keyboard alone
    browser.press("/", 191);
    browser.write("FS_ read");
    assert_eq!(shown(&mut browser), ["host.fs_list", "host.fs_read"]);
    assert_eq!(text(&mut browser, "#found"), format!("2 of {} functions", all.len()));
    // a capability whose functions are all gone is gone too
    let headings = "[...document.querySelectorAll('.group h3')].filter(it => it.checkVisibility()).length";
    assert_eq!(browser.evaluate(headings), json!(1));
    browser.write(" nowhere");
    assert_eq!(shown(&mut browser).len(), 0);
    assert!(text(&mut browser, "#nothing").contains("No function"));
    // a link to what is filtered out shows it
    browser.click(".matrix tbody tr:last-child a");
    assert_eq!(shown(&mut browser), all);
    for (kind, names) in [
        ("escapes", vec!["host.run"]),
        ("outside", vec!["kv.get", "kv.set"]),
        ("always", vec!["host.labels"]),
    ] {
        browser.evaluate(&format!(
            "(() => {{ const kind = document.getElementById('kind'); kind.value = {kind:?}; kind.dispatchEvent(new Event('change')); }})()"
        ));
        browser.settle();
        assert_eq!(shown(&mut browser), names, "{kind}");
    }
}

#[test]
fn it_can_be_read_by_keyboard_and_screen_reader() {
    let pages = Pages::new();
    let page = pages.list(&review());
    let Some(mut browser) = Browser::start() else { return };
    browser.send("Accessibility.enable", json!({}));
    browser.open(&page);
    let tree = browser.send("Accessibility.getFullAXTree", json!({}));
    let mut roles: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for node in tree["nodes"].as_array().unwrap().iter().filter(|node| node["ignored"] != json!(true)) {
        let of = |key: &str| node[key]["value"].as_str().unwrap_or_default().to_owned();
        roles.entry(of("role")).or_default().push(of("name"));
    }
    for landmark in ["banner", "main", "contentinfo", "search"] {
        assert_eq!(roles.get(landmark).map(Vec::len), Some(1), "{landmark} of {:?}", roles.keys());
    }
    let named = |role: &str| {
        let names = &roles[role];
        assert!(names.iter().all(|name| !name.trim().is_empty()), "{role}: {names:?}");
        names.clone()
    };
    assert_eq!(named("searchbox"), ["Filter functions"]);
    assert_eq!(named("combobox"), ["Show"]);
    assert!(named("table").iter().any(|name| name.starts_with("Functions as rows")), "{roles:?}");
    assert!(named("columnheader").len() > 3 && named("rowheader").len() > 3);
    assert!(named("region").len() > 5);
    named("link");
    assert_eq!(named("heading").iter().filter(|name| name.contains("fs_read")).count(), 1);
    // headings lead down, one step at a time
    let levels =
        browser.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(it => Number(it.tagName[1]))");
    let levels: Vec<u32> = serde_json::from_value(levels).unwrap();
    assert!(levels[0] == 1 && levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{levels:?}");
    let ids = "(() => { const ids = [...document.querySelectorAll('[id]')].map(it => it.id); return ids.length - new Set(ids).size; })()";
    assert_eq!(browser.evaluate(ids), json!(0));
    // first comes the way past the heading, and it leads to the content
    browser.press("Tab", 9);
    assert_eq!(browser.evaluate("document.activeElement.textContent"), json!("Skip to the content"));
    browser.press("Enter", 13);
    let focus = browser.evaluate("location.hash");
    assert_eq!(focus, json!("#content"));
}

#[test]
fn it_is_legible_light_dark_narrow_and_printed() {
    /// The ratio that the Web Content Accessibility Guidelines ask for.
    const ENOUGH: f64 = 4.5;
    let pages = Pages::new();
    let (list, diff) = (pages.list(&review()), fs::canonicalize(pages.path("page.html")).unwrap());
    assert_eq!(list, diff);
    let kept = pages.path("list.html");
    fs::rename(&list, &kept).unwrap();
    let diff = pages.diff(&first(), &second());
    let Some(mut browser) = Browser::start() else { return };
    for (page, name) in [(&kept, "list"), (&diff, "diff")] {
        for (width, scheme) in [(1280, "light"), (1280, "dark"), (390, "light")] {
            browser.show(width, 2400, scheme);
            browser.open(page);
            browser.picture(&format!("{name}-{width}-{scheme}.png"));
            let fits = browser.evaluate("document.documentElement.scrollWidth <= innerWidth");
            assert_eq!(fits, json!(true), "{name} is wider than {width}");
            let worst = browser.evaluate(CONTRAST);
            assert!(worst[0].as_f64().unwrap() >= ENOUGH, "{name} {scheme}: {worst}");
        }
        browser.send("Emulation.setEmulatedMedia", json!({ "media": "print" }));
        browser.picture(&format!("{name}-print.png"));
        assert_eq!(browser.evaluate("document.querySelector('search').checkVisibility()"), json!(false));
    }
}

/// The least contrast of text with what is behind it, and the text.
const CONTRAST: &str = "(() => {
  const light = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map((value) => {
      const part = value / 255;
      return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let worst = [21, ''];
  for (const element of document.body.querySelectorAll('*')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility() || element.tagName === 'SCRIPT') continue;
    let behind = element;
    while (behind && /^rgba\\(.*, 0\\)$/.test(getComputedStyle(behind).backgroundColor)) behind = behind.parentElement;
    const [a, b] = [light(getComputedStyle(element).color), light(getComputedStyle(behind || document.body).backgroundColor)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < worst[0]) worst = [ratio, element.textContent.slice(0, 60)];
  }
  return worst;
})()";

#[test]
fn what_widened_is_on_top_of_the_differences() {
    let pages = Pages::new();
    let page = pages.diff(&first(), &second());
    let Some(mut browser) = Browser::start() else { return };
    browser.open(&page);
    assert!(text(&mut browser, "header").contains("Plugins can reach more than before."));
    let order = "[...document.querySelectorAll('.group')].map(group => group.id)";
    let order: Vec<String> = serde_json::from_value(browser.evaluate(order)).unwrap();
    assert_eq!(order, ["widens", "breaks", "surprises", "narrows", "docs"]);
    assert_eq!(shown(&mut browser).len(), first().diff(&second()).changes.len());
    browser.click("#words");
    browser.write("quota");
    assert_eq!(shown(&mut browser), ["host.now"]);
    let same = pages.diff(&first(), &first());
    browser.open(&same);
    assert!(text(&mut browser, "header").contains("Nothing changed."));
}

#[test]
fn what_strangers_write_stays_text() {
    let pages = Pages::new();
    let (old, new) = (Listing::clone(&first()), hostile());
    let list = pages.list(&new);
    let kept = pages.path("list.html");
    fs::rename(list, &kept).unwrap();
    let diff = pages.diff(&old, &new);
    let page = fs::read_to_string(&kept).unwrap();
    assert!(page.contains("&lt;script&gt;") && !page.contains("<img") && !page.contains('\u{202e}'));
    let Some(mut browser) = Browser::start() else { return };
    for page in [&kept, &diff] {
        browser.open(page);
        let strange =
            "[document.querySelectorAll('img, body script, iframe').length, window.stolen === undefined]";
        assert_eq!(browser.evaluate(strange), json!([1, true]));
        let shown =
            browser.evaluate("document.body.textContent.includes('<img src=x onerror=\"stolen = 1\">')");
        assert_eq!(shown, json!(true));
    }
    // and if it did not stay text, it would not run
    let broken =
        fs::read_to_string(&kept).unwrap().replace("</main>", "</main><script>window.stolen = 1</script>");
    fs::write(&kept, broken).unwrap();
    browser.load(&kept);
    assert_eq!(browser.evaluate("window.stolen === undefined"), json!(true));
    let [complaint] = &browser.complaints[..] else { panic!("{:?}", browser.complaints) };
    assert!(complaint.contains("Content Security Policy"), "{complaint}");
}

#[test]
fn a_matrix_of_many_capabilities_is_seen_as_a_whole() {
    let pages = Pages::new();
    let page = pages.list(&many(16));
    let Some(mut browser) = Browser::start() else { return };
    browser.show(1280, 1600, "light");
    browser.open(&page);
    browser.picture("wide.png");
    let fits = "(() => { const it = document.querySelector('.matrix').parentElement; \
                return [document.querySelectorAll('.matrix thead th').length, it.scrollWidth <= it.clientWidth]; })()";
    assert_eq!(browser.evaluate(fits), json!([17, true]));
}

#[test]
fn a_page_of_ten_thousand_functions_stays_usable() {
    let pages = Pages::new();
    let page = pages.list(&many(10_000));
    // linear: a matrix of all by all would have millions of cells
    let size = fs::metadata(&page).unwrap().len();
    assert!(size < 25 << 20, "{size} bytes");
    let Some(mut browser) = Browser::start() else { return };
    browser.open(&page);
    let took = "(async () => {
      const drawn = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
      const words = document.getElementById('words');
      const times = [];
      const opened = performance.now();
      await drawn();
      times.push(performance.now() - opened);
      for (const word of ['function_9', 'function_99', 'function_999 write', '']) {
        const began = performance.now();
        words.value = word;
        words.dispatchEvent(new Event('input'));
        await drawn();
        times.push(performance.now() - began);
      }
      return times;
    })()";
    let took: Vec<f64> = serde_json::from_value(browser.evaluate(took)).unwrap();
    println!("10,000 functions, first drawn and filtered four times, ms: {took:?}");
    // twenty times what it takes on a busy machine, and half of what it took when it was slow
    assert!(took.iter().all(|time| *time < 1_500.0), "{took:?}");
    browser.click("#words");
    browser.write("function_1234");
    assert_eq!(text(&mut browser, "#found"), "1 of 10000 functions");
    // nothing is left out of what is printed
    let skips = "getComputedStyle(document.querySelector('.functions')).contentVisibility";
    assert_eq!(browser.evaluate(skips), json!("auto"));
    browser.send("Emulation.setEmulatedMedia", json!({ "media": "print" }));
    assert_eq!(browser.evaluate(skips), json!("visible"));
}
