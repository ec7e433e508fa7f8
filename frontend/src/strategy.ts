// A dashboard that makes itself: `strategy: { type: custom:temix }`.
import { dashboard } from "./dashboard";
import type { HomeAssistant } from "./types";
import { speaker } from "./words";

export const STRATEGY = "temix";

class TemixDashboard extends HTMLElement {
  static async generate(config: { config_entry_id?: string }, hass: HomeAssistant): Promise<object> {
    return dashboard(hass, speaker(hass.language), config.config_entry_id);
  }
}

customElements.define(`ll-strategy-dashboard-${STRATEGY}`, TemixDashboard);
