import assert from "node:assert/strict";
import { test } from "node:test";
import type { Model } from "../src/model";
import { typedTexts } from "../src/typed";

function started(state: Record<string, string | number>) {
  const saved: [string, string | number][] = [];
  const model = {
    get: (name: string) => state[name],
    set(name: string, value: string | number) {
      state[name] = value;
      saved.push([name, value]);
    },
    save_changes() {},
  } as Model;
  return { state, saved, typed: typedTexts(model) };
}

test("a typed text stands in front of the model's value", () => {
  const { saved, typed } = started({ host: "a.example" });
  typed._edit("host", "b.example");
  assert.equal(typed._text("host"), "b.example");
  assert.deepEqual(saved, []);
  assert.equal(typed._finish("host"), "");
  assert.deepEqual(saved, [["host", "b.example"]]);
  assert.deepEqual(typed._names(), []);
});

test("an echo doesn't replace a typed text, another value does", () => {
  const { state, typed } = started({ host: "" });
  typed._edit("host", "a");
  typed._save();
  typed._edit("host", "ab");
  assert.equal(typed._text("host"), "ab");
  state.host = "from-python";
  assert.equal(typed._text("host"), "from-python");
  state.host = "a";
  assert.equal(typed._text("host"), "a");
});

test("a port is saved as a number, and other text isn't saved", () => {
  const { saved, typed } = started({ port: 5432 });
  typed._edit("port", " 6543 ");
  typed._finish("port");
  typed._edit("port", "hunter2");
  typed._finish("port");
  assert.deepEqual(saved, [
    ["port", 6543],
    ["port", ""],
  ]);
  assert.equal(typed._text("port"), "hunter2");
  typed._edit("port", "");
  typed._finish("port");
  assert.deepEqual(typed._names(), []);
});

test("a connection string is never saved, and its beginning is taken back", () => {
  const { saved, typed } = started({ host: "db.example.org" });
  const url = "postgresql://postgres:pw@db.example.org/postgres";
  for (let length = 1; length <= url.length; length++) {
    typed._edit("host", url.slice(0, length));
    typed._save();
  }
  assert.equal(typed._finish("host"), url);
  assert.equal(typed._text("host"), "db.example.org");
  assert.ok(saved.every(([, value]) => !String(value).includes(":")));
});
