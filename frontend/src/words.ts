// The card's own words, in the languages of the integration; reasons come from Home Assistant's translations.
import de from "./words/de.json";
import en from "./words/en.json";
import es from "./words/es.json";
import fr from "./words/fr.json";

export const LANGUAGES = { en, de, es, fr };
export type Word = keyof typeof en;

export type Say = (word: Word, values?: Record<string, string>) => string;

/** Words in a language, as Home Assistant names it (`de`, `de-CH`); English where there is none. */
export function speaker(language: string): Say {
  const known = LANGUAGES as Record<string, Record<Word, string>>;
  const words = known[language] ?? known[language.split("-")[0] ?? ""] ?? en;
  return (word, values = {}) => words[word].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
