"""workspace/executeCommand: the table of a model, hints off and on, which call is shown, a rule's page, the oracle."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from pygls.exceptions import JsonRpcContentModified, JsonRpcInvalidParams
from pygls.uris import from_fs_path

from shapelens.analysis.facts import Span
from shapelens.lsp import contexts
from shapelens.lsp.analyses import Stale
from shapelens.lsp.documents import Document, position
from shapelens.report.catalogue import page_text
from shapelens.report.jsonface import diagnostics as diagnostics_data
from shapelens.report.problems import reported
from shapelens.source.reading import SourceError

if TYPE_CHECKING:
    from shapelens.analysis.facts import FileAnalysis
    from shapelens.lsp.server import ShapelensServer

Command: TypeAlias = Callable[["ShapelensServer", dict[str, Any]], Awaitable[Any]]

SUMMARY = "shapelens.summary"
TOGGLE = "shapelens.toggleHints"
CHOOSE = "shapelens.chooseContext"
RULE_PAGE = "shapelens.rulePage"
RESTART_ORACLE = "shapelens.restartOracle"


def register(server: ShapelensServer) -> None:
    """Offer the commands; docs/protocol.md describes them."""

    for name, command in COMMANDS.items():
        server.command(name)(_handler(server, name, command))


def _handler(server: ShapelensServer, name: str, command: Command) -> Callable[..., Awaitable[Any]]:
    async def handle(*arguments: Any) -> Any:
        given = arguments[0] if arguments else {}
        if not isinstance(given, dict):
            raise JsonRpcInvalidParams(f"{name} takes one object, not {given!r}")
        return await command(server, given)

    return handle


async def summary(server: ShapelensServer, given: dict[str, Any]) -> dict[str, Any]:
    """The layers of a model and how its tensors flow. Without a model, of the largest one in the file."""
    document, analysis = await _analysed(server, given)
    models = model_names(analysis)
    model = given.get("model") or (models[0] if models else None)
    if not isinstance(model, str):
        return {"uri": document.uri, "model": None, "models": models, "error": "there is no model in this file"}
    specs = given.get("input") or []
    answer: dict[str, Any] = {"uri": document.uri, "version": document.version, "model": model, "models": models}
    # Loaded only here: the server answers sooner when it starts.
    from shapelens.analysis.session import InputSpec
    from shapelens.report.summary import as_data, flow_data, table

    whole = server.notebooks.holding(document.uri)
    program = document.path if whole is None else whole.document.path
    try:
        inputs = [InputSpec.parse(str(each)) for each in ([specs] if isinstance(specs, str) else specs)]
        found = await server.worked(
            document, lambda analyser, stop: analyser.summarise(program, model, inputs, True, stop, thorough=False)
        )
    except (ValueError, SourceError) as error:
        return {**answer, "error": str(error)}
    except Stale:
        raise JsonRpcContentModified from None
    problems = [problem for each in found.analyses for problem in reported(each)]
    if found.summary is not None:
        data = as_data(found.summary, found.names)
        data["text"] = "\n".join(table(found.summary, found.names))
        answer["summary"] = data
        if found.flow is not None:
            answer["flow"] = flow_data(found.flow, found.names)
    answer |= {"diagnostics": diagnostics_data(problems), "error": found.error}
    return _located(server, document, answer)  # type: ignore[no-any-return]


def model_names(analysis: FileAnalysis) -> list[str]:
    """The models of the file, the largest first."""
    sizes: dict[str, int] = {}
    for model in analysis.models:
        if model.span.file == analysis.path:
            size = model.parameters if isinstance(model.parameters, int) else 0
            sizes[model.name] = max(size, sizes.get(model.name, 0))
    return sorted(sizes, key=lambda name: -sizes[name])


def _located(server: ShapelensServer, document: Document, data: Any) -> Any:
    """The data in which each place also has a `uri` and, where its file is open, a `range` as the client counts."""
    if isinstance(data, list):
        return [_located(server, document, each) for each in data]
    if not isinstance(data, dict):
        return data
    found = {key: _located(server, document, value) for key, value in data.items()}
    if "file" in data and "column" in data:
        said = Span(data["file"], data["line"], data["column"] - 1, data["end_line"], data["end_column"] - 1)
        span = server.placed(said)
        file = found["file"] = span.file
        found |= {"line": span.line, "end_line": span.end_line, "column": span.column + 1}
        found["end_column"] = span.end_column + 1
        other = document if file == document.path else server.documents.by_path(file)
        found["uri"] = other.uri if other is not None else from_fs_path(file) or file
        if other is not None:
            encoding = server.documents.encoding
            start = position(other.lines, span.line, span.column, encoding)
            end = position(other.lines, span.end_line, span.end_column, encoding)
            found["range"] = {
                "start": {"line": start.line, "character": start.character},
                "end": {"line": end.line, "character": end.character},
            }
    return found


async def choose_context(server: ShapelensServer, given: dict[str, Any]) -> Any:
    """Show one call of a function, or all."""
    document, analysis = await _analysed(server, given)
    return await contexts.choose(server, document, analysis, given)


async def toggle_hints(server: ShapelensServer, given: dict[str, Any]) -> dict[str, Any]:
    """Hints off where they are on, and back; or as `enabled` says. Counts until the settings change."""
    enabled = given.get("enabled")
    return {"enabled": server.show_hints(enabled if isinstance(enabled, bool) else None)}


async def rule_page(server: ShapelensServer, given: dict[str, Any]) -> dict[str, Any]:
    """The page of a diagnostic's code, as Markdown."""
    code = given.get("code")
    text = page_text(code) if isinstance(code, str) else None
    if text is None:
        raise JsonRpcInvalidParams(f"there is no rule {code!r}")
    return {"code": code, "markdown": text}


async def restart_oracle(server: ShapelensServer, given: dict[str, Any]) -> dict[str, Any]:
    """Look for the interpreter anew, and start asking it again; whether it is asked."""
    return {"asks": server.restart_oracle()}


async def _analysed(server: ShapelensServer, given: dict[str, Any]) -> tuple[Document, FileAnalysis]:
    uri = given.get("uri")
    found = await server.analysis(uri) if isinstance(uri, str) else None
    if found is None:
        raise JsonRpcInvalidParams(f"{uri!r} is no open Python document")
    return found


COMMANDS: dict[str, Command] = {
    SUMMARY: summary,
    TOGGLE: toggle_hints,
    CHOOSE: choose_context,
    RULE_PAGE: rule_page,
    RESTART_ORACLE: restart_oracle,
}
"""Each takes one object with its arguments."""
