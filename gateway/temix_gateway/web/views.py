"""Each page as HTML, made of what it shows and nothing else."""

from collections.abc import Mapping, Sequence

from temix_gateway.choosing import service_name, told_of
from temix_gateway.commissioning.answers import MONEY, StepName
from temix_gateway.commissioning.commissioning import STEPS, Commissioning, Outcome
from temix_gateway.commissioning.steps import TRADING
from temix_gateway.home.access import Access, PairingWindow
from temix_gateway.home.codes import spaced
from temix_gateway.home.journal import Entry
from temix_gateway.home.messages import State
from temix_gateway.home.passphrases import LEAST_CHARACTERS
from temix_gateway.home.roles import Role
from temix_gateway.retailer.published.services import named
from temix_gateway.texts import has
from temix_gateway.web import html, retailers
from temix_gateway.web.html import field, findings, form, paragraph, qr, tag, text
from temix_gateway.web.plan import drawing
from temix_gateway.web.view import View, page

answers = html.answers

_BUTTONS: dict[StepName, str] = {"mandate": "step.sign", "test_trade": "step.trade", "record": "step.make"}


def failed(view: View, reason: str) -> str:
    """An error."""
    back = tag("p", tag("a", text(view.say("error.back")), href=view.url("/")))
    return page(view, view.say("error.title"), tag("p", text(reason), class_="alarm", role="alert"), back)


def sign_in(view: View, *, first: bool, alarm: str = "") -> str:
    """For who comes; at the first start, for who chooses the passphrase."""
    area = "first" if first else "sign-in"
    new = "new-password" if first else "current-password"
    inner = [field(view.say("first.name"), "name", maxlength=100, autocomplete="name")] if first else []
    inner.append(
        field(
            view.say(f"{area}.passphrase"),
            "passphrase",
            type="password",
            autocomplete=new,
            minlength=LEAST_CHARACTERS if first else None,
        )
    )
    code = tag("p", tag("a", text(view.say("sign-in.welcome")), href=view.url("/welcome")))
    return page(
        view,
        view.say(f"{area}.title"),
        paragraph(view.say(f"{area}.intro")),
        _alarm(alarm),
        form(view.url("/sign-in"), view.csrf, *inner, button=view.say(f"{area}.button")),
        "" if first else code,
    )


def welcome(view: View, code: str, alarm: str = "") -> str:
    """For the owner, with the installer's code."""
    return page(
        view,
        view.say("welcome.title"),
        paragraph(view.say("welcome.intro")),
        _alarm(alarm),
        form(
            view.url("/welcome"),
            view.csrf,
            field(view.say("welcome.code"), "code", value=code, autocapitalize="characters"),
            field(view.say("welcome.name"), "name", maxlength=100, autocomplete="name"),
            field(
                view.say("welcome.passphrase"),
                "passphrase",
                type="password",
                autocomplete="new-password",
                minlength=LEAST_CHARACTERS,
            ),
            button=view.say("welcome.button"),
        ),
    )


def overview(view: View, commissioning: Commissioning) -> str:
    """Every step, and which one is next."""
    steps, done = commissioning.progress.steps, 0
    items = []
    for step in STEPS:
        outcome = steps.get(step)
        state = "open" if outcome is None else "done" if outcome.done else "mend"
        done += state == "done"
        if step in TRADING and not commissioning.trades:
            state = "left-out"
        name = tag("span", text(view.say(f"step.{step}.title")))
        mark = tag("span", text(view.say(f"state.{state}")), class_=state)
        items.append(tag("li", tag("a", name, mark, href=view.url(f"/commission/{step}"))))
    upcoming = commissioning.next_step()
    go = _finished(view)
    if upcoming is not None:
        label = view.say("commission.next", step=view.say(f"step.{upcoming}.title"))
        go = _way(view, label, f"/commission/{upcoming}")
    return page(
        view,
        view.say("commission.title"),
        paragraph(view.say("commission.intro")),
        paragraph(view.say("commission.locked"), "alarm")
        if commissioning.lock and commissioning.trades
        else "",
        _progress(view, done),
        tag("ol", *items, class_="steps"),
        go,
    )


