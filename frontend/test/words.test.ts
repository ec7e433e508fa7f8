import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { defaults, form, HOURS, options } from "../src/config";
import { dashboard } from "../src/dashboard";
import { Format } from "../src/format";
import { SECTIONS, type HomeAssistant } from "../src/types";
import { LANGUAGES, speaker, type Word } from "../src/words";
import { NOON } from "./day";

const say = speaker("en");
const placeholders = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1] ?? "").sort();

test("every language says everything, with the same placeholders", () => {
  for (const [language, words] of Object.entries(LANGUAGES)) {
    assert.deepEqual(Object.keys(words), Object.keys(LANGUAGES.en), language);
    for (const [word, text] of Object.entries(LANGUAGES.en)) {
      assert.ok(words[word as Word].trim(), `${language}: ${word}`);
      assert.deepEqual(placeholders(words[word as Word]), placeholders(text), `${language}: ${word}`);
    }
  }
});

test("a region speaks its language, an unknown one English", () => {
  assert.equal(speaker("de-CH")("now"), "Jetzt");
  assert.equal(speaker("pl")("now"), "Now");
  assert.equal(say("until", { end: "{end}" }), "until {end}");
});

test("numbers and times are the user's", () => {
  const locale = { language: "de", number_format: "language", time_format: "language", time_zone: "server" };
  const german = new Format(locale, "America/Chicago", "EUR");
  assert.equal(german.price(0.0825), "0,083\u00a0€");
  assert.equal(german.clock(NOON), "12:00");
  assert.equal(german.money(-0.001), "0,00\u00a0€");
  const american = new Format({ ...locale, language: "en" }, "America/Chicago", "USD");
  assert.equal(american.price(25.5), "$25.50");
  assert.match(american.clock(NOON + 3600), /^1:00\sPM$/);
  assert.equal(new Format({ ...locale, language: "en", time_format: "24" }, "UTC", "USD").clock(NOON), "18:00");
  assert.equal(new Format({ ...locale, number_format: "comma_decimal" }, "UTC", "USD").money(1234.5), "$1,234.50");
  assert.equal(new Format({ ...locale, number_format: "none" }, "UTC", "USD").money(1234.5), "$1234.50");
  assert.equal(american.price(null), "–");
  assert.equal(new Format(locale, "UTC", "no code").money(1), "1,00 no code");
  assert.equal(american.mark(0.05, 0.05), "$0.05");
  assert.match(american.range(NOON, NOON + 3600, NOON - 86_400), /^Wed /);
});

test("options have defaults, and a wrong one is named", () => {
  const usual = options({ type: "" }, say);
  assert.deepEqual([usual.past, usual.ahead, usual.sell, usual.entry], [2, 24, true, null]);
  assert.deepEqual([...usual.show], [...SECTIONS]);
  assert.deepEqual(options({ type: "", ...defaults() }, say), usual);
  assert.throws(() => options({ type: "", hours_ahead: 99 }, say), /hours_ahead must be a number from 3 to 48/);
  assert.throws(() => options({ type: "", hours_past: "2" as unknown as number }, say), /hours_past/);
  assert.throws(() => options({ type: "", show: ["cost" as "costs"] }, say), /prices, position, runs, costs/);
});

test("the editor's form has a label for every option", () => {
  const { schema, computeLabel } = form(say) as {
    schema: { name: string; schema?: { name: string }[] }[];
    computeLabel: (field: { name: string }) => string;
  };
  const names = schema.flatMap((field) => (field.name ? [field] : (field.schema ?? [])));
  assert.deepEqual(names.map(({ name }) => name).sort(), ["config_entry_id", ...Object.keys(HOURS), "show", "show_sell", "title"].sort());
  for (const field of names) assert.ok(computeLabel(field), field.name);
});

test("the reference page has every option with its default, and the words of every empty state", () => {
  const page = readFileSync("../docs/reference/card.md", "utf8");
  const [card, strategy] = page.split("## `custom:temix` (dashboard strategy)");
  const rows = (text: string | undefined): string[][] =>
    [...(text ?? "").matchAll(/^\| `(\w+)` \| (.+?) \| (.+) \|$/gm)].map(([, ...cells]) => cells);
  const { schema } = form(say) as { schema: { name: string; schema?: { name: string }[] }[] };
  const names = schema.flatMap((field) => (field.name ? [field] : (field.schema ?? []))).map(({ name }) => name);
  assert.deepEqual(rows(card).map(([name]) => name), names);
  assert.deepEqual(rows(strategy).map(([name]) => name), ["config_entry_id"]);
  for (const [name, [usual, least, most]] of Object.entries(HOURS)) {
    const row = rows(card).find(([each]) => each === name);
    assert.equal(row?.[1], String(usual));
    assert.match(row?.[2] ?? "", new RegExp(`\\b${least} to ${most}\\b`));
  }
  for (const section of SECTIONS) assert.ok(card?.includes(`\`${section}\``), section);
  const titles = (["none_title", "away_title", "refused_title", "unpriced_title"] as const).map((word) => say(word, { title: "…" }));
  for (const title of titles) assert.ok(page.includes(`| ${title} |`), title);
});

test("a dashboard shows what the home has, and leaves out what it has not", () => {
  const entity = (entity_id: string, translation_key: string, device_id: string): object => ({ entity_id, translation_key, device_id, platform: "temix" });
  const hass = {
    entities: Object.fromEntries(
      [
        entity("sensor.buy", "buy_price", "p"),
        entity("select.mode", "mode", "g"),
        entity("select.car_mode", "response_mode", "car"),
        entity("sensor.car_why", "response_why", "car"),
        { entity_id: "sensor.other", translation_key: "cost_today", platform: "other" },
      ].map((each, number) => [String(number), each]),
    ),
    devices: { car: { name: "Car", name_by_user: null } },
  } as unknown as HomeAssistant;
  const made = dashboard(hass, say, "entry") as { views: { path: string; sections: { cards: Record<string, unknown>[] }[] }[] };
  assert.deepEqual(made.views.map((view) => view.path), ["electricity", "devices", "days"]);
  const cards = made.views.flatMap((view) => view.sections.flatMap((section) => section.cards));
  assert.equal(cards[0]?.type, "custom:temix-card");
  assert.equal(cards[0]?.config_entry_id, "entry");
  assert.deepEqual(
    cards.filter((card) => card.type === "tile").map((card) => card.entity),
    ["sensor.buy", "select.mode", "sensor.car_why", "select.car_mode"],
  );
});
