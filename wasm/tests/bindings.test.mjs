// The WebAssembly build says what the library says, of every case of dsl/tests/cases; its places in UTF-16 are those of
// its places in bytes. `make wasm` builds what is tested here.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as dsl from "../pkg/penstock_dsl_wasm.js";

dsl.initSync({ module: readFileSync(new URL("../pkg/penstock_dsl_wasm_bg.wasm", import.meta.url)) });

const printed = execFileSync(
  "cargo",
  ["run", "--quiet", "--locked", "-p", "penstock-dsl", "--example", "cases"],
  { cwd: new URL("../..", import.meta.url), encoding: "utf8", maxBuffer: 1 << 28 },
);
const cases = printed.trim().split("\n").map((line) => JSON.parse(line));

/** Takes the UTF-16 places out of an answer about `text`, after comparing each with its place in bytes. */
function withoutUtf16(text, answer) {
  const bytes = Buffer.from(text);
  return JSON.parse(JSON.stringify(answer), (_, value) => {
    if (value?.start === undefined || value?.end === undefined) return value;
    const { from, to, ...span } = value;
    assert.equal(text.slice(0, from), bytes.subarray(0, span.start).toString());
    assert.equal(text.slice(from, to), bytes.subarray(span.start, span.end).toString());
    return span;
  });
}

test("there are cases", () => assert.ok(cases.length > 100));

for (const [i, { name, text, timeZone, rates, ...expected }] of cases.entries()) {
  test(`check ${i}: ${name}`, () => {
    assert.deepEqual(withoutUtf16(text, dsl.check(text, timeZone, rates)), expected.check);
  });
  test(`format ${i}: ${name}`, () => {
    assert.deepEqual(withoutUtf16(text, dsl.format(text)), expected.format);
  });
  test(`form ${i}: ${name}`, () => {
    assert.deepEqual(withoutUtf16(text, dsl.form(text)), expected.form);
    const duplicate = { duplicateGroup: { at: { block: 0, group: 0 } } };
    assert.deepEqual(withoutUtf16(text, dsl.change(text, [duplicate])), expected.change);
  });
  test(`completeSyntax ${i}: ${name}`, () => {
    for (const { at, span, labels } of expected.completions) {
      const utf16 = Buffer.from(text).subarray(0, at).toString().length;
      const offered = withoutUtf16(text, dsl.completeSyntax(text, utf16));
      assert.deepEqual([offered.span, offered.candidates.map(({ label }) => label)], [span, labels]);
    }
  });
}

test("a span has both ways of counting", () => {
  const text = "// 😀\nSTORE { citty = \"x\" }";
  const [{ code, span, fixes }] = dsl.check(text).diagnostics;
  assert.equal(code, "E103");
  assert.deepEqual(span, { start: 16, end: 21, from: 14, to: 19 });
  assert.equal(text.slice(span.from, span.to), "citty");
  assert.deepEqual(fixes[0].edits, [{ span, text: "city" }]);
});

test("a check depends on zone and rates", () => {
  const dated = "BENEFIT { endTime before 2026-01-31 }";
  const hashes = [undefined, "UTC", "Asia/Manila", "America/New_York"].map((zone) => dsl.check(dated, zone).hash);
  assert.equal(new Set(hashes).size, 3);
  assert.equal(hashes[0], hashes[1]);

  const converted = "STORE { minPriceRange > HKD 5 ~fx }";
  const rates = { date: "2026-01-31", base: "USD", rates: { HKD: "7.8" } };
  assert.equal(dsl.check(converted).hash, null);
  assert.match(dsl.check(converted, undefined, rates).hash, /^[0-9a-f]{32}$/);
});

test("what is no zone and no table of rates is refused", () => {
  assert.throws(() => dsl.check("", "Mars/Olympus"), /unknown time zone "Mars\/Olympus"/);
  assert.throws(() => dsl.check("", "UTC", { date: "2026-01-31", base: "USD", rates: { HKD: "-1" } }), /above zero/);
  assert.throws(() => dsl.check("", "UTC", { base: "USD" }), /missing field/);
  const circular = {};
  circular.self = circular;
  assert.throws(() => dsl.check("", "UTC", circular), /JSON/);
});

test("hostile texts get their diagnostic", () => {
  const lone = "STORE { \ud800 }";
  assert.ok(dsl.check(lone).diagnostics.every(({ span }) => span.to <= lone.length));
  for (const unit of ["(", "{", "not ", "東", "😀", "\"", "STORE{all}", "= ", "and "]) {
    const long = unit.repeat(Math.floor(65536 / Buffer.byteLength(unit)));
    assert.equal(dsl.check(long).hash, null);
    assert.equal(dsl.check(long + "      ".repeat(3) + long).diagnostics[0].code, "E001");
  }
});

test("changes of the form are edits in UTF-16", () => {
  const text = "// 😀\nSTORE { city = \"東\" }";
  const at = { block: 0, group: 0, rule: 0 };
  const { text: changed, edits } = dsl.change(text, [{ negate: { at, negated: true } }]);
  assert.equal(changed, "// 😀\nSTORE { not city = \"東\" }");
  const applied = edits.toReversed().reduce((t, { span, text }) => t.slice(0, span.from) + text + t.slice(span.to), text);
  assert.equal(applied, changed);
  assert.equal(dsl.change(text, [{ removeRule: { at: { ...at, rule: 9 } } }]).refused.reason, "noSuchPlace");
  assert.throws(() => dsl.change(text, [{ explode: {} }]), /unknown variant/);
});

test("places of the HTTP API become places of JavaScript", () => {
  assert.deepEqual([...dsl.utf16Places("é東😀z", [0, 1, 2, 5, 9, 10, 99])], [0, 0, 1, 2, 4, 5, 5]);
});