def step(  # noqa: PLR0913 (what is shown, and what was typed)
    view: View,
    commissioning: Commissioning,
    name: StepName,
    *,
    held: Mapping[str, str],
    alarm: str = "",
    chart: str = "",
) -> str:
    """A step's questions, what it found, and the way on; ``held`` is what was chosen or typed just now."""
    outcome = _found(commissioning, name, held)
    before = ({} if outcome is None else outcome.answers) | dict(held)
    service = named(before) if name == "retailer" else None
    intro = view.say(f"step.{name}.intro")
    if service is not None:
        intro = view.say(told_of(service), name=service_name(view.language, service))
    body = [paragraph(intro)]
    done = sum(each.done for each in commissioning.progress.steps.values())
    if outcome is not None:
        at = view.when(outcome.at)
        body.append(paragraph(view.say("step.again", at=at, by=outcome.by), "faint"))
        body.append(findings(view.say, [(found, view.finding(found)) for found in outcome.findings]))
    if outcome is not None and outcome.done and not alarm:
        body += [chart, _go_on(view, commissioning)]
    elif name == "home_assistant":
        open_window = view.say("pairing.button")
        body.append(form(view.url("/pairing"), view.csrf, button=open_window, class_="plain"))
    if name in TRADING and not commissioning.trades:
        return page(view, view.say(f"step.{name}.title"), _progress(view, done), *body)
    button = view.say(_BUTTONS.get(name, "step.check"))
    without = () if commissioning.trades or name != "limits" else MONEY
    filling = html.Filling(before, retailers.known(service), without, commissioning.currency)
    fields = html.step_fields(view.say, name, filling)
    questions = form(view.url(f"/commission/{name}"), view.csrf, *fields, button=button)
    if outcome is not None and outcome.done and not alarm:
        questions = tag("details", tag("summary", text(view.say("step.redo"))), questions)
    body += [_alarm(alarm), questions]
    if name == "retailer":
        other = view.url("/commission/retailer?another")
        body.append(tag("p", tag("a", text(view.say("retailer.another")), href=other)))
    return page(view, view.say(f"step.{name}.title"), _progress(view, done), *body)


def _found(commissioning: Commissioning, name: StepName, held: Mapping[str, str]) -> Outcome | None:
    """What the step came to, unless that was with another retailer than is chosen now."""
    outcome = commissioning.progress.steps.get(name)
    if outcome is None or any(outcome.answers.get(key) != held[key] for key in html.CHOSEN if key in held):
        return None
    return outcome


def _go_on(view: View, commissioning: Commissioning) -> str:
    """The way to the next step."""
    upcoming = commissioning.next_step()
    if upcoming is None:
        return _finished(view)
    label = view.say("step.next", step=view.say(f"step.{upcoming}.title"))
    return _way(view, label, f"/commission/{upcoming}")


def _finished(view: View) -> str:
    """What is left to do where every step is done."""
    ways = [
        tag("a", text(view.say(f"menu.{name}")), href=view.url(f"/{name}"), class_="button")
        for name in ("record", "hand-over")
    ]
    return paragraph(view.say("commission.finished")) + tag("p", *ways, class_="ways")


def _way(view: View, label: str, path: str) -> str:
    """A link that looks like the button that it stands for."""
    return tag("p", tag("a", text(label), href=view.url(path), class_="button"))


def chart(view: View, state: State) -> str:
    """The prices that the gateway has, with the plan where there is one; nothing where it has none."""
    if not state.prices:
        return ""
    now = state.spot.start if state.spot else state.prices[0].start
    drawn = drawing(state.prices, state.plan, now, view.say("owner.chart"), lambda at: view.when(at, "%H:%M"))
    return paragraph(view.say("owner.prices", currency=state.currency), "faint") + drawn


