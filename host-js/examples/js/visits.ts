// Counts visits in a key-value store, and keeps who came in a database.
import { describe } from "host:host";
import { openKv } from "host:kv";
import { openSql } from "host:sql";
import type { VisitInput } from "host:host";

const visits = openKv("visits");
const db = openSql(":memory:");
db.execute("create table visitors (name text)", []);

export function visit(name: string): string {
    const times: bigint = visits.increment(name, 1);
    db.execute("insert into visitors values (?)", [name]);
    const visit: VisitInput = { name, times };
    return describe(visit);
}

export function visitors(): number {
    const page = db.query("select count(distinct name) from visitors", []) as { rows: [[number]] };
    return page.rows[0][0];
}
