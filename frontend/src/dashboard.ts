// What a dashboard of a gateway shows, from the entities that a home has; pure.
import type { EntityEntry, HomeAssistant } from "./types";
import type { Say } from "./words";

interface Card {
  type: string;
  [name: string]: unknown;
}

/** What is shown where, by the integration's translation keys; what a home does not have is left out. */
const NOW = ["buy_price", "sell_price", "price_level", "position"];
const ACCOUNT = ["cost_today", "cost_this_month", "savings_this_month", "bought", "sold"];
const CONTROL = ["mode", "money_a_day", "highest_price", "plan_again", "retailer_connected", "problem"];
const RESPONSE = ["response_state", "response_why", "response_mode", "response_target", "next_start", "ready_by", "saved"];

export function dashboard(hass: HomeAssistant, say: Say, entry?: string): object {
  const ours = Object.values(hass.entities).filter((entity) => entity.platform === "temix" && !entity.hidden);
  const byKey = new Map(ours.filter((entity) => !led(entity)).map((entity) => [entity.translation_key ?? "", entity]));
  const tiles = (keys: string[]): Card[] =>
    keys.flatMap((key) => {
      const entity = byKey.get(key);
      return entity ? [tile(entity)] : [];
    });
  const card: Card = { type: "custom:temix-card", grid_options: { columns: "full" } };
  if (entry) card.config_entry_id = entry;
  const devices = [...new Set(ours.filter(led).map((entity) => entity.device_id ?? ""))];
  const calendar = ours.find((entity) => entity.entity_id.startsWith("calendar."));
  const price = byKey.get("buy_price");
  return {
    views: [
      {
        title: say("view_home"),
        path: "electricity",
        icon: "mdi:home-lightning-bolt",
        type: "sections",
        max_columns: 3,
        sections: [
          { type: "grid", column_span: 2, cards: [card] },
          {
            type: "grid",
            cards: [
              ...group(say("heading_now"), "mdi:flash", tiles(NOW)),
              ...group(say("heading_account"), "mdi:cash", tiles(ACCOUNT)),
              ...group(say("heading_control"), "mdi:tune", tiles(CONTROL)),
            ],
          },
        ],
      },
      {
        title: say("view_devices"),
        path: "devices",
        icon: "mdi:home-automation",
        type: "sections",
        max_columns: 3,
        sections: devices.length
          ? devices.map((device) => response(hass, ours, device))
          : [section(say("view_devices"), "mdi:home-automation", [{ type: "markdown", content: say("no_devices") }])],
      },
      {
        title: say("view_days"),
        path: "days",
        icon: "mdi:calendar-range",
        type: "sections",
        max_columns: 2,
        sections: [
          calendar &&
            section(say("heading_calendar"), "mdi:calendar-clock", [
              { type: "calendar", initial_view: "listWeek", entities: [calendar.entity_id], grid_options: { columns: "full" } },
            ]),
          price &&
            section(say("heading_week"), "mdi:chart-line", [
              {
                type: "statistics-graph",
                period: "hour",
                days_to_show: 7,
                stat_types: ["mean"],
                hide_legend: true,
                entities: [price.entity_id],
                grid_options: { columns: "full" },
              },
            ]),
        ].filter(Boolean),
      },
    ],
  };
}

function response(hass: HomeAssistant, ours: EntityEntry[], device: string): object {
  const found = ours.filter((entity) => entity.device_id === device);
  const tiles = RESPONSE.flatMap((key) => {
    const entity = found.find((each) => each.translation_key === key);
    if (!entity) return [];
    const why = key === "response_why" ? { state_content: "sentence", grid_options: { columns: "full" } } : {};
    return [{ ...tile(entity), ...why }];
  });
  const known = hass.devices[device];
  return section(known?.name_by_user ?? known?.name ?? device, "mdi:lightning-bolt", tiles);
}

function led(entity: EntityEntry): boolean {
  return /^(response_|good_time|skip$|release$|ready_|next_start|saved$|expected_saving|held_until|run_time)/.test(
    entity.translation_key ?? "",
  );
}

function tile(entity: EntityEntry): Card {
  const [domain] = entity.entity_id.split(".");
  const features: Record<string, object> = {
    select: { type: "select-options" },
    number: { type: "numeric-input", style: "buttons" },
    button: { type: "button" },
  };
  const feature = features[domain ?? ""];
  return {
    type: "tile",
    entity: entity.entity_id,
    name: { type: "entity" },
    ...(feature ? { features: [feature], grid_options: { columns: "full" } } : {}),
  };
}

function section(heading: string, icon: string, cards: Card[]): object {
  return { type: "grid", cards: group(heading, icon, cards) };
}

function group(heading: string, icon: string, cards: Card[]): Card[] {
  return cards.length ? [{ type: "heading", heading, icon }, ...cards] : [];
}
