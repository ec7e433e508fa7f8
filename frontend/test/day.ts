// A gateway's day for the tests: an hour of the past, then prices as a retailer publishes them.
import type { Parts, PositionRow, PriceRow, StepRow } from "../src/types";

export const NOON = 1_637_776_800; // 2021-11-24T18:00Z, noon in Chicago
export const MINUTE = 60;
export const HOUR = 3600;

export const THRESHOLDS = { very_low: 30_000, low: 60_000, high: 150_000, very_high: 250_000, spike: 400_000 };

export function price(at: number): number {
  const hour = (at / HOUR) % 24;
  return Math.round(110_000 - 70_000 * Math.cos(((hour - 10) / 12) * Math.PI) + 30_000 * Math.sin(hour * 1.3));
}

export function row(start: number, end: number): PriceRow {
  const buy = price(start);
  const sell = Math.round(buy * 0.55 - 10_000);
  return end <= NOON
    ? [start, end, buy, sell, null, null, null, null, null]
    : [start, end, buy, sell, buy - 30_000, 30_000, sell + 5_000, -5_000, Math.round(buy / 500)];
}

export function prices(): PriceRow[] {
  const rows: PriceRow[] = [];
  for (let at = NOON - HOUR; at < NOON + HOUR; at += 5 * MINUTE) rows.push(row(at, at + 5 * MINUTE));
  for (let at = NOON + HOUR; at < NOON + 4 * HOUR; at += 15 * MINUTE) rows.push(row(at, at + 15 * MINUTE));
  for (let at = NOON + 4 * HOUR; at < NOON + 36 * HOUR; at += HOUR) rows.push(row(at, at + HOUR));
  return rows;
}

const CAR: StepRow[] = [
  [NOON, NOON + 8 * HOUR, 0, "waits", 120_000, 45_000, NOON + 8 * HOUR],
  [NOON + 8 * HOUR, NOON + 11 * HOUR, 7_200, "charges", 45_000, null, null],
  [NOON + 11 * HOUR, NOON + 12 * HOUR, 3_600, "charges", 48_000, null, null],
  [NOON + 12 * HOUR, NOON + 36 * HOUR, 0, "done", null, null, null],
];

export function day(): Parts {
  const positions: PositionRow[] = [];
  for (let number = 0; number < 30; number++) {
    const start = NOON + number * HOUR;
    positions.push([start, start + HOUR, 600 + Math.round(1200 * Math.sin(number / 3)), 600]);
  }
  return {
    gateway: { state: "ready", title: "Home", entry_id: "1", currency: "USD", mode: "automatic", retailer: true },
    now: { start: NOON, end: NOON + 300, buy: price(NOON), sell: 20_000, level: "normal", spike: false, thresholds: THRESHOLDS },
    prices: prices(),
    positions,
    delivered: Array.from({ length: 12 }, (_, number) => {
      const start = NOON - HOUR + number * 300;
      return [start, start + 300, 60, 40 + 10 * (number % 5)];
    }),
    devices: [
      { id: "a", name: "Car", kind: "charge_car", doing: "waiting", saved: 0.31, now: ["waits", null, 120_000, 45_000, NOON + 8 * HOUR], steps: CAR },
      {
        id: "b",
        name: "Home battery",
        kind: "home_battery",
        doing: "running",
        now: ["gives", NOON + 2 * HOUR, 180_000, null, null],
        steps: [
          [NOON - HOUR, NOON + 2 * HOUR, -3_000, "gives", 180_000, null, null],
          [NOON + 2 * HOUR, NOON + 9 * HOUR, 0, "holds", 100_000, null, null],
          [NOON + 9 * HOUR, NOON + 12 * HOUR, 5_000, "charges", 45_000, null, null],
        ],
      },
      { id: "pool_pump", steps: [[NOON + HOUR, NOON + 4 * HOUR, 1_100, "runs", 90_000, null, null]] },
    ],
    account: { cost_today: 1.23, cost_month: 40.5, forecast_today: 2.5, forecast_month: 55, savings_today: 0.25, savings_month: 12, tariff: "flat" },
  };
}
