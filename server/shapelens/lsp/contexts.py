"""Which call of a function the hints speak of: the calls of a function, and choosing one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp

from shapelens.analysis.facts import Contexts, FileAnalysis
from shapelens.lsp.documents import Document
from shapelens.report.contexts import around, call_title, choices, chosen_call

if TYPE_CHECKING:
    from shapelens.lsp.server import ShapelensServer

ALL = "All calls"


async def choose(server: ShapelensServer, document: Document, analysis: FileAnalysis, given: dict[str, Any]) -> Any:
    """Show one call of the function around a line, or all; the calls, and which one is shown now."""
    line = given.get("line")
    found = around(analysis.contexts, line + 1) if isinstance(line, int) else None
    if found is None:
        return {"function": None, "chosen": None, "contexts": []}
    if not given.get("list"):
        number = given["context"] if "context" in given else await _ask(server, found)
        if number is None or isinstance(number, int) and 0 <= number < len(found.calls):
            server.choose(document.uri, found.name, None if number is None else choices(found)[number])
    return listed(server, document, found)


def listed(server: ShapelensServer, document: Document, contexts: Contexts) -> dict[str, Any]:
    """The calls of a function as plain data."""
    chosen = chosen_call(contexts, server.chosen(document.uri))
    calls = []
    for number, call in enumerate(contexts.calls):
        place = server.location(document, call.span)
        start, end = place.range.start, place.range.end
        calls.append(
            {
                "id": number,
                "title": call_title(call),
                "uri": place.uri,
                "range": {
                    "start": {"line": start.line, "character": start.character},
                    "end": {"line": end.line, "character": end.character},
                },
            }
        )
    shown = contexts.calls.index(chosen) if chosen is not None else None
    return {"function": contexts.name, "chosen": shown, "contexts": calls}


async def _ask(server: ShapelensServer, contexts: Contexts) -> int | str | None:
    """Let the person choose; "" where they do not."""
    titles = [call_title(call) for call in contexts.calls]
    answer = await server.window_show_message_request_async(
        lsp.ShowMessageRequestParams(
            type=lsp.MessageType.Info,
            message=f"Show the shapes of {contexts.name} for:",
            actions=[lsp.MessageActionItem(title=title) for title in [*titles, ALL]],
        )
    )
    if answer is None:
        return ""
    return titles.index(answer.title) if answer.title in titles else None
