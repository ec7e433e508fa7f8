import "./card";
import { TYPE } from "./config";
import { STRATEGY } from "./strategy";
import { speaker } from "./words";

declare global {
  interface Window {
    customCards?: object[];
    customStrategies?: object[];
  }
}

const say = speaker(document.documentElement.lang || navigator.language);
const documentationURL = "https://github.com/temix/temix-home-assistant/blob/main/docs/reference/card.md";

(window.customCards ??= []).push({
  type: TYPE,
  name: say("card_name"),
  description: say("card_description"),
  preview: true,
  documentationURL,
});
(window.customStrategies ??= []).push({
  type: STRATEGY,
  strategyType: "dashboard",
  name: say("card_name"),
  description: say("dashboard_description"),
  documentationURL,
});
