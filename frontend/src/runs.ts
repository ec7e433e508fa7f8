// What a device's lane says: its name, when it runs, and why it does at some time what it does.
import * as model from "./model";
import type { Told } from "./telling";
import type { Device, Localize } from "./types";

const ICONS: Record<string, string> = {
  charge_car: "mdi:ev-station",
  heat_water: "mdi:water-boiler",
  heat_cool: "mdi:thermostat",
  run_hours: "mdi:pump",
  run_once: "mdi:dishwasher",
  pause_when_dear: "mdi:power-plug",
  home_battery: "mdi:home-battery",
  just_tell: "mdi:bell-ring",
};
const SENTENCE = "component.temix.entity.sensor.response_why.state_attributes.sentence.state";
const DOING = "component.temix.entity.sensor.response_state.state";

export function icon(device: Device): string {
  return ICONS[device.kind ?? ""] ?? "mdi:power-plug";
}

/** The response's name; a device that no response leads has its id alone. */
export function deviceName(device: Device): string {
  const words = device.id.replaceAll("_", " ");
  return device.name ?? words.charAt(0).toUpperCase() + words.slice(1);
}

/** When a device runs next and how much it takes, or what it does instead. */
export function does(told: Told, device: Device, found: model.Run[], localize?: Localize): string {
  const { say, format, now } = told;
  const next = model.nextRun(found, now);
  const doing = device.doing ?? "";
  if (next === null || ["held", "fail_safe", "unavailable", "off"].includes(doing)) {
    return (doing && localize?.(`${DOING}.${doing}`)) || say("no_run");
  }
  const when =
    next.start <= now
      ? say("until", { end: format.moment(next.end, now) })
      : format.range(next.start, next.end, now);
  return `${when} · ${format.energy(next.energy)}`;
}

/** Why it does what it does at the chosen interval, in the words of the response's entity, in the user's language. */
export function explained(told: Told, device: Device, localize?: Localize): string {
  const { say, format, now, chosen } = told;
  const found = model.why(device, chosen?.start ?? now, chosen === null);
  if (!found) return say("nothing_known");
  const price = (value: number | null): string => (value === null ? "–" : `${format.price(value)}/kWh`);
  const clock = (at: number | null): string => (at === null ? "–" : format.moment(at, now));
  const sentence = localize?.(`${SENTENCE}.${found.reason}`, {
    end: clock(found.end),
    until: clock(found.until),
    price: price(found.price),
    later: price(found.later),
  });
  const saved = device.saved ? ` ${say("saves", { amount: format.money(device.saved) })}` : "";
  const advice = device.advice ? ` (${say("advice")})` : "";
  return `${sentence || say("nothing_known")}${saved}${advice}`;
}
