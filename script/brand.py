"""Draws the images of integration and app: a price curve in steps within a house; ours, and nobody's mark.

.venv/bin/python script/brand.py
"""

from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

BRAND: Final = Path(__file__).parent.parent / "custom_components" / "temix" / "brand"
APP: Final = Path(__file__).parent.parent / "gateway"
OVERSAMPLED: Final = 4

HOUSE: Final = ((0.5, 0.06), (0.95, 0.44), (0.95, 0.94), (0.05, 0.94), (0.05, 0.44))
STEPS: Final = ((0.17, 0.74), (0.34, 0.74), (0.34, 0.56), (0.51, 0.56), (0.51, 0.70), (0.66, 0.70))
RISE: Final = ((0.66, 0.70), (0.66, 0.46), (0.83, 0.46))
TEAL: Final = (0, 121, 107, 255)
LIGHT: Final = (77, 182, 172, 255)
WHITE: Final = (255, 255, 255, 255)
AMBER: Final = (255, 179, 0, 255)


def icon(size: int, house: tuple[int, int, int, int]) -> Image.Image:
    """A square icon on nothing."""
    large = size * OVERSAMPLED
    image = Image.new("RGBA", (large, large), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)

    def scaled(points: tuple[tuple[float, float], ...]) -> list[tuple[float, float]]:
        return [(x * large, y * large) for x, y in points]

    draw.polygon(scaled(HOUSE), fill=house)
    width = round(large * 0.055)
    draw.line(scaled(STEPS), fill=WHITE, width=width, joint="curve")
    draw.line(scaled(RISE), fill=AMBER, width=width, joint="curve")
    return image.resize((size, size), Image.Resampling.LANCZOS)


def main() -> None:
    """Write every image that Home Assistant looks for."""
    BRAND.mkdir(exist_ok=True)
    for prefix, house in (("", TEAL), ("dark_", LIGHT)):
        for name in ("icon", "logo"):
            icon(256, house).save(BRAND / f"{prefix}{name}.png", optimize=True)
            icon(512, house).save(BRAND / f"{prefix}{name}@2x.png", optimize=True)
    icon(128, TEAL).save(APP / "icon.png", optimize=True)
    wide = Image.new("RGBA", (250, 100), (0, 0, 0, 0))
    wide.paste(icon(100, TEAL), (75, 0))
    wide.save(APP / "logo.png", optimize=True)


if __name__ == "__main__":
    main()
