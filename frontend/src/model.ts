// From what the gateway says to what is drawn; pure.
import type { Device, Now, Parts, PositionRow, PriceRow, StepRow, Thresholds } from "./types";

export const MICRO = 1_000_000;
const HOUR = 3600;

export type Level = "very_low" | "low" | "normal" | "high" | "very_high";

/** One interval: prices in currency units per kWh, its level, and whether it is the current one. */
export interface Slot {
  start: number;
  end: number;
  buy: number | null;
  sell: number | null;
  buyParts: Pair | null;
  sellParts: Pair | null;
  /** What a kWh emits, g of CO₂ equivalent; null where that is not published. */
  carbon: number | null;
  level: Level;
}

export interface Pair {
  energy: number;
  transport: number;
}

/** A constant rate of delivery, W. */
export interface Rate {
  start: number;
  end: number;
  power: number;
}

export interface Rates {
  position: Rate[];
  subscribed: Rate[];
  delivered: Rate[];
}

export interface Run extends Rate {
  why: string;
}

export interface Span {
  from: number;
  to: number;
}

export function level(price: number, thresholds: Thresholds | null | undefined): Level {
  if (!thresholds) return "normal";
  if (price <= thresholds.very_low) return "very_low";
  if (price <= thresholds.low) return "low";
  if (price >= thresholds.very_high) return "very_high";
  return price >= thresholds.high ? "high" : "normal";
}

/** The time that is shown: whole hours back, and as far ahead as is wanted and known, at least six hours. */
export function span(parts: Parts, now: number, past: number, ahead: number): Span {
  const prices = parts.prices ?? [];
  const begin = Math.floor(now / HOUR) * HOUR;
  const first = Math.min(prices[0]?.[0] ?? begin, parts.delivered?.[0]?.[0] ?? begin);
  const last = prices.at(-1)?.[1] ?? 0;
  return {
    from: Math.min(begin, Math.max(begin - past * HOUR, Math.floor(first / HOUR) * HOUR)),
    to: Math.min(begin + ahead * HOUR, Math.max(last, begin + 6 * HOUR)),
  };
}

export function slots(rows: PriceRow[], thresholds: Thresholds | null | undefined, shown: Span): Slot[] {
  return rows
    .filter((row) => row[1] > shown.from && row[0] < shown.to)
    .map(([start, end, buy, sell, buyEnergy, buyTransport, sellEnergy, sellTransport, carbon]) => ({
      start: Math.max(start, shown.from),
      end: Math.min(end, shown.to),
      buy: per(buy),
      sell: per(sell),
      buyParts: pair(buyEnergy, buyTransport),
      sellParts: pair(sellEnergy, sellTransport),
      carbon,
      level: buy === null ? "normal" : level(buy, thresholds),
    }));
}

/** The slot around an instant, by its number; the nearest where there is a gap, -1 where there is none. */
export function nearest(found: Slot[], at: number): number {
  let best = -1;
  let least = Infinity;
  found.forEach((slot, number) => {
    const away = at < slot.start ? slot.start - at : at >= slot.end ? at - slot.end + 1 : 0;
    if (away < least) [best, least] = [number, away];
  });
  return best;
}

/** Position and delivery as powers: what is settled, then what lies ahead. */
export function rates(parts: Parts, shown: Span): Rates {
  const ahead = parts.positions ?? [];
  const settled = parts.delivered ?? [];
  const first = ahead[0]?.[0] ?? Infinity;
  const before = settled.filter((row) => row[1] <= first);
  return {
    position: clipped([...before.map((row) => rate(row, 2)), ...ahead.map((row) => rate(row, 2))], shown),
    subscribed: clipped(ahead.map((row) => rate(row, 3)), shown),
    delivered: clipped(settled.map((row) => rate(row, 3)), shown),
  };
}

export function at<T extends { start: number; end: number }>(found: T[], instant: number): T | undefined {
  return found.find((each) => each.start <= instant && instant < each.end);
}

