import assert from "node:assert/strict";
import { test } from "node:test";
import { isShortcut } from "../src/keys";

const key = (keys: string, altGraph = false) => {
  const parts = keys.split("+");
  return {
    key: parts.at(-1) ?? "",
    ctrlKey: parts.includes("Ctrl"),
    metaKey: parts.includes("Cmd"),
    altKey: parts.includes("Alt"),
    shiftKey: parts.includes("Shift"),
    getModifierState: () => altGraph,
  };
};

test("isShortcut leaves the front end its shortcuts", () => {
  for (const keys of [
    "Ctrl+Shift+P",
    "Ctrl+Shift+C",
    "Cmd+p",
    "F1",
    "F11",
    "Ctrl+b",
    "Ctrl+s",
    "Alt+m",
  ]) {
    assert.ok(isShortcut(key(keys)), keys);
  }
});

test("isShortcut leaves typing and editing to the form", () => {
  const typing = ["a", "F", "Enter", "Shift+Enter", "Escape", "Tab", "ArrowDown"];
  const editing = [
    "Ctrl+a",
    "Cmd+C",
    "Ctrl+v",
    "Ctrl+z",
    "Ctrl+Enter",
    "Alt+ArrowLeft",
    "Ctrl+Shift+Z",
  ];
  for (const keys of [...typing, ...editing]) assert.ok(!isShortcut(key(keys)), keys);
});

test("isShortcut takes AltGr for typing", () => {
  assert.ok(!isShortcut(key("Ctrl+Alt+@", true)));
});