def pairing(view: View, access: Access, window: PairingWindow | None) -> str:
    """The pairing window, and who is paired."""
    body = [paragraph(view.say("pairing.intro"))]
    if window is not None:
        body += [
            tag("h2", text(view.say("pairing.code"))),
            paragraph(spaced(window.code), "code"),
            paragraph(view.say("pairing.valid", minutes=str(window.seconds // 60))),
            qr(window.uri, view.say("pairing.qr")),
        ]
        if view.session is not None and view.session.role is Role.INSTALLER:
            body.append(_way(view, view.say("pairing.entered"), "/commission/home_assistant"))
    again = None if window is None else "plain"
    body.append(form(view.url("/pairing"), view.csrf, button=view.say("pairing.button"), class_=again))
    known = [
        tag("li", text(f"{client.label} ({view.say(f'role.{client.role.value}')})"))
        for client in access.clients
    ]
    body.append(tag("h2", text(view.say("pairing.clients"))))
    body.append(tag("ul", *known) if known else paragraph(view.say("pairing.none")))
    return page(view, view.say("pairing.title"), *body)


def owner(view: View, state: State) -> str:
    """Today at a glance."""
    unit, unknown = state.currency, view.say("owner.unknown")

    def price(value: int | None) -> str:
        return unknown if value is None else f"{value / 1_000_000:.4f} {unit}"

    def money(value: str | None) -> str:
        return unknown if value is None else f"{float(value):.2f} {unit}"

    account, spot = state.account, state.spot
    cards = [
        (view.say("owner.price"), price(spot.buy if spot else None), view.say("owner.buy")),
        (view.say("owner.price"), price(spot.sell if spot else None), view.say("owner.sell")),
    ]
    if account is not None:
        expected = view.say("owner.expected", money=money(account.forecast_today))
        saved = ""
        if account.tariff is not None:
            saved = view.say("owner.saved", tariff=account.tariff, money=money(account.savings_month))
        cards += [
            (view.say("owner.cost"), money(account.cost_today), expected),
            (view.say("owner.month"), money(account.cost_month), saved),
            (view.say("owner.position"), f"{account.rest_of_today.position / 1000:.2f} kWh", ""),
        ]
    shown = [
        tag(
            "div",
            tag("span", text(name), class_="faint"),
            tag("b", text(value)),
            tag("span", text(more), class_="faint"),
        )
        for name, value, more in cards
    ]
    return page(
        view,
        view.say("owner.title"),
        _trading(view, state),
        tag("div", *shown, class_="cards"),
        tag("h2", text(view.say("owner.plan"))),
        chart(view, state),
        *_why(view, state),
    )


def log(view: View, entries: Sequence[Entry]) -> str:
    """Who did what."""
    rows = [
        tag(
            "tr",
            tag("td", text(view.when(entry.at))),
            tag("td", text(_happened(view, entry))),
            tag("td", text(entry.who)),
        )
        for entry in entries[:200]
    ]
    body = tag("table", tag("tbody", *rows)) if rows else paragraph(view.say("log.none"))
    return page(view, view.say("log.title"), paragraph(view.say("log.intro")), body)


def _happened(view: View, entry: Entry) -> str:
    if entry.what == "commission" and "step" in entry.about:
        return f"{view.say('log.commission')}: {view.say(f'step.{entry.about["step"]}.title')}"
    about = dict(entry.about)
    if "role" in about:
        about["role"] = view.say(f"role.{about['role']}")
    if has(f"log.{about.get('command')}"):
        about["command"] = view.say(f"log.{about['command']}")
    return view.say(f"log.{entry.what}", **about)


def _trading(view: View, state: State) -> str:
    trading = state.trading
    reason = "; ".join(trading.locked)
    told = "owner.paused" if trading.paused else "owner.waits" if reason else "owner.trades"
    hidden = tag("input", type="hidden", name="paused", value="false" if trading.paused else "true")
    button = view.say("owner.go" if trading.paused else "owner.stop")
    return tag(
        "section",
        paragraph(view.say(told, reason=reason)),
        form(
            view.url("/trading"), view.csrf, hidden, button=button, class_=None if trading.paused else "stop"
        ),
        aria_label=view.say("owner.trading"),
    )


def _why(view: View, state: State) -> list[str]:
    devices = [] if state.plan is None else state.plan.devices
    if not devices:
        return [paragraph(view.say("owner.no-plan"))]
    items = [tag("li", tag("b", text(device.device)), ": ", text(device.reason or "–")) for device in devices]
    return [tag("h2", text(view.say("owner.why"))), tag("ul", *items)]


def _progress(view: View, done: int) -> str:
    label = view.say("commission.progress", done=str(done), total=str(len(STEPS)))
    return paragraph(label, "faint") + tag("progress", value=done, max=len(STEPS), aria_label=label)


def _alarm(reason: str) -> str:
    return tag("p", text(reason), class_="alarm", role="alert") if reason else ""
