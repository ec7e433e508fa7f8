"""A client of the demo's Home Assistant: logged in from loopback, REST and WebSocket."""

from collections.abc import Mapping
from typing import Any, Self

import aiohttp

from demo.processes import DemoError

type Json = dict[str, Any]

TIMEOUT = aiohttp.ClientTimeout(total=60)
MOST_STEPS = 12
"""More forms than a dialog for one device ever has."""


class HomeAssistant:
    """A running Home Assistant. Close it by leaving its ``async with``."""

    def __init__(self, url: str) -> None:
        """Talk to the one at ``url``, once it answers."""
        self.url = url
        self._http = aiohttp.ClientSession(url, timeout=TIMEOUT)
        self._token = ""

    async def __aenter__(self) -> Self:
        """Nothing is sent yet."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self._http.close()

    async def answers(self) -> bool:
        """Whether it serves its pages."""
        try:
            async with self._http.get("/manifest.json") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def log_in(self) -> None:
        """Take a token as the owner, whom the trusted network needs no password for.

        Raises:
            DemoError: it does not let us in.
        """
        client = {"client_id": f"{self.url}/"}
        flow = await self.send(
            "POST",
            "/auth/login_flow",
            json=client | {"handler": ["trusted_networks", None], "redirect_uri": f"{self.url}/"},
        )
        if flow.get("type") != "create_entry":
            raise DemoError(f"Home Assistant at {self.url} asks for a log-in: {flow}")
        grant = client | {"grant_type": "authorization_code", "code": flow["result"]}
        self._token = str((await self.send("POST", "/auth/token", data=grant))["access_token"])

    async def get(self, path: str) -> Any:
        """Read an API path, such as ``/api/states``."""
        return await self.send("GET", path)

    async def states(self) -> Mapping[str, Json]:
        """Every entity's state by its id."""
        return {state["entity_id"]: state for state in await self.get("/api/states")}

    async def action(self, action: str, **data: Any) -> None:
        """Perform an action, such as ``switch.turn_on``."""
        await self.send("POST", f"/api/services/{action.replace('.', '/')}", json=data)

    async def response(self, action: str, **data: Any) -> Json:
        """Perform an action that answers, and return what it answers."""
        path = f"/api/services/{action.replace('.', '/')}?return_response"
        answer: Json = (await self.send("POST", path, json=data))["service_response"]
        return answer

    async def add_integration(self, domain: str, *answers: Json) -> Json:
        """Go through an integration's set-up dialog, one answer for each form; returns the entry.

        Raises:
            DemoError: the dialog ended otherwise.
        """
        path = "/api/config/config_entries/flow"
        step = await self.send("POST", path, json={"handler": domain})
        for answer in answers:
            step = await self.send("POST", f"{path}/{step['flow_id']}", json=answer)
        if step["type"] != "create_entry":
            told = {key: step.get(key) for key in ("type", "step_id", "errors", "reason") if step.get(key)}
            raise DemoError(f"Home Assistant could not add {domain}: {told}")
        entry: Json = step["result"]
        return entry

    async def add_response(self, question: str, answers: Json) -> Json:
        """Go through the dialog of a new price response as the owner does; returns the last step.

        Each form gets what it asks for of ``answers``; what they leave out keeps its suggestion.

        Raises:
            DemoError: the dialog refuses an answer, or does not end.
        """
        entries = await self.get("/api/config/config_entries/entry?domain=temix")
        path = "/api/config/config_entries/subentries/flow"
        handler = [entries[0]["entry_id"], "response"]
        step: Json = await self.send("POST", path, json={"handler": handler})
        for _ in range(MOST_STEPS):
            match step["type"]:
                case "create_entry":
                    return step
                case "menu":
                    answer: Json = {"next_step_id": question}
                case "form" if not step["errors"]:
                    answer = filled(step["data_schema"], answers)
                case _:
                    break
            step = await self.send("POST", f"{path}/{step['flow_id']}", json=answer)
        told = {key: step.get(key) for key in ("type", "step_id", "errors", "reason")}
        raise DemoError(f"Home Assistant could not add the response {question}: {told}")

    async def delete_response(self, name: str) -> None:
        """Delete the price response of this name.

        Raises:
            DemoError: there is none.
        """
        for entry in await self.command("config_entries/get", domain="temix"):
            entry_id = entry["entry_id"]
            for subentry in await self.command("config_entries/subentries/list", entry_id=entry_id):
                if subentry["title"] == name:
                    await self.command(
                        "config_entries/subentries/delete",
                        entry_id=entry_id,
                        subentry_id=subentry["subentry_id"],
                    )
                    return
        raise DemoError(f"there is no price response named {name}")

    async def enable(self, entry: Json, *entity_ids: str) -> None:
        """Enable entities of an entry that are disabled by default."""
        for entity_id in entity_ids:
            await self.command("config/entity_registry/update", entity_id=entity_id, disabled_by=None)
        await self.send("POST", f"/api/config/config_entries/entry/{entry['entry_id']}/reload")

    async def command(self, kind: str, **data: Any) -> Any:
        """Send one WebSocket command and return its result.

        Raises:
            DemoError: it fails.
        """
        async with self._http.ws_connect("/api/websocket", max_msg_size=0) as socket:
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": self._token})
            await socket.receive_json()
            await socket.send_json({"id": 1, "type": kind, **data})
            answer = await socket.receive_json()
        if not answer.get("success"):
            raise DemoError(f"Home Assistant refused {kind}: {answer.get('error')}")
        return answer["result"]

    async def send(self, method: str, path: str, **arguments: Any) -> Any:
        """Send a request to the API and return its answer.

        Raises:
            DemoError: it fails.
        """
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        try:
            async with self._http.request(method, path, headers=headers, **arguments) as answer:
                if answer.status >= 400:
                    raise DemoError(
                        f"{method} {self.url}{path}: {answer.status} {(await answer.text())[:500]}"
                    )
                return await answer.json()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise DemoError(f"{method} {self.url}{path}: {error!r}") from error


def filled(schema: list[Json], answers: Json) -> Json:
    """What a form would send: the answers that it asks for, the suggestions of the rest."""
    sent: Json = {}
    for asked in schema:
        name = asked["name"]
        if asked.get("type") == "expandable":
            sent[name] = filled(asked["schema"], answers)
        elif name in answers:
            sent[name] = answers[name]
        elif "default" in asked:
            sent[name] = asked["default"]
        elif "suggested_value" in asked.get("description", {}):
            sent[name] = asked["description"]["suggested_value"]
    return sent
