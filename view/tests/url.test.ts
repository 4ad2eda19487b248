import assert from "node:assert/strict";
import { test } from "node:test";
import { maskedUrl, portOf } from "../src/url";

test("portOf accepts numbers from 1 to 65535", () => {
  const ports = { "5432": 5432, " 6543 ": 6543, "05432": 5432, "65535": 65535 };
  for (const [text, port] of Object.entries(ports)) assert.equal(portOf(text), port);
  for (const text of ["", "0", "65536", "-1", "1.5", "1e3", "54x", "hunter2", "９"]) {
    assert.equal(portOf(text), 0, text);
  }
});

test("maskedUrl puts IPv6 addresses in brackets", () => {
  const url = "postgresql://postgres:***@[2001:db8::1]:5432/postgres";
  assert.equal(maskedUrl("2001:db8::1", "5432").join(""), url);
  assert.equal(maskedUrl("[2001:db8::1]", "5432").join(""), url);
});

test("maskedUrl names what is missing or malformed", () => {
  const url = "postgresql://postgres:***@<your-host>:<your-port>/postgres";
  assert.equal(maskedUrl("", "").join(""), url);
  assert.equal(maskedUrl("pass word", "hunter2").join(""), url);
  for (const char of "\x85\x9b\u2028\u202e\u2066\ue000") {
    assert.equal(maskedUrl(`a${char}b`, "").join(""), url, JSON.stringify(char));
  }
});
