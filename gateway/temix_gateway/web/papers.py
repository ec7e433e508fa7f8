"""Pages that are printed: the commissioning record, and what the owner is given."""

from temix_market.instants import parse_instant

from temix_gateway.commissioning.answers import StepName, questions
from temix_gateway.commissioning.commissioning import STEPS, Commissioning
from temix_gateway.commissioning.record import CommissioningRecord
from temix_gateway.commissioning.steps import Finding
from temix_gateway.home.codes import spaced
from temix_gateway.texts import LANGUAGES
from temix_gateway.web.html import findings, form, paragraph, qr, tag, text
from temix_gateway.web.view import View, page

_UNRECORDED = frozenset({"ca", "agreed", "later"})
"""Answers of which a record shows what was found instead."""


def hand_over(view: View, fingerprint: str, code: str | None, address: str | None) -> str:
    """What the owner is given; without an ``address`` they come as the installer did, by Home Assistant."""
    body = [paragraph(view.say("hand-over.intro"))]
    if code is not None:
        body += [tag("h2", text(view.say("hand-over.code"))), paragraph(spaced(code), "code")]
        body += [paragraph(view.say("hand-over.ingress"))] if address is None else []
        body += [] if address is None else _by_address(view, fingerprint, code, address)
        body.append(_printing(view))
    make = form(
        view.url("/hand-over"), view.csrf, button=view.say("hand-over.make"), class_="plain" if code else None
    )
    return page(view, view.say("hand-over.title"), *body, tag("div", make, class_="no-print"))


def _by_address(view: View, fingerprint: str, code: str, address: str) -> list[str]:
    return [
        qr(f"{address}/welcome?code={code}", view.say("pairing.qr")),
        tag("h2", text(view.say("hand-over.address"))),
        paragraph(address, "hash"),
        paragraph(view.say("hand-over.fingerprint")),
        paragraph(" ".join(fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4)), "hash"),
    ]


def _printing(view: View, *beside: str) -> str:
    button = tag("button", text(view.say("record.print")), type="button", data_print=True)
    return tag("p", button, *beside, class_="no-print")


def record(view: View, commissioning: Commissioning) -> str:
    """The record, for paper."""
    made = commissioning.record()
    title = view.say("record.title")
    if made is None:
        return page(view, title, paragraph(view.say("record.none")))
    facts = {
        "made": view.when(parse_instant(made.made)),
        "installer": made.installer,
        "company": made.company,
        "home": made.home,
        "market": made.market,
        "currency": made.currency,
        "gateway": made.gateway,
        "version": made.version,
        "certificate": made.certificate,
        "ledger": f"{made.ledger_sequence}, {made.ledger_head}",
        "remarks": made.remarks,
    }
    shown = [
        part
        for key, value in facts.items()
        if value
        for part in (tag("dt", text(view.say(f"record.{key}"))), tag("dd", text(value)))
    ]
    steps = [part for name in STEPS for part in _recorded(view, made, name)]
    number = str(len(commissioning.progress.records))
    return page(
        view,
        title,
        tag("dl", *shown),
        *steps,
        paragraph(view.say("record.signed", key=made.key, number=number), "faint"),
        _printing(view, " ", tag("a", text(view.say("record.json")), href=view.url("/record.json"))),
    )


def _recorded(view: View, made: CommissioningRecord, step: StepName) -> list[str]:
    """What the record has of one step: what was set, what was found, and when."""
    checks = [check for check in made.checks if check.step == step]
    if not checks:
        return []
    given = made.answers.get(step, {})
    shown = [
        part
        for each in questions(step, given)
        if (value := given.get(each.name)) and each.name not in _UNRECORDED
        for part in (
            tag("dt", text(view.say(f"field.{step}.{each.name}"))),
            tag("dd", text(LANGUAGES[value] if each.name == "language" else value)),
        )
    ]
    found = [Finding("note" if check.kind == "note" else "ok", check.code, check.about) for check in checks]
    return [
        tag("h2", text(view.say(f"step.{step}.title"))),
        tag("dl", *shown) if shown else "",
        findings(view.say, [(finding, view.finding(finding)) for finding in found]),
        paragraph(f"{view.when(parse_instant(checks[-1].at))}, {checks[-1].by}", "faint"),
    ]
