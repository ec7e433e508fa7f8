// Scales and their marks; pure.

export interface Range {
  low: number;
  high: number;
}

/** Round steps that divide a range into at most `most` parts. */
export function stepOf(range: Range, most: number): number {
  const rough = (range.high - range.low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((each) => each * power >= rough * (1 - 1e-9)) ?? 10;
  return Number((factor * power).toPrecision(12));
}

/** The multiples of a step within a range. */
export function marks(range: Range, step: number): number[] {
  const found: number[] = [];
  for (let number = Math.ceil(range.low / step - 1e-9); number * step <= range.high + step * 1e-9; number++) {
    found.push(Number((number * step).toPrecision(12)));
  }
  return found;
}

/** A range with zero in it, and a little room above and, where it goes there, below. */
export function around(values: number[], least: number): Range {
  const high = Math.max(0, ...values);
  const low = Math.min(0, ...values);
  const room = 0.08 * Math.max(high - low, least);
  return { low: low < 0 ? low - room : 0, high: Math.max(high + room, low < 0 ? 0 : least) };
}

export function linear(from: Range, to: Range): (value: number) => number {
  const slope = (to.high - to.low) / (from.high - from.low || 1);
  return (value) => to.low + (value - from.low) * slope;
}

export interface Hour {
  at: number;
  hour: number;
}

/** Full local hours of a span (seconds), every so many of them that marks keep `apart` pixels. */
export function hours(
  span: Range,
  width: number,
  apart: number,
  local: (at: number) => { hour: number; minute: number },
): Hour[] {
  const each = width / ((span.high - span.low) / 3600);
  const step = [1, 2, 3, 4, 6, 12, 24].find((count) => count * each >= apart) ?? 24;
  const found: Hour[] = [];
  // Some zones lie a half or a quarter of an hour beside the others.
  for (let at = Math.ceil(span.low / 900) * 900; at <= span.high; at += 900) {
    const { hour, minute } = local(at);
    const known = found.at(-1);
    if (minute === 0 && hour % step === 0 && (known === undefined || at - known.at >= (step * 3600) / 2)) {
      found.push({ at, hour });
    }
  }
  return found;
}
