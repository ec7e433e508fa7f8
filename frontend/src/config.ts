// The card's options: what they are, what they must be, and the form that edits them.
import { SECTIONS, type CardConfig, type Section } from "./types";
import type { Say, Word } from "./words";

export const TYPE = "temix-card";

export interface Options {
  title: string;
  entry: string | null;
  past: number;
  ahead: number;
  sell: boolean;
  show: Set<Section>;
}

/** Hours that may be shown: default, least and most. */
export const HOURS = {
  hours_past: [2, 0, 24],
  hours_ahead: [24, 3, 48],
} as const;

/** Read a configuration; what is wrong is told by the option's name. */
export function options(config: CardConfig, say: Say): Options {
  const hours = (name: keyof typeof HOURS): number => {
    const [usual, least, most] = HOURS[name];
    const value = config[name] ?? usual;
    if (typeof value !== "number" || !(value >= least && value <= most)) {
      throw new Error(say("wrong_hours", { name, least: String(least), most: String(most) }));
    }
    return value;
  };
  const show: unknown = config.show ?? SECTIONS;
  if (!Array.isArray(show) || !show.every((each) => SECTIONS.includes(each))) {
    throw new Error(say("wrong_show", { all: SECTIONS.join(", ") }));
  }
  return {
    title: config.title ?? "",
    entry: config.config_entry_id || null,
    past: hours("hours_past"),
    ahead: hours("hours_ahead"),
    sell: config.show_sell ?? true,
    show: new Set(show as Section[]),
  };
}

/** What a new card begins with; the editor shows what is set, not what holds without. */
export function defaults(): object {
  const hours = Object.fromEntries(Object.entries(HOURS).map(([name, [usual]]) => [name, usual]));
  return { ...hours, show_sell: true, show: [...SECTIONS] };
}

interface Field {
  name: string;
}

/** The form of Home Assistant's card editor. */
export function form(say: Say): object {
  const hours = (name: keyof typeof HOURS): object => {
    const [usual, min, max] = HOURS[name];
    return { name, default: usual, selector: { number: { min, max, mode: "slider", unit_of_measurement: "h" } } };
  };
  return {
    schema: [
      { name: "title", selector: { text: {} } },
      { name: "config_entry_id", selector: { config_entry: { integration: "temix" } } },
      { name: "", type: "grid", schema: [hours("hours_past"), hours("hours_ahead")] },
      { name: "show_sell", default: true, selector: { boolean: {} } },
      {
        name: "show",
        default: [...SECTIONS],
        selector: {
          select: {
            multiple: true,
            mode: "list",
            options: SECTIONS.map((value) => ({ value, label: say(`section_${value}`) })),
          },
        },
      },
    ],
    computeLabel: ({ name }: Field) => (name ? say(`edit_${name}` as Word) : ""),
    computeHelper: ({ name }: Field) => (name === "config_entry_id" ? say("help_config_entry_id") : undefined),
  };
}
