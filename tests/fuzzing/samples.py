"""Values that fit a JSON Schema, as our documents have it."""

from random import Random
from typing import Any, Final

PATTERNS: Final = {
    "^PT([0-9]+H)?([0-9]+M)?([0-9]+S)?$": ("PT5M", "PT15M", "PT1H", "PT0S", "PT"),
    "^[0-9]+(\\.[0-9]+)?$": ("0", "12.5"),
    "^[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}(\\.[0-9]{3})?Z$": (
        "2026-03-29T00:00:00Z",
        "2026-03-29T00:05:00.000Z",
        "2026-02-30T25:61:00Z",
        "0000-00-00T00:00:00Z",
    ),
    "^[0-9a-f]{64}$": ("0" * 64, "ab" * 32),
    "^[0-9a-f]{66}$": ("41" + "5f" * 32,),
    "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$": (
        "019aa000-0000-7000-8000-000000000000",
        "ffffffff-ffff-7fff-bfff-ffffffffffff",
    ),
    "^[A-Z]{3}$": ("USD", "XXX"),
    "^[A-Za-z0-9_-]{43}$": ("x" * 43,),
    "^\\d{1,9}(\\.\\d{1,9})?$": ("5", "0.25", "999999999.999999999"),
    "^https://": ("https://retailer.example",),
}
"""Texts that fit each pattern in the documents; a new pattern needs some."""

MONEY: Final = ("0", "-1.25", "999999999.999999999")

_DEEP: Final = 6


class Sampler:
    """Draws values of a document's schemas."""

    def __init__(self, document: dict[str, Any], random: Random) -> None:
        """References lead within ``document``."""
        self._document, self._random = document, random

    def value(self, schema: dict[str, Any], depth: int = 0) -> Any:
        """A value that fits ``schema``."""
        if "$ref" in schema:
            place: Any = self._document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                place = place[part]
            return self.value(place, depth)
        for union in schema.keys() & {"anyOf", "oneOf"}:
            return self.value(self._random.choice(schema[union]), depth)
        for said in schema.keys() & {"enum", "const"}:
            return self._random.choice(schema["enum"]) if said == "enum" else schema["const"]
        return self._typed(schema, depth + 1)

    def _typed(self, schema: dict[str, Any], depth: int) -> Any:
        match schema.get("type"):
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, depth)
            case "string":
                return self._text(schema)
            case "integer" | "number":
                return self._integer(schema)
            case "boolean":
                return self._random.random() < 0.5
            case _:
                return None

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        required = schema.get("required", ())
        known = schema.get("properties", {})
        return {
            name: self.value(inner, depth)
            for name, inner in known.items()
            if name in required or (depth < _DEEP and self._random.random() < 0.5)
        }

    def _array(self, schema: dict[str, Any], depth: int) -> list[Any]:
        least = schema.get("minItems", 0)
        most = min(schema.get("maxItems", 3), least + 2) if depth < _DEEP else least
        return [self.value(schema.get("items", {}), depth) for _ in range(self._random.randint(least, most))]

    def _text(self, schema: dict[str, Any]) -> str:
        if "pattern" in schema:
            return self._random.choice(PATTERNS[schema["pattern"]])
        if schema.get("description", "").startswith("an amount of money"):
            return self._random.choice(MONEY)
        least = schema.get("minLength", 0)
        return "".join(self._random.choices("home-1é", k=max(least, self._random.randint(1, 8))))

    def _integer(self, schema: dict[str, Any]) -> int:
        least = schema.get("minimum", schema.get("exclusiveMinimum", -5) + 1)
        most = schema.get("maximum", least + 10_000)
        return self._random.choice(
            (least, most, self._random.randint(least, most), min(most, max(least, 12)))
        )
