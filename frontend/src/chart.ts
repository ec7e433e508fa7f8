// The plots as SVG: pure functions of the model and a canvas.
import { nothing, svg, type SVGTemplateResult, type TemplateResult } from "lit";
import type { Format } from "./format";
import type { Rate, Rates, Run, Slot, Span } from "./model";
import { around, hours, linear, marks, stepOf, type Range } from "./scale";

export const PRICE_HEIGHT = 168;
export const POSITION_HEIGHT = 92;
export const LANE_HEIGHT = 14;
const AXIS_HEIGHT = 22;
const TOP = 16;
const GUTTER = 46;
const LABEL_APART = 46;

/** Where time lies on a plot of this width; all plots of a card share it. */
export interface Canvas {
  width: number;
  left: number;
  shown: Span;
  x: (at: number) => number;
}

export function canvas(width: number, shown: Span): Canvas {
  const across = { low: GUTTER, high: Math.max(GUTTER + 1, width - 1) };
  return { width, left: GUTTER, shown, x: linear({ low: shown.from, high: shown.to }, across) };
}

/** The instant under a point of a plot; the nearest that is shown. */
export function instant(on: Canvas, x: number): number {
  const share = (x - on.left) / Math.max(1, on.width - 1 - on.left);
  return on.shown.from + Math.min(1, Math.max(0, share)) * (on.shown.to - on.shown.from - 1);
}

export function pricePlot(
  on: Canvas,
  slots: Slot[],
  options: { sell: boolean; now: number; chosen: Slot | null; format: Format },
): TemplateResult {
  const known = slots.flatMap((slot) => [slot.buy, options.sell ? slot.sell : null]).filter((each) => each !== null);
  const range = around(known, 0.01);
  const y = linear(range, { low: PRICE_HEIGHT - AXIS_HEIGHT, high: TOP });
  const zero = y(0);
  const step = stepOf(range, 4);
  const bars = slots.map((slot) => {
    if (slot.buy === null) return nothing;
    const [left, right] = [on.x(slot.start), on.x(slot.end)];
    const top = y(slot.buy);
    const past = slot.end <= options.now;
    return svg`<g class="slot ${slot.level} ${past ? "past" : ""} ${slot === options.chosen ? "chosen" : ""}">
      <rect x=${px(left)} y=${px(Math.min(top, zero))} width=${px(right - left)} height=${px(Math.abs(zero - top))}></rect>
      <path d="M${px(left)} ${px(top)}H${px(right)}"></path></g>`;
  });
  return frame(on, PRICE_HEIGHT, [
    svg`${grid(on, range, y, step, (value) => options.format.mark(value, step))}`,
    svg`${bars}`,
    svg`<path class="rise" d=${stairs(on, slots, (slot) => slot.buy, y)}></path>`,
    options.sell ? svg`<path class="sell" d=${stairs(on, slots, (slot) => slot.sell, y)}></path>` : svg``,
    axis(on, PRICE_HEIGHT, options.format),
    cursor(on, options.chosen, PRICE_HEIGHT - AXIS_HEIGHT),
    marker(on, options.now, TOP - 4, PRICE_HEIGHT - AXIS_HEIGHT),
  ]);
}

export function positionPlot(
  on: Canvas,
  rates: Rates,
  options: { now: number; chosen: Slot | null; format: Format },
): TemplateResult {
  const powers = [...rates.position, ...rates.subscribed, ...rates.delivered].map((rate) => rate.power / 1000);
  const range = around(powers, 0.5);
  const y = linear(range, { low: POSITION_HEIGHT - 6, high: 8 });
  const zero = y(0);
  const step = stepOf(range, 4);
  const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
  const bars = rates.position.map((rate) => {
    const top = y(rate.power / 1000);
    const width = on.x(rate.end) - on.x(rate.start);
    return svg`<rect class=${rate.power < 0 ? "sold" : "bought"} x=${px(on.x(rate.start))} width=${px(width)}
      y=${px(Math.min(top, zero))} height=${px(Math.abs(zero - top))}></rect>`;
  });
  const line = (found: Rate[]): string => stairs(on, found, (rate) => rate.power / 1000, y);
  return frame(on, POSITION_HEIGHT, [
    svg`${grid(on, range, y, step, (value) => `${options.format.number(value, digits)} kW`)}`,
    svg`${bars}`,
    svg`<path class="subscribed" d=${line(rates.subscribed)}></path>`,
    svg`<path class="delivered" d=${line(rates.delivered)}></path>`,
    cursor(on, options.chosen, POSITION_HEIGHT),
    marker(on, options.now, 0, POSITION_HEIGHT),
  ]);
}

