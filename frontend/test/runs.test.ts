import assert from "node:assert/strict";
import { test } from "node:test";
import { Format } from "../src/format";
import * as model from "../src/model";
import { deviceName, does, explained } from "../src/runs";
import { description, summary, type Told } from "../src/telling";
import type { Localize } from "../src/types";
import { speaker } from "../src/words";
import { day, HOUR, NOON, THRESHOLDS } from "./day";

const locale = { language: "en", number_format: "language", time_format: "24", time_zone: "server" };

function told(at: number | null, parts = day()): Told {
  const shown = model.span(parts, NOON, 2, 24);
  const slots = model.slots(parts.prices ?? [], THRESHOLDS, shown);
  return {
    parts,
    say: speaker("en"),
    format: new Format(locale, "America/Chicago", "USD"),
    now: NOON + 60,
    shown,
    slots,
    chosen: at === null ? null : (slots[model.nearest(slots, at)] ?? null),
    current: model.current(parts.now, slots),
  };
}

/** Home Assistant's translations: the last part of the key, and what is filled in. */
const localize: Localize = (key, values) => [key.split(".").at(-1), ...Object.values(values ?? {})].join(" ");
const [car, battery, pump] = day().devices ?? [];
assert.ok(car && battery && pump);

test("a lane says when a device runs next, or what it does instead", () => {
  const now = told(null);
  const runs = (device: typeof car): model.Run[] => model.runs(device.steps, now.shown);
  assert.equal(does(now, car, runs(car), localize), "20:00–00:00 · 25.2 kWh");
  assert.match(does(now, battery, runs(battery), localize), /^until 14:00 · -6\.0 kWh$/);
  assert.equal(does(now, { ...car, doing: "held" }, runs(car), localize), "held");
  assert.equal(does(now, { ...pump, steps: [] }, [], localize), "no run planned");
});

test("a device tells why, with the numbers of the time that was chosen", () => {
  assert.equal(explained(told(null), car, localize), "waits – 20:00 $0.120/kWh $0.045/kWh Saves about $0.31.");
  assert.equal(
    explained(told(NOON + 9 * HOUR), { ...car, advice: true }, localize),
    "charges 23:00 – $0.045/kWh – Saves about $0.31. (advice only)",
  );
  assert.equal(explained(told(NOON + 20 * HOUR), pump, localize), "Nothing is planned for this time.");
  assert.equal(explained(told(null), battery), "Nothing is planned for this time.");
});

test("a device without a response is called by its id", () => {
  assert.deepEqual([car, pump].map(deviceName), ["Car", "Pool pump"]);
});

test("what is seen is also said", () => {
  const found = told(null);
  const sentence = summary(found);
  assert.match(sentence, /^A kilowatt-hour costs \$0\.\d{3} now, which is normal\. Cheapest \$0\.\d{3} at /);
  assert.match(sentence, /Planned: Car 20:00–00:00, Home battery 11:00–14:00, Pool pump 13:00–16:00\.$/);
  const slot = model.at(found.slots, NOON) ?? null;
  assert.match(
    description(found, slot),
    /^12:00–12:05; To buy \$0\.\d{3}, \w+ \(Energy \$0\.\d{3}, Transport \$0\.030\); To sell .+; bought 0\.60 kW$/,
  );
  assert.equal(description(found, null), "");
});
