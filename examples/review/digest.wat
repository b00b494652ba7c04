;; A plugin that a user of the host has: it was built against what the pull request proposes.
(module
  (import "host" "notes_read" (func (param i32 i32) (result i64)))
  (import "host" "notes_search" (func (param i32 i32) (result i64)))
  (import "host" "notes_export" (func (param i32 i32) (result i64)))
  (memory (export "memory") 1)
  (func (export "run"))
  (@custom "hostfn.manifest" "name = \"digest\"\nversion = \"0.2.0\"\nabi = 1\n\n[capabilities]\n\"notes.read\" = { reason = \"Reads the notes of the week.\", allow = [\"work\", \"diary\"] }\n\"notes.export\" = { reason = \"Writes the digest.\", allow = [\"/srv/digests/**\"] }\n"))
