import assert from "node:assert/strict";
import { test } from "node:test";
import { isTyping, mayHoldPassword } from "../src/credentials";

test("mayHoldPassword is linear in long text", () => {
  for (const unit of [
    `"host`,
    "psql ",
    "word ",
    "://",
    "@",
    ":",
    "a:",
    "password",
    "=",
    " ",
    "postgres:",
  ]) {
    const text = unit.repeat(40_000);
    const start = performance.now();
    mayHoldPassword(text);
    mayHoldPassword(text.slice(0, 16_000));
    assert.ok(performance.now() - start < 50, unit);
  }
});

test("mayHoldPassword holds back text that is too long to read", () => {
  assert.ok(mayHoldPassword("a".repeat(16_385)));
  assert.ok(!mayHoldPassword("a".repeat(16_384)));
});

test("isTyping tells key presses from paste, drop, and autofill", () => {
  assert.ok(isTyping({ inputType: "insertText", data: "a" }));
  assert.ok(isTyping({ inputType: "insertText", data: "🦉" }));
  assert.ok(isTyping({ inputType: "insertCompositionText", data: "サーバー" }));
  assert.ok(isTyping({ inputType: "deleteContentBackward", data: null }));
  assert.ok(isTyping({ inputType: "historyUndo" }));
  assert.ok(!isTyping({ inputType: "insertFromPaste", data: null }));
  assert.ok(!isTyping({ inputType: "insertFromDrop" }));
  assert.ok(!isTyping({ inputType: "insertReplacementText", data: "abc" }));
  assert.ok(!isTyping({ inputType: "insertText", data: "a whole password" }));
  assert.ok(!isTyping({})); // A password manager sends this event.
});
