// What is shown where there is nothing to draw: why, and what to do.
import { html, nothing, type TemplateResult } from "lit";
import type { Gateway, HomeAssistant } from "./types";
import type { Say } from "./words";

const ADD = "/config/integrations/dashboard/add?domain=temix";
const INTEGRATION = "/config/integrations/integration/temix";

/** Of the height that the card will have, so that nothing jumps. */
export function skeleton(say: Say, height: number): TemplateResult {
  return html`<div role="status" aria-label=${say("loading")} class="bone" style="height:${height}px"></div>`;
}

/** A gateway that is `ready` here has no prices. */
export function empty(gateway: Gateway, hass: HomeAssistant, say: Say, height: number): TemplateResult {
  const title = gateway.title ?? "TeMIX";
  const admin = hass.user?.is_admin ?? false;
  const show = admin ? html`<a href=${INTEGRATION}>${say("show_integration")}</a>` : nothing;
  switch (gateway.state) {
    case "none":
      return told(height, "mdi:home-lightning-bolt-outline", say("none_title"), [
        admin ? say("none_text") : say("none_ask"),
        admin ? html`<a href=${ADD}>${say("none_do")}</a>` : nothing,
      ]);
    case "away":
      return told(height, "mdi:lan-disconnect", say("away_title", { title }), [say("away_text"), show]);
    case "refused":
      return told(height, "mdi:shield-alert-outline", say("refused_title", { title }), [say("refused_text"), show]);
    default: {
      const linked = gateway.retailer ? say("unpriced_linked") : say("unpriced_unlinked");
      return told(height, "mdi:cash-clock", say("unpriced_title"), [linked, nothing]);
    }
  }
}

function told(height: number, icon: string, title: string, [text, action]: unknown[]): TemplateResult {
  return html`<div class="empty" role="status" style="min-height:${Math.min(height, 320)}px">
    <ha-icon icon=${icon}></ha-icon>
    <p class="title">${title}</p>
    <p>${text}</p>
    ${action}
  </div>`;
}
