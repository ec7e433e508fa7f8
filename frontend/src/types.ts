// What the card needs of Home Assistant, and what `temix/live` sends (see custom_components/temix/parts.py).

export interface Locale {
  language: string;
  number_format: string;
  time_format: string;
  time_zone?: string;
}

export interface EntityEntry {
  entity_id: string;
  platform?: string;
  translation_key?: string;
  device_id?: string;
  hidden?: boolean;
}

export type Localize = (key: string, values?: Record<string, string>) => string;

export interface HomeAssistant {
  connection: {
    subscribeMessage<T>(send: (event: T) => void, message: object): Promise<() => Promise<void> | void>;
  };
  config: { time_zone: string; components: string[] };
  devices: Record<string, { name?: string | null; name_by_user?: string | null; identifiers?: [string, string][] }>;
  entities: Record<string, EntityEntry>;
  language: string;
  locale: Locale;
  user?: { is_admin: boolean };
  loadBackendTranslation(category: string, integration: string): Promise<Localize>;
}

export interface CardConfig {
  type: string;
  title?: string;
  config_entry_id?: string;
  hours_past?: number;
  hours_ahead?: number;
  show_sell?: boolean;
  show?: Section[];
}

export const SECTIONS = ["prices", "position", "runs", "costs"] as const;
export type Section = (typeof SECTIONS)[number];

type Micro = number | null;

/** Start, end, buy, sell, then the energy and the transport part of each, and what a kWh emits (g). */
export type PriceRow = [number, number, Micro, Micro, Micro, Micro, Micro, Micro, number | null];
/** Start, end, quantity, subscription's part of it (Wh). */
export type PositionRow = [number, number, number, number];
/** Start, end, position, net import (Wh). */
export type DeliveredRow = [number, number, number, number];
/** Start, end, power (W), why, price, later price, until. */
export type StepRow = [number, number, number, string, Micro, Micro, number | null];

export interface Thresholds {
  very_low: number;
  low: number;
  high: number;
  very_high: number;
  spike: number;
}

export interface Gateway {
  state: "none" | "away" | "refused" | "ready" | "lost";
  title?: string;
  entry_id?: string;
  currency?: string;
  mode?: string;
  retailer?: boolean;
  tomorrow_known?: boolean;
}

export interface Now {
  start: number;
  end: number;
  buy: Micro;
  sell: Micro;
  level: string | null;
  spike: boolean | null;
  thresholds: Thresholds | null;
}

export interface Device {
  id: string;
  name?: string;
  kind?: string;
  doing?: string;
  advice?: boolean;
  /** Reason, end, price, later price, until: why it does now what it does. */
  now?: [string, number | null, Micro, Micro, number | null];
  saved?: number | null;
  steps: StepRow[];
}

export interface Account {
  cost_today: number;
  cost_month: number;
  forecast_today: number | null;
  forecast_month: number | null;
  savings_today: number | null;
  savings_month: number | null;
  tariff: string | null;
}

export interface Parts {
  gateway: Gateway;
  now?: Now | null;
  prices?: PriceRow[];
  positions?: PositionRow[];
  delivered?: DeliveredRow[];
  devices?: Device[];
  account?: Account | null;
}