export function lanePlot(on: Canvas, runs: Run[], options: { now: number; chosen: Slot | null }): TemplateResult {
  const most = Math.max(1, ...runs.map((run) => Math.abs(run.power)));
  const bars = runs.map((run) => {
    const width = Math.max(2, on.x(run.end) - on.x(run.start));
    const strength = 0.45 + 0.55 * (Math.abs(run.power) / most);
    return svg`<rect class="run ${run.power < 0 ? "gives" : "draws"} ${run.end <= options.now ? "past" : ""}"
      x=${px(on.x(run.start))} width=${px(width)} y="1" height=${LANE_HEIGHT - 2} rx="3" fill-opacity=${strength}></rect>`;
  });
  const whole = { x: on.left, width: Math.max(0, on.width - 1 - on.left) };
  return frame(on, LANE_HEIGHT, [
    svg`<rect class="track" x=${px(whole.x)} width=${px(whole.width)} y="1" height=${LANE_HEIGHT - 2} rx="3"></rect>`,
    svg`${bars}`,
    cursor(on, options.chosen, LANE_HEIGHT),
    marker(on, options.now, 0, LANE_HEIGHT),
  ]);
}

function frame(on: Canvas, height: number, content: SVGTemplateResult[]): TemplateResult {
  return svg`<svg aria-hidden="true" width=${on.width} height=${height} viewBox="0 0 ${on.width} ${height}">${content}</svg>` as unknown as TemplateResult;
}

function grid(
  on: Canvas,
  range: Range,
  y: (value: number) => number,
  step: number,
  name: (value: number) => string,
): SVGTemplateResult[] {
  return marks(range, step)
    .filter((value) => y(value) > 6)
    .map(
      (value) => svg`<path class=${value === 0 ? "zero" : "grid"} d="M${on.left} ${px(y(value))}H${on.width}"></path>
        <text x=${on.left - 6} y=${px(y(value) + 4)} text-anchor="end">${name(value)}</text>`,
    );
}

function axis(on: Canvas, height: number, format: Format): SVGTemplateResult {
  const range = { low: on.shown.from, high: on.shown.to };
  const found = hours(range, on.width - on.left, LABEL_APART, (at) => format.local(at));
  return svg`${found
    .filter(({ at }) => on.x(at) < on.width - 14 && on.x(at) > on.left + 8)
    .map(
      ({ at, hour }) => svg`<path class="tick" d="M${px(on.x(at))} ${height - AXIS_HEIGHT}v4"></path>
        <text class=${hour === 0 ? "day" : ""} x=${px(on.x(at))} y=${height - 5} text-anchor="middle">${
          hour === 0 ? format.weekday(at) : format.hour(at)
        }</text>`,
    )}`;
}

function cursor(on: Canvas, chosen: Slot | null, height: number): SVGTemplateResult {
  if (chosen === null) return svg``;
  const [left, right] = [on.x(chosen.start), on.x(chosen.end)];
  return svg`<rect class="cursor" x=${px(left)} y="0" width=${px(Math.max(2, right - left))} height=${height}></rect>`;
}

function marker(on: Canvas, now: number, top: number, bottom: number): SVGTemplateResult {
  if (now < on.shown.from || now > on.shown.to) return svg``;
  const x = px(on.x(now));
  const dot = top > 0 ? svg`<circle class="now" cx=${x} cy=${top} r="4"></circle>` : svg``;
  return svg`<path class="now" d="M${x} ${top}V${bottom}"></path>${dot}`;
}

/** One line of steps, broken where nothing is known. */
function stairs<T extends { start: number; end: number }>(
  on: Canvas,
  found: T[],
  value: (each: T) => number | null,
  y: (value: number) => number,
): string {
  let path = "";
  let end = -1;
  for (const each of found) {
    const amount = value(each);
    if (amount === null) continue;
    const left = px(on.x(each.start));
    path += each.start === end ? `V${px(y(amount))}` : `M${left} ${px(y(amount))}`;
    path += `H${px(on.x(each.end))}`;
    end = each.end;
  }
  return path;
}

function px(value: number): number {
  return Math.round(value * 10) / 10;
}
