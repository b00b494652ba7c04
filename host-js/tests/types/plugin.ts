// A plugin in TypeScript that uses most of what the declarations have.
import { addSmall, addUp, birthday, greet, histogram, pass, turn } from "host:host";
import type { Person, PersonInput, RefusalCode, Shape } from "host:host";
import { openKv } from "host:kv";
import type { Store } from "host:kv";
import type { GreeterV1 } from "host:contracts";

type Loaded<T> = T | null;

function load(from: Store, key: string): Loaded<string> {
    const bytes = from.get(key);
    return bytes === null ? null : new TextDecoder().decode(bytes);
}

export function remember(key: string, value: string): Loaded<string> {
    const store: Store = openKv(":memory:");
    store.set(key, new TextEncoder().encode(value));
    const found = load(store, key);
    store.close();
    return found;
}

export function older(name: string): bigint {
    const person: PersonInput = { name, age: 36, balance: 7 };
    const next: Person = birthday(person);
    const sum: bigint = addUp(next.balance, 2 ** 40);
    return sum + BigInt(addSmall(next.age, -1));
}

export const turned = (): Shape => turn({ Rect: [1, 2] } as Shape);

export function counted(data: Uint8Array): number {
    const counts: Map<number, number> = histogram(data);
    let all = 0;
    for (const count of counts.values()) all += count;
    return all;
}

export function refused(name: string): string {
    try {
        pass(name);
    } catch (error) {
        if (error instanceof HostError) {
            const code = error.code as RefusalCode;
            return `${code satisfies "not_you"} ${error.statusName}`;
        }
    }
    return greet(name);
}

export default {
    greetBack(name: string, times: bigint): string {
        return `${name} ${times}`;
    },
    async older(person: Person): Promise<PersonInput> {
        return { ...person, age: person.age + 1, note: undefined };
    },
} satisfies GreeterV1;
