"""The configuration file: what is wrong with it is said by key, and its documents are complete."""

import tomllib
from pathlib import Path

import pytest
from temix_gateway import config, config_reference
from temix_gateway.files import Files

ROOT = Path(__file__).parents[2]
GOOD = """
[retailer]
url = "https://retailer.test:8750"
client_id = "home-1"
client_secret_file = "secret"

[home]
party = "home-1"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "temix.toml"
    path.write_text(text)
    return path


def test_defaults_fill_in_and_paths_are_relative_to_the_file(tmp_path):
    loaded = config.load(write(tmp_path, GOOD))
    assert loaded.trading.mode == "monitor"
    assert loaded.retailer.client_secret_file == str(tmp_path / "secret")
    assert loaded.gateway.data == str(tmp_path / "data")
    assert loaded.trading.bounds.highest == 25_000_000
    assert loaded.zone.key == "UTC"


@pytest.mark.parametrize(
    "text, key, reason",
    [
        (GOOD + "pasword = 1", "home.pasword", "unknown key"),
        ("[extra]\n" + GOOD, "extra", "unknown key"),
        (GOOD.replace('party = "home-1"', ""), "home.party", "is missing"),
        (GOOD.replace("https://", "http://"), "retailer.url", "does not begin with https://"),
        (GOOD + "import_limit = -1", "home.import_limit", "expected `int` >= 0"),
        (GOOD + "import_limit = 3.5", "home.import_limit", "expected `int`, got `float`"),
        (GOOD + '[gateway]\ntime_zone = "Mars/Base"', "gateway.time_zone", "no time zone"),
        (GOOD + "[gateway]\nport = 70000", "gateway.port", "65535"),
        (GOOD + '[trading]\nmode = "auto"', "trading.mode", "invalid enum value"),
        (GOOD + '[trading]\nmoney_a_day = "ten"', "trading.money_a_day", "not a decimal number in quotes"),
        (GOOD + '[trading]\nmoney_a_day = "-1"', "trading.money_a_day", "negative"),
        (GOOD + '[trading]\ncertainty = "0.12345678901"', "trading.certainty", "9 places"),
        (GOOD + '[trading]\nlowest_tender = "30"', "trading.lowest_tender", "not below"),
        (GOOD + "[trading]\nmoney_a_day = nan", "trading.money_a_day", "expected `str`"),
        (GOOD + '[bill_guard]\nmoney_a_day = "-3"', "bill_guard.money_a_day", "negative"),
        (GOOD + '[charges]\nfixed_a_day = "x"', "charges.fixed_a_day", "not a decimal number"),
        (GOOD + '[charges]\ntaxes = { vat = "-1" }', "charges.taxes.vat", "no percentage"),
        (GOOD + '[[tariff]]\nname = "a"', "tariff[0].price", "is missing"),
        (GOOD + '[[tariff]]\nname = "a"\nprice = "0.1234567"', "tariff[0].price", "six places"),
        (GOOD + 2 * '[[tariff]]\nname = "a"\nprice = "1"\n', "tariff[1].name", "twice"),
        (
            GOOD + '[[tariff]]\nname="a"\nprice="1"\n[[tariff.bands]]\nname="b"\nprice="1"\nfrom="25:00"',
            "tariff[0].bands[0].from",
            "",
        ),
        (
            GOOD + '[[tariff]]\nname="a"\nprice="1"\n[[tariff.bands]]\nname="b"\nprice="1"\nuntil="00:00"',
            "tariff[0].bands[0]",
            "never holds",
        ),
        ("retailer = ", "", "not valid TOML"),
        ("number = " + "9" * 5_000, "", "not valid TOML"),
        (GOOD.replace("https://", "https://[]"), "retailer.url", "is no address"),
        (GOOD + f'[gateway]\ntime_zone = "{300 * "x"}"', "gateway.time_zone", "no time zone"),
    ],
)
def test_what_is_wrong_is_said_by_key(tmp_path, text, key, reason):
    path = write(tmp_path, text)
    with pytest.raises(config.ConfigError) as caught:
        config.load(path)
    assert caught.value.key == key
    assert reason in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    "text, reason",
    [
        ("[]", "expected `object`, got `array`"),
        ("[" * 100_000, "not valid JSON"),
        ('{"home": {"party": "\\ud800"}}', "not valid JSON"),
    ],
)
def test_options_that_are_none_are_named(tmp_path, text, reason):
    path = tmp_path / "options.json"
    path.write_text(text)
    with pytest.raises(config.ConfigError, match=reason):
        config.load(path)


def test_settings_that_are_no_text_are_named(tmp_path):
    path = write(tmp_path, GOOD)
    settings = Files(tmp_path / "data").settings
    settings.parent.mkdir()
    settings.write_bytes(b'{"language": "\xff"}')
    with pytest.raises(config.ConfigError, match="restore it, or commission anew"):
        config.load(path)


def test_a_missing_or_unreadable_file_is_named(tmp_path):
    with pytest.raises(config.ConfigError, match=r"none\.toml: does not exist"):
        config.load(tmp_path / "none.toml")
    with pytest.raises(config.ConfigError, match="cannot be read"):
        config.load(tmp_path)
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")
    with pytest.raises(config.ConfigError, match="cannot be read"):
        config.load(binary)


def test_the_example_loads_and_shows_every_key_with_its_default(tmp_path):
    loaded = config.load(write(tmp_path, config_reference.example()))
    assert not loaded.enrolled  # it waits to be commissioned
    uncommented = [
        line.removeprefix("# ") if line.startswith("# ") and " = " in line else line
        for line in config_reference.example().splitlines()
    ]
    keys = {section: set(values) for section, values in tomllib.loads("\n".join(uncommented)).items()}
    assert keys == {
        name: {key for key, _, _ in config_reference.keys(section)}
        for name, section in config_reference.sections()
    }


def test_the_examples_tariffs_load(tmp_path):
    example = "\n".join(
        line.removeprefix("#") if line.startswith("#") and not line.startswith("# ") else line
        for line in config_reference.example().splitlines()
    )
    flat, tou = config.load(write(tmp_path, example)).tariffs
    assert (flat.price, flat.export_credit, flat.extras.taxes[0].share) == (140_000, 30_000, 82_500)
    assert (tou.bands[0].since, tou.bands[0].until, tou.bands[0].months) == (960, 1260, {6, 7, 8, 9})


def test_the_reference_page_is_fresh():
    page = ROOT / "docs" / "reference" / "configuration.md"
    assert page.read_text() == config_reference.reference(), "run script/generate"


def test_what_was_set_at_commissioning_wins(tmp_path):
    path = write(tmp_path, GOOD + '[trading]\nmoney_a_day = "20"\nminimum_gain = "0.001"\n')
    (tmp_path / "data").mkdir()
    settings = tmp_path / "data" / "settings.json"
    settings.write_text(
        '{"language": "de", "gateway": {"time_zone": "Europe/Berlin"}, "trading": {"money_a_day": "5"},'
        ' "retailer": {"url": "https://other.test", "client_id": "c", "client_secret": "s"},'
        ' "home": {"party": "home-2"}, "tariff": [{"name": "flat", "price": "0.3"}]}'
    )
    loaded = config.load(path)
    assert (loaded.retailer.url, loaded.retailer.client_secret_file) == ("https://other.test", None)
    assert (loaded.home.party, loaded.home.import_limit) == ("home-2", 12_000)
    assert (loaded.trading.money_a_day, loaded.trading.minimum_gain) == ("5", "0.001")
    assert (loaded.gateway.time_zone, loaded.tariffs[0].name) == ("Europe/Berlin", "flat")
    settings.write_text("{")
    with pytest.raises(config.ConfigError, match=r"settings\.json: cannot be used"):
        config.load(path)


def test_a_configuration_without_a_retailer_waits(tmp_path):
    assert not config.load(write(tmp_path, "")).enrolled
    with pytest.raises(config.ConfigError, match="client_id"):
        config.load(write(tmp_path, '[retailer]\nurl = "https://retailer.test"\n[home]\nparty = "home-1"\n'))
