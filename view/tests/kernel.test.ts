import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { connect } from "../src/kernel";
import type { Model, Sent } from "../src/model";
import type { View } from "../src/view";

beforeEach(() => {
  Object.assign(globalThis, { window: globalThis });
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
});

function started(secrets: View["secrets"]) {
  const view: View = { secrets };
  const sent: [string, string[]][] = [];
  const broken = { now: false };
  const model = {
    get: () => view,
    send({ kind }: Sent, _: unknown, buffers: ArrayBufferLike[]) {
      if (broken.now) throw new Error("the comm is closed");
      sent.push([kind, buffers.map((each) => new TextDecoder().decode(each))]);
    },
  } as unknown as Model;
  const changed = mock.fn();
  return { view, sent, broken, changed, kernel: connect(model, changed) };
}

test("messages with secrets wait for the confirmation, and what follows them", () => {
  const { view, sent, kernel } = started("unknown");
  kernel._send({ kind: "hello" });
  kernel._send({ kind: "password" }, "secret");
  kernel._send({ kind: "action", action: "diagnose", values: {} });
  assert.deepEqual(sent, [["hello", ["\x01\x02\x03\x04"]]]);
  view.secrets = "ok";
  kernel._heard();
  assert.deepEqual(sent.slice(1), [
    ["password", ["secret"]],
    ["action", []],
  ]);
});

test("a front end that carries no buffers gets no secret", () => {
  const { view, sent, kernel } = started("unknown");
  kernel._send({ kind: "password" }, "secret");
  view.secrets = "unsupported";
  kernel._heard();
  view.secrets = "ok";
  kernel._heard();
  assert.deepEqual(sent, []);
});

test("a forgotten password isn't sent", () => {
  const { view, sent, kernel } = started("unknown");
  kernel._send({ kind: "password" }, "secret");
  kernel._forget();
  view.secrets = "ok";
  kernel._heard();
  assert.deepEqual(sent, []);
});

test("a kernel that doesn't answer is silent after three seconds", () => {
  const { changed, kernel } = started("ok");
  kernel._expect();
  kernel._expect();
  mock.timers.tick(2999);
  assert.equal(kernel._state, "");
  mock.timers.tick(1);
  assert.equal(kernel._state, "silent");
  assert.equal(changed.mock.callCount(), 1);
  kernel._heard();
  assert.equal(kernel._state, "");
  kernel._expect();
  kernel._heard();
  mock.timers.tick(5000);
  assert.equal(kernel._state, "");
});

test("a closed comm means that the kernel is lost, until it's heard again", () => {
  const { broken, kernel } = started("ok");
  broken.now = true;
  kernel._send({ kind: "action", action: "diagnose", values: {} });
  assert.equal(kernel._state, "lost");
  kernel._heard();
  assert.equal(kernel._state, "");
});