/** When a device draws or gives, neighbours of equal power joined. */
export function runs(steps: StepRow[], shown: Span): Run[] {
  const found: Run[] = [];
  for (const [start, end, power, why] of steps) {
    if (power === 0 || end <= shown.from || start >= shown.to) continue;
    const last = found.at(-1);
    const begin = Math.max(start, shown.from);
    if (last && last.end === begin && last.power === power) last.end = Math.min(end, shown.to);
    else found.push({ start: begin, end: Math.min(end, shown.to), power, why });
  }
  return found;
}

/** The stretch of running, in or after `now`: from when, until when, and the energy from now on (kWh). */
export function nextRun(found: Run[], now: number): { start: number; end: number; energy: number } | null {
  const ahead = found.filter((run) => run.end > now);
  const first = ahead[0];
  if (!first) return null;
  let end = first.start;
  let work = 0;
  for (const run of ahead) {
    if (run.start - end > HOUR / 4 || run.power > 0 !== first.power > 0) break;
    work += run.power * (run.end - Math.max(run.start, now));
    end = run.end;
  }
  return { start: first.start, end, energy: work / HOUR / 1000 };
}

export interface Why {
  reason: string;
  end: number | null;
  price: number | null;
  later: number | null;
  until: number | null;
}

/** Why a device does what it does at an instant; now, a response's own word counts before the plan's. */
export function why(device: Device, instant: number, now: boolean): Why | null {
  if (now && device.now) {
    const [reason, end, price, later, until] = device.now;
    return { reason, end, price: per(price), later: per(later), until };
  }
  const step = device.steps.find(([start, end]) => start <= instant && instant < end);
  if (!step) return null;
  const [, end, , reason, price, later, until] = step;
  return { reason, end, price: per(price), later: per(later), until };
}

/** The cheapest and the dearest slot that are not over; none where no price is known. */
export function extremes(found: Slot[], now: number): { cheapest: Slot; dearest: Slot } | null {
  const ahead = found.filter((slot) => slot.end > now && slot.buy !== null);
  const first = ahead[0];
  if (!first) return null;
  const by = (better: (one: number, other: number) => boolean): Slot =>
    ahead.reduce((best, slot) => (better(slot.buy ?? 0, best.buy ?? 0) ? slot : best), first);
  return { cheapest: by((one, other) => one < other), dearest: by((one, other) => one > other) };
}

/** What holds now, as a slot; its parts are those of the interval's row. */
export function current(now: Now | null | undefined, found: Slot[]): Slot | null {
  if (!now) return null;
  const row = at(found, now.start);
  return {
    start: now.start,
    end: now.end,
    buy: per(now.buy),
    sell: per(now.sell),
    buyParts: row?.buyParts ?? null,
    sellParts: row?.sellParts ?? null,
    carbon: row?.carbon ?? null,
    level: (now.level as Level | null) ?? "normal",
  };
}

/** What is known after an event: a gateway that is not there takes everything with it. */
export function merged(known: Parts | undefined, event: Partial<Parts>): Parts {
  const gone = event.gateway && !["ready", "lost"].includes(event.gateway.state);
  return { ...(gone ? {} : known), ...event } as Parts;
}

function rate(row: PositionRow, column: 2 | 3): Rate {
  return { start: row[0], end: row[1], power: (row[column] * HOUR) / (row[1] - row[0]) };
}

function clipped(found: Rate[], shown: Span): Rate[] {
  return found
    .filter((each) => each.end > shown.from && each.start < shown.to)
    .map((each) => ({ ...each, start: Math.max(each.start, shown.from), end: Math.min(each.end, shown.to) }));
}

function per(micro: number | null): number | null {
  return micro === null ? null : micro / MICRO;
}

function pair(energy: number | null, transport: number | null): Pair | null {
  return energy === null || transport === null
    ? null
    : { energy: energy / MICRO, transport: transport / MICRO };
}
