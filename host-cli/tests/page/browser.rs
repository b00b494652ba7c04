//! A browser without a window, spoken to by its debugging protocol.

use std::env;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tungstenite::{Message, WebSocket};

const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

pub(crate) struct Browser {
    process: Child,
    socket: WebSocket<TcpStream>,
    session: Option<String>,
    last: u64,
    /// Errors on its pages.
    pub(crate) complaints: Vec<String>,
    _profile: TempDir,
}

impl Browser {
    /// Starts it; `None`, and a line that says so, if absent.
    pub(crate) fn start() -> Option<Self> {
        let paths = env::var_os("PATH").unwrap_or_default();
        let found = env::split_paths(&paths).flat_map(|folder| NAMES.map(|name| folder.join(name)));
        let Some(program) = found.into_iter().find(|program| program.is_file()) else {
            // past the test harness, which keeps what `println!` says to itself
            let _ = std::io::Write::write_all(
                &mut std::io::stderr(),
                b"skipped: there is no Chromium to show the page\n",
            );
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        let mut process = Command::new(program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                // which is small where tests run in a container
                "--disable-dev-shm-usage",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--remote-debugging-port=0",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = loop {
            let line = lines.next().expect("the browser ended").unwrap();
            if let Some(address) = line.strip_prefix("DevTools listening on ") {
                break address.to_owned();
            }
        };
        std::thread::spawn(move || lines.for_each(drop));
        let host = address.strip_prefix("ws://").unwrap().split('/').next().unwrap();
        let stream = TcpStream::connect(host).unwrap();
        // no measure of anything: it ends a test whose browser hangs, on a machine however busy
        stream.set_read_timeout(Some(Duration::from_mins(10))).unwrap();
        let (socket, _) = tungstenite::client(address.as_str(), stream).unwrap();
        let mut browser =
            Browser { process, socket, session: None, last: 0, complaints: Vec::new(), _profile: profile };
        let target = browser.send("Target.createTarget", json!({ "url": "about:blank" }))["targetId"].clone();
        let attached = browser.send("Target.attachToTarget", json!({ "targetId": target, "flatten": true }));
        browser.session = Some(attached["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page", "Runtime", "Log"] {
            browser.send(&format!("{domain}.enable"), json!({}));
        }
        Some(browser)
    }

    fn read(&mut self) -> Value {
        loop {
            if let Message::Text(text) = self.socket.read().unwrap() {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }

    /// Asks it to do something, and waits until that is done.
    #[expect(clippy::needless_pass_by_value, reason = "it is made for this message")]
    pub(crate) fn send(&mut self, method: &str, params: Value) -> Value {
        self.last += 1;
        let mut message = json!({ "id": self.last, "method": method, "params": params });
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(message.to_string())).unwrap();
        loop {
            let mut answer = self.read();
            if answer["id"] == self.last {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].take();
            }
            let complains = answer["method"] == "Runtime.exceptionThrown"
                || (answer["method"] == "Log.entryAdded" && answer["params"]["entry"]["level"] == "error");
            if complains {
                self.complaints.push(answer["params"].to_string());
            }
        }
    }

    /// Shows a page, which may complain.
    pub(crate) fn load(&mut self, page: &Path) {
        self.send("Page.navigate", json!({ "url": format!("file://{}", page.display()) }));
        self.evaluate("new Promise(done => document.readyState === 'complete' ? done() : addEventListener('load', done))");
    }

    /// Shows a page.
    pub(crate) fn open(&mut self, page: &Path) {
        self.load(page);
        self.settle();
    }

    /// The value of an expression, once its promise is kept.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut result = self.send("Runtime.evaluate", params);
        assert!(result["exceptionDetails"].is_null(), "{expression}: {result}");
        result["result"]["value"].take()
    }

    /// Once what is due is drawn, and nothing went wrong so far.
    pub(crate) fn settle(&mut self) {
        self.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
        assert!(self.complaints.is_empty(), "{:?}", self.complaints);
    }

    /// Presses a key, as a person does.
    pub(crate) fn press(&mut self, key: &str, code: u32) {
        let text = if key.chars().count() == 1 { key } else { "" };
        for kind in ["keyDown", "keyUp"] {
            let text = if kind == "keyDown" { text } else { "" };
            let params = json!({ "type": kind, "key": key, "text": text, "windowsVirtualKeyCode": code });
            self.send("Input.dispatchKeyEvent", params);
        }
        self.settle();
    }

    /// Types text where the focus is.
    pub(crate) fn write(&mut self, text: &str) {
        self.send("Input.insertText", json!({ "text": text }));
        self.settle();
    }

    /// Clicks in the middle of what the selector finds.
    pub(crate) fn click(&mut self, selector: &str) {
        let at = self.evaluate(&format!(
            "(() => {{ const it = document.querySelector({selector:?}); it.scrollIntoView({{ block: 'center' }}); \
             const box = it.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; }})()"
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let params = json!({ "type": kind, "x": at[0], "y": at[1], "button": "left", "clickCount": 1 });
            self.send("Input.dispatchMouseEvent", params);
        }
        self.settle();
    }

    /// Shows the page in a window of this size, light or dark.
    pub(crate) fn show(&mut self, width: u32, height: u32, scheme: &str) {
        let params = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.send("Emulation.setDeviceMetricsOverride", params);
        let scheme = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.send("Emulation.setEmulatedMedia", json!({ "features": scheme }));
        self.settle();
    }

    /// Writes what is shown to a file, where somebody wants to look at it.
    pub(crate) fn picture(&mut self, name: &str) {
        let Some(folder) = env::var_os("HOSTFN_PICTURES") else { return };
        let picture = self.send("Page.captureScreenshot", json!({ "format": "png" }));
        let bytes =
            base64::Engine::decode(&base64::prelude::BASE64_STANDARD, picture["data"].as_str().unwrap());
        std::fs::write(Path::new(&folder).join(name), bytes.unwrap()).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // it may have ended by itself
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
