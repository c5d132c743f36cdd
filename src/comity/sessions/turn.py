"""One turn that is kept: what it continues, what it adds, and what its answer says about that."""

from __future__ import annotations

from typing import Any

import msgspec

from comity.sessions.records import History, Item, Kept


class Turn(msgspec.Struct, frozen=True):
    """A turn of a conversation that the gateway keeps."""

    id: str
    """The id of its response."""
    body: bytes
    """The request with everything before it put in."""
    history: History
    """What came before."""
    added: list[Item]
    """The items of this turn's input."""
    previous: str | None = None
    """The response that it continues."""
    conversation: str | None = None
    """The conversation that it continues."""
    keeps: bool = True
    """Whether its answer is kept, too, as the client said."""

    def stamp(self, response: dict[str, Any]) -> dict[str, Any]:
        """The response object as the client gets it: under our id, kept, and saying what it continues."""
        stamped = {**response, "id": self.id, "store": self.keeps, "previous_response_id": self.previous}
        if self.conversation is not None:
            stamped["conversation"] = {"id": self.conversation}
        return stamped

    def kept(self, response: dict[str, Any], deployment: str) -> Kept:
        """What is kept of it once it is answered."""
        output = [
            item if isinstance(item.get("id"), str) else {**item, "id": f"item_{self.id}_out{index}"}
            for index, item in enumerate(response.get("output") or [])
        ]
        stored = {**response, "output": output}
        return Kept(self.id, stored, self.added, deployment, self.previous, self.conversation)
