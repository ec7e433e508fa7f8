// The card: what the gateway says, drawn, told in words, and walked through by hand, mouse and keys.
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";
import * as chart from "./chart";
import { defaults, form, options, TYPE, type Options } from "./config";
import { Format } from "./format";
import * as model from "./model";
import { deviceName, does, explained, icon } from "./runs";
import { empty, skeleton } from "./states";
import { styles } from "./styles";
import { description, table, type Told } from "./telling";
import type { CardConfig, Device, HomeAssistant, Localize, Parts } from "./types";
import { speaker, type Say } from "./words";

const MOVES_EVERY_MS = 15_000;

/** What was last known of each gateway: a card that comes back is whole at once. */
const remembered = new Map<string | null, Parts>();

/** Everything that one drawing needs. */
interface Drawing extends Told {
  on: chart.Canvas;
}

export class TemixCard extends LitElement {
  static override styles = styles;
  static override properties = {
    hass: { attribute: false },
    parts: { state: true },
    width: { state: true },
    at: { state: true },
    device: { state: true },
    localize: { state: true },
    now: { state: true },
  };

  hass?: HomeAssistant;
  private parts: Parts | undefined;
  private width = 0;
  /** The instant that was chosen; null: now. */
  private at: number | null = null;
  private device: string | null = null;
  private localize: Localize | undefined;
  private now = Date.now() / 1000;
  private options: Options | undefined;
  private format: { locale: object; currency: string; made: Format } | undefined;
  private leave: Promise<() => unknown> | undefined;
  private followed: unknown;
  private spoken = "";
  private clock: ReturnType<typeof setInterval> | undefined;
  private readonly watch = new ResizeObserver(([entry]) => {
    if (entry) this.width = Math.floor(entry.contentRect.width);
  });

  static getConfigForm(): object {
    return form(speaker(document.documentElement.lang));
  }

  static getStubConfig(): object {
    return defaults();
  }

  setConfig(config: CardConfig): void {
    const before = this.options;
    this.options = options(config, speaker(document.documentElement.lang));
    if (before && before.entry !== this.options.entry) this.unfollow();
    this.requestUpdate();
  }

  getCardSize(): number {
    return 2 + 3 * (this.options?.show.size ?? 4);
  }

