// Numbers, money and times as the user has set them in Home Assistant.
import type { HomeAssistant, Locale } from "./types";

const NUMBERS: Record<string, string[]> = {
  comma_decimal: ["en-US", "en"],
  decimal_comma: ["de", "es", "it"],
  space_comma: ["fr", "sv", "cs"],
  quote_decimal: ["de-CH"],
};

export class Format {
  private readonly numbers: string[] | undefined;
  private readonly grouping: boolean;
  private readonly zone: string | undefined;
  private readonly clockFormat: Intl.DateTimeFormat;
  private readonly hourFormat: Intl.DateTimeFormat;
  private readonly dayFormat: Intl.DateTimeFormat;
  private readonly partsFormat: Intl.DateTimeFormat;

  constructor(
    locale: Locale,
    serverZone: string,
    private readonly currency: string,
  ) {
    const known = NUMBERS[locale.number_format];
    this.numbers = known ?? (locale.number_format === "system" ? undefined : [locale.language]);
    this.grouping = locale.number_format !== "none";
    if (!this.grouping) this.numbers = ["en-US"];
    this.zone = locale.time_zone === "server" ? serverZone : undefined;
    const zone = this.zone === undefined ? {} : { timeZone: this.zone };
    const language = locale.language;
    const clock = { hourCycle: amPm(locale) ? "h12" : "h23" } as const;
    this.clockFormat = new Intl.DateTimeFormat(language, {
      hour: amPm(locale) ? "numeric" : "2-digit",
      minute: "2-digit",
      ...clock,
      ...zone,
    });
    this.hourFormat = new Intl.DateTimeFormat(language, {
      hour: amPm(locale) ? "numeric" : "2-digit",
      ...(amPm(locale) ? {} : { minute: "2-digit" }),
      ...clock,
      ...zone,
    });
    this.dayFormat = new Intl.DateTimeFormat(language, { weekday: "short", ...zone });
    this.partsFormat = new Intl.DateTimeFormat("en-GB", {
      hour: "2-digit",
      minute: "2-digit",
      weekday: "short",
      day: "numeric",
      hourCycle: "h23",
      ...zone,
    });
  }

  static of(hass: HomeAssistant, currency: string): Format {
    return new Format(hass.locale, hass.config.time_zone, currency);
  }

  /** A price per kWh, without the unit. */
  price(value: number | null): string {
    return value === null ? "–" : this.amount(value, Math.abs(value) >= 10 ? 2 : 3);
  }

  money(value: number | null): string {
    return value === null ? "–" : this.amount(value, 2);
  }

  /** A mark of a price axis: no more digits than its step needs. */
  mark(value: number, step: number): string {
    return this.amount(value, Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)));
  }

  /** Power in kW, from W; a hundredth is enough. */
  power(watts: number): string {
    return `${this.number(watts / 1000, Math.abs(watts) < 10_000 ? 2 : 1)} kW`;
  }

  energy(kiloWattHours: number): string {
    return `${this.number(kiloWattHours, 1)} kWh`;
  }

  /** What a kWh emits, from grams. */
  carbon(grams: number | null): string {
    return grams === null ? "–" : `${this.number(grams, 0)} g CO₂/kWh`;
  }

  number(value: number, digits: number): string {
    const rounded = Number(value.toFixed(digits)) + 0; // no −0.00
    return new Intl.NumberFormat(this.numbers, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      useGrouping: this.grouping,
    }).format(rounded);
  }

  clock(at: number): string {
    return this.clockFormat.format(at * 1000);
  }

  hour(at: number): string {
    return this.hourFormat.format(at * 1000);
  }

  weekday(at: number): string {
    return this.dayFormat.format(at * 1000);
  }

  /** From one time of day to another, with the weekday where that is not today's. */
  range(start: number, end: number, now: number): string {
    const day = this.sameDay(start, now) ? "" : `${this.weekday(start)} `;
    return `${day}${this.clock(start)}–${this.clock(end)}`;
  }

  moment(at: number, now: number): string {
    return `${this.sameDay(at, now) ? "" : `${this.weekday(at)} `}${this.clock(at)}`;
  }

  local(at: number): { hour: number; minute: number } {
    const parts = this.parts(at);
    return { hour: Number(parts.hour), minute: Number(parts.minute) };
  }

  private sameDay(one: number, other: number): boolean {
    const [first, second] = [this.parts(one), this.parts(other)];
    return first.day === second.day && Math.abs(one - other) < 2 * 86_400;
  }

  private parts(at: number): Record<string, string> {
    return Object.fromEntries(this.partsFormat.formatToParts(at * 1000).map(({ type, value }) => [type, value]));
  }

  private amount(value: number, digits: number): string {
    const rounded = Number(value.toFixed(digits)) + 0;
    try {
      return new Intl.NumberFormat(this.numbers, {
        style: "currency",
        currency: this.currency,
        currencyDisplay: "narrowSymbol",
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
        useGrouping: this.grouping,
      }).format(rounded);
    } catch {
      return `${this.number(value, digits)} ${this.currency}`; // no code of a currency
    }
  }
}

function amPm(locale: Locale): boolean {
  if (locale.time_format === "12") return true;
  if (locale.time_format === "24") return false;
  const language = locale.time_format === "language" ? locale.language : undefined;
  return new Intl.DateTimeFormat(language, { hour: "numeric" }).resolvedOptions().hour12 ?? false;
}
