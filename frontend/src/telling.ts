// The chart in words, for those who do not see it.
import { html, nothing, type TemplateResult } from "lit";
import type { Format } from "./format";
import * as model from "./model";
import { deviceName } from "./runs";
import type { Parts } from "./types";
import type { Say } from "./words";

/** What is known, and how to say it; `chosen` is the interval that was chosen, none: now. */
export interface Told {
  parts: Parts;
  say: Say;
  format: Format;
  now: number;
  shown: model.Span;
  slots: model.Slot[];
  chosen: model.Slot | null;
  current: model.Slot | null;
}

/** One interval in a sentence. */
export function description({ say, format, now, parts, shown }: Told, slot: model.Slot | null): string {
  if (!slot) return "";
  const pair = (found: model.Pair | null): string =>
    found ? ` (${say("energy")} ${format.price(found.energy)}, ${say("transport")} ${format.price(found.transport)})` : "";
  const power = model.at(model.rates(parts, shown).position, slot.start)?.power ?? 0;
  return [
    format.range(slot.start, slot.end, now),
    `${say("buy")} ${format.price(slot.buy)}, ${say(slot.level)}${pair(slot.buyParts)}`,
    `${say("sell")} ${format.price(slot.sell)}${pair(slot.sellParts)}`,
    ...(slot.carbon === null ? [] : [format.carbon(slot.carbon)]),
    say(power < 0 ? "sold" : "bought", { power: format.power(Math.abs(power)) }),
  ].join("; ");
}

/** Everything in a sentence or three. */
export function summary(told: Told): string {
  const { say, format, now, slots, current, parts, shown } = told;
  const found = model.extremes(slots, now);
  const planned = (parts.devices ?? []).flatMap((device) => {
    const next = model.nextRun(model.runs(device.steps, shown), now);
    return next ? [`${deviceName(device)} ${format.range(next.start, next.end, now)}`] : [];
  });
  return [
    current ? say("summary_now", { price: format.price(current.buy), level: say(current.level) }) : "",
    found
      ? say("summary", {
          low: format.price(found.cheapest.buy),
          low_at: format.moment(Math.max(now, found.cheapest.start), now),
          high: format.price(found.dearest.buy),
          high_at: format.moment(Math.max(now, found.dearest.start), now),
        })
      : "",
    planned.length ? say("summary_runs", { devices: planned.join(", ") }) : "",
  ].join(" ");
}

/** A summary and a table of every interval; seen by screen readers alone. */
export function table(told: Told): TemplateResult {
  const { say, format, now, slots, parts, shown } = told;
  const { position } = model.rates(parts, shown);
  const carbon = slots.some((slot) => slot.carbon !== null);
  const row = (slot: model.Slot): TemplateResult => html`<tr>
    <th scope="row">${format.range(slot.start, slot.end, now)}</th>
    <td>${format.price(slot.buy)}</td>
    <td>${format.price(slot.sell)}</td>
    <td>${format.power(model.at(position, slot.start)?.power ?? 0)}</td>
    ${carbon ? html`<td>${format.carbon(slot.carbon)}</td>` : nothing}
  </tr>`;
  return html`<div class="hidden">
    <p>${summary(told)}</p>
    <table>
      <caption>
        ${say("table")}
      </caption>
      <thead>
        <tr>
          <th scope="col">${say("time")}</th>
          <th scope="col">${say("buy")}</th>
          <th scope="col">${say("sell")}</th>
          <th scope="col">${say("position")}</th>
          ${carbon ? html`<th scope="col">${say("carbon")}</th>` : nothing}
        </tr>
      </thead>
      <tbody>
        ${slots.filter((slot) => slot.end > now).map(row)}
      </tbody>
    </table>
  </div>`;
}
