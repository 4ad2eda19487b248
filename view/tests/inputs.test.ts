/** The values that messages have. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { connectInputs } from "../src/inputs";
import type { Kernel } from "../src/kernel";
import type { Model, Sent } from "../src/model";

function started() {
  const fields = { host: {}, port: { kind: "number" }, name: {}, paste: { kind: "secret" } };
  const values: Record<string, unknown> = { host: "a.example.org", port: 5432, name: "one" };
  const sent: [string, string?][] = [];
  const model = {
    get: (name: string) => (name === "view" ? { fields } : values[name]),
    set: (name: string, value: string) => Object.assign(values, { [name]: value }),
    save_changes() {},
  } as unknown as Model;
  const kernel = {
    _send: ({ kind }: Sent, secret?: string) => sent.push([kind, secret]),
  } as unknown as Kernel;
  const root = { querySelectorAll: () => [] } as unknown as HTMLElement;
  return { sent, inputs: connectInputs(root, model, kernel) };
}

test("messages have only the values that the user edited", () => {
  const { inputs } = started();
  assert.deepEqual(inputs._values(), {});
  inputs._edit("name", "two");
  inputs._finishAll();
  assert.deepEqual(inputs._values(), { name: "two" });
});

test("after a connection string, messages have no older host and port", () => {
  const { sent, inputs } = started();
  for (const [name, text] of [
    ["name", "two"],
    ["port", "5432/postgres"],
    ["host", "postgresql://postgres:secret@b.example.org/postgres"],
  ])
    inputs._edit(name, text);
  inputs._finishAll();
  assert.deepEqual(sent, [
    ["connection-string", "postgresql://postgres:secret@b.example.org/postgres"],
  ]);
  assert.deepEqual(inputs._values(), {});
  assert.equal(inputs._text("port"), "");
  inputs._edit("port", "5434");
  inputs._finishAll();
  assert.deepEqual(inputs._values(), { port: 5434 });
});
