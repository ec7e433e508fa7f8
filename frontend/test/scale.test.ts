import assert from "node:assert/strict";
import { test } from "node:test";
import { around, hours, linear, marks, stepOf } from "../src/scale";

test("marks lie at round values and are no more than asked for", () => {
  assert.deepEqual(marks({ low: 0, high: 0.31 }, 0.1), [0, 0.1, 0.2, 0.3]);
  assert.deepEqual(marks({ low: -0.05, high: 0.1 }, 0.05), [-0.05, 0, 0.05, 0.1]);
  for (const high of [0.001, 0.02, 0.35, 1, 7.3, 26, 9_000]) {
    for (const most of [2, 3, 4, 6]) {
      const step = stepOf({ low: 0, high }, most);
      const found = marks({ low: 0, high }, step);
      assert.ok(found.length <= most + 1 && found.length >= 1, `${high} ${most}: ${found}`);
      assert.ok(step * most >= high * (1 - 1e-9));
      assert.match(step.toExponential(), /^[125]e/);
    }
  }
});

test("a range holds zero and every value", () => {
  assert.equal(around([0.1, 0.2], 0.01).low, 0);
  const range = around([-0.03, 0.2], 0.01);
  assert.ok(range.low < -0.03 && range.high > 0.2);
  assert.ok(around([], 0.01).high > 0);
  const none = around([-1, -2], 0.01);
  assert.ok(none.low < -2 && none.high >= 0);
});

test("a linear scale meets both ends, and an empty range does no harm", () => {
  const scale = linear({ low: 10, high: 20 }, { low: 100, high: 0 });
  assert.deepEqual([scale(10), scale(15), scale(20)], [100, 50, 0]);
  assert.equal(linear({ low: 1, high: 1 }, { low: 5, high: 9 })(1), 5);
});

function local(zone: string): (at: number) => { hour: number; minute: number } {
  return (at) => {
    const [hour, minute] = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone })
      .format(at * 1000)
      .split(":");
    return { hour: Number(hour), minute: Number(minute) };
  };
}

test("full hours of any zone, as many as there is room for", () => {
  const from = Date.UTC(2021, 10, 24) / 1000;
  const day = { low: from, high: from + 86_400 };
  assert.deepEqual(hours(day, 600, 46, local("UTC")).map(({ hour }) => hour), [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 0]);
  assert.deepEqual(hours(day, 240, 46, local("Asia/Kathmandu")).map(({ hour }) => hour), [6, 12, 18, 0]);
});

test("an hour that comes twice, or never, is no trouble", () => {
  const autumn = Date.UTC(2021, 10, 7, 4) / 1000;
  const found = hours({ low: autumn, high: autumn + 6 * 3600 }, 600, 46, local("America/Chicago"));
  assert.deepEqual(found.map(({ hour }) => hour), [23, 0, 1, 1, 2, 3, 4]);
  const spring = Date.UTC(2021, 2, 14, 6) / 1000;
  assert.deepEqual(
    hours({ low: spring, high: spring + 4 * 3600 }, 600, 46, local("America/Chicago")).map(({ hour }) => hour),
    [0, 1, 3, 4, 5],
  );
});