  getGridOptions(): object {
    return { columns: 12, min_columns: 6, rows: "auto" };
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.clock = setInterval(() => (this.now = Date.now() / 1000), MOVES_EVERY_MS);
    this.now = Date.now() / 1000;
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.clock);
    this.watch.disconnect();
    this.unfollow();
  }

  /** Home Assistant hands over a new `hass` with every state of every entity; few of them matter here. */
  protected override shouldUpdate(changed: PropertyValues): boolean {
    const before = changed.get("hass") as HomeAssistant | undefined;
    if (changed.size > 1 || !before || !this.hass) return true;
    const { connection, language, locale, user } = this.hass;
    return (
      before.connection !== connection ||
      before.language !== language ||
      before.locale !== locale ||
      before.user !== user
    );
  }

  protected override updated(): void {
    if (!this.isConnected || !this.hass || !this.options) return;
    this.follow(this.hass, this.options.entry);
    this.learn(this.hass);
    const measured = this.renderRoot.querySelector(".measured");
    if (measured) this.watch.observe(measured);
  }

  private follow(hass: HomeAssistant, entry: string | null): void {
    if (this.followed === hass.connection) return;
    this.unfollow();
    this.followed = hass.connection;
    this.parts = remembered.get(entry);
    const message = { type: "temix/live", ...(entry === null ? {} : { config_entry_id: entry }) };
    const leave = hass.connection.subscribeMessage<Partial<Parts>>((event) => {
      if (this.leave !== leave && this.leave !== undefined) return;
      this.parts = model.merged(this.parts, event);
      remembered.set(entry, this.parts);
    }, message);
    this.leave = leave;
    leave.catch(() => {
      // The integration is not there at all: its last entry was removed.
      this.parts = { gateway: { state: "none" } };
    });
  }

  private unfollow(): void {
    this.leave?.then((leave) => leave()).catch(() => undefined);
    this.leave = undefined;
    this.followed = undefined;
  }

  private learn(hass: HomeAssistant): void {
    if (this.spoken === hass.language) return;
    this.spoken = hass.language;
    void hass.loadBackendTranslation("entity", "temix").then((localize) => (this.localize = localize));
  }

  protected override render(): TemplateResult | typeof nothing {
    const { hass, options } = this;
    if (!hass || !options) return nothing;
    const say = speaker(hass.language);
    return html`<ha-card .header=${options.title || undefined}>
      <div class="content ${options.title ? "titled" : ""}"><div class="measured">${this.content(hass, options, say)}</div></div>
    </ha-card>`;
  }

  private content(hass: HomeAssistant, options: Options, say: Say): unknown {
    const { parts } = this;
    const height = this.height(options);
    if (!parts) return skeleton(say, height);
    if (!["ready", "lost"].includes(parts.gateway.state)) return empty(parts.gateway, hass, say, height);
    if (!parts.prices?.length) return empty({ ...parts.gateway, state: "ready" }, hass, say, height);
    if (this.width === 0) return skeleton(say, height);
    const drawing = this.drawing(parts, hass, options, say);
    const has = (section: Parameters<typeof options.show.has>[0]): boolean => options.show.has(section);
    return html`${this.head(drawing, options)}
      ${has("prices") || has("position") ? this.plots(drawing, options) : nothing}
      ${has("runs") ? this.lanes(drawing) : nothing} ${has("costs") ? this.costs(drawing) : nothing}
      ${guard([parts, drawing.format, Math.floor(this.now / 60)], () => table(drawing))}`;
  }

  private drawing(parts: Parts, hass: HomeAssistant, options: Options, say: Say): Drawing {
    const now = this.now;
    const shown = model.span(parts, now, options.past, options.ahead);
    const slots = model.slots(parts.prices ?? [], parts.now?.thresholds, shown);
    return {
      parts,
      say,
      format: this.formatted(hass, parts.gateway.currency ?? "USD"),
      now,
      shown,
      slots,
      chosen: this.at === null ? null : (slots[model.nearest(slots, this.at)] ?? null),
      current: model.current(parts.now, slots),
      on: chart.canvas(this.width, shown),
    };
  }

  private formatted(hass: HomeAssistant, currency: string): Format {
    if (this.format?.locale !== hass.locale || this.format.currency !== currency) {
      this.format = { locale: hass.locale, currency, made: Format.of(hass, currency) };
    }
    return this.format.made;
  }

  /** How high the card is about to be, before it knows. */
  private height(options: Options): number {
    const { show } = options;
    const lanes = Number(localStorage.getItem("temix-card-lanes") ?? 3);
    const runs = 28 + 42 * lanes + 56;
    return (
      130 +
      (show.has("prices") ? chart.PRICE_HEIGHT : 0) +
      (show.has("position") ? chart.POSITION_HEIGHT + 28 : 0) +
      (show.has("runs") ? runs : 0) +
      (show.has("costs") ? 96 : 0)
    );
  }

  private head(drawing: Drawing, options: Options): TemplateResult {
    const { say, format, now, chosen, current, parts } = drawing;
    const slot = chosen ?? current;
    const pair = (found: model.Pair | null | undefined): TemplateResult =>
      found
        ? html`<span class="part">${say("energy")} ${format.price(found.energy)}</span>
            <span class="part">+ ${say("transport")} ${format.price(found.transport)}</span>`
        : html`${slot ? say("parts_unknown") : nothing}`;
    const published = drawing.slots.some((each) => each.carbon !== null);
    const extremes = model.extremes(drawing.slots, now);
    const notice =
      parts.gateway.state === "lost" ? say("lost") : parts.gateway.retailer === false ? say("retailer_lost") : "";
    const summary = extremes
      ? say("summary", {
          low: format.price(extremes.cheapest.buy),
          low_at: format.moment(Math.max(now, extremes.cheapest.start), now),
          high: format.price(extremes.dearest.buy),
          high_at: format.moment(Math.max(now, extremes.dearest.start), now),
        })
      : "";
    return html`<div>
        <div class="row when">
          <h3>${chosen ? format.range(chosen.start, chosen.end, now) : say("now")}</h3>
          ${chosen ? html`<button class="back" @click=${this.reset}>${say("back_to_now")}</button>` : nothing}
        </div>
        <div class="head">
          <div class="quote">
            <div class="label">${say("buy")}</div>
            <div class="big">${format.price(slot?.buy ?? null)}<span class="unit"> /kWh</span></div>
            <div class="small">
              ${slot ? html`<div class="chip ${slot.level}">${say(slot.level)}</div>` : nothing}
              <div>${pair(slot?.buyParts)}</div>
              ${published ? html`<div>${format.carbon(slot?.carbon ?? null)}</div>` : nothing}
            </div>
          </div>
          ${options.sell
            ? html`<div class="quote sell">
                <div class="label">${say("sell")}</div>
                <div class="big">${format.price(slot?.sell ?? null)}<span class="unit"> /kWh</span></div>
                <div class="small">
                  <div>&nbsp;</div>
                  <div>${pair(slot?.sellParts)}</div>
                </div>
              </div>`
            : nothing}
        </div>
      </div>
      <p class="summary ${notice ? "notice" : ""}" role=${notice ? "status" : nothing}>
        ${notice ? html`<ha-icon icon="mdi:alert-outline"></ha-icon>${notice}` : summary}
      </p>`;
  }

  private plots(drawing: Drawing, options: Options): TemplateResult {
    const { say, slots, chosen, on, now, format } = drawing;
    const number = chosen ? slots.indexOf(chosen) : model.nearest(slots, now);
    return html`<div
      class="plots"
      role="slider"
      tabindex="0"
      aria-label=${say("chart")}
      aria-orientation="horizontal"
      aria-valuemin="1"
      aria-valuemax=${slots.length}
      aria-valuenow=${number + 1}
      aria-valuetext=${description(drawing, slots[number] ?? null)}
      @pointerdown=${this.point}
      @pointermove=${this.point}
      @pointerleave=${this.pointerLeft}
      @keydown=${(event: KeyboardEvent) => this.key(event, slots, number)}
      @blur=${this.reset}
    >
      ${options.show.has("prices")
        ? chart.pricePlot(on, slots, { sell: options.sell, now, chosen, format })
        : nothing}
      ${options.show.has("position") ? this.position(drawing) : nothing}
    </div>`;
  }

  private position(drawing: Drawing): TemplateResult {
    const { say, format, on, now, chosen, shown } = drawing;
    const rates = model.rates(drawing.parts, shown);
    const instant = chosen?.start ?? now;
    const power = model.at(rates.position, instant)?.power ?? 0;
    const delivered = model.at(rates.delivered, instant)?.power;
    const told = [
      say(power < 0 ? "sold" : "bought", { power: format.power(Math.abs(power)) }),
      ...(delivered === undefined ? [] : [say("delivered", { power: format.power(delivered) })]),
    ];
    return html`<div class="row">
        <h3>${say("position")}</h3>
        <div class="small">${told.join(" · ")}</div>
      </div>
      ${chart.positionPlot(on, rates, { now, chosen, format })}
      <div class="small legend">
        <span class="key">${say("position")}</span>
        <span class="key dashed">${say("subscription")}</span>
        <span class="key line">${say("delivery")}</span>
      </div>`;
  }

  private lanes(drawing: Drawing): TemplateResult {
    const { say, parts } = drawing;
    const devices = parts.devices ?? [];
    localStorage.setItem("temix-card-lanes", String(devices.length));
    const chosen = devices.find((device) => device.id === this.device);
    return html`<div>
      <div class="row"><h3>${say("runs")}</h3></div>
      ${devices.map((device) => this.lane(drawing, device))}
      <p class="why" aria-live="polite">
        ${devices.length === 0
          ? say("no_devices")
          : chosen
            ? html`<b>${deviceName(chosen)}:</b> ${explained(drawing, chosen, this.localize)}`
            : say("choose_device")}
      </p>
    </div>`;
  }

  private lane(drawing: Drawing, device: Device): TemplateResult {
    const { on, now, chosen, shown } = drawing;
    const found = model.runs(device.steps, shown);
    const touched = (event: PointerEvent): void => {
      this.device = device.id;
      this.point(event);
    };
    return html`<button
      class="lane ${device.id === this.device ? "chosen" : ""}"
      aria-pressed=${device.id === this.device}
      @pointerdown=${touched}
      @pointermove=${this.point}
      @pointerleave=${this.pointerLeft}
      @focus=${() => (this.device = device.id)}
      @click=${() => (this.device = device.id)}
      @keydown=${(event: KeyboardEvent) =>
        this.key(event, drawing.slots, chosen ? drawing.slots.indexOf(chosen) : model.nearest(drawing.slots, now))}
    >
      <ha-icon icon=${icon(device)}></ha-icon>
      <span class="names">
        <span class="name">${deviceName(device)}</span>
        <span class="does">${does(drawing, device, found, this.localize)}</span>
      </span>
      ${chart.lanePlot(on, found, { now, chosen })}
    </button>`;
  }

  private costs(drawing: Drawing): TemplateResult {
    const { say, format, parts } = drawing;
    const { account } = parts;
    const expected = (amount: number | null): string =>
      amount === null ? "" : say("forecast", { amount: format.money(amount) });
    const cost = (name: string, amount: number | null | undefined, beside: string): TemplateResult =>
      html`<div class="cost">
        <div class="label">${name}</div>
        <div class="big">${format.money(amount ?? null)}</div>
        <div class="small">${beside}</div>
      </div>`;
    const against = account?.tariff ? say("against", { tariff: account.tariff }) : say("no_tariff");
    return html`<div class="costs">
      ${cost(say("today"), account?.cost_today, account ? expected(account.forecast_today) : say("no_account"))}
      ${cost(say("month"), account?.cost_month, account ? expected(account.forecast_month) : "")}
      ${cost(say("saved"), account?.savings_month, account ? against : "")}
    </div>`;
  }

  private readonly point = (event: PointerEvent): void => {
    if (event.type === "pointermove" && event.pointerType !== "mouse" && event.buttons === 0) return;
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    if (!this.parts || !this.options) return;
    const shown = model.span(this.parts, this.now, this.options.past, this.options.ahead);
    this.at = chart.instant(chart.canvas(this.width, shown), event.clientX - box.left);
  };

  private readonly pointerLeft = (event: PointerEvent): void => {
    if (event.pointerType === "mouse") this.reset();
  };

  private readonly reset = (): void => {
    this.at = null;
  };

  private key(event: KeyboardEvent, slots: model.Slot[], number: number): void {
    const hour = (direction: number): number => {
      const wanted = (slots[number]?.start ?? 0) + direction * 3600;
      return model.nearest(slots, wanted);
    };
    const moves: Record<string, () => number> = {
      ArrowLeft: () => number - 1,
      ArrowRight: () => number + 1,
      PageUp: () => hour(1),
      PageDown: () => hour(-1),
      Home: () => 0,
      End: () => slots.length - 1,
    };
    const move = moves[event.key];
    if (event.key === "Escape") this.reset();
    else if (move) this.at = slots[Math.min(slots.length - 1, Math.max(0, move()))]?.start ?? null;
    else return;
    event.preventDefault();
  }
}

customElements.define(TYPE, TemixCard);
