"""A client of the demo's Home Assistant: logged in from loopback, REST and WebSocket."""

from collections.abc import Mapping
from typing import Any, Self

import aiohttp

from demo.processes import DemoError
from demo.responses import Answers

type Json = dict[str, Any]

TIMEOUT = aiohttp.ClientTimeout(total=60)


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

    async def add_response(self, entry: Json, answers: Answers) -> None:
        """Go through the dialog of a new price response, from its menu to the preview.

        Raises:
            DemoError: the dialog ended otherwise.
        """
        path = "/api/config/config_entries/subentries/flow"
        step = await self.send("POST", path, json={"handler": [entry["entry_id"], "response"]})
        path = f"{path}/{step['flow_id']}"
        await self.send("POST", path, json={"next_step_id": answers.kind})
        step = await self.send("POST", path, json=answers.device)
        settings = known(step["data_schema"]) | answers.settings
        settings["more"] |= answers.more
        step = await self.send("POST", path, json=settings)
        if step.get("step_id") == "preview":
            step = await self.send("POST", path, json={})
        if step["type"] != "create_entry":
            raise DemoError(f"Home Assistant could not add {answers}: {step.get('errors') or step}")

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


def known(schema: list[Json]) -> Json:
    """The answers that a page shows before anybody types, those of its sections, too."""
    answers: Json = {}
    for field in schema:
        if field.get("type") == "expandable":
            answers[field["name"]] = known(field["schema"])
        elif "default" in field:
            answers[field["name"]] = field["default"]
    return answers
