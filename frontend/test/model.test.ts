import assert from "node:assert/strict";
import { test } from "node:test";
import * as model from "../src/model";
import { day, HOUR, NOON, price, THRESHOLDS } from "./day";

const parts = day();
const shown = model.span(parts, NOON, 2, 24);
const slots = model.slots(parts.prices ?? [], THRESHOLDS, shown);

test("the span goes back as far as anything is known, and ahead as far as is wanted", () => {
  assert.deepEqual(shown, { from: NOON - HOUR, to: NOON + 24 * HOUR });
  assert.deepEqual(model.span(parts, NOON + 600, 0, 48), { from: NOON, to: NOON + 36 * HOUR });
  assert.deepEqual(model.span({ gateway: { state: "ready" } }, NOON, 5, 24), { from: NOON, to: NOON + 6 * HOUR });
});

test("slots are cut to the span, in currency units, with their level and parts", () => {
  assert.equal(slots[0]?.start, NOON - HOUR);
  assert.equal(slots.at(-1)?.end, NOON + 24 * HOUR);
  assert.equal(slots[0]?.buyParts, null);
  const now = model.at(slots, NOON);
  assert.equal(now?.buy, price(NOON) / 1e6);
  assert.deepEqual(now?.buyParts, { energy: (price(NOON) - 30_000) / 1e6, transport: 0.03 });
  assert.deepEqual([slots[0]?.carbon, now?.carbon], [null, Math.round(price(NOON) / 500)]);
  assert.ok(slots.every((slot, number) => number === 0 || slot.start === slots[number - 1]?.end));
});

test("levels follow the thresholds as the integration's do: at or below, at or above", () => {
  const level = (buy: number): string => model.level(buy, THRESHOLDS);
  assert.deepEqual(
    [30_000, 30_001, 60_000, 60_001, 149_999, 150_000, 250_000].map(level),
    ["very_low", "low", "low", "normal", "normal", "high", "very_high"],
  );
  assert.equal(model.level(1, null), "normal");
});

test("the nearest slot is found in gaps and beyond the ends", () => {
  const gap = [slots[0], slots[5]].filter((slot) => slot !== undefined);
  assert.equal(model.nearest(slots, NOON + 10), 12);
  assert.equal(model.nearest(slots, 0), 0);
  assert.equal(model.nearest(slots, NOON + 99 * HOUR), slots.length - 1);
  assert.equal(model.nearest(gap, NOON - HOUR + 6 * 60), 0);
  assert.equal(model.nearest(gap, NOON - HOUR + 24 * 60), 1);
  assert.equal(model.nearest([], NOON), -1);
});

test("position is settled before now and agreed after, each interval once", () => {
  const rates = model.rates(parts, shown);
  assert.ok(rates.position.every((rate, number) => number === 0 || rate.start >= (rates.position[number - 1]?.end ?? 0)));
  assert.equal(rates.position[0]?.power, 720); // 60 Wh in 5 minutes
  assert.equal(model.at(rates.position, NOON)?.power, 600);
  assert.deepEqual(rates.delivered.map((rate) => rate.power).slice(0, 3), [480, 600, 720]);
});

test("runs of equal power join; giving and drawing are no one run", () => {
  const [car, battery] = parts.devices ?? [];
  const found = model.runs(car?.steps ?? [], shown);
  assert.deepEqual(found.map((run) => [run.start - NOON, run.end - NOON, run.power]), [
    [8 * HOUR, 11 * HOUR, 7_200],
    [11 * HOUR, 12 * HOUR, 3_600],
  ]);
  assert.deepEqual(model.nextRun(found, NOON), { start: NOON + 8 * HOUR, end: NOON + 12 * HOUR, energy: 25.2 });
  assert.equal(model.nextRun(found, NOON + 9 * HOUR)?.energy, 18);
  assert.equal(model.nextRun(found, NOON + 12 * HOUR), null);
  const given = model.runs(battery?.steps ?? [], shown);
  assert.equal(model.nextRun(given, NOON)?.energy, -6);
});

test("why: now the response's word, else the plan's step", () => {
  const [car, , pump] = parts.devices ?? [];
  assert.ok(car && pump);
  assert.equal(model.why(car, NOON, true)?.later, 0.045);
  assert.deepEqual(model.why(car, NOON + 9 * HOUR, false), {
    reason: "charges",
    end: NOON + 11 * HOUR,
    price: 0.045,
    later: null,
    until: null,
  });
  assert.equal(model.why(pump, NOON, true), null);
});

test("cheapest and dearest are not over", () => {
  const found = model.extremes(slots, NOON);
  const ahead = slots.filter((slot) => slot.end > NOON).map((slot) => slot.buy ?? NaN);
  assert.equal(found?.cheapest.buy, Math.min(...ahead));
  assert.equal(found?.dearest.buy, Math.max(...ahead));
  assert.equal(model.extremes([], NOON), null);
});

test("a gateway that is gone takes what was known with it; a lost link does not", () => {
  const lost = model.merged(parts, { gateway: { state: "lost" } });
  assert.equal(lost.prices?.length, parts.prices?.length);
  assert.deepEqual(model.merged(parts, { gateway: { state: "away" } }), { gateway: { state: "away" } });
  assert.equal(model.merged(parts, { account: null }).account, null);
});
